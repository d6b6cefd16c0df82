//! The composite action, as GitHub would run it for another repository: its own step, its own script, GitHub's environment.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::Command;

use crate::law::{definitions, empty_folder};
use crate::stage::Run;

const ACTION: &str = include_str!("../../../.github/actions/bench-gate/action.yml");
const SCRIPT: &str = include_str!("../../../.github/actions/bench-gate/gate.sh");

/// What the caller's engine does before and after the change: it keeps its connections, it makes one for each page.
const KEEPS: &str = "accepted=0";
const RECONNECTS: &str = "accepted=$requests";

#[test]
fn a_change_that_connects_for_each_page_fails() {
    let job = Job::new("reconnects");
    job.change("lab/engine.sh", KEEPS, RECONNECTS);
    let run = job.run(&[("definitions", "lab"), ("engines", "mine"), ("workloads", "pages")]);
    assert_eq!(run.code, Some(3), "{run:?}");
    let summary = job.summary();
    assert!(summary.starts_with("before\n**regression: 1 number worse"), "it is appended to: {summary}");
    assert!(summary.contains("| mine | connections | 0 | 1.00 | from nothing | regression |"), "{summary}");
    assert!(
        summary.contains("<details>") && !summary.contains("| tokio-current | connections | 0 | 1.00"),
        "{summary}"
    );
    assert!(run.stdout.contains("regression: "), "the log has it as well: {run:?}");
    // The other way round it is an improvement.
    job.change("lab/engine.sh", RECONNECTS, KEEPS);
    assert_eq!(job.run(&[("definitions", "lab")]).code, Some(0));
    assert!(job.summary().contains("no regression; 1 better"), "{}", job.summary());
    // Nothing of the base is left where the caller would see it.
    assert_eq!(job.git(&["status", "--porcelain"]), "");
}

#[test]
fn a_change_that_costs_nothing_is_one_line() {
    let job = Job::new("equal");
    job.change("README", "words", "other words");
    let run = job.run(&[("definitions", "lab")]);
    assert_eq!(run.code, Some(0), "{run:?}");
    let summary = job.summary();
    assert!(summary.starts_with("before\n**nothing changed: ") && summary.lines().count() == 2, "{summary}");
    assert!(summary.contains(" counts compared, ") && summary.contains("; base HEAD^1 ("), "{summary}");
}

#[test]
fn inputs_are_lists_of_words() {
    let job = Job::new("words");
    job.change("lab/engine.sh", "accepted=0", "accepted=$((requests * 2))");
    job.change("lab/engine.sh", "accepted=$((requests * 2))", "accepted=$((requests * 4))");
    let run = job.run(&[("definitions", "lab"), ("allow", "syscalls=1%\nconnections=99%")]);
    assert_eq!(run.code, Some(3), "{run:?}");
    let run = job.run(&[("definitions", "lab"), ("allow", "syscalls=1%\nconnections=100%")]);
    assert_eq!(run.code, Some(0), "{run:?}");
    let run = job.run(&[("definitions", "lab"), ("base", "HEAD^2")]);
    assert!(run.code == Some(1) && run.stderr.contains("git knows no such revision"), "{run:?}");
    let run = job.run(&[("definitions", "lab"), ("workloads", "pages *")]);
    assert!(run.code == Some(1) && run.stderr.contains("no workload is called `*`"), "{run:?}");
    let run = job.run(&[("definitions", "lab"), ("engines", "tokio-current nobody")]);
    assert!(run.code == Some(1) && run.stderr.contains("no engine is called `nobody`"), "{run:?}");
}

