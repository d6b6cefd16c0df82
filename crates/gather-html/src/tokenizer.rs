//! The tokenizer of the HTML standard, as far as it decides where tags and attributes start and end.
//!
//! Bytes are pushed in as they arrive, cut anywhere. What is found is told to a [`Visitor`] as slices of those bytes,
//! nothing decoded and nothing copied, so that who wants less pays for less: the tokenizer jumps from `<` to `<`, and
//! from quote to quote inside of tags. Only a tag (or the beginning of something that may be one) that a chunk's edge
//! cuts is kept until it is whole.
//!
//! It follows [section 13.2.5 of the standard](https://html.spec.whatwg.org/multipage/parsing.html#tokenization), whose
//! states stand together here wherever they differ in nothing but the error they report: a bogus comment and a DOCTYPE
//! both end at the first `>`, all that a comment does with `<!` ends it nowhere else. The bytes may be in any encoding
//! in which those that mean something to HTML are ASCII wherever they stand: in all but UTF-16 and ISO-2022-JP.
//!
//! ```
//! use gather_html::tokenizer::{Attribute, Content, Tokenizer, Visitor};
//!
//! /// Prints each tag and its attributes.
//! struct Print;
//!
//! impl Visitor for Print {
//!     fn start_tag(&mut self, name: &[u8], offset: usize) -> bool {
//!         println!("{offset}: {}", name.escape_ascii());
//!         true
//!     }
//!     fn attribute(&mut self, attribute: Attribute<'_>) {
//!         println!("  {}={}", attribute.name.escape_ascii(), attribute.value.escape_ascii());
//!     }
//!     fn start_tag_end(&mut self, _tag: &[u8], _is_self_closing: bool) -> Content {
//!         Content::Data
//!     }
//!     fn end_tag(&mut self, _name: &[u8], _offset: usize) {}
//! }
//!
//! let mut tokenizer = Tokenizer::new(Content::Data, 1 << 20);
//! tokenizer.feed(b"<p cla", &mut Print)?;
//! tokenizer.feed(b"ss=a>1 < 2</p>", &mut Print)?;
//! tokenizer.finish(&mut Print);
//! # Ok::<(), gather_html::LimitExceeded>(())
//! ```

mod bytes;
mod comment;
mod content;
mod tag;
mod visitor;

use memchr::memchr;

use crate::limits::LimitExceeded;
use bytes::{find, find_farther};
use comment::Comment;
pub use content::Content;
use content::{Opening, Text};
use tag::Cut;
pub use visitor::{Attribute, Visitor};

/// See [the module](self).
#[derive(Debug)]
pub struct Tokenizer {
    state: State,
    /// What stood at the end of the last chunk and has to be read again: a cut tag, or what may become markup.
    kept: Vec<u8>,
    /// How many bytes were fed before the current chunk.
    fed: usize,
    limit: usize,
}

/// Where the last chunk ended.
#[derive(Debug)]
enum State {
    Text(Text),
    /// The tag so far is kept.
    Tag(Cut),
    Comment(Comment),
    /// A bogus comment or a DOCTYPE: all up to the next `>`.
    Bogus,
}

impl Tokenizer {
    /// A tokenizer that begins in `content`, [`Content::Data`] for a page. A tag that is cut by a chunk's edge may take
    /// `limit` bytes.
    pub fn new(content: Content, limit: usize) -> Self {
        Tokenizer { state: State::Text(Text::from(content)), kept: Vec::new(), fed: 0, limit }
    }

