//! Whole bodies decode, in every coding, stack and chunking.

use std::io::Write;

use futures_lite::{StreamExt, future::block_on, stream};
use gather_client::decode::{Coding, DecodeError, DecodeLimits, accept_encoding, codings, decode_response};
use gather_core::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, HeaderMap, HeaderValue};
use gather_core::{Bytes, FetchError, FetchErrorKind, Phase, Response};

use crate::bytes::{
    CODINGS, cut, decode, decode_bytewise, decode_whole, encode, encode_all, gzip, raw_deflate, text, zstd,
};

fn roomy() -> DecodeLimits {
    DecodeLimits::default().codings(3)
}

#[test]
fn every_coding_and_stack_gives_back_what_was_encoded() {
    let mut rng = fastrand::Rng::with_seed(1);
    for len in [0, 1, 100, 16_383, 16_384, 16_385, 100_000] {
        let plain = text(&mut rng, len);
        assert_eq!(decode_whole(&[], roomy(), &plain), (plain.clone(), Ok(())));
        for first in CODINGS {
            for stack in [vec![first], vec![first, Coding::Gzip], vec![Coding::Zstd, first, Coding::Brotli]] {
                let wire = encode_all(&stack, &plain);
                assert_eq!(decode_whole(&stack, roomy(), &wire), (plain.clone(), Ok(())), "{stack:?} of {len} bytes");
            }
        }
    }
}

#[test]
fn the_chunks_make_no_difference() {
    let mut rng = fastrand::Rng::with_seed(2);
    for round in 0..150 {
        let len = rng.usize(..40_000);
        let plain = text(&mut rng, len);
        let stack: Vec<Coding> = (0..rng.usize(0..=3)).map(|_| CODINGS[rng.usize(..4)]).collect();
        let wire = encode_all(&stack, &plain);
        let chunks = cut(&mut rng, &wire);
        assert_eq!(decode(&stack, roomy(), chunks), (plain.clone(), Ok(())), "round {round}: {stack:?}");
        if round % 20 == 0 {
            assert_eq!(decode_bytewise(&stack, roomy(), &wire), (plain, Ok(())), "round {round}: {stack:?}");
        }
    }
}

#[test]
fn a_body_without_coding_passes_uncopied() {
    let body = Bytes::from(vec![7; 100_000]);
    let mut decoder = gather_client::decode::Decoder::new(&[], DecodeLimits::default()).unwrap();
    let mut input = body.clone();
    let out = decoder.decode(&mut input).unwrap().unwrap();
    assert_eq!((out.as_ptr(), out.len()), (body.as_ptr(), body.len()));
}

#[test]
fn members_and_frames_in_a_row_are_one_body() {
    let both = |encode: fn(&[u8]) -> Vec<u8>| [encode(b"one "), encode(b""), encode(b"two")].concat();
    let skippable = b"\x50\x2a\x4d\x18\x03\0\0\0abc".to_vec();
    let cases = [
        (Coding::Gzip, both(gzip)),
        (Coding::Zstd, both(zstd)),
        (Coding::Zstd, [skippable.clone(), zstd(b"one two"), skippable].concat()),
    ];
    for (coding, wire) in cases {
        assert_eq!(decode_whole(&[coding], roomy(), &wire), (b"one two".to_vec(), Ok(())), "{coding}");
        assert_eq!(decode_bytewise(&[coding], roomy(), &wire), (b"one two".to_vec(), Ok(())), "{coding}, byte by byte");
    }
}

#[test]
fn every_field_of_a_gzip_header_is_skipped() {
    let builder = flate2::GzBuilder::new().filename("page.html").comment("a comment").extra(vec![0; 300]).mtime(1);
    let mut encoder = builder.write(Vec::new(), flate2::Compression::none());
    encoder.write_all(b"page").unwrap();
    let wire = encoder.finish().unwrap();
    assert_eq!(decode_whole(&[Coding::Gzip], roomy(), &wire), (b"page".to_vec(), Ok(())));
    assert_eq!(decode_bytewise(&[Coding::Gzip], roomy(), &wire), (b"page".to_vec(), Ok(())));
}

#[test]
fn deflate_is_taken_with_and_without_its_wrapper() {
    for plain in [&b""[..], b"x", b"deflate deflate deflate"] {
        let wire = raw_deflate(plain);
        assert_eq!(decode_whole(&[Coding::Deflate], roomy(), &wire), (plain.to_vec(), Ok(())));
        assert_eq!(decode_bytewise(&[Coding::Deflate], roomy(), &wire), (plain.to_vec(), Ok(())));
    }
}

#[test]
fn no_bytes_at_all_are_an_empty_page() {
    for coding in CODINGS {
        assert_eq!(decode(&[coding], roomy(), []), (vec![], Ok(())), "{coding}");
        assert_eq!(decode(&[coding, coding], roomy(), [Bytes::new()]), (vec![], Ok(())), "{coding}");
    }
}

