//! Bodies that are cut, broken or not what they are said to be: a typed error, and all that decodes before it.

use gather_client::decode::{Coding, DecodeError, DecodeLimits};

use crate::bytes::{
    CODINGS, Outcome, cut, decode, decode_bytewise, decode_whole, encode, encode_all, gzip, text, zstd,
};

fn limits() -> DecodeLimits {
    DecodeLimits::default()
}

/// Runs a body whole, in arbitrary chunks and byte by byte; what the first gives is what all give.
fn same_for_all_chunks(codings: &[Coding], wire: &[u8], rng: &mut fastrand::Rng, what: &str) -> Outcome {
    let whole = decode_whole(codings, limits(), wire);
    for other in [decode(codings, limits(), cut(rng, wire)), decode_bytewise(codings, limits(), wire)] {
        assert_eq!(whole.1.is_err(), other.1.is_err(), "{what}: {codings:?}");
        if whole.1.is_err() && codings.contains(&Coding::Brotli) {
            // The exception that the module's documentation makes.
            assert!(whole.0.starts_with(&other.0) || other.0.starts_with(&whole.0), "{what}: {codings:?}: other bytes");
            assert!(codings[0] != Coding::Brotli || whole.1 == other.1, "{what}: {codings:?}");
            continue;
        }
        assert_eq!((whole.0.len(), &whole.1), (other.0.len(), &other.1), "{what}: {codings:?}");
        assert!(whole.0 == other.0, "{what}: {codings:?}: other bytes");
    }
    whole
}

#[test]
fn a_body_cut_anywhere_is_truncated_and_keeps_what_came() {
    let plain = text(&mut fastrand::Rng::with_seed(10), 1_500);
    let mut rng = fastrand::Rng::with_seed(11);
    for coding in CODINGS {
        let wire = encode(coding, &plain);
        let mut longest = 0;
        for len in 1..wire.len() {
            let (kept, end) = same_for_all_chunks(&[coding], &wire[..len], &mut rng, "cut");
            assert_eq!(end, Err(DecodeError::Truncated { coding }), "{coding} cut at {len}");
            assert!(plain.starts_with(&kept), "{coding} cut at {len}");
            longest = longest.max(kept.len());
        }
        assert!(longest >= plain.len() / 2, "{coding} gives {longest} of {} bytes", plain.len());
    }
}

#[test]
fn a_body_broken_anywhere_is_an_error_or_other_bytes_and_never_a_panic() {
    let mut rng = fastrand::Rng::with_seed(12);
    let mut errors = 0;
    for round in 0..200 {
        let len = rng.usize(1..20_000);
        let plain = text(&mut rng, len);
        let stack: Vec<Coding> = (0..rng.usize(1..=2)).map(|_| CODINGS[rng.usize(..4)]).collect();
        let mut wire = encode_all(&stack, &plain);
        for _ in 0..rng.usize(1..4) {
            let at = rng.usize(..wire.len());
            wire[at] ^= 1 << rng.u8(..8);
        }
        let (_, end) = same_for_all_chunks(&stack, &wire, &mut rng, &format!("round {round}"));
        errors += usize::from(end.is_err());
    }
    // Only Brotli has no sum: most faults are found.
    assert!(errors > 150, "{errors} of 200");
}

#[test]
fn arbitrary_bytes_are_an_error_and_never_a_panic() {
    let mut rng = fastrand::Rng::with_seed(13);
    for round in 0..1_000 {
        let mut wire: Vec<u8> = (0..rng.usize(..3_000)).map(|_| rng.u8(..)).collect();
        let coding = CODINGS[rng.usize(..4)];
        // Half of them with a head that is believed.
        if rng.bool() {
            let head = encode(coding, b"0123456789");
            let len = rng.usize(..12).min(head.len());
            wire.splice(..0, head[..len].iter().copied());
        }
        let _ = same_for_all_chunks(&[coding], &wire, &mut rng, &format!("round {round}"));
    }
}

