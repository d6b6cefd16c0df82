//! The counting proxy on programs whose counts are known beforehand.
#![cfg(target_os = "linux")]
#![forbid(unsafe_code)]

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};

const COUNT: &str = env!("CARGO_BIN_EXE_gather-count");
const RUNNER: &str = env!("CARGO_BIN_EXE_gather-runner");
const ALLOCATIONS: &str = env!("CARGO_BIN_EXE_gather-runner-allocations");
const ORIGIN: &str = env!("CARGO_BIN_EXE_gather-origin");

/// A runner whose every request is one read and one write of a child's.
const COPIES: &str = r#"
echo "ready engine=sh version=1 threads=1 profile=release"
while read -r command requests; do
    requests=${requests#requests=}
    case $command in
    trial) dd if=/dev/zero of=/dev/null bs=1 count="$requests" 2>/dev/null; echo "trial requests=$requests pages=$requests" ;;
    oracle) echo "answer pages=$requests" ;;
    esac
done"#;

#[test]
fn each_call_of_a_child_is_counted_exactly() {
    let said = Proxy::new("--syscalls").shell(COPIES).run(&trials(&[200, 200, 400, 200]));
    assert!(said.status.success(), "{said:?}");
    for (word, each) in [("syscalls", 2), ("syscalls_read", 1), ("syscalls_write", 1), ("syscalls_epoll", 0)] {
        assert_eq!(said.number(3, word) - said.number(2, word), each * 200, "{word}: {said:?}");
        assert_eq!(said.number(2, word), said.number(4, word), "{word} of two equal trials: {said:?}");
    }
    let classes = ["read", "write", "epoll", "futex", "connect", "close", "mmap", "other"];
    let sum: u64 = classes.iter().map(|class| said.number(3, &format!("syscalls_{class}"))).sum();
    assert_eq!(sum, said.number(3, "syscalls"), "every call is in one class");
}

#[test]
fn the_conversation_is_passed_on_as_it_is() {
    let said = Proxy::new("--syscalls").shell(COPIES).run("oracle requests=5\ntrial requests=10\noracle requests=6\n");
    assert_eq!(said.lines[0], "ready engine=sh version=1 threads=1 profile=release");
    assert_eq!(said.lines[1], "answer pages=5");
    assert!(said.lines[2].starts_with("trial requests=10 pages=10 syscalls="), "{said:?}");
    assert_eq!(said.lines[3], "answer pages=6");
    assert_eq!(said.lines.len(), 4);
}

#[test]
fn threads_that_come_and_go_are_followed() {
    let origin = Origin::start();
    let engine = ["--engine", "threads-raw", "--origin", &origin.address, "page=fixed:100", "concurrency=4"];
    let said = Proxy::new("--syscalls").program(RUNNER, &engine).run(&trials(&[64, 64, 128]));
    assert!(said.status.success(), "{said:?}");
    // A thread each, which looks at its connection and reads the answer; the origin's own report is read in one piece or in two.
    assert_eq!(said.number(3, "syscalls_write") - said.number(2, "syscalls_write"), 64, "{said:?}");
    let reads = said.number(3, "syscalls_read") - said.number(2, "syscalls_read");
    assert!((127..=129).contains(&reads), "{reads} reads: {said:?}");
}

#[test]
fn a_wait_that_ended_is_a_wake_up() {
    let origin = Origin::start();
    let engine =
        ["--engine", "raw-floor", "--origin", &origin.address, "page=fixed:100", "concurrency=1", "delay_us=1000"];
    let said = Proxy::new("--syscalls").program(RUNNER, &engine).run(&trials(&[32, 32, 64]));
    assert_eq!(said.number(3, "wakeups") - said.number(2, "wakeups"), 32, "one for each answer: {said:?}");
}

#[test]
fn a_program_that_is_not_there_is_an_error() {
    for mode in ["--syscalls", "--instructions"] {
        let said = Proxy::new(mode).program("/nowhere/runner", &[]).run("");
        assert_eq!(said.status.code(), Some(1));
        assert!(said.lines[0].starts_with("error kind=start message=cannot_start_/nowhere/runner:"), "{said:?}");
    }
}

#[test]
fn a_command_line_that_cannot_be_obeyed_is_an_error() {
    for (arguments, message) in [
        (&["--syscalls"][..], "the_program_to_count_is_missing"),
        (&["--", "true"], "--syscalls_or_--instructions_is_missing"),
        (&["--syscalls", "--instructions", "--", "true"], "one_of_--syscalls_and_--instructions_at_a_time"),
        (&["--cycles", "--", "true"], "invalid_option"),
    ] {
        let output = Command::new(COUNT).args(arguments).stdin(Stdio::null()).output().unwrap();
        let line = String::from_utf8(output.stdout).unwrap();
        assert_eq!(output.status.code(), Some(1));
        assert!(line.starts_with("error kind=usage ") && line.contains(message), "{line}");
    }
}

