//! What text may turn into, by the element that it stands in.

use memchr::{memchr, memchr2};

use super::State;
use super::comment::Comment;

/// How what follows a start tag is to be read. It is the tree that decides, by the name of the element, and whether it
/// is one of HTML's at all: `<title>` holds text, the one of an SVG drawing holds elements.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    /// Text with markup in it: the "data state".
    Data,
    /// Text up to the end tag of that name, in lower case: the "RCDATA state" and the "RAWTEXT state", which differ in
    /// character references alone.
    Text(&'static str),
    /// A script, up to an end tag that is not inside `<!--` and another `<script>`: the "script data state".
    Script,
    /// Text up to the end of the page: the "PLAINTEXT state".
    PlainText,
    /// Text up to `]]>`: the "CDATA section state".
    CData,
}

/// How text is read at the moment.
#[derive(Debug, Clone, Copy)]
pub(super) enum Text {
    Data,
    Until(&'static str),
    Script,
    /// "Script data escaped", and double so after another `<script>`; this many dashes (two stand for more) were just
    /// read.
    Escaped {
        is_double: bool,
        dashes: usize,
    },
    Plain,
    CData,
}

/// What a `<` (and in a CDATA section a `]`) opens. Lengths count from there.
#[derive(Debug)]
pub(super) enum Opening {
    /// More bytes are needed to know.
    Undecided,
    /// Nothing: as many bytes are text, and nothing inside of them opens anything. What follows is text of that kind.
    Text(Text, usize),
    StartTag,
    EndTag,
    /// Something else, that is in this state after so many bytes.
    Other(State, usize),
}

impl From<Content> for Text {
    fn from(content: Content) -> Self {
        match content {
            Content::Data => Text::Data,
            Content::Text(name) => Text::Until(name),
            Content::Script => Text::Script,
            Content::PlainText => Text::Plain,
            Content::CData => Text::CData,
        }
    }
}

impl Text {
    /// The next byte from `at` on that may end this text.
    #[inline]
    pub(super) fn next_opening(&mut self, chunk: &[u8], at: usize) -> Option<usize> {
        match self {
            Text::Data | Text::Until(_) | Text::Script => memchr(b'<', &chunk[at..]).map(|length| at + length),
            Text::CData => memchr(b']', &chunk[at..]).map(|length| at + length),
            Text::Escaped { .. } => self.next_opening_escaped(chunk, at),
            Text::Plain => None,
        }
    }

    /// The same where `-->` ends the escape.
    fn next_opening_escaped(&mut self, chunk: &[u8], at: usize) -> Option<usize> {
        let Text::Escaped { dashes, .. } = self else { return None };
        let mut from = at;
        while let Some(length) = memchr2(b'<', b'>', &chunk[from..]) {
            let here = from + length;
            if chunk[here] == b'<' {
                *dashes = 0;
                return Some(here);
            }
            if trailing_dashes(&chunk[at..here], *dashes) == 2 {
                *self = Text::Script;
                return self.next_opening(chunk, here + 1);
            }
            from = here + 1;
        }
        *dashes = trailing_dashes(&chunk[at..], *dashes);
        None
    }

    /// What the first of `bytes` opens. `is_foreign` is asked where it matters.
    #[inline]
    pub(super) fn opening(self, bytes: &[u8], is_foreign: impl FnOnce() -> bool) -> Opening {
        match self {
            Text::Data => match bytes.get(1) {
                Some(letter) if letter.is_ascii_alphabetic() => Opening::StartTag,
                Some(b'/') => match bytes.get(2) {
                    Some(letter) if letter.is_ascii_alphabetic() => Opening::EndTag,
                    Some(b'>') => Opening::Other(State::Text(Text::Data), 3),
                    Some(_) => Opening::Other(State::Bogus, 2),
                    None => Opening::Undecided,
                },
                Some(b'!') => declaration(bytes, is_foreign),
                Some(b'?') => Opening::Other(State::Bogus, 2),
                Some(_) => Opening::Text(Text::Data, 1),
                None => Opening::Undecided,
            },
            Text::Until(name) => self.end_tag(bytes, name, Opening::EndTag),
            Text::Script => self.script(bytes),
            Text::Escaped { is_double, .. } => self.escaped_script(bytes, is_double),
            Text::CData => cdata(bytes),
            Text::Plain => Opening::Text(Text::Plain, bytes.len()),
        }
    }

