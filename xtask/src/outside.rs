//! Engines that are not `gather-runner`'s, most of them from outside of this workspace: how their programs are found, and who answers the oracle's question for them.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::compile;
use crate::definitions::Engine;
use crate::failure::Failure;
use crate::plan::{Cell, Entry};

/// Stands for cargo's target folder in a `command`, because it is not always called `target`.
pub(crate) const TARGET: &str = "{target}";

/// The program of such an engine.
pub(crate) enum Program {
    There(Command),
    /// It is not on this machine; what makes it, in words. No reason to end a run that has other engines.
    Missing(String),
}

/// The program of an engine that is a package of this workspace. It lies beside `runner`, since both were built in the same way.
pub(crate) fn of_package(engine: &Engine, runner: &Path) -> Option<Program> {
    let package = engine.package.as_deref()?;
    let program = runner.with_file_name(format!("{package}{}", env::consts::EXE_SUFFIX));
    Some(match program.is_file() {
        true => Program::There(Command::new(program)),
        false => Program::Missing(format!("{package} is not there; run without --no-build and --bin-dir to build it")),
    })
}

/// The command of an engine that has one. It runs in the folder of `engines.toml`, so that its paths start there.
pub(crate) fn command(engine: &Engine) -> Result<Option<Program>, Failure> {
    let Some((program, arguments)) = engine.command.split_first() else { return Ok(None) };
    let unusable = |error| Failure::io(format_args!("cannot find the folder {}", engine.folder.display()), &error);
    let folder = std::path::absolute(Path::new(".").join(&engine.folder)).map_err(unusable)?;
    let Some(program) = find(&expand(program), &folder) else {
        let how = engine.install.as_ref().map_or_else(String::new, |install| format!("; run `{install}`"));
        return Ok(Some(Program::Missing(format!("{} is not there{how}", expand(program)))));
    };
    let mut command = Command::new(program);
    command.args(arguments.iter().map(|argument| expand(argument))).current_dir(folder);
    Ok(Some(Program::There(command)))
}

/// The same entry as the runner sees it, to be asked for the right answer: under the name of an engine that does every
/// model, and without words that only the engine from outside knows.
pub(crate) fn judged_by_runner(cell: &Cell, entry: &Entry) -> Entry {
    let mut judge = entry.clone();
    if !judge.engine.is_runners_own() {
        judge.engine.command.clear();
        judge.engine.package = None;
        let parses = cell.param("model") == Some("parse");
        judge.engine.name = if parses { "parser" } else { "tokio-current" }.into();
        judge.params.retain(|(key, _)| cell.param(key).is_some());
    }
    judge
}

/// Where the shell would find a program of this name.
pub(crate) fn in_path(program: &str) -> Option<PathBuf> {
    env::split_paths(&env::var_os("PATH")?).map(|path| path.join(program)).find(|path| path.is_file())
}

fn expand(word: &str) -> String {
    if word.contains(TARGET) {
        word.replace(TARGET, &compile::target_folder().to_string_lossy())
    } else {
        word.to_owned()
    }
}

/// A program with a slash is a path, from `folder` on; any other is looked for where the shell would.
fn find(program: &str, folder: &Path) -> Option<PathBuf> {
    if program.contains('/') {
        return Some(folder.join(program)).filter(|path| path.is_file());
    }
    in_path(program)
}
