//! Which group is used, and when none is: on files laid out as the kernel's.

use std::fs;
use std::path::{Path, PathBuf};

use super::{Cgroup, usage_in};

/// A folder that is removed at the end of its test.
struct Folder(PathBuf);

impl Folder {
    /// `files` by path; a missing folder is made.
    fn with(name: &str, files: &[(&str, &str)]) -> Folder {
        let root = std::env::temp_dir().join(format!("gather-cgroup-{name}-{}", std::process::id()));
        for (path, text) in files {
            let path = root.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        Folder(root)
    }

    fn words(&self) -> String {
        Cgroup::start_in(&self.0, &self.0.join("membership"), 7).words()
    }

    fn usage(&self) -> Option<u64> {
        usage_in(&self.0, &self.0.join("membership"), 7)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn version_1_is_reset_and_read() {
    let folder = Folder::with(
        "v1",
        &[
            ("membership", "9:name=systemd:/\n4:cpu,memory:/lab/runner\n0::/\n"),
            ("memory/lab/runner/cgroup.procs", "7\n"),
            ("memory/lab/runner/memory.max_usage_in_bytes", "123456\n"),
        ],
    );
    assert_eq!(folder.words(), "cgroup_bytes=0 cgroup_source=v1-max");
}

#[test]
fn version_2_is_reset_and_read_through_one_descriptor() {
    let folder =
        Folder::with("v2", &[("membership", "0::/lab\n"), ("lab/cgroup.procs", "7\n"), ("lab/memory.peak", "4096\n")]);
    // A file of a disk keeps what was written to it, which no kernel would answer: not a number, so no figure.
    assert_eq!(folder.words(), "cgroup_source=none");
    assert!(fs::read_to_string(folder.0.join("lab/memory.peak")).unwrap().starts_with("reset"));
}

#[test]
fn a_group_that_is_shared_is_neither_read_nor_reset() {
    for members in ["7\n8\n", "8\n", ""] {
        let folder = Folder::with(
            "shared",
            &[
                ("membership", "4:memory:/lab\n0::/lab\n"),
                ("memory/lab/cgroup.procs", members),
                ("memory/lab/memory.max_usage_in_bytes", "5\n"),
                ("lab/cgroup.procs", members),
                ("lab/memory.peak", "5\n"),
            ],
        );
        assert_eq!(folder.words(), "cgroup_source=none", "members {members:?}");
        for file in ["memory/lab/memory.max_usage_in_bytes", "lab/memory.peak"] {
            assert_eq!(fs::read_to_string(folder.0.join(file)).unwrap(), "5\n", "{file}");
        }
    }
}

#[test]
fn no_group_is_no_figure() {
    for membership in ["", "garbage", "4:memory\n", "0::/nowhere\n"] {
        assert_eq!(Folder::with("none", &[("membership", membership)]).words(), "cgroup_source=none");
    }
    let nothing = Path::new("/nonexistent");
    assert_eq!(Cgroup::start_in(nothing, nothing, 7).words(), "cgroup_source=none");
}

#[test]
fn the_usage_is_that_of_a_group_of_our_own_or_none() {
    for (members, own) in [("7\n", true), ("7\n8\n", false), ("", false)] {
        let second = [("membership", "0::/lab\n"), ("lab/cgroup.procs", members), ("lab/memory.current", "4096\n")];
        assert_eq!(Folder::with("usage-v2", &second).usage(), own.then_some(4096), "members {members:?}");
        let first = [
            ("membership", "4:memory:/lab\n0::/\n"),
            ("memory/lab/cgroup.procs", members),
            ("memory/lab/memory.usage_in_bytes", "8192\n"),
        ];
        assert_eq!(Folder::with("usage-v1", &first).usage(), own.then_some(8192), "members {members:?}");
    }
    let mounted = [("membership", "0::/elsewhere\n"), ("cgroup.procs", "7\n"), ("memory.current", "512\n")];
    assert_eq!(Folder::with("usage-root", &mounted).usage(), Some(512));
    assert_eq!(Folder::with("usage-none", &[("membership", "1:cpu:/\n")]).usage(), None);
}
