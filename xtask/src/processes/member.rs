//! One child: what it is to the others, and how it is ended.

use std::collections::VecDeque;
use std::process::{Child, ChildStdin, ExitStatus};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// A child that runs, or whose end nobody has looked at yet.
pub(super) struct Member {
    pub(super) name: String,
    pub(super) child: Child,
    pub(super) stdin: Option<ChildStdin>,
    pub(super) last_words: Arc<Mutex<VecDeque<String>>>,
    /// Reads its standard error; done when there is no more of it.
    pub(super) ear: Option<JoinHandle<()>>,
    pub(super) role: Role,
}

/// What a child is to the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// One contestant: without it the others go on.
    Engine,
    /// Everybody needs it.
    Shared,
    /// Leads a process group of its own, which is ended as a whole.
    Tool,
}

impl Member {
    /// Waits for its end for so long, then kills it and, if it is a tool, whatever it started.
    pub(super) fn end(&mut self, patience: Duration) -> Option<ExitStatus> {
        let deadline = Instant::now() + patience;
        while Instant::now() < deadline {
            match self.child.try_wait() {
                Ok(None) => thread::sleep(Duration::from_millis(2)),
                Ok(Some(status)) => return Some(status),
                Err(_) => break,
            }
        }
        self.kill_group();
        let _ = self.child.kill();
        self.child.wait().ok()
    }

    #[cfg(unix)]
    pub(super) fn interrupt_group(&self) {
        self.signal_group(rustix::process::Signal::INT);
    }

    #[cfg(unix)]
    pub(super) fn kill_group(&self) {
        self.signal_group(rustix::process::Signal::KILL);
    }

    #[cfg(unix)]
    fn signal_group(&self, signal: rustix::process::Signal) {
        if self.role == Role::Tool {
            let _ = rustix::process::kill_process_group(rustix::process::Pid::from_child(&self.child), signal);
        }
    }

    #[cfg(not(unix))]
    pub(super) fn interrupt_group(&self) {}

    #[cfg(not(unix))]
    pub(super) fn kill_group(&self) {}
}
