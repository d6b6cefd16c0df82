//! The adapter outside of the workspace builds by itself and keeps the laws.

use std::path::Path;
use std::process::{Command, Output};

#[test]
fn own_adapter_keeps_the_laws() {
    let output = cargo(&["test", "--locked"]);
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}\n{}", String::from_utf8_lossy(&output.stderr));
    for law in ["cancellation_is_joined", "run_ends_what_it_spawned", "sleep_works_on_any_thread"] {
        assert!(text.contains(&format!("test {law} ... ok")), "the law {law} did not run:\n{text}");
    }
    assert!(!text.contains(" ... ignored"), "a law was left out:\n{text}");
}

/// It needs gather-core, and with that no runtime and no HTTP client.
#[test]
fn own_adapter_depends_on_the_core_alone() {
    let output = cargo(&["tree", "--locked", "--edges", "normal", "--prefix", "depth"]);
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let direct: Vec<_> = text.lines().filter_map(|line| line.strip_prefix('1')).collect();
    assert!(matches!(direct[..], [only] if only.starts_with("gather-core ")), "{text}");
    for unwanted in ["tokio", "async-io", "async-executor", "hyper", "gather-http"] {
        assert!(!text.contains(&format!("{unwanted} v")), "{unwanted} is in its tree:\n{text}");
    }
}

fn cargo(arguments: &[&str]) -> Output {
    let package = Path::new(env!("CARGO_MANIFEST_DIR")).join("own-adapter");
    let mut command = Command::new(env!("CARGO"));
    command.args(arguments).current_dir(package);
    // Of its own, since the one outside is locked while this test runs; and kept, so that the next run builds little.
    command.env("CARGO_TARGET_DIR", Path::new(env!("CARGO_TARGET_TMPDIR")).join("own-adapter"));
    command.output().unwrap_or_else(|error| panic!("cargo cannot be started: {error}"))
}
