//! html5lib's cases for tokenizers, in every cut into up to three pieces.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use gather_html::tokenizer::{Attribute, Content, Tokenizer, Visitor};
use serde_json::Value;

/// What can be compared: of start tags all, of end tags the name, of text what no character reference is in.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
struct Seen {
    tags: Vec<Tag>,
    open: Option<Tag>,
    text: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Tag {
    Start(String, BTreeMap<String, String>, bool),
    End(String),
}

fn name(raw: &[u8]) -> String {
    String::from_utf8_lossy(raw).to_ascii_lowercase().replace('\0', "\u{FFFD}")
}

impl Visitor for Seen {
    fn start_tag(&mut self, raw: &[u8], _: usize) -> bool {
        self.open = Some(Tag::Start(name(raw), BTreeMap::new(), false));
        true
    }

    fn attribute(&mut self, attribute: Attribute<'_>) {
        let Some(Tag::Start(_, attributes, _)) = &mut self.open else { panic!("an attribute without a tag") };
        // The first one of a name counts.
        attributes.entry(name(attribute.name)).or_insert_with(|| attribute.text().into_owned());
    }

    fn start_tag_end(&mut self, tag: &[u8], is_closed: bool) -> Content {
        let Some(Tag::Start(name, attributes, _)) = self.open.take() else { panic!("an end without a tag") };
        assert!(tag.starts_with(b"<") && tag.ends_with(if is_closed { b"/>" } else { b">" }), "a whole tag");
        self.tags.push(Tag::Start(name, attributes, is_closed));
        Content::Data
    }

    fn end_tag(&mut self, raw: &[u8], _: usize) {
        self.tags.push(Tag::End(name(raw)));
    }

    fn text(&mut self, piece: &[u8]) {
        assert!(!piece.is_empty(), "no text is not told");
        // Cases whose text is compared are cut between characters.
        self.text.push_str(&String::from_utf8_lossy(piece));
    }

    fn is_foreign(&self) -> bool {
        false
    }
}

fn tokenize<'a>(content: Content, pieces: impl IntoIterator<Item = &'a [u8]>) -> Seen {
    let mut seen = Seen::default();
    let mut tokenizer = Tokenizer::new(content, 1 << 20);
    for piece in pieces {
        tokenizer.feed(piece, &mut seen).expect("no case is that long");
    }
    tokenizer.finish(&mut seen);
    seen.open = None;
    seen
}

fn expected(output: &Value) -> Seen {
    let mut seen = Seen::default();
    for token in output.as_array().expect("a list of tokens") {
        let text = |at: usize| token[at].as_str().expect("text").to_owned();
        match token[0].as_str().expect("a kind of token") {
            "StartTag" => {
                let attributes = token[2].as_object().expect("attributes").iter();
                let attributes =
                    attributes.map(|(name, value)| (name.clone(), value.as_str().expect("text").to_owned()));
                let is_closed = token.get(3).is_some_and(|flag| flag == true);
                seen.tags.push(Tag::Start(text(1), attributes.collect(), is_closed));
            }
            "EndTag" => seen.tags.push(Tag::End(text(1))),
            "Character" => seen.text.push_str(&text(1)),
            "Comment" | "DOCTYPE" => {}
            other => panic!("a token of a new kind: {other}"),
        }
    }
    seen
}

/// `\u0041` in a string that was escaped twice. `None` for half of a surrogate pair, which is no text.
fn unescaped(value: &Value) -> Option<Value> {
    // What JSON escapes once more stays as it is, and what it does not know is only `\u`.
    serde_json::from_str(&value.to_string().replace("\\\\u", "\\u")).ok()
}

/// The states that a case begins in. No tree reads a script as one that another end tag than its own ends, as some cases
/// do: they are left out.
fn contents(case: &Value) -> Vec<Content> {
    let last = case["lastStartTag"].as_str().unwrap_or("none").to_owned();
    let is_script = case["lastStartTag"].as_str().is_none_or(|name| name == "script");
    let Some(states) = case["initialStates"].as_array() else { return vec![Content::Data] };
    let content = |state: &Value| match state.as_str().expect("the name of a state") {
        "Script data state" if !is_script => None,
        name => Some(content_of(name, &last)),
    };
    states.iter().filter_map(content).collect()
}

fn content_of(state: &str, last: &str) -> Content {
    match state {
        "Data state" => Content::Data,
        // A name lives as long as the program, and there are a handful of them.
        "RCDATA state" | "RAWTEXT state" => Content::Text(last.to_owned().leak()),
        "Script data state" => Content::Script,
        "PLAINTEXT state" => Content::PlainText,
        "CDATA section state" => Content::CData,
        other => panic!("a new state: {other}"),
    }
}

fn suite() -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/suites");
    let folder = env::var_os("GATHER_SUITES").map_or_else(beside, PathBuf::from).join("html5lib/tokenizer");
    if !folder.is_dir() {
        crate::notice(&format!("skipped: html5lib's cases are not at {}; set GATHER_SUITES", folder.display()));
        return None;
    }
    Some(folder)
}

#[test]
fn html5lib_in_every_cut_into_three() {
    let Some(folder) = suite() else { return };
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let (mut compared, mut unreadable) = (0, 0);
    for file in &files {
        let cases: Value = serde_json::from_slice(&fs::read(file).unwrap()).unwrap();
        // The cases for XML say under another name what becomes of text that XML can not have.
        for case in cases["tests"].as_array().into_iter().flatten() {
            let (mut input, mut output) = (case["input"].clone(), case["output"].clone());
            if case["doubleEscaped"] == true {
                let (Some(first), Some(second)) = (unescaped(&input), unescaped(&output)) else {
                    unreadable += 1;
                    continue;
                };
                (input, output) = (first, second);
            }
            let input = input.as_str().unwrap();
            let mut expected = expected(&output);
            let has_text = !input.contains(['&', '\0', '\r']);
            if !has_text {
                expected.text.clear();
            }
            for content in contents(case) {
                let check = |cuts: [usize; 2]| {
                    let (head, last) = input.as_bytes().split_at(cuts[1]);
                    let (first, second) = head.split_at(cuts[0]);
                    let mut seen = tokenize(content, [first, second, last]);
                    let is_text = has_text && cuts.iter().all(|&cut| input.is_char_boundary(cut));
                    if !is_text {
                        seen.text.clone_from(&expected.text);
                    }
                    assert_eq!(seen, expected, "{}: {input:?} in {content:?}, cut at {cuts:?}", file.display());
                };
                check([0, 0]);
                // Of what is long the middle is no other than the beginning.
                for second in (0..=input.len()).step_by(1 + input.len() / 60) {
                    (0..=second).step_by(1 + input.len() / 60).for_each(|first| check([first, second]));
                }
                let by_byte = tokenize(content, input.as_bytes().chunks(1));
                assert_eq!(by_byte.tags, expected.tags, "{}: {input:?} in {content:?}, byte by byte", file.display());
                compared += 1;
            }
        }
    }
    assert!(compared > 6_000, "{compared} cases compared, {unreadable} unreadable");
    assert!(unreadable < 20, "{unreadable} cases have half a surrogate pair");
}
