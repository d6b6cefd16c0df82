//! How files and flags become cells, contestants and sizes.

use std::fs;
use std::path::Path;

use super::*;

const ENGINE: &str = "about = \"\"\nclient = \"hyper\"\nruntime = \"none\"\n";

/// The plan of one workload with these definitions.
fn plan_of(name: &str, workload: &str, flags: &Bench) -> Result<Vec<Planned>, String> {
    let folder = std::env::temp_dir().join(format!("xtask-plan-{}-{name}", std::process::id()));
    fs::create_dir_all(folder.join("workloads")).unwrap();
    let engines = format!(
        "[[engine]]\nname = \"tokio\"\nfamily = \"async\"\n{ENGINE}[[engine]]\nname = \"smol\"\nfamily = \"async\"\n{ENGINE}\
         [[engine]]\nname = \"sequential\"\nfamily = \"blocking\"\nin_flight = \"one\"\n{ENGINE}"
    );
    fs::write(folder.join("engines.toml"), engines).unwrap();
    let head = "question = \"q\"\nexpectation = \"e\"\nanalysis = \"a\"\nreference = \"tokio\"\n";
    fs::write(folder.join("workloads/w.toml"), format!("{head}{workload}")).unwrap();
    let planned = load(&folder, flags).map_err(|failure| failure.to_string());
    fs::remove_dir_all(folder).unwrap();
    planned
}

fn load(folder: &Path, flags: &Bench) -> Result<Vec<Planned>, Failure> {
    plan(&Definitions::load(folder)?, flags)
}

const SWEEP: &str = r#"
engines = ["tokio", "sequential", "tokio compute=rayon threads=2 cpus=0,1"]
[params]
requests = 1000
concurrency = [1, 64]
delay_us = [0, 20000]
[[size]]
when = { concurrency = 1, delay_us = 20000 }
requests = 50
rounds = 30
[[expect]]
when = { delay_us = 20000 }
in_flight_max = "concurrency"
[quick]
engines = ["tokio", "smol"]
rounds = 9
params = { concurrency = 64, delay_us = 20000 }
[[quick.size]]
requests = 300
"#;

#[test]
fn axes_multiply_and_sizes_follow_the_cell() {
    let plan = plan_of("axes", SWEEP, &Bench::default()).unwrap();
    let titles: Vec<&str> = plan[0].cells.iter().map(|cell| cell.title.as_str()).collect();
    assert_eq!(
        titles,
        ["1 in flight, no delay", "1 in flight, 20 ms delay", "64 in flight, no delay", "64 in flight, 20 ms delay"]
    );
    let sizes: Vec<u64> = plan[0].cells.iter().map(|cell| cell.entries[0].requests).collect();
    assert_eq!(sizes, [1000, 50, 1000, 1000]);
    let rounds: Vec<usize> = plan[0].cells.iter().map(super::Cell::rounds).collect();
    assert_eq!(rounds, [12, 30, 12, 12]);
    let asked = plan_of("axes-asked", SWEEP, &Bench { rounds: Some(9), ..Bench::default() }).unwrap();
    assert!(asked[0].cells.iter().all(|cell| cell.rounds() == 9), "what is asked counts for every cell");
}

#[test]
fn an_engine_with_one_in_flight_waits_two_seconds_at_most() {
    let plan = plan_of("one", SWEEP, &Bench::default()).unwrap();
    let sequential: Vec<u64> = plan[0].cells.iter().map(|cell| cell.entries[1].requests).collect();
    assert_eq!(sequential, [1000, 50, 1000, 100]);
    assert_eq!(plan[0].cells[3].entries[0].expected, [("in_flight_max".to_owned(), "64".to_owned())]);
    assert_eq!(plan[0].cells[3].entries[1].expected, [("in_flight_max".to_owned(), "1".to_owned())]);
    assert!(plan[0].cells[2].entries[0].expected.is_empty());
}

#[test]
fn who_is_asked_for_another_parser_does_not_do_the_same() {
    let workload = "engines = [\"tokio\", \"tokio parse=length\", \"smol concurrency=8\"]\n[params]\nrequests = 10\nparse = \"links\"\n";
    let plan = plan_of("work", workload, &Bench::default()).unwrap();
    let cell = &plan[0].cells[0];
    let same: Vec<bool> = cell.entries.iter().map(|entry| cell.does_the_same(entry, "tokio")).collect();
    // The twin of the reference comes last.
    assert_eq!(same, [true, false, true, true]);
}

const RACE: &str = r#"
engines = ["tokio", "tokio compute=rayon", "sequential"]
[params]
requests = 615
concurrency = 64
delay_us = 0
[[size]]
engines = ["tokio"]
requests = 4920
[[expect]]
served = "requests"
"#;

