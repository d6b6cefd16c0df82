//! Keeps a program running for as long as this process runs, and no longer, however it ends.

use std::io;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// A shell that runs the program, and ends it when its own standard input ends: the write end is in this process alone, and
/// closed by the kernel when this process is killed. It then takes the program's folder away, which nobody else could.
#[derive(Debug)]
pub(super) struct Keeper {
    shell: Child,
    lifeline: Option<ChildStdin>,
}

/// A ^C reaches the program by itself, and ends the shell's wait before the program has ended. A program that ends unasked has
/// failed, and left in its folder why.
const SCRIPT: &str = r#"folder=$1
shift
exec 3<&0
asked=
trap 'asked=yes' INT TERM
"$@" </dev/null 3<&- &
program=$!
{ read -r _ <&3; : >"$folder/asked"; kill "$program"; } &
watcher=$!
wait "$program"
while [ $? -gt 128 ] && kill -0 "$program"; do wait "$program"; done
kill "$watcher"
if [ -n "$asked" ] || [ -e "$folder/asked" ]; then rm -rf "$folder"; fi"#;

impl Keeper {
    /// Runs the command, whose files are in `folder`.
    pub(super) fn start(command: &Command, folder: &Path) -> io::Result<Keeper> {
        let mut shell = Command::new("sh");
        shell.args(["-c", SCRIPT, "keeper"]).arg(folder).arg(command.get_program()).args(command.get_args());
        // What goes wrong is in the program's own log.
        let mut shell = shell.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
        let lifeline = shell.stdin.take();
        Ok(Keeper { shell, lifeline })
    }

    /// Whether the program has ended by itself.
    pub(super) fn has_ended(&mut self) -> bool {
        matches!(self.shell.try_wait(), Ok(Some(_)))
    }
}

/// How long an end may take: what is asked to end and does not is left to the shell.
const PATIENCE: Duration = Duration::from_secs(10);

impl Drop for Keeper {
    /// Ends the program and waits until it has.
    fn drop(&mut self) {
        self.lifeline = None;
        let deadline = Instant::now() + PATIENCE;
        while !self.has_ended() && Instant::now() < deadline {
            thread::sleep(Duration::from_millis(1));
        }
    }
}
