//! From bytes to UTF-8, whatever the page was written in.

use std::borrow::Cow;

use encoding_rs::{Decoder, Encoding, UTF_8};
use gather_core::Head;
use gather_core::http::header::CONTENT_TYPE;

/// The encoding that the head declares; UTF-8 when it declares none, or one that nobody knows.
pub(crate) fn declared(head: &Head) -> &'static Encoding {
    charset(head).and_then(|label| Encoding::for_label_no_replacement(label.as_bytes())).unwrap_or(UTF_8)
}

/// A whole body as text, and the encoding that it turned out to be in.
pub(crate) fn decode<'a>(declared: &'static Encoding, body: &'a [u8]) -> (Cow<'a, str>, &'static Encoding) {
    let (text, encoding, _had_errors) = declared.decode(body);
    (text, encoding)
}

/// Passes bytes on as they are where ASCII is ASCII in them, and as UTF-8 otherwise, chunk by chunk.
pub(crate) struct Transcoder {
    state: State,
}

enum State {
    /// A byte order mark, which says more than what was declared, is possible still: these are its first bytes.
    Undecided {
        declared: &'static Encoding,
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
    pub(crate) fn new(declared: &'static Encoding) -> Self {
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
        let mut rest = chunk;
        if let State::Undecided { declared, first } = &mut self.state {
            let is_mark = |bytes: &[u8]| MARKS.iter().any(|mark| mark.starts_with(bytes));
            // A page that begins with no mark is handed on whole, and not with its first byte by itself.
            if first.is_empty() && chunk.first().is_some_and(|byte| !is_mark(&[*byte])) {
                self.state = State::of(declared, &[]);
                return self.hand_on(chunk, last, &mut write);
            }
            while is_mark(first) && !MARKS.contains(&&**first) {
                let Some((next, after)) = rest.split_first() else { break };
                first.push(*next);
                rest = after;
            }
            if !last && is_mark(first) && !MARKS.contains(&&**first) {
                return Ok(());
            }
            let (declared, first) = (*declared, std::mem::take(first));
            self.state = State::of(declared, &first);
            self.hand_on(&first, last && rest.is_empty(), &mut write)?;
        }
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
            State::Undecided { declared, .. } => declared,
        }
    }
}

impl State {
    fn of(declared: &'static Encoding, first: &[u8]) -> Self {
        let encoding = Encoding::for_bom(first).map_or(declared, |(marked, _)| marked);
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

/// UTF-8, and UTF-16 in both orders.
const MARKS: [&[u8]; 3] = [b"\xEF\xBB\xBF", b"\xFE\xFF", b"\xFF\xFE"];