    /// Takes the next bytes.
    ///
    /// # Errors
    ///
    /// When a tag that is cut between chunks is longer than the limit. What follows can not be understood then: do not
    /// go on.
    pub fn feed<V: Visitor>(&mut self, chunk: &[u8], visitor: &mut V) -> Result<(), LimitExceeded> {
        let mut at = self.complete(chunk, visitor)?;
        while at < chunk.len() {
            let (ended, bytes) = match &mut self.state {
                State::Text(text) => {
                    let mut text = *text;
                    at = self.read_text(&mut text, chunk, at, visitor)?;
                    continue;
                }
                State::Comment(comment) => (comment.end(&chunk[at..]), &chunk[at..]),
                State::Bogus => (memchr(b'>', &chunk[at..]).map(|length| length + 1), &chunk[at..]),
                // A tag that the edge cuts takes the rest of its chunk with it, and is completed first thing.
                State::Tag(_) => break,
            };
            if ended.is_some() {
                self.state = State::Text(Text::Data);
            }
            at += ended.unwrap_or(bytes.len());
        }
        self.fed += chunk.len();
        Ok(())
    }

    /// Takes the end of the page. A tag that is not whole by now is none, and a `<` that nothing came of is text.
    pub fn finish<V: Visitor>(self, visitor: &mut V) {
        // `<!` and what else is kept of a declaration would be a comment.
        let is_comment = matches!(self.state, State::Text(Text::Data)) && self.kept.get(1) == Some(&b'!');
        if matches!(self.state, State::Text(_)) && !is_comment {
            tell(visitor, &self.kept);
        }
    }

    /// Counts bytes that come next and are not for it.
    pub(crate) fn skip(&mut self, bytes: usize) {
        self.fed += bytes;
    }

    /// How many bytes are kept for the next chunk.
    pub fn kept(&self) -> usize {
        self.kept.len()
    }

    /// Reads text and the tags in it from `at` on. Gives where something else begins, or the chunk ends.
    #[inline]
    fn read_text<V: Visitor>(
        &mut self,
        text: &mut Text,
        chunk: &[u8],
        mut at: usize,
        visitor: &mut V,
    ) -> Result<usize, LimitExceeded> {
        let mut told = at;
        loop {
            if matches!(text, Text::Data) && told == at {
                at = self.read_tags(text, chunk, at, visitor);
                told = at;
            }
            let Some(start) = text.next_opening(chunk, at) else { break };
            let bytes = &chunk[start..];
            let opening = text.opening(bytes, || visitor.is_foreign());
            if let Opening::Text(kind, length) = opening {
                (at, *text) = (start + length, kind);
                continue;
            }
            tell(visitor, &chunk[told..start]);
            match opening {
                Opening::StartTag => match tag::start(bytes, self.fed + start, visitor) {
                    Some((length, content)) => (at, *text) = (start + length, Text::from(content)),
                    None => return self.cut(chunk, start, false),
                },
                Opening::EndTag => match tag::end(bytes, self.fed + start, visitor) {
                    Some(length) => (at, *text) = (start + length, Text::Data),
                    None => return self.cut(chunk, start, true),
                },
                Opening::Other(state, length) => {
                    self.state = state;
                    return Ok(start + length);
                }
                Opening::Undecided | Opening::Text(..) => {
                    self.state = State::Text(*text);
                    self.keep(bytes)?;
                    return Ok(chunk.len());
                }
            }
            told = at;
        }
        tell(visitor, &chunk[told..]);
        self.state = State::Text(*text);
        Ok(chunk.len())
    }

    /// Reads whole tags and the text between them from `at` on, to the first `<` of anything else: the way through most of
    /// a page. Nothing is told of what lies after the place that it gives.
    ///
    /// The next `<` is looked for before a tag is read, from its second byte on. It hardly ever turns out to be inside of
    /// the tag, and so the processor can begin with the next tag while it still waits for where this one ends.
    #[inline]
    fn read_tags<V: Visitor>(&mut self, text: &mut Text, chunk: &[u8], mut at: usize, visitor: &mut V) -> usize {
        let mut next = find(b'<', &chunk[at..]).map(|length| at + length);
        while let Some(start) = next {
            let bytes = &chunk[start..];
            let is_end_tag = match bytes {
                [_, letter, ..] if letter.is_ascii_alphabetic() => false,
                [_, b'/', letter, ..] if letter.is_ascii_alphabetic() => true,
                _ => return at,
            };
            tell(visitor, &chunk[at..start]);
            at = start;
            next = find_farther(b'<', &bytes[1..]).map(|length| start + 1 + length);
            if is_end_tag {
                let Some(length) = tag::end(bytes, self.fed + start, visitor) else { return at };
                at += length;
            } else {
                let Some((length, content)) = tag::start(bytes, self.fed + start, visitor) else { return at };
                at += length;
                if !matches!(content, Content::Data) {
                    *text = Text::from(content);
                    return at;
                }
            }
            if next.is_some_and(|next| next < at) {
                // It is in a value.
                next = find(b'<', &chunk[at..]).map(|length| at + length);
            }
        }
        at
    }

