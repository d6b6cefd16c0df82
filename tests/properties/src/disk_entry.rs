//! Files of a cache: whatever is in one, it is the entry of its address, whole, or nothing.

use std::cell::OnceCell;
use std::fs;
use std::path::PathBuf;

use gather_client::cache::{CacheStore as _, DiskStore, Entry, Key};
use gather_core::{Request, get};
use sha2::{Digest as _, Sha256};

use crate::input::Input;

const MAX_BYTES: u64 = 1 << 20;

/// Whether a checksum is made for it, where a whole file is broken, and how; then the file.
pub(crate) fn disk_entry(data: &[u8]) {
    let mut input = Input::new(data);
    let has_checksum = !input.byte().is_multiple_of(4);
    let (place, change) = ((usize::from(input.byte()) << 8) | usize::from(input.byte()), input.byte().max(1));
    let rest = input.rest();
    let file = if has_checksum { with_checksum(rest) } else { rest.to_vec() };
    FOLDER.with(|folder| {
        let folder = folder.get_or_init(Folder::new);
        if let Some(entry) = folder.read(&file) {
            folder.breaks(entry, place, change);
        }
    });
}

thread_local! {
    /// One for a thread: making a folder costs more than everything else here.
    static FOLDER: OnceCell<Folder> = const { OnceCell::new() };
}

struct Folder {
    store: DiskStore,
    request: Request,
    file: PathBuf,
    _folder: tempfile::TempDir,
}

impl Folder {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let store = DiskStore::open(folder.path(), MAX_BYTES).expect("a store");
        let request = get("http://example.com/").expect("a request");
        let file = folder.path().join(Key::of(&request).to_string());
        Folder { store, request, file, _folder: folder }
    }

    fn read(&self, file: &[u8]) -> Option<Entry> {
        fs::write(&self.file, file).expect("a file");
        let entry = self.store.get(&Key::of(&self.request)).expect("a file that can be read");
        match &entry {
            Some(entry) => assert_eq!(entry.url(), self.request.uri(), "served as something else"),
            None => assert!(!self.file.exists(), "what is no entry stays"),
        }
        entry
    }

    /// An entry that was read is written, and is the same; and with one byte of the file changed, or its end cut off, it
    /// is nothing.
    fn breaks(&self, entry: Entry, place: usize, change: u8) {
        let key = Key::of(&self.request);
        self.store.put(&key, entry.clone()).expect("a file that can be written");
        assert!(self.store.bytes() <= MAX_BYTES);
        assert_eq!(self.store.get(&key).expect("a file that can be read"), Some(entry), "another one");

        let whole = fs::read(&self.file).expect("the file");
        let place = place % whole.len();
        let mut broken = whole.clone();
        broken[place] ^= change;
        assert_eq!(self.read(&broken), None, "byte {place} is another, and nobody sees it");
        assert_eq!(self.read(&whole[..place]), None, "cut off after {place}");
    }
}

/// The first line as the store writes it, so that what is behind the checksum is reached.
fn with_checksum(rest: &[u8]) -> Vec<u8> {
    let sum: String = Sha256::digest(rest).iter().map(|byte| format!("{byte:02x}")).collect();
    [b"gather-cache 1 ", sum.as_bytes(), b"\n", rest].concat()
}
