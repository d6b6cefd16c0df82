//! From bytes to UTF-8, whatever the page was written in.

use std::borrow::Cow;
use std::mem;

use encoding_rs::{Decoder, Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252, X_USER_DEFINED};
use gather_core::Head;
use gather_core::http::header::CONTENT_TYPE;

use crate::extract::charset_in_content;
use crate::limits::HtmlLimits;
use crate::scan::{Event, Kinds, LinkScanner};
use crate::value::attribute_value;

/// The encoding that the head declares, if it is one that somebody knows.
pub(crate) fn declared(head: &Head) -> Option<&'static Encoding> {
    charset(head).and_then(|label| Encoding::for_label_no_replacement(label.as_bytes()))
}

/// A whole body as text, and the encoding that it turned out to be in.
pub(crate) fn decode<'a>(declared: Option<&'static Encoding>, body: &'a [u8]) -> (Cow<'a, str>, &'static Encoding) {
    let encoding = encoding(declared, &body[..body.len().min(OPENING)]);
    let (text, encoding, _had_errors) = encoding.decode(body);
    (text, encoding)
}

/// The encoding of a page by the order of the standard: what its mark says, else its head, else itself at its beginning.
fn encoding(declared: Option<&'static Encoding>, opening: &[u8]) -> &'static Encoding {
    let marked = Encoding::for_bom(opening).map(|(encoding, _)| encoding);
    marked.or(declared).or_else(|| said(opening)).unwrap_or(UTF_8)
}

/// The encoding that the first `<meta>` names which names one that somebody knows.
///
/// The standard's [prescan](https://html.spec.whatwg.org/multipage/parsing.html#prescan-a-byte-stream-to-determine-its-encoding)
/// for it knows no scripts and no titles, and takes what looks like a `<meta>` in them for one. Here it has to be one.
fn said(opening: &[u8]) -> Option<&'static Encoding> {
    let mut said = None;
    let named = |label: &str| Encoding::for_label_no_replacement(label.as_bytes());
    let take = |event: Event<'_>| {
        let here = match event {
            Event::Charset(value) => named(&attribute_value(value, UTF_8)),
            Event::ContentType(value) => charset_in_content(&attribute_value(value, UTF_8)).and_then(named),
            _ => None,
        };
        said = said.or(here);
    };
    // A tag that is cut where the opening ends is none yet.
    let scanned = LinkScanner::new(Kinds::ANCHORS, HtmlLimits::default()).feed(opening, take);
    scanned.ok().and(said).map(readable)
}

/// Who has read its name as ASCII has not read UTF-16.
fn readable(named: &'static Encoding) -> &'static Encoding {
    match named {
        utf_16 if utf_16 == UTF_16BE || utf_16 == UTF_16LE => UTF_8,
        user_defined if user_defined == X_USER_DEFINED => WINDOWS_1252,
        named => named,
    }
}

/// Passes bytes on as they are where ASCII is ASCII in them, and as UTF-8 otherwise, chunk by chunk.
pub(crate) struct Transcoder {
    state: State,
}

enum State {
    /// What decides is not there yet: so far it begins like this.
    Undecided {
        declared: Option<&'static Encoding>,
        first: Vec<u8>,
    },
    /// What is wrong with the bytes is not even looked for here: it is replaced in each value that is taken.
    PassThrough(&'static Encoding),
    Decoding {
        decoder: Box<Decoder>,
        text: String,
    },
}

impl Transcoder {
    pub(crate) fn new(declared: Option<&'static Encoding>) -> Self {
        Transcoder { state: State::Undecided { declared, first: Vec::new() } }
    }

    /// Takes the next bytes and hands them on, with the encoding that they are in then. `last` says that there are no
    /// more.
    pub(crate) fn push<E>(
        &mut self,
        chunk: &[u8],
        last: bool,
        mut write: impl FnMut(&[u8], &'static Encoding) -> Result<(), E>,
    ) -> Result<(), E> {
        let State::Undecided { declared, first } = &mut self.state else {
            return self.hand_on(chunk, last, &mut write);
        };
        let wanted = if declared.is_some() { LONGEST_MARK } else { OPENING };
        // Mostly all of it is there at once, and is looked at where it lies.
        if first.is_empty() && (last || chunk.len() >= wanted) {
            self.state = State::of(encoding(*declared, &chunk[..chunk.len().min(wanted)]));
            return self.hand_on(chunk, last, &mut write);
        }
        let (more, rest) = chunk.split_at(chunk.len().min(wanted - first.len()));
        first.extend_from_slice(more);
        if first.len() < wanted && !last {
            return Ok(());
        }
        let (declared, first) = (*declared, mem::take(first));
        self.state = State::of(encoding(declared, &first));
        self.hand_on(&first, false, &mut write)?;
        self.hand_on(rest, last, &mut write)
    }

    fn hand_on<E>(
        &mut self,
        bytes: &[u8],
        last: bool,
        write: &mut impl FnMut(&[u8], &'static Encoding) -> Result<(), E>,
    ) -> Result<(), E> {
        let (decoder, text) = match &mut self.state {
            State::Decoding { decoder, text } => (decoder, text),
            State::PassThrough(encoding) => return write(bytes, encoding),
            State::Undecided { .. } => return Ok(()),
        };
        let mut pieces = bytes.chunks(PIECE).peekable();
        loop {
            let piece = pieces.next().unwrap_or_default();
            let is_last_piece = pieces.peek().is_none();
            text.clear();
            // Three bytes for each is what the decoder may need, so one call takes the whole piece.
            text.reserve(decoder.max_utf8_buffer_length(piece.len()).unwrap_or(0));
            let _ = decoder.decode_to_string(piece, text, last && is_last_piece);
            write(text.as_bytes(), UTF_8)?;
            if is_last_piece {
                return Ok(());
            }
        }
    }

    /// The encoding of the page, as far as it is known by now.
    pub(crate) fn encoding(&self) -> &'static Encoding {
        match &self.state {
            State::Decoding { decoder, .. } => decoder.encoding(),
            State::PassThrough(encoding) => encoding,
            State::Undecided { declared, .. } => declared.unwrap_or(UTF_8),
        }
    }
}

impl State {
    fn of(encoding: &'static Encoding) -> Self {
        if encoding.is_ascii_compatible() {
            State::PassThrough(encoding)
        } else {
            State::Decoding { decoder: Box::new(encoding.new_decoder()), text: String::new() }
        }
    }
}

/// The `charset` parameter of the Content-Type.
fn charset(head: &Head) -> Option<&str> {
    let content_type = head.headers.get(CONTENT_TYPE)?.to_str().ok()?;
    content_type.split(';').skip(1).find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case("charset").then(|| value.trim().trim_matches('"'))
    })
}

/// How many bytes are decoded at a time: the buffer is three times as large, and lives as long as the page.
const PIECE: usize = 16 << 10;

/// The byte order mark of UTF-8; those of UTF-16 are shorter.
const LONGEST_MARK: usize = 3;

/// In how many bytes a page has to say its encoding: the standard's number. They are held back until they are there.
const OPENING: usize = 1024;
