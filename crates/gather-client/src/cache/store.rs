//! Where stored answers are, as little as a cache needs of it.

use std::fmt;
use std::io;

use gather_core::Request;
use http::Uri;
use sha2::{Digest as _, Sha256};

use super::Entry;

/// A place for [entries](Entry), bounded, shared, and free to lose any of them at any time.
///
/// All three methods are required. They may block for as long as a file takes; call them where that is right (a
/// runtime's blocking pool, which is where [`Offloaded`](super::Offloaded) calls them). An error of the place is an [`io::Error`], and whoever gets one goes on as if nothing were
/// stored.
pub trait CacheStore: Send + Sync {
    /// What is stored under `key`. An entry that cannot be read any more is none.
    ///
    /// # Errors
    ///
    /// When the place cannot be read.
    fn get(&self, key: &Key) -> io::Result<Option<Entry>>;

    /// Stores `entry` in place of what was there. One that is too large for the place is not stored, and what was there
    /// is gone all the same.
    ///
    /// # Errors
    ///
    /// When the place cannot be written; then either the old or the new entry is there, or neither, but never a mixture.
    fn put(&self, key: &Key, entry: Entry) -> io::Result<()>;

    /// Removes what is stored under `key`, if anything is.
    ///
    /// # Errors
    ///
    /// When the place cannot be written.
    fn remove(&self, key: &Key) -> io::Result<()>;
}

/// What an answer is stored under: a digest (SHA-256) of the address, which servers choose and file systems would not
/// take. Its `Display` is 64 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key([u8; 32]);

impl Key {
    /// The key of a request's address. The method is not part of it: what is stored is the answer to GET, and a POST to
    /// the same address has to find it to [forget](super::After::Forget) it.
    pub fn of(request: &Request) -> Self {
        Key::of_url(request.uri())
    }

    pub(super) fn of_url(url: &Uri) -> Self {
        Key(Sha256::digest(url.to_string()).into())
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}
