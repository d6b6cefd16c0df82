//! The chunked coding (RFC 9112, section 7.1), byte by byte where there is syntax and in one slice where there is data.

use bytes::{Buf, BytesMut};

use super::{DecodeError, Piece};

/// The most bytes that the extensions and the trailer of one body may have: they are thrown away.
pub const CHUNK_OVERHEAD_LIMIT: usize = 16 << 10;

/// The place in a chunked body.
#[derive(Debug)]
pub(super) struct Chunked {
    state: State,
    /// The bytes of extensions and trailer so far.
    overhead: usize,
}

#[derive(Debug, Clone, Copy)]
enum State {
    /// In a chunk's size, of which so many digits were seen.
    Size {
        value: u64,
        digits: u8,
    },
    /// In the white space that some servers pad the size with.
    Padding(u64),
    Extension(u64),
    SizeEnd(u64),
    Data(u64),
    DataEnd,
    DataLineEnd,
    /// At the beginning of a trailer line, or of the last, empty one.
    Trailer,
    TrailerLine,
    TrailerLineEnd,
    LastLineEnd,
    Done,
}

impl Chunked {
    pub(super) fn new() -> Self {
        Chunked { state: NEXT_CHUNK, overhead: 0 }
    }

    /// Takes the next data, or the end, off `input`.
    pub(super) fn next(&mut self, input: &mut BytesMut) -> Result<Piece, DecodeError> {
        loop {
            match self.state {
                State::Done => return Ok(Piece::End),
                _ if input.is_empty() => return Ok(Piece::More),
                State::Data(left) => {
                    let piece = input.split_to(usize::try_from(left).unwrap_or(usize::MAX).min(input.len()));
                    let left = left - piece.len() as u64;
                    self.state = if left == 0 { State::DataEnd } else { State::Data(left) };
                    return Ok(Piece::Data(piece.freeze()));
                }
                state => self.state = self.step(state, input.get_u8())?,
            }
        }
    }

    pub(super) fn is_done(&self) -> bool {
        matches!(self.state, State::Done)
    }

    fn step(&mut self, state: State, byte: u8) -> Result<State, DecodeError> {
        Ok(match (state, byte) {
            (State::Size { value, digits }, digit) if digit.is_ascii_hexdigit() => {
                // Sixteen digits fill 64 bits; more would be an overflow, or zeros without end.
                if digits == 16 {
                    return Err(DecodeError::BadChunkSize);
                }
                let digit_value = (digit as char).to_digit(16).unwrap_or_default();
                State::Size { value: value << 4 | u64::from(digit_value), digits: digits + 1 }
            }
            (State::Size { digits: 0, .. }, _) => return Err(DecodeError::BadChunkSize),
            (State::Size { value, .. } | State::Padding(value), b'\r') => State::SizeEnd(value),
            (State::Size { value, .. } | State::Padding(value), b' ' | b'\t') => self.count(State::Padding(value))?,
            (State::Size { value, .. } | State::Padding(value), b';') => self.count(State::Extension(value))?,
            (State::Extension(value), b'\r') => State::SizeEnd(value),
            // A line feed alone ends the line for some and not for others, which is how bodies are smuggled.
            (State::Extension(value), byte) if byte != b'\n' => self.count(State::Extension(value))?,
            (State::SizeEnd(0), b'\n') => State::Trailer,
            (State::SizeEnd(size), b'\n') => State::Data(size),
            (State::Size { .. } | State::Padding(_) | State::Extension(_) | State::SizeEnd(_), _) => {
                return Err(DecodeError::BadChunkSize);
            }
            (State::DataEnd, b'\r') => State::DataLineEnd,
            (State::DataLineEnd, b'\n') => NEXT_CHUNK,
            (State::Trailer, b'\r') => State::LastLineEnd,
            (State::LastLineEnd, b'\n') => State::Done,
            (State::TrailerLine, b'\r') => State::TrailerLineEnd,
            (State::TrailerLineEnd, b'\n') => State::Trailer,
            (State::Trailer | State::TrailerLine, byte) if byte != b'\n' => self.count(State::TrailerLine)?,
            _ => return Err(DecodeError::BadChunkEnd),
        })
    }

    /// Counts a byte that will be thrown away.
    fn count(&mut self, next: State) -> Result<State, DecodeError> {
        self.overhead += 1;
        if self.overhead > CHUNK_OVERHEAD_LIMIT { Err(DecodeError::ChunkOverheadTooLarge) } else { Ok(next) }
    }
}

const NEXT_CHUNK: State = State::Size { value: 0, digits: 0 };