#[test]
fn a_program_that_dies_in_a_trial_takes_the_proxy_with_it() {
    let dies = |how: &str| format!("echo ready; read -r command; {how}");
    let said = Proxy::new("--syscalls").shell(&dies("kill -9 $$")).run("trial requests=1\n");
    assert_eq!((said.status.signal(), said.lines), (Some(9), vec!["ready".to_owned()]));
    let said = Proxy::new("--syscalls").shell(&dies("exit 7")).run("trial requests=1\n");
    assert_eq!((said.status.code(), said.lines.len()), (Some(7), 1));
    let said = Proxy::new("--syscalls").shell(&dies("echo error kind=engine; exit 1")).run("trial requests=1\n");
    assert_eq!((said.status.code(), said.lines[1].as_str()), (Some(1), "error kind=engine"));
}

#[test]
fn what_is_not_the_protocol_is_passed_on_without_counts() {
    for mode in ["--syscalls", "--instructions"] {
        let said = Proxy::new(mode).shell("echo hello; exit 3").run("trial requests=1\n");
        assert_eq!((said.status.code(), said.lines), (Some(3), vec!["hello".to_owned()]));
        let said = Proxy::new(mode).shell("echo unsupported reason=no_loop").run("");
        assert_eq!((said.status.code(), said.lines), (Some(0), vec!["unsupported reason=no_loop".to_owned()]));
        let said = Proxy::new(mode).shell("").run("");
        assert_eq!((said.status.code(), said.lines.len()), (Some(0), 0));
    }
    let said = Proxy::new("--syscalls").shell("echo ready; read -r command; echo 42").run("trial requests=1\n");
    assert_eq!(said.lines[1], "42");
}

#[test]
fn where_ptrace_is_refused_nothing_is_counted() {
    // A process has one tracer at most: the inner proxy holds the shell, so the outer one is refused.
    let inner = ["--syscalls", "--", "/bin/sh", "-c", COPIES];
    let said = Proxy::new("--syscalls").program(COUNT, &inner).run("trial requests=1\n");
    assert_eq!(said.status.code(), Some(0));
    assert_eq!(said.lines.len(), 1);
    assert!(said.lines[0].starts_with("unsupported reason=ptrace_is_refused:_"), "{said:?}");
}

#[test]
fn instructions_are_the_difference_of_two_runs() {
    // Counts as perf would: much for the start, seven for each request.
    let perf = r#"#!/bin/sh
while [ "$1" != -- ]; do [ "$1" = -o ] && out=$2; shift; done; shift
tee "$out.input" | "$@"; status=$?
requests=$(sed 's/.*requests=//' "$out.input"); rm "$out.input"
printf '# started\n\n%s,,instructions:u,1000,100.00,,\n' $((1000000 + 7 * ${requests:-0})) > "$out"; exit $status"#;
    let tools = Tools::new("perf", &[("perf", perf)]);
    let proxy = || Proxy::new("--instructions").path(&format!("{}:/usr/bin:/bin", tools.0.display()));
    let said = proxy().shell(COPIES).run("oracle requests=5\ntrial requests=30\n");
    assert!(said.status.success(), "{said:?}");
    assert_eq!(said.lines[1], "answer pages=5");
    assert_eq!(said.lines[2], "trial requests=30 pages=30 instructions=210 instructions_source=perf");
    // One that starts and fails when it is counted.
    let fails = r#"echo ready; read -r command requests; [ -z "$command" ] || { echo error kind=engine; exit 1; }"#;
    let said = proxy().shell(fails).run("trial requests=30\n");
    assert!(said.status.success(), "{said:?}");
    let reason = "unsupported reason=under_perf_it_said_instead_of_`trial`:_error_kind=engine";
    assert_eq!(said.lines[1..], [reason]);
    let said = proxy().shell(COPIES).run("trial\n");
    assert!(said.lines[1].contains("needs_requests=NUMBER"), "{said:?}");
}

#[test]
fn without_a_tool_there_are_no_instructions() {
    let unsupported =
        "#!/bin/sh\nwhile [ \"$1\" != -o ]; do shift; done\necho '<not supported>,,instructions:u,0,100.00,,' > \"$2\"";
    let timeout = ("timeout", "#!/bin/sh\nshift 3; exec \"$@\"");
    for (name, tools) in [("none", &[][..]), ("no-counter", &[timeout, ("perf", unsupported)])] {
        let tools = Tools::new(name, tools);
        let said = Proxy::new("--instructions").path(tools.0.to_str().unwrap()).shell(COPIES).run("trial requests=1\n");
        assert_eq!(said.lines, ["unsupported reason=neither_perf_counters_nor_valgrind"]);
        assert_eq!(said.status.code(), Some(0));
    }
}

