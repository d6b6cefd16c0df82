//! Follows a runner and all its threads from one system call to the next, and counts those of a trial.
//!
//! The runner is held from its `ready` to its end, not only during trials: to be attached interrupts a thread's wait, and
//! what the thread does about that must not be counted. A trial begins when the program has read the first byte of its
//! command and ends when it has written the last byte of its line, so nothing about it is left to chance.

use std::collections::{HashMap, HashSet};
use std::io::{BufRead, Write, stdin};
use std::process::{self, ChildStdin, ExitCode};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;

use nix::Error;
use nix::sys::ptrace::{self, AddressType};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;

use crate::Failure;
use crate::args::Command;
use crate::attach::{attach, id};
use crate::calls::{Tally, Wait, reads_input};
use crate::program::{Program, end_like, kind, say};
use crate::registers;

/// Passes the conversation on and adds the counts to each trial, until the program ends; its status is then ours.
pub(crate) fn count(command: &Command) -> Result<ExitCode, Failure> {
    let mut program = Program::start(process::Command::new(&command.program).args(&command.arguments))?;
    let first = program.lines.next()?;
    let Some(ready) = first.as_deref().filter(|line| kind(line) == "ready") else {
        return program.pass_on(first);
    };
    let arriving = match attach(id(&program.child)) {
        Ok(threads) => threads,
        Err(refusal) => return program.unsupported(&format!("ptrace is refused: {refusal}")),
    };
    program.lines.never_wait()?;
    let begins = Arc::new(AtomicBool::new(false));
    let (answered, answers) = mpsc::channel();
    let input = program.input.take();
    let mut tracer = Tracer {
        main: id(&program.child),
        program,
        ready: Some(ready.to_owned()),
        arriving,
        inside: HashMap::new(),
        begins: Arc::clone(&begins),
        answered,
        counting: None,
    };
    // Commands come while this thread waits for the program, and only this one may speak to the kernel about it.
    let mut commands = Some(move || pass_commands(input, &begins, &answers));
    loop {
        if tracer.ready.is_none()
            && let Some(commands) = commands.take()
        {
            thread::spawn(commands);
        }
        match tracer.step()? {
            Some(WaitStatus::Signaled(_, signal, _)) => return Ok(end_like(None, Some(signal as i32))),
            Some(WaitStatus::Exited(_, code)) => return Ok(end_like(Some(code), None)),
            _ => {}
        }
    }
}

/// Passes commands on until there are no more, one after the answer to the other, and says when a trial begins.
fn pass_commands(program: Option<ChildStdin>, begins: &AtomicBool, answers: &Receiver<()>) {
    let Some(mut program) = program else { return };
    for line in stdin().lock().lines().map_while(Result::ok) {
        begins.store(kind(&line) == "trial", Ordering::SeqCst);
        // That the program is gone is seen by whoever follows it.
        let _ = program.write_all(format!("{line}\n").as_bytes()).and_then(|()| program.flush());
        if answers.recv().is_err() {
            return;
        }
    }
}

/// Who follows a program.
struct Tracer {
    main: Pid,
    program: Program,
    /// What the program said first; kept until all its threads are held.
    ready: Option<String>,
    /// Threads that are not held yet.
    arriving: HashSet<Pid>,
    /// Threads inside a call whose end matters.
    inside: HashMap<Pid, Inside>,
    /// The command of a trial is on its way.
    begins: Arc<AtomicBool>,
    /// Told of every line that the program says.
    answered: Sender<()>,
    counting: Option<Trial>,
}

/// Why the end of a call matters.
#[derive(Debug, Clone, Copy)]
enum Inside {
    Waiting(Wait),
    ReadingInput,
}

/// A trial under count.
#[derive(Debug, Default)]
struct Trial {
    tally: Tally,
    /// The command has been read. What was counted before belonged to the trial before; what a program does that reads its
    /// input in another way is counted from the moment at which the command was passed on.
    read: bool,
}

