//! Pages as text: bytes in whatever encoding, out as a `String`.
//!
//! [`text`] is the parser for pages, [`TextDecoder`] the machine below it, which decodes as the bytes arrive, and
//! [`decode_text`] the function for a body at hand. None of them fails: what is not in the encoding becomes U+FFFD, as
//! the WHATWG Encoding Standard's "decode" has it, and [`Text::malformed`] tells.
//!
//! ```
//! use gather_client::charset::{Declared, SniffLimits};
//! use gather_client::text::decode_text;
//!
//! let html = Declared::content_type("text/html; charset=iso-8859-1");
//! let page = decode_text(&html, b"caf\xe9 \x80", &SniffLimits::default());
//! assert_eq!((&page.text[..], page.charset.encoding.name()), ("café €", "windows-1252"));
//! ```

mod decoder;

use std::ops::ControlFlow;

use bytes::Bytes;
use gather_core::{Head, Parse, ParseError, Sink};

use crate::charset::{Charset, Declared, SniffLimits};

pub use decoder::TextDecoder;

/// A page as text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// The text, without its byte order mark.
    pub text: String,
    /// The encoding it was in, and how that was found.
    pub charset: Charset,
    /// Whether some bytes were not of that encoding, and are U+FFFD now.
    pub malformed: bool,
}

/// Decodes a body that is there as a whole.
pub fn decode_text(declared: &Declared, body: &[u8], limits: &SniffLimits) -> Text {
    let mut decoder = TextDecoder::new(declared.clone(), *limits);
    let mut text = String::new();
    decoder.decode(body, &mut text);
    let (charset, malformed) = decoder.finish(&mut text);
    Text { text, charset, malformed }
}

/// The parser that makes each page a [`Text`].
///
/// ```
/// use gather_core::{Page, ParseError, parse_page};
///
/// fn first_line(page: &Page) -> Result<Option<String>, ParseError> {
///     let page = parse_page(&gather_client::text::text(), page)?;
///     Ok(page.text.lines().next().map(str::to_owned))
/// }
/// ```
pub fn text() -> TextParser {
    TextParser::default()
}

/// See [`text`]. It never refuses a page.
///
/// Memory is that of the text, at most three times the body (bodies have their own limits, see
/// [`gather_core::Limits::max_body`]), and up to [`SniffLimits::detect`] bytes held back for the detector.
#[derive(Debug, Clone, Copy, Default)]
pub struct TextParser {
    limits: SniffLimits,
}

impl TextParser {
    /// This parser, looking at another number of bytes to find the encoding.
    #[must_use]
    pub fn limits(mut self, limits: SniffLimits) -> Self {
        self.limits = limits;
        self
    }
}

impl Parse for TextParser {
    type Output = Text;
    type Sink = TextSink;

    fn start(&self, head: &Head) -> TextSink {
        TextSink { decoder: TextDecoder::new(Declared::by(head), self.limits), text: String::new() }
    }
}

/// The [`Sink`] of [`TextParser`].
#[derive(Debug)]
pub struct TextSink {
    decoder: TextDecoder,
    text: String,
}

impl Sink for TextSink {
    type Output = Text;

    fn feed(&mut self, chunk: Bytes) -> ControlFlow<()> {
        self.decoder.decode(&chunk, &mut self.text);
        ControlFlow::Continue(())
    }

    fn finish(mut self) -> Result<Text, ParseError> {
        let (charset, malformed) = self.decoder.finish(&mut self.text);
        Ok(Text { text: self.text, charset, malformed })
    }
}
