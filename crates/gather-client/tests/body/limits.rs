//! Bombs end at the limits: to the byte, and the same for every chunking.

use gather_client::decode::{Coding, DecodeError, DecodeLimits};

use crate::bytes::{CODINGS, Outcome, cut, decode, decode_bytewise, decode_whole, encode, encode_all, gzip, text};

fn everywhere(codings: &[Coding], limits: DecodeLimits, wire: &[u8]) -> Outcome {
    let outcome = decode_whole(codings, limits, wire);
    let mut rng = fastrand::Rng::with_seed(wire.len() as u64);
    assert_same(&decode(codings, limits, cut(&mut rng, wire)), &outcome);
    assert_same(&decode_bytewise(codings, limits, wire), &outcome);
    outcome
}

fn assert_same(one: &Outcome, other: &Outcome) {
    assert_eq!((one.0.len(), &one.1), (other.0.len(), &other.1));
    assert!(one.0 == other.0, "other bytes");
}

#[test]
fn a_bomb_ends_at_the_decoded_limit() {
    let limits = DecodeLimits::default().decoded(100_000).ratio(u32::MAX);
    for coding in CODINGS {
        let bomb = encode(coding, &vec![0; 2 << 20]);
        let (plain, end) = everywhere(&[coding], limits, &bomb);
        assert_eq!((plain.len(), end), (100_000, Err(DecodeError::TooLarge { limit: 100_000 })), "{coding}");
    }
}

#[test]
fn a_body_that_ends_at_the_limit_is_whole() {
    for coding in CODINGS {
        let plain = text(&mut fastrand::Rng::with_seed(4), 70_000);
        let wire = encode(coding, &plain);
        let limits = DecodeLimits::default().decoded(70_000).wire(wire.len() as u64);
        assert_eq!(everywhere(&[coding], limits, &wire), (plain.clone(), Ok(())), "{coding}");
        let (cut, end) = everywhere(&[coding], limits.decoded(69_999), &wire);
        assert_eq!(end, Err(DecodeError::TooLarge { limit: 69_999 }), "{coding}");
        assert!(cut == plain[..69_999], "{coding}");
    }
}

#[test]
fn a_small_bomb_ends_at_the_ratio() {
    // 34 bytes that become 11 MiB; no encoder of deflate gets anywhere near that.
    let bomb = encode(Coding::Brotli, &vec![b'A'; 11 << 20]);
    assert!(bomb.len() <= 34, "{} bytes", bomb.len());
    let (plain, end) = everywhere(&[Coding::Brotli], DecodeLimits::default(), &bomb);
    let limit = 256 << 10;
    assert_eq!((plain.len(), end), (limit, Err(DecodeError::Ratio { limit: 256, decoded: limit as u64 })));
}

#[test]
fn the_ratio_is_judged_all_along() {
    // 100 KB of noise pays for 25 MB; what follows it does not.
    let mut rng = fastrand::Rng::with_seed(5);
    let noise: Vec<u8> = (0..100_000).map(|_| rng.u8(..)).collect();
    let wire = gzip(&[noise, vec![0; 4 << 20]].concat());
    let limits = DecodeLimits::default().ratio(10);
    let (plain, end) = everywhere(&[Coding::Gzip], limits, &wire);
    assert!(matches!(end, Err(DecodeError::Ratio { limit: 10, decoded }) if decoded == plain.len() as u64), "{end:?}");
    assert!((1_000_000..1_100_000).contains(&plain.len()), "{}", plain.len());
}

#[test]
fn a_bomb_inside_a_coding_ends_there() {
    // The inner stream decodes to nothing: it is the outer one that grows.
    let empty_frames = encode(Coding::Zstd, b"").repeat(100_000);
    let wire = encode(Coding::Gzip, &empty_frames);
    let limits = DecodeLimits::default().decoded(1 << 20).ratio(u32::MAX).members(u32::MAX);
    let (plain, end) = everywhere(&[Coding::Zstd, Coding::Gzip], limits, &wire);
    assert_eq!((plain.len(), end), (0, Err(DecodeError::TooLarge { limit: 1 << 20 })));

    let nested = encode_all(&[Coding::Brotli, Coding::Gzip], &vec![0; 2 << 20]);
    let (plain, end) = everywhere(&[Coding::Brotli, Coding::Gzip], DecodeLimits::default(), &nested);
    assert_eq!((plain.len(), end), (256 << 10, Err(DecodeError::Ratio { limit: 256, decoded: 256 << 10 })));
}

