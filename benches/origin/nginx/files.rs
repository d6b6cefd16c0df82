//! The pages as files of their own, named by their numbers.

use std::fs;
use std::io;
use std::path::Path;

use crate::page::Pages;

/// So many numbers have a page: the origin takes any number modulo that of the pages, and nginx does not calculate.
const NUMBERS: usize = 10_000;

/// Writes `page/0` to `page/9999` below `folder`. Each page is on the disk once, under all of its numbers.
///
/// # Errors
/// When a file cannot be written.
pub(super) fn write(folder: &Path, pages: &Pages) -> io::Result<()> {
    let folder = folder.join("page");
    fs::create_dir_all(&folder)?;
    let file = |number: usize| folder.join(number.to_string());
    for number in 0..NUMBERS.max(pages.count()) {
        if number < pages.count() {
            fs::write(file(number), pages.get(number as u64).body())?;
        } else {
            fs::hard_link(file(number % pages.count()), file(number))?;
        }
    }
    Ok(())
}
