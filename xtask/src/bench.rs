//! `cargo xtask bench`, from the first look at the machine to the exit code.

use std::collections::BTreeMap;
use std::path::PathBuf;

use fastrand::Rng;
use serde_json::{Map, Value};

use crate::compile;
use crate::corpus::Corpus;
use crate::definitions::Definitions;
use crate::environment::Environment;
use crate::failure::{Failure, WRONG_ANSWER};
use crate::flags::Bench;
use crate::lab::Origin;
use crate::numbers;
use crate::plan::{self, Planned};
use crate::processes::Processes;
use crate::progress::Progress;
use crate::report;
use crate::results::{self, Results};
use crate::say;
use crate::score::Score;
use crate::session::{Outcome, Session};
use crate::style::Style;

/// Runs the bench; the number is the exit code when nothing failed on the way.
pub(crate) fn run(flags: &Bench) -> Result<u8, Failure> {
    let definitions = Definitions::load(&definitions_folder(flags))?;
    let plan = plan::plan(&definitions, flags)?;
    let environment = Environment::inspect()?;
    environment.check(&plan)?;
    environment.print();
    let mut session = set_up(flags, environment, &plan)?;
    let mut tally = Tally::default();
    let measured = plan.iter().try_for_each(|planned| workload(&mut session, planned, &mut tally));
    session.progress.clear();
    // Whatever happened: what was gathered is shown, and where it is kept.
    finish(flags, &session, &tally, measured.is_ok());
    measured?;
    match tally {
        Tally { wrong: 1.., .. } => Ok(WRONG_ANSWER),
        Tally { right: 0, .. } => {
            Err(Failure::Nothing("nothing was measured: no engine of the plan does what was asked".into()))
        }
        Tally { .. } => Ok(0),
    }
}

/// Where the engines and workloads are described.
pub(crate) fn definitions_folder(flags: &Bench) -> PathBuf {
    flags.definitions.clone().unwrap_or_else(|| compile::workspace_root().join("benches"))
}

/// What the whole run came to.
#[derive(Default)]
struct Tally {
    scores: Vec<(String, String, Score)>,
    /// Contestants, counted once in each cell.
    right: usize,
    wrong: usize,
}

/// Builds, chooses the pages, starts the origin and opens the results.
fn set_up(flags: &Bench, environment: Environment, plan: &[Planned]) -> Result<Session, Failure> {
    let mut processes = Processes::new()?;
    let release = !flags.verify;
    let binaries = match flags.no_build || flags.bin_dir.is_some() {
        true => compile::existing(flags.bin_dir.as_deref(), release)?,
        false => compile::build(&mut processes, release)?,
    };
    let seed = flags.seed.unwrap_or_else(|| fastrand::u64(..1_000_000));
    let corpus = Corpus::choose(flags.corpus.as_deref())?;
    let origin = Origin::start(&mut processes, &binaries.origin, &corpus, environment.cpu(0), flags.port, seed)?;
    say::note(&format!("origin     {} on cpu {}; {}", origin.address, environment.cpu(0), origin.pages));
    let (trials, cells) = count(plan, flags.verify);
    say::note(&format!("plan       {} workloads, {cells} tables, {trials} trials, seed {seed}", plan.len()));
    let mut results = None;
    if !flags.verify {
        let root = flags.results.clone().unwrap_or_else(|| compile::target_folder().join("bench"));
        let opened = Results::create(&root, seed, header(flags, seed, &environment, &origin, plan))?;
        say::note(&format!("results    {}", opened.path.display()));
        results = Some(opened);
    }
    let progress = Progress::new(trials);
    let (rng, answers) = (Rng::with_seed(seed), BTreeMap::new());
    Ok(Session { processes, binaries, origin, environment, results, progress, seed, rng, answers })
}