#[test]
fn a_scrape_in_memory_repeats_its_allocations() {
    let engine =
        ["--engine", "tokio-current", "--origin", "127.0.0.1:1", "model=memory", "page=fixed:2700", "parse=length"];
    let said = Proxy::bare(ALLOCATIONS, &engine).run(&trials(&[500, 500, 1000, 500, 1000]));
    assert!(said.status.success(), "{said:?}");
    let grown = |word| [3, 5].map(|line| said.number(line, word) - said.number(line - 1, word));
    let allocations = grown("allocations");
    assert_eq!(allocations[0], allocations[1], "{said:?}");
    // Where a buffer grows in its place depends on what the allocator has beside it.
    let bytes = grown("allocated_bytes");
    assert!(bytes[0].abs_diff(bytes[1]) * 1000 < bytes[0], "{bytes:?}: {said:?}");
    let each = (said.number(3, "allocations") - said.number(2, "allocations")) as f64 / 500.0;
    assert!((1.0..20.0).contains(&each), "{each} allocations for each request");
}

#[test]
fn a_runner_that_is_not_counted_says_nothing_of_allocations() {
    let engine =
        ["--engine", "tokio-current", "--origin", "127.0.0.1:1", "model=memory", "page=fixed:2700", "over=pages"];
    let said = Proxy::bare(RUNNER, &engine).run("trial requests=10\noracle requests=10\n");
    assert!(!said.lines[1].contains("alloc"), "{said:?}");
    assert_eq!(said.word(1, "checksum"), said.word(2, "checksum"), "{said:?}");
}

/// A command to talk to.
struct Proxy(Command);

impl Proxy {
    fn new(mode: &str) -> Self {
        Proxy::bare(COUNT, &[mode, "--"])
    }

    fn bare(program: &str, arguments: &[&str]) -> Self {
        let mut command = Command::new(program);
        command.args(arguments);
        Proxy(command)
    }

    fn program(mut self, program: &str, arguments: &[&str]) -> Self {
        self.0.arg(program).args(arguments);
        self
    }

    fn shell(self, script: &str) -> Self {
        self.program("/bin/sh", &["-c", script])
    }

    /// Where the proxy finds its tools.
    fn path(mut self, path: &str) -> Self {
        self.0.env("PATH", path);
        self
    }

    /// Says all that there is to say and listens to the end.
    fn run(mut self, commands: &str) -> Said {
        let piped = self.0.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = piped.spawn().unwrap();
        // Whoever ends before it has read everything is no failure of this test.
        let _ = child.stdin.take().unwrap().write_all(commands.as_bytes());
        let output = child.wait_with_output().unwrap();
        let lines = String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect();
        Said { lines, status: output.status }
    }
}

#[derive(Debug)]
struct Said {
    lines: Vec<String>,
    status: ExitStatus,
}

impl Said {
    #[track_caller]
    fn word(&self, line: usize, key: &str) -> &str {
        let line = self.lines.get(line).unwrap_or_else(|| panic!("no line {line}: {self:?}"));
        let word = line.split(' ').find_map(|word| word.split_once('=').filter(|(name, _)| *name == key));
        word.unwrap_or_else(|| panic!("no `{key}` in {line}")).1
    }

    #[track_caller]
    fn number(&self, line: usize, key: &str) -> u64 {
        self.word(line, key).parse().unwrap()
    }
}

fn trials(requests: &[u64]) -> String {
    requests.iter().map(|requests| format!("trial requests={requests}\n")).collect()
}

/// An origin, which ends with its standard input.
struct Origin {
    process: Child,
    address: String,
}

impl Origin {
    fn start() -> Self {
        let mut command = Command::new(ORIGIN);
        command.args(["--generated", "1", "--let-cpus-sleep"]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn().unwrap();
        let mut ready = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut ready).unwrap();
        let address = ready.split(' ').find_map(|word| word.strip_prefix("addr=")).unwrap().to_owned();
        Origin { process, address }
    }
}

impl Drop for Origin {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        let _ = self.process.wait();
    }
}

/// A folder of programs.
struct Tools(PathBuf);

impl Tools {
    fn new(name: &str, programs: &[(&str, &str)]) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("counting-{name}-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        for (name, text) in programs {
            fs::write(folder.join(name), text).unwrap();
            fs::set_permissions(folder.join(name), fs::Permissions::from_mode(0o755)).unwrap();
        }
        Tools(folder)
    }
}

impl Drop for Tools {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
