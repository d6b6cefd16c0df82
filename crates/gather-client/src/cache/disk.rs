//! Stored answers in a folder, a file each.

use std::collections::HashMap;
use std::fmt;
use std::fs::{self, DirBuilder, File};
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::{CacheStore, Entry, Key};

mod format;

/// A [`CacheStore`] in a folder: a file for each entry, named by its [`Key`].
///
/// A file is written beside its place and renamed into it, so that a reader sees all of an entry or none; its first line
/// has a checksum (SHA-256) of the rest, and what does not match is a miss. Files that are not the store's are left
/// alone. The folder is kept below a number of bytes, files counted in blocks of 4,096: the entries that were used longest ago go first, where use is
/// remembered while the store is open and the time of writing beyond that.
///
/// One process at a time: two that share a folder see each other's entries, but each keeps its own count.
///
/// ```no_run
/// let store = gather_client::cache::DiskStore::open("cache", 1 << 30)?;
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct DiskStore {
    folder: PathBuf,
    max_bytes: u64,
    index: Mutex<Index>,
}

#[derive(Default)]
struct Index {
    files: HashMap<String, Known>,
    bytes: u64,
    uses: u64,
}

#[derive(Clone, Copy)]
struct Known {
    size: u64,
    last_use: u64,
}

impl DiskStore {
    /// The store in `folder`, which is made if it is not there (for its owner alone, where the system knows owners), of
    /// at most `max_bytes`. What an interrupted write left behind is removed.
    ///
    /// # Errors
    ///
    /// When the folder can neither be read nor made.
    pub fn open(folder: impl Into<PathBuf>, max_bytes: u64) -> io::Result<Self> {
        let folder = folder.into();
        private_folder().create(&folder)?;
        let store = DiskStore { index: Mutex::new(Index::scan(&folder)?), folder, max_bytes };
        store.evict(&mut store.lock())?;
        Ok(store)
    }

    /// How many bytes its files take, in whole blocks.
    pub fn bytes(&self) -> u64 {
        self.lock().bytes
    }

    /// Held while files change: the index says what is there.
    fn lock(&self) -> MutexGuard<'_, Index> {
        self.index.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn evict(&self, index: &mut Index) -> io::Result<()> {
        while index.bytes > self.max_bytes {
            let oldest = index.files.iter().min_by_key(|(_, known)| known.last_use).map(|(name, _)| name.clone());
            let Some(oldest) = oldest else { break };
            index.forget(&oldest);
            remove_if_there(&self.folder.join(&oldest))?;
        }
        Ok(())
    }
}

impl CacheStore for DiskStore {
    fn get(&self, key: &Key) -> io::Result<Option<Entry>> {
        let name = key.to_string();
        let mut index = self.lock();
        let mut bytes = Vec::new();
        match File::open(self.folder.join(&name)) {
            // A file larger than the whole store is not the store's; what is cut off fails its checksum.
            Ok(file) => file.take(self.max_bytes).read_to_end(&mut bytes)?,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                index.forget(&name);
                return Ok(None);
            }
            Err(error) => return Err(error),
        };
        let entry = format::read(&bytes).filter(|entry| Key::of_url(entry.url()) == *key);
        match entry {
            Some(_) => index.remember(name, bytes.len() as u64),
            None => {
                index.forget(&name);
                remove_if_there(&self.folder.join(&name))?;
            }
        }
        Ok(entry)
    }

    fn put(&self, key: &Key, entry: Entry) -> io::Result<()> {
        let name = key.to_string();
        let bytes = format::write(&entry);
        if blocks(bytes.len() as u64) > self.max_bytes {
            return self.remove(key);
        }
        let mut index = self.lock();
        let beside = self.folder.join(format!("{name}{UNFINISHED}"));
        let written = File::create(&beside).and_then(|mut file| file.write_all(&bytes));
        if let Err(error) = written.and_then(|()| fs::rename(&beside, self.folder.join(&name))) {
            // The error that counts is the first; what is left of the file goes when the store is opened again.
            let _ = remove_if_there(&beside);
            return Err(error);
        }
        index.remember(name, bytes.len() as u64);
        self.evict(&mut index)
    }

    fn remove(&self, key: &Key) -> io::Result<()> {
        let name = key.to_string();
        let mut index = self.lock();
        index.forget(&name);
        remove_if_there(&self.folder.join(&name))
    }
}

/// What a file is called behind its name while it is being written.
const UNFINISHED: &str = ".unfinished";

impl Index {
    /// What is in `folder`, oldest first.
    fn scan(folder: &Path) -> io::Result<Self> {
        let mut found = Vec::new();
        for file in fs::read_dir(folder)? {
            let file = file?;
            let Ok(name) = file.file_name().into_string() else { continue };
            let Ok(metadata) = file.metadata() else { continue };
            if !metadata.is_file() {
                continue;
            }
            match name.strip_suffix(UNFINISHED) {
                Some(key) if is_key(key) => remove_if_there(&file.path())?,
                None if is_key(&name) => found.push((metadata.modified().ok(), name, metadata.len())),
                _ => {}
            }
        }
        found.sort();
        let mut index = Index::default();
        for (_, name, size) in found {
            index.remember(name, size);
        }
        Ok(index)
    }

    fn remember(&mut self, name: String, size: u64) {
        self.uses += 1;
        let size = blocks(size);
        let known = Known { size, last_use: self.uses };
        let before = self.files.insert(name, known).map_or(0, |before| before.size);
        self.bytes = self.bytes + size - before;
    }

    fn forget(&mut self, name: &str) {
        self.bytes -= self.files.remove(name).map_or(0, |known| known.size);
    }
}

/// What a file of `size` bytes takes on a disk. It bounds the number of files, too, and with it the index.
fn blocks(size: u64) -> u64 {
    const BLOCK: u64 = 4_096;
    size.max(1).div_ceil(BLOCK).saturating_mul(BLOCK)
}

fn is_key(name: &str) -> bool {
    name.len() == 64 && name.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}

fn remove_if_there(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn private_folder() -> DirBuilder {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
}

impl fmt::Debug for DiskStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DiskStore").field("folder", &self.folder).field("max_bytes", &self.max_bytes).finish()
    }
}
