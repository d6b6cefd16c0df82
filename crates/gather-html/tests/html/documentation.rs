//! The toolchain's own documentation, where it is installed: real pages, on which all parsers agree link by link.
//!
//! A sample of them; `GATHER_ALL_PAGES=1 cargo test --release -p gather-html documentation` takes all, some fifty thousand.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use gather_core::parse_page;
use gather_html::{Kinds, Url, extract};

use crate::{links, notice, page};

#[test]
fn both_parsers_agree_on_real_pages() {
    let Some(folder) = documentation() else {
        return notice("skipped: the Rust documentation is not installed (rustup component add rust-docs)");
    };
    let takes_all = env::var_os("GATHER_ALL_PAGES").is_some();
    let parts: &[&str] = if takes_all { &[""] } else { &["std", "book", "reference", "cargo"] };
    let mut files = Vec::new();
    for part in parts {
        collect(&folder.join(part), &mut files);
    }
    files.sort();
    // A debug build takes some twenty times longer, and sees fewer.
    let step = if takes_all {
        1
    } else if cfg!(debug_assertions) {
        50
    } else {
        5
    };
    let (mut pages, mut found) = (0, 0);
    for file in files.iter().step_by(step) {
        let mut page = page(fs::read(file).expect("a readable page"));
        let path = file.strip_prefix(&folder).expect("a page of the folder").display().to_string();
        page.head.url = format!("http://h/{}", path.replace(' ', "%20")).parse().expect("an address");
        let links = links(&page);
        let extracted = parse_page(&extract(Kinds::ANCHORS), &page).expect("within limits");
        let addresses = extracted.links().filter_map(|link| link.address);
        assert!(addresses.eq(links.urls.iter().map(Url::as_str)), "extracted otherwise from {path}");
        found += links.len();
        pages += 1;
    }
    assert!(found > 10 * pages, "documentation is full of links, but {pages} pages have {found}");
}

fn documentation() -> Option<PathBuf> {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let sysroot = Command::new(rustc).args(["--print", "sysroot"]).output().ok()?.stdout;
    let folder = Path::new(std::str::from_utf8(&sysroot).ok()?.trim()).join("share/doc/rust/html");
    folder.join("std").is_dir().then_some(folder)
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "html") {
            files.push(path);
        }
    }
}
