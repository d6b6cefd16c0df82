//! Values that are kept are what each of them is alone, wherever something has to be mended.

use gather_html::scan::Values;
use gather_html::tokenizer::Attribute;

fn text(value: &[u8]) -> String {
    Attribute { name: b"href", value, offset: 0 }.text().into_owned()
}

#[test]
fn what_is_mended_at_every_place() {
    for length in 1..=70 {
        for at in 0..length {
            for (byte, mended) in [(b'\0', "\u{FFFD}"), (b'\r', "\n"), (b'\xFF', "\u{FFFD}"), (b'&', "&"), (b'y', "y")]
            {
                let mut value = vec![b'x'; length];
                value[at] = byte;
                let expected = format!("{}{mended}{}", "x".repeat(at), "x".repeat(length - at - 1));
                assert_eq!(text(&value), expected, "{}", value.escape_ascii());

                let mut values = Values::default();
                values.push(&value);
                values.push(b"?a&amp;b");
                let texts = values.finish();
                assert!(texts.iter().eq([expected.as_str(), "?a&b"]), "{}", value.escape_ascii());
            }
        }
    }
}

#[test]
fn texts_are_found_by_their_place() {
    let mut values = Values::default();
    for value in [&b""[..], b"\xC3\xBC", b"\xC3", b"a"] {
        values.push(value);
    }
    assert!(values.memory() >= 6);
    let texts = values.finish();
    assert_eq!((texts.len(), texts.is_empty()), (4, false));
    let found: Vec<_> = (0..5).map(|index| texts.get(index)).collect();
    // Half a character does not become whole by what comes after it.
    assert_eq!(found, [Some(""), Some("\u{FC}"), Some("\u{FFFD}"), Some("a"), None]);
    assert_eq!(texts.get(usize::MAX), None);
    assert!(Values::default().finish().is_empty());
}
