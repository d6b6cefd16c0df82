//! The Python environment with httpbin, made once and kept under the target directory.

use std::fs::{self, File};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};
use std::process::Command;

const REQUIREMENTS: &str = include_str!("../requirements.txt");

/// The interpreter of an environment that has what `requirements.txt` asks for. Made anew when that has changed.
///
/// # Errors
///
/// What a person needs to know to have one: no Python, or no package index that can be reached.
pub(crate) fn python() -> Result<PathBuf, String> {
    let mut hasher = DefaultHasher::new();
    REQUIREMENTS.hash(&mut hasher);
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("httpbin-{:x}", hasher.finish()));
    let unusable = |error: std::io::Error| format!("{} cannot be used: {error}", folder.display());
    fs::create_dir_all(&folder).map_err(unusable)?;
    // Two runs of the tests at once: one makes it, the other waits.
    let lock = File::create(folder.join("lock")).map_err(unusable)?;
    lock.lock().map_err(unusable)?;
    let (interpreter, done) = (folder.join("venv/bin/python"), folder.join("done"));
    if !done.exists() {
        make(&folder)?;
        File::create(done).map_err(unusable)?;
    }
    Ok(interpreter)
}

fn make(folder: &Path) -> Result<(), String> {
    let venv = folder.join("venv");
    run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&venv), "apt-get install python3-venv")?;
    let requirements = folder.join("requirements.txt");
    fs::write(&requirements, REQUIREMENTS).map_err(|error| error.to_string())?;
    let mut pip = Command::new(venv.join("bin/python"));
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"]).arg(&requirements);
    run(&mut pip, "it needs a package index")
}

fn run(command: &mut Command, advice: &str) -> Result<(), String> {
    let shown = format!("{command:?}");
    let output = command.output().map_err(|error| format!("`{shown}` cannot be started: {error} ({advice})"))?;
    if output.status.success() {
        return Ok(());
    }
    let errors = String::from_utf8_lossy(&output.stderr);
    let last = errors.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("it said nothing");
    Err(format!("`{shown}` failed: {last} ({advice})"))
}
