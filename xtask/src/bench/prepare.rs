//! Everything before the first trial: definitions, the machine, the build, the origin, the results file, or those of a run
//! that was cut short.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use super::{Run, definitions_folder};
use crate::budget;
use crate::compile::{self, Programs};
use crate::corpus::Corpus;
use crate::definitions::{Definitions, Server};
use crate::environment::Environment;
use crate::failure::Failure;
use crate::flags::Bench;
use crate::lab::{Binaries, Canary, Origin, Serving};
use crate::outcome::Outcome;
use crate::plan::{self, Cell, Planned};
use crate::processes::Processes;
use crate::progress::Progress;
use crate::results::{Loaded, Results, columns};
use crate::runs;
use crate::say;
use crate::session::Session;

/// A new run.
pub(crate) fn begin(flags: &Bench) -> Result<Run, Failure> {
    let definitions = Definitions::load(&definitions_folder(flags.definitions.as_ref()))?;
    begin_with(flags, plan::plan(&definitions, flags)?)
}

/// A new run of a plan.
pub(crate) fn begin_with(flags: &Bench, mut plan: Vec<Planned>) -> Result<Run, Failure> {
    let environment = Environment::inspect()?;
    environment.check(&plan)?;
    plan::fit(&mut plan, &environment);
    environment.print();
    let budget = flags.budget.as_deref().map(budget::parse).transpose().map_err(Failure::Setup)?;
    let seed = flags.seed.unwrap_or_else(|| fastrand::u64(..1_000_000));
    build_packages(flags, &plan)?;
    let mut session = start(flags, environment, flags.corpus.as_deref(), seed, plan::hosts(&plan))?;
    serve(&mut session, flags.corpus.as_deref(), &plan)?;
    open(flags, &mut session, &plan)?;
    let outcomes = plan.iter().map(|planned| planned.cells.iter().map(|_| Outcome::default()).collect()).collect();
    let repeat = repeat(flags, seed);
    Ok(Run { session, plan, outcomes, budget, counts: flags.counts, repeat })
}

/// Says what a session will do, and opens its results unless it only verifies.
pub(crate) fn open(flags: &Bench, session: &mut Session, plan: &[Planned]) -> Result<(), Failure> {
    let cells: usize = plan.iter().map(|planned| planned.cells.len()).sum();
    let (trials, seed) = (trials(plan), session.seed);
    say::note(&format!("plan       {} workloads, {cells} tables, {trials} trials, seed {seed}", plan.len()));
    session.progress = Progress::new(trials);
    if !flags.verify {
        let header = header(flags, session, plan);
        let opened = Results::create(&results_root(flags.results.as_deref()), seed, header)?;
        say::note(&format!("results    {}", opened.path.display()));
        session.results = Some(opened);
    }
    Ok(())
}

/// A run that was cut short: its plan, its seed, its order; only what is missing is measured.
pub(crate) fn resume(flags: &Bench, folder: Option<&Path>) -> Result<Run, Failure> {
    let loaded = runs::open(folder, flags.results.as_deref())?;
    if loaded.text("schema") == columns::SCHEMA {
        let path = loaded.path.display();
        return Err(Failure::Setup(format!("{path} is a record, which is finished: nothing is added to it")));
    }
    let environment = Environment::inspect()?;
    environment.print();
    let seed = loaded.header.get("seed").and_then(Value::as_u64).unwrap_or(0);
    let corpus = loaded.header.get("corpus_folder").and_then(Value::as_str).map(PathBuf::from);
    build_packages(flags, &loaded.plan)?;
    let mut session = start(flags, environment, corpus.as_deref(), seed, plan::hosts(&loaded.plan))?;
    same(&loaded, &session)?;
    serve(&mut session, corpus.as_deref(), &loaded.plan)?;
    session.part = loaded.parts + 1;
    session.results = Some(Results::reopen(&loaded.path)?);
    let Loaded { plan, mut outcomes, path, header, .. } = loaded;
    let there: usize = outcomes.values().map(|outcome| outcome.trials.len()).sum();
    session.progress = Progress::new(trials(&plan));
    say::note(&format!("resume     {} ({there} of {} trials are there)", path.display(), trials(&plan)));
    let cells = |(workload, planned): (usize, &Planned)| {
        let take = |cell| outcomes.remove(&(workload, cell)).unwrap_or_default();
        (0..planned.cells.len()).map(take).collect::<Vec<Outcome>>()
    };
    let outcomes: Vec<Vec<Outcome>> = plan.iter().enumerate().map(cells).collect();
    let spent: f64 = outcomes.iter().flatten().map(Outcome::seconds).sum();
    let budget = header.get("budget_s").and_then(Value::as_f64).map(|budget| budget - spent);
    let repeat = header.get("command").and_then(Value::as_str).unwrap_or_default().to_owned();
    Ok(Run { session, plan, outcomes, budget, counts: flags.counts, repeat })
}

/// Where runs are kept.
pub(crate) fn results_root(folder: Option<&Path>) -> PathBuf {
    folder.map_or_else(|| compile::target_folder().join("bench"), Path::to_path_buf)
}

/// Builds the runners of the plan that are packages by themselves.
fn build_packages(flags: &Bench, plan: &[Planned]) -> Result<(), Failure> {
    if flags.no_build || flags.bin_dir.is_some() {
        return Ok(());
    }
    compile::build_packages(plan::packages(plan), !flags.verify)
}

