//! The behaviour script: one conversation of a few hundred cases, with real servers and with one that breaks its word, held
//! over every transport. Whatever differs between two of them is declared in `differences.toml`, with its reason, or fails.
//!
//! | file | is |
//! |---|---|
//! | `cases/*.toml` | the conversation: what is asked, of whom, and what has to come back |
//! | `differences.toml` | where transports are known to differ, and why; the table of `crates/README.md` is made of it |
//! | `transports.rs` | who takes part: a line for each |
//! | `servers.rs` | whom they talk to: httpbin under gunicorn, nginx, the faulty origin of gather-conformance |
//!
//! `GATHER_WRITE_TABLE=1 cargo test -p gather-tests --test behaviour table` writes the table anew.
//!
//! A server that cannot be had is named on standard error together with the number of cases that it would have answered.

mod case;
mod compare;
mod data;
mod expectation;
mod outcome;
mod place;
mod policy;
mod record;
mod script;
mod servers;
mod table;
mod text;
mod transports;

use std::io::Write as _;

use compare::Report;
use data::{cases, differences};
use record::Bodies;
use script::Plan;
use servers::Servers;

#[test]
fn every_transport_behaves_alike() {
    let servers = Servers::start();
    let (cases, skipped): (Vec<_>, Vec<_>) =
        cases().into_iter().partition(|case| case.servers().all(|name| servers.has(name)));
    for (server, why) in servers.missing() {
        let without = skipped.iter().filter(|case| case.servers().any(|name| servers.belongs(name, server))).count();
        say(&format!("SKIPPED: {without} cases of the behaviour script, since {why}\n"));
    }
    let transports = transports::all();
    let plan = Plan { cases, servers, bodies: Bodies::default() };
    let mut records = script::run(&plan, &transports);
    let Plan { cases, mut servers, .. } = plan;
    servers.stop().add_to(&mut records);
    let report = Report::of(&cases, &transports, &records, &differences(), &skipped);
    say(&format!("the behaviour script: {}\n", report.summary()));
    assert!(report.is_clean(), "\n{report}");
}

#[test]
fn the_readmes_table_is_fresh() {
    table::check(&cases(), &differences(), &transports::all());
}

#[test]
fn the_script_is_long_and_its_names_are_its_own() {
    let cases = cases();
    assert!(cases.len() >= 300, "only {} cases", cases.len());
    let mut names: Vec<&str> = cases.iter().map(|case| case.name.as_str()).collect();
    names.sort_unstable();
    if let Some(pair) = names.windows(2).find(|pair| pair[0] == pair[1]) {
        panic!("two cases are called `{}`", pair[0]);
    }
    for case in &cases {
        for (layer, expected) in case.steps.iter().flat_map(|step| step.by_layer()) {
            let says = expected.status.is_some() || expected.error.is_some();
            assert!(says || !case.runs_on(layer), "{}: nothing is expected of it", case.name);
        }
    }
}

/// Past the capture of the test harness, which would show it to nobody.
fn say(line: &str) {
    let _ = std::io::stderr().write_all(line.as_bytes());
}
