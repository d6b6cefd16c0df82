//! Places of stored answers that take their time: what they cost, and what happens when they fail.

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};

use gather_client::cache::{AsyncStore, CacheStore, DiskStore, Entry, Key, Offloaded, StoreFuture};

use super::*;

fn page(_: &Request) -> Script {
    field(say("page"), CACHE_CONTROL, "max-age=60")
}

/// Asks for one page three times; gives how often the transport was asked, and how long all of it took.
fn three_times(store: impl AsyncStore + 'static) -> (usize, Duration) {
    let mut took = Duration::ZERO;
    let seen = talk(builder().cache(Cache::default(), store), page, async |client, clock| {
        let begin = clock.now();
        for _ in 0..3 {
            assert_eq!(client.page("http://one.test/").await.expect("an answer").body, "page");
        }
        took = clock.now() - begin;
    });
    (seen.len(), took)
}

/// A store that says the same whatever it is asked, and counts that.
#[derive(Debug, Clone, Default)]
struct Odd {
    calls: Arc<AtomicUsize>,
    panics: bool,
}

impl Odd {
    fn say<T>(&self) -> io::Result<T> {
        self.calls.fetch_add(1, Ordering::Relaxed);
        assert!(!self.panics, "a store that panics");
        Err(io::Error::other("a store that fails"))
    }
}

impl CacheStore for Odd {
    fn get(&self, _: &Key) -> io::Result<Option<Entry>> {
        self.say()
    }

    fn put(&self, _: &Key, _: Entry) -> io::Result<()> {
        self.say()
    }

    fn remove(&self, _: &Key) -> io::Result<()> {
        self.say()
    }
}

/// Runs with a store on the simulated host's blocking pool.
fn offloaded<S: CacheStore + 'static>(
    store: S,
    conversation: impl AsyncFnOnce(Offloaded<S, SimulatedHandle>, SimulatedHandle),
) {
    Simulated::new()
        .run(async |clock: SimulatedHandle| conversation(Offloaded::new(store, clock.clone()), clock).await);
}

#[test]
fn a_store_that_fails_or_panics_costs_nobody_their_answer() {
    for panics in [false, true] {
        let store = Odd { panics, ..Odd::default() };
        offloaded(store.clone(), async |store, clock| {
            let transport = Scripted::new(clock.clone(), page);
            let client = builder().cache(Cache::default(), store).build(transport.clone(), clock.clone());
            for _ in 0..3 {
                assert_eq!(client.page("http://one.test/").await.expect("an answer").body, "page");
            }
            assert_eq!(transport.traffic().started, 3, "nothing is stored");
        });
        assert_eq!(store.calls.load(Ordering::Relaxed), 6, "it was asked, and told, each time");
    }
}

/// A store that never says anything.
#[derive(Debug)]
struct Mute;

impl AsyncStore for Mute {
    fn get(&self, _: &Key) -> StoreFuture<Option<Entry>> {
        StoreFuture::later(std::future::pending())
    }

    fn put(&self, _: &Key, _: Entry) -> StoreFuture<()> {
        StoreFuture::later(std::future::pending())
    }

    fn remove(&self, _: &Key) -> StoreFuture<()> {
        StoreFuture::later(std::future::pending())
    }
}

#[test]
fn a_store_that_says_nothing_is_not_waited_for_longer_than_its_deadline() {
    let (asked, took) = three_times(Mute);
    assert_eq!((asked, took), (3, 3 * (2 + 2) * SECOND), "two seconds for each question and each answer");
    let (asked, took) = three_times(MemoryStore::default());
    assert_eq!((asked, took), (1, Duration::ZERO));
}

#[test]
fn the_chunks_of_a_body_do_not_wait_for_the_store() {
    let settings = builder().cache(Cache::default(), Mute).deadlines(Deadlines::default().store(SECOND));
    talk(settings, page, async |client, clock| {
        let mut body = client.send(get("http://one.test/").unwrap()).await.unwrap().into_body();
        let begin = clock.now();
        assert_eq!(next(&mut body).await.unwrap().unwrap(), "page");
        assert_eq!(clock.now(), begin);
        assert!(next(&mut body).await.is_none());
        assert_eq!(clock.now() - begin, SECOND);
        assert!(next(&mut body).await.is_none(), "and again");
        let total = client.statistics().total();
        assert_eq!((total.finished, total.errors.total()), (1, 0));
    });
}

#[test]
fn what_is_dropped_while_it_is_stored_was_finished() {
    let settings = builder().cache(Cache::default(), Mute);
    talk(settings, page, async |client, _| {
        let mut body = client.send(get("http://one.test/").unwrap()).await.unwrap().into_body();
        assert!(next(&mut body).await.unwrap().is_ok());
        let polled = futures_lite::future::poll_once(next(&mut body)).await;
        assert!(polled.is_none(), "it is being stored");
        drop(body);
        let total = client.statistics().total();
        assert_eq!((total.finished, total.cancelled), (1, 0));
    });
}

