//! A folder with scripts in the places of the origin and the runner, engines named after how they behave, and a few workloads.
#![allow(dead_code, reason = "each of the test programs uses a part of it")]

mod plays;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// How long anything here may take before the test fails instead of waiting on.
const PATIENCE: Duration = Duration::from_secs(30);

/// One test's folder.
pub(crate) struct Stage {
    folder: PathBuf,
}

/// How a run of xtask ended.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Stage {
    pub(crate) fn new(name: &str) -> Stage {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("bench").join(name);
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(folder.join("workloads")).unwrap();
        for (script, text) in [
            ("gather-origin", include_str!("../fakes/gather-origin")),
            ("gather-runner", include_str!("../fakes/gather-runner")),
        ] {
            fs::write(folder.join(script), text).unwrap();
            fs::set_permissions(folder.join(script), fs::Permissions::from_mode(0o755)).unwrap();
        }
        fs::write(folder.join("engines.toml"), plays::engines()).unwrap();
        for (workload, text) in plays::WORKLOADS {
            fs::write(folder.join("workloads").join(workload), text).unwrap();
        }
        Stage { folder }
    }

    /// Adds text to the end of one of its files, which may be new.
    pub(crate) fn append(&self, file: &str, text: &str) {
        let path = self.folder.join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let before = fs::read_to_string(&path).unwrap_or_default();
        fs::write(&path, before + text).unwrap();
        if text.starts_with("#!") {
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        }
    }

    /// Replaces a part of one of its files.
    pub(crate) fn edit(&self, file: &str, from: &str, to: &str) {
        let text = self.read(file);
        assert!(text.contains(from), "{file} does not hold {from:?}");
        fs::write(self.folder.join(file), text.replacen(from, to, 1)).unwrap();
    }

    /// Runs `xtask bench` on this stage.
    pub(crate) fn run(&self, arguments: &[&str]) -> Run {
        finished(self.bench(arguments).output().unwrap())
    }

    /// The same where no process may have more than so many descriptors.
    pub(crate) fn run_with_descriptors(&self, descriptors: u32, arguments: &[&str]) -> Run {
        let bench = self.bench(arguments);
        let mut command = Command::new("sh");
        command.args(["-c", &format!("ulimit -n {descriptors}; exec \"$0\" \"$@\"")]);
        finished(command.arg(bench.get_program()).args(bench.get_args()).output().unwrap())
    }

    /// Runs `xtask` with these arguments alone.
    pub(crate) fn raw(&self, arguments: &[&str]) -> Run {
        finished(Command::new(env!("CARGO_BIN_EXE_xtask")).args(arguments).output().unwrap())
    }

    /// Sends SIGINT to xtask alone, as soon as the file `sign` appears.
    pub(crate) fn interrupt_when(&self, sign: &str, arguments: &[&str]) -> Run {
        self.signal_when(sign, arguments, "")
    }

    /// Sends SIGINT to the whole process group, as a terminal does.
    pub(crate) fn interrupt_group_when(&self, sign: &str, arguments: &[&str]) -> Run {
        self.signal_when(sign, arguments, "-")
    }

    /// Sends SIGINT to xtask while it waits for a cargo that is this script, as soon as the file `sign` appears.
    pub(crate) fn interrupt_build_when(&self, sign: &str, cargo: &str) -> Run {
        self.append("cargo", cargo);
        let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
        command.args(["bench", "--definitions"]).arg(&self.folder).arg("--results").arg(self.folder.join("results"));
        self.signal(command.env("CARGO", self.folder.join("cargo")), sign, "")
    }

    /// The only results file.
    pub(crate) fn results(&self) -> String {
        fs::read_to_string(self.results_file().expect("there are results")).unwrap()
    }

    /// The name of that file, as `edit` takes it.
    pub(crate) fn newest(&self) -> String {
        let file = self.results_file().expect("there are results");
        file.strip_prefix(&self.folder).unwrap().display().to_string()
    }

    /// Puts a file there, or another in its place; a script stays one that can be run.
    pub(crate) fn write(&self, file: &str, text: &str) {
        fs::write(self.folder.join(file), text).unwrap();
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(crate) fn read(&self, file: &str) -> String {
        fs::read_to_string(self.folder.join(file)).unwrap()
    }

    /// Starts a run and kills it without warning as soon as its results have so many lines.
    pub(crate) fn kill_after(&self, lines: usize, arguments: &[&str]) {
        let mut command = self.bench(arguments);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let deadline = Instant::now() + PATIENCE;
        while self.results_if_any().lines().count() < lines {
            assert!(Instant::now() < deadline, "there were never {lines} lines");
            thread::yield_now();
        }
        child.kill().unwrap();
        child.wait().unwrap();
    }

    /// Cuts the last line of the results in two, as if the machine had gone down in the middle of it.
    pub(crate) fn tear_the_last_line(&self) {
        let text = self.results();
        fs::write(self.results_file().unwrap(), &text[..text.len() - 40]).unwrap();
    }

    pub(crate) fn append_to_runner(&self, text: &str) {
        let path = self.folder.join("gather-runner");
        let script = fs::read_to_string(&path).unwrap();
        fs::write(path, script + text).unwrap();
    }

    /// Which trials counted, sorted: cell, engine, process and round of each line that is no warm-up.
    pub(crate) fn counted_trials(&self) -> Vec<String> {
        let number = |line: &str, key: &str| {
            let (_, rest) = line.split_once(&format!("\"{key}\":"))?;
            Some(rest.split([',', '}']).next()?.to_owned())
        };
        let name = |line: &str| {
            let round = number(line, "round").filter(|round| round != "0")?;
            let (_, cell) = line.split_once("\"cell\":\"")?;
            let cell = cell.split('"').next()?;
            Some(format!("{cell} {} {} {round}", number(line, "engine")?, number(line, "process")?))
        };
        let mut trials: Vec<String> = self.results().lines().skip(1).filter_map(name).collect();
        trials.sort();
        trials
    }

    /// What `report` says of the newest run: its tables and verdicts, without what the machine did meanwhile.
    pub(crate) fn tables(&self) -> String {
        let run = self.report(&[]);
        // A paragraph goes on in lines that stand below the first word after its label.
        let mut noise = false;
        let told = |line: &&str| {
            noise = line.trim_start().starts_with("noise:") || noise && line.starts_with("         ");
            !noise && !["results ", "repeat "].iter().any(|word| line.trim_start().starts_with(word))
        };
        run.stdout.lines().filter(told).collect::<Vec<_>>().join("\n")
    }

    /// `report` of the newest run, in another form.
    pub(crate) fn report(&self, form: &[&str]) -> Run {
        let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
        command.arg("report").args(form).arg("--results").arg(self.folder.join("results"));
        let run = finished(command.output().unwrap());
        assert_eq!(run.code, Some(0), "{run:?}");
        run
    }

    fn results_if_any(&self) -> String {
        self.results_file().and_then(|file| fs::read_to_string(file).ok()).unwrap_or_default()
    }

    fn results_file(&self) -> Option<PathBuf> {
        let folder = fs::read_dir(self.folder.join("results")).ok()?.next()?.ok()?;
        Some(folder.path().join("trials.ndjson"))
    }

    /// No process that the scripts noted is alive.
    pub(crate) fn assert_nobody_left(&self) {
        let pids = self.read("runner.pids") + &self.read("origin.pid") + &self.read("canary.pid");
        for pid in pids.split_whitespace() {
            assert!(!Path::new("/proc").join(pid).exists(), "process {pid} was left behind");
        }
    }

    fn bench(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
        command.arg("bench").args(arguments).arg("--no-build");
        command.arg("--bin-dir").arg(&self.folder).arg("--definitions").arg(&self.folder);
        command.arg("--results").arg(self.folder.join("results"));
        command
    }

    fn signal_when(&self, sign: &str, arguments: &[&str], group: &str) -> Run {
        self.signal(&mut self.bench(arguments), sign, group)
    }

    fn signal(&self, command: &mut Command, sign: &str, group: &str) -> Run {
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
        let child = command.spawn().unwrap();
        let deadline = Instant::now() + PATIENCE;
        while !self.folder.join(sign).exists() {
            assert!(Instant::now() < deadline, "`{sign}` never appeared");
            thread::yield_now();
        }
        let target = format!("{group}{}", child.id());
        assert!(Command::new("kill").args(["-INT", "--", &target]).status().unwrap().success());
        finished(child.wait_with_output().unwrap())
    }
}

fn finished(output: Output) -> Run {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Run { code: output.status.code(), stdout: text(&output.stdout), stderr: text(&output.stderr) }
}
