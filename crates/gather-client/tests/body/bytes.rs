//! Test material: compressed bytes, arbitrary chunks, and a decoder run to its end.

use std::io::Write;

use gather_client::decode::{Coding, DecodeError, DecodeLimits, Decoded, Decoder, decode_body};
use gather_core::Bytes;

pub(crate) const CODINGS: [Coding; 4] = [Coding::Gzip, Coding::Deflate, Coding::Brotli, Coding::Zstd];

/// What a body becomes: all that was decoded, and how it ended.
pub(crate) type Outcome = (Vec<u8>, Result<(), DecodeError>);

/// `plain` in one coding, by an encoder that is not ours.
pub(crate) fn encode(coding: Coding, plain: &[u8]) -> Vec<u8> {
    match coding {
        Coding::Gzip => gzip(plain),
        Coding::Deflate => {
            let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
            encoder.write_all(plain).and_then(|()| encoder.finish()).unwrap()
        }
        Coding::Brotli => {
            let mut out = Vec::new();
            let params = brotli::enc::BrotliEncoderParams { quality: 5, lgwin: 22, ..Default::default() };
            brotli::BrotliCompress(&mut &plain[..], &mut out, &params).unwrap();
            out
        }
        Coding::Zstd => zstd(plain),
        _ => unreachable!("no other coding"),
    }
}

pub(crate) fn gzip(plain: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(plain).and_then(|()| encoder.finish()).unwrap()
}

pub(crate) fn raw_deflate(plain: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(plain).and_then(|()| encoder.finish()).unwrap()
}

/// With a sum at the end, which is what detects most faults.
pub(crate) fn zstd(plain: &[u8]) -> Vec<u8> {
    let mut context = zstd_safe::CCtx::create();
    context.set_parameter(zstd_safe::CParameter::ChecksumFlag(true)).unwrap();
    let mut out = Vec::with_capacity(zstd_safe::compress_bound(plain.len()));
    context.compress2(&mut out, plain).unwrap();
    out
}

/// Codings applied in this order.
pub(crate) fn encode_all(codings: &[Coding], plain: &[u8]) -> Vec<u8> {
    codings.iter().fold(plain.to_vec(), |bytes, &coding| encode(coding, &bytes))
}

/// A body decoded from chunks.
pub(crate) fn decode(codings: &[Coding], limits: DecodeLimits, chunks: impl IntoIterator<Item = Bytes>) -> Outcome {
    let mut decoder = match Decoder::new(codings, limits) {
        Ok(decoder) => decoder,
        Err(error) => return (Vec::new(), Err(error)),
    };
    let mut plain = Vec::new();
    for mut chunk in chunks {
        loop {
            match decoder.decode(&mut chunk) {
                Ok(Some(decoded)) => {
                    assert!(!decoded.is_empty(), "an empty chunk");
                    plain.extend_from_slice(&decoded);
                }
                Ok(None) => break,
                Err(error) => {
                    assert_eq!(decoder.decode(&mut chunk), Err(error.clone()), "an error that does not stay");
                    assert_eq!(decoder.finish(), Err(error.clone()), "an error that does not stay");
                    return (plain, Err(error));
                }
            }
        }
        assert!(chunk.is_empty(), "bytes that were not used");
    }
    let end = decoder.finish();
    assert_eq!(decoder.decoded(), plain.len() as u64);
    (plain, end)
}

/// A body decoded from one chunk.
pub(crate) fn decode_whole(codings: &[Coding], limits: DecodeLimits, wire: &[u8]) -> Outcome {
    let Decoded { body, end } = decode_body(codings, Bytes::copy_from_slice(wire), limits);
    (body.into(), end)
}

/// A body decoded byte by byte.
pub(crate) fn decode_bytewise(codings: &[Coding], limits: DecodeLimits, wire: &[u8]) -> Outcome {
    let wire = Bytes::copy_from_slice(wire);
    decode(codings, limits, (0..wire.len()).map(|at| wire.slice(at..at + 1)))
}

/// `bytes` cut at arbitrary places, some chunks empty.
pub(crate) fn cut(rng: &mut fastrand::Rng, bytes: &[u8]) -> Vec<Bytes> {
    let mut rest = Bytes::copy_from_slice(bytes);
    let longest = [1, 7, 100, 5_000, 100_000][rng.usize(..5)];
    let mut chunks = Vec::new();
    while !rest.is_empty() {
        chunks.push(rest.split_to(rng.usize(0..=longest).min(rest.len())));
    }
    chunks
}

/// Text that shrinks by some factor of its own: words drawn from a small set, runs, and noise.
pub(crate) fn text(rng: &mut fastrand::Rng, len: usize) -> Vec<u8> {
    let mut text = Vec::with_capacity(len + 64);
    while text.len() < len {
        match rng.u8(..10) {
            0 => text.extend(std::iter::repeat_n(b' ', rng.usize(..64))),
            1 => text.extend((0..rng.usize(..16)).map(|_| rng.u8(..))),
            word => text.extend_from_slice(format!("<a href=/{}>{word}</a>\n", rng.u8(..32)).as_bytes()),
        }
    }
    text.truncate(len);
    text
}