#[test]
fn an_engine_may_have_trials_of_its_own_length_and_the_control_has_them_too() {
    let sizes = |flags: &Bench, name| {
        let plan = plan_of(name, RACE, flags).unwrap();
        let entries = plan[0].cells[0].entries.iter();
        // What it must find is as much.
        let served = |entry: &Entry| entry.expected.iter().find(|(key, _)| key == "served").unwrap().1.clone();
        entries.map(|entry| (entry.label.clone(), entry.requests, served(entry))).collect::<Vec<_>>()
    };
    let size = |label: &str, requests: u64| (label.to_owned(), requests, requests.to_string());
    let whole = ["tokio", "tokio compute=rayon", "sequential", "tokio (A/A)"];
    assert_eq!(
        sizes(&Bench::default(), "race"),
        [size(whole[0], 4920), size(whole[1], 4920), size(whole[2], 615), size(whole[3], 4920)]
    );
    let verified = whole[..3].iter().map(|label| size(label, 615)).collect::<Vec<_>>();
    assert_eq!(sizes(&Bench { verify: true, ..Bench::default() }, "race-verify"), verified);
}

#[test]
fn the_words_behind_an_engine_are_its_own() {
    let plan = plan_of("own", SWEEP, &Bench::default()).unwrap();
    let [tokio, _, rayon, twin] = plan[0].cells[0].entries.as_slice() else {
        panic!("three contestants and the control")
    };
    assert!(twin.twin && twin.requests == tokio.requests && twin.params == tokio.params);
    assert_eq!((tokio.threads, tokio.cpus.as_slice(), tokio.param("compute")), (1, [1].as_slice(), None));
    assert_eq!((rayon.threads, rayon.cpus.as_slice(), rayon.param("compute")), (2, [0, 1].as_slice(), Some("rayon")));
}

#[test]
fn quick_has_its_own_engines_rounds_axes_and_sizes() {
    let plan = plan_of("quick", SWEEP, &Bench { quick: true, ..Bench::default() }).unwrap();
    assert_eq!((plan[0].cells[0].rounds(), plan[0].cells.len()), (9, 1));
    let entries: Vec<(&str, u64)> =
        plan[0].cells[0].entries.iter().map(|entry| (entry.label.as_str(), entry.requests)).collect();
    assert_eq!(entries, [("tokio", 300), ("smol", 300), ("tokio (A/A)", 300)]);
    let refused = plan_of("slow", "engines = [\"tokio\"]\n", &Bench { quick: true, ..Bench::default() });
    assert!(refused.unwrap_err().contains("none of these workloads has a [quick] table"));
}

#[test]
fn a_chosen_engine_brings_the_reference_and_may_be_one_that_the_file_does_not_list() {
    let labels = |engine: &str| {
        let flags = Bench { engines: vec![engine.into()], ..Bench::default() };
        let plan = plan_of(&engine.replace(' ', "-"), SWEEP, &flags).unwrap();
        plan[0].cells[0].entries.iter().map(|entry| entry.label.clone()).collect::<Vec<_>>()
    };
    assert_eq!(labels("smol"), ["tokio", "smol", "tokio (A/A)"]);
    assert_eq!(labels("sequential"), ["tokio", "sequential", "tokio (A/A)"]);
    assert_eq!(labels("tokio"), ["tokio", "tokio compute=rayon threads=2 cpus=0,1", "tokio (A/A)"]);
}

#[test]
fn rounds_are_spread_over_processes() {
    assert_eq!(processes(12, ProcessUse::Kept), [3, 3, 2, 2, 2]);
    assert_eq!(processes(10, ProcessUse::Kept), [2, 2, 2, 2, 2]);
    assert_eq!(processes(2, ProcessUse::Kept), [1, 1]);
    assert_eq!(processes(20, ProcessUse::Kept).len(), 5);
    assert_eq!(processes(60, ProcessUse::Kept), [6; 10]);
    assert_eq!(processes(0, ProcessUse::Kept), [0]);
    assert_eq!(processes(3, ProcessUse::Cold), [1, 1, 1]);
    assert_eq!(processes(0, ProcessUse::Cold), [0]);
}

const LOAD: &str = r#"
engines = ["tokio", "sequential arrivals=constant"]
rounds = 20
[params]
model = "open-loop"
rate_percent = [50, 85]
arrivals = "poisson"
seconds = "0.3"
requests = 3000
concurrency = [8, 64]
delay_us = 20000
[[size]]
when = { model = "fetch" }
requests = 400
"#;

