//! Tags and attributes of arbitrary pages: what html5ever's tokenizer finds, for any cut.

use gather_html::tokenizer::{Attribute, Content, Tokenizer, Visitor};
use html5ever::tendril::StrTendril;
use html5ever::tokenizer::states::{RawKind, State};
use html5ever::tokenizer::{BufferQueue, Tag, TagKind, Token, TokenSink, TokenSinkResult, TokenizerOpts};

use std::cell::RefCell;
use std::collections::HashSet;

use crate::input::{Input, cut};

/// The content that the page begins in, the cut, whether it is SVG; then the page.
pub(crate) fn tokenizer(data: &[u8]) {
    let mut input = Input::new(data);
    let content = input.pick(&CONTENTS);
    let seed = input.byte();
    let is_foreign = input.pick(&[false, true]);
    // What is not UTF-8 is judged by what becomes of values, in the target for links.
    let page = String::from_utf8_lossy(input.rest()).into_owned();

    let mut expected = theirs(&page, content, is_foreign);
    let whole = ours([page.as_bytes()], content, is_foreign);
    let pieces = cut(seed, page.as_bytes());
    let in_pieces = ours(pieces.iter().map(|piece| &**piece), content, is_foreign);
    assert_eq!(whole, in_pieces, "in pieces");
    if page.contains(['&', '\r', '\0']) {
        // Text is told as it is written.
        expected.text.clone_from(&whole.text);
    }
    assert_eq!(whole, expected, "what html5ever finds");
}

const CONTENTS: [Content; 6] = [
    Content::Data,
    Content::Text("title"),
    Content::Text("style"),
    Content::Script,
    Content::PlainText,
    Content::CData,
];

/// What both tell.
#[derive(Debug, Default, PartialEq, Eq)]
struct Found {
    tags: Vec<FoundTag>,
    text: String,
}

#[derive(Debug, PartialEq, Eq)]
enum FoundTag {
    /// Its name, its attributes without those that repeat a name, and whether it closes itself.
    Start(String, Vec<(String, String)>, bool),
    End(String),
}

/// How a tree would go on after a start tag, if all elements were HTML.
fn content_of(name: &str) -> Content {
    match name {
        "title" => Content::Text("title"),
        "style" => Content::Text("style"),
        "script" => Content::Script,
        "plaintext" => Content::PlainText,
        _ => Content::Data,
    }
}

struct Ours {
    found: Found,
    name: String,
    attributes: Vec<(String, String)>,
    names: HashSet<String>,
    text: Vec<u8>,
    is_foreign: bool,
}

fn ours<'a>(pieces: impl IntoIterator<Item = &'a [u8]>, content: Content, is_foreign: bool) -> Found {
    let found = Found::default();
    let (name, attributes, names, text) = Default::default();
    let mut visitor = Ours { found, name, attributes, names, text, is_foreign };
    let mut tokenizer = Tokenizer::new(content, usize::MAX);
    for piece in pieces {
        tokenizer.feed(piece, &mut visitor).expect("there is no limit");
    }
    tokenizer.finish(&mut visitor);
    visitor.found.text = String::from_utf8(visitor.text).expect("cut between characters, if at all");
    visitor.found
}

fn text_of(raw: &[u8]) -> String {
    String::from_utf8_lossy(raw).to_ascii_lowercase().replace('\0', "\u{FFFD}")
}

impl Visitor for Ours {
    fn start_tag(&mut self, name: &[u8], _offset: usize) -> bool {
        self.name = text_of(name);
        self.attributes.clear();
        self.names.clear();
        true
    }

    fn attribute(&mut self, attribute: Attribute<'_>) {
        let name = text_of(attribute.name);
        if self.names.insert(name.clone()) {
            self.attributes.push((name, attribute.text().into_owned()));
        }
    }

    fn start_tag_end(&mut self, tag: &[u8], is_self_closing: bool) -> Content {
        assert!(tag.starts_with(b"<") && tag.ends_with(b">"), "the whole tag");
        let (name, attributes) = (std::mem::take(&mut self.name), std::mem::take(&mut self.attributes));
        let content = content_of(&name);
        self.found.tags.push(FoundTag::Start(name, attributes, is_self_closing));
        content
    }

    fn end_tag(&mut self, name: &[u8], _offset: usize) {
        self.found.tags.push(FoundTag::End(text_of(name)));
    }

    fn text(&mut self, piece: &[u8]) {
        self.text.extend_from_slice(piece);
    }

    fn is_foreign(&self) -> bool {
        self.is_foreign
    }
}

struct Theirs {
    found: RefCell<Found>,
    is_foreign: bool,
}

fn theirs(page: &str, content: Content, is_foreign: bool) -> Found {
    let (state, last) = match content {
        Content::Data => (State::Data, None),
        Content::Text("title") => (State::RawData(RawKind::Rcdata), Some("title")),
        Content::Text(name) => (State::RawData(RawKind::Rawtext), Some(name)),
        Content::Script => (State::RawData(RawKind::ScriptData), Some("script")),
        Content::PlainText => (State::Plaintext, None),
        Content::CData => (State::CdataSection, None),
    };
    let options = TokenizerOpts {
        initial_state: Some(state),
        last_start_tag_name: last.map(str::to_owned),
        discard_bom: false,
        ..TokenizerOpts::default()
    };
    let sink = Theirs { found: RefCell::default(), is_foreign };
    let tokenizer = html5ever::tokenizer::Tokenizer::new(sink, options);
    let queue = BufferQueue::default();
    queue.push_back(StrTendril::from(page));
    // Anything else is an offer to run a script or to change the encoding.
    while !matches!(tokenizer.feed(&queue), html5ever::TokenizerResult::Done) {}
    tokenizer.end();
    tokenizer.sink.found.into_inner()
}

impl Theirs {
    fn tag(&self, tag: &Tag) -> TokenSinkResult<()> {
        let name = tag.name.to_string();
        if tag.kind == TagKind::EndTag {
            self.found.borrow_mut().tags.push(FoundTag::End(name));
            return TokenSinkResult::Continue;
        }
        let content = content_of(&name);
        let attributes =
            tag.attrs.iter().map(|attribute| (attribute.name.local.to_string(), attribute.value.to_string()));
        self.found.borrow_mut().tags.push(FoundTag::Start(name, attributes.collect(), tag.self_closing));
        match content {
            Content::Data | Content::CData => TokenSinkResult::Continue,
            Content::Text("title") => TokenSinkResult::RawData(RawKind::Rcdata),
            Content::Text(_) => TokenSinkResult::RawData(RawKind::Rawtext),
            Content::Script => TokenSinkResult::RawData(RawKind::ScriptData),
            Content::PlainText => TokenSinkResult::Plaintext,
        }
    }
}

impl TokenSink for Theirs {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        match token {
            Token::TagToken(tag) => return self.tag(&tag),
            Token::CharacterTokens(text) => self.found.borrow_mut().text.push_str(&text),
            _ => {}
        }
        TokenSinkResult::Continue
    }

    fn adjusted_current_node_present_but_not_in_html_namespace(&self) -> bool {
        self.is_foreign
    }
}
