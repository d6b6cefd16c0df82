//! The machine: stacked codings undone in order, under one set of limits, whatever the chunks.

use bytes::{Buf, Bytes};
use http::HeaderMap;
use http::header::CONTENT_ENCODING;

use super::codec::{self, Codec};
use super::{Coding, DecodeError, DecodeLimits, codings};

/// The largest decoded chunk, in bytes: all that is ever produced ahead of whoever takes it, for each coding.
const CHUNK: usize = 16 << 10;

/// Bytes of the wire are taken, and the ratio is judged, in steps that begin at multiples of this: then no chunk's
/// length can make a difference.
const SEGMENT: u64 = 1 << 10;

/// A decoder of one body: chunks in, chunks out, no I/O.
///
/// It is lazy: each call of [`decode`](Decoder::decode) yields one chunk of at most 16 KiB and takes no more of the input
/// than that needs. Nothing is copied but by the formats themselves, and a body without codings passes untouched, only
/// counted.
///
/// A body of no bytes at all is an empty page under every coding: that is what a HEAD request, a 304 and many a
/// redirect bring.
///
/// ```
/// use gather_client::decode::{Coding, DecodeError, DecodeLimits, Decoder};
/// use gather_core::Bytes;
///
/// # #[cfg(feature = "gzip")] {
/// let mut decoder = Decoder::new(&[Coding::Deflate], DecodeLimits::default())?;
/// // "hello" without a wrapper, and its last byte not there yet.
/// let mut chunk = Bytes::from_static(&[0xcb, 0x48, 0xcd, 0xc9, 0xc9, 0x07]);
/// assert_eq!(decoder.decode(&mut chunk)?.as_deref(), Some(&b"hello"[..]));
/// assert_eq!(decoder.decode(&mut chunk)?, None);
/// assert_eq!(decoder.finish(), Err(DecodeError::Truncated { coding: Coding::Deflate }));
/// # }
/// # Ok::<(), DecodeError>(())
/// ```
pub struct Decoder {
    /// In the order in which bytes pass them: the coding applied last comes first.
    stages: Vec<Stage>,
    limits: DecodeLimits,
    wire: u64,
    decoded: u64,
    /// In a box, since nearly every body goes without.
    refused: Option<Box<DecodeError>>,
}

/// One coding being undone.
struct Stage {
    codec: Box<dyn Codec>,
    coding: Coding,
    input: Bytes,
    /// The codec filled its output last time, so it may hold more without more input.
    filled: bool,
    produced: u64,
    failed: Option<DecodeError>,
}

impl Decoder {
    /// A decoder of `codings`, given in the order in which they were applied. Without any the body passes as it is.
    ///
    /// # Errors
    ///
    /// [`DecodeError::Unknown`] for a coding whose feature is off, [`DecodeError::TooManyCodings`].
    pub fn new(codings: &[Coding], limits: DecodeLimits) -> Result<Decoder, DecodeError> {
        if codings.len() > limits.codings {
            return Err(DecodeError::TooManyCodings { limit: limits.codings });
        }
        let stage = |coding: &Coding| {
            let codec = codec::codec(*coding, &limits)?;
            let input = Bytes::new();
            Ok(Stage { codec, coding: *coding, input, filled: false, produced: 0, failed: None })
        };
        let stages = codings.iter().rev().map(stage).collect::<Result<_, _>>()?;
        Ok(Decoder { stages, limits, wire: 0, decoded: 0, refused: None })
    }

    /// A decoder of what the `Content-Encoding` fields of a response say.
    ///
    /// # Errors
    ///
    /// Those of [`codings`].
    pub fn for_headers(headers: &HeaderMap, limits: DecodeLimits) -> Result<Decoder, DecodeError> {
        if !headers.contains_key(CONTENT_ENCODING) {
            return Ok(Decoder::of_nothing(limits));
        }
        Decoder::new(&codings(headers, limits.codings)?, limits)
    }

    /// A decoder of a body without codings.
    pub(crate) fn of_nothing(limits: DecodeLimits) -> Decoder {
        Decoder { stages: Vec::new(), limits, wire: 0, decoded: 0, refused: None }
    }

    /// A decoder that yields nothing but this error.
    pub(super) fn refusing(error: DecodeError) -> Decoder {
        let limits = DecodeLimits::default();
        Decoder { stages: Vec::new(), limits, wire: 0, decoded: 0, refused: Some(Box::new(error)) }
    }

