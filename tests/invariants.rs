//! The invariants of ARCHITECTURE.md that a machine can hold: who may know whom, and what every file and crate must have.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ is in the workspace").to_owned()
}

/// The names of all packages in the normal dependency tree of `package`, itself included.
fn tree(package: &str) -> BTreeSet<String> {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--package", package, "--edges", "normal", "--prefix", "none", "--format", "{p}", "--locked"])
        .arg("--offline")
        .current_dir(root())
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "cargo tree -p {package}: {}", String::from_utf8_lossy(&output.stderr));
    let lines = String::from_utf8(output.stdout).expect("cargo prints UTF-8");
    lines.lines().filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect()
}

#[track_caller]
fn none_of(package: &str, forbidden: &[&str]) {
    let tree = tree(package);
    let found: Vec<_> = forbidden.iter().filter(|name| tree.contains(**name)).collect();
    assert!(found.is_empty(), "{package} must not depend on {found:?}");
}

const RUNTIMES: [&str; 9] =
    ["tokio", "async-std", "smol", "async-io", "async-executor", "async-global-executor", "blocking", "mio", "polling"];

#[test]
fn the_core_knows_no_runtime_and_stays_small() {
    none_of("gather-core", &RUNTIMES);
    none_of("gather-core", &["rayon", "rayon-core", "hyper", "url", "socket2", "libc", "rustls"]);
    let tree = tree("gather-core");
    assert!(tree.len() <= 12, "gather-core's tree has grown to {}: {tree:?}", tree.len());
}

#[test]
fn parsers_do_no_io() {
    none_of("gather-html", &RUNTIMES);
    none_of("gather-html", &["hyper", "socket2", "rayon"]);
}

#[test]
fn policies_do_no_io() {
    none_of("gather-client", &RUNTIMES);
    none_of("gather-client", &["hyper", "socket2", "rayon", "rustls"]);
}

#[test]
fn rayon_knows_no_io() {
    none_of("gather-rayon", &RUNTIMES);
    none_of("gather-rayon", &["hyper", "socket2", "gather-http"]);
}

#[test]
fn the_controls_know_no_runtime() {
    none_of("gather-blocking", &RUNTIMES);
    none_of("gather-blocking", &["hyper", "gather-http"]);
}

#[test]
fn adapters_know_no_other_runtime() {
    // hyper-rustls brings hyper-util and with it the crate tokio, whose runtime nobody starts; see gather-http's manifest.
    none_of("gather-tokio", &["async-std", "smol", "async-io", "async-executor", "gather-smol", "gather-async-std"]);
    none_of("gather-smol", &["async-std", "async-global-executor", "gather-tokio", "gather-async-std"]);
    none_of("gather-async-std", &["smol", "gather-tokio", "gather-smol"]);
}

#[test]
fn transports_know_no_other_transport() {
    none_of("gather-reqwest", &["async-std", "smol", "async-io", "isahc", "surf", "gather-http", "aws-lc-rs"]);
    none_of("gather-isahc", &["tokio", "async-std", "smol", "hyper", "reqwest", "surf", "gather-http"]);
}

#[test]
fn xtask_links_no_runtime_and_no_client() {
    none_of("xtask", &RUNTIMES);
    none_of("xtask", &["hyper", "ureq", "rustls", "rayon", "clap", "syn", "gather-core"]);
}

#[test]
fn every_member_inherits_the_lints_and_forbids_unsafe_code() {
    let mut checked = 0;
    for manifest in manifests() {
        let text = fs::read_to_string(&manifest).expect("a manifest");
        let at = manifest.display();
        assert!(text.contains("[lints]\nworkspace = true"), "{at} does not inherit the workspace's lints");
        assert!(!text.contains("[lib]") || text.contains("bench = false"), "{at}: `cargo bench` would run the library");
        checked += 1;
    }
    assert!(checked >= 13, "only {checked} manifests were found");
    for library in fs::read_dir(root().join("crates")).expect("crates/").flatten() {
        let file = library.path().join("src/lib.rs");
        if let Ok(text) = fs::read_to_string(&file)
            && !library.path().ends_with("gather-http")
        {
            assert!(text.contains("#![forbid(unsafe_code)]"), "{} does not forbid unsafe code", file.display());
        }
    }
}

#[test]
fn every_file_says_what_it_is_for() {
    let mut checked = 0;
    for directory in ["crates", "tests", "benches", "examples", "xtask"] {
        for file in rust_files(&root().join(directory)) {
            let text = fs::read_to_string(&file).expect("a source file");
            assert!(text.lines().take(3).any(|line| line.starts_with("//!")), "{}: no `//!`", file.display());
            checked += 1;
        }
    }
    assert!(checked > 60, "only {checked} files were found");
}

#[test]
fn adapters_have_the_same_files() {
    let files = |adapter: &str| -> BTreeSet<String> {
        let directory = fs::read_dir(root().join("crates").join(adapter).join("src")).expect("an adapter");
        directory.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
    };
    let (tokio, smol, async_std) = (files("gather-tokio"), files("gather-smol"), files("gather-async-std"));
    assert_eq!(tokio, smol);
    // async-std has no executor of one's own, so nothing local either.
    let without_local: BTreeSet<_> = tokio.into_iter().filter(|file| file != "local.rs").collect();
    assert_eq!(without_local, async_std);
}

#[test]
fn one_builder_has_every_setting() {
    let source = |path: &str| fs::read_to_string(root().join("crates").join(path)).expect("a source file");
    let whole = source("gather-http/src/web/builder.rs");
    let layers =
        ["gather-client/src/client/builder.rs", "gather-http/src/builder.rs", "gather-http/src/builder/tls.rs"];
    // A deadline that is set with the others, and what the engine's pool does not need.
    let elsewhere = ["connect_deadline", "careless_pools"];
    let mut settings = 0;
    for text in layers.map(source) {
        let (_, builder) = text.split_once("Builder").expect("a builder");
        // The deadlines have setters too, and are a setting as a whole.
        let builder = builder.split_once("impl ClientBuilder").map_or(builder, |(_, methods)| methods);
        for name in
            builder.split("pub fn ").skip(1).filter_map(|rest| rest.split_once("(mut self")).map(|(name, _)| name)
        {
            if name.contains(['(', '\n']) || elsewhere.contains(&name) {
                continue;
            }
            let has = whole.contains(&format!("    {name}(")) || whole.contains(&format!("fn {name}("));
            assert!(has, "gather_http::ClientBuilder has no `{name}`");
            settings += 1;
        }
    }
    assert!(settings >= 30, "only {settings} settings were found");
}

fn manifests() -> Vec<PathBuf> {
    let crates = fs::read_dir(root().join("crates")).expect("crates/").flatten().map(|entry| entry.path());
    let others = ["tests", "benches", "examples", "xtask"].map(|name| root().join(name));
    crates.chain(others).map(|directory| directory.join("Cargo.toml")).filter(|manifest| manifest.exists()).collect()
}

fn rust_files(directory: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() && !path.ends_with("target") {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files
}