    /// "Script data less-than sign state".
    fn script(self, bytes: &[u8]) -> Opening {
        match bytes.get(1) {
            Some(b'!') => match (bytes.get(2), bytes.get(3)) {
                (Some(b'-'), Some(b'-')) => Opening::Text(Text::Escaped { is_double: false, dashes: 2 }, 4),
                (None, _) | (Some(b'-'), None) => Opening::Undecided,
                (Some(b'-'), Some(_)) => Opening::Text(self, 3),
                (Some(_), _) => Opening::Text(self, 2),
            },
            _ => self.end_tag(bytes, "script", Opening::EndTag),
        }
    }

    /// "Script data escaped less-than sign state" and "script data double escaped less-than sign state".
    fn escaped_script(self, bytes: &[u8], is_double: bool) -> Opening {
        let escaped = |is_double| Text::Escaped { is_double, dashes: 0 };
        match bytes.get(1) {
            None => Opening::Undecided,
            Some(b'/') if is_double => self.end_tag(bytes, "script", Opening::Text(escaped(false), "</script".len())),
            Some(b'/') => self.end_tag(bytes, "script", Opening::EndTag),
            Some(_) if is_double => Opening::Text(self, 1),
            Some(_) => self.named(bytes, 1, "script", Opening::Text(escaped(true), "<script".len())),
        }
    }

    /// `then` if the bytes are an "appropriate end tag" of that name.
    fn end_tag(self, bytes: &[u8], name: &str, then: Opening) -> Opening {
        match bytes.get(1) {
            Some(b'/') => self.named(bytes, 2, name, then),
            Some(_) => Opening::Text(self, 1),
            None => Opening::Undecided,
        }
    }

    /// `then` if `name` starts at `at`, in letters of any case, and ends there.
    fn named(self, bytes: &[u8], at: usize, name: &str, then: Opening) -> Opening {
        let pairs = bytes[at..].iter().zip(name.as_bytes());
        let end = at + pairs.take_while(|(found, letter)| found.eq_ignore_ascii_case(letter)).count();
        match bytes.get(end) {
            None => Opening::Undecided,
            Some(b'\t' | b'\n' | b'\x0C' | b'\r' | b' ' | b'/' | b'>') if end == at + name.len() => then,
            Some(_) => Opening::Text(self, end),
        }
    }
}

/// "Markup declaration open state". What is no comment and no CDATA section ends at the next `>`, a DOCTYPE too, even
/// inside of its quotes.
fn declaration(bytes: &[u8], is_foreign: impl FnOnce() -> bool) -> Opening {
    match bytes.get(2) {
        Some(b'-') => match bytes.get(3) {
            Some(b'-') => Opening::Other(State::Comment(Comment::default()), 4),
            Some(_) => Opening::Other(State::Bogus, 3),
            None => Opening::Undecided,
        },
        Some(b'[') if is_foreign() => {
            let equal = bytes.iter().zip(CDATA).take_while(|(found, expected)| found == expected).count();
            match bytes.get(equal) {
                _ if equal == CDATA.len() => Opening::Other(State::Text(Text::CData), equal),
                Some(_) => Opening::Other(State::Bogus, equal),
                None => Opening::Undecided,
            }
        }
        Some(_) => Opening::Other(State::Bogus, 2),
        None => Opening::Undecided,
    }
}

/// "CDATA section bracket state" and "CDATA section end state".
fn cdata(bytes: &[u8]) -> Opening {
    match (bytes.get(1), bytes.get(2)) {
        (Some(b']'), Some(b'>')) => Opening::Other(State::Text(Text::Data), 3),
        (None, _) | (Some(b']'), None) => Opening::Undecided,
        // The second and the third of three brackets may be those that end it.
        (Some(b']'), Some(b']')) => Opening::Text(Text::CData, 1),
        (Some(b']'), Some(_)) => Opening::Text(Text::CData, 2),
        (Some(_), _) => Opening::Text(Text::CData, 1),
    }
}

/// How many dashes `bytes` end with, two at most, when as many came before them.
fn trailing_dashes(bytes: &[u8], before: usize) -> usize {
    let own = bytes.iter().rev().take(2).take_while(|&&byte| byte == b'-').count();
    if own == bytes.len() { (own + before).min(2) } else { own }
}

const CDATA: &[u8] = b"<![CDATA[";
