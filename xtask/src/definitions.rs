//! `engines.toml` and `workloads/*.toml`: what there is to run, as data. `benches/workloads/README.md` describes the files.

mod engine;
mod fitting;
mod published;
mod reader;
mod server;
mod workload;

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

pub(crate) use self::engine::{Engine, Family, InFlight};
pub(crate) use self::published::{Figures, Published};
pub(crate) use self::server::Server;
pub(crate) use self::workload::{Class, Contestant, Expect, LimitKind, ProcessUse, Size, Workload};
use crate::failure::Failure;

/// Everything that the files say.
#[derive(Debug)]
pub(crate) struct Definitions {
    pub(crate) engines: Vec<Engine>,
    /// By class, then by name, so that a run has the same order everywhere.
    pub(crate) workloads: Vec<Workload>,
}

impl Definitions {
    /// Reads `folder/engines.toml`, `folder/workloads/*.toml` (curated) and `folder/workloads/CLASS/*.toml`, and checks
    /// that they fit together.
    pub(crate) fn load(folder: &Path) -> Result<Definitions, Failure> {
        let engines = engine::parse(&reader::File::open(&folder.join("engines.toml"))?)?;
        let root = folder.join("workloads");
        let mut workloads: Vec<Workload> = Vec::new();
        let classes = Class::ALL.map(|class| (root.join(class.name()), class));
        for (folder, class) in std::iter::once((root.clone(), Class::Curated)).chain(classes) {
            for path in toml_files(&folder)? {
                let workload = workload::parse(&reader::File::open(&path)?, class, &engines)?;
                if workloads.iter().any(|known| known.name == workload.name) {
                    let name = path.display();
                    return Err(Failure::Setup(format!("{name}: there is another workload of this name")));
                }
                workloads.push(workload);
            }
        }
        if workloads.is_empty() {
            return Err(Failure::Setup(format!("{} holds no workload (no .toml file)", root.display())));
        }
        Ok(Definitions { engines, workloads })
    }

    pub(crate) fn engine(&self, name: &str) -> Option<&Engine> {
        self.engines.iter().find(|engine| engine.name == name)
    }
}

/// The files of a folder, sorted; none when there is no such folder.
fn toml_files(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let unreadable = |error| Failure::io(format_args!("cannot read the folder {}", folder.display()), &error);
    let mut files = Vec::new();
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(files),
        entries => entries.map_err(unreadable)?,
    };
    for entry in entries {
        let path = entry.map_err(unreadable)?.path();
        if path.extension().is_some_and(|extension| extension == "toml") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests;
