//! The page of the recorded run in a browser: every chart is drawn at three widths, nothing is wider than the window, and
//! nothing is asked of a network. Without a Chromium this is skipped, out loud.
#![cfg(target_os = "linux")]

use std::collections::BTreeSet;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

/// A telephone, a tablet, a desk.
const WIDTHS: [u32; 3] = [390, 820, 1440];

/// What a page wrote down about itself.
#[derive(Debug, PartialEq, Eq)]
struct Drawn {
    charts: usize,
    drawn: usize,
    width: u32,
    requests: usize,
    overflows: bool,
}

#[test]
fn every_chart_is_drawn_and_no_request_leaves_the_page() {
    let Some(browser) = browser() else { return };
    let page = page();
    let charts = page.matches(" data-chart=\"").count();
    assert!(charts > 30, "{charts} charts");
    for (width, seen) in WIDTHS.iter().zip(look(&browser, "whole", &page, &WIDTHS)) {
        assert_eq!(seen, Drawn { charts, drawn: charts, width: *width, requests: 0, overflows: false });
    }
}

#[test]
fn an_empty_chart_and_a_wide_table_are_seen() {
    let Some(browser) = browser() else { return };
    let page = page();
    let empty = page.replacen("</main>", "<svg data-chart=\"none\"></svg></main>", 1);
    let seen = look(&browser, "empty", &empty, &WIDTHS[..1]);
    assert_eq!(seen[0].drawn + 1, seen[0].charts, "{seen:?}");
    let wide = page.replacen("</main>", "<div style=\"width:900px;height:1px\"></div></main>", 1);
    let overflows: Vec<bool> = look(&browser, "wide", &wide, &WIDTHS).iter().map(|seen| seen.overflows).collect();
    assert_eq!(overflows, [true, true, false]);
}

#[test]
fn a_page_that_cannot_be_made_is_said_and_fails() {
    let nowhere = folder("nowhere");
    let recorded = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/run");
    let (missing, page) = (nowhere.join("missing"), nowhere.join("page.html"));
    let [recorded, missing, page, nowhere] = [&recorded, &missing, &page, &nowhere].map(|path| path.to_str().unwrap());
    let cases: [(&[&str], &str); 4] = [
        (&[recorded, "--history", missing], "`--history` goes with `--html FILE`"),
        (&[recorded, "--html", page, "--history", missing], "cannot read"),
        (&[missing, "--html", page], "there is no run at"),
        (&[recorded, "--html", nowhere], "cannot write"),
    ];
    for (arguments, message) in cases {
        let output = Command::new(env!("CARGO_BIN_EXE_xtask")).arg("report").args(arguments).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {said}");
        assert!(said.contains(message), "{arguments:?}: {said}");
    }
    assert!(!Path::new(page).exists());
}

#[test]
fn counts_and_error_rates_are_drawn_too() {
    let Some(browser) = browser() else { return };
    let results = folder("counted");
    let cells = beside(&results);
    // Where engines had a group of their own, tables have one column more.
    let run = folder("grouped");
    let group = "\"cgroup_bytes\":7000000,\"cgroup_source\":\"v1-max\",\"vmhwm_bytes\":";
    fs::write(run.join("trials.ndjson"), recorded().replace("\"vmhwm_bytes\":", group)).unwrap();
    let page = written(&run, &results);
    assert!(page.contains("cgroup MB<small>v1 maximum usage</small>"));
    assert_eq!(page.matches(" data-chart=\"counts\"").count(), cells);
    assert!(page.contains(" id=\"selftest\"") && page.contains("0 of 150: at most 1.98 %"));
    let charts = page.matches(" data-chart=\"").count();
    for (width, seen) in WIDTHS.iter().zip(look(&browser, "counts", &page, &WIDTHS)) {
        assert_eq!(seen, Drawn { charts, drawn: charts, width: *width, requests: 0, overflows: false });
    }
}

