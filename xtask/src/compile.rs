//! Builds the origin and the runner, and learns from cargo where it put them.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::failure::Failure;
use crate::lab::Binaries;
use crate::numbers;
use crate::processes::Processes;
use crate::say;

/// The root of the workspace.
pub(crate) fn workspace_root() -> PathBuf {
    let xtask = std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    PathBuf::from(xtask).parent().map_or_else(|| PathBuf::from("."), Path::to_path_buf)
}

/// Where cargo puts what it builds, unless a configuration file says otherwise.
pub(crate) fn target_folder() -> PathBuf {
    // Relative to the workspace, as for the build below, which runs there.
    workspace_root().join(std::env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into()))
}

/// Which programs are needed. Optimising a runner takes minutes on a small machine, so the one that counts waits until somebody
/// counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Programs {
    /// The origin and the runner.
    Timed,
    /// Those that count as well.
    All,
}

/// Builds `gather-benches`; cargo's progress and errors go to the terminal.
pub(crate) fn build(processes: &mut Processes, programs: Programs, release: bool) -> Result<Binaries, Failure> {
    build_in(processes, &workspace_root(), None, programs, release)
}

/// Builds the programs of packages that are runners by themselves, each alone: what one asks of a shared crate is not to change
/// another.
pub(crate) fn build_packages<'p>(packages: impl IntoIterator<Item = &'p str>, release: bool) -> Result<(), Failure> {
    let mut processes = Processes::new()?;
    for package in packages {
        let profile = if release { "release" } else { "debug" };
        say::note(&format!("build      {package} ({profile})"));
        let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        command.current_dir(workspace_root()).args(["build", "-p", package, "--bin", package]);
        command.args(release.then_some("--release"));
        let cargo = processes.start_tool("cargo build", &mut command)?;
        while processes.line_or_end(cargo, Duration::from_secs(3600))?.is_some() {}
        if !processes.stop(cargo).is_some_and(|status| status.success()) {
            return Err(Failure::Setup(format!("the build of {package} failed; cargo's own message stands above")));
        }
    }
    Ok(())
}

/// What [`build`] does in another checkout of this repository, perhaps into another target folder.
pub(crate) fn build_in(
    processes: &mut Processes,
    root: &Path,
    target: Option<&Path>,
    programs: Programs,
    release: bool,
) -> Result<Binaries, Failure> {
    let begin = Instant::now();
    let profile = if release { "release" } else { "debug" };
    say::note(&format!("build      the origin and the runner ({profile})"));
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root);
    command.args(["build", "-p", "gather-benches", "--message-format=json-render-diagnostics"]);
    command.args(match programs {
        Programs::Timed => ["--bin=gather-origin", "--bin=gather-runner"].as_slice(),
        Programs::All => &["--bins"],
    });
    command.args(release.then_some("--release"));
    if let Some(target) = target {
        command.env("CARGO_TARGET_DIR", target);
    }
    let cargo = processes.start_tool("cargo build", &mut command)?;
    let mut executables = Vec::new();
    // A cold release build of everything on a small machine takes minutes; an hour means that something hangs.
    while let Some(line) = processes.line_or_end(cargo, Duration::from_secs(3600))? {
        executables.extend(executable(&line));
    }
    if !processes.stop(cargo).is_some_and(|status| status.success()) {
        return Err(Failure::Setup("the build of gather-benches failed; cargo's own message stands above".into()));
    }
    say::note(&format!("build      done in {}", numbers::seconds(begin.elapsed().as_secs_f64())));
    let find = |name: &str| {
        let found = executables.iter().find(|path| path.file_stem().is_some_and(|stem| stem == name));
        found.cloned().ok_or_else(|| Failure::Setup(format!("cargo built no `{name}`")))
    };
    binaries(find)
}

/// What an earlier build left behind.
pub(crate) fn existing(folder: Option<&Path>, release: bool) -> Result<Binaries, Failure> {
    let profile = if release { "release" } else { "debug" };
    let folder = folder.map_or_else(|| target_folder().join(profile), Path::to_path_buf);
    let find = |name: &str| {
        let path = folder.join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
        if path.is_file() {
            return Ok(path);
        }
        Err(Failure::Setup(format!("{} is not there; leave out --no-build to build it", path.display())))
    };
    binaries(find)
}

/// The programs of the lab. Those that only count may be missing: then counting says so, and measuring goes on.
fn binaries(find: impl Fn(&str) -> Result<PathBuf, Failure>) -> Result<Binaries, Failure> {
    let perhaps = |name| find(name).unwrap_or_else(|_| PathBuf::from(name));
    Ok(Binaries {
        origin: find("gather-origin")?,
        runner: find("gather-runner")?,
        allocations: perhaps("gather-runner-allocations"),
        count: perhaps("gather-count"),
    })
}

/// The program that a line of cargo's JSON announces.
fn executable(line: &str) -> Option<PathBuf> {
    let message: Value = serde_json::from_str(line).ok()?;
    Some(PathBuf::from(message.get("executable")?.as_str()?))
}
