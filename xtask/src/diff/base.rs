//! Another revision of this repository, checked out beside the results and built there.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::bench::results_root;
use crate::compile::{self, Programs, workspace_root};
use crate::failure::Failure;
use crate::flags::Bench;
use crate::processes::Processes;
use crate::say;

/// A revision that was built.
pub(crate) struct Base {
    /// As it was asked for, with its hash.
    pub(crate) name: String,
    /// Its `gather-runner`.
    pub(crate) runner: String,
    /// The same with the allocator that counts; a revision may be too old to have one.
    pub(crate) allocations: PathBuf,
}

/// Checks out and builds a revision; what was built before is used again.
///
/// # Errors
/// When git does not know it, or when it does not build.
pub(crate) fn build(revision: &str, programs: Programs, flags: &Bench) -> Result<Base, Failure> {
    let root = results_root(flags.results.as_deref()).join("base");
    let WorkTree { folder: tree, name } = check_out(&workspace_root(), revision, &root)?;
    // One target folder for all bases: what they have in common is built once.
    let mut processes = Processes::new()?;
    let binaries = compile::build_in(&mut processes, &tree, Some(&root.join("target")), programs, true)?;
    // The next base writes to the same place, so this one is kept under its own name.
    let runner = tree.join("gather-runner");
    let copied = fs::copy(&binaries.runner, &runner);
    copied.map_err(|error| Failure::io(format_args!("cannot copy {}", binaries.runner.display()), &error))?;
    let allocations = tree.join("gather-runner-allocations");
    let _ = fs::copy(&binaries.allocations, &allocations);
    Ok(Base { name, runner: runner.display().to_string(), allocations })
}

/// A revision that was checked out.
pub(crate) struct WorkTree {
    pub(crate) folder: PathBuf,
    /// The revision as it was asked for, with its hash.
    pub(crate) name: String,
}

/// Checks a revision out into a work tree of its own below `root`, so that nothing in the repository is touched. One that is
/// there already is used again, with what was built in it.
pub(crate) fn check_out(repository: &Path, revision: &str, root: &Path) -> Result<WorkTree, Failure> {
    let hash = git(repository, &["rev-parse", "--verify", "--quiet", &format!("{revision}^{{commit}}")]);
    let hash = hash.map_err(|_| {
        Failure::Setup(format!("--base {revision}: git knows no such revision in {}", repository.display()))
    })?;
    let short = hash.get(..12).unwrap_or(&hash);
    let name = format!("{revision} ({short})");
    say::note(&format!("base       {name}"));
    let tree = root.join(short);
    let checked_out = if tree.join(".git").exists() {
        // A check-out that was interrupted is completed.
        git(&tree, &["reset", "--hard", "--quiet", &hash])
    } else {
        fs::create_dir_all(root)
            .map_err(|error| Failure::io(format_args!("cannot make {}", root.display()), &error))?;
        // A folder that was deleted by hand is still registered.
        let _ = git(repository, &["worktree", "prune"]);
        git(repository, &["worktree", "add", "--detach", "--force", &tree.display().to_string(), &hash])
    };
    let failed = |why| Failure::Setup(format!("git could not check out {hash} into {}: {why}", tree.display()));
    checked_out.map_err(failed)?;
    Ok(WorkTree { folder: tree, name })
}

/// What git says in a folder, or why it does not.
pub(crate) fn git(folder: &Path, arguments: &[&str]) -> Result<String, String> {
    let output = Command::new("git").args(arguments).current_dir(folder).output();
    let output = output.map_err(|error| format!("git cannot be run: {error}"))?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) }
}