#[test]
fn a_run_that_is_too_large_leaves_out_details_and_no_address() {
    // The recorded run twelve times, as workloads of other names: 144 cells.
    let mut lines = recorded().lines().map(|line| serde_json::from_str(line).unwrap()).collect::<Vec<Value>>();
    let mut header = lines.remove(0);
    let (plan, trials) = (header["plan"].as_array().unwrap().clone(), lines);
    let named = |mut value: Value, copy: usize| {
        value["workload"] = json!(format!("{}-{copy}", value["workload"].as_str().unwrap()));
        value
    };
    let copies = |values: &[Value]| -> Vec<Value> {
        (0..12).flat_map(|copy| values.iter().cloned().map(move |value| named(value, copy))).collect()
    };
    header["plan"] = copies(&plan).into();
    let run = folder("large");
    put(&run.join("trials.ndjson"), &[vec![header], copies(&trials)].concat());
    let page = written(&run, &folder("nothing"));
    assert!(page.len() < 1_000_000, "{} bytes", page.len());
    assert!(page.contains("Left out, since the page would become too large: "));
    for section in ["answer", "belief", "curves", "map", "ratios", "latency", "resources", "counts", "trials"] {
        assert!(page.contains(&format!("<section id=\"{section}\">")), "{section}");
    }
    let after = |text: &str| page.split(text).skip(1).map(|rest| rest.split('"').next().unwrap().to_owned()).collect();
    let (links, addresses): (BTreeSet<String>, BTreeSet<String>) = (after(" href=\"#"), after(" id=\""));
    assert_eq!(links.difference(&addresses).collect::<Vec<_>>(), [""; 0], "every link leads somewhere");
    assert!(links.iter().filter(|link| link.contains('/')).count() >= 144, "every cell has an address");
    // One workload of it is a page with everything.
    let file = folder("one").join("page.html");
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    command.arg("report").arg(&run).args(["--workload", "sweep-11", "--html"]).arg(&file);
    assert!(command.arg("--records").arg(folder("records")).status().unwrap().success());
    let page = fs::read_to_string(file).unwrap();
    assert!(page.contains("id=\"sweep-11\"") && !page.contains("sweep-10") && !page.contains("Left out"));
}

/// The page, written by the program itself, without anything beside the run.
fn page() -> String {
    written(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/run"), &folder("nothing"))
}

fn recorded() -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/run/trials.ndjson")).unwrap()
}

/// The page of a run with these results beside it, and no records.
fn written(run: &Path, results: &Path) -> String {
    let file = folder("written").join("page.html");
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    command.arg("report").arg(run).arg("--html").arg(&file);
    let output = command.arg("--results").arg(results).arg("--records").arg(folder("records")).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    fs::read_to_string(file).unwrap()
}

/// Puts counts of every cell of the recorded run and a self-test of its machine into a folder; the number is that of the cells.
fn beside(results: &Path) -> usize {
    let trials = recorded();
    let first = trials.lines().next().unwrap();
    let header: Value = serde_json::from_str(first).unwrap();
    let environment = &header["environment"];
    let mut counts = vec![json!({ "schema": "gather-counts/1", "environment": environment })];
    let mut cells = 0;
    for planned in header["plan"].as_array().unwrap() {
        for cell in planned["cells"].as_array().unwrap() {
            cells += 1;
            for (engine, place) in cell["engines"].as_array().unwrap().iter().zip(1..) {
                let exact = json!({ "median": 3 * place, "lowest": 3 * place, "highest": 3 * place, "repetitions": 3 });
                let loose = json!({ "median": 1.25, "lowest": 1.0, "highest": 1.5, "repetitions": 3 });
                counts.push(json!({
                    "workload": planned["workload"], "cell": cell["cell"], "engine": engine["engine"],
                    "instructions_source": "callgrind", "syscalls": exact, "allocations": exact, "allocated_bytes": exact,
                    "wakeups": loose, "connections": exact, "voluntary_switches": loose,
                }));
            }
        }
    }
    put(&results.join("counts/trials.ndjson"), std::slice::from_ref(&header));
    put(&results.join("counts/counts.ndjson"), &counts);
    let mut selftest =
        vec![json!({ "schema": "gather-selftest/1", "utc": "2026-11-22T12:00:00Z", "environment": environment })];
    let ties = json!({ "ratio": 1.0, "low": 0.99, "high": 1.01 });
    let tie = json!({ "try": "identical", "delta": 0.02, "valid": true, "control": ties });
    selftest.extend(vec![tie; 150]);
    selftest.push(json!({
        "finding": "identical code told apart", "text": "0 of 150: at most 1.98 %", "found": 0, "tries": 150,
        "wanted": "at most 3 %", "held": true,
    }));
    put(&results.join("selftest/selftest.ndjson"), &selftest);
    cells
}

