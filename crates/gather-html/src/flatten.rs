//! Keeps the tree builder's stack of open elements short, and counts what it makes.
//!
//! html5ever searches that stack for almost every tag and sets it no limit: on nested lists its time grows with the
//! square of the page (<https://github.com/servo/html5ever/issues/788>), and so do the trees that misnested formatting
//! elements make. So this stands between the tokenizer and the tree builder, where tags can still be changed.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use html5ever::interface::{ElementFlags, NodeOrText, QuirksMode, Tracer};
use html5ever::tendril::StrTendril;
use html5ever::tokenizer::{Tag, TagKind, Token, TokenSink, TokenSinkResult};
use html5ever::tree_builder::{TreeBuilder, TreeSink};
use html5ever::{Attribute, ExpandedName, LocalName, QualName, ns};
use kuchikikiki::{Node, NodeRef, Sink};

/// Keeps at most one element open beyond a depth: the next tag closes it. What the page puts inside that element then
/// stands beside it, and its own end tag, when it comes, is ignored.
pub(crate) struct Flatten {
    builder: TreeBuilder<NodeRef, CountedSink>,
    depth_limit: usize,
    /// The depth when it was last measured, and how many elements there were then.
    measured: Cell<(usize, usize)>,
    /// The element that is open at the limit: only text and void elements go into it.
    leaf: RefCell<Option<LocalName>>,
    /// How many end tags are still to come of elements that were closed before their time.
    to_ignore: RefCell<HashMap<LocalName, usize>>,
    has_flattened: Cell<bool>,
}

impl Flatten {
    pub(crate) fn new(builder: TreeBuilder<NodeRef, CountedSink>, depth_limit: usize) -> Self {
        Flatten {
            builder,
            depth_limit,
            measured: Cell::new((0, 0)),
            leaf: RefCell::default(),
            to_ignore: RefCell::default(),
            has_flattened: Cell::new(false),
        }
    }

    pub(crate) fn builder(&self) -> &TreeBuilder<NodeRef, CountedSink> {
        &self.builder
    }

    pub(crate) fn into_builder(self) -> TreeBuilder<NodeRef, CountedSink> {
        self.builder
    }

    pub(crate) fn has_flattened(&self) -> bool {
        self.has_flattened.get()
    }

    fn start_tag(&self, tag: Tag, line: u64) -> TokenSinkResult<NodeRef> {
        let name = tag.name.clone();
        let (is_void, is_self_closing) = (VOID.contains(&&*name), tag.self_closing);
        if !is_void && self.close_leaf(line) {
            self.has_flattened.set(true);
        }
        let before = self.builder.sink.created();
        let result = self.builder.process_token(Token::TagToken(tag), line);
        let created = self.builder.sink.created();
        if created > before && self.is_at_limit(created) {
            // Text-only elements (which switch the tokenizer) hold no others, and end in a way of their own.
            let is_closed = if self.builder.sink.last_is_html() { is_void } else { is_self_closing };
            if !is_closed && matches!(result, TokenSinkResult::Continue) {
                let outer = self.leaf.replace(Some(name));
                // A name that is void in HTML went into the leaf, and is not void in SVG or MathML.
                if outer.is_some() {
                    self.has_flattened.set(self.close_leaf(line));
                    self.leaf.replace(outer);
                }
            }
        }
        result
    }

    fn end_tag(&self, tag: Tag, line: u64) -> TokenSinkResult<NodeRef> {
        if self.leaf.borrow().as_ref() == Some(&tag.name) {
            self.leaf.take();
            return self.builder.process_token(Token::TagToken(tag), line);
        }
        self.close_leaf(line);
        match self.to_ignore.borrow_mut().get_mut(&tag.name) {
            Some(count) if *count > 0 => *count -= 1,
            _ => return self.builder.process_token(Token::TagToken(tag), line),
        }
        TokenSinkResult::Continue
    }

    /// Closes the element at the limit before its time, if there is one.
    fn close_leaf(&self, line: u64) -> bool {
        let Some(name) = self.leaf.take() else { return false };
        *self.to_ignore.borrow_mut().entry(name.clone()).or_default() += 1;
        let tag =
            Tag { kind: TagKind::EndTag, name, self_closing: false, attrs: vec![], had_duplicate_attributes: false };
        // Only start tags, and the end of a script, which is no leaf, have something to tell the tokenizer.
        let _ = self.builder.process_token(Token::TagToken(tag), line);
        true
    }

    fn is_at_limit(&self, created: usize) -> bool {
        let (depth, created_then) = self.measured.get();
        // An element that was made since counts at most twice below, and measuring is only worth it when that matters.
        if depth + 2 * (created - created_then) < self.depth_limit {
            return false;
        }
        let depth = self.depth();
        self.measured.set((depth, created));
        let is_at_limit = depth >= self.depth_limit;
        if !is_at_limit {
            // What was closed before its time lies behind: an end tag that comes now means another element.
            self.to_ignore.borrow_mut().clear();
        }
        is_at_limit
    }

    /// How many elements are open, and those that formatting may open again: what the depth can become without any
    /// further tag. (The document and the pointers to head and form are traced too, and not worth telling apart.)
    fn depth(&self) -> usize {
        let handles = Handles(Cell::new(0));
        self.builder.trace_handles(&handles);
        handles.0.get()
    }
}

impl TokenSink for Flatten {
    type Handle = NodeRef;

