//! The parsing capability: bytes pushed in as they arrive, an owned value out. No I/O, no waiting.

use std::fmt;
use std::ops::ControlFlow;

use bytes::Bytes;

use crate::error::ParseError;
use crate::page::{Chunks, Head, Page};

/// A kind of parser: starts one [`Sink`] for each page.
///
/// Parsing is synchronous and CPU-bound on purpose; where it runs is [`Compute`](crate::Compute)'s business. `Output`
/// is `Send` and `'static`, so nothing borrowed from a page, and no `Rc` of a DOM, leaves it:
///
/// ```compile_fail,E0277
/// use gather_core::{Page, Parse, ParseError};
/// fn is_a_parser(_: impl Parse) {}
/// is_a_parser(|page: &Page| -> Result<std::rc::Rc<str>, ParseError> { Ok("leaks".into()) });
/// ```
///
/// A closure over a whole [`Page`] is a parser too; it is cloned for each page and called once the body is complete:
///
/// ```
/// use gather_core::{Page, Parse, ParseError};
/// fn is_a_parser(_: impl Parse) {}
/// is_a_parser(|page: &Page| Ok(page.body.len()));
/// ```
pub trait Parse: Send + Sync + 'static {
    /// What a page becomes.
    type Output: Send + 'static;

    /// What takes the bytes of one page. It has to be `Send` where the pipeline has to be (see
    /// [`drive`](crate::Scraper::drive)).
    type Sink: Sink<Output = Self::Output>;

    /// Starts on a page whose head, of whatever status, has just arrived.
    fn start(&self, head: &Head) -> Self::Sink;
}

/// A parser at work on one page.
///
/// The chunks come in order and may be cut anywhere, in the middle of a character too. A sink is dropped unfinished when
/// its page is cancelled or fails.
pub trait Sink: 'static {
    /// What the page becomes.
    type Output;

    /// Takes the next bytes. [`ControlFlow::Break`] says that the rest of the body is of no interest: where the parser
    /// runs inline the pipeline then stops reading and calls [`finish`](Sink::finish).
    ///
    /// A slice of `chunk` that is kept holds on to the whole chunk: copy what is small.
    fn feed(&mut self, chunk: Bytes) -> ControlFlow<()>;

    /// Says what the page became.
    ///
    /// # Errors
    ///
    /// The parser's own. Broken HTML is input, not an error.
    fn finish(self) -> Result<Self::Output, ParseError>;
}

impl<P, T> Parse for P
where
    P: Fn(&Page) -> Result<T, ParseError> + Clone + Send + Sync + 'static,
    T: Send + 'static,
{
    type Output = T;
    type Sink = PageSink<P>;

    fn start(&self, head: &Head) -> PageSink<P> {
        PageSink { parse: self.clone(), head: head.clone(), chunks: Chunks::default() }
    }
}

/// The [`Sink`] of a closure: collects the body, then calls the closure with the whole page.
pub struct PageSink<P> {
    parse: P,
    head: Head,
    chunks: Chunks,
}

impl<P, T> Sink for PageSink<P>
where
    P: Fn(&Page) -> Result<T, ParseError> + 'static,
{
    type Output = T;

    fn feed(&mut self, chunk: Bytes) -> ControlFlow<()> {
        self.chunks.push(chunk);
        ControlFlow::Continue(())
    }

    fn finish(self) -> Result<T, ParseError> {
        (self.parse)(&Page { head: self.head, body: self.chunks.into_bytes() })
    }
}

impl<P> fmt::Debug for PageSink<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PageSink").field("head", &self.head).field("received", &self.chunks.len()).finish()
    }
}

/// The parser that keeps the page as it is: what a [`Scraper`](crate::Scraper) uses until it is given another.
#[derive(Debug, Clone, Copy, Default)]
pub struct WholePage;

impl Parse for WholePage {
    type Output = Page;
    type Sink = WholePageSink;

    fn start(&self, head: &Head) -> WholePageSink {
        WholePageSink { head: head.clone(), chunks: Chunks::default() }
    }
}

/// The [`Sink`] of [`WholePage`].
#[derive(Debug)]
pub struct WholePageSink {
    head: Head,
    chunks: Chunks,
}

impl Sink for WholePageSink {
    type Output = Page;

    fn feed(&mut self, chunk: Bytes) -> ControlFlow<()> {
        self.chunks.push(chunk);
        ControlFlow::Continue(())
    }

    fn finish(self) -> Result<Page, ParseError> {
        Ok(Page { head: self.head, body: self.chunks.into_bytes() })
    }
}

/// Runs `parser` over a page that is already in memory.
///
/// # Errors
///
/// Those of the parser.
///
/// ```
/// use gather_core::{Page, parse_page};
/// # fn example(page: &Page) -> Result<(), gather_core::ParseError> {
/// let length = parse_page(&|page: &Page| Ok(page.body.len()), page)?;
/// # Ok(()) }
/// ```
pub fn parse_page<P: Parse>(parser: &P, page: &Page) -> Result<P::Output, ParseError> {
    let mut sink = parser.start(&page.head);
    let _ = sink.feed(page.body.clone());
    sink.finish()
}