impl Tracer {
    /// Waits for the next thing that happens to the program, and lets it go on; how it ended, when it did.
    fn step(&mut self) -> Result<Option<WaitStatus>, Failure> {
        let status = match waitpid(None, Some(WaitPidFlag::__WALL)) {
            Ok(status) => status,
            Err(Error::EINTR) => return Ok(None),
            // The number of a real-time signal is not one that can be named here, nor passed on.
            Err(Error::EINVAL) => return Err(Failure::new("trace", "the program got a real-time signal")),
            Err(error) => return Err(Failure::new("trace", error)),
        };
        if self.begins.swap(false, Ordering::SeqCst) {
            self.counting = Some(Trial::default());
        }
        if let Some(thread) = status.pid() {
            self.arriving.remove(&thread);
        }
        let signal = match status {
            WaitStatus::Exited(thread, _) | WaitStatus::Signaled(thread, ..) => {
                self.inside.remove(&thread);
                let over = thread == self.main;
                self.introduce(over)?;
                self.listen()?;
                return Ok(over.then_some(status));
            }
            WaitStatus::PtraceSyscall(thread) => {
                unless_gone(self.call(thread))?;
                None
            }
            WaitStatus::Stopped(_, signal) => Some(signal),
            // A thread was born, a program started, or we interrupted it to hold it.
            _ => None,
        };
        self.introduce(false)?;
        self.listen()?;
        if let Some(thread) = status.pid() {
            unless_gone(ptrace::syscall(thread, signal))?;
        }
        Ok(None)
    }

    /// A thread has stopped at the entry or at the return of a call.
    fn call(&mut self, thread: Pid) -> nix::Result<()> {
        if registers::at_entry(thread)? {
            let call = registers::read(thread)?;
            if let Some(trial) = &mut self.counting {
                trial.tally.enter(call.number);
            }
            let wait = Wait::of(call.number, call.arguments, |address| is_zero_duration(thread, address));
            let inside = wait.map(Inside::Waiting);
            let inside = inside.or(reads_input(call.number, call.arguments).then_some(Inside::ReadingInput));
            inside.and_then(|inside| self.inside.insert(thread, inside));
        } else if let Some(inside) = self.inside.remove(&thread)
            && let Some(trial) = &mut self.counting
        {
            let result = registers::read(thread)?.result;
            match inside {
                Inside::Waiting(wait) if wait.woke(result) => trial.tally.wake(),
                Inside::ReadingInput if result > 0 && !trial.read => {
                    *trial = Trial { tally: Tally::default(), read: true }
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Passes on the program's first line once all its threads are held, or when it is over with it already.
    fn introduce(&mut self, over: bool) -> Result<(), Failure> {
        match self.ready.take_if(|_| over || self.arriving.is_empty()) {
            Some(ready) => say(&ready),
            None => Ok(()),
        }
    }

    /// Passes on what the program has said, with the counts when that was a trial's line.
    fn listen(&mut self) -> Result<(), Failure> {
        while let Some(mut line) = self.program.lines.next()? {
            if let Some(Trial { tally, .. }) = self.counting.take()
                && kind(&line) == "trial"
            {
                line = format!("{} {tally}", line.trim_end());
            }
            say(&line)?;
            let _ = self.answered.send(());
        }
        Ok(())
    }
}

/// Whether a time limit in the program's memory is none at all: two words, seconds and their fraction. No limit (a null
/// pointer) is not zero.
fn is_zero_duration(thread: Pid, address: u64) -> bool {
    let word = |offset: u64| ptrace::read(thread, (address + offset) as AddressType);
    address != 0 && word(0) == Ok(0) && word(8) == Ok(0)
}

/// A thread that has stopped may be killed at any moment; that it is gone is then told by its end.
fn unless_gone(result: nix::Result<()>) -> Result<(), Failure> {
    match result {
        Ok(()) | Err(Error::ESRCH) => Ok(()),
        Err(error) => Err(Failure::new("trace", error)),
    }
}
