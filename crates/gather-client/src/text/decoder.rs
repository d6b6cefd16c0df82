//! From bytes to text as they arrive, the encoding found on the way.

use std::fmt;

use encoding_rs::{CoderResult, Encoding};

use crate::charset::{self, Charset, Declared, Detection, SniffLimits};

/// A decoder of one document: chunks of bytes in, text out.
///
/// It holds back what it has to: the first bytes until they can tell the encoding (three, or
/// [`SniffLimits::prescan`] where the document itself may say it), and where nothing says it up to
/// [`SniffLimits::detect`] bytes from the first one on that is not ASCII. ASCII before that is the same in whatever is
/// detected, and goes through at once.
///
/// The text depends on the bytes alone and not on how they were cut.
///
/// ```
/// use gather_client::charset::{CharsetSource, Declared, SniffLimits};
/// use gather_client::text::TextDecoder;
///
/// let mut decoder = TextDecoder::new(Declared::content_type("text/plain"), SniffLimits::default());
/// let mut text = String::new();
/// for chunk in [&b"plain, then \xd0"[..], b"\x9f\xd1\x80\xd0\xb8\xd0\xb2\xd0\xb5\xd1\x82"] {
///     decoder.decode(chunk, &mut text);
/// }
/// let (charset, malformed) = decoder.finish(&mut text);
/// assert_eq!((&text[..], charset.source, malformed), ("plain, then Привет", CharsetSource::Detected, false));
/// ```
pub struct TextDecoder {
    declared: Declared,
    limits: SniffLimits,
    state: State,
    malformed: bool,
}

enum State {
    /// The first bytes are being collected.
    Opening { held: Vec<u8> },
    /// Nothing says anything, and all was ASCII so far.
    Ascii { detection: Detection },
    /// There are other bytes now, and the detector has not seen enough of them.
    Detecting { detection: Detection, held: Vec<u8> },
    /// The encoding is known.
    Decoding { charset: Charset, decoder: Box<encoding_rs::Decoder> },
}

impl TextDecoder {
    /// A decoder for a document of which this much is known.
    pub fn new(declared: Declared, limits: SniffLimits) -> Self {
        TextDecoder { declared, limits, state: State::Opening { held: Vec::new() }, malformed: false }
    }

    /// Takes the next bytes, and appends to `text` what they give.
    pub fn decode(&mut self, bytes: &[u8], text: &mut String) {
        match &mut self.state {
            State::Opening { held } => {
                let wanted = charset::opening(&self.declared, &self.limits);
                if held.len() + bytes.len() < wanted {
                    held.extend_from_slice(bytes);
                    return;
                }
                let (top, rest) = bytes.split_at(wanted - held.len());
                held.extend_from_slice(top);
                let held = std::mem::take(held);
                self.open(&held, text);
                self.decode(rest, text);
            }
            State::Ascii { detection } => {
                let (ascii, rest) = bytes.split_at(Encoding::ascii_valid_up_to(bytes));
                detection.feed(ascii);
                text.push_str(str::from_utf8(ascii).expect("ASCII is UTF-8"));
                if !rest.is_empty() {
                    let detection = std::mem::replace(detection, Detection::new());
                    self.state = State::Detecting { detection, held: Vec::new() };
                    self.decode(rest, text);
                }
            }
            State::Detecting { detection, held } => {
                let (seen, rest) = bytes.split_at(bytes.len().min(self.limits.detect - held.len()));
                detection.feed(seen);
                held.extend_from_slice(seen);
                if held.len() == self.limits.detect {
                    self.guess(false, text);
                    self.decode(rest, text);
                }
            }
            State::Decoding { decoder, .. } => self.malformed |= append(decoder, bytes, false, text),
        }
    }

    /// Says that there are no more bytes, appends what is held back, and tells the encoding, and whether some bytes
    /// were not of it.
    pub fn finish(mut self, text: &mut String) -> (Charset, bool) {
        if let State::Opening { held } = &mut self.state {
            let held = std::mem::take(held);
            self.open(&held, text);
        }
        if matches!(self.state, State::Detecting { .. }) {
            self.guess(true, text);
        }
        match &mut self.state {
            State::Decoding { charset, decoder } => {
                self.malformed |= append(decoder, &[], true, text);
                (*charset, self.malformed)
            }
            _ => (charset::default_for(self.declared.kind), false),
        }
    }

    /// Goes by the first bytes, which are all there are or as many as are wanted.
    fn open(&mut self, top: &[u8], text: &mut String) {
        let skip = match charset::sniff_opening(&self.declared, top) {
            Some((charset, mark)) => {
                self.state = decoding(charset);
                mark
            }
            None => {
                self.state = State::Ascii { detection: Detection::new() };
                0
            }
        };
        self.decode(&top[skip..], text);
    }

    /// Goes by what the detector has seen.
    fn guess(&mut self, ended: bool, text: &mut String) {
        if let State::Detecting { detection, held } = &mut self.state {
            let detection = std::mem::replace(detection, Detection::new());
            let held = std::mem::take(held);
            self.state = decoding(detection.guess(&self.declared, ended));
            self.decode(&held, text);
        }
    }
}

fn decoding(charset: Charset) -> State {
    // The byte order mark, where there is one, is not given to it.
    State::Decoding { charset, decoder: Box::new(charset.encoding.new_decoder_without_bom_handling()) }
}

/// Decodes, making room as it goes: most text needs about one byte for each of its bytes. Says whether some were malformed.
fn append(decoder: &mut encoding_rs::Decoder, mut bytes: &[u8], last: bool, text: &mut String) -> bool {
    let mut malformed = false;
    loop {
        text.reserve(bytes.len() + LONGEST_CHARACTER);
        let (result, read, had_errors) = decoder.decode_to_string(bytes, text, last);
        malformed |= had_errors;
        bytes = &bytes[read..];
        if result == CoderResult::InputEmpty {
            return malformed;
        }
    }
}

/// What one step may write: two characters of four bytes at the most.
const LONGEST_CHARACTER: usize = 16;

impl fmt::Debug for TextDecoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match &self.state {
            State::Opening { .. } => "opening",
            State::Ascii { .. } => "ascii",
            State::Detecting { .. } => "detecting",
            State::Decoding { charset, .. } => charset.encoding.name(),
        };
        f.debug_struct("TextDecoder").field("declared", &self.declared).field("state", &state).finish_non_exhaustive()
    }
}
