//! Charsets: found and decoded the same for any cut, and as encoding_rs itself decodes what was found.

use gather_client::charset::{CharsetSource, Declared, Encoding, SniffLimits, prescan, sniff, xml_declaration};
use gather_client::text::{Text, TextDecoder, decode_text};

use crate::input::{Input, cut};

const TYPES: [&str; 8] = [
    "text/html",
    "text/html; charset=utf-8",
    "text/html; charset=shift_jis",
    "text/plain",
    "text/plain; charset=utf-16le",
    "application/xhtml+xml",
    "application/json",
    "no type",
];

/// The type, the limits, the cut; then the document.
pub(crate) fn charset(data: &[u8]) {
    let mut input = Input::new(data);
    let declared = Declared::content_type(input.pick(&TYPES));
    let limits = SniffLimits::default();
    let limits = input.pick(&[limits, limits.prescan(0).detect(0), limits.prescan(60).detect(7), limits.prescan(1)]);
    let seed = input.byte();
    let body = input.rest();

    let whole = decode_text(&declared, body, &limits);
    let mut decoder = TextDecoder::new(declared.clone(), limits);
    let mut text = String::new();
    cut(seed, body).iter().for_each(|piece| decoder.decode(piece, &mut text));
    let (charset, malformed) = decoder.finish(&mut text);
    assert_eq!(whole, Text { text, charset, malformed }, "in pieces");
    assert_eq!(sniff(&declared, body, &limits), whole.charset, "found in another way");

    let mark = Encoding::for_bom(body);
    let begin = mark.map_or(0, |(_, length)| length);
    match (whole.charset.source, mark) {
        (CharsetSource::ByteOrderMark, Some((encoding, _))) => assert_eq!(encoding, whole.charset.encoding),
        (CharsetSource::ByteOrderMark, None) => panic!("a mark that is not there"),
        (_, Some(_)) => panic!("a mark that was not seen"),
        (CharsetSource::Header, None) => assert_eq!(declared.header_encoding(), Some(whole.charset.encoding)),
        _ => {}
    }
    let (judge, malformed) = whole.charset.encoding.decode_without_bom_handling(&body[begin..]);
    assert_eq!(whole.text, judge, "{:?}", whole.charset);
    assert_eq!(whole.malformed, malformed, "{:?}", whole.charset);

    if let Some((encoding, CharsetSource::Meta)) = prescan(body) {
        assert!(!encoding.name().starts_with("UTF-16"), "a `meta` in {} could not have been read", encoding.name());
    }
    let _ = xml_declaration(body);
}
