//! `cargo xtask record [RUN]`: keeps a finished run in the repository, with its report beside it; of a self-test, its findings.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use crate::counting;
use crate::failure::Failure;
use crate::flags::Record;
use crate::markdown;
use crate::numbers;
use crate::results::{self, FILE, Loaded, columns};
use crate::runs;
use crate::say;
use crate::selftest::recorded::{self, Recorded};
use crate::splice::records_root;

/// A repository keeps a record for good: from here on long histograms are thinned.
const LARGE_BYTES: usize = 2_000_000;
/// To so many buckets, as many as leave it small enough. Of 64 a quantile is too high by a few per cent at most; of 16 the far
/// ones are right and those in the middle coarse, but what the tables show of them are words of their own.
const BUCKETS: [usize; 3] = [64, 32, 16];

/// Copies the run and writes its report.
pub(crate) fn run(flags: &Record) -> Result<(), Failure> {
    let path = runs::find(flags.run.as_deref(), flags.results.as_deref())?;
    let findings = if path.is_dir() { path.join(recorded::FILE) } else { path.with_file_name(recorded::FILE) };
    if findings.is_file() {
        return selftest(flags, &findings);
    }
    let run = results::load(&path)?;
    finished(&run)?;
    let report = markdown::report(&run)?;
    let unreadable = |error| Failure::io(format_args!("cannot read {}", run.path.display()), &error);
    let text = fs::read_to_string(&run.path).map_err(unreadable)?;
    let pack = |text: &str| {
        columns::pack(text).map_err(|message| Failure::Setup(format!("{}: {message}", run.path.display())))
    };
    let (mut packed, mut thinned) = (pack(&text)?, None);
    for buckets in BUCKETS {
        if packed.len() > LARGE_BYTES {
            let (shorter, histograms) = thin(&text, buckets)?;
            thinned = Some((histograms, buckets));
            packed = pack(&shorter)?;
        }
    }
    let text = packed;
    let folder = records_root(flags.records.as_deref()).join(name(
        flags,
        run.text("utc"),
        &runs::environment(&run, "cpu_model"),
        "",
    )?);
    write(&folder, &[(FILE, &text), ("report.md", &report)])?;
    let counts = runs::folder(&run).join(counting::FILE);
    if counts.is_file() {
        let copied = fs::copy(&counts, folder.join(counting::FILE));
        copied.map_err(|error| Failure::io(format_args!("cannot copy {}", counts.display()), &error))?;
    }
    say::out(&format!("{}\n", folder.display()));
    say::note(&format!("{FILE} {} KB, report.md {} KB", text.len().div_ceil(1000), report.len().div_ceil(1000)));
    if let Some((histograms, buckets)) = thinned {
        say::note(&format!(
            "{} histograms were thinned to {buckets} buckets each, and the header says so",
            numbers::thousands(histograms as u64)
        ));
    }
    // What was written must still be the same run, or it is no record.
    let kept = results::load(&folder)?;
    let trials = |run: &Loaded| run.outcomes.values().map(|outcome| outcome.trials.len()).sum::<usize>();
    match trials(&kept) == trials(&run) {
        true => Ok(()),
        false => Err(Failure::Setup(format!("{} does not hold every trial of the run", folder.display()))),
    }
}

/// Keeps the findings of a self-test and each of its tries in short. Its trials are hundreds of megabytes and stay behind.
fn selftest(flags: &Record, file: &Path) -> Result<(), Failure> {
    let recorded = Recorded::read(file)?;
    recorded.check()?;
    let unreadable = |error| Failure::io(format_args!("cannot read {}", file.display()), &error);
    let text = fs::read_to_string(file).map_err(unreadable)?;
    let name = name(flags, recorded.text("utc"), recorded.environment("cpu_model"), "-selftest")?;
    let folder = records_root(flags.records.as_deref()).join(name);
    write(&folder, &[(recorded::FILE, &text)])?;
    say::out(&format!("{}\n", folder.display()));
    say::note(&format!("{} {} KB, without the trials of the tries", recorded::FILE, text.len().div_ceil(1000)));
    Ok(())
}

