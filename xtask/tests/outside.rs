//! Engines from outside of the workspace, and the page that says how to write one: its own example is run.
#![cfg(target_os = "linux")]

mod stage;

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::thread;

use stage::Stage;

#[test]
fn the_engine_of_the_page_is_measured_as_it_stands_there() {
    let Some(stage) = with_the_pages_engine("byor") else { return };
    let run = stage.run(&["--workload", "sweep", "--engine", "mine", "--rounds", "2"]);
    assert_eq!(run.code, Some(0), "{run:?}");
    assert_eq!(run.stdout.matches("\n  mine ").count(), 2, "a row in each table: {run:?}");
    // Two cells, two engines and the control, in two processes a warm-up and a round each, below one header.
    assert_eq!(stage.results().lines().count(), 1 + 2 * 3 * 4);
    stage.assert_nobody_left();
}

#[test]
fn the_engine_of_the_page_is_refused_when_it_counts_a_byte_too_many() {
    let Some(stage) = with_the_pages_engine("byor-wrong") else { return };
    stage.edit("engines/mine/engine.py", "length + len(body)", "length + len(body) + 1");
    let run = stage.run(&["--workload", "sweep", "--engine", "mine", "--rounds", "1"]);
    assert_eq!(run.code, Some(2), "{run:?}");
    assert!(run.stdout.contains("WRONG mine: bytes 2701000 instead of 2700000; its times are refused"), "{run:?}");
}

#[test]
fn the_engine_of_the_page_says_what_it_does_not_do() {
    let Some(stage) = with_the_pages_engine("byor-unable") else { return };
    stage.edit("workloads/sweep.toml", "page = ", "parse = \"links\"\npage = ");
    let run = stage.run(&["--workload", "sweep", "--engine", "mine", "--rounds", "1"]);
    assert_eq!(run.code, Some(0), "{run:?}");
    assert!(run.stdout.contains("without mine: this engine only fetches and counts bytes"), "{run:?}");
}

#[test]
fn a_program_that_is_not_there_is_left_out_with_the_command_that_makes_it() {
    let stage = Stage::new("missing");
    for (name, program) in [("nowhere", "{target}/no/such/program"), ("unknown", "no-such-program-in-the-path")] {
        stage.append("engines.toml", &engine(name, program, "install = \"cargo xtask engines python\"\n"));
    }
    let run = stage.run(&["--workload", "sweep", "--engine", "nowhere", "--engine", "unknown", "--rounds", "1"]);
    assert_eq!(run.code, Some(0), "{run:?}");
    assert!(run.stdout.contains("/no/such/program is not there; run `cargo xtask engines python`"), "{run:?}");
    assert!(run.stdout.contains("without unknown: no-such-program-in-the-path is not there; run"), "{run:?}");
    assert!(!run.stdout.contains("{target}"), "{run:?}");
}

#[test]
fn a_package_of_the_workspace_is_the_program_beside_the_runner() {
    let stage = Stage::new("package");
    for package in ["second-runner", "third-runner"] {
        let table = engine(package, "sh", "").replace("command = [\"sh\"]", &format!("package = \"{package}\""));
        stage.append("engines.toml", &table);
    }
    // It leaves a trace, then it goes on as the runner's stand-in.
    stage.append("second-runner", "#!/bin/sh\ntouch \"${0%/*}/seen\"\nexec \"${0%/*}/gather-runner\" \"$@\"\n");
    let engines = ["--workload", "sweep", "--engine", "second-runner", "--engine", "third-runner", "--rounds", "1"];
    let run = stage.run(&engines);
    assert_eq!(run.code, Some(0), "{run:?}");
    assert!(stage.folder().join("seen").is_file(), "{run:?}");
    assert_eq!(run.stdout.matches("\n  second-runner ").count(), 2, "a row in each table: {run:?}");
    assert!(run.stdout.contains("without third-runner: third-runner is not there"), "{run:?}");
}

