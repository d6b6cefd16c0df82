//! A store that blocks, on a runtime's blocking pool.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use gather_core::{Runtime, RuntimeExt as _};

use super::{AsyncStore, CacheStore, Entry, Key, StoreFuture};

/// A [`CacheStore`] whose every call is a job on the blocking pool of a runtime: what a [`DiskStore`](super::DiskStore)
/// needs to be a client's.
///
/// At most so many jobs are under way at a time, those included that somebody has given up waiting for; beyond that a call
/// is an error of the kind [`WouldBlock`](io::ErrorKind::WouldBlock) at once, which a client takes for a miss. So a disk that
/// hangs costs 64 threads of the pool by default, and no more. A store that panics is an error too. A call that is given up
/// before its job has begun is not made.
///
/// Clones share the store and its jobs.
///
/// ```no_run
/// use std::time::SystemTime;
/// use gather_client::cache::{Cache, DiskStore, Offloaded};
/// use gather_client::{Client, ClientBuilder};
/// use gather_core::{Fetch, Runtime};
///
/// fn client<F: Fetch, R: Runtime>(transport: F, runtime: R) -> std::io::Result<Client<F, R>> {
///     let store = Offloaded::new(DiskStore::open("cache", 1 << 30)?, runtime.clone());
///     Ok(ClientBuilder::new(SystemTime::now).cache(Cache::default(), store).build(transport, runtime))
/// }
/// ```
pub struct Offloaded<S, R> {
    store: Arc<S>,
    runtime: R,
    jobs: Arc<AtomicUsize>,
    most: usize,
}

impl<S: CacheStore + 'static, R: Runtime> Offloaded<S, R> {
    /// `store`, called on the blocking pool of `runtime`, by at most 64 jobs at a time.
    pub fn new(store: S, runtime: R) -> Self {
        Offloaded { store: Arc::new(store), runtime, jobs: Arc::default(), most: 64 }
    }

    /// The same with at most so many jobs at a time, at least one.
    #[must_use]
    pub fn jobs(mut self, most: usize) -> Self {
        self.most = most.max(1);
        self
    }

    /// The store. Its own methods block.
    pub fn store(&self) -> &S {
        &self.store
    }

    fn run<T: Send + 'static>(&self, job: impl FnOnce(&S) -> io::Result<T> + Send + 'static) -> StoreFuture<T> {
        let Some(place) = Place::take(&self.jobs, self.most) else {
            let full = format!("{} jobs of the store are under way already", self.most);
            return StoreFuture::ready(Err(io::Error::new(io::ErrorKind::WouldBlock, full)));
        };
        let store = self.store.clone();
        let task = self.runtime.unblock(move || {
            // In here, so that the place is free when the job is over, has panicked, or was dropped without having run.
            let _place = place;
            job(&store)
        });
        StoreFuture::later(async move { task.await.unwrap_or_else(|error| Err(io::Error::other(error))) })
    }
}

impl<S: CacheStore + 'static, R: Runtime> AsyncStore for Offloaded<S, R> {
    fn get(&self, key: &Key) -> StoreFuture<Option<Entry>> {
        let key = *key;
        self.run(move |store| store.get(&key))
    }

    fn put(&self, key: &Key, entry: Entry) -> StoreFuture<()> {
        let key = *key;
        self.run(move |store| store.put(&key, entry))
    }

    fn remove(&self, key: &Key) -> StoreFuture<()> {
        let key = *key;
        self.run(move |store| store.remove(&key))
    }
}

/// A job's place among those that may be under way.
struct Place(Arc<AtomicUsize>);

impl Place {
    fn take(jobs: &Arc<AtomicUsize>, most: usize) -> Option<Self> {
        // The number guards no other memory, hence the relaxed order.
        let more = |taken| (taken < most).then_some(taken + 1);
        jobs.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).ok().map(|_| Place(jobs.clone()))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl<S, R: Clone> Clone for Offloaded<S, R> {
    fn clone(&self) -> Self {
        let Offloaded { store, runtime, jobs, most } = self;
        Offloaded { store: store.clone(), runtime: runtime.clone(), jobs: jobs.clone(), most: *most }
    }
}

impl<S, R> fmt::Debug for Offloaded<S, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let jobs = self.jobs.load(Ordering::Relaxed);
        f.debug_struct("Offloaded").field("jobs", &jobs).field("most", &self.most).finish_non_exhaustive()
    }
}