#[test]
fn no_more_is_taken_from_the_wire_than_the_limit() {
    let plain = text(&mut fastrand::Rng::with_seed(6), 40_000);
    for stack in [vec![], vec![Coding::Gzip], vec![Coding::Gzip, Coding::Deflate]] {
        let wire = encode_all(&stack, &plain);
        let limit = wire.len() as u64 - 1;
        let (decoded, end) = everywhere(&stack, DecodeLimits::default().wire(limit), &wire);
        assert_eq!(end, Err(DecodeError::WireTooLarge { limit }), "{stack:?}");
        assert!(plain.starts_with(&decoded) && decoded.len() > 30_000, "{stack:?}: {}", decoded.len());
    }
    // Garbage behind the end costs the sender as much as anything else.
    let endless = [gzip(b"end"), vec![0; 10_000]].concat();
    let outcome = everywhere(&[Coding::Gzip], DecodeLimits::default().wire(5_000), &endless);
    assert_eq!(outcome, (b"end".to_vec(), Err(DecodeError::WireTooLarge { limit: 5_000 })));
}

#[test]
fn a_body_without_coding_is_held_to_both_limits() {
    let body = [1; 3_000];
    let outcome = everywhere(&[], DecodeLimits::default().wire(2_000), &body);
    assert_eq!(outcome, (body[..2_000].to_vec(), Err(DecodeError::WireTooLarge { limit: 2_000 })));
    let outcome = everywhere(&[], DecodeLimits::default().decoded(2_000), &body);
    assert_eq!(outcome, (body[..2_000].to_vec(), Err(DecodeError::TooLarge { limit: 2_000 })));
}

#[test]
fn a_stack_has_a_limit() {
    let stack = [Coding::Gzip; 3];
    let error = Err(DecodeError::TooManyCodings { limit: 2 });
    assert_eq!(decode_whole(&stack, DecodeLimits::default(), b""), (vec![], error));
}

#[test]
fn members_in_a_row_have_a_limit() {
    for coding in [Coding::Gzip, Coding::Zstd] {
        let wire = encode(coding, b"x").repeat(5);
        let limits = DecodeLimits::default();
        assert_eq!(everywhere(&[coding], limits.members(5), &wire), (b"xxxxx".to_vec(), Ok(())));
        let error = Err(DecodeError::TooManyMembers { limit: 4 });
        assert_eq!(everywhere(&[coding], limits.members(4), &wire), (b"xxxx".to_vec(), error));
    }
}

#[test]
fn a_zstd_window_has_a_limit() {
    let mut context = zstd_safe::CCtx::create();
    context.set_parameter(zstd_safe::CParameter::WindowLog(24)).unwrap();
    context.set_parameter(zstd_safe::CParameter::ContentSizeFlag(false)).unwrap();
    let plain = text(&mut fastrand::Rng::with_seed(7), 200_000);
    let mut wire = vec![0; 300_000];
    let mut out = zstd_safe::OutBuffer::around(&mut wire[..]);
    let mut input = zstd_safe::InBuffer::around(&plain);
    context.compress_stream(&mut out, &mut input).unwrap();
    while context.end_stream(&mut out).unwrap() > 0 {}
    let len = out.pos();
    wire.truncate(len);
    let outcome = everywhere(&[Coding::Zstd], DecodeLimits::default(), &wire);
    assert_eq!(outcome, (vec![], Err(DecodeError::Window { limit: 8 << 20 })));
    let outcome = everywhere(&[Coding::Zstd], DecodeLimits::default().window(16 << 20), &wire);
    assert_eq!(outcome, (plain, Ok(())));
}
