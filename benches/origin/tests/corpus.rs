//! A directory of pages: which files, in which order, and what is said when there are none.

use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use super::support::Folder;
use crate::corpus::{read, spread};

fn texts(folders: &[&Path], take_every: usize, max_page_bytes: Option<u64>) -> Vec<String> {
    let folders: Vec<PathBuf> = folders.iter().map(PathBuf::from).collect();
    let pages = read(&folders, take_every, max_page_bytes).expect("there are pages");
    pages.into_iter().map(|page| String::from_utf8(page).expect("the pages are text")).collect()
}

fn library() -> Folder {
    let folder = Folder::new();
    for name in ["b.html", "a/z.html", "a/y/x.html", "a-b/w.html", "B.html", "notes.txt", "page.htm"] {
        folder.write(name, name);
    }
    folder
}

#[test]
fn html_files_are_found_recursively_and_sorted_by_path() {
    let folder = library();
    // '-' sorts before '/': the paths are compared as bytes, as `LC_ALL=C sort` does.
    assert_eq!(texts(&[folder.path()], 1, None), ["B.html", "a-b/w.html", "a/y/x.html", "a/z.html", "b.html"]);
}

#[test]
fn several_folders_are_one_list() {
    let folder = library();
    let (first, second) = (folder.path().join("a"), folder.path().join("a-b"));
    assert_eq!(texts(&[&first, &second], 1, None), ["a-b/w.html", "a/y/x.html", "a/z.html"]);
    assert_eq!(
        texts(&[&second, &first], 1, None),
        ["a-b/w.html", "a/y/x.html", "a/z.html"],
        "their order does not matter"
    );
}

#[test]
fn every_nth_is_taken_as_awk_takes_it() {
    let folder = library();
    assert_eq!(texts(&[folder.path()], 2, None), ["a-b/w.html", "a/z.html"]);
    assert_eq!(texts(&[folder.path()], 5, None), ["b.html"]);
}

#[test]
fn large_files_are_left_out_before_they_are_counted() {
    let folder = library();
    assert_eq!(texts(&[folder.path()], 1, Some(6)), ["B.html", "b.html"]);
}

#[test]
fn every_page_is_there_once_however_they_are_spread() {
    for count in 0..200 {
        let mut spread = spread((0..count).collect());
        spread.sort_unstable();
        assert_eq!(spread, (0..count).collect::<Vec<_>>());
    }
}

#[test]
fn the_first_pages_come_from_everywhere() {
    let first: Vec<usize> = spread((0..615).collect()).into_iter().take(41).collect();
    for third in 0..3 {
        let there = first.iter().filter(|page| (third * 205..(third + 1) * 205).contains(*page)).count();
        assert!((12..=15).contains(&there), "{there} of 41 are from third {third}");
    }
}

#[test]
fn links_to_files_are_pages_and_links_to_folders_are_not_entered() {
    let folder = library();
    symlink(folder.path(), folder.path().join("a/loop")).expect("a link");
    symlink(folder.path().join("b.html"), folder.path().join("c.html")).expect("a link");
    symlink("nowhere", folder.path().join("d.html")).expect("a link");
    assert_eq!(texts(&[folder.path()], 1, None).len(), 6);
}

#[test]
fn nothing_to_serve_is_an_error_that_says_why() {
    let folder = Folder::new();
    folder.write("readme.txt", "no page");
    let error = |folder: &Path, every, most| {
        read(&[folder.to_path_buf()], every, most).expect_err("there is nothing to serve").to_string()
    };

    let message = error(folder.path(), 1, None);
    assert!(message.contains("is empty") && message.contains(&folder.path().display().to_string()), "{message}");
    folder.write("page.html", "twelve bytes");
    let message = error(folder.path(), 1, Some(11));
    assert!(message.contains("of at most 11 bytes"), "{message}");
    let message = error(folder.path(), 2, None);
    assert!(message.contains("it has 1 pages, and --take-every 2"), "{message}");
    let missing = folder.path().join("missing");
    let message = error(&missing, 1, None);
    assert!(message.contains("cannot read corpus") && message.contains("missing"), "{message}");
}
