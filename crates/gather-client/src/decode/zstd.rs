//! Zstandard, through the C library.

use zstd_safe::zstd_sys::ZSTD_ErrorCode;
use zstd_safe::{DCtx, DParameter, InBuffer, OutBuffer};

use super::codec::{Codec, Magic, Step};
use super::{Coding, DecodeError, DecodeLimits};

/// RFC 8878: frames in a row. What follows a frame and does not begin another is ignored.
pub(super) struct Zstd {
    context: DCtx<'static>,
    window: u64,
    magic: Magic<4>,
    at: At,
    /// How many bytes to the end of what the library reads next.
    wanted: usize,
    /// Whether the last call filled its output, so that the library may hold more.
    filled: bool,
    /// Frames that came to their end.
    frames: u32,
    most_frames: u32,
}

#[derive(PartialEq)]
enum At {
    Magic,
    Frame,
    Ended,
}

/// A frame of data begins so (3.1.1).
const MAGIC: [u8; 4] = 0xFD2F_B528_u32.to_le_bytes();

/// The size of a block's header (3.1.1.2).
const BLOCK_HEADER: usize = 3;

impl Zstd {
    pub(super) fn new(limits: &DecodeLimits) -> Self {
        let (window, most_frames) = (limits.window, limits.members);
        let mut context = DCtx::create();
        // From the smallest window of the format to the largest that the library takes on every machine.
        let bits = window.max(1).ilog2().clamp(10, 30);
        context.set_parameter(DParameter::WindowLogMax(bits)).expect("the bits are in range");
        Zstd {
            context,
            window,
            magic: Magic::default(),
            at: At::Magic,
            wanted: 0,
            filled: false,
            frames: 0,
            most_frames,
        }
    }

    /// One call of the library, on no more input than ends what it reads next.
    ///
    /// It counts nothing as written in a call that fails, so what a call writes must not be followed by another block's
    /// fault within it. Its advice on how much to read includes the next block's header: that part is left out. For the
    /// same reason what it holds is fetched before it reads on.
    fn call(&mut self, input: &[u8], output: &mut [u8]) -> Step {
        let most = if self.wanted > BLOCK_HEADER { self.wanted - BLOCK_HEADER } else { self.wanted.max(1) };
        let mut from = InBuffer::around(&input[..input.len().min(most)]);
        let output_len = output.len();
        let mut to = OutBuffer::around(output);
        let outcome = self.context.decompress_stream(&mut to, &mut from);
        let (read, written) = (from.pos(), to.pos());
        self.filled = written == output_len;
        let error = match outcome {
            Ok(0) => {
                self.frames += 1;
                self.magic.clear();
                self.at = At::Magic;
                None
            }
            Ok(wanted) => {
                self.wanted = wanted;
                None
            }
            Err(code) => Some(self.error(code)),
        };
        Step { read, written, error }
    }

    fn error(&self, code: usize) -> DecodeError {
        // The library's errors are negative numbers in an unsigned type.
        if code.wrapping_neg() == ZSTD_ErrorCode::ZSTD_error_frameParameter_windowTooLarge as usize {
            return DecodeError::Window { limit: self.window };
        }
        DecodeError::Corrupt { coding: Coding::Zstd }
    }
}

impl Codec for Zstd {
    fn step(&mut self, input: &[u8], output: &mut [u8]) -> Step {
        match self.at {
            At::Magic => {
                let read = self.magic.collect(input);
                if !self.magic.is_complete() {
                    return Step::read(read);
                }
                let mut error = None;
                if is_frame(self.magic.collected()) {
                    if self.frames == self.most_frames {
                        error = Some(DecodeError::TooManyMembers { limit: self.most_frames });
                    }
                    self.at = At::Frame;
                    self.wanted = MAGIC.len() + BLOCK_HEADER;
                } else if self.frames > 0 {
                    self.at = At::Ended;
                } else {
                    error = Some(DecodeError::Mislabelled { coding: Coding::Zstd });
                }
                Step { read, written: 0, error }
            }
            At::Frame => {
                // By itself: given a whole frame in one piece the library would decode it in one piece, and then a fault
                // at its end would lose all of it.
                if self.filled {
                    let step = self.call(&[], output);
                    if step.written > 0 || step.error.is_some() {
                        return step;
                    }
                }
                let magic = self.magic;
                if !magic.rest().is_empty() {
                    let step = self.call(magic.rest(), output);
                    self.magic.give(step.read);
                    if step.error.is_some() {
                        return Step { read: 0, ..step };
                    }
                }
                self.call(input, output)
            }
            At::Ended => Step::read(input.len()),
        }
    }

    fn finish(&self) -> Result<(), DecodeError> {
        let begun = self.magic.collected();
        match self.at {
            At::Magic if self.frames > 0 || begun.is_empty() => Ok(()),
            At::Magic if !MAGIC.starts_with(begun) && !is_skippable_start(begun) => {
                Err(DecodeError::Mislabelled { coding: Coding::Zstd })
            }
            At::Ended => Ok(()),
            At::Magic | At::Frame => Err(DecodeError::Truncated { coding: Coding::Zstd }),
        }
    }
}

fn is_frame(magic: &[u8]) -> bool {
    magic == MAGIC || is_skippable_start(magic)
}

/// Whether the bytes are, or begin, the magic number of a skippable frame: 0x184D2A50 to 0x184D2A5F (3.1.2).
fn is_skippable_start(bytes: &[u8]) -> bool {
    bytes.iter().zip([0x50, 0x2A, 0x4D, 0x18]).enumerate().all(|(place, (&byte, magic))| {
        let byte = if place == 0 { byte & 0xF0 } else { byte };
        byte == magic
    })
}
