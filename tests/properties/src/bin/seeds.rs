//! Writes the seeds of every target as files, for libFuzzer to begin with: `seeds FOLDER` fills `FOLDER/TARGET/`.

#![forbid(unsafe_code)]

use std::path::PathBuf;
use std::{env, fs, io};

use gather_properties::{TARGETS, seeds};

fn main() -> io::Result<()> {
    let mut arguments = env::args_os().skip(1);
    let (Some(folder), None) = (arguments.next().map(PathBuf::from), arguments.next()) else {
        return Err(io::Error::other("expected one argument: the folder that the seeds go into"));
    };
    let suites = seeds::suites();
    for (target, _) in TARGETS {
        let folder = folder.join(target);
        fs::create_dir_all(&folder)?;
        let seeds = seeds::of(target, suites.as_deref());
        for (number, seed) in seeds.iter().enumerate() {
            fs::write(folder.join(format!("seed-{number:04}")), seed)?;
        }
        println!("{target}: {} seeds", seeds.len());
    }
    Ok(())
}
