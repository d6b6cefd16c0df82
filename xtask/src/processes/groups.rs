//! A control group of its own for each engine (`bench --cgroup`): the kernel then also counts what its threads' stacks and its
//! sockets take, which is in no process's memory.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::failure::Failure;

/// Makes groups below the one that this process is in, and takes them away again.
pub(super) struct Groups {
    parent: PathBuf,
    made: Vec<PathBuf>,
    next: usize,
}

/// The file with the peak of a group, which tells that memory is counted there: version 1's, version 2's.
const PEAKS: [&str; 2] = ["memory.max_usage_in_bytes", "memory.peak"];

impl Groups {
    /// Finds out where groups that count memory can be made.
    ///
    /// # Errors
    /// When that is nowhere.
    pub(super) fn new() -> Result<Groups, Failure> {
        let membership = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
        Groups::below(Path::new("/sys/fs/cgroup"), &membership)
    }

    fn below(root: &Path, membership: &str) -> Result<Groups, Failure> {
        for parent in places(root, membership) {
            let mut groups = Groups { parent, made: Vec::new(), next: 0 };
            if let Ok(probe) = groups.make()
                && PEAKS.iter().any(|peak| probe.join(peak).exists())
            {
                return Ok(groups);
            }
        }
        Err(Failure::Setup(
            "`--cgroup`: no control group that counts memory can be made here; it takes root, and version 1 or a group of version 2 \
             that hands its memory controller on (`cgroup.subtree_control`)"
                .into(),
        ))
    }

    /// The same command, run in a new group.
    pub(super) fn wrap(&mut self, inner: &Command) -> Result<Command, Failure> {
        // Those whose process has ended can go: a long run starts thousands.
        self.made.retain(|group| fs::remove_dir(group).is_err());
        let group = self.make().map_err(|error| Failure::io("`--cgroup`: cannot make a control group", &error))?;
        // The shell goes in and becomes the engine, so that nothing of it was ever counted elsewhere and nobody else is in there.
        let mut command = Command::new("sh");
        command.args(["-c", "echo $$ > \"$0\" && exec \"$@\""]).arg(group.join("cgroup.procs"));
        command.arg(inner.get_program()).args(inner.get_args());
        if let Some(folder) = inner.get_current_dir() {
            command.current_dir(folder);
        }
        for (name, value) in inner.get_envs() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        Ok(command)
    }

    fn make(&mut self) -> std::io::Result<PathBuf> {
        let group = self.parent.join(format!("gather-bench-{}-{}", std::process::id(), self.next));
        self.next += 1;
        fs::create_dir(&group)?;
        self.made.push(group.clone());
        Ok(group)
    }
}

impl Drop for Groups {
    fn drop(&mut self) {
        self.made.iter().for_each(|group| _ = fs::remove_dir(group));
    }
}

/// The group of this process in the hierarchy that counts memory, in version 1's and in version 2's; in a container its files may
/// stand at the root of what is mounted.
fn places(root: &Path, membership: &str) -> Vec<PathBuf> {
    let mut places = Vec::new();
    for (controller, mount) in [("memory", root.join("memory")), ("", root.to_path_buf()), ("", root.join("unified"))] {
        let path = membership.lines().find_map(|line| {
            let (names, path) = line.split_once(':')?.1.split_once(':')?;
            names.split(',').any(|name| name == controller).then_some(path)
        });
        if let Some(path) = path {
            places.extend([mount.join(path.trim_start_matches('/')), mount]);
        }
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_is_looked_for_where_memory_is_counted() {
        let root = Path::new("/sys/fs/cgroup");
        let both = places(root, "4:memory:/box/a\n3:cpuset:/\n0::/\n");
        assert_eq!(both[..2], [root.join("memory/box/a"), root.join("memory")]);
        assert_eq!(places(root, "0::/user.slice\n")[..2], [root.join("user.slice"), root.to_path_buf()]);
        assert!(places(root, "").is_empty());
    }

    #[test]
    fn where_no_group_can_be_made_that_is_said() {
        let nowhere = std::env::temp_dir().join(format!("gather-no-cgroup-{}", std::process::id()));
        let message = Groups::below(&nowhere, "0::/\n").err().expect("refused").to_string();
        assert!(message.contains("no control group that counts memory"), "{message}");
    }

    #[test]
    fn a_folder_that_counts_nothing_is_no_group_and_is_taken_away_again() {
        let root = std::env::temp_dir().join(format!("gather-cgroup-{}", std::process::id()));
        fs::create_dir_all(&root).unwrap();
        assert!(Groups::below(&root, "0::/\n").is_err());
        assert_eq!(fs::read_dir(&root).unwrap().count(), 0);
        fs::remove_dir_all(&root).unwrap();
    }
}
