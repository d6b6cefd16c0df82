//! A program outside of the workspace depends on one adapter alone, scrapes with it, and gets no other runtime.
//!
//! The exception is the crate tokio itself (with mio), which hyper, h2 and hyper-util compile for its traits and channels and
//! whose runtime nobody starts.
//!
//! The programs are written, built and run here: what a user does after `cargo add`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use gather_conformance::origin::Origin;

/// The program, the same for every runtime but for its first line and the host's constructor.
const PROGRAM: &str = r#"
use ADAPTER::{HOST, prelude::*};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let requests = std::env::args().skip(1).map(get).collect::<Result<Vec<_>, _>>()?;
    CONSTRUCTOR.run(async |runtime| {
        let mut pages = runtime.scraper().concurrency(4).drive(requests);
        while let Some(page) = pages.next().await {
            match page {
                Ok(page) => println!("page {} {}", page.url.path(), page.output.body.len()),
                Err(error) => println!("error {error}"),
            }
        }
    });
    Ok(())
}
"#;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ is in the workspace").to_owned()
}

/// Writes the program's package and returns its folder.
fn package(adapter: &str, host: &str, constructor: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("outside-{adapter}"));
    fs::create_dir_all(folder.join("src")).expect("a folder");
    let path = root().join("crates").join(adapter);
    let manifest = format!(
        "[package]\nname = \"outside-{adapter}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n\
         [dependencies]\n{adapter} = {{ path = {path:?} }}\n\n[workspace]\n\n[profile.dev]\ndebug = false\n"
    );
    fs::write(folder.join("Cargo.toml"), manifest).expect("a manifest");
    // The versions that the workspace is tested with; what is not needed cargo strikes out.
    fs::copy(root().join("Cargo.lock"), folder.join("Cargo.lock")).expect("the workspace's lock file");
    let module = adapter.replace('-', "_");
    let program = PROGRAM.replace("ADAPTER", &module).replace("HOST", host).replace("CONSTRUCTOR", constructor);
    fs::write(folder.join("src/main.rs"), program).expect("a program");
    folder
}

fn cargo(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO"))
        .arg("--offline")
        .args(arguments)
        .current_dir(folder)
        // One target folder for all of them: hyper and rustls are built once.
        .env("CARGO_TARGET_DIR", Path::new(env!("CARGO_TARGET_TMPDIR")).join("outside-target"))
        .output()
        .expect("cargo runs")
}

fn check(adapter: &str, host: &str, constructor: &str, others: &[&str]) {
    let folder = package(adapter, host, constructor);

    let tree = cargo(&folder, &["tree", "--edges", "normal", "--prefix", "none", "--format", "{p}"]);
    assert!(tree.status.success(), "{}", String::from_utf8_lossy(&tree.stderr));
    let tree = String::from_utf8_lossy(&tree.stdout).into_owned();
    for other in others {
        assert!(
            !tree.lines().any(|line| line.split(' ').next() == Some(other)),
            "a program on {adapter} got {other}:\n{tree}"
        );
    }

    let origin = Origin::start();
    let (one, two, refused) = (origin.url("/bytes/1000"), origin.url("/chunked/3/500"), origin.refused_url());
    let run = cargo(&folder, &["run", "--quiet", "--", &one, &two, &refused]);
    let (out, errors) = (String::from_utf8_lossy(&run.stdout), String::from_utf8_lossy(&run.stderr));
    assert!(run.status.success(), "{errors}");
    let mut lines: Vec<_> = out.lines().collect();
    lines.sort_unstable();
    assert_eq!(lines.len(), 3, "{out}\n{errors}");
    assert!(lines[0].starts_with("error connecting to http://127.0.0.1:"), "{out}");
    assert_eq!(lines[1..], ["page /bytes/1000 1000", "page /chunked/3/500 1500"], "{out}");

    let bad = cargo(&folder, &["run", "--quiet", "--", "not-an-address"]);
    assert!(!bad.status.success(), "a bad address has to end the program with an error");
    assert!(String::from_utf8_lossy(&bad.stderr).contains("not-an-address"), "and the error has to name it");
}

#[test]
fn a_program_on_each_adapter_alone() {
    check("gather-tokio", "Tokio", "Tokio::new()?", &["smol", "async-std", "async-io", "async-executor"]);
    check("gather-smol", "Smol", "Smol::new()?", &["async-std", "async-global-executor", "gather-tokio"]);
    check("gather-async-std", "AsyncStd", "AsyncStd::new()", &["smol", "gather-tokio", "gather-smol"]);
}