#[test]
fn header_fields_name_codings_as_rfc_9110_says() {
    use Coding::{Brotli, Deflate, Gzip, Zstd};
    let cases: [(&[&[u8]], Result<_, _>); _] = [
        (&[], Ok(vec![])),
        (&[b""], Ok(vec![])),
        (&[b"identity"], Ok(vec![])),
        (&[b"gzip"], Ok(vec![Gzip])),
        (&[b"X-GZip"], Ok(vec![Gzip])),
        (&[b" br ,\tzstd"], Ok(vec![Brotli, Zstd])),
        (&[b"deflate", b"identity, gzip"], Ok(vec![Deflate, Gzip])),
        (&[b",, gzip,"], Ok(vec![Gzip])),
        (&[b"gzip, gzip, br"], Err(DecodeError::TooManyCodings { limit: 2 })),
        (&[b"compress"], Err(DecodeError::Unknown { name: "compress".into() })),
        (&[b"gzip;q=1"], Err(DecodeError::Unknown { name: "gzip;q=1".into() })),
        (&[b"utf-8"], Err(DecodeError::Unknown { name: "utf-8".into() })),
        (&[b"gz\xffip"], Err(DecodeError::Unknown { name: "gz\u{fffd}ip".into() })),
    ];
    for (fields, expected) in cases {
        let value = |bytes: &&[u8]| (CONTENT_ENCODING, HeaderValue::from_bytes(bytes).unwrap());
        let headers = HeaderMap::from_iter(fields.iter().map(value));
        assert_eq!(codings(&headers, 2), expected, "{fields:?}");
    }
    let asked = accept_encoding();
    for name in asked.to_str().unwrap().split(", ") {
        assert!(Coding::from_name(name).is_some_and(Coding::is_supported), "{name}");
    }
}

type Chunk = Result<Bytes, FetchError>;

fn response(coding: &'static str, chunks: Vec<Chunk>) -> Response<impl futures_lite::Stream<Item = Chunk> + Unpin> {
    let response = Response::new(stream::iter(chunks));
    let (mut head, body) = response.into_parts();
    head.headers.insert(CONTENT_ENCODING, HeaderValue::from_static(coding));
    head.headers.insert(CONTENT_LENGTH, HeaderValue::from_static("1"));
    Response::from_parts(head, body)
}

#[test]
fn a_response_loses_the_fields_that_no_longer_hold() {
    let wire = encode(Coding::Brotli, b"hello");
    let halves = vec![Ok(Bytes::copy_from_slice(&wire[..3])), Ok(Bytes::copy_from_slice(&wire[3..]))];
    let decoded = decode_response(response("br", halves), DecodeLimits::default());
    assert!(decoded.headers().is_empty());
    let chunks: Vec<Chunk> = block_on(decoded.into_body().collect());
    let plain: Vec<u8> = chunks.into_iter().flat_map(Result::unwrap).collect();
    assert_eq!(plain, b"hello");

    let untouched = decode_response(response("identity", vec![]), DecodeLimits::default());
    assert_eq!(untouched.headers().len(), 2);
}

#[test]
fn an_unknown_coding_is_the_bodys_error_and_leaves_the_head() {
    let decoded = decode_response(response("sdch", vec![Ok(Bytes::from_static(b"?"))]), DecodeLimits::default());
    assert_eq!(decoded.headers().len(), 2);
    let mut body = decoded.into_body();
    let error = block_on(body.next()).unwrap().unwrap_err();
    assert_eq!((error.phase(), error.kind()), (Phase::Body, FetchErrorKind::Encoding));
    let source = std::error::Error::source(&error).and_then(|source| source.downcast_ref::<DecodeError>());
    assert_eq!(source, Some(&DecodeError::Unknown { name: "sdch".into() }));
    assert!(block_on(body.next()).is_none());
}

#[test]
fn a_transports_error_comes_through_after_what_was_decoded() {
    let wire = gzip(&text(&mut fastrand::Rng::with_seed(3), 50_000));
    let cut = FetchError::new(Phase::Body, FetchErrorKind::Interrupted);
    let chunks = vec![Ok(Bytes::copy_from_slice(&wire[..wire.len() / 2])), Err(cut)];
    let mut body = decode_response(response("gzip", chunks), DecodeLimits::default()).into_body();
    let mut decoded = 0;
    let error = loop {
        match block_on(body.next()).expect("an error at the end") {
            Ok(chunk) => decoded += chunk.len(),
            Err(error) => break error,
        }
    };
    assert!(decoded > 10_000, "{decoded}");
    assert_eq!(error.kind(), FetchErrorKind::Interrupted);
}

#[test]
fn a_body_that_only_brings_bytes_without_content_lets_others_run() {
    // Empty gzip members: no decoded byte, however many come.
    let members = Bytes::from(gzip(b"").repeat(500));
    let chunks: Vec<Chunk> = (0..10).map(|_| Ok(members.clone())).collect();
    let mut body = decode_response(response("gzip", chunks), DecodeLimits::default().members(u32::MAX)).into_body();
    let polled_once = block_on(futures_lite::future::poll_once(body.next()));
    assert!(polled_once.is_none(), "100,000 bytes in one poll");
    assert!(block_on(body.next()).is_none());
}

#[test]
fn an_endless_row_of_empty_chunks_lets_others_run() {
    for coding in ["identity", "gzip"] {
        let endless = stream::repeat_with(|| -> Chunk { Ok(Bytes::new()) });
        let mut response = Response::new(endless);
        response.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static(coding));
        let mut body = decode_response(response, DecodeLimits::default()).into_body();
        assert!(block_on(futures_lite::future::poll_once(body.next())).is_none(), "{coding}");
    }
}

#[test]
fn a_decoded_body_can_be_the_body_of_a_fetch_and_stays_send() {
    fn is_body<B: futures_lite::Stream<Item = Chunk> + Unpin + Send + 'static>(_: &B) {}
    is_body(decode_response(response("gzip", vec![]), DecodeLimits::default()).body());
}