fn put(file: &Path, lines: &[Value]) {
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(file, lines.iter().map(|line| format!("{line}\n")).collect::<String>()).unwrap();
}

/// Shows the page in frames of these widths, since a window cannot be as narrow as a telephone, and reads what each wrote
/// down about itself.
fn look(browser: &Path, name: &str, page: &str, widths: &[u32]) -> Vec<Drawn> {
    let folder = folder(name);
    let text = serde_json::to_string(page).unwrap().replace("</", "<\\/");
    let script = format!(
        "var text = {text};
        {widths:?}.forEach(function (width) {{
            var frame = document.createElement('iframe');
            frame.style = 'border:0;height:900px;width:' + width + 'px';
            frame.onload = function () {{
                var seen = frame.contentDocument.documentElement.dataset;
                var words = [seen.charts, seen.drawn, seen.width, seen.requests, seen.overflow ? 'wide' : 'fits'];
                document.documentElement.setAttribute('data-at-' + width, words.join(' '));
            }};
            frame.srcdoc = text;
            document.body.appendChild(frame);
        }});"
    );
    let frames = folder.join("frames.html");
    fs::write(&frames, format!("<!doctype html><html><body><script>{script}</script></body></html>")).unwrap();
    let mut command = Command::new("timeout");
    command.arg("180").arg(browser).args([
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--window-size=1500,1000",
        "--dump-dom",
    ]);
    command.arg(format!("--user-data-dir={}", folder.join("profile").display()));
    let output = command.arg(format!("file://{}", frames.display())).output().unwrap();
    let dom = String::from_utf8_lossy(&output.stdout);
    let head = dom.split_once("<html").and_then(|(_, rest)| rest.split_once('>')).map(|(head, _)| head.to_owned());
    let head = head.unwrap_or_else(|| {
        panic!("{} printed no page: {}", browser.display(), String::from_utf8_lossy(&output.stderr))
    });
    fs::remove_dir_all(folder).unwrap();
    widths.iter().map(|width| drawn(&head, *width)).collect()
}

/// `data-at-390="47 47 390 0 fits"`.
fn drawn(head: &str, width: u32) -> Drawn {
    let words = head.split_once(&format!("data-at-{width}=\"")).and_then(|(_, rest)| rest.split_once('"'));
    let (words, _) = words.unwrap_or_else(|| panic!("nothing was drawn at {width}: {head}"));
    let words: Vec<&str> = words.split(' ').collect();
    let [charts, drawn, width, requests, fits] = words[..] else { panic!("{words:?}") };
    let number = |word: &str| word.parse().unwrap_or_else(|_| panic!("{words:?}"));
    Drawn {
        charts: number(charts),
        drawn: number(drawn),
        width: number(width) as u32,
        requests: number(requests),
        overflows: fits == "wide",
    }
}

/// A new folder of this test's own.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("page").join(format!(
        "{name}-{}-{:?}",
        std::process::id(),
        std::thread::current().id()
    ));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// A browser that can be started, or a line that says why nothing was looked at.
fn browser() -> Option<PathBuf> {
    let names = ["chromium", "chromium-browser", "google-chrome"];
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found =
        std::env::split_paths(&path).flat_map(|folder| names.map(|name| folder.join(name))).find(|file| file.is_file());
    if found.is_none() {
        // Written past the capture of the test harness, which would show it to nobody.
        let why = format!(
            "SKIPPED: the page was not looked at, since none of {} is in PATH (apt-get install chromium)\n",
            names.join(", ")
        );
        let _ = std::io::stderr().write_all(why.as_bytes());
    }
    found
}
