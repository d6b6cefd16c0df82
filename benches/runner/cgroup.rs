//! The peak of the memory of the runner's control group: it counts what the process's own figures leave out, the kernel's
//! stacks of its threads and the buffers of its sockets.
//!
//! It says something about a trial only if nobody else is in the group and the peak can be reset. Elsewhere there is no
//! figure: a group that is shared with whoever started the runner holds their memory too, and its peak is not ours to reset.

use std::fs::{self, File};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};

/// The group of this process, with what is needed to read its peak.
pub(crate) enum Cgroup {
    /// Version 2. A reset holds for the descriptor that it was written to (Linux 6.12), so it stays open.
    V2(File),
    /// Version 1, the memory controller.
    V1(PathBuf),
    None,
}

impl Cgroup {
    /// Finds the group of this process and resets its peak.
    pub(crate) fn start() -> Self {
        Cgroup::start_in(Path::new("/sys/fs/cgroup"), Path::new("/proc/self/cgroup"), std::process::id())
    }

    fn start_in(root: &Path, membership: &Path, process: u32) -> Self {
        let membership = fs::read_to_string(membership).unwrap_or_default();
        if let Some(path) = path_in(&membership, "memory") {
            let directory = root.join("memory").join(path);
            let peak = directory.join("memory.max_usage_in_bytes");
            if is_alone(&directory, process) && fs::write(&peak, "0").is_ok() {
                return Cgroup::V1(peak);
            }
        }
        if let Some(path) = path_in(&membership, "") {
            let directory = root.join(path);
            let peak = File::options().read(true).write(true).open(directory.join("memory.peak"));
            if let (true, Ok(mut peak)) = (is_alone(&directory, process), peak)
                && peak.write_all(b"reset").is_ok()
            {
                return Cgroup::V2(peak);
            }
        }
        Cgroup::None
    }

    /// The words of a trial: the peak since the start, where there is one.
    pub(crate) fn words(&mut self) -> String {
        let (source, bytes) = match self {
            Cgroup::None => ("none", None),
            Cgroup::V1(peak) => ("v1-max", fs::read_to_string(peak).ok()),
            Cgroup::V2(peak) => {
                let mut text = String::new();
                ("v2-peak", peak.rewind().and_then(|()| peak.read_to_string(&mut text)).ok().map(|_| text))
            }
        };
        match bytes.and_then(|text| text.trim().parse::<u64>().ok()) {
            Some(bytes) => format!("cgroup_bytes={bytes} cgroup_source={source}"),
            None => "cgroup_source=none".to_owned(),
        }
    }
}

/// What the group of this process uses now, by version 2 or else by version 1. `None` where there is no group of its own:
/// what the neighbours use would be counted as ours.
pub(crate) fn usage() -> Option<u64> {
    usage_in(Path::new("/sys/fs/cgroup"), Path::new("/proc/self/cgroup"), std::process::id())
}

fn usage_in(root: &Path, membership: &Path, process: u32) -> Option<u64> {
    let membership = fs::read_to_string(membership).ok()?;
    let number = |directory: &Path, file: &str| {
        let text = fs::read_to_string(directory.join(file)).ok().filter(|_| is_alone(directory, process))?;
        text.trim().parse().ok()
    };
    // In a container the group's own files may stand at the root of what is mounted.
    let at = |root: &Path, path: &str, file: &str| number(&root.join(path), file).or_else(|| number(root, file));
    let second = path_in(&membership, "").and_then(|path| at(root, &path, "memory.current"));
    second.or_else(|| at(&root.join("memory"), &path_in(&membership, "memory")?, "memory.usage_in_bytes"))
}

/// Where the group of this process is in a hierarchy; version 2 has no name.
fn path_in(membership: &str, controllers: &str) -> Option<String> {
    let found = membership.lines().find_map(|line| {
        let (names, path) = line.split_once(':')?.1.split_once(':')?;
        names.split(',').any(|name| name == controllers).then_some(path)
    });
    found.map(|path| path.trim_start_matches('/').to_owned())
}

/// Whether this process is the only one in the group.
///
/// One read tells, since what follows a first number says no. To read all of it would take more calls the more processes a
/// machine has, and those are counted with the trial's.
fn is_alone(directory: &Path, process: u32) -> bool {
    let mut start = [0; 64];
    let members = File::open(directory.join("cgroup.procs")).and_then(|mut members| members.read(&mut start));
    let members = members.ok().and_then(|read| std::str::from_utf8(&start[..read]).ok());
    members.is_some_and(|members| members.split_whitespace().eq([process.to_string()]))
}

#[cfg(test)]
mod tests;
