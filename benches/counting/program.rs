//! A program that speaks the runner's protocol: started, listened to, spoken to.

use std::io::{ErrorKind, Read, Write, stdout};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitCode, Stdio};

use nix::sys::signal::{Signal, raise};

use crate::Failure;

/// A program with pipes at its standard input and output.
pub(crate) struct Program {
    pub(crate) child: Child,
    /// Closed to tell it that there is no more to do.
    pub(crate) input: Option<ChildStdin>,
    pub(crate) lines: Lines,
}

impl Program {
    pub(crate) fn start(command: &mut Command) -> Result<Self, Failure> {
        let name = command.get_program().display().to_string();
        let spawned = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let mut child = spawned.map_err(|error| Failure::new("start", format!("cannot start {name}: {error}")))?;
        let input = child.stdin.take();
        let output = child.stdout.take().ok_or_else(|| Failure::new("start", "the program has no standard output"))?;
        Ok(Program { child, input, lines: Lines { pipe: output, buffer: Vec::new() } })
    }

    /// Sends one line. That the program is gone shows when its answer is awaited.
    pub(crate) fn tell(&mut self, line: &str) {
        if let Some(input) = &mut self.input {
            let _ = input.write_all(format!("{line}\n").as_bytes()).and_then(|()| input.flush());
        }
    }

    /// Passes on all it still says, from this line on, and waits for its end, which is then ours.
    pub(crate) fn pass_on(mut self, first: Option<String>) -> Result<ExitCode, Failure> {
        self.input = None;
        let mut line = first;
        while let Some(said) = line {
            say(&said)?;
            line = self.lines.next()?;
        }
        let status = self.child.wait().map_err(|error| Failure::new("wait", error))?;
        Ok(end_like(status.code(), status.signal()))
    }

    /// Says that nothing can be counted here, and ends the program. Not a failure: the lab leaves the cell empty.
    pub(crate) fn unsupported(mut self, reason: &str) -> Result<ExitCode, Failure> {
        // Not waited for: a thread of it may be held by us, and then it ends only with us.
        let _ = self.child.kill();
        say(&unsupported(reason))?;
        Ok(ExitCode::SUCCESS)
    }
}

/// The line that says why nothing can be counted.
pub(crate) fn unsupported(reason: &str) -> String {
    format!("unsupported reason={}", reason.replace(char::is_whitespace, "_"))
}

/// The end of this process after a program that ended so: with the same code, or by the same signal.
pub(crate) fn end_like(code: Option<i32>, signal: Option<i32>) -> ExitCode {
    if let Some(signal) = signal.and_then(|signal| Signal::try_from(signal).ok()) {
        let _ = raise(signal);
    }
    // A signal that did not end us is told as a shell tells it.
    let code = code.or(signal.map(|signal| 128 + signal));
    ExitCode::from(code.and_then(|code| u8::try_from(code).ok()).unwrap_or(1))
}

/// The lines of a pipe.
pub(crate) struct Lines {
    pipe: ChildStdout,
    buffer: Vec<u8>,
}

impl Lines {
    /// The next line, without its end; `None` when the pipe is closed, or when it must not be waited for and holds none yet.
    pub(crate) fn next(&mut self) -> Result<Option<String>, Failure> {
        let mut chunk = [0; 4096];
        loop {
            if let Some(end) = self.buffer.iter().position(|byte| *byte == b'\n') {
                let line = self.buffer.drain(..=end).collect::<Vec<_>>();
                return Ok(Some(String::from_utf8_lossy(&line[..end]).into_owned()));
            }
            match self.pipe.read(&mut chunk) {
                // What it wrote of a line before it ended belongs to whoever looks for the reason.
                Ok(0) if !self.buffer.is_empty() => self.buffer.push(b'\n'),
                Ok(0) => return Ok(None),
                Ok(count) => self.buffer.extend_from_slice(&chunk[..count]),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(None),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(Failure::new("output", error)),
            }
        }
    }

    /// From now on the pipe is only looked into, never waited for. It holds the longest line there may be, so that the
    /// program can always finish writing one.
    pub(crate) fn never_wait(&self) -> Result<(), Failure> {
        let failed = |error| Failure::new("output", error);
        rustix::pipe::fcntl_setpipe_size(&self.pipe, LONGEST_LINE).map_err(failed)?;
        rustix::io::ioctl_fionbio(&self.pipe, true).map_err(failed)
    }
}

/// What an ordinary user may make of a pipe (`/proc/sys/fs/pipe-max-size`); a line with a histogram has some ten kilobytes.
const LONGEST_LINE: usize = 1 << 20;

/// Says one line, as the runner would.
pub(crate) fn say(line: &str) -> Result<(), Failure> {
    let mut out = stdout().lock();
    writeln!(out, "{line}").and_then(|()| out.flush()).map_err(|error| Failure::new("output", error))
}

/// The first word of a line.
pub(crate) fn kind(line: &str) -> &str {
    line.split_whitespace().next().unwrap_or_default()
}
