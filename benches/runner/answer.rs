//! What a trial found: the sums that every engine has to agree on.

use std::fmt;

use gather_core::{ScrapeResult, http::StatusCode};

use crate::models::fetch::cancel::Cancelled;
use crate::page::PageAnswer;

/// The answer of a trial. Sums, so that the order of arrival does not matter.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) pages: u64,
    pub(crate) bytes: u64,
    pub(crate) links: u64,
    pub(crate) checksum: u64,
    pub(crate) errors: u64,
    pub(crate) timeouts: u64,
    /// Dropped on purpose.
    pub(crate) cancelled: u64,
}

impl Answer {
    /// Adds the result of one request.
    pub(crate) fn add(&mut self, result: &ScrapeResult<PageAnswer>) {
        match result {
            Ok(page) if page.status == StatusCode::OK => self.add_page(page.bytes, page.output),
            Ok(_) => self.errors += 1,
            Err(error) if error.is_timeout() => self.timeouts += 1,
            Err(error) if error.as_fetch().is_some_and(Cancelled::is) => self.cancelled += 1,
            Err(error) => {
                // The first few are worth reading; the count tells the rest.
                if self.errors < 3 {
                    eprintln!("{error}");
                }
                self.errors += 1;
            }
        }
    }

    /// Adds one page.
    pub(crate) fn add_page(&mut self, bytes: u64, page: PageAnswer) {
        self.pages += 1;
        self.bytes += bytes;
        self.links += page.links;
        self.checksum = self.checksum.wrapping_add(page.checksum);
    }

    /// Adds what another thread found.
    pub(crate) fn merge(&mut self, other: &Answer) {
        self.pages += other.pages;
        self.bytes += other.bytes;
        self.links += other.links;
        self.checksum = self.checksum.wrapping_add(other.checksum);
        self.errors += other.errors;
        self.timeouts += other.timeouts;
        self.cancelled += other.cancelled;
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Answer { pages, bytes, links, checksum, errors, timeouts, cancelled } = self;
        write!(
            f,
            "pages={pages} bytes={bytes} links={links} checksum={checksum:016x} errors={errors} timeouts={timeouts}"
        )?;
        if *cancelled > 0 { write!(f, " cancelled={cancelled}") } else { Ok(()) }
    }
}
