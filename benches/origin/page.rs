//! A page as it goes over the wire, and the set of pages that the origin serves.

use std::sync::Arc;

/// A response that was made once and is shared by everybody who asks for it. Writing it copies nothing here.
#[derive(Debug)]
pub(crate) struct Page {
    head: Vec<u8>,
    body: Vec<u8>,
}

impl Page {
    /// A page of HTML.
    pub(crate) fn html(body: Vec<u8>) -> Page {
        Page::new("200 OK", "text/html; charset=utf-8", body)
    }

    /// One line for a person or for the lab.
    pub(crate) fn text(status: &str, line: &str) -> Page {
        Page::new(status, "text/plain; charset=utf-8", format!("{line}\n").into_bytes())
    }

    fn new(status: &str, content_type: &str, body: Vec<u8>) -> Page {
        let head = format!("HTTP/1.1 {status}\r\ncontent-type: {content_type}\r\ncontent-length: {}\r\n", body.len());
        Page { head: head.into_bytes(), body }
    }

    /// The response's head, without the empty line that ends it: whether the connection closes is said between the two.
    pub(crate) fn head(&self) -> &[u8] {
        &self.head
    }

    /// The body.
    pub(crate) fn body(&self) -> &[u8] {
        &self.body
    }
}

/// The pages behind `/page/I`.
#[derive(Debug)]
pub(crate) struct Pages {
    source: &'static str,
    pages: Vec<Arc<Page>>,
    bytes: u64,
}

impl Pages {
    /// Serves `bodies`, of which there is at least one; `source` is the word for them in the ready line.
    ///
    /// # Panics
    /// When there are none: reading or generating them has refused that.
    pub(crate) fn new(source: &'static str, bodies: Vec<Vec<u8>>) -> Pages {
        assert!(!bodies.is_empty(), "a set of pages has at least one");
        let bytes = bodies.iter().map(|body| body.len() as u64).sum();
        let pages = bodies.into_iter().map(|body| Arc::new(Page::html(body))).collect();
        Pages { source, pages, bytes }
    }

    /// Where the pages come from: `directory` or `generated`.
    pub(crate) fn source(&self) -> &'static str {
        self.source
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.pages.len()
    }

    /// The sum of their bodies.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Page `index` modulo their number.
    pub(crate) fn get(&self, index: u64) -> Arc<Page> {
        Arc::clone(&self.pages[(index % self.pages.len() as u64) as usize])
    }
}
