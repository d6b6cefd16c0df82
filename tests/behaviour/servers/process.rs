//! A server as a process that never outlives this one.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// A running server. Dropping it ends it and waits for that. Should this process end without dropping anything, killed say,
/// the pipe to the server's watcher closes, and the watcher ends it.
pub(crate) struct Process {
    child: Child,
    watcher: Child,
    errors: PathBuf,
}

/// Waits for the end of its standard input, which is the end of the process that holds the other side.
const WATCH: &str = r#"read -r line; kill -TERM "$0" 2>/dev/null"#;

impl Process {
    /// Starts `command`, whose standard error goes to a file.
    pub(crate) fn start(mut command: Command, errors: PathBuf) -> Result<Process, String> {
        let name = command.get_program().to_string_lossy().into_owned();
        let cannot = |error| format!("{name} cannot be started: {error}");
        let stderr = File::create(&errors).map_err(cannot)?;
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(stderr).spawn().map_err(cannot)?;
        let mut watch = Command::new("sh");
        watch.args(["-c", WATCH, &child.id().to_string()]).stdin(Stdio::piped()).stdout(Stdio::null());
        match watch.spawn() {
            Ok(watcher) => Ok(Process { child, watcher, errors }),
            Err(error) => {
                let _ = child.kill();
                let _ = child.wait();
                Err(format!("sh cannot be started: {error}"))
            }
        }
    }

    /// The next line of its standard output; `None` at its end.
    pub(crate) fn line(&mut self) -> Option<String> {
        let mut line = String::new();
        BufReader::new(self.child.stdout.as_mut()?).read_line(&mut line).ok()?;
        (!line.is_empty()).then(|| line.trim_end().to_owned())
    }

    /// Whether it has ended by itself.
    pub(crate) fn has_ended(&mut self) -> bool {
        !matches!(self.child.try_wait(), Ok(None))
    }

    /// The end of what it wrote to its standard error.
    pub(crate) fn last_words(&self) -> String {
        last_words(&self.errors)
    }
}

/// The last lines of a file.
pub(crate) fn last_words(file: &Path) -> String {
    let text = std::fs::read_to_string(file).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(6)..].join("\n")
}

impl Drop for Process {
    fn drop(&mut self) {
        // The watcher kills before it ends, and the child is waited for after that: its number cannot be another's by then.
        drop(self.watcher.stdin.take());
        let watched = self.watcher.wait();
        if watched.is_err() {
            let _ = self.child.kill();
        }
        let _ = self.child.wait();
    }
}
