//! Names of elements: the few that are looked for, and keys for all others.

use crate::tokenizer::Content;

/// The elements that mean something to [`Scanner`](super::LinkScanner), by the name of their tags.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Element {
    A,
    Area,
    Base,
    Form,
    Frameset,
    Iframe,
    /// `img`, and `image`, which HTML takes for a misspelling of it.
    Image,
    Link,
    Math,
    Meta,
    Noframes,
    PlainText,
    Script,
    Source,
    Svg,
    Template,
    Title,
    /// What holds text, and is not looked for.
    Text(&'static str),
    Other,
}

impl Element {
    /// Most tags are anchors, or fall through at their length and first letter.
    #[inline(always)]
    pub(super) fn of(name: &[u8]) -> Element {
        if let [b'a' | b'A'] = name {
            return Element::A;
        }
        let letters = FIRST_LETTERS.get(name.len()).copied().unwrap_or(0);
        if letters & letter(name[0]) == 0 { Element::Other } else { Element::of_known(name) }
    }

    #[inline(never)]
    fn of_known(name: &[u8]) -> Element {
        let (expected, element) = match (name.len(), name[0] | 0x20) {
            (3, b'i') => ("img", Element::Image),
            (3, b's') => ("svg", Element::Svg),
            (3, b'x') => ("xmp", Element::Text("xmp")),
            (4, b'a') => ("area", Element::Area),
            (4, b'b') => ("base", Element::Base),
            (4, b'f') => ("form", Element::Form),
            (4, b'l') => ("link", Element::Link),
            (4, b'm') if name[1] | 0x20 == b'e' => ("meta", Element::Meta),
            (4, b'm') => ("math", Element::Math),
            (5, b'i') => ("image", Element::Image),
            (5, b's') => ("style", Element::Text("style")),
            (5, b't') => ("title", Element::Title),
            (6, b'i') => ("iframe", Element::Iframe),
            (6, b's') if name[1] | 0x20 == b'c' => ("script", Element::Script),
            (6, b's') => ("source", Element::Source),
            (7, b'n') => ("noembed", Element::Text("noembed")),
            (8, b'f') => ("frameset", Element::Frameset),
            (8, b'n') if name[2] | 0x20 == b'f' => ("noframes", Element::Noframes),
            (8, b'n') => ("noscript", Element::Text("noscript")),
            (8, b't') if name[2] | 0x20 == b'x' => ("textarea", Element::Text("textarea")),
            (8, b't') => ("template", Element::Template),
            (9, b'p') => ("plaintext", Element::PlainText),
            _ => return Element::Other,
        };
        if name.eq_ignore_ascii_case(expected.as_bytes()) { element } else { Element::Other }
    }

    /// How what is inside is read, when it is an element of HTML, in a browser that runs scripts.
    pub(super) fn content(self) -> Content {
        match self {
            Element::Text(name) => Content::Text(name),
            Element::Title => Content::Text("title"),
            Element::Iframe => Content::Text("iframe"),
            Element::Noframes => Content::Text("noframes"),
            Element::Script => Content::Script,
            Element::PlainText => Content::PlainText,
            _ => Content::Data,
        }
    }
}

/// For each length of a name the letters that one of that length begins with, as bits.
const FIRST_LETTERS: [u32; 10] = [
    0,
    0,
    0,
    letter(b'i') | letter(b's') | letter(b'x'),
    letter(b'a') | letter(b'b') | letter(b'f') | letter(b'l') | letter(b'm'),
    letter(b'i') | letter(b's') | letter(b't'),
    letter(b'i') | letter(b's'),
    letter(b'n'),
    letter(b'f') | letter(b'n') | letter(b't'),
    letter(b'p'),
];

/// The same bit for a letter in upper and in lower case.
const fn letter(letter: u8) -> u32 {
    1 << (letter & 0x1F)
}
