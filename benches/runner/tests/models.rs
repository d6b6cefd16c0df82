//! Each model gives its oracle's answer, twice in the same process, and the words that are its own.

use crate::support::{Origin, Words};

const RUNTIMES: [&str; 5] = ["tokio", "tokio-current", "smol", "smol-single", "async-std"];

/// The words of an answer.
const ANSWER: [&str; 5] = ["pages", "bytes", "links", "checksum", "timeouts"];

/// Runs two trials of `requests` on each engine; gives the words of the last for each.
#[track_caller]
fn check(engines: &[&str], workload: &str, requests: u64, own_words: &[&str]) -> Vec<Words> {
    let origin = Origin::start();
    let commands = format!("oracle requests={requests}\ntrial requests={requests}\ntrial requests={requests}\n");
    let trial_of = |engine: &&str| {
        let lines = origin.lines(engine, workload, &commands);
        assert!(!lines.contains_key("unsupported"), "{engine} {workload}: {lines:?}");
        let (answer, trials) = (&lines["answer"][0], &lines["trial"]);
        assert_eq!(trials.len(), 2, "{engine} {workload}");
        for trial in trials {
            for key in ANSWER {
                assert_eq!(trial[key], answer[key], "{engine} {workload}: {key}");
            }
            assert_eq!(trial["errors"], "0", "{engine} {workload}");
            for key in own_words {
                assert!(
                    trial.get(*key).is_some_and(|word| word.parse::<u64>().is_ok()),
                    "{engine}: {key} in {trial:?}"
                );
            }
        }
        trials[1].clone()
    };
    engines.iter().map(trial_of).collect()
}

fn with_runtimes<'e>(controls: &[&'e str]) -> Vec<&'e str> {
    RUNTIMES.iter().chain(controls).copied().collect()
}

#[test]
fn compressed_pages_and_failures_under_policies() {
    let client = ["tokio-current", "smol"];
    check(&client, "policy=client page=gzip:20000 parse=links", 30, &[]);
    check(&["pool-raw", "tokio-current"], "page=text:20000 parse=links", 30, &[]);
    for how in ["status", "reset"] {
        let words = format!("policy=client backoff_us=1000 flaky_percent=20 flaky={how} page=fixed:500");
        for trial in check(&client, &words, 100, &["origin_failed"]) {
            assert_eq!((trial["origin_failed"].as_str(), trial["origin_served"].as_str()), ("20", "100"), "{how}");
        }
    }
}

#[test]
fn addresses_as_text_are_those_of_the_tree() {
    check(&["tokio-current", "smol", "pool-raw"], "page=corpus parse=extract", 30, &[]);
}

/// What has no addresses is held to the number of links.
#[test]
fn every_way_of_parsing_finds_as_many_links_as_the_tree() {
    let origin = Origin::start();
    for by in ["spans", "values", "extract", "links", "tree"] {
        let words = format!("model=parse page=corpus requests=10 by={by}");
        let lines = origin.lines("parser", &words, "oracle requests=25\ntrial requests=25\ntrial requests=3\n");
        let (answer, trials) = (&lines["answer"][0], &lines["trial"]);
        for key in ["pages", "bytes", "links", "errors"] {
            assert_eq!(trials[0][key], answer[key], "{by}: {key}");
        }
        assert_eq!((trials[0]["pages"].as_str(), trials[1]["pages"].as_str()), ("25", "3"), "{by}");
        assert_ne!(trials[0]["links"], "0", "{by}");
        assert_eq!(trials[0]["origin_served"], "0", "{by}: nothing is fetched while the clock runs");
    }
}

#[test]
fn parsing_alone_is_for_the_parser_and_the_parser_for_nothing_else() {
    let origin = Origin::start();
    for (engine, words) in [("tokio", "model=parse"), ("sequential-raw", "model=parse"), ("parser", "model=fetch")] {
        assert!(origin.lines(engine, words, "trial requests=1\n").contains_key("unsupported"), "{engine} {words}");
    }
    for words in ["by=guess", "silent_percent=3", "how=fast"] {
        let output = origin.runner("parser", &format!("model=parse {words}"), "trial requests=1\n");
        assert!(!output.status.success(), "{words}");
    }
}

/// A deadline is as late as a loaded machine makes it, and never too early, which would be an error. Nobody answers here: a page
/// could be as late.
#[test]
fn deadlines_say_how_late_they_struck() {
    let engines = with_runtimes(&["threads-raw", "threads-ureq", "pool-raw"]);
    let words = "silent_percent=100 deadline_ms=40 concurrency=20";
    for trial in check(&engines, words, 20, &["late_p50_ns", "late_mean_ns", "late_max_ns"]) {
        assert_eq!(trial["timeouts"], "20");
        let [half, most] = ["late_p50_ns", "late_max_ns"].map(|word| trial[word].parse::<u64>().unwrap());
        assert!(half <= most && most < 30_000_000_000, "{trial:?}");
    }
}

