//! A page as it goes over the wire, and the set of pages that the origin serves.

use std::io::Write;
use std::sync::Arc;

use flate2::Compression;
use flate2::write::GzEncoder;

/// A response that was made once and is shared by everybody who asks for it. Writing it copies nothing here.
#[derive(Debug)]
pub(crate) struct Page {
    head: Vec<u8>,
    body: Vec<u8>,
    /// Where in the body each write but the last ends; empty for a page that is written at once.
    breaks: Vec<usize>,
    /// How much of the body is content, and not the framing of chunks.
    content_bytes: usize,
}

impl Page {
    /// A page of HTML.
    pub(crate) fn html(body: Vec<u8>) -> Page {
        Page::new("200 OK", HTML, body)
    }

    /// The same, compressed, whatever the client says that it understands.
    pub(crate) fn gzip(content: &[u8]) -> Page {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        // Writing to a Vec cannot fail.
        let _ = encoder.write_all(content);
        let body = encoder.finish().unwrap_or_default();
        let mut page = Page::html(body);
        page.head.extend_from_slice(b"content-encoding: gzip\r\n");
        page
    }

    /// A document of JSON.
    pub(crate) fn json(body: Vec<u8>) -> Page {
        Page::new("200 OK", "application/json", body)
    }

    /// A page of HTML in chunked transfer coding, which is written in as many pieces as there are chunks: the last one goes with
    /// the end of the body. There is at most one chunk for each byte, because an empty one would end the body (RFC 9112, 7.1).
    pub(crate) fn chunked(content: &[u8], chunks: usize) -> Page {
        let (mut body, mut breaks, mut rest) = (Vec::with_capacity(content.len() + chunks * 12), Vec::new(), content);
        for left in (1..=chunks).rev() {
            let (chunk, others) = rest.split_at(rest.len().div_ceil(left));
            rest = others;
            if !chunk.is_empty() {
                body.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
                body.extend_from_slice(chunk);
                body.extend_from_slice(b"\r\n");
            }
            if left > 1 {
                breaks.push(body.len());
            }
        }
        body.extend_from_slice(b"0\r\n\r\n");
        let head = format!("HTTP/1.1 200 OK\r\ncontent-type: {HTML}\r\ntransfer-encoding: chunked\r\n");
        Page { head: head.into_bytes(), body, breaks, content_bytes: content.len() }
    }

    /// One line for a person or for the lab.
    pub(crate) fn text(status: &str, line: &str) -> Page {
        Page::new(status, "text/plain; charset=utf-8", format!("{line}\n").into_bytes())
    }

    fn new(status: &str, content_type: &str, body: Vec<u8>) -> Page {
        let head = format!("HTTP/1.1 {status}\r\ncontent-type: {content_type}\r\ncontent-length: {}\r\n", body.len());
        let content_bytes = body.len();
        Page { head: head.into_bytes(), body, breaks: Vec::new(), content_bytes }
    }

    /// The response's head, without the empty line that ends it: whether the connection closes is said between the two.
    pub(crate) fn head(&self) -> &[u8] {
        &self.head
    }

    /// The body as it is written.
    pub(crate) fn body(&self) -> &[u8] {
        &self.body
    }

    /// How many bytes a client has when it has undone the transfer coding.
    pub(crate) fn content_bytes(&self) -> usize {
        self.content_bytes
    }

    /// How many bytes of the page take memory.
    pub(crate) fn stored_bytes(&self) -> usize {
        self.head.len() + self.body.len()
    }

    /// Where the piece that starts at `start` of the body ends.
    pub(crate) fn piece_end(&self, start: usize) -> usize {
        let next = self.breaks.partition_point(|end| *end <= start);
        self.breaks.get(next).copied().unwrap_or(self.body.len())
    }
}

const HTML: &str = "text/html; charset=utf-8";

/// The pages behind `/page/I`.
#[derive(Debug, Clone)]
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
