//! Reads a directory of real pages into memory, in an order that does not depend on the file system.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Whoever wants more than this serves from a disk, and the origin's lateness would then be the disk's.
const MOST_BYTES: u64 = 1 << 30;

/// Reads the `.html` files below `folders` that are not larger than `max_page_bytes`, sorted by path as one list (as bytes, with
/// the folders as they were given), and of that list every `take_every`-th: the last of each group, as `awk 'NR % n == 0'` does.
///
/// A symbolic link to a file is read; one to a folder is not entered, so a loop of links cannot hold the origin up.
///
/// # Errors
/// When a folder or file cannot be read, when nothing is left to serve, or when more than a gibibyte is: with a sentence that
/// names the path.
pub(crate) fn read(folders: &[PathBuf], take_every: usize, max_page_bytes: Option<u64>) -> io::Result<Vec<Vec<u8>>> {
    let mut files = Vec::new();
    for folder in folders {
        find_pages(folder, max_page_bytes, &mut files)?;
    }
    files.sort_unstable_by(|a, b| a.path.as_os_str().as_encoded_bytes().cmp(b.path.as_os_str().as_encoded_bytes()));

    let found = files.len();
    let taken: Vec<File> = files.into_iter().skip(take_every - 1).step_by(take_every).collect();
    if taken.is_empty() {
        return Err(io::Error::new(
            io::ErrorKind::NotFound,
            nothing_to_serve(folders, found, take_every, max_page_bytes),
        ));
    }
    let bytes: u64 = taken.iter().map(|file| file.bytes).sum();
    if bytes > MOST_BYTES {
        let message = format!(
            "the corpus holds {bytes} bytes in {} pages, the most is {MOST_BYTES}; see --take-every and --max-page-bytes",
            taken.len()
        );
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, message));
    }
    taken.iter().map(|file| fs::read(&file.path).map_err(|error| named("page", &file.path, &error))).collect()
}

/// The pages in an order in which the first of them are like all of them: neighbours by path describe one module, and a short trial
/// takes the first few only.
///
/// Each is a golden section of the list further than the one before, which spreads any number of them evenly (Weyl 1916).
pub(crate) fn spread<T>(sorted: Vec<T>) -> Vec<T> {
    let count = sorted.len();
    let golden = (count as f64 * 0.618_033_988_749_895).round().max(1.0) as usize;
    // With a step that has no divisor in common with their number each is met once.
    let step = (golden..).find(|step| divisor(*step, count) == 1).unwrap_or(1);
    let mut sorted: Vec<Option<T>> = sorted.into_iter().map(Some).collect();
    (0..count).filter_map(|index| sorted[index * step % count].take()).collect()
}

/// The greatest common one (Euclid).
fn divisor(a: usize, b: usize) -> usize {
    if b == 0 { a } else { divisor(b, a % b) }
}

struct File {
    path: PathBuf,
    bytes: u64,
}

fn find_pages(folder: &Path, max_page_bytes: Option<u64>, files: &mut Vec<File>) -> io::Result<()> {
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        let entries = fs::read_dir(&folder).map_err(|error| named("corpus", &folder, &error))?;
        for entry in entries {
            let entry = entry.map_err(|error| named("corpus", &folder, &error))?;
            let path = entry.path();
            let kind = entry.file_type().map_err(|error| named("corpus", &path, &error))?;
            if kind.is_dir() {
                folders.push(path);
            } else if path.as_os_str().as_encoded_bytes().ends_with(b".html") {
                // A link that leads nowhere is not a page; a page that cannot be looked at will be missed when it is read.
                let Ok(metadata) = fs::metadata(&path) else { continue };
                let fits = max_page_bytes.is_none_or(|most| metadata.len() <= most);
                if metadata.is_file() && fits {
                    files.push(File { path, bytes: metadata.len() });
                }
            }
        }
    }
    Ok(())
}

fn nothing_to_serve(folders: &[PathBuf], found: usize, take_every: usize, max_page_bytes: Option<u64>) -> String {
    let below: Vec<String> = folders.iter().map(|folder| folder.display().to_string()).collect();
    let below = below.join(", ");
    if found > 0 {
        return format!(
            "the corpus below {below} is empty: it has {found} pages, and --take-every {take_every} takes none of them"
        );
    }
    let limit = max_page_bytes.map_or_else(String::new, |most| format!(" of at most {most} bytes"));
    format!("the corpus below {below} is empty: there is no .html file{limit}")
}

fn named(what: &str, path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("cannot read {what} {}: {error}", path.display()))
}
