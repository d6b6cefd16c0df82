//! Which pages the origin serves: the user's, the toolchain's documentation, or generated ones.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::compile::workspace_root;
use crate::failure::Failure;

/// The pages of a run.
#[derive(Debug, Clone)]
pub(crate) enum Corpus {
    /// The `.html` files of a folder that the user named, all of them.
    Folder(PathBuf),
    /// Every fifth page of the standard library, the book, the reference and cargo: 615 pages, 17.7 MB with Rust 1.95.
    RustDocumentation(PathBuf),
    /// What the origin generates from its seed, with the same distribution of sizes.
    Generated,
}

/// The folders of the documentation that are prose or API pages written by people.
const FOLDERS: [&str; 4] = ["std", "book", "reference", "cargo"];
/// 199 KiB: the few larger pages would decide everything by themselves.
const MAX_PAGE_BYTES: &str = "203776";
const TAKE_EVERY: &str = "5";

impl Corpus {
    /// The user's folder, else the documentation when it is installed, else generated pages.
    pub(crate) fn choose(folder: Option<&Path>) -> Result<Corpus, Failure> {
        if let Some(folder) = folder {
            if !folder.is_dir() {
                return Err(Failure::Setup(format!("--corpus {}: is not a folder", folder.display())));
            }
            return Ok(Corpus::Folder(folder.to_path_buf()));
        }
        let html = sysroot().map(|sysroot| sysroot.join("share/doc/rust/html"));
        match html.filter(|html| FOLDERS.iter().all(|folder| html.join(folder).is_dir())) {
            Some(html) => Ok(Corpus::RustDocumentation(html)),
            None => Ok(Corpus::Generated),
        }
    }

    /// The origin's arguments for it.
    pub(crate) fn arguments(&self) -> Vec<String> {
        let folder = |path: PathBuf| ["--corpus".to_owned(), path.display().to_string()];
        match self {
            Corpus::Folder(path) => [folder(path.clone()).as_slice(), &words(["--max-page-bytes", "0"])].concat(),
            Corpus::RustDocumentation(html) => {
                let folders = FOLDERS.iter().flat_map(|name| folder(html.join(name)));
                let limits = words(["--max-page-bytes", MAX_PAGE_BYTES, "--take-every", TAKE_EVERY]);
                folders.chain(limits).collect()
            }
            Corpus::Generated => words(["--generated", "615"]).to_vec(),
        }
    }

    /// What the tables call it.
    pub(crate) fn description(&self) -> String {
        match self {
            Corpus::Folder(path) => path.display().to_string(),
            Corpus::RustDocumentation(_) => "the toolchain's documentation".into(),
            Corpus::Generated => "generated pages (the toolchain's documentation is not installed)".into(),
        }
    }
}

fn words<const N: usize>(words: [&str; N]) -> [String; N] {
    words.map(str::to_owned)
}

fn sysroot() -> Option<PathBuf> {
    let output = Command::new("rustc").args(["--print", "sysroot"]).current_dir(workspace_root()).output().ok()?;
    output.status.success().then(|| PathBuf::from(String::from_utf8_lossy(&output.stdout).trim()))
}
