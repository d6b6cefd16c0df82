//! The places of stored answers: what each promises, and what only files can do to it.

use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use gather_client::cache::{After, Cache, CacheStore, DiskStore, Entry, Key, MemoryStore};
use gather_core::Request;

use crate::cache::{after, head};

/// A folder of its own for each test, gone when the test is over.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("gather-cache-{}-{number}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        Folder(folder)
    }

    fn files(&self) -> Vec<PathBuf> {
        fs::read_dir(&self.0).expect("the folder").map(|file| file.expect("a file").path()).collect()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A request for page `number` and an entry for it of `size` bytes.
fn page(number: usize, size: usize) -> (Request, Entry) {
    let request = gather_core::get(format!("http://a.test/{number}")).unwrap();
    let answer = head(200, &["cache-control: max-age=60", "x-bytes: \u{e9}", "link: a", "link: b"]);
    let After::Store(mut recording) = Cache::default().after(&request, None, &answer, after(0)) else {
        panic!("store")
    };
    recording.push(&vec![b'\n'; size]);
    (request, recording.finish().expect("complete"))
}

/// What every store promises.
fn keeps_promises(store: &dyn CacheStore, bytes: &dyn Fn() -> u64, max_bytes: u64) {
    let keys: Vec<_> = (0..20).map(|number| Key::of(&page(number, 0).0)).collect();
    assert_eq!(store.get(&keys[0]).unwrap(), None);
    store.remove(&keys[0]).expect("nothing to remove");
    for (number, key) in keys.iter().enumerate() {
        store.put(key, page(number, 1_000).1).unwrap();
        assert!(bytes() <= max_bytes);
        assert_eq!(store.get(&keys[0]).unwrap(), Some(page(0, 1_000).1), "what is used stays");
    }
    assert_eq!(store.get(&keys[1]).unwrap(), None, "the least recently used went");
    assert_eq!(store.get(&keys[19]).unwrap(), Some(page(19, 1_000).1));
    store.put(&keys[19], page(19, 5).1).unwrap();
    assert_eq!(store.get(&keys[19]).unwrap(), Some(page(19, 5).1));
    store.put(&keys[19], page(19, max_bytes as usize).1).unwrap();
    assert_eq!(store.get(&keys[19]).unwrap(), None, "too large, and the old one is gone");
    assert!(store.get(&keys[0]).unwrap().is_some(), "for which no other had to go");
    keys.iter().for_each(|key| store.remove(key).unwrap());
    assert_eq!(bytes(), 0);
}

#[test]
fn memory_keeps_its_promises() {
    let store = MemoryStore::new(10_000);
    keeps_promises(&store, &|| store.bytes() as u64, 10_000);
}

#[test]
fn disk_keeps_its_promises() {
    let folder = Folder::new();
    let store = DiskStore::open(&folder.0, 40_000).unwrap();
    keeps_promises(&store, &|| store.bytes(), 40_000);
    assert!(folder.files().is_empty());
}

#[test]
fn what_is_on_disk_is_there_tomorrow_within_tomorrows_cap() {
    let folder = Folder::new();
    let store = DiskStore::open(&folder.0, 100_000).unwrap();
    for number in 0..10 {
        let (request, entry) = page(number, 1_000);
        store.put(&Key::of(&request), entry).unwrap();
    }
    drop(store);
    fs::write(folder.0.join(format!("{}.unfinished", "a".repeat(64))), "half").unwrap();
    fs::write(folder.0.join("README"), "not ours").unwrap();

    let store = DiskStore::open(&folder.0, 100_000).unwrap();
    for number in 0..10 {
        let (request, entry) = page(number, 1_000);
        assert_eq!(store.get(&Key::of(&request)).unwrap(), Some(entry));
    }
    assert_eq!(folder.files().len(), 11, "ten entries and what is not ours");
    drop(store);
    let store = DiskStore::open(&folder.0, 10_000).unwrap();
    assert_eq!(store.bytes(), 8_192, "two files of a block each");
    assert!(folder.0.join("README").exists());
}

#[test]
fn a_corrupt_file_is_a_miss_and_goes() {
    let (request, entry) = page(0, 100);
    let key = Key::of(&request);
    let folder = Folder::new();
    let store = DiskStore::open(&folder.0, 100_000).unwrap();
    store.put(&key, entry.clone()).unwrap();
    let path = folder.0.join(key.to_string());
    let good = fs::read(&path).unwrap();
    let mut random = fastrand::Rng::with_seed(8);
    let mut corrupt: Vec<Vec<u8>> = (0..good.len()).map(|length| good[..length].to_vec()).collect();
    for _ in 0..500 {
        let mut bytes = good.clone();
        bytes[random.usize(..good.len())] ^= 1 << random.u8(..8);
        corrupt.push(bytes);
    }
    corrupt.push([good.as_slice(), b"more"].concat());
    for bytes in corrupt {
        fs::write(&path, &bytes).unwrap();
        assert_eq!(store.get(&key).unwrap(), None, "{}", String::from_utf8_lossy(&bytes));
        assert!(!path.exists());
        assert_eq!(store.bytes(), 0);
    }

    // Whole, but in another's place.
    let (other, _) = page(1, 100);
    fs::write(folder.0.join(Key::of(&other).to_string()), &good).unwrap();
    assert_eq!(store.get(&Key::of(&other)).unwrap(), None);
    store.put(&key, entry.clone()).unwrap();
    assert_eq!(store.get(&key).unwrap(), Some(entry));
}

#[test]
fn a_place_that_is_none_is_an_error() {
    let folder = Folder::new();
    fs::write(&folder.0, "a file").unwrap();
    assert!(DiskStore::open(&folder.0, 10_000).is_err());
    fs::remove_file(&folder.0).unwrap();
    let store = DiskStore::open(&folder.0, 1_000_000).unwrap();
    fs::remove_dir_all(&folder.0).unwrap();
    let (request, entry) = page(0, 10);
    assert!(store.put(&Key::of(&request), entry).is_err());
    assert_eq!(store.get(&Key::of(&request)).unwrap(), None);
    assert_eq!(store.bytes(), 0);
}
