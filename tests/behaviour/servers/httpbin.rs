//! httpbin under gunicorn.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::servers::environment;
use crate::servers::process::Process;

/// What cases call it: by its number, and by a name that has two addresses of which one refuses.
pub(crate) const NAMES: [&str; 2] = ["httpbin", "localhost"];

/// A running httpbin.
pub(crate) struct Httpbin {
    port: u16,
    log: PathBuf,
    process: Process,
}

impl Httpbin {
    pub(crate) fn start(folder: &Path) -> Result<Httpbin, String> {
        let python = environment::python()?;
        let log = folder.join("httpbin.log");
        let mut command = Command::new(python);
        command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("behaviour/serve.py")).arg(&log);
        // Where gunicorn keeps its workers' signs of life.
        command.env("TMPDIR", folder).env("PYTHONDONTWRITEBYTECODE", "1");
        let mut process = Process::start(command, folder.join("httpbin.err"))?;
        let port = process.line().and_then(|line| line.strip_prefix("ready ")?.parse().ok());
        match port {
            Some(port) => Ok(Httpbin { port, log, process }),
            None => Err(format!("httpbin did not start:\n{}", process.last_words())),
        }
    }

    pub(crate) fn addresses(&self) -> Vec<(&'static str, String)> {
        let hosts = ["127.0.0.1", "localhost"];
        NAMES.into_iter().zip(hosts).map(|(name, host)| (name, format!("http://{host}:{}", self.port))).collect()
    }

    /// Ends it; the file with what it has seen.
    pub(crate) fn stop(self) -> PathBuf {
        drop(self.process);
        self.log
    }
}
