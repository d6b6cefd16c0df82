//! What holds for arbitrary bytes: one function for each surface that a server reaches.
//!
//! Each takes bytes, makes of them what a server could send, and asserts what must hold of the outcome: it panics when
//! it does not, and does nothing else. The folder `fuzz/` gives these functions to libFuzzer, for minutes or for a
//! night; the test of this package gives them seeded mutations of the [`seeds`], for seconds, in every test run, and all
//! that was ever found (the folder `found/`).
//!
//! ```
//! gather_properties::target("decoding").expect("a target")(b"\x01\x00\x00\x00not gzip");
//! ```

#![forbid(unsafe_code)]

mod addresses;
mod caching;
mod charset;
mod client;
mod cookies;
mod decoding;
mod disk_entry;
mod fields;
mod html;
mod input;
mod json;
mod redirects;
#[cfg(feature = "seeds")]
pub mod seeds;
mod tokenizer;

/// A function that panics where something does not hold.
pub type Property = fn(&[u8]);

/// Every target, by name.
pub const TARGETS: [(&str, Property); 12] = [
    ("decoding", decoding::decoding),
    ("charset", charset::charset),
    ("cookies", cookies::cookies),
    ("fields", fields::fields),
    ("caching", caching::caching),
    ("disk_entry", disk_entry::disk_entry),
    ("addresses", addresses::addresses),
    ("redirects", redirects::redirects),
    ("client", client::client),
    ("html", html::html),
    ("tokenizer", tokenizer::tokenizer),
    ("json", json::json_page),
];

/// The target of that name.
pub fn target(name: &str) -> Option<Property> {
    TARGETS.iter().find(|(known, _)| *known == name).map(|(_, property)| *property)
}
