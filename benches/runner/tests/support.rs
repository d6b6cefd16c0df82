//! An origin and a runner as processes, spoken to as FORMAT.md says.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Output, Stdio};

pub(crate) type Words = BTreeMap<String, String>;

/// An origin that lives as long as its standard input is held.
pub(crate) struct Origin {
    process: Child,
    input: Option<ChildStdin>,
    pub(crate) address: String,
}

impl Origin {
    pub(crate) fn start() -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_gather-origin"))
            .args(["--generated", "10", "--let-cpus-sleep"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the origin starts");
        let mut line = String::new();
        let output = process.stdout.take().expect("its output is piped");
        BufReader::new(output).read_line(&mut line).expect("the origin says that it is ready");
        let address = words(&line)["addr"].clone();
        Origin { input: process.stdin.take(), process, address }
    }

    /// Runs `engine` on a workload, with `commands` as its standard input.
    pub(crate) fn runner(&self, engine: &str, workload: &str, commands: &str) -> Output {
        self.runner_in(&std::env::temp_dir(), engine, workload, commands)
    }

    /// As [`runner`](Origin::runner), with another folder for what is temporary.
    pub(crate) fn runner_in(&self, temporary: &Path, engine: &str, workload: &str, commands: &str) -> Output {
        let mut runner = Command::new(env!("CARGO_BIN_EXE_gather-runner"))
            .args(["--engine", engine, "--origin", &self.address])
            .args(workload.split_whitespace())
            .env("TMPDIR", temporary)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the runner starts");
        let mut input = runner.stdin.take().expect("its input is piped");
        // A runner that has refused its command line is gone already and reads nothing.
        let _ = input.write_all(commands.as_bytes());
        drop(input);
        runner.wait_with_output().expect("the runner ends")
    }

    /// The lines of a runner that must succeed: by their first word.
    pub(crate) fn lines(&self, engine: &str, workload: &str, commands: &str) -> BTreeMap<String, Vec<Words>> {
        let output = self.runner(engine, workload, commands);
        let text = String::from_utf8(output.stdout).expect("the runner prints UTF-8");
        assert!(output.status.success(), "{engine} {workload}: {text}{}", String::from_utf8_lossy(&output.stderr));
        let mut lines: BTreeMap<String, Vec<Words>> = BTreeMap::new();
        for line in text.lines() {
            let kind = line.split_whitespace().next().unwrap_or_default();
            lines.entry(kind.to_owned()).or_default().push(words(line));
        }
        lines
    }
}

impl Drop for Origin {
    fn drop(&mut self) {
        drop(self.input.take());
        let _ = self.process.wait();
    }
}

fn words(line: &str) -> Words {
    let pairs = line.split_whitespace().filter_map(|word| word.split_once('='));
    pairs.map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
}
