//! The supply chain, as far as the lock file tells: what has an advisory against it comes in through the two crates that
//! are kept in spite of it, and no other way. `.ci/supply` asks whether there are more advisories.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::{env, fs};

use semver::{Version, VersionReq};
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

/// What an advisory is about.
struct Advisory {
    package: String,
    /// The versions that it is not about.
    mended: Vec<VersionReq>,
}

impl Advisory {
    fn is_about(&self, package: &Package) -> bool {
        package.0 == self.package && !self.mended.iter().any(|versions| versions.matches(&package.1))
    }
}

/// An advisory, from the copy of the database; `None`, said in a line, where there is no copy.
fn advisory(id: &str) -> Option<Advisory> {
    let beside = || root().join("../shared/advisory-db");
    let database = env::var_os("GATHER_ADVISORY_DB").map_or_else(beside, PathBuf::from).join("crates");
    let Ok(packages) = fs::read_dir(&database) else {
        eprintln!("not run for {id}: no advisories at {}; set GATHER_ADVISORY_DB", database.display());
        return None;
    };
    let file = format!("{id}.md");
    let about = packages.flatten().find(|package| package.path().join(&file).exists());
    let about = about.unwrap_or_else(|| panic!("deny.toml lets {id} pass, which is no advisory"));
    let text = fs::read_to_string(about.path().join(file)).expect("an advisory");
    let table: Table =
        text.split("```").nth(1).and_then(|text| text.strip_prefix("toml")).expect("a table").parse().expect("TOML");
    let versions = |key| table["versions"].get(key).and_then(Value::as_array).into_iter().flatten();
    let mended = versions("patched").chain(versions("unaffected")).filter_map(Value::as_str);
    let mended = mended.map(|versions| versions.parse().expect("versions")).collect();
    Some(Advisory { package: about.file_name().to_string_lossy().into_owned(), mended })
}

/// Name and version.
type Package = (String, Version);

/// Who depends on whom, and which are ours.
struct Lock {
    depends: BTreeMap<Package, Vec<Package>>,
    members: Vec<Package>,
}

impl Lock {
    fn read() -> Self {
        let lock = read("Cargo.lock");
        let packages = lock["package"].as_array().expect("a list");
        let known: Vec<Package> = packages.iter().map(id).collect();
        let mut lock = Lock { depends: BTreeMap::new(), members: Vec::new() };
        for (package, id) in packages.iter().zip(&known) {
            let entries = package.get("dependencies").and_then(Value::as_array).into_iter().flatten();
            let depends = entries.map(|entry| named(entry.as_str().expect("a name"), &known)).collect();
            lock.depends.insert(id.clone(), depends);
            if package.get("source").is_none() {
                lock.members.push(id.clone());
            }
        }
        lock
    }

    /// All that `from` brings along, without what only the crates kept in spite, or a comparison, bring.
    fn brings<'a>(&'a self, from: &'a Package) -> BTreeSet<&'a Package> {
        let mut brought = BTreeSet::new();
        let mut to_see = vec![from];
        while let Some(package) = to_see.pop() {
            if KEPT_IN_SPITE.contains(&&*package.0) || !brought.insert(package) {
                continue;
            }
            to_see.extend(self.depends[package].iter().filter(|next| !COMPARISONS.contains(&(&*package.0, &*next.0))));
        }
        brought
    }
}

fn id(package: &Value) -> Package {
    let text = |key: &str| package[key].as_str().expect("text");
    (text("name").to_owned(), text("version").parse().expect("a version"))
}

/// The package that an entry of a lock file names: with its version where there are several of the name.
fn named(entry: &str, known: &[Package]) -> Package {
    let mut words = entry.split(' ');
    let (name, version) = (words.next().expect("a name"), words.next());
    let is_it = |id: &&Package| id.0 == name && version.is_none_or(|version| id.1.to_string() == version);
    known.iter().find(is_it).unwrap_or_else(|| panic!("{entry} is not in the lock file")).clone()
}

#[test]
fn what_has_an_advisory_comes_through_the_crates_kept_in_spite_of_it() {
    let lock = Lock::read();
    let core = lock.members.iter().find(|member| member.0 == "gather-core").expect("the core");
    assert!(lock.members.len() > 13 && lock.brings(core).iter().any(|package| package.0 == "bytes"));
    let ignored = ignored();
    assert!(ignored.len() == ignored.iter().collect::<BTreeSet<_>>().len(), "one is there twice: {ignored:?}");
    for id in ignored {
        let Some(advisory) = advisory(&id) else { continue };
        assert!(lock.depends.keys().any(|package| advisory.is_about(package)), "deny.toml need not let {id} pass");
        for member in &lock.members {
            let brought = lock.brings(member).into_iter().find(|package| advisory.is_about(package));
            assert!(brought.is_none(), "{} brings {brought:?}, which {id} is against", member.0);
        }
    }
}

#[test]
fn what_is_a_comparison_still_is_one() {
    let lock = Lock::read();
    for (member, package) in COMPARISONS {
        let named =
            lock.depends.iter().any(|(id, depends)| id.0 == member && depends.iter().any(|next| next.0 == package));
        assert!(named, "{member} no longer names {package}");
    }
}