#[test]
fn what_cannot_be_compared_is_not_green() {
    let job = Job::new("nothing");
    let run = job.run(&[]);
    assert!(run.code == Some(1) && run.stdout.contains("::error title=bench gate::input `definitions`"), "{run:?}");
    let run = job.run(&[("definitions", "laboratory")]);
    assert!(run.code == Some(1) && run.stderr.contains("laboratory: No such file or directory"), "{run:?}");
    let run = job.run(&[("definitions", "lab"), ("base", "HEAD^1")]);
    assert!(run.code == Some(5) && run.stderr.contains("HEAD^1 has no lab/engines.toml"), "{run:?}");
    assert!(job.summary().contains("**the gate compared nothing (exit code 5)"), "{}", job.summary());
    job.change("lab/engines.toml", "cp engine.sh engine", "exit 9");
    let run = job.run(&[("definitions", "lab")]);
    assert!(run.code == Some(1) && run.stderr.contains("`exit 9` failed in the head"), "{run:?}");
    job.change("lab/engines.toml", "exit 9", "true");
    job.change("lab/engines.toml", "\"./engine\"", "\"./elsewhere\"");
    let run = job.run(&[("definitions", "lab")]);
    assert!(
        run.code == Some(1) && run.stderr.contains("the engine `mine` of the base: ./engine is not there"),
        "{run:?}"
    );
}

#[test]
fn what_is_new_has_no_base_yet_and_the_rest_is_compared() {
    let job = Job::new("new");
    job.write("caller/lab/workloads/more.toml", WORKLOAD);
    job.commit();
    let run = job.run(&[("definitions", "lab"), ("workloads", "pages more")]);
    assert_eq!(run.code, Some(0), "{run:?}");
    assert!(job.summary().contains(" in one of the two alone; base "), "{}", job.summary());
    let run = job.run(&[("definitions", "lab"), ("workloads", "more")]);
    assert!(run.code == Some(5) && run.stderr.contains("has nothing of what is to be counted"), "{run:?}");
    // The other way round: what the head does not have is a mistake of whoever asks for it.
    job.git(&["rm", "--quiet", "lab/workloads/more.toml"]);
    job.commit();
    let run = job.run(&[("definitions", "lab"), ("workloads", "pages more")]);
    assert!(run.code == Some(1) && run.stderr.contains("no workload is called `more`"), "{run:?}");
}

#[test]
fn a_program_that_both_revisions_would_share_is_refused() {
    let job = Job::new("shared");
    job.change("lab/engines.toml", "./engine", "{target}/release/engine");
    let run = job.run(&[("definitions", "lab"), ("base", "HEAD")]);
    assert!(run.code == Some(1) && run.stderr.contains("{target} is one folder for the base and the head"), "{run:?}");
}

#[test]
fn the_page_explains_every_input_and_no_other() {
    let page = include_str!("../../../BYOR.md").split_once("| input | meaning |").expect("the page has the table").1;
    let rows = page.lines().skip(2).map_while(|line| line.strip_prefix("| `")?.split('`').next());
    let (inputs, _) = ACTION.split_once("\ninputs:\n").and_then(|(_, rest)| rest.split_once("\nruns:")).unwrap();
    let declared = inputs.lines().filter_map(|line| line.strip_prefix("  ")?.strip_suffix(':'));
    let sorted = |mut names: Vec<String>| {
        names.sort();
        names
    };
    let declared = sorted(declared.map(str::to_owned).collect());
    assert_eq!(sorted(rows.map(str::to_owned).collect()), declared);
    // And each reaches the script.
    for input in declared {
        assert!(ACTION.contains(&format!("{}: ${{{{ inputs.{input} }}}}", input.to_uppercase())), "{input}");
        assert!(SCRIPT.contains(&format!("${}", input.to_uppercase())), "{input}");
    }
}

/// A repository that calls the action, gather beside it, and a cargo that builds nothing.
struct Job {
    root: PathBuf,
}

impl Job {
    fn new(name: &str) -> Job {
        let job = Job { root: empty_folder(&format!("action-{name}")) };
        for program in ["gather-runner", "gather-runner-allocations"] {
            job.write(&format!("programs/{program}"), include_str!("../fakes/gather-runner-law"));
        }
        job.write("programs/gather-origin", include_str!("../fakes/gather-origin"));
        job.write("programs/gather-count", "#!/bin/sh\necho unsupported reason=no_such_tool\n");
        job.write("gather/.github/actions/bench-gate/gate.sh", SCRIPT);
        job.write("bin/cargo", CARGO);
        job.write("caller/README", "words\n");
        job.git(&["init", "--quiet"]);
        job.commit();
        let [(engines, text), _] = definitions();
        job.write(&format!("caller/lab/{engines}"), &(text + ENGINE));
        job.write("caller/lab/workloads/pages.toml", WORKLOAD);
        job.write("caller/lab/engine.sh", include_str!("../fakes/gather-runner-law"));
        job.write("caller/.gitignore", "/lab/engine\n/lab/runner.pids\n");
        job.commit();
        job
    }

