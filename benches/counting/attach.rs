//! Takes hold of a program that runs already: all its threads, and those of its children.

use std::collections::HashSet;
use std::fs;
use std::process::{self, Child};

use nix::Error;
use nix::sys::ptrace::{self, Options};
use nix::unistd::Pid;

use crate::registers;

/// Attaches to a process and to its descendants; returns the threads that are about to stop for it.
///
/// # Errors
/// When the system does not allow it, with the reason.
pub(crate) fn attach(main: Pid) -> Result<HashSet<Pid>, String> {
    if !registers::KNOWN {
        return Err("the registers of this platform are not known".to_owned());
    }
    // Whoever is born from now on is held from birth; the program ends with us.
    let options = Options::PTRACE_O_TRACESYSGOOD
        | Options::PTRACE_O_TRACECLONE
        | Options::PTRACE_O_TRACEFORK
        | Options::PTRACE_O_TRACEVFORK
        | Options::PTRACE_O_EXITKILL;
    let (mut seen, mut arriving) = (HashSet::new(), HashSet::new());
    // Threads may be born while the list is read, so it is read until it holds nothing new.
    loop {
        let new: Vec<_> = threads(main).into_iter().filter(|thread| seen.insert(*thread)).collect();
        if new.is_empty() {
            return Ok(arriving);
        }
        for thread in new {
            match ptrace::seize(thread, options).and_then(|()| ptrace::interrupt(thread)) {
                Ok(()) => {}
                Err(Error::ESRCH) => continue,
                Err(_) if status(thread, "State:").starts_with(['Z', 'X']) => continue,
                // Born from one that is held already.
                Err(Error::EPERM) if status(thread, "TracerPid:") == process::id().to_string() => {}
                Err(error) => return Err(error.desc().to_owned()),
            }
            arriving.insert(thread);
        }
    }
}

/// The kernel's name for a child.
pub(crate) fn id(child: &Child) -> Pid {
    Pid::from_raw(child.id().cast_signed())
}

/// All threads of a process and of its descendants.
fn threads(process: Pid) -> Vec<Pid> {
    let mut found = Vec::new();
    for task in fs::read_dir(format!("/proc/{process}/task")).into_iter().flatten().flatten() {
        let Some(thread) = task.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
        found.push(Pid::from_raw(thread));
        let children = fs::read_to_string(task.path().join("children")).unwrap_or_default();
        let children = children.split_whitespace().filter_map(|child| child.parse().ok());
        found.extend(children.flat_map(|child| threads(Pid::from_raw(child))));
    }
    found
}

/// A field of a thread's status, empty when there is no such thread any more.
fn status(thread: Pid, key: &str) -> String {
    let status = fs::read_to_string(format!("/proc/{thread}/status")).unwrap_or_default();
    let value = status.lines().find_map(|line| line.strip_prefix(key));
    value.unwrap_or_default().trim().to_owned()
}