    /// Takes what it needs from the front of `input`, and yields the next decoded chunk, which is never empty; `None`
    /// once all of `input` is used and nothing is held back.
    ///
    /// # Errors
    ///
    /// Any [`DecodeError`], once all that decodes before it has been yielded. It stays: each further call returns it.
    pub fn decode(&mut self, input: &mut Bytes) -> Result<Option<Bytes>, DecodeError> {
        if let Some(error) = &self.refused {
            return Err(DecodeError::clone(error));
        }
        let chunk = match self.stages.len() {
            0 => self.pass(input),
            stages => self.pull(stages - 1, input),
        };
        match &chunk {
            Ok(chunk) => self.decoded += chunk.as_ref().map_or(0, |chunk| chunk.len() as u64),
            // A limit of the whole is no stage's failure, and has to stay all the same.
            Err(error) => self.refused = Some(Box::new(error.clone())),
        }
        chunk
    }

    /// Whether the body may end here: to be asked once [`decode`](Decoder::decode) has returned `None` for its last
    /// chunk.
    ///
    /// # Errors
    ///
    /// [`DecodeError::Truncated`], or [`Mislabelled`](DecodeError::Mislabelled) where the body is shorter than the first
    /// bytes of its coding; or the error that `decode` ended with.
    pub fn finish(&self) -> Result<(), DecodeError> {
        if let Some(error) = &self.refused {
            return Err(DecodeError::clone(error));
        }
        for stage in &self.stages {
            if let Some(error) = &stage.failed {
                return Err(error.clone());
            }
            stage.codec.finish()?;
        }
        Ok(())
    }

    /// The chunk itself where there is nothing to undo and no limit in the way: what [`decode`](Decoder::decode) would yield, at
    /// less cost.
    pub(super) fn untouched(&mut self, chunk: Bytes) -> Result<Bytes, Bytes> {
        let length = chunk.len() as u64;
        let allowed = self.limits.wire.min(self.limits.decoded).saturating_sub(self.wire);
        if self.has_codings() || self.refused.is_some() || length == 0 || length > allowed {
            return Err(chunk);
        }
        self.wire += length;
        self.decoded += length;
        Ok(chunk)
    }

    /// Whether something may come of it without more input: what it holds back, or an error.
    pub(super) fn has_more(&self) -> bool {
        self.has_codings() || self.refused.is_some()
    }

    /// Whether there is anything to undo.
    pub fn has_codings(&self) -> bool {
        !self.stages.is_empty()
    }

    /// How many bytes were taken from the wire.
    pub fn wire(&self) -> u64 {
        self.wire
    }

    /// How many decoded bytes were yielded.
    pub fn decoded(&self) -> u64 {
        self.decoded
    }

    /// Without codings: the input itself, as far as the limits go.
    fn pass(&mut self, input: &mut Bytes) -> Result<Option<Bytes>, DecodeError> {
        if input.is_empty() {
            return Ok(None);
        }
        let allowed = self.limits.wire.min(self.limits.decoded) - self.wire;
        if allowed == 0 && self.limits.wire <= self.limits.decoded {
            return Err(DecodeError::WireTooLarge { limit: self.limits.wire });
        }
        if allowed == 0 {
            return Err(DecodeError::TooLarge { limit: self.limits.decoded });
        }
        let chunk = take_front(input, allowed);
        self.wire += chunk.len() as u64;
        Ok(Some(chunk))
    }

    /// The next chunk that comes out of a stage.
    ///
    /// A stage takes new input only when it holds nothing back, and all but the last hand on what they have before they
    /// do. So every stage has done all it can with one segment before any byte of the next one is taken, and what the
    /// limits allow then is a matter of the bytes alone.
    fn pull(&mut self, at: usize, wire: &mut Bytes) -> Result<Option<Bytes>, DecodeError> {
        let last = at + 1 == self.stages.len();
        let mut output = Output::default();
        while !output.is_full() {
            let allowance = self.allowance();
            let stage = &mut self.stages[at];
            if let Some(error) = &stage.failed {
                return output.or_else(Err(error.clone()));
            }
            if stage.filled || !stage.input.is_empty() {
                stage.run(&mut output, allowance);
                continue;
            }
            if !last && !output.is_empty() {
                break;
            }
            let input = if at == 0 { self.next_segment(wire) } else { self.pull(at - 1, wire) };
            match input {
                Ok(Some(input)) => self.stages[at].input = input,
                other => return output.or_else(other),
            }
        }
        output.or_else(Ok(None))
    }

