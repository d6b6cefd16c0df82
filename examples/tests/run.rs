//! Every example, on every runtime, as somebody would run it: the exit code, and the facts in the output.
//!
//! Facts, and not times: how long something took is for the reader to look at, on a machine that is idle.

use std::io::Read;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

/// No example needs two seconds on an idle machine; the rest is for a loaded one.
const PATIENCE: Duration = Duration::from_secs(60);

/// A test for each example and runtime: the facts are the parts of the output that have to be there, in this order.
macro_rules! examples {
    ($($name:ident $($argument:literal)*: [$($fact:literal),* $(,)?];)*) => {
        $(mod $name {
            const FACTS: &[&str] = &[$($fact),*];
            const ARGUMENTS: &[&str] = &[$($argument),*];

            #[test]
            fn tokio() {
                super::check(stringify!($name), "tokio", ARGUMENTS, FACTS);
            }

            #[test]
            fn async_std() {
                super::check(stringify!($name), "async-std", ARGUMENTS, FACTS);
            }

            #[test]
            fn smol() {
                super::check(stringify!($name), "smol", ARGUMENTS, FACTS);
            }
        })*

        /// Those that have been listed above.
        const TESTED: &[&str] = &[$(stringify!($name)),*];
    };
}

examples! {
    sync_vs_async: [
        "one after the other: ", "; at most 1 at the same time\n",
        "together: ", "; at most 2 at the same time\n",
        "ratio: ",
    ];
    lazy_futures: [
        "called: requests at the origin: 0\n",
        "another one awaited: requests at the origin: 1\n",
        "awaited: requests at the origin: 2; `hello`\n",
        "dropped: requests at the origin: 2\n",
    ];
    event_loop: [
        "Host::run: the page says `hello`\n",
        ": the page says `hello`\n",
    ];
    tasks: [
        "overlap: requests at the same time: 2\n",
        "outputs: `one`, `two`\n",
        "cancelled: requests at the origin: 0\n",
        "dropped: requests at the origin: 0\n",
        "panicked: Err(Panicked(", "a bug",
        "after the panic: the runtime lives on\n",
    ];
    gather: [
        "in order: first, second, third\n",
        "limited to 3: 12 pages, at most 3 at the same time\n",
        "failed fast: connection refused: true, 0 requests left at the origin\n",
    ];
    timeouts: [
        "in time: Some(b\"hello\")\n",
        "too late: None\n",
        "the origin: 0 requests in flight\n",
        "the client goes on: Some(b\"again\")\n",
        "the exchange's own deadline: timeout true, Head\n",
    ];
    background_task: [
        "main work: 10 pages fetched, all cleaned up behind its back\n",
        "clean-up loop: cancelled\n",
        "the cache is ours alone, 0 pages in it\n",
    ];
    async_resource: [
        "Commits: well; users: ada, grace\n",
        "Fails: one grace is enough; users: ada, grace\n",
        "Panics: the task panicked: a bug; users: ada, grace\n",
        "IsCancelled: the task was cancelled; users: ada, grace\n",
    ];
    blocking_the_loop: [
        "blocking, inline: 0 beats meanwhile",
        "blocking, on unblock: ",
        "not blocking: ",
    ];
    mixing_sync_and_async: [
        "async from sync: 1000 bytes\n",
        "sync from async: checksum 124506\n",
        "async in sync in async: 1000 bytes\n",
        "behind a blocking face: 2 pages of 1000 bytes\n",
    ];
    streaming_response: [
        ": 200 OK\n",
        ": drip.\n", ": drip.\n", ": drip.\n", ": drip.\n", ": drip.\n",
        "nobody reads: the origin was stopped after ", " KiB of 65536 KiB\n",
        "somebody reads: all 65536 KiB\n",
    ];
    cpu_bound "--below" "1000": [
        "one thread: 4 sums of 332833500 in ", "threads used: 1\n",
        "on the runtime: 4 sums of 332833500 in ", "threads used: 1\n",
        "on rayon: 4 sums of 332833500 in ", "threads used: ",
        "async gains nothing",
    ];
    web_scraper: [
        "links in ",
        "found 65 links in 10 pages\n",
    ];
}

/// Only inline does the heart stand still.
#[test]
fn heartbeat_goes_on_beside_unblocked_work() {
    for runtime in ["tokio", "async-std", "smol"] {
        let output = succeed("blocking_the_loop", &["--runtime", runtime]);
        for how in ["on unblock", "not blocking"] {
            let line = output.lines().find(|line| line.contains(how)).expect("a line for each way");
            assert!(!line.contains(": 0 beats"), "on {runtime}: {line}");
        }
    }
}