#[test]
fn pages_in_memory_through_everything() {
    for through in ["generic", "erased", "hand"] {
        let words = format!("model=memory over=pages through={through} page=fixed:3000 parse=links");
        check(&["tokio-current", "smol-single"], &words, 50, &[]);
    }
}

#[test]
fn scheduler() {
    let words = ["ops", "ops_ns"];
    check(&with_runtimes(&["threads-raw", "rayon-raw"]), "model=spawn-many tasks=200", 3, &words);
    check(&with_runtimes(&["threads-raw", "rayon-raw"]), "model=chained-spawn depth=50", 3, &words);
    check(&with_runtimes(&["threads-raw"]), "model=ping-pong tasks=50", 3, &words);
    check(&with_runtimes(&["threads-raw"]), "model=yield-many tasks=20 yields=30", 3, &words);
    check(&RUNTIMES, "model=spawn-many tasks=200 from=outside", 3, &words);
}

#[test]
fn switching_and_creating() {
    check(&with_runtimes(&["threads-raw"]), "model=brigade tasks=20", 5, &["ops", "ops_ns", "create_ns"]);
    for workload in ["model=brigade tasks=20 link=socket", "model=brigade tasks=1 link=socket"] {
        check(&with_runtimes(&["threads-raw"]), workload, 5, &["ops", "ops_ns", "create_ns"]);
    }
    check(&with_runtimes(&["threads-raw"]), "model=create tasks=50", 3, &["ops", "ops_ns", "create_ns"]);
}

#[test]
fn timers() {
    let words = ["ops", "ops_ns", "late_p50_ns", "late_max_ns"];
    check(&with_runtimes(&["threads-raw"]), "model=timers how=together sleeps=100 sleep_us=1000", 1, &words);
    check(&with_runtimes(&["sequential-raw"]), "model=timers how=one-by-one sleeps=20 sleep_us=200", 1, &words);
    check(&RUNTIMES, "model=timers how=cancelled sleeps=5000 armed=100", 1, &words[..2]);
}

#[test]
fn fairness() {
    let engines = with_runtimes(&["threads-raw"]);
    let words = ["ops_ns", "jain_milli", "progress_min", "progress_max"];
    for trial in check(&engines, "model=fairness tasks=50 steps=5000", 1, &words) {
        let number = |key: &str| trial[key].parse::<u64>().unwrap();
        assert!(number("jain_milli") <= 1000);
        assert!(number("progress_min") <= 100 && 100 <= number("progress_max"), "5000 steps of 50 tasks: {trial:?}");
    }
}

#[test]
fn sleepers_are_counted_and_a_process_has_one_trial_of_them() {
    let origin = Origin::start();
    for (engines, workload) in [
        (with_runtimes(&["threads-raw"]), "model=idle tasks=1"),
        (with_runtimes(&["threads-raw"]), "model=idle tasks=300"),
        (with_runtimes(&[]), "model=idle task=sleep-joined tasks=5000"),
    ] {
        for engine in engines {
            let lines = origin.lines(engine, workload, "oracle\ntrial\n");
            let (answer, trial) = (&lines["answer"][0], &lines["trial"][0]);
            assert_eq!((&trial["pages"], &trial["errors"]), (&answer["pages"], &"0".to_owned()), "{engine} {workload}");
            let number = |key: &str| trial[key].parse::<u64>().unwrap();
            let grown = number("rss_during_bytes").saturating_sub(number("rss_before_bytes"));
            assert_eq!(number("per_task_bytes"), grown / number("pages"), "{engine} {workload}");

            let again = origin.runner(engine, workload, "trial\ntrial\n");
            let text = String::from_utf8_lossy(&again.stdout).into_owned();
            assert!(!again.status.success(), "{engine} {workload}: {text}");
            assert!(text.contains("error kind=idle message=those_of_the_trial_before"), "{engine} {workload}: {text}");
        }
    }
}

#[test]
fn idle_connections_are_as_many_as_asked_for() {
    for trial in check(&RUNTIMES, "model=idle task=connection tasks=40", 1, &["per_connection_bytes"]) {
        // The one that warms up is kept from the first trial on.
        assert_eq!(trial["origin_accepted"], "40");
        assert_eq!(trial["origin_served"], "41");
    }
}

#[test]
fn idle_connections_without_a_runtime_are_as_many_as_asked_for() {
    let engines = ["threads-raw", "pool-raw", "raw-floor"];
    for trial in check(&engines, "model=idle task=connection tasks=100", 1, &["per_connection_bytes"]) {
        // With the one that warms up, which is closed.
        assert_eq!((&*trial["origin_accepted"], &*trial["origin_served"]), ("101", "101"));
        assert_eq!(trial["bytes"], "20000");
    }
}

