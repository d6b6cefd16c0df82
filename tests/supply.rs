//! The supply chain, as far as the lock file tells: what has an advisory against it comes in through the two crates that
//! are kept in spite of it, and no other way. `.ci/supply` asks whether there are more advisories.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::{env, fs};

use toml::{Table, Value};

/// Crates whose dependencies have advisories against them that no version mends; nobody gets one who does not ask for it.
const KEPT_IN_SPITE: [&str; 2] = ["gather-async-std", "gather-surf"];

/// Who names a dependency of theirs directly, to show it beside ours: the lab and the guide, which nobody depends on.
const COMPARISONS: [(&str, &str); 2] = [("gather-benches", "async-std"), ("gather-examples", "async-std")];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ is in the workspace").to_owned()
}

fn read(file: &str) -> Table {
    let text = fs::read_to_string(root().join(file)).expect("a file of the workspace");
    text.parse().unwrap_or_else(|error| panic!("{file}: {error}"))
}

/// The ids that `deny.toml` lets pass.
fn ignored() -> Vec<String> {
    let deny = read("deny.toml");
    let ignored = deny["advisories"]["ignore"].as_array().expect("a list");
    let id = |entry: &Value| {
        assert!(!entry["reason"].as_str().expect("a reason").is_empty());
        entry["id"].as_str().expect("an id: nothing is let pass as a whole").to_owned()
    };
    ignored.iter().map(id).collect()
}

/// The package that an advisory is about, from the copy of the database; `None`, said in a line, where there is no copy.
fn package(id: &str) -> Option<String> {
    let beside = || root().join("../shared/advisory-db");
    let database = env::var_os("GATHER_ADVISORY_DB").map_or_else(beside, PathBuf::from).join("crates");
    let Ok(packages) = fs::read_dir(&database) else {
        eprintln!("not run for {id}: no advisories at {}; set GATHER_ADVISORY_DB", database.display());
        return None;
    };
    let about = packages.flatten().find(|package| package.path().join(format!("{id}.md")).exists());
    let about = about.unwrap_or_else(|| panic!("deny.toml lets {id} pass, which is no advisory"));
    Some(about.file_name().to_string_lossy().into_owned())
}

/// Who depends on whom, by name and whatever the version; and which are ours.
struct Lock {
    depends: BTreeMap<String, BTreeSet<String>>,
    members: Vec<String>,
}

impl Lock {
    fn read() -> Self {
        let mut lock = Lock { depends: BTreeMap::new(), members: Vec::new() };
        for package in read("Cargo.lock")["package"].as_array().expect("a list") {
            let name = package["name"].as_str().expect("a name").to_owned();
            let all = package.get("dependencies").and_then(Value::as_array).into_iter().flatten();
            let names = all.filter_map(|entry| entry.as_str()?.split(' ').next().map(str::to_owned));
            lock.depends.entry(name.clone()).or_default().extend(names);
            if package.get("source").is_none() {
                lock.members.push(name);
            }
        }
        lock
    }

    /// All that `from` brings along, without what only the crates kept in spite, or a comparison, bring.
    fn brings(&self, from: &str) -> BTreeSet<&str> {
        let mut brought = BTreeSet::new();
        let mut to_see: Vec<&str> = vec![self.depends.get_key_value(from).expect("a package").0];
        while let Some(package) = to_see.pop() {
            if KEPT_IN_SPITE.contains(&package) || !brought.insert(package) {
                continue;
            }
            let next = self.depends[package].iter().map(String::as_str);
            to_see.extend(next.filter(|next| !COMPARISONS.contains(&(package, *next))));
        }
        brought
    }
}

#[test]
fn what_has_an_advisory_comes_through_the_crates_kept_in_spite_of_it() {
    let lock = Lock::read();
    assert!(lock.members.len() > 13 && lock.brings("gather-core").contains("bytes"), "not the workspace's lock file");
    let ignored = ignored();
    assert!(ignored.len() == ignored.iter().collect::<BTreeSet<_>>().len(), "one is there twice: {ignored:?}");
    for id in ignored {
        let Some(package) = package(&id) else { continue };
        assert!(lock.depends.contains_key(&package), "{package} is gone: deny.toml need not let {id} pass");
        for member in lock.members.iter().filter(|member| !KEPT_IN_SPITE.contains(&member.as_str())) {
            let brings = lock.brings(member);
            assert!(!brings.contains(package.as_str()), "{member} brings {package}, which {id} is against");
        }
    }
}

#[test]
fn what_is_a_comparison_still_is_one() {
    let lock = Lock::read();
    for (member, package) in COMPARISONS {
        assert!(lock.depends[member].contains(package), "{member} no longer names {package}");
    }
}
