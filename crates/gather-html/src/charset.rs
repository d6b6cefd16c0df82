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

/// Passes UTF-8 through as it is, and decodes everything else, chunk by chunk.
pub(crate) struct Transcoder {
    state: State,
}

enum State {
    /// Declared as UTF-8, but nothing has come yet: a byte order mark may still say otherwise.
    Undecided,
    /// UTF-8 is not even checked here: what is wrong with it shows up, and is replaced, in single attributes.
    PassThrough,
    Decoding {
        decoder: Box<Decoder>,
        text: String,
    },
}

impl Transcoder {
    pub(crate) fn new(declared: &'static Encoding) -> Self {
        Transcoder { state: if declared == UTF_8 { State::Undecided } else { State::decoding(declared) } }
    }

    /// Takes the next bytes and hands them on as UTF-8. `last` says that there are no more.
    pub(crate) fn push<E>(
        &mut self,
        chunk: &[u8],
        last: bool,
        mut write: impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        if let (State::Undecided, Some(first)) = (&self.state, chunk.first()) {
            // Only a byte order mark of UTF-16 starts like this; the decoder looks at the rest of it.
            self.state = if matches!(first, 0xFE | 0xFF) { State::decoding(UTF_8) } else { State::PassThrough };
        }
        let State::Decoding { decoder, text } = &mut self.state else {
            return write(chunk);
        };
        let mut pieces = chunk.chunks(PIECE).peekable();
        loop {
            let piece = pieces.next().unwrap_or_default();
            let is_last_piece = pieces.peek().is_none();
            text.clear();
            // Three bytes for each is what the decoder may need, so one call takes the whole piece.
            text.reserve(decoder.max_utf8_buffer_length(piece.len()).unwrap_or(0));
            let _ = decoder.decode_to_string(piece, text, last && is_last_piece);
            write(text.as_bytes())?;
            if is_last_piece {
                return Ok(());
            }
        }
    }

    /// The encoding, as far as it is known by now.
    pub(crate) fn encoding(&self) -> &'static Encoding {
        match &self.state {
            State::Decoding { decoder, .. } => decoder.encoding(),
            State::Undecided | State::PassThrough => UTF_8,
        }
    }
}

impl State {
    fn decoding(declared: &'static Encoding) -> Self {
        State::Decoding { decoder: Box::new(declared.new_decoder()), text: String::new() }
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