#[test]
fn fake_requests_make_the_published_calls() {
    let engines = with_runtimes(&["raw-floor"]);
    for syscall in ["none", "per-io"] {
        let workload = format!("model=fake-requests syscall={syscall}");
        for trial in check(&engines, &workload, 2, &["ops", "ops_ns"]) {
            assert_eq!(trial["ops"], "512");
            // register=257 unregister=257 poll=258 accept=512 read=512 write=512, twice.
            assert_eq!(trial["links"], "4616");
        }
    }
    for connections in [1, 2, 17] {
        check(&engines, &format!("model=fake-requests connections={connections}"), 3, &["ops"]);
    }
    check(&["tokio", "smol", "async-std"], "--threads 2 model=fake-requests", 5, &["ops"]);
}

#[test]
fn lookups() {
    let engines = with_runtimes(&["sequential-raw", "threads-raw", "pool-raw", "rayon-raw"]);
    for trial in check(&engines, "model=dns concurrency=20", 50, &["threads_most"]) {
        assert_eq!(trial["pages"], "50");
        assert_ne!(trial["links"], "0");
    }
    check(&RUNTIMES, "model=dns by=gather concurrency=20", 50, &["threads_most"]);
    let threads = |engine: &str| {
        let trial = &check(&[engine], "model=dns concurrency=20", 400, &["threads_most"])[0];
        trial["threads_most"].parse::<u64>().unwrap()
    };
    assert_eq!(threads("sequential-raw"), 1);
    // Twenty of the pool and the one that waits for them; not all of them need to be left in the middle of the burst.
    assert!((2..=21).contains(&threads("pool-raw")));
    assert!(threads("tokio-current") > 1, "lookups go to the blocking pool");
}

#[test]
fn a_process_starts_up_once() {
    let origin = Origin::start();
    for engine in with_runtimes(&["sequential-raw", "sequential-ureq"]) {
        let workload = "model=startup page=fixed:2700";
        let lines = origin.lines(engine, workload, "oracle\ntrial\n");
        let (answer, trial) = (&lines["answer"][0], &lines["trial"][0]);
        assert_eq!((&trial["pages"], &trial["checksum"]), (&"1".to_owned(), &answer["checksum"]), "{engine}");
        let number = |key: &str| trial[key].parse::<u64>().unwrap();
        assert_eq!(number("startup_ns"), number("setup_ns") + number("first_answer_ns"), "{engine}");
        assert!(number("rss_ready_bytes") > 0, "{engine}");

        let again = origin.runner(engine, workload, "trial\ntrial\n");
        assert!(!again.status.success(), "{engine}");
        let text = String::from_utf8_lossy(&again.stdout).into_owned();
        assert!(text.contains("error kind=startup message=a_process_starts_up_once"), "{engine}: {text}");
    }
}

#[test]
fn files() {
    let engines = with_runtimes(&["sequential-raw", "threads-raw", "pool-raw", "rayon-raw"]);
    // Neither a multiple of the chunk nor of a word, and more reads than files.
    let whole = check(&engines, "model=files files=7 bytes=10001 concurrency=3", 20, &[]);
    let chunks = check(&engines, "model=files files=7 bytes=10001 concurrency=3 chunk_bytes=4096", 20, &[]);
    for (whole, chunks) in whole.iter().zip(&chunks) {
        assert_eq!(whole["bytes"], "200020");
        assert_eq!(whole["checksum"], chunks["checksum"]);
    }
}

#[test]
fn database() {
    let engines = with_runtimes(&["sequential-raw", "threads-raw", "pool-raw", "rayon-raw"]);
    for sessions in [1, 3] {
        let workload = format!("model=database rows=30 concurrency=5 sessions={sessions}");
        for trial in check(&engines, &workload, 20, &[]) {
            assert_eq!((&*trial["pages"], &*trial["links"]), ("20", "600"));
        }
    }
}

#[test]
fn what_leads_an_open_loop_in_is_fetched_and_not_timed() {
    let workload = "model=open-loop page=fixed:100 rate=2000 arrivals=constant seconds=0.05 lead=0.025";
    for words in check(&["tokio-current", "smol", "pool-raw", "hyper-bare"], workload, 20, &["latency_p50_ns"]) {
        assert_eq!(words["pages"], "150");
        let timed = words["hdr"].split(',').map(|pair| pair.split_once(':').unwrap().1.parse::<u64>().unwrap());
        assert_eq!(timed.sum::<u64>(), 100, "{words:?}");
    }
}
