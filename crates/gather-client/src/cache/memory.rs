//! Stored answers in memory, the least recently used of which go first.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{AsyncStore, CacheStore, Entry, Key, StoreFuture};

/// A [`CacheStore`] in memory, of at most so many bytes. Clones share it.
///
/// ```
/// let store = gather_client::cache::MemoryStore::new(16 << 20);
/// assert_eq!(store.bytes(), 0);
/// ```
#[derive(Clone)]
pub struct MemoryStore {
    max_bytes: usize,
    shelf: Arc<Mutex<Shelf>>,
}

#[derive(Default)]
struct Shelf {
    entries: HashMap<Key, (Entry, u64)>,
    /// Keys by when they were last used: the first is the one to go.
    by_use: BTreeMap<u64, Key>,
    uses: u64,
    bytes: usize,
}

impl Default for MemoryStore {
    /// At most 64 MiB.
    fn default() -> Self {
        MemoryStore::new(64 << 20)
    }
}

impl MemoryStore {
    /// A store of at most `max_bytes`, bodies, headers and some 500 bytes for each entry counted.
    pub fn new(max_bytes: usize) -> Self {
        MemoryStore { max_bytes, shelf: Arc::default() }
    }

    /// How many bytes it holds.
    pub fn bytes(&self) -> usize {
        self.lock().bytes
    }

    fn lock(&self) -> MutexGuard<'_, Shelf> {
        self.shelf.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl CacheStore for MemoryStore {
    fn get(&self, key: &Key) -> io::Result<Option<Entry>> {
        Ok(self.lock().used(key))
    }

    fn put(&self, key: &Key, entry: Entry) -> io::Result<()> {
        let mut shelf = self.lock();
        shelf.remove(key);
        let size = entry.size();
        if size > self.max_bytes {
            return Ok(());
        }
        while shelf.bytes + size > self.max_bytes {
            let Some((_, oldest)) = shelf.by_use.first_key_value() else { break };
            let oldest = *oldest;
            shelf.remove(&oldest);
        }
        shelf.insert(*key, entry, size);
        Ok(())
    }

    fn remove(&self, key: &Key) -> io::Result<()> {
        self.lock().remove(key);
        Ok(())
    }
}

/// Known at once, and without an allocation: a lookup under a lock that is never held for long.
impl AsyncStore for MemoryStore {
    fn get(&self, key: &Key) -> StoreFuture<Option<Entry>> {
        StoreFuture::ready(CacheStore::get(self, key))
    }

    fn put(&self, key: &Key, entry: Entry) -> StoreFuture<()> {
        StoreFuture::ready(CacheStore::put(self, key, entry))
    }

    fn remove(&self, key: &Key) -> StoreFuture<()> {
        StoreFuture::ready(CacheStore::remove(self, key))
    }
}

impl Shelf {
    fn used(&mut self, key: &Key) -> Option<Entry> {
        let (entry, last) = self.entries.get_mut(key)?;
        self.by_use.remove(last);
        self.uses += 1;
        *last = self.uses;
        self.by_use.insert(self.uses, *key);
        Some(entry.clone())
    }

    fn insert(&mut self, key: Key, entry: Entry, size: usize) {
        self.uses += 1;
        self.bytes += size;
        self.by_use.insert(self.uses, key);
        self.entries.insert(key, (entry, self.uses));
    }

    fn remove(&mut self, key: &Key) {
        if let Some((entry, last)) = self.entries.remove(key) {
            self.by_use.remove(&last);
            self.bytes -= entry.size();
        }
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryStore").field("max_bytes", &self.max_bytes).field("bytes", &self.bytes()).finish()
    }
}
