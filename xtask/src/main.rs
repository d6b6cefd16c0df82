//! `cargo xtask`: the commands of this workspace. It plans, starts processes, aggregates and prints; it never measures in its own process.

mod flags;

mod bench;
mod diff;
mod list;
mod selftest;
mod show_run;

mod advise;
mod cmp;
mod cost;
mod gate;
mod rank;
mod record;
mod splice;

mod budget;
mod definitions;
mod order;
mod plan;

mod compile;
mod corpus;
mod environment;

mod engines;
mod lab;
mod outside;
mod processes;
mod session;
mod words;

mod answer;
mod outcome;
mod results;
mod runs;

mod across;
mod change;
mod counting;
mod counts;
mod gates;
mod limit;
mod metric;
mod score;
mod stats;
mod verdict;

mod html;
mod markdown;
mod numbers;
mod progress;
mod report;
mod style;
mod table;

mod failure;
mod names;
mod say;

use std::process::ExitCode;

use crate::failure::Failure;
use crate::flags::Command;

fn main() -> ExitCode {
    match run() {
        Ok(code) => ExitCode::from(code),
        Err(Failure::Interrupted) => {
            say::note("interrupted: every process was stopped; what was measured until then is kept");
            ExitCode::from(Failure::Interrupted.exit_code())
        }
        Err(failure) => {
            say::note(&format!("error: {failure}"));
            ExitCode::from(failure.exit_code())
        }
    }
}

/// Runs one command; the number is the exit code when the command itself did not fail.
fn run() -> Result<u8, Failure> {
    match flags::parse(std::env::args_os().skip(1))? {
        Command::Help(text) => say::out(text),
        Command::List(flags) => list::list(&flags)?,
        Command::Show(flags) => list::show(&flags)?,
        Command::Diff(flags) => return diff::run(&flags),
        Command::SelfTest(flags) => return selftest::run(&flags),
        Command::Bench(flags) => return bench::run(&flags),
        Command::Engines(names) => return engines::run(&names),
        Command::Report(flags) => return show_run::print(&flags),
        Command::Cmp(flags) => return cmp::run(&flags),
        Command::Rank(flags) => rank::run(&flags)?,
        Command::Cost(flags) => cost::run(&flags)?,
        Command::Advise(flags) => advise::run(&flags)?,
        Command::Gate(flags) => return gate::run(&flags),
        Command::Record(flags) => record::run(&flags)?,
    }
    Ok(0)
}
