//! The policies between exchanges, each driven from tables and from arbitrary input. No socket, no clock, no sleep.

mod cache;
mod cache_stores;
mod cookies;
mod credentials;
mod origin;
mod redirect;
mod retry;
mod urls;

/// The folder of outside test data, or a line that says why it is not there.
fn suites() -> Option<std::path::PathBuf> {
    let default = || std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/suites");
    let folder = std::env::var_os("GATHER_SUITES").map_or_else(default, Into::into);
    if folder.is_dir() {
        return Some(folder);
    }
    println!("outside suite not run: GATHER_SUITES is not set, and {} is not there", folder.display());
    None
}
