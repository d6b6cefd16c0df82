//! Pages at hand for parsers to be measured on, and where the toolchain's documentation is.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use bytes::Bytes;
use gather_core::http::{HeaderMap, StatusCode, Version};
use gather_core::{Head, Page};

/// The page at `path` of a server of our own.
pub(crate) fn page(path: &str, body: Vec<u8>) -> Page {
    let url = format!("http://localhost/{path}").parse().expect("a valid address");
    let head = Head { url, status: StatusCode::OK, version: Version::HTTP_11, headers: HeaderMap::new() };
    Page { head, body: Bytes::from(body) }
}

/// The folder of the Rust documentation; there need be nothing in it.
pub(crate) fn folder() -> Option<PathBuf> {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let printed = Command::new(rustc).args(["--print", "sysroot"]).output().ok()?.stdout;
    Some(Path::new(std::str::from_utf8(&printed).ok()?.trim()).join("share/doc/rust/html"))
}