/// Builds, starts the origin and the canary.
pub(crate) fn start(
    flags: &Bench,
    environment: Environment,
    corpus: Option<&Path>,
    seed: u64,
    hosts: u64,
) -> Result<Session, Failure> {
    let mut processes = Processes::new()?;
    let release = !flags.verify;
    let binaries = match flags.no_build || flags.bin_dir.is_some() {
        true => compile::existing(flags.bin_dir.as_deref(), release)?,
        false => {
            let programs = if flags.counts || flags.command == "selftest" { Programs::All } else { Programs::Timed };
            compile::build(&mut processes, programs, release)?
        }
    };
    let corpus = Corpus::choose(corpus)?;
    let serving = Serving { cpu: environment.cpu(0), port: flags.port, seed, hosts, burn_us: 0, nginx: Vec::new() };
    let origin = Origin::start(&mut processes, &binaries.origin, &corpus, serving)?;
    say::note(&format!("origin     {} on cpu {}; {}", origin.address, environment.cpu(0), origin.pages));
    let cpu = environment.cpu(1);
    let canary = if flags.verify { None } else { Some(Canary::start(&mut processes, &binaries.runner, cpu)?) };
    if flags.cgroup {
        processes.group_engines()?;
    }
    Ok(Session {
        processes,
        binaries,
        origin,
        nginx: None,
        canary,
        environment,
        results: None,
        progress: Progress::new(0),
        seed,
        part: 0,
        answers: BTreeMap::new(),
    })
}

/// Starts the nginx that workloads of the plan want beside the origin. Where there is none they are left out.
fn serve(session: &mut Session, corpus: Option<&Path>, plan: &[Planned]) -> Result<(), Failure> {
    let cpus: Vec<u64> = plan::nginx_cpus(plan).into_iter().map(|index| session.environment.cpu(index)).collect();
    if cpus.is_empty() {
        return Ok(());
    }
    let (cpu, nginx) = (session.environment.cpu(0), cpus.iter().copied().collect::<BTreeSet<u64>>());
    let serving =
        Serving { cpu, seed: session.seed, hosts: 1, nginx: nginx.into_iter().collect(), ..Serving::default() };
    let origin = &session.binaries.origin;
    let served = Origin::start_or_say(&mut session.processes, origin, &Corpus::choose(corpus)?, serving)?;
    let wanted = plan.iter().filter(|planned| planned.server == Server::Nginx).map(|planned| planned.name.as_str());
    say::note(&match &served {
        Ok(nginx) => format!("nginx      {}; {}", nginx.address, nginx.pages),
        Err(reason) => format!("left out   {}: {reason}", wanted.collect::<Vec<_>>().join(", ")),
    });
    session.nginx = Some(served);
    Ok(())
}

fn trials(plan: &[Planned]) -> usize {
    plan.iter().flat_map(|planned| &planned.cells).map(Cell::trials).sum()
}

fn header(flags: &Bench, session: &Session, plan: &[Planned]) -> Map<String, Value> {
    let mut header = Map::new();
    header.insert("command".into(), repeat(flags, session.seed).into());
    header.insert("environment".into(), session.environment.json());
    header.insert("binaries".into(), binaries(&session.binaries, plan));
    header.insert("corpus".into(), session.origin.pages.clone().into());
    if let Some(Ok(nginx)) = &session.nginx {
        header.insert("nginx".into(), nginx.pages.clone().into());
    }
    header.insert("corpus_folder".into(), flags.corpus.as_ref().map(|folder| folder.display().to_string()).into());
    let budget = flags.budget.as_deref().and_then(|text| budget::parse(text).ok());
    header.insert("budget_s".into(), budget.into());
    header.insert("plan".into(), plan::to_json(plan));
    header
}

/// A number for the content of each program: what is continued must be the same.
fn binaries(binaries: &Binaries, plan: &[Planned]) -> Value {
    let content = |path: &Path| {
        let bytes = std::fs::read(path).unwrap_or_default();
        format!(
            "{:016x}",
            bytes.chunks(8).fold(bytes.len() as u64, |sum, chunk| {
                let mut word = [0; 8];
                word[..chunk.len()].copy_from_slice(chunk);
                (sum.rotate_left(5) ^ u64::from_le_bytes(word)).wrapping_mul(0x517c_c1b7_2722_0a95)
            })
        )
    };
    let mut all = json!({ "origin": content(&binaries.origin), "runner": content(&binaries.runner) });
    for package in plan::packages(plan) {
        all[package] = content(&binaries.runner.with_file_name(package)).into();
    }
    all
}

/// Refuses to continue on another machine or with other programs: two halves of different runs are no run.
fn same(loaded: &Loaded, session: &Session) -> Result<(), Failure> {
    let now = session.environment.json();
    let before = loaded.header.get("environment").cloned().unwrap_or_default();
    let changed = ["cpu_model", "cpus", "kernel"].iter().find(|key| before.get(**key) != now.get(**key)).copied();
    let programs = loaded.header.get("binaries") != Some(&binaries(&session.binaries, &loaded.plan));
    let changed = changed.or(programs.then_some("the origin or the runner, which were built anew,"));
    match changed {
        None => Ok(()),
        Some(what) => Err(Failure::Setup(format!(
            "{} cannot be continued: {what} changed since it began. Start a new run, or check out what it was built from ({})",
            loaded.path.display(),
            before.get("revision").and_then(Value::as_str).unwrap_or("unknown")
        ))),
    }
}

/// The command that runs the same plan again.
pub(crate) fn repeat(flags: &Bench, seed: u64) -> String {
    let mut words = vec![format!("cargo xtask {}", flags.command)];
    words.extend(flags.typed.iter().map(|word| match word.contains(char::is_whitespace) {
        true => format!("'{word}'"),
        false => word.clone(),
    }));
    if flags.seed.is_none() {
        words.push(format!("--seed {seed}"));
    }
    words.join(" ")
}
