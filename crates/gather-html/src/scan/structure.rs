//! As much of the tree as decides how the next bytes are read, and whether a link counts: no tree at all on most pages.
//!
//! HTML proper needs none. What the standard's [tree
//! construction](https://html.spec.whatwg.org/multipage/parsing.html#tree-construction) has to be followed in is SVG and
//! MathML, in which `<title>`, `<style>` and `<script>` hold markup, what gets a page out of them again, templates, and
//! framesets. The elements that are open are only kept from the outermost `<svg>` or `<math>` on.

use super::element::Element;
use super::names::{
    ANNOTATION, AROUND, BR, ENDS_PARAGRAPH, FONT, GLYPHS, HTML_IN_MATHML, HTML_IN_SVG, IN_TABLES, Key, LEAVES,
    PARAGRAPH, SHOWS, TABLE, TEMPLATE, VOID, key,
};
use crate::tokenizer::Content;

/// See [the module](self).
#[derive(Debug)]
pub(super) struct Structure {
    phase: Phase,
    /// How many `<template>`s are open outside of `open`.
    templates: usize,
    /// The outermost `<svg>` or `<math>`, and what is open in it.
    open: Vec<Open>,
    /// How many more are open that `open` has no room for.
    beyond: usize,
    depth: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// A frameset may still come: there was nothing yet that shows.
    Beginning,
    Body,
    /// A page of frames has nothing but frames.
    Frameset,
}

/// An element that is open in SVG or MathML.
#[derive(Debug, Clone, Copy)]
struct Open {
    name: Key,
    space: Space,
    inside: Inside,
}

/// Whose element it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Space {
    Html,
    Svg,
    MathMl,
}

/// How start tags inside of an element are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Inside {
    /// As elements of its own kind, or of HTML if it is one of these.
    Own,
    /// As HTML: an "HTML integration point".
    Html,
    /// As HTML but for two names: a "MathML text integration point".
    HtmlButGlyphs,
    /// As elements of its own kind, but for `svg`: `annotation-xml`.
    OwnButSvg,
}

/// A start tag, with what is asked of its attributes in SVG and MathML alone.
#[derive(Debug, Clone, Copy)]
pub(super) struct StartTag {
    pub(super) element: Element,
    pub(super) name: Key,
    /// It has a `color`, `face` or `size`, with which a `<font>` is HTML.
    pub(super) has_font_attribute: bool,
    /// Its `encoding` is one of HTML, which makes an `<annotation-xml>` hold it.
    pub(super) has_html_encoding: bool,
    pub(super) is_self_closing: bool,
}

impl Structure {
    /// Nothing is open yet. Beyond `depth` elements of SVG and MathML inside each other stand beside each other.
    pub(super) fn new(depth: usize) -> Self {
        Structure { phase: Phase::Beginning, templates: 0, open: Vec::new(), beyond: 0, depth }
    }

    /// Whether tags are taken as they come: nothing is open that this has to look after.
    #[inline]
    pub(super) fn is_plain(&self) -> bool {
        self.open.is_empty() && self.phase == Phase::Body
    }

    /// Whether the element that is open is not HTML's own.
    pub(super) fn is_foreign(&self) -> bool {
        self.open.last().is_some_and(|open| open.space != Space::Html)
    }

    /// Whether what stands here is no part of the page, but in a template.
    #[inline]
    pub(super) fn is_inert(&self) -> bool {
        self.templates > 0 || self.open.iter().any(|open| (open.name, open.space) == (TEMPLATE, Space::Html))
    }

    /// Takes a start tag: whose element it becomes, and how what follows is read. `None` if it becomes none.
    #[inline]
    pub(super) fn start(&mut self, tag: &StartTag) -> (Option<Space>, Content) {
        if !self.is_plain() || matches!(tag.element, Element::Svg | Element::Math | Element::Template) {
            return self.start_beside_html(tag);
        }
        (Some(Space::Html), tag.element.content())
    }

    fn start_beside_html(&mut self, tag: &StartTag) -> (Option<Space>, Content) {
        if self.phase == Phase::Frameset {
            let content = if tag.element == Element::Noframes { tag.element.content() } else { Content::Data };
            return (None, content);
        }
        if let Some(space) = self.foreign_space(tag) {
            self.push(tag, space);
            return (Some(space), Content::Data);
        }
        if self.phase == Phase::Beginning && tag.element == Element::Frameset && !self.is_inert() {
            self.phase = Phase::Frameset;
            self.clear();
            return (None, Content::Data);
        }
        if SHOWS.contains(&tag.name) {
            self.phase = Phase::Body;
        }
        match tag.element {
            Element::Svg => self.push(tag, Space::Svg),
            Element::Math => self.push(tag, Space::MathMl),
            _ if !self.open.is_empty() => self.push_html(tag),
            Element::Template => self.templates += 1,
            _ => {}
        }
        (Some(Space::Html), tag.element.content())
    }

    /// Takes an end tag.
    #[inline(always)]
    pub(super) fn end(&mut self, name: &[u8]) {
        if self.open.is_empty() && self.phase != Phase::Beginning {
            if name.eq_ignore_ascii_case(b"template") {
                self.templates = self.templates.saturating_sub(1);
            }
            return;
        }
        self.end_beside_html(key(name));
    }