/// The chunks arrive apart from each other, and the sender was stopped before its end.
#[test]
fn stream_is_stopped_before_its_end() {
    for runtime in ["tokio", "async-std", "smol"] {
        let output = succeed("streaming_response", &["--runtime", runtime]);
        let stopped = output.split("stopped after ").nth(1).and_then(|rest| rest.split(' ').next());
        let stopped: u64 = stopped.and_then(|number| number.parse().ok()).expect("a number of KiB");
        assert!((1..65536).contains(&stopped), "on {runtime}: stopped after {stopped} KiB");
    }
}

#[test]
fn unknown_runtime_is_refused() {
    let output = run("tasks", &["--runtime", "fibers"]);
    assert_eq!(output.status.code(), Some(2));
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(error.contains("no runtime `fibers`; there are tokio, async-std, smol"), "{error}");
}

#[test]
fn misunderstood_arguments_are_refused() {
    let cases: [(&str, &[&str]); 4] = [
        ("tasks", &["--runtime"]),
        ("tasks", &["--colour", "blue"]),
        ("cpu_bound", &["--below", "many"]),
        ("cpu_bound", &["--above", "1"]),
    ];
    for (name, arguments) in cases {
        let output = run(name, arguments);
        assert_eq!(output.status.code(), Some(2), "{name} {arguments:?}: {output:?}");
        assert!(String::from_utf8_lossy(&output.stderr).contains("usage: "), "{name} {arguments:?}");
    }
}

#[test]
fn page_that_cannot_be_fetched_is_an_error() {
    // Nothing can listen on port 0.
    let output = run("web_scraper", &["http://127.0.0.1:0/"]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(error.contains("1 of 1 pages could not be fetched"), "{error}");
}

/// An example that is added without a line above is not forgotten.
#[test]
fn every_example_is_tested() {
    let folder = std::fs::read_dir(env!("CARGO_MANIFEST_DIR")).expect("the package's folder");
    let paths = folder.map(|entry| entry.expect("an entry").path());
    let mut files: Vec<_> = paths.filter(|path| path.extension().is_some_and(|extension| extension == "rs")).collect();
    files.sort();
    for file in files {
        let name = file.file_stem().expect("a name").to_string_lossy();
        assert!(TESTED.contains(&&*name), "no test runs the example {name}");
    }
}

fn check(name: &str, runtime: &str, arguments: &[&str], facts: &[&str]) {
    let output = succeed(name, &[&["--runtime", runtime], arguments].concat());
    let mut rest = output.as_str();
    for fact in facts {
        let (_, after) = rest.split_once(fact).unwrap_or_else(|| panic!("no `{fact}` where it belongs in:\n{output}"));
        rest = after;
    }
}

/// What the example prints.
fn succeed(name: &str, arguments: &[&str]) -> String {
    let output = run(name, arguments);
    assert!(output.status.success(), "{name} {arguments:?} failed: {output:?}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// Runs an example to its end, or kills it when it hangs.
fn run(name: &str, arguments: &[&str]) -> Output {
    let mut command = Command::new(executable(name));
    command
        .args(arguments)
        .env("RUST_BACKTRACE", "0")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap_or_else(|error| panic!("{name} cannot be started: {error}"));
    let stdout = read(child.stdout.take().expect("a pipe"));
    let stderr = read(child.stderr.take().expect("a pipe"));

    let end = Instant::now() + PATIENCE;
    let left = || end.saturating_duration_since(Instant::now());
    // A pipe ends with its process.
    let ended = stdout.recv_timeout(left()).and_then(|stdout| Ok((stdout, stderr.recv_timeout(left())?)));
    if ended.is_err() {
        child.kill().unwrap_or_else(|error| panic!("{name} hangs and cannot be killed: {error}"));
    }
    let status = child.wait().unwrap_or_else(|error| panic!("{name} cannot be waited for: {error}"));
    let (stdout, stderr) = ended.unwrap_or_else(|_| panic!("{name} {arguments:?} was not done within {PATIENCE:?}"));
    Output { status, stdout, stderr }
}

/// Reads a pipe to its end on a thread of its own, so that neither pipe can fill up and stop the example.
fn read(mut pipe: impl Read + Send + 'static) -> Receiver<Vec<u8>> {
    let (report, ended) = mpsc::channel();
    thread::spawn(move || {
        let mut text = Vec::new();
        // What was read before an error tells more than the error.
        let _ = pipe.read_to_end(&mut text);
        let _ = report.send(text);
    });
    ended
}

/// Cargo builds a package's examples before its tests, and puts them next door.
fn executable(name: &str) -> PathBuf {
    let test = std::env::current_exe().expect("this test's own path");
    let profile = test.parent().and_then(|deps| deps.parent()).expect("the profile's folder");
    let path = profile.join("examples").join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    let built = path.exists();
    assert!(
        built,
        "{} is not built; `cargo test -p gather-examples` builds it, with `--test` add `--examples`",
        path.display()
    );
    path
}
