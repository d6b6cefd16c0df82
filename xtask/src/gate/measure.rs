//! Counts another revision and this one, in turn, with the same instruments. Counts do not need the same rounds, as times do.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::elsewhere::Elsewhere;
use crate::bench::{definitions_folder, results_root};
use crate::compile::{self, Programs};
use crate::definitions::Definitions;
use crate::diff::base;
use crate::failure::{Failure, WRONG_ANSWER};
use crate::flags::{Bench, Gate};
use crate::plan;
use crate::processes::Processes;
use crate::results;

/// The folders of two runs that were counted just now.
pub(super) struct Both {
    pub(super) base: PathBuf,
    pub(super) head: PathBuf,
    /// What the base is, with its hash.
    pub(super) revision: String,
}

/// Counts the base and the head.
pub(super) fn both(flags: &Gate) -> Result<Both, Failure> {
    let revision = flags.base.display().to_string();
    if flags.base.is_file() || flags.base.join(results::FILE).is_file() {
        return Err(Failure::Setup(format!(
            "`--base {revision}` is a run, so `--head RUN` must say what to compare it with; or name a revision of git"
        )));
    }
    // A folder for each, so that neither's counts can be taken for the other's.
    let root = results_root(flags.results.as_deref()).join("gate").join(std::process::id().to_string());
    match Elsewhere::find(flags.definitions.as_deref())? {
        Some(elsewhere) => elsewhere.both(flags, &revision, &root),
        None => own(flags, &revision, &root),
    }
}

/// Two revisions of this repository: what differs is the runner.
fn own(flags: &Gate, revision: &str, root: &Path) -> Result<Both, Failure> {
    // A name that is mistyped is found before two revisions are built, which takes many minutes.
    let definitions = Definitions::load(&definitions_folder(flags.definitions.as_ref()))?;
    plan::plan(&definitions, &asked(flags))?;
    let built = base::build(revision, Programs::All, &Bench { results: flags.results.clone(), ..Bench::default() })?;
    let head = compile::build(&mut Processes::new()?, Programs::All, true)?;
    // The origin and the counter are the head's in both.
    let before = root.join("base-bin");
    let programs = [
        (Path::new(&built.runner), "gather-runner"),
        (&built.allocations, "gather-runner-allocations"),
        (&head.origin, "gather-origin"),
        (&head.count, "gather-count"),
    ];
    let unusable = |error| Failure::io(format_args!("cannot set up {}", before.display()), &error);
    fs::create_dir_all(&before).map_err(unusable)?;
    for (program, name) in programs.into_iter().filter(|(program, _)| program.is_file()) {
        fs::copy(program, before.join(name)).map_err(unusable)?;
    }
    let after = head.runner.parent().unwrap_or(Path::new("."));
    let definitions = flags.definitions.as_deref();
    let base = count(flags, &before, definitions, &root.join("base"))?;
    let head = count(flags, after, definitions, &root.join("head"))?;
    Ok(Both { base, head, revision: built.name })
}

/// What is to be counted, as `bench` is asked.
pub(super) fn asked(flags: &Gate) -> Bench {
    Bench { workloads: flags.workloads.clone(), engines: flags.engines.clone(), ..Bench::default() }
}

/// One `bench --counts` with the programs of a folder. It is a process of its own because its tables belong on standard error here:
/// what this command prints goes into a CI's summary.
pub(super) fn count(
    flags: &Gate,
    programs: &Path,
    definitions: Option<&Path>,
    results: &Path,
) -> Result<PathBuf, Failure> {
    let failed = |error: io::Error| Failure::io("cannot count", &error);
    // Building takes minutes, in which this program may have been built anew: then its file is gone and only the kernel has it.
    let this = std::env::current_exe().map_err(failed)?;
    let mut command = Command::new(if this.exists() { this } else { PathBuf::from("/proc/self/exe") });
    command.args(["bench", "--counts", "--no-build", "--seed", "1"]);
    command.arg("--bin-dir").arg(programs).arg("--results").arg(results);
    definitions.iter().for_each(|folder| _ = command.arg("--definitions").arg(folder));
    flags.workloads.iter().for_each(|name| _ = command.args(["--workload", name]));
    flags.engines.iter().for_each(|name| _ = command.args(["--engine", name]));
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().map_err(failed)?;
    if let Some(mut tables) = child.stdout.take() {
        io::copy(&mut tables, &mut io::stderr()).map_err(failed)?;
    }
    let status = child.wait().map_err(failed)?;
    // A wrong answer is in the file that was written: the comparison says whether it was right before.
    match status.code() {
        Some(code) if code == 0 || code == i32::from(WRONG_ANSWER) => results::newest(results),
        _ => Err(Failure::Setup(format!("counting failed ({status}); why stands above"))),
    }
}