    /// What is left of `wire` in the current segment.
    fn next_segment(&mut self, wire: &mut Bytes) -> Result<Option<Bytes>, DecodeError> {
        if wire.is_empty() {
            return Ok(None);
        }
        let allowed = self.limits.wire - self.wire;
        if allowed == 0 {
            return Err(DecodeError::WireTooLarge { limit: self.limits.wire });
        }
        let segment = take_front(wire, allowed.min(SEGMENT - self.wire % SEGMENT));
        self.wire += segment.len() as u64;
        Ok(Some(segment))
    }

    /// What each stage may have produced by the end of the current segment.
    fn allowance(&self) -> Allowance {
        let by_ratio = self.wire.next_multiple_of(SEGMENT).saturating_mul(self.limits.ratio.into());
        if by_ratio < self.limits.decoded {
            Allowance { bytes: by_ratio, error: DecodeError::Ratio { limit: self.limits.ratio, decoded: by_ratio } }
        } else {
            let limit = self.limits.decoded;
            Allowance { bytes: limit, error: DecodeError::TooLarge { limit } }
        }
    }
}

impl std::fmt::Debug for Decoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let codings: Vec<_> = self.stages.iter().map(|stage| stage.coding).collect();
        let mut debug = f.debug_struct("Decoder");
        debug.field("codings", &codings).field("wire", &self.wire).field("decoded", &self.decoded);
        debug.finish_non_exhaustive()
    }
}

/// How many bytes a stage may have produced, and what it means to produce more.
struct Allowance {
    bytes: u64,
    error: DecodeError,
}

impl Stage {
    /// One step of the codec. One byte more than allowed is asked for, to tell a body that ends at its limit from one
    /// that does not.
    fn run(&mut self, output: &mut Output, allowance: Allowance) {
        let room = output.room(allowance.bytes.saturating_sub(self.produced).saturating_add(1));
        let offered = room.len();
        let step = self.codec.step(&self.input, room);
        let stuck = step.read == 0 && step.written == 0 && !self.input.is_empty();
        self.input.advance(step.read);
        self.filled = step.written == offered;
        self.produced += step.written as u64;
        let excess = self.produced.saturating_sub(allowance.bytes);
        output.wrote(step.written - excess as usize);
        if excess > 0 {
            self.failed = Some(allowance.error);
        } else if step.error.is_some() {
            self.failed = step.error;
        } else if stuck && !self.filled {
            self.failed = Some(DecodeError::Corrupt { coding: self.coding });
        }
    }
}

/// A chunk being filled.
#[derive(Default)]
struct Output {
    buffer: Vec<u8>,
    filled: usize,
}

impl Output {
    /// Room for the next bytes, at most `most` of them.
    fn room(&mut self, most: u64) -> &mut [u8] {
        if self.buffer.is_empty() {
            self.buffer = vec![0; CHUNK];
        }
        let left = CHUNK - self.filled;
        let most = usize::try_from(most).unwrap_or(usize::MAX).min(left);
        &mut self.buffer[self.filled..self.filled + most]
    }

    fn wrote(&mut self, bytes: usize) {
        self.filled += bytes;
    }

    fn is_empty(&self) -> bool {
        self.filled == 0
    }

    fn is_full(&self) -> bool {
        self.filled == CHUNK
    }

    /// The chunk; or `otherwise` where there is none.
    fn or_else(mut self, otherwise: Result<Option<Bytes>, DecodeError>) -> Result<Option<Bytes>, DecodeError> {
        if self.is_empty() {
            return otherwise;
        }
        self.buffer.truncate(self.filled);
        if self.filled < CHUNK / 2 {
            // Chunks may be kept for long, and many pages are small.
            self.buffer.shrink_to_fit();
        }
        Ok(Some(Bytes::from(self.buffer)))
    }
}

/// The first bytes, at most `most` of them; `bytes` is not empty.
fn take_front(bytes: &mut Bytes, most: u64) -> Bytes {
    let len = usize::try_from(most).unwrap_or(usize::MAX).min(bytes.len());
    bytes.split_to(len)
}