/// A folder that is gone when the test is over.
struct Folder(std::path::PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("gather-client-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        Folder(folder)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[test]
fn a_folder_is_a_store_that_the_next_client_finds_again() {
    let folder = Folder::new("next-client");
    let mut asked = Vec::new();
    for _ in 0..2 {
        let store = DiskStore::open(&folder.0, 1 << 20).unwrap();
        offloaded(store, async |store, clock| {
            let transport = Scripted::new(clock.clone(), page);
            let client = builder().cache(Cache::default(), store.clone()).build(transport.clone(), clock);
            for _ in 0..3 {
                assert_eq!(client.page("http://one.test/").await.unwrap().body, "page");
            }
            assert_eq!(store.store().bytes(), 4_096, "a file of one block");
            asked.push((transport.traffic().started, client.statistics().total().cache_hits));
        });
    }
    assert_eq!(asked, [(1, 2), (0, 3)]);
}

#[test]
fn a_folder_that_went_away_costs_nobody_their_answer() {
    let folder = Folder::new("went-away");
    let store = DiskStore::open(&folder.0, 1 << 20).unwrap();
    std::fs::remove_dir_all(&folder.0).unwrap();
    offloaded(store, async |store, clock| {
        let transport = Scripted::new(clock.clone(), page);
        let client = builder().cache(Cache::default(), store).build(transport.clone(), clock);
        for _ in 0..2 {
            assert_eq!(client.page("http://one.test/").await.unwrap().body, "page");
        }
        assert_eq!(transport.traffic().started, 2);
    });
}

#[test]
fn jobs_of_a_store_are_bounded_and_those_given_up_are_not_made() {
    let store = Odd::default();
    offloaded(store.clone(), async |offloaded, clock| {
        let offloaded = offloaded.jobs(2);
        let key = Key::of(&get("http://one.test/").unwrap());
        let waiting = [offloaded.get(&key), offloaded.clone().get(&key)];
        let refused = offloaded.get(&key).try_now().expect("known at once").expect_err("no place");
        assert_eq!(refused.kind(), io::ErrorKind::WouldBlock);
        drop(waiting);
        clock.sleep(SECOND).await;
        assert_eq!(store.calls.load(Ordering::Relaxed), 0, "nobody waited for it any more");
        for _ in 0..10 {
            let error = offloaded.get(&key).await.expect_err("the store fails");
            assert_eq!(error.to_string(), "a store that fails", "there is a place again");
        }
    });
    offloaded(Odd { panics: true, ..store }, async |offloaded, _| {
        let (offloaded, key) = (offloaded.jobs(1), Key::of(&get("http://one.test/").unwrap()));
        for _ in 0..10 {
            let error = offloaded.get(&key).await.expect_err("the store panics");
            assert_eq!(error.to_string(), "the task panicked: a store that panics", "there is a place again");
        }
    });
}

#[test]
fn answers_to_other_credentials_are_not_served_and_leave_no_trace_in_the_file() {
    let folder = Folder::new("credentials");
    let store = DiskStore::open(&folder.0, 1 << 20).unwrap();
    offloaded(store, async |store, clock| {
        let answer = |request: &Request| {
            let who = sent(request, &AUTHORIZATION).unwrap_or("nobody").to_owned();
            page(request).chunk(Duration::ZERO, who)
        };
        let transport = Scripted::new(clock.clone(), answer);
        let client = builder().cache(Cache::default(), store).build(transport.clone(), clock);
        let ask = async |path: &str, password: &'static str| {
            let mut request = get(format!("http://one.test{path}")).unwrap();
            request.headers_mut().insert(AUTHORIZATION, HeaderValue::from_static(password));
            let mut body = client.send(request).await.unwrap().into_body();
            let mut whole = Vec::new();
            while let Some(chunk) = next(&mut body).await {
                whole.extend_from_slice(&chunk.unwrap());
            }
            assert_eq!(String::from_utf8(whole).unwrap(), format!("page{password}"));
        };
        for (path, password) in [("/a", "first"), ("/a", "first"), ("/a", "second"), ("/b", "second")] {
            ask(path, password).await;
        }
        assert_eq!(transport.traffic().started, 3, "the second was stored");
    });
    let files: Vec<_> = std::fs::read_dir(&folder.0).unwrap().map(|file| std::fs::read(file.unwrap().path())).collect();
    let third_lines: std::collections::BTreeSet<Vec<u8>> =
        files.iter().map(|file| file.as_ref().unwrap().split(|byte| *byte == b'\n').nth(3).unwrap().to_vec()).collect();
    assert_eq!((files.len(), third_lines.len()), (2, 2), "the same password at two addresses does not look the same");
    assert!(third_lines.iter().all(|line| line.len() == 64), "the line of the digest: {third_lines:?}");
}
