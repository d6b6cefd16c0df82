//! The engines of another repository, at its base revision and as it is checked out, under this repository's instruments.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::measure::{self, Both};
use crate::compile::{self, Programs, workspace_root};
use crate::definitions::{Definitions, Engine};
use crate::diff::base;
use crate::engines;
use crate::failure::Failure;
use crate::flags::Gate;
use crate::outside::{self, Program};
use crate::plan;
use crate::processes::Processes;
use crate::say;

/// Where in another repository the engines and the workloads are described.
pub(super) struct Elsewhere {
    repository: PathBuf,
    /// From its root on, because the base has the same folder in a work tree of its own.
    definitions: PathBuf,
}

impl Elsewhere {
    /// `None` where the definitions belong to this repository.
    pub(super) fn find(definitions: Option<&Path>) -> Result<Option<Elsewhere>, Failure> {
        let Some(named) = definitions else { return Ok(None) };
        let missing = |error| Failure::io(format_args!("--definitions {}", named.display()), &error);
        let folder = fs::canonicalize(named).map_err(missing)?;
        let repository = base::git(&folder, &["rev-parse", "--show-toplevel"]).map_err(|why| {
            let named = named.display();
            Failure::Setup(format!("--definitions {named}: only what lies in a git repository has a base: {why}"))
        })?;
        let repository = PathBuf::from(repository);
        if fs::canonicalize(workspace_root()).is_ok_and(|ours| ours == repository) {
            return Ok(None);
        }
        let definitions = folder.strip_prefix(&repository).unwrap_or(Path::new("")).to_path_buf();
        Ok(Some(Elsewhere { repository, definitions }))
    }

    /// Makes the engines of both revisions as their `install` says, and counts them.
    pub(super) fn both(&self, flags: &Gate, revision: &str, results: &Path) -> Result<Both, Failure> {
        let tree = base::check_out(&self.repository, revision, &self.kept()?)?;
        let base = tree.folder.join(&self.definitions);
        if !base.join("engines.toml").is_file() {
            let folder = self.definitions.display();
            return Err(Failure::Nothing(format!(
                "nothing was compared: {revision} has no {folder}/engines.toml; the next change will have a base"
            )));
        }
        let head = self.repository.join(&self.definitions);
        // A mistyped name is the head's mistake; one that the base does not know is new.
        plan::plan(&Definitions::load(&head)?, &measure::asked(flags))?;
        let older = known(flags, &Definitions::load(&base)?, revision)?;
        let mut processes = Processes::new()?;
        install(&mut processes, &older, "base", &base)?;
        install(&mut processes, flags, "head", &head)?;
        let tools = compile::build(&mut processes, Programs::All, true)?;
        let programs = tools.runner.parent().unwrap_or(Path::new("."));
        let before = measure::count(&older, programs, Some(&base), &results.join("base"))?;
        let after = measure::count(flags, programs, Some(&head), &results.join("head"))?;
        Ok(Both { base: before, head: after, revision: tree.name })
    }

    /// Where base revisions are kept: within the repository, so that what cargo looks for in the folders above is what it finds
    /// for the head, and where git itself does not look.
    fn kept(&self) -> Result<PathBuf, Failure> {
        let folder = base::git(&self.repository, &["rev-parse", "--git-common-dir"]);
        let folder = folder.map_err(|why| Failure::Setup(format!("{}: {why}", self.repository.display())))?;
        Ok(self.repository.join(folder).join("gather-gate"))
    }
}

/// The same without the workloads and engines that the base does not have yet.
fn known(flags: &Gate, base: &Definitions, revision: &str) -> Result<Gate, Failure> {
    let workloads: Vec<&str> = base.workloads.iter().map(|workload| workload.name.as_str()).collect();
    let engines: Vec<&str> = base.engines.iter().map(|engine| engine.name.as_str()).collect();
    let mut known = flags.clone();
    known.workloads.retain(|name| workloads.contains(&name.as_str()));
    known.engines.retain(|label| label.split_whitespace().next().is_some_and(|engine| engines.contains(&engine)));
    // Without any name everything would be counted, and not nothing.
    let has_none = |named: &[String], known: &[String]| !named.is_empty() && known.is_empty();
    if has_none(&flags.workloads, &known.workloads) || has_none(&flags.engines, &known.engines) {
        return Err(Failure::Nothing(format!(
            "nothing was compared: {revision} has nothing of what is to be counted; the next change will have a base"
        )));
    }
    Ok(known)
}

/// Makes the engines that will be counted; one that is not there afterwards is an error, because it would not be counted.
fn install(processes: &mut Processes, flags: &Gate, which: &str, folder: &Path) -> Result<(), Failure> {
    let definitions = Definitions::load(folder)?;
    let plan = plan::plan(&definitions, &measure::asked(flags))?;
    let entries = plan.iter().flat_map(|planned| &planned.cells).flat_map(|cell| &cell.entries);
    let engines: Vec<&Engine> = entries.map(|entry| &entry.engine).filter(|engine| engine.is_outside()).collect();
    let mut done = BTreeSet::new();
    for install in engines.iter().filter_map(|engine| engine.install.as_deref()).filter(|install| done.insert(*install))
    {
        say::note(&format!("{which}       making its engines in {}", folder.display()));
        let mut shell = Command::new("sh");
        shell.args(["-c", install]).current_dir(folder);
        // Those of this build: the other repository has its own toolchain, and its paths say where it puts what it builds.
        ["CARGO_TARGET_DIR", "RUSTUP_TOOLCHAIN", "CARGO"].iter().for_each(|name| _ = shell.env_remove(name));
        if !engines::succeeds(processes, install, &mut shell)? {
            return Err(Failure::Setup(format!("`{install}` failed in the {which}; why stands above")));
        }
    }
    for engine in engines {
        let name = &engine.name;
        if engine.command.iter().any(|word| word.contains(outside::TARGET)) {
            return Err(Failure::Setup(format!(
                "the engine `{name}`: {} is one folder for the base and the head; give its program as a path from engines.toml on",
                outside::TARGET
            )));
        }
        if let Some(Program::Missing(why)) = outside::command(engine)? {
            return Err(Failure::Setup(format!("the engine `{name}` of the {which}: {why}")));
        }
    }
    Ok(())
}
