//! HTML and SVG as tags: whatever goes into one is escaped, so that no name of a file or an engine can become markup.

use std::fmt::{self, Display, Write as _};

/// One element under construction.
#[derive(Debug, Clone)]
pub(crate) struct Tag {
    name: &'static str,
    attributes: String,
    content: String,
}

/// An element without attributes or content.
pub(crate) fn tag(name: &'static str) -> Tag {
    Tag { name, attributes: String::new(), content: String::new() }
}

impl Tag {
    /// Adds an attribute.
    pub(crate) fn set(mut self, key: &'static str, value: impl Display) -> Tag {
        let _ = write!(self.attributes, " {key}=\"{}\"", escape(&value.to_string()));
        self
    }

    /// Adds a coordinate.
    pub(crate) fn at(self, key: &'static str, value: f64) -> Tag {
        self.set(key, coordinate(value))
    }

    /// Adds a coordinate as a share of the width that there is.
    pub(crate) fn percent(self, key: &'static str, share: f64) -> Tag {
        self.set(key, format_args!("{}%", coordinate(share * 100.0)))
    }

    pub(crate) fn class(self, names: &str) -> Tag {
        if names.is_empty() { self } else { self.set("class", names) }
    }

    /// Adds text.
    pub(crate) fn text(mut self, text: impl Display) -> Tag {
        self.content.push_str(&escape(&text.to_string()));
        self
    }

    /// Adds an element.
    pub(crate) fn with(mut self, child: Tag) -> Tag {
        self.push(child);
        self
    }

    /// Adds elements.
    pub(crate) fn all(mut self, children: impl IntoIterator<Item = Tag>) -> Tag {
        children.into_iter().for_each(|child| self.push(child));
        self
    }

    pub(crate) fn push(&mut self, child: Tag) {
        let _ = write!(self.content, "{child}");
    }

    /// Adds a style sheet or a script of ours as it is: only text that the program was built with.
    pub(crate) fn verbatim(mut self, text: &'static str) -> Tag {
        self.content.push_str(text);
        self
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.content.is_empty()
    }

    /// How long it is in the page.
    pub(crate) fn bytes(&self) -> usize {
        self.attributes.len() + self.content.len() + 2 * self.name.len() + 5
    }
}

/// Elements that have no content in HTML.
const VOID: [&str; 3] = ["meta", "br", "hr"];
/// Elements of SVG that may close themselves.
const SHAPES: [&str; 4] = ["line", "circle", "rect", "path"];

impl Display for Tag {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Tag { name, attributes, content } = self;
        match content.is_empty() {
            true if VOID.contains(name) => write!(out, "<{name}{attributes}>"),
            true if SHAPES.contains(name) => write!(out, "<{name}{attributes}/>"),
            _ => write!(out, "<{name}{attributes}>{content}</{name}>"),
        }
    }
}

/// Text that stays text, between tags and between double quotes.
pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            other => escaped.push(other),
        }
    }
    escaped
}

/// A coordinate to a tenth of a pixel: more cannot be seen, and a page has tens of thousands of them.
pub(crate) fn coordinate(value: f64) -> String {
    if !value.is_finite() {
        return "0".into();
    }
    let text = format!("{value:.1}");
    match text.strip_suffix(".0") {
        Some("-0") => "0".into(),
        Some(whole) => whole.into(),
        None => text,
    }
}

/// `64 in flight, 2,700 B pages` as a part of an address: `64-in-flight-2700-b-pages`.
pub(crate) fn slug(title: &str) -> String {
    let plain: String = title.to_lowercase().replace(',', "");
    let words = plain.split(|character: char| !character.is_alphanumeric()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_become_markup() {
        let name = "<script>alert('1')</script> & \"x\"";
        let shown = tag("p").set("title", name).text(name).to_string();
        let escaped = "&lt;script&gt;alert('1')&lt;/script&gt; &amp; &quot;x&quot;";
        assert_eq!(shown, format!("<p title=\"{escaped}\">{escaped}</p>"));
        assert_eq!(escape("plain"), "plain");
    }

    #[test]
    fn elements_close_as_their_kind_does() {
        let line = tag("line").at("x1", 12.04).at("x2", -0.01).percent("y1", 0.5);
        assert_eq!(line.to_string(), r#"<line x1="12" x2="0" y1="50%"/>"#);
        assert_eq!(tag("meta").set("charset", "utf-8").to_string(), r#"<meta charset="utf-8">"#);
        assert_eq!(tag("div").with(tag("i")).bytes(), "<div><i></i></div>".len());
        assert_eq!(coordinate(f64::NAN), "0");
    }

    #[test]
    fn titles_become_addresses() {
        assert_eq!(slug("64 in flight, 2,700 B pages"), "64-in-flight-2700-b-pages");
        assert_eq!(slug("links + 2 ms of CPU"), "links-2-ms-of-cpu");
        assert_eq!(slug("<b>"), "b");
    }
}
