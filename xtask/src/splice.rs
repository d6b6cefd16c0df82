//! `cargo xtask report --splice FILE`: tables of recorded runs between the markers of a document, so that no figure in it is
//! typed by hand or older than the newest record.

use std::fs;
use std::path::{Path, PathBuf};

use crate::compile;
use crate::cost;
use crate::failure::{Failure, REGRESSION};
use crate::markdown;
use crate::results::{self, FILE, Loaded};
use crate::say;

const BEGIN: &str = "<!-- BEGIN: ";
const END: &str = "<!-- END: ";
const CLOSE: &str = " -->";
/// The tables of a workload, or from how many in flight on async pays in it.
const KINDS: [&str; 2] = ["report", "cost"];

/// Rewrites the file, or only says whether it is what it would be; the number is the exit code.
pub(crate) fn run(file: &Path, records: Option<&Path>, check: bool) -> Result<u8, Failure> {
    let unreadable = |error| Failure::io(format_args!("cannot read {}", file.display()), &error);
    let text = fs::read_to_string(file).map_err(unreadable)?;
    let records = records_root(records);
    let spliced = splice(&text, |name| section(&records, name))
        .map_err(|message| Failure::Setup(format!("{}: {message}", file.display())))?;
    let same = spliced == text;
    match (check, same) {
        (_, true) => say::note(&format!("{} is up to date", file.display())),
        (true, false) => {
            say::note(&format!(
                "{} is not up to date with {}; run `cargo xtask report --splice {}`\n{}",
                file.display(),
                records.display(),
                file.display(),
                first_difference(&text, &spliced)
            ));
            return Ok(REGRESSION);
        }
        (false, false) => {
            let unwritable = |error| Failure::io(format_args!("cannot write {}", file.display()), &error);
            fs::write(file, spliced).map_err(unwritable)?;
            say::note(&format!("{} is written", file.display()));
        }
    }
    Ok(0)
}

/// Where recorded runs are kept.
pub(crate) fn records_root(folder: Option<&Path>) -> PathBuf {
    folder.map_or_else(|| compile::workspace_root().join("benches").join("record"), Path::to_path_buf)
}

/// Replaces what stands between each pair of markers by the section of that name.
fn splice(text: &str, mut section: impl FnMut(&str) -> Result<String, String>) -> Result<String, String> {
    let mut spliced = String::with_capacity(text.len());
    let mut open: Option<(&str, usize)> = None;
    let mut sections = 0;
    for (number, line) in text.split_inclusive('\n').enumerate() {
        let number = number + 1;
        match (marker(line, BEGIN), marker(line, END), open) {
            (Some(name), _, None) => {
                spliced.push_str(line.trim_end());
                spliced.push_str(&format!("\n\n{}\n", section(name)?.trim_end()));
                open = Some((name, number));
                sections += 1;
            }
            (Some(name), _, Some((outer, begin))) => {
                return Err(format!(
                    "line {number}: `{BEGIN}{name}{CLOSE}` stands inside of `{outer}`, which began on line {begin} and has no \
                     `{END}{outer}{CLOSE}`"
                ));
            }
            (None, Some(name), Some((outer, _))) if name == outer => {
                spliced.push_str(&format!("\n{line}"));
                open = None;
            }
            (None, Some(name), _) => {
                return Err(format!("line {number}: `{END}{name}{CLOSE}` has no `{BEGIN}{name}{CLOSE}` before it"));
            }
            (None, None, Some(_)) => {}
            (None, None, None) => spliced.push_str(line),
        }
    }
    match (open, sections) {
        (Some((name, begin)), _) => {
            Err(format!("`{END}{name}{CLOSE}` is missing; `{BEGIN}{name}{CLOSE}` is on line {begin}"))
        }
        (None, 0) => Err(format!(
            "there is no `{BEGIN}report NAME{CLOSE}`; put it and `{END}report NAME{CLOSE}` where the tables of the workload NAME shall stand"
        )),
        (None, _) => Ok(spliced),
    }
}

/// `report NAME` or `cost NAME`; other comments are somebody else's.
fn marker<'l>(line: &'l str, kind: &str) -> Option<&'l str> {
    let marker = line.trim().strip_prefix(kind)?.strip_suffix(CLOSE)?.trim();
    marker.split_once(' ').filter(|(kind, _)| KINDS.contains(kind)).map(|_| marker)
}

/// What a marker asks for, of the workload that it names, from the newest record that has it.
fn section(records: &Path, marker: &str) -> Result<String, String> {
    let (kind, name) = marker.split_once(' ').unwrap_or_default();
    let mut known = Vec::new();
    for (folder, run) in newest_first(records)? {
        if run.plan.iter().any(|planned| planned.name == name) {
            let tables = match kind {
                "cost" => cost::workload(&run, name),
                _ => markdown::workload(&run, name),
            };
            let tables = tables.map_err(|failure| failure.to_string())?;
            return Ok(format!("{tables}\nRecorded in `benches/record/{}`.\n", folder));
        }
        known.extend(run.plan.into_iter().map(|planned| planned.name));
    }
    known.sort_unstable();
    known.dedup();
    Err(format!(
        "`{BEGIN}{marker}{CLOSE}`: no record in {} has this workload (known: {}); measure it and `cargo xtask record` the run",
        records.display(),
        if known.is_empty() { "none".into() } else { known.join(", ") }
    ))
}

/// Every record with the name of its folder, by the time of the run.
fn newest_first(records: &Path) -> Result<Vec<(String, Loaded)>, String> {
    let folders = fs::read_dir(records).map(|entries| entries.flatten().map(|entry| entry.path()).collect::<Vec<_>>());
    let mut runs = Vec::new();
    for folder in folders.unwrap_or_default().into_iter().filter(|folder| folder.join(FILE).is_file()) {
        let run = results::load(&folder).map_err(|failure| failure.to_string())?;
        runs.push((folder.file_name().unwrap_or_default().to_string_lossy().into_owned(), run));
    }
    runs.sort_by(|(a_name, a), (b_name, b)| (b.text("utc"), b_name).cmp(&(a.text("utc"), a_name)));
    Ok(runs)
}

fn first_difference(old: &str, new: &str) -> String {
    let differs = old.lines().zip(new.lines()).position(|(old, new)| old != new);
    let number = differs.unwrap_or_else(|| old.lines().count().min(new.lines().count()));
    let line = |text: &str| text.lines().nth(number).unwrap_or("(nothing)").to_owned();
    format!("line {}:\n  is         {}\n  should be  {}", number + 1, line(old), line(new))
}

#[cfg(test)]
mod tests;