    fn write(&self, file: &str, text: &str) {
        let path = self.root.join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// A commit of the caller that replaces a part of a file.
    fn change(&self, file: &str, from: &str, to: &str) {
        let text = fs::read_to_string(self.root.join("caller").join(file)).unwrap();
        assert!(text.contains(from), "{file} does not hold {from}");
        self.write(&format!("caller/{file}"), &text.replacen(from, to, 1));
        self.commit();
    }

    fn commit(&self) {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--message", "a change"]);
    }

    fn git(&self, arguments: &[&str]) -> String {
        let identity = ["-c", "user.name=nobody", "-c", "user.email=nobody@localhost"];
        let folder = self.root.join("caller");
        let output = Command::new("git").args(identity).args(arguments).current_dir(folder).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// The action's last step with these inputs, in the shell that GitHub starts for `shell: bash`.
    fn run(&self, inputs: &[(&str, &str)]) -> Run {
        let (_, step) = ACTION.split_once("- name: Gate").expect("the action has the step");
        let (_, script) = step.split_once("run: ").expect("the step has a script");
        let mut command = Command::new("bash");
        command.args(["--noprofile", "--norc", "-eo", "pipefail", "-c", script]);
        command.current_dir(self.root.join("caller"));
        self.write("summary", "before\n");
        command.env("GITHUB_WORKSPACE", self.root.join("caller"));
        command.env("GITHUB_ACTION_PATH", self.root.join("gather/.github/actions/bench-gate"));
        command.env("GITHUB_STEP_SUMMARY", self.root.join("summary"));
        for line in step.lines() {
            let Some((name, expression)) = line.split_once(": ${{ inputs.") else { continue };
            let input = expression.trim_end_matches(" }}");
            let given = inputs.iter().find(|(name, _)| *name == input).map(|(_, value)| (*value).to_owned());
            command.env(name.trim(), given.unwrap_or_else(|| default(input)));
        }
        let path = std::env::var("PATH").unwrap();
        command.env("PATH", format!("{}:{path}", self.root.join("bin").display()));
        command.env("XTASK", env!("CARGO_BIN_EXE_xtask")).env_remove("CARGO_TARGET_DIR");
        let output = command.output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Run { code: output.status.code(), stdout: text(&output.stdout), stderr: text(&output.stderr) }
    }

    fn summary(&self) -> String {
        fs::read_to_string(self.root.join("summary")).unwrap()
    }
}

/// The default of an input that the action declares.
fn default(input: &str) -> String {
    let (_, inputs) = ACTION.split_once("\ninputs:\n").expect("the action has inputs");
    let (_, input) = inputs.split_once(&format!("  {input}:\n")).unwrap_or_else(|| panic!("no input `{input}`"));
    let line = input.lines().find_map(|line| line.strip_prefix("    default: ")).expect("the input has a default");
    line.trim_matches('"').to_owned()
}

/// `cargo xtask` is the program under test; `cargo build` says that everything is there.
const CARGO: &str = r#"#!/bin/sh
root=$(cd "$(dirname "$0")/.." && pwd)
case $1 in
    xtask) shift; CARGO=$0 CARGO_MANIFEST_DIR=$PWD/xtask exec "$XTASK" "$@" ;;
    build)
        for program in gather-origin gather-runner gather-runner-allocations gather-count; do
            echo "{\"executable\":\"$root/programs/$program\"}"
        done ;;
    *) echo "cargo $*: not expected" >&2; exit 1 ;;
esac
"#;

const ENGINE: &str = r#"
[[engine]]
name = "mine"
about = "an engine of the caller"
family = "async"
client = "sh"
runtime = "sh"
command = ["./engine"]
install = "cp engine.sh engine"
"#;

const WORKLOAD: &str = r#"
question = "What does a page cost?"
expectation = "As much as before."
analysis = "The caller's own."
engines = ["tokio-current", "mine"]
reference = "tokio-current"
[params]
requests = 100
concurrency = 16
page = "fixed:2700"
"#;
