//! What cannot be done is refused with a reason, at once.

use crate::support::Origin;

#[test]
fn words_that_make_no_sense_are_errors() {
    let origin = Origin::start();
    for (workload, message) in [
        ("model=spawn-many depth=5", "unknown key `depth`"),
        ("model=chained-spawn tasks=5", "unknown key `tasks`"),
        ("model=spawn-many tasks=0", "tasks: has to be at least 1"),
        ("model=yield-many tasks=1000000 yields=1000000", "more than 1000000000 operations"),
        ("model=spawn-many from=nowhere", "from: `nowhere` is none of worker, outside"),
        ("model=brigade rounds=3", "unknown key `rounds`"),
        ("model=brigade link=string", "link: `string` is none of channel, socket"),
        ("model=dns name=127.0.0.1", "name: `127.0.0.1` is an address"),
        ("model=dns name=::1", "name: `::1` is an address"),
        ("model=dns by=chance", "by: `chance` is none of runtime, gather"),
        ("model=dns requests=0", "requests: has to be at least 1"),
        ("model=fake-requests connections=0", "connections: has to be at least 1"),
        ("model=fake-requests connections=1000001", "connections: more than 1000000"),
        ("model=fake-requests syscall=some", "syscall: `some` is none of none, per-io"),
        ("model=timers how=never", "how: `never` is none of together, one-by-one, cancelled"),
        ("model=timers how=cancelled sleep_us=5", "unknown key `sleep_us`"),
        ("model=timers how=together armed=5", "unknown key `armed`"),
        ("model=timers sleeps=many", "sleeps: `many` is not a number"),
        ("model=idle task=dream", "task: `dream` is none of"),
        ("model=startup tasks=5", "unknown key `tasks`"),
        ("model=files chunk_bytes=12", "chunk_bytes: `12` is not a multiple of 8"),
        ("model=files files=1000000 bytes=1000000", "files and bytes: together more than"),
        ("model=database sessions=1000", "sessions: more than 256"),
        ("model=database rows=0", "rows: has to be at least 1"),
        ("model=fetch page=fixed:100 parse=json", "json and json-value go with page=json"),
        ("model=fetch page=json:3 parse=links", "page=json with those or length"),
        ("model=nothing", "model: `nothing` is none of fetch, heartbeat"),
    ] {
        let output = origin.runner("tokio-current", workload, "trial\n");
        let text = String::from_utf8_lossy(&output.stdout).replace('_', " ");
        assert!(!output.status.success(), "{workload}: {text}");
        assert!(text.starts_with("error kind=usage"), "{workload}: {text}");
        assert!(text.contains(&message.replace('_', " ")), "{workload}: {text}");
    }
}

#[test]
fn an_engine_says_what_it_does_not_do() {
    let origin = Origin::start();
    for (engine, workload) in [
        ("sequential-raw", "model=spawn-many"),
        ("rayon-raw", "model=ping-pong"),
        ("pool-raw", "model=brigade"),
        ("threads-raw", "model=create tasks=1000000"),
        ("threads-raw", "model=timers how=cancelled"),
        ("threads-raw", "model=idle task=sleep-joined"),
        ("threads-raw", "model=idle tasks=1000000"),
        ("pool-raw", "model=fairness"),
        ("threads-raw", "model=idle task=connection tasks=1000000"),
        ("sequential-raw", "model=idle task=connection"),
        ("raw-floor", "model=idle task=sleep-spawn"),
        ("sequential-raw", "model=dns by=gather"),
        ("threads-raw", "model=fake-requests"),
        ("raw-floor", "model=dns"),
        ("raw-floor", "model=files"),
        ("hyper-bare", "model=startup"),
    ] {
        let lines = origin.lines(engine, workload, "trial\n");
        assert!(lines.keys().eq(["unsupported"]), "{engine} {workload}: {lines:?}");
        assert!(!lines["unsupported"][0]["reason"].is_empty());
    }
}

#[test]
fn what_the_system_refuses_is_said() {
    let origin = Origin::start();
    // Longer than a part of a name may be, so that no server has to be asked.
    let unknown = format!("model=dns name={}", "x".repeat(70));
    for (engine, workload, message) in [
        ("tokio", unknown.as_str(), "kind=dns message=`xxx"),
        ("sequential-raw", &unknown, "kind=dns message=`xxx"),
        ("tokio", "model=brigade tasks=5000000000 link=socket", "kind=descriptors message=10000000066"),
        ("raw-floor", "model=idle task=connection tasks=5000000000", "kind=descriptors message=5000000064"),
    ] {
        let output = origin.runner(engine, workload, "trial\n");
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(!output.status.success(), "{engine} {workload}: {text}");
        assert!(text.contains(message), "{engine} {workload}: {text}");
    }
}

#[test]
fn folders_go_with_their_runner() {
    let origin = Origin::start();
    let folder = tempfile::tempdir().expect("a folder");
    for engine in ["tokio", "pool-raw"] {
        for workload in ["model=files files=3 bytes=100", "model=database rows=3"] {
            for (commands, succeeds) in [("trial requests=5\n", true), ("trial requests=5\nnonsense\n", false)] {
                let output = origin.runner_in(folder.path(), engine, workload, commands);
                assert_eq!(output.status.success(), succeeds, "{engine} {workload}");
                let left = std::fs::read_dir(folder.path()).expect("the folder is still there").count();
                assert_eq!(left, 0, "{engine} {workload} {commands}");
            }
        }
    }
}
