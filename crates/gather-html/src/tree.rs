//! Builds a tree that is neither deeper nor larger than the limits.

use html5ever::TokenizerResult;
use html5ever::tendril::StrTendril;
use html5ever::tokenizer::{BufferQueue, Tokenizer, TokenizerOpts};
use html5ever::tree_builder::{TreeBuilder, TreeBuilderOpts, TreeSink};
use kuchikikiki::NodeRef;
use kuchikikiki::iter::NodeIterator;

use crate::flatten::{CountedSink, Flatten};
use crate::limits::{HtmlLimits, LimitExceeded};

/// A page as a tree.
pub(crate) struct Tree {
    pub(crate) root: NodeRef,
    /// Whether some elements stand beside each other that the page nests.
    pub(crate) is_flattened: bool,
    has_templates: bool,
}

impl Tree {
    pub(crate) fn build(text: &str, limits: HtmlLimits) -> Result<Tree, LimitExceeded> {
        // The parts of `kuchikikiki::parse_html`, put together again with the limits in between.
        let sink = CountedSink::new(kuchikikiki::parse_html().tokenizer.sink.sink, limits.elements);
        let builder = TreeBuilder::new(sink, TreeBuilderOpts::default());
        // The byte order mark is gone already, and the tokenizer would look for it at every piece.
        let options = TokenizerOpts { discard_bom: false, ..TokenizerOpts::default() };
        let tokenizer = Tokenizer::new(Flatten::new(builder, limits.depth), options);
        let queue = BufferQueue::default();
        let mut rest = text;
        while !rest.is_empty() && !tokenizer.sink.builder().sink.is_full() {
            let (piece, after) = rest.split_at(rest.floor_char_boundary(PIECE));
            queue.push_back(StrTendril::from(piece));
            // Anything but `Done` is an offer to run a script or to change the encoding.
            while !matches!(tokenizer.feed(&queue), TokenizerResult::Done) {}
            rest = after;
        }
        tokenizer.end();
        let flatten = tokenizer.sink;
        let is_flattened = flatten.has_flattened();
        let sink = flatten.into_builder().sink;
        let (is_full, has_templates) = (sink.is_full(), sink.has_templates());
        let tree = Tree { root: sink.finish(), is_flattened, has_templates };
        if is_full { Err(LimitExceeded::Elements(limits.elements)) } else { Ok(tree) }
    }
}

impl Drop for Tree {
    /// Takes nested templates apart. kuchikikiki drops children one after the other, but the contents of a template by
    /// recursion, and a page decides how many are inside each other.
    fn drop(&mut self) {
        if !self.has_templates {
            return;
        }
        let mut parts = vec![self.root.clone()];
        while let Some(part) = parts.pop() {
            for element in part.inclusive_descendants().elements() {
                for child in element.template_contents.iter().flat_map(NodeRef::children) {
                    child.detach();
                    parts.push(child);
                }
            }
        }
    }
}

/// How much text is put before the tokenizer at a time: a tendril holds four gigabytes at most, and the sooner a page
/// that is too large is noticed the better.
const PIECE: usize = 1 << 20;