    fn end_beside_html(&mut self, name: Key) {
        if self.phase == Phase::Beginning && name == BR {
            self.phase = Phase::Body;
        }
        if self.beyond > 0 {
            self.beyond -= 1;
            return;
        }
        if self.is_foreign() && matches!(name, BR | PARAGRAPH) {
            self.leave_foreign();
            return;
        }
        // In SVG and MathML an end tag ends whatever is open in its element, up to the next element of HTML.
        let mut rest = self.open.len();
        if self.is_foreign() {
            while rest > 0 && self.open[rest - 1].space != Space::Html {
                rest -= 1;
                if self.open[rest].name == name {
                    self.open.truncate(rest);
                    return;
                }
            }
            if rest == 0 {
                self.end_around(name);
                return;
            }
        }
        self.end_html(name, rest);
    }

    /// Takes the end tag of an element of HTML, when as many of `open` are looked at.
    fn end_html(&mut self, name: Key, rest: usize) {
        if name == TEMPLATE {
            let template = |open: &Open| (open.name, open.space) == (TEMPLATE, Space::Html);
            match self.open.iter().rposition(template) {
                Some(at) => self.open.truncate(at),
                None => self.end_around(name),
            }
            return;
        }
        let html = self.open[..rest].iter().rev().take_while(|open| open.space == Space::Html);
        if let Some(above) = html.clone().position(|open| open.name == name) {
            self.open.truncate(rest - above - 1);
        }
    }

    /// Takes an end tag of what is around the outermost `<svg>` or `<math>`.
    fn end_around(&mut self, name: Key) {
        if name == TEMPLATE {
            if self.templates > 0 {
                self.templates -= 1;
                self.clear();
            }
        } else if AROUND.contains(&name) {
            // What is open there is not known. Such a tag is hardly ever written where it would mean nothing.
            self.clear();
        }
    }

    /// Takes text that stands between tags.
    #[inline]
    pub(super) fn text(&mut self, piece: &[u8]) {
        let shows = |byte: &u8| !matches!(byte, b'\t' | b'\n' | b'\x0C' | b'\r' | b' ' | b'\0');
        if self.phase == Phase::Beginning && piece.iter().any(shows) {
            self.phase = Phase::Body;
        }
    }

    /// The kind of element that a start tag becomes in SVG or MathML; `None` if it becomes one of HTML.
    fn foreign_space(&mut self, tag: &StartTag) -> Option<Space> {
        let open = self.open.last()?;
        let is_html = match open.inside {
            Inside::Own => open.space == Space::Html,
            Inside::Html => true,
            Inside::HtmlButGlyphs => !GLYPHS.contains(&tag.name),
            Inside::OwnButSvg => tag.element == Element::Svg,
        };
        if is_html {
            return None;
        }
        let space = open.space;
        if LEAVES.contains(&tag.name) || (tag.name == FONT && tag.has_font_attribute) {
            self.leave_foreign();
            return None;
        }
        Some(space)
    }

    /// Closes what is open up to where HTML may stand.
    fn leave_foreign(&mut self) {
        let is_html =
            |open: &Open| open.space == Space::Html || matches!(open.inside, Inside::Html | Inside::HtmlButGlyphs);
        let rest = self.open.iter().rposition(is_html).map_or(0, |at| at + 1);
        self.open.truncate(rest);
        self.beyond = 0;
    }

    fn clear(&mut self) {
        self.open.clear();
        self.beyond = 0;
    }

    /// Opens an element of SVG or MathML.
    fn push(&mut self, tag: &StartTag, space: Space) {
        if tag.is_self_closing {
            return;
        }
        let inside = match space {
            Space::Svg if HTML_IN_SVG.contains(&tag.name) => Inside::Html,
            Space::MathMl if HTML_IN_MATHML.contains(&tag.name) => Inside::HtmlButGlyphs,
            Space::MathMl if tag.name == ANNOTATION && tag.has_html_encoding => Inside::Html,
            Space::MathMl if tag.name == ANNOTATION => Inside::OwnButSvg,
            _ => Inside::Own,
        };
        self.push_open(Open { name: tag.name, space, inside });
    }

    /// Opens an element of HTML inside of SVG or MathML.
    fn push_html(&mut self, tag: &StartTag) {
        let html = || self.open.iter().rev().take_while(|open| open.space == Space::Html);
        if VOID.contains(&tag.name) || (IN_TABLES.contains(&tag.name) && html().all(|open| open.name != TABLE)) {
            return;
        }
        if ENDS_PARAGRAPH.contains(&tag.name) {
            let (count, paragraph) = (self.open.len(), html().position(|open| open.name == PARAGRAPH));
            self.open.truncate(paragraph.map_or(count, |above| count - above - 1));
        }
        self.push_open(Open { name: tag.name, space: Space::Html, inside: Inside::Own });
    }

    fn push_open(&mut self, open: Open) {
        if self.open.len() < self.depth {
            self.open.push(open);
        } else {
            self.beyond += 1;
        }
    }
}