#[test]
fn a_path_starts_at_the_definitions_and_the_program_runs_there() {
    let stage = Stage::new("relative");
    // What it finds beside itself shows where it runs; then it goes on as the runner's stand-in.
    let script = "#!/bin/sh\ncp engines.toml engines/seen || exit 9\nexec ./gather-runner \"$@\"\n";
    stage.append("engines/near/start", script);
    stage.append("engines.toml", &engine("near", "engines/near/start", ""));
    let run = stage.run(&["--workload", "sweep", "--engine", "near", "--rounds", "1"]);
    assert_eq!(run.code, Some(0), "{run:?}");
    assert!(stage.read("engines/seen").contains("name = \"near\""));
    assert!(stage.read("runner.arguments").contains("--engine near"), "{run:?}");
}

#[test]
fn words_of_an_outside_engine_alone_are_not_shown_to_the_oracle() {
    let stage = Stage::new("own-words");
    stage.append("engines.toml", &engine("near", "./gather-runner", ""));
    stage.edit("workloads/sweep.toml", "engines = [\"good\", \"half\"]", "engines = [\"good\", \"near tool=knife\"]");
    let run = stage.run(&["--workload", "sweep", "--rounds", "1"]);
    assert_eq!(run.code, Some(0), "{run:?}");
    let calls = stage.read("runner.arguments");
    let with = |text: &str| calls.lines().filter(|line| line.contains(text)).count();
    assert_eq!(with("tool=knife"), with("--engine near"), "only the engine itself: {calls}");
    assert!(with("--engine tokio-current") > 0, "the runner is asked for the answer: {calls}");
}

#[test]
fn unknown_outside_engines_list_the_known_ones() {
    let stage = Stage::new("kinds");
    let run = stage.raw(&["engines", "pyton"]);
    assert_eq!(run.code, Some(1), "{run:?}");
    assert!(run.stderr.contains("`pyton`; did you mean `python`?\nknown: python, spider, wrk"), "{run:?}");
    assert_eq!(stage.raw(&["engines", "--help"]).code, Some(0));
    assert_eq!(stage.raw(&["engines", "--fast"]).code, Some(1));
}

fn engine(name: &str, program: &str, more: &str) -> String {
    format!(
        "[[engine]]\nname = \"{name}\"\nabout = \"a script\"\nfamily = \"async\"\nclient = \"sh\"\nruntime = \"sh\"\n\
         command = [\"{program}\"]\n{more}\n"
    )
}

/// A stage with the engine of BYOR.md and an origin that serves it pages; nothing where there is no Python to run it.
fn with_the_pages_engine(name: &str) -> Option<Stage> {
    if Command::new("python3").arg("--version").output().is_err() {
        eprintln!("SKIPPED: python3 is not installed, so the example of BYOR.md was not run");
        return None;
    }
    let page = include_str!("../../BYOR.md");
    let stage = Stage::new(name);
    stage.append("engines/mine/engine.py", block(page, "python"));
    stage.append("engines.toml", block(page, "toml"));
    stage.edit("gather-origin", "127.0.0.1:9 ", &format!("{} ", serve_pages()));
    Some(stage)
}

/// The first code block of a language.
fn block<'p>(page: &'p str, language: &str) -> &'p str {
    let start = format!("```{language}\n");
    let (_, rest) = page.split_once(&start).unwrap_or_else(|| panic!("BYOR.md has no block of {language}"));
    rest.split_once("```").expect("the block ends").0
}

/// Serves pages of 2,700 bytes, as the runner's stand-in expects them, for as long as the test lives.
fn serve_pages() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    thread::spawn(move || {
        for connection in listener.incoming().flatten() {
            thread::spawn(move || answer_requests(connection));
        }
    });
    address
}

fn answer_requests(connection: TcpStream) {
    let mut writer = connection.try_clone().unwrap();
    let mut path = String::new();
    for line in BufReader::new(connection).lines().map_while(Result::ok) {
        if let Some(rest) = line.strip_prefix("GET ") {
            path = rest.split([' ', '?']).next().unwrap_or_default().to_owned();
        }
        if !line.is_empty() {
            continue;
        }
        let body = match path.as_str() {
            "/_reset" => String::new(),
            "/_stats" => "served=1 in_flight_max=1 cpu_ns=1000 wall_ns=1000000".to_owned(),
            "/fixed/2700" => "x".repeat(2700),
            _ => return,
        };
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len());
        // One write, or the second waits for an acknowledgement that is delayed.
        if writer.write_all((head + &body).as_bytes()).is_err() {
            return;
        }
    }
}
