//! Another revision of this repository, checked out beside the results and built there.

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
    let hash = git(&["rev-parse", "--verify", "--quiet", &format!("{revision}^{{commit}}")])
        .ok_or_else(|| Failure::Setup(format!("--base {revision}: git knows no such revision")))?;
    let short = hash.get(..12).unwrap_or(&hash).to_owned();
    let root = results_root(flags.results.as_deref()).join("base");
    let tree = root.join(&short);
    if !tree.join("Cargo.toml").is_file() {
        check_out(&tree, &hash)?;
    }
    let name = format!("{revision} ({short})");
    say::note(&format!("base       {name}"));
    // One target folder for all bases: what they have in common is built once.
    let mut processes = Processes::new()?;
    let binaries = compile::build_in(&mut processes, &tree, Some(&root.join("target")), programs, true)?;
    // The next base writes to the same place, so this one is kept under its own name.
    let runner = tree.join("gather-runner");
    let copied = std::fs::copy(&binaries.runner, &runner);
    copied.map_err(|error| Failure::io(format_args!("cannot copy {}", binaries.runner.display()), &error))?;
    let allocations = tree.join("gather-runner-allocations");
    let _ = std::fs::copy(&binaries.allocations, &allocations);
    Ok(Base { name, runner: runner.display().to_string(), allocations })
}

/// A work tree of its own, so that nothing here is touched.
fn check_out(tree: &Path, hash: &str) -> Result<(), Failure> {
    let parent = tree.parent().map_or_else(PathBuf::new, Path::to_path_buf);
    std::fs::create_dir_all(&parent)
        .map_err(|error| Failure::io(format_args!("cannot make {}", parent.display()), &error))?;
    // A folder that was deleted by hand is still registered.
    let _ = git(&["worktree", "prune"]);
    let path = tree.display().to_string();
    match git(&["worktree", "add", "--detach", "--force", &path, hash]) {
        Some(_) => Ok(()),
        None => Err(Failure::Setup(format!("git could not check out {hash} into {path}"))),
    }
}

fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").args(arguments).current_dir(workspace_root()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
