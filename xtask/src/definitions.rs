//! `engines.toml` and `workloads/*.toml`: what there is to run, as data. `benches/workloads/README.md` describes the files.

mod engine;
mod reader;
mod workload;

use std::fs;
use std::path::{Path, PathBuf};

pub(crate) use self::engine::{Engine, Family, InFlight};
pub(crate) use self::workload::{Contestant, Expect, LimitKind, ProcessUse, Size, Workload};
use crate::failure::Failure;

/// Everything that the files say.
#[derive(Debug)]
pub(crate) struct Definitions {
    pub(crate) engines: Vec<Engine>,
    /// Sorted by name, so that a run has the same order everywhere.
    pub(crate) workloads: Vec<Workload>,
}

impl Definitions {
    /// Reads `folder/engines.toml` and `folder/workloads/*.toml`, and checks that they fit together.
    pub(crate) fn load(folder: &Path) -> Result<Definitions, Failure> {
        let engines = engine::parse(&reader::File::open(&folder.join("engines.toml"))?)?;
        let mut workloads = Vec::new();
        for path in toml_files(&folder.join("workloads"))? {
            workloads.push(workload::parse(&reader::File::open(&path)?, &engines)?);
        }
        Ok(Definitions { engines, workloads })
    }

    pub(crate) fn engine(&self, name: &str) -> Option<&Engine> {
        self.engines.iter().find(|engine| engine.name == name)
    }
}

fn toml_files(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let unreadable = |error| Failure::io(format_args!("cannot read the folder {}", folder.display()), &error);
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if path.extension().is_some_and(|extension| extension == "toml") {
            files.push(path);
        }
    }
    files.sort();
    if files.is_empty() {
        return Err(Failure::Setup(format!("{} holds no workload (no .toml file)", folder.display())));
    }
    Ok(files)
}

#[cfg(test)]
mod tests;
