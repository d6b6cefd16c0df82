//! A client's cache in a store that blocks, on real runtimes: the executor goes on meanwhile.

use std::io;
use std::sync::{Arc, Mutex};
use std::thread::{self, ThreadId};
use std::time::SystemTime;

use gather_client::ClientBuilder;
use gather_client::cache::{Cache, CacheStore, Entry, Key, Offloaded};
use gather_conformance::origin::Origin;
use gather_conformance::signals::Latch;
use gather_core::{Host, Runtime};
use gather_smol::Smol;
use gather_tokio::{Connect, HyperFetch, Tokio};

/// A store that is stuck until somebody opens it, as a disk is that spins up.
#[derive(Clone, Default)]
struct Stuck {
    opened: Latch,
    threads: Arc<Mutex<Vec<ThreadId>>>,
}

impl Stuck {
    fn wait(&self) {
        self.threads.lock().expect("no panic under this lock").push(thread::current().id());
        self.opened.wait();
    }
}

impl CacheStore for Stuck {
    fn get(&self, _: &Key) -> io::Result<Option<Entry>> {
        self.wait();
        Ok(None)
    }

    fn put(&self, _: &Key, _: Entry) -> io::Result<()> {
        self.wait();
        Ok(())
    }

    fn remove(&self, _: &Key) -> io::Result<()> {
        self.wait();
        Ok(())
    }
}

/// On the only thread that polls, one request waits for its store while another one is answered; that one opens the store.
async fn goes_on<R: Connect + Runtime>(runtime: R) {
    let origin = Origin::start();
    let store = Stuck::default();
    // The time it takes is that of the test, and no limit of the client's.
    let patient = gather_client::Deadlines::default().store(std::time::Duration::from_secs(60));
    let settings = ClientBuilder::new(SystemTime::now).deadlines(patient);
    let plain = settings.clone().build(HyperFetch::new(runtime.clone()), runtime.clone());
    let cached = settings.cache(Cache::default(), Offloaded::new(store.clone(), runtime.clone()));
    let cached = cached.build(HyperFetch::new(runtime.clone()), runtime.clone());
    let opening = async {
        let page = plain.get(origin.url("/say/meanwhile")).await.expect("a page");
        store.opened.open();
        page.text().text
    };
    let stuck = cached.get(origin.url("/say/stored"));
    let (stuck, meanwhile) = smol::future::zip(stuck, opening).await;
    assert_eq!((stuck.expect("a page").text().text.as_str(), meanwhile.as_str()), ("stored", "meanwhile"));
    let threads = store.threads.lock().expect("no panic under this lock").clone();
    assert!(!threads.is_empty() && !threads.contains(&thread::current().id()), "{threads:?}");
}

#[test]
fn tokio_goes_on() {
    Tokio::current_thread().expect("a runtime").run(goes_on);
}

#[test]
fn smol_goes_on() {
    Smol::current_thread().run(goes_on);
}