/// Refuses a run that was cut short in the middle of a table; says which tables it does not have at all.
fn finished(run: &Loaded) -> Result<(), Failure> {
    let mut empty = Vec::new();
    for (planned, cell, outcome) in run.cells() {
        if outcome.is_empty() {
            empty.push(format!("{} ({})", planned.name, cell.title));
            continue;
        }
        for (index, entry) in cell.entries.iter().enumerate().filter(|(index, _)| !outcome.is_out(*index)) {
            // The same round may be there twice, from before and after it was resumed.
            let rounds = (1..=cell.rounds())
                .filter(|round| outcome.trials.iter().any(|trial| trial.entry == index && trial.round == *round))
                .count();
            if rounds < cell.rounds() {
                return Err(Failure::Setup(format!(
                    "{} is not finished: {} ({}) has {rounds} of {} rounds of {}; `cargo xtask bench --resume={}` goes on with it",
                    run.path.display(),
                    planned.name,
                    cell.title,
                    cell.rounds(),
                    entry.label,
                    runs::folder(run).display()
                )));
            }
        }
    }
    if !empty.is_empty() {
        say::note(&format!("not measured in this run: {}", empty.join("; ")));
    }
    Ok(())
}

/// `2026-11-22-intel-xeon-platinum-8375c`, or what `--name` says.
fn name(flags: &Record, utc: &str, cpu_model: &str, kind: &str) -> Result<String, Failure> {
    if let Some(name) = &flags.name {
        let plain = |letter: char| letter.is_ascii_alphanumeric() || "-_.".contains(letter);
        return match !name.is_empty() && !name.starts_with('.') && name.chars().all(plain) {
            true => Ok(name.clone()),
            false => Err(Failure::Setup(format!(
                "`--name {name}`: expected the name of a folder, of letters, digits, `-`, `_` and `.`"
            ))),
        };
    }
    let date = utc.split('T').next().unwrap_or_default();
    Ok(format!("{date}-{}{kind}", slug(cpu_model)))
}

/// A CPU's name without its marks and clock: what tells machines apart.
fn slug(model: &str) -> String {
    let model = model.split('@').next().unwrap_or_default().replace("(R)", "").replace("(TM)", "");
    let words = model
        .split(|letter: char| !letter.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty() && !["CPU", "Processor"].contains(word));
    let slug = words.map(str::to_lowercase).collect::<Vec<String>>().join("-");
    if slug.is_empty() { "unknown".into() } else { slug }
}

fn write(folder: &Path, files: &[(&str, &String)]) -> Result<(), Failure> {
    if folder.exists() {
        return Err(Failure::Setup(format!(
            "{} is there already; records are never overwritten: choose a --name",
            folder.display()
        )));
    }
    let unwritable = |path: PathBuf| move |error| Failure::io(format_args!("cannot write {}", path.display()), &error);
    fs::create_dir_all(folder).map_err(unwritable(folder.to_path_buf()))?;
    for (name, text) in files {
        fs::write(folder.join(name), text).map_err(unwritable(folder.join(name)))?;
    }
    Ok(())
}

/// The file with every histogram of more than so many buckets thinned, and how many there were.
fn thin(text: &str, buckets: usize) -> Result<(String, usize), Failure> {
    let mut thinned = 0;
    let mut lines = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let wrong = |error| Failure::Setup(format!("line {}: is not JSON: {error}", number + 1));
        let mut object: Map<String, Value> = serde_json::from_str(line).map_err(wrong)?;
        for value in object.values_mut() {
            if let Some(shorter) = value.as_str().and_then(|text| thin_histogram(text, buckets)) {
                *value = shorter.into();
                thinned += 1;
            }
        }
        lines.push(object);
    }
    if let Some(header) = lines.first_mut().filter(|_| thinned > 0) {
        let what = format!(
            "{thinned} histograms of trials, to {buckets} buckets each, by adding counts to the next larger value"
        );
        header.insert("thinned".into(), what.into());
    }
    let lines = lines.into_iter().map(|line| format!("{}\n", Value::Object(line)));
    Ok((lines.collect(), thinned))
}

/// `value:count` pairs with neighbours put together under the larger value, so that no quantile becomes smaller. `None` when
/// it is no histogram, or a short one.
fn thin_histogram(text: &str, buckets: usize) -> Option<String> {
    let pair = |pair: &str| {
        let (value, count) = pair.split_once(':')?;
        Some((value.parse::<u64>().ok()?, count.parse::<u64>().ok()?))
    };
    let pairs: Vec<(u64, u64)> = text.split(',').map(pair).collect::<Option<_>>()?;
    if pairs.len() <= buckets {
        return None;
    }
    // The largest values stand alone, since the far quantiles are read from them.
    let (body, tail) = pairs.split_at(pairs.len() - buckets / 2);
    let merged = body
        .chunks(body.len().div_ceil(buckets / 2))
        .map(|chunk| (chunk[chunk.len() - 1].0, chunk.iter().map(|(_, count)| count).sum()));
    let pairs = merged.chain(tail.iter().copied()).map(|(value, count): (u64, u64)| format!("{value}:{count}"));
    Some(pairs.collect::<Vec<_>>().join(","))
}

#[cfg(test)]
mod tests;