#[test]
fn a_mislabelled_body_says_so() {
    let page = b"<!DOCTYPE html><title>not compressed at all</title>";
    for coding in [Coding::Gzip, Coding::Zstd] {
        for wire in [&page[..], &page[..1], &encode(Coding::Brotli, page), &encode(Coding::Deflate, page)] {
            assert_eq!(decode_whole(&[coding], limits(), wire), (vec![], Err(DecodeError::Mislabelled { coding })));
        }
    }
    // Formats without first bytes of their own: the fault is all that can be told.
    for coding in [Coding::Deflate, Coding::Brotli] {
        let (_, end) = decode_whole(&[coding], limits(), page);
        assert_eq!(end, Err(DecodeError::Corrupt { coding }));
    }
    let swapped = encode_all(&[Coding::Gzip, Coding::Zstd], page);
    let error = Err(DecodeError::Mislabelled { coding: Coding::Gzip });
    assert_eq!(decode_whole(&[Coding::Zstd, Coding::Gzip], limits(), &swapped), (vec![], error));
}

#[test]
fn a_wrong_sum_is_corrupt_and_keeps_the_content() {
    let plain = text(&mut fastrand::Rng::with_seed(14), 30_000);
    for (coding, from_end) in [(Coding::Gzip, 8), (Coding::Deflate, 1), (Coding::Zstd, 1)] {
        let mut wire = encode(coding, &plain);
        let at = wire.len() - from_end;
        wire[at] ^= 1;
        let mut rng = fastrand::Rng::with_seed(15);
        let (kept, end) = same_for_all_chunks(&[coding], &wire, &mut rng, "sum");
        assert_eq!(end, Err(DecodeError::Corrupt { coding }));
        assert!(kept == plain, "{coding} keeps {} bytes", kept.len());
    }
}

#[test]
fn what_follows_the_end_and_is_no_stream_is_ignored() {
    let mut rng = fastrand::Rng::with_seed(16);
    for coding in CODINGS {
        for garbage in [&b"\0\0\0"[..], b"\n", b"<!-- served by -->", &[0xff; 5_000]] {
            let wire = [encode(coding, b"page"), garbage.to_vec()].concat();
            let outcome = same_for_all_chunks(&[coding], &wire, &mut rng, "garbage");
            assert_eq!(outcome, (b"page".to_vec(), Ok(())), "{coding}");
        }
    }
}

#[test]
fn a_broken_second_member_is_an_error() {
    let mut rng = fastrand::Rng::with_seed(17);
    for (coding, one, two) in
        [(Coding::Gzip, gzip(b"one"), gzip(b"two two two")), (Coding::Zstd, zstd(b"one"), zstd(b"two two two"))]
    {
        let wire = [one, two[..two.len() - 6].to_vec()].concat();
        let (kept, end) = same_for_all_chunks(&[coding], &wire, &mut rng, "second");
        assert!(kept.starts_with(b"one"), "{coding}");
        assert_eq!(end, Err(DecodeError::Truncated { coding }));
    }
}

#[test]
fn a_preset_dictionary_is_an_error() {
    // A zlib header with FDICT set (RFC 1950, 2.2), a valid check and a dictionary's sum.
    let wire = b"\x78\xbb\x11\x22\x33\x44\x4b\x04\x00";
    let outcome = decode_whole(&[Coding::Deflate], limits(), wire);
    assert_eq!(outcome, (vec![], Err(DecodeError::Corrupt { coding: Coding::Deflate })));
}

#[test]
fn a_large_window_of_brotli_is_corrupt() {
    // The extension's first bits (0x11), which ask for up to a GiB.
    let outcome = decode_whole(&[Coding::Brotli], limits(), &[0x11, 0x1e, 0, 0, 0]);
    assert_eq!(outcome, (vec![], Err(DecodeError::Corrupt { coding: Coding::Brotli })));
}
