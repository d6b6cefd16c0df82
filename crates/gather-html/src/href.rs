//! What the links of a page are, and how an `href` becomes an address.

use encoding_rs::Encoding;
use gather_core::http::Uri;
use url::Url;

use crate::limits::{HtmlLimits, LimitExceeded};
use crate::resolve::{Resolver, base_url};
use crate::value::{into_string, push_attribute_value};

/// The links of one page: the `href` of every `a` element, none left out, none twice for being the same.
///
/// Resolved the way browsers do: against the first `<base href>`, wherever it stands, else against the page's address.
/// What is inside a `<template>`, a `<noscript>`, a comment or a script is not a link.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Links {
    /// The addresses, of whatever scheme, fragments included, in the order of the page.
    pub urls: Vec<Url>,
    /// The values that are no address, as they were written with character references decoded, in the order of the page.
    pub unresolved: Vec<String>,
}

impl Links {
    /// How many there are, resolved or not.
    pub fn len(&self) -> usize {
        self.urls.len() + self.unresolved.len()
    }

    /// Whether the page has none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// The values as they are found. They are resolved last, because a `<base>` after a link holds for it too.
///
/// All of them stand in one string, so that finding one costs no allocation.
#[derive(Debug, Default)]
pub(crate) struct Hrefs {
    text: Vec<u8>,
    ends: Vec<usize>,
    base: Option<String>,
}

impl Hrefs {
    /// Takes the value of the next `a[href]`, character references decoded.
    pub(crate) fn push(&mut self, value: &str) {
        self.text.extend_from_slice(value.as_bytes());
        self.ends.push(self.text.len());
    }

    /// The same, as it stands on a page in `encoding`.
    pub(crate) fn push_raw(&mut self, raw: &[u8], encoding: &'static Encoding) {
        push_attribute_value(raw, encoding, &mut self.text);
        self.ends.push(self.text.len());
    }

    /// Takes the value of a `base[href]`; only the first counts.
    pub(crate) fn set_base(&mut self, value: &str) {
        self.base.get_or_insert_with(|| value.to_owned());
    }

    /// The bytes that they take.
    pub(crate) fn memory(&self) -> usize {
        self.text.len() + self.ends.len() * size_of::<usize>() + self.base.as_ref().map_or(0, String::len)
    }

    /// The links, on a page at `address` that was written in `encoding`.
    pub(crate) fn resolve(
        self,
        address: &Uri,
        encoding: &'static Encoding,
        limits: HtmlLimits,
    ) -> Result<Links, LimitExceeded> {
        let base = base_url(address, self.base.as_deref(), encoding);
        let resolver = Resolver::in_encoding(base.as_ref(), encoding);
        let mut links = Links { urls: Vec::with_capacity(self.ends.len()), unresolved: Vec::new() };
        // Each address repeats the base, which may be as long as the page.
        let mut memory = links.urls.capacity() * size_of::<Url>();
        let text = into_string(self.text);
        let mut start = 0;
        for end in self.ends {
            let value = &text[start..end];
            match resolver.resolve(value) {
                Some(url) => {
                    memory += url.as_str().len();
                    links.urls.push(url);
                }
                None => links.unresolved.push(value.to_owned()),
            }
            limits.check(memory)?;
            start = end;
        }
        Ok(links)
    }
}
