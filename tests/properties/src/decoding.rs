//! Bodies in any coding: the same for any cut, and never beyond their caps.

use gather_client::decode::{Coding, DecodeError, DecodeLimits, Decoder, decode_body};
use gather_core::Bytes;

use crate::input::{Input, cut};

const CODINGS: [Coding; 4] = [Coding::Gzip, Coding::Deflate, Coding::Brotli, Coding::Zstd];

/// The largest chunk that a decoder promises.
const CHUNK: usize = 16 << 10;

/// The number of codings, a byte for each, the limits, the cut; then the body.
pub(crate) fn decoding(data: &[u8]) {
    let mut input = Input::new(data);
    let count = input.byte() % 4;
    let codings: Vec<_> = (0..count).map(|_| input.pick(&CODINGS)).collect();
    let limits = input.pick(&limits());
    let seed = input.byte();
    let wire = Bytes::copy_from_slice(input.rest());

    let whole = Outcome::of(&codings, limits, [wire.clone()]);
    whole.agrees_with(&Outcome::of(&codings, limits, cut(seed, &wire)), "in pieces");
    if wire.len() <= 4096 {
        let bytes = (0..wire.len()).map(|at| wire.slice(at..=at));
        whole.agrees_with(&Outcome::of(&codings, limits, bytes), "byte by byte");
    }
    let decoded = decode_body(&codings, wire, limits);
    assert!(decoded.body == whole.body && decoded.end == whole.end, "the short way is another one");
}

fn limits() -> [DecodeLimits; 6] {
    let limits = DecodeLimits::default().decoded(64 << 10).wire(64 << 10);
    [
        limits.codings(3),
        limits.decoded(1000),
        limits.wire(50),
        limits.ratio(2),
        limits.members(2).window(1024),
        limits.codings(1),
    ]
}

struct Outcome {
    body: Vec<u8>,
    end: Result<(), DecodeError>,
}

impl Outcome {
    fn of(codings: &[Coding], limits: DecodeLimits, chunks: impl IntoIterator<Item = Bytes>) -> Self {
        let mut decoder = match Decoder::new(codings, limits) {
            Ok(decoder) => decoder,
            Err(error) => {
                assert_eq!(error, DecodeError::TooManyCodings { limit: limits.codings });
                return Outcome { body: Vec::new(), end: Err(error) };
            }
        };
        let mut body = Vec::new();
        let end = drive(&mut decoder, chunks, &mut body);
        assert_eq!(decoder.finish().is_ok(), end.is_ok(), "an error that does not stay");
        assert_eq!(decoder.decoded(), body.len() as u64);
        assert!(decoder.wire() <= limits.wire && decoder.decoded() <= limits.decoded, "beyond a cap: {decoder:?}");
        if !codings.is_empty() {
            let most = decoder.wire().next_multiple_of(1024) * u64::from(limits.ratio);
            assert!(decoder.decoded() <= most, "beyond the ratio: {decoder:?}");
        }
        Outcome { body, end }
    }

    /// How much of corrupt Brotli or Zstandard decodes may depend on the cut, and with it what a coding inside of it makes
    /// of it; nothing else may.
    fn agrees_with(&self, other: &Outcome, how: &str) {
        let varies = |end: &Result<(), DecodeError>| {
            matches!(end, Err(DecodeError::Corrupt { coding: Coding::Brotli | Coding::Zstd }))
        };
        if varies(&self.end) || varies(&other.end) {
            assert!(self.end.is_err() && other.end.is_err(), "{how}: {:?} and {:?}", self.end, other.end);
            let (one, two) = (&self.body, &other.body);
            assert!(one.starts_with(two) || two.starts_with(one), "{how}: other bytes");
        } else {
            assert_eq!((self.body.len(), &self.end), (other.body.len(), &other.end), "{how}");
            assert!(self.body == other.body, "{how}: other bytes");
        }
    }
}

fn drive(
    decoder: &mut Decoder,
    chunks: impl IntoIterator<Item = Bytes>,
    body: &mut Vec<u8>,
) -> Result<(), DecodeError> {
    for mut chunk in chunks {
        while let Some(decoded) = decoder.decode(&mut chunk)? {
            assert!(!decoded.is_empty(), "an empty chunk");
            assert!(!decoder.has_codings() || decoded.len() <= CHUNK, "a chunk of {} bytes", decoded.len());
            body.extend_from_slice(&decoded);
        }
        assert!(chunk.is_empty(), "bytes that were not used");
    }
    decoder.finish()
}