    /// Keeps the tag at `start`, which the end of the chunk cuts.
    fn cut(&mut self, chunk: &[u8], start: usize, is_end_tag: bool) -> Result<usize, LimitExceeded> {
        let mut cut = Cut::new(is_end_tag);
        let name = start + if is_end_tag { 2 } else { 1 };
        let end = cut.end(&chunk[name..]);
        debug_assert!(end.is_none(), "both readers of tags agree on where they end");
        self.state = State::Tag(cut);
        self.keep(&chunk[start..])?;
        Ok(chunk.len())
    }

    /// Goes on with what is kept until it is whole or the chunk ends. Gives where the chunk is to be read on.
    fn complete<V: Visitor>(&mut self, chunk: &[u8], visitor: &mut V) -> Result<usize, LimitExceeded> {
        let mut at = 0;
        while !self.kept.is_empty() && at < chunk.len() {
            if let State::Tag(cut) = &mut self.state {
                let end = cut.end(&chunk[at..]);
                let next = end.map_or(chunk.len(), |length| at + length);
                self.keep(&chunk[at..next])?;
                at = next;
                if end.is_some() {
                    self.tell_kept(self.fed + at, visitor);
                }
                continue;
            }
            // A few bytes decide, so they come one by one.
            let State::Text(text) = &self.state else { break };
            self.kept.push(chunk[at]);
            at += 1;
            let taken = match text.opening(&self.kept, || visitor.is_foreign()) {
                Opening::Undecided => continue,
                Opening::Text(kind, length) => {
                    tell(visitor, &self.kept[..length]);
                    self.state = State::Text(kind);
                    length
                }
                opening @ (Opening::StartTag | Opening::EndTag) => {
                    self.state = State::Tag(Cut::new(matches!(opening, Opening::EndTag)));
                    // The byte that decided is the first of the name, or the one after it: the tag's own reader wants it.
                    self.kept.pop();
                    at -= 1;
                    continue;
                }
                Opening::Other(state, length) => {
                    self.state = state;
                    length
                }
            };
            self.kept.drain(..taken);
            // The last byte decided and did not belong to it. (Two are left of `]]]` alone, and go on being kept.)
            if self.kept.len() == 1 {
                self.kept.clear();
                at -= 1;
            }
        }
        Ok(at)
    }

    /// Tells the tag that is kept and whole by now; it ends before byte `end` of all that was fed.
    fn tell_kept<V: Visitor>(&mut self, end: usize, visitor: &mut V) {
        let State::Tag(cut) = &self.state else { return };
        let offset = end - self.kept.len();
        let content = if cut.is_end_tag() {
            tag::end(&self.kept, offset, visitor).map(|_| Content::Data)
        } else {
            tag::start(&self.kept, offset, visitor).map(|(_, content)| content)
        };
        debug_assert!(content.is_some(), "both readers of tags agree on where they end");
        self.state = State::Text(Text::from(content.unwrap_or(Content::Data)));
        self.kept.clear();
    }

    fn keep(&mut self, bytes: &[u8]) -> Result<(), LimitExceeded> {
        if self.kept.len() + bytes.len() > self.limit {
            return Err(LimitExceeded::Memory(self.limit));
        }
        self.kept.extend_from_slice(bytes);
        Ok(())
    }
}

#[inline]
fn tell<V: Visitor>(visitor: &mut V, text: &[u8]) {
    if !text.is_empty() {
        visitor.text(text);
    }
}
