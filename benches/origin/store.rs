//! Pages that are made when they are first asked for, and kept.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;

use rustc_hash::FxBuildHasher;

use crate::page::Page;

/// The pages of one kind that were asked for so far: each is made once, and the answer for which it is made is late by that.
#[derive(Debug)]
pub(crate) struct Store<Key> {
    pages: HashMap<Key, Arc<Page>, FxBuildHasher>,
    stored_bytes: usize,
}

/// A lab uses a handful of sizes; when these have been asked for in pages of more than this, the store starts again.
const MOST_STORED_BYTES: usize = 256 << 20;

impl<Key: Eq + Hash> Store<Key> {
    /// Nothing was asked for.
    pub(crate) fn new() -> Store<Key> {
        Store { pages: HashMap::default(), stored_bytes: 0 }
    }

    /// The page of `key`, which `make` makes when it is not there.
    pub(crate) fn get(&mut self, key: Key, make: impl FnOnce(&Key) -> Page) -> Arc<Page> {
        if let Some(page) = self.pages.get(&key) {
            return Arc::clone(page);
        }
        let page = Arc::new(make(&key));
        // Answers under way hold on to their page; here it is only forgotten.
        if self.stored_bytes + page.stored_bytes() > MOST_STORED_BYTES {
            self.pages.clear();
            self.stored_bytes = 0;
        }
        self.stored_bytes += page.stored_bytes();
        self.pages.insert(key, Arc::clone(&page));
        page
    }
}
