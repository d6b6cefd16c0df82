//! Texts in codings, by encoders that are not ours: alone, stacked, one after another, broken.

use std::io::Write as _;

type Encode = fn(&[u8]) -> Vec<u8>;

/// In the order of the numbers that the target knows codings by, but for the last.
const ENCODERS: [Encode; 5] = [gzip, zlib, brotli, zstd, raw_deflate];

/// What [`raw_deflate`] is taken for.
const DEFLATE: u8 = 1;

pub(super) fn of(texts: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    let short = b"a short text, a short text".to_vec();
    for (number, text) in texts.iter().take(6).chain([&short, &Vec::new()]).enumerate() {
        for (inner, encode) in ENCODERS.iter().enumerate() {
            let inner_coding = if inner == 4 { DEFLATE } else { inner as u8 };
            let once = encode(text);
            seeds.push([&[1, inner_coding, 0, number as u8][..], &once].concat());
            seeds.push([&[1, inner_coding, 4, 3][..], &once.repeat(3)].concat());
            seeds.push([&[1, inner_coding, 1, 4][..], &once[..once.len() / 2]].concat());
            for (outer, encode) in ENCODERS[..4].iter().enumerate() {
                seeds.push([&[2, inner_coding, outer as u8, 0, 2][..], &encode(&once)].concat());
            }
        }
    }
    // Bombs: as small as they come.
    for (coding, encode) in ENCODERS[..4].iter().enumerate() {
        seeds.push([&[1, coding as u8, 0, 0][..], &encode(&vec![0; 300_000])].concat());
        seeds.push([&[1, coding as u8, 3, 0][..], &encode(&vec![b'A'; 50_000])].concat());
    }
    seeds
}

fn gzip(plain: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(plain).and_then(|()| encoder.finish()).expect("memory can be written")
}

fn zlib(plain: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(plain).and_then(|()| encoder.finish()).expect("memory can be written")
}

fn raw_deflate(plain: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(plain).and_then(|()| encoder.finish()).expect("memory can be written")
}

fn brotli(plain: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let params = brotli::enc::BrotliEncoderParams { quality: 5, lgwin: 16, ..Default::default() };
    brotli::BrotliCompress(&mut &plain[..], &mut out, &params).expect("memory can be written");
    out
}

fn zstd(plain: &[u8]) -> Vec<u8> {
    let mut context = zstd_safe::CCtx::create();
    context.set_parameter(zstd_safe::CParameter::ChecksumFlag(true)).expect("a parameter");
    let mut out = Vec::with_capacity(zstd_safe::compress_bound(plain.len()));
    context.compress2(&mut out, plain).expect("room");
    out
}
