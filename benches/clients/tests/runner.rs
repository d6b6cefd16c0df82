//! The runner from outside: each client against a server of a few lines, what it refuses, and that the lab's list names what it has.
#![cfg(target_os = "linux")]

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

/// Runs the runner on these words, with `commands` as its standard input.
fn runner(words: &str, commands: &str) -> Output {
    let mut runner = Command::new(env!("CARGO_BIN_EXE_gather-runner-clients"))
        .args(words.split_whitespace())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the runner starts");
    let mut input = runner.stdin.take().expect("its input is piped");
    // One that has refused its command line reads nothing.
    let _ = input.write_all(commands.as_bytes());
    drop(input);
    runner.wait_with_output().expect("the runner ends")
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn engines() -> BTreeSet<String> {
    let listed = text(&runner("--list", ""));
    listed.lines().filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect()
}

#[test]
fn the_labs_list_names_the_engines_that_there_are() {
    let list = include_str!("../../engines.toml");
    let ours = list.split("[[engine]]").filter(|table| table.contains("\npackage = \"gather-runner-clients\"\n"));
    let name = |table: &str| {
        let line = table.lines().find_map(|line| line.strip_prefix("name = \""));
        line.expect("a name").trim_end_matches('"').to_owned()
    };
    assert_eq!(ours.map(name).collect::<BTreeSet<_>>(), engines());
}

/// What a server of a few lines saw.
#[derive(Default)]
struct Seen {
    connections: AtomicUsize,
    /// The first lines of requests that were no control's.
    asked: Mutex<Vec<String>>,
}

/// Answers every request with `sixteen bytes ok`; one whose number was not seen yet with 503, if the path says that it is flaky.
fn server() -> (SocketAddr, Arc<Seen>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let (address, seen) = (listener.local_addr().expect("an address"), Arc::new(Seen::default()));
    let all = seen.clone();
    thread::spawn(move || {
        for socket in listener.incoming().map_while(Result::ok) {
            let seen = all.clone();
            thread::spawn(move || serve(socket, &seen));
        }
    });
    (address, seen)
}

fn serve(mut socket: TcpStream, seen: &Seen) -> Option<()> {
    let mut reader = BufReader::new(socket.try_clone().ok()?);
    let mut counted = false;
    loop {
        let head: Vec<String> =
            reader.by_ref().lines().map_while(Result::ok).take_while(|line| !line.is_empty()).collect();
        let first = head.first()?.clone();
        let closes = head.iter().any(|line| line.eq_ignore_ascii_case("connection: close"));
        let mut status = "200 OK";
        if !first.contains(" /_") {
            if !counted {
                seen.connections.fetch_add(1, Ordering::SeqCst);
                counted = true;
            }
            let mut asked = seen.asked.lock().ok()?;
            if first.contains("flaky") && !asked.contains(&first) {
                status = "503 Service Unavailable";
            }
            asked.push(first);
        }
        let end = if closes { "connection: close\r\n" } else { "" };
        let answer = format!("HTTP/1.1 {status}\r\n{end}content-length: 16\r\n\r\nsixteen=bytes ok");
        socket.write_all(answer.as_bytes()).ok()?;
        if closes {
            return None;
        }
    }
}

/// The trials' lines of a run that must succeed.
fn trials(engine: &str, address: SocketAddr, words: &str, commands: &str) -> Vec<String> {
    let output = runner(&format!("--engine {engine} --origin {address} page=fixed:16 {words}"), commands);
    let lines = text(&output);
    assert!(output.status.success(), "{engine} {words}: {lines}{}", String::from_utf8_lossy(&output.stderr));
    let ready = lines.lines().next().unwrap_or_default();
    assert!(ready.starts_with(&format!("ready engine={engine} version=")) && !ready.contains("unknown"), "{ready}");
    lines.lines().filter(|line| line.starts_with("trial ")).map(str::to_owned).collect()
}

#[test]
fn every_client_fetches_every_page_and_all_but_one_keep_their_connections() {
    for engine in engines() {
        let (address, seen) = server();
        let trials = trials(&engine, address, "concurrency=4", "trial requests=40\ntrial requests=40\n");
        assert_eq!(trials.len(), 2, "{engine}");
        for trial in &trials {
            assert!(
                trial.contains(" pages=40 bytes=640 ") && trial.contains(" errors=0 timeouts=0"),
                "{engine}: {trial}"
            );
        }
        let connections = seen.connections.load(Ordering::SeqCst);
        match engine.as_str() {
            "surf" => assert_eq!(connections, 80, "surf opens one for each request"),
            // A connection that is given back a moment too late makes another one necessary.
            _ => assert!((1..40).contains(&connections), "{engine}: {connections} connections for 80 requests"),
        }
    }
}

#[test]
fn a_connection_that_is_not_to_be_used_again_is_not() {
    for engine in engines() {
        let (address, seen) = server();
        if engine == "surf-pooled" {
            let output = runner(&format!("--engine {engine} --origin {address} reuse=no"), "trial\n");
            assert!(text(&output).starts_with("unsupported reason=surf's_pool_keeps"), "{}", text(&output));
            continue;
        }
        let trials = trials(&engine, address, "concurrency=4 reuse=no", "trial requests=20\n");
        assert!(trials[0].contains(" pages=20 ") && trials[0].contains(" errors=0 "), "{engine}: {trials:?}");
        assert_eq!(seen.connections.load(Ordering::SeqCst), 20, "{engine}");
    }
}

#[test]
fn under_policies_every_client_tries_again() {
    for engine in engines() {
        let (address, seen) = server();
        let flaky = "concurrency=4 flaky_percent=100 policy=client backoff_us=1000";
        let trials = trials(&engine, address, flaky, "trial requests=20\n");
        assert!(trials[0].contains(" pages=20 ") && trials[0].contains(" errors=0 "), "{engine}: {trials:?}");
        assert_eq!(seen.asked.lock().unwrap().len(), 40, "{engine}");
    }
    let (address, _) = server();
    let trials = trials("reqwest", address, "flaky_percent=100", "trial requests=20\n");
    assert!(trials[0].contains(" pages=0 ") && trials[0].contains(" errors=20 "), "without them none does: {trials:?}");
}

#[test]
fn what_cannot_be_done_is_said() {
    for (words, said) in [
        ("--engine reqwest model=cpu", "unsupported reason=this_engine_only_fetches"),
        ("--engine ureq spawn=bounded", "unsupported reason=this_engine_only_fetches"),
        ("--engine isahc cancel_percent=5", "unsupported reason=this_engine_only_fetches"),
        ("--engine hyper inject_wrong=1", "unsupported reason=only_tokio-current_injects"),
        ("--engine ureq compute=rayon", "unsupported reason=threads_compute_where_they_fetch"),
        ("--engine tokio-current", "error kind=engine message=there_is_no_engine_`tokio-current`"),
        ("--engine reqwest pages=5", "error kind=usage message=unknown_key_`pages`"),
    ] {
        let output = runner(&format!("{words} --origin 127.0.0.1:1"), "trial\n");
        assert!(text(&output).starts_with(said), "{words}: {}", text(&output));
        assert_eq!(output.status.success(), said.starts_with("unsupported"), "{words}");
    }
}
