//! gzip, and deflate in both kinds, through flate2.

use flate2::{Decompress, FlushDecompress, Status};

use super::codec::{Codec, Magic, Step};
use super::{Coding, DecodeError};

/// The largest window of deflate, 2^15 bytes: a stream may use all of it.
const WINDOW_BITS: u8 = 15;

/// RFC 1952: members in a row. What follows a member and does not begin another is ignored, as browsers and curl do.
pub(super) struct Gzip {
    magic: Magic<2>,
    state: State,
    /// Members that came to their end.
    members: u32,
    most_members: u32,
}

/// Where a stream stands.
enum State {
    /// Its first bytes are being collected.
    Magic,
    /// In the middle of it.
    Stream(Box<Decompress>),
    /// Behind it: the rest is ignored.
    Ended,
}

const GZIP_MAGIC: &[u8] = &[0x1f, 0x8b];

impl Gzip {
    pub(super) fn new(most_members: u32) -> Self {
        Gzip { magic: Magic::default(), state: State::Magic, members: 0, most_members }
    }
}

impl Codec for Gzip {
    fn step(&mut self, input: &[u8], output: &mut [u8]) -> Step {
        match &mut self.state {
            State::Magic => {
                let read = self.magic.collect(input);
                if !self.magic.is_complete() {
                    return Step::read(read);
                }
                let mut error = None;
                if self.magic.collected() == GZIP_MAGIC {
                    if self.members == self.most_members {
                        error = Some(DecodeError::TooManyMembers { limit: self.most_members });
                    }
                    self.state = State::Stream(Box::new(Decompress::new_gzip(WINDOW_BITS)));
                } else if self.members > 0 {
                    self.state = State::Ended;
                } else {
                    error = Some(DecodeError::Mislabelled { coding: Coding::Gzip });
                }
                Step { read, written: 0, error }
            }
            State::Stream(stream) => {
                let (step, ended) = inflate(stream, &mut self.magic, input, output, Coding::Gzip);
                if ended {
                    self.members += 1;
                    self.magic.clear();
                    self.state = State::Magic;
                }
                step
            }
            State::Ended => Step::read(input.len()),
        }
    }

    fn finish(&self) -> Result<(), DecodeError> {
        match self.state {
            State::Magic if self.members > 0 || self.magic.collected().is_empty() => Ok(()),
            State::Magic if !GZIP_MAGIC.starts_with(self.magic.collected()) => {
                Err(DecodeError::Mislabelled { coding: Coding::Gzip })
            }
            State::Ended => Ok(()),
            _ => Err(DecodeError::Truncated { coding: Coding::Gzip }),
        }
    }
}

/// RFC 1950 or RFC 1951, as the first two bytes say. What follows the stream is ignored, as browsers do.
pub(super) struct Deflate {
    magic: Magic<2>,
    state: State,
}

impl Deflate {
    pub(super) fn new() -> Self {
        Deflate { magic: Magic::default(), state: State::Magic }
    }
}

impl Codec for Deflate {
    fn step(&mut self, input: &[u8], output: &mut [u8]) -> Step {
        match &mut self.state {
            State::Magic => {
                let read = self.magic.collect(input);
                if !self.magic.is_complete() {
                    return Step::read(read);
                }
                let zlib = is_zlib_header(self.magic.collected());
                self.state = State::Stream(Box::new(Decompress::new(zlib)));
                // At once: these two bytes can be a whole stream.
                let step = self.step(&input[read..], output);
                Step { read: read + step.read, ..step }
            }
            State::Stream(stream) => {
                let (step, ended) = inflate(stream, &mut self.magic, input, output, Coding::Deflate);
                if ended {
                    self.state = State::Ended;
                }
                step
            }
            State::Ended => Step::read(input.len()),
        }
    }

    fn finish(&self) -> Result<(), DecodeError> {
        match self.state {
            State::Magic if self.magic.collected().is_empty() => Ok(()),
            State::Ended => Ok(()),
            _ => Err(DecodeError::Truncated { coding: Coding::Deflate }),
        }
    }
}

/// Whether two bytes are a zlib header (RFC 1950, 2.2): method 8, a window of at most 32 KiB, and a multiple of 31.
///
/// Taken as deflate without a wrapper such bytes begin a stored block with padding that is not zero, which no encoder
/// writes.
fn is_zlib_header(bytes: &[u8]) -> bool {
    let (method, window) = (bytes[0] & 0x0f, bytes[0] >> 4);
    method == 8 && window <= 7 && u16::from_be_bytes([bytes[0], bytes[1]]).is_multiple_of(31)
}

/// Gives a stream its first bytes, which were looked at before, and then `input`. Says whether the stream has ended.
fn inflate(
    stream: &mut Decompress,
    magic: &mut Magic<2>,
    input: &[u8],
    output: &mut [u8],
    coding: Coding,
) -> (Step, bool) {
    let mut step = Step::read(0);
    while !magic.rest().is_empty() && step.written < output.len() {
        let (before_in, before_out) = (stream.total_in(), stream.total_out());
        let status = stream.decompress(magic.rest(), &mut output[step.written..], FlushDecompress::None);
        let read = (stream.total_in() - before_in) as usize;
        magic.give(read);
        step.written += (stream.total_out() - before_out) as usize;
        match status {
            Ok(Status::StreamEnd) => return (step, true),
            Ok(_) if read > 0 => {}
            _ => {
                step.error = Some(DecodeError::Corrupt { coding });
                return (step, false);
            }
        }
    }
    if step.written == output.len() {
        return (step, false);
    }
    let (before_in, before_out) = (stream.total_in(), stream.total_out());
    let status = stream.decompress(input, &mut output[step.written..], FlushDecompress::None);
    step.read = (stream.total_in() - before_in) as usize;
    step.written += (stream.total_out() - before_out) as usize;
    match status {
        Ok(status) => (step, status == Status::StreamEnd),
        // A preset dictionary, which HTTP has no way to name, is an error here too.
        Err(_) => {
            step.error = Some(DecodeError::Corrupt { coding });
            (step, false)
        }
    }
}