    fn process_token(&self, token: Token, line: u64) -> TokenSinkResult<NodeRef> {
        match token {
            _ if self.builder.sink.is_full() => TokenSinkResult::Continue,
            Token::TagToken(tag) if tag.kind == TagKind::StartTag => self.start_tag(tag, line),
            Token::TagToken(tag) => self.end_tag(tag, line),
            token => self.builder.process_token(token, line),
        }
    }

    fn end(&self) {
        self.builder.end();
    }

    fn adjusted_current_node_present_but_not_in_html_namespace(&self) -> bool {
        self.builder.adjusted_current_node_present_but_not_in_html_namespace()
    }
}

struct Handles(Cell<usize>);

impl Tracer for Handles {
    type Handle = NodeRef;

    fn trace_handle(&self, _: &NodeRef) {
        self.0.set(self.0.get() + 1);
    }
}

/// HTML's elements without content. An end tag for them is an error, or even (`</br>`) another element.
const VOID: [&str; 18] = [
    "area", "base", "basefont", "bgsound", "br", "col", "embed", "frame", "hr", "image", "img", "input", "keygen",
    "link", "meta", "source", "track", "wbr",
];

/// The tree's own sink, counting the elements it makes.
pub(crate) struct CountedSink {
    tree: Sink,
    limit: usize,
    created: Cell<usize>,
    last_is_html: Cell<bool>,
    has_templates: Cell<bool>,
    /// The `<annotation-xml>`s that hold HTML: the tree builder asks, and kuchikikiki does not know.
    hold_html: RefCell<HashMap<*const Node, NodeRef>>,
}

impl CountedSink {
    pub(crate) fn new(tree: Sink, limit: usize) -> Self {
        CountedSink {
            tree,
            limit,
            created: Cell::new(0),
            last_is_html: Cell::new(true),
            has_templates: Cell::new(false),
            hold_html: RefCell::default(),
        }
    }

    /// Whether there are more elements than the limit.
    pub(crate) fn is_full(&self) -> bool {
        self.created.get() > self.limit
    }

    /// Whether there are elements whose contents are no children.
    pub(crate) fn has_templates(&self) -> bool {
        self.has_templates.get()
    }

    fn created(&self) -> usize {
        self.created.get()
    }

    fn last_is_html(&self) -> bool {
        self.last_is_html.get()
    }
}

impl TreeSink for CountedSink {
    type Handle = NodeRef;
    type Output = NodeRef;
    type ElemName<'a> = ExpandedName<'a>;

    fn create_element(&self, name: QualName, attributes: Vec<Attribute>, flags: ElementFlags) -> NodeRef {
        self.created.set(self.created.get() + 1);
        self.last_is_html.set(name.ns == ns!(html));
        self.has_templates.set(self.has_templates.get() || flags.template);
        let holds_html = flags.mathml_annotation_xml_integration_point;
        let element = self.tree.create_element(name, attributes, flags);
        if holds_html {
            self.hold_html.borrow_mut().insert(Rc::as_ptr(&element.0), element.clone());
        }
        element
    }

    fn is_mathml_annotation_xml_integration_point(&self, element: &NodeRef) -> bool {
        self.hold_html.borrow().contains_key(&Rc::as_ptr(&element.0))
    }

    // From here on nothing but handing over.

    fn finish(self) -> NodeRef {
        self.tree.finish()
    }

    fn parse_error(&self, message: Cow<'static, str>) {
        self.tree.parse_error(message);
    }

    fn get_document(&self) -> NodeRef {
        self.tree.get_document()
    }

    fn elem_name<'a>(&'a self, target: &'a NodeRef) -> ExpandedName<'a> {
        self.tree.elem_name(target)
    }

    fn create_comment(&self, text: StrTendril) -> NodeRef {
        self.tree.create_comment(text)
    }

    fn create_pi(&self, target: StrTendril, data: StrTendril) -> NodeRef {
        self.tree.create_pi(target, data)
    }

    fn append(&self, parent: &NodeRef, child: NodeOrText<NodeRef>) {
        self.tree.append(parent, child);
    }

    fn append_based_on_parent_node(&self, element: &NodeRef, previous: &NodeRef, child: NodeOrText<NodeRef>) {
        self.tree.append_based_on_parent_node(element, previous, child);
    }

    fn append_before_sibling(&self, sibling: &NodeRef, child: NodeOrText<NodeRef>) {
        self.tree.append_before_sibling(sibling, child);
    }

    fn append_doctype_to_document(&self, name: StrTendril, public_id: StrTendril, system_id: StrTendril) {
        self.tree.append_doctype_to_document(name, public_id, system_id);
    }

    fn get_template_contents(&self, target: &NodeRef) -> NodeRef {
        self.tree.get_template_contents(target)
    }

    fn same_node(&self, left: &NodeRef, right: &NodeRef) -> bool {
        self.tree.same_node(left, right)
    }

    fn set_quirks_mode(&self, mode: QuirksMode) {
        self.tree.set_quirks_mode(mode);
    }

    fn add_attrs_if_missing(&self, target: &NodeRef, attributes: Vec<Attribute>) {
        self.tree.add_attrs_if_missing(target, attributes);
    }

    fn remove_from_parent(&self, target: &NodeRef) {
        self.tree.remove_from_parent(target);
    }

    fn reparent_children(&self, node: &NodeRef, new_parent: &NodeRef) {
        self.tree.reparent_children(node, new_parent);
    }
}