#[test]
fn the_closed_loop_of_each_capacity_runs_before_its_shares() {
    let plan = plan_of("shares", LOAD, &Bench::default()).unwrap();
    let cells: Vec<(bool, &str, u64, usize)> = plan[0]
        .cells
        .iter()
        .map(|cell| (plan[0].finds_capacity(cell), cell.title.as_str(), cell.entries[0].requests, cell.rounds()))
        .collect();
    assert_eq!(
        cells,
        [
            (true, "capacity of a closed loop, 8 in flight, 20 ms delay", 400, 8),
            (false, "50 % of the slowest engine's capacity, at random, 8 in flight, 20 ms delay", 3000, 20),
            (true, "capacity of a closed loop, 64 in flight, 20 ms delay", 400, 8),
            (false, "50 % of the slowest engine's capacity, at random, 64 in flight, 20 ms delay", 3000, 20),
            (false, "85 % of the slowest engine's capacity, at random, 8 in flight, 20 ms delay", 3000, 20),
            (false, "85 % of the slowest engine's capacity, at random, 64 in flight, 20 ms delay", 3000, 20),
        ]
    );
    let own = |cell: usize| plan[0].cells[cell].entries[1].param("arrivals");
    assert_eq!((own(0), own(1)), (None, Some("constant")));
}

#[test]
fn an_open_loop_makes_enough_requests_for_a_quantile() {
    let sequential = |flags: &Bench, name| plan_of(name, LOAD, flags).unwrap()[0].cells[1].entries[1].requests;
    assert_eq!(sequential(&Bench::default(), "open"), 3000);
    assert_eq!(sequential(&Bench { verify: true, ..Bench::default() }, "open-verify"), 1000);
}

#[test]
fn a_rate_is_a_share_rounded_down_and_never_nothing() {
    let mut plan = plan_of("settle", LOAD, &Bench::default()).unwrap().remove(0);
    let capacity = |rate| Capacity { engine: "sequential".into(), rate };
    let measured_in = plan.cells[0].title.clone();
    plan.settle(&measured_in, &capacity(399));
    let rate = |plan: &Planned, cell: usize| {
        let cell = &plan.cells[cell];
        assert!(cell.entries.iter().all(|entry| entry.param("rate") == cell.param("rate")), "alike for every engine");
        cell.param("rate").map(str::to_owned)
    };
    assert_eq!([rate(&plan, 1), rate(&plan, 4)], [Some("199".into()), Some("339".into())]);
    assert_eq!([rate(&plan, 0), rate(&plan, 3)], [None, None], "another capacity's");
    assert_eq!(plan.cells[1].shown(), "50 % of 399 pages/s (sequential), at random, 8 in flight, 20 ms delay");
    plan.settle(&measured_in, &capacity(1));
    assert_eq!(rate(&plan, 1), Some("1".into()));
}

#[test]
fn a_plan_survives_being_written_down() {
    let plan = plan_of("json", SWEEP, &Bench::default()).unwrap();
    assert_eq!(from_json(&to_json(&plan)).unwrap(), plan);
    let plan = plan_of("json-shares", LOAD, &Bench::default()).unwrap();
    assert_eq!(from_json(&to_json(&plan)).unwrap(), plan);
    assert_eq!(from_json(&serde_json::json!([{}])).unwrap_err(), "`workload` is missing");
}

#[test]
fn no_two_cells_have_the_same_name() {
    let workload = |axes: &str| format!("engines = [\"tokio\"]\n[params]\nrequests = 10\n{axes}\n");
    let titles = |name: &str, axes: &str| {
        let plan = plan_of(name, &workload(axes), &Bench::default())?;
        Ok::<_, String>(plan[0].cells.iter().map(|cell| cell.title.clone()).collect::<Vec<_>>())
    };
    let models = titles("models", "model = [\"spawn-many\", \"yield-many\", \"create\"]\ntasks = 1");
    assert_eq!(models.unwrap(), ["spawn-many, 1 task", "yield-many, 1 task", "1 task"]);
    let silent = titles("silent", "model = [\"create\", \"brigade\"]");
    assert_eq!(silent.unwrap(), ["model create", "model brigade"]);
    let seconds = titles("seconds", "model = \"open-loop\"\nrate = 9\nseconds = [\"0.1\", \"0.2\"]");
    assert_eq!(seconds.unwrap(), ["9 requests/s, seconds 0.1", "9 requests/s, seconds 0.2"]);
    let twice = titles("twice", "concurrency = [4, 4]").unwrap_err();
    assert_eq!(twice, "the workload `w` has two cells that are both \"4 in flight\"");
}