/// Runs one workload and prints each of its cells as soon as it is done, or as far as it came.
fn workload(session: &mut Session, planned: &Planned, tally: &mut Tally) -> Result<(), Failure> {
    let style = Style::detect();
    let name = &planned.workload.name;
    session.progress.workload(
        name,
        planned.cells.len(),
        count(std::slice::from_ref(planned), session.results.is_none()).0,
    );
    for (number, cell) in planned.cells.iter().enumerate() {
        let mut outcome = Outcome::default();
        let measured = session.run(planned, cell, &mut outcome);
        session.progress.clear();
        tally.wrong += outcome.wrong.len();
        tally.right += (0..cell.entries.len()).filter(|index| right(&outcome, *index)).count();
        if outcome.trials.is_empty() && outcome.wrong.is_empty() && measured.is_err() {
            return measured;
        }
        if session.results.is_none() {
            say::out(&verified(planned, number, &outcome));
        } else {
            if number == 0 {
                say::out(&report::heading(planned, &session.origin.pages, style));
            }
            let score = Score::new(planned, cell, &outcome);
            say::out(&report::cell(planned, cell, &outcome, &score, session.process_use(planned, cell), style));
            tally.scores.push((name.clone(), cell.title.clone(), score));
        }
        measured?;
    }
    session.progress.workload_done(name);
    Ok(())
}

/// What `--verify` prints of a cell: who was right, and never a time.
fn verified(planned: &Planned, number: usize, outcome: &Outcome) -> String {
    let cell = &planned.cells[number];
    let mut text = format!("{}: {}\n", planned.workload.name, cell.title);
    for (index, entry) in cell.entries.iter().enumerate() {
        let wrong = outcome.wrong.iter().find(|(wrong, _)| *wrong == index);
        let unsupported = outcome.unsupported.iter().find(|(unsupported, _)| *unsupported == index);
        let word = match (wrong, unsupported) {
            (Some((_, differences)), _) => format!("WRONG: {}", differences.join(", ")),
            (None, Some((_, reason))) => format!("unsupported: {reason}"),
            (None, None) if right(outcome, index) => "right".into(),
            (None, None) => "not run".into(),
        };
        text.push_str(&format!("  {:<32} {word}\n", entry.label));
    }
    text
}

/// Whether a contestant answered, and never wrongly.
fn right(outcome: &Outcome, index: usize) -> bool {
    outcome.trials.iter().any(|trial| trial.entry == index) && !outcome.wrong.iter().any(|(wrong, _)| *wrong == index)
}

/// The summary, where the results are, and how to get them again.
fn finish(flags: &Bench, session: &Session, tally: &Tally, complete: bool) {
    if !tally.scores.is_empty() {
        say::out(&report::summary(&tally.scores, Style::detect()));
    }
    if tally.wrong > 0 {
        say::out(&format!(
            "\n{} wrong answer{}: see WRONG above\n",
            tally.wrong,
            if tally.wrong == 1 { "" } else { "s" }
        ));
    } else if session.results.is_none() && complete {
        say::out(&format!("\n{} answers, all right\n", numbers::thousands(tally.right as u64)));
    }
    if let Some(results) = &session.results {
        say::out(&format!("\nresults    {}\n", results.path.display()));
        say::out(&format!("repeat     {}\n", repeat(flags, session)));
    }
}

/// The command that runs the same plan again.
fn repeat(flags: &Bench, session: &Session) -> String {
    let mut words = vec!["cargo xtask bench".to_owned()];
    words.extend(flags.typed.iter().map(|word| match word.contains(char::is_whitespace) {
        true => format!("'{word}'"),
        false => word.clone(),
    }));
    if flags.seed.is_none() {
        words.push(format!("--seed {}", session.seed));
    }
    words.join(" ")
}

/// How many trials and cells a plan has, warm-ups included.
fn count(plan: &[Planned], verify: bool) -> (usize, usize) {
    let trials = |planned: &Planned| {
        let entries: usize = planned.cells.iter().map(|cell| cell.entries.len()).sum();
        entries * if verify { 1 } else { 1 + planned.rounds }
    };
    (plan.iter().map(trials).sum(), plan.iter().map(|planned| planned.cells.len()).sum())
}

fn header(
    flags: &Bench,
    seed: u64,
    environment: &Environment,
    origin: &Origin,
    plan: &[Planned],
) -> Map<String, Value> {
    let mut header = Map::new();
    header.insert("command".into(), format!("cargo xtask bench {}", flags.typed.join(" ")).into());
    header.insert("seed".into(), seed.into());
    header.insert("environment".into(), environment.json());
    header.insert("corpus".into(), origin.pages.clone().into());
    header.insert("plan".into(), results::plan(plan));
    header
}
