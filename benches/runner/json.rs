//! The answers of an API: a document of records, into types of ours or, for the oracle, into values of any shape.

use std::hash::Hasher;
use std::ops::ControlFlow;

use gather_core::{Bytes, ParseError, Sink};
use rustc_hash::FxHasher;
use serde::Deserialize;
use serde_json::Value;

use crate::page::PageAnswer;

/// What is used of a document; the rest of it is skipped, as a program would.
#[derive(Debug, Deserialize)]
struct Document {
    items: Vec<Item>,
    next: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Item {
    id: u64,
    name: String,
    price: f64,
    tags: Vec<String>,
    address: Address,
}

#[derive(Debug, Deserialize)]
struct Address {
    city: String,
    place: Place,
}

#[derive(Debug, Deserialize)]
struct Place {
    lat: f64,
    lon: f64,
}

/// A document of which so much has arrived. It is parsed when it is whole: serde_json reads slices much faster than it
/// reads streams, and an API's answers are small.
#[derive(Debug)]
pub(crate) struct JsonSink {
    text: Vec<u8>,
    how: How,
}

/// Into what a document is parsed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum How {
    /// Structs that derive `Deserialize`: what one writes.
    Typed,
    /// `serde_json::Value`, looked through by hand: another way to the same answer.
    Value,
}

impl JsonSink {
    pub(crate) fn new(how: How) -> Self {
        JsonSink { text: Vec::new(), how }
    }
}

impl Sink for JsonSink {
    type Output = PageAnswer;

    fn feed(&mut self, chunk: Bytes) -> ControlFlow<()> {
        self.text.extend_from_slice(&chunk);
        ControlFlow::Continue(())
    }

    fn finish(self) -> Result<PageAnswer, ParseError> {
        match self.how {
            How::Typed => typed(&self.text),
            How::Value => by_value(&self.text),
        }
    }
}

fn typed(text: &[u8]) -> Result<PageAnswer, ParseError> {
    let Document { items, next } = serde_json::from_slice(text).map_err(ParseError::new)?;
    let mut answer = Summary::of(next.as_deref());
    for Item { id, name, price, tags, address } in items {
        let Address { city, place: Place { lat, lon } } = address;
        answer.add(id, &[&name, &city], &[price, lat, lon], tags.iter().map(String::as_str));
    }
    Ok(answer.0)
}

fn by_value(text: &[u8]) -> Result<PageAnswer, ParseError> {
    let document: Value = serde_json::from_slice(text).map_err(ParseError::new)?;
    let missing = |what: &str| ParseError::new(format!("a record without {what}"));
    let items = document["items"].as_array().ok_or_else(|| missing("items"))?;
    let mut answer = Summary::of(document["next"].as_str());
    for item in items {
        let (address, place) = (&item["address"], &item["address"]["place"]);
        let text = |value: &'_ Value, what: &str| value.as_str().map(str::to_owned).ok_or_else(|| missing(what));
        let number = |value: &Value, what: &str| value.as_f64().ok_or_else(|| missing(what));
        let id = item["id"].as_u64().ok_or_else(|| missing("an id"))?;
        let (name, city) = (text(&item["name"], "a name")?, text(&address["city"], "a city")?);
        let numbers =
            [number(&item["price"], "a price")?, number(&place["lat"], "lat")?, number(&place["lon"], "lon")?];
        let tags = item["tags"].as_array().ok_or_else(|| missing("tags"))?;
        answer.add(id, &[&name, &city], &numbers, tags.iter().filter_map(Value::as_str));
    }
    Ok(answer.0)
}

/// The records, counted as links are, and a checksum over all that is used of them.
struct Summary(PageAnswer);

impl Summary {
    fn of(next: Option<&str>) -> Self {
        let mut hasher = FxHasher::default();
        hasher.write(next.unwrap_or_default().as_bytes());
        Summary(PageAnswer { links: 0, checksum: hasher.finish() })
    }

    fn add<'t>(&mut self, id: u64, texts: &[&str], numbers: &[f64], tags: impl Iterator<Item = &'t str>) {
        let mut hasher = FxHasher::default();
        hasher.write_u64(id);
        texts.iter().for_each(|text| hasher.write(text.as_bytes()));
        numbers.iter().for_each(|number| hasher.write_u64(number.to_bits()));
        tags.for_each(|tag| hasher.write(tag.as_bytes()));
        self.0.links += 1;
        self.0.checksum = self.0.checksum.wrapping_add(hasher.finish());
    }
}

#[cfg(test)]
mod tests {
    use gather_core::{Bytes, ParseError, Sink};

    use super::{How, JsonSink, PageAnswer};

    fn parse(how: How, text: &str) -> Result<PageAnswer, ParseError> {
        let mut sink = JsonSink::new(how);
        for chunk in text.as_bytes().chunks(7) {
            let _ = sink.feed(Bytes::copy_from_slice(chunk));
        }
        sink.finish()
    }

    fn document(name: &str, price: &str, next: &str) -> String {
        let address = r#"{"city":"Reykjav\u00edk","place":{"lat":-12.5,"lon":7}}"#;
        let item = format!(
            r#"{{"id":7,"name":"{name}","price":{price},"tags":["größer","a\/b"],"more":[{{}}],"address":{address}}}"#
        );
        format!(r#"{{"page":1,"items":[{item},{item}],"next":{next}}}"#)
    }

    #[test]
    fn both_ways_find_the_same() {
        for (name, price, next) in
            [("Ada", "1.5", "null"), ("\\ud83e\\udd80 \\\"x\\\"", "12", "\"/json/2\""), ("", "1e-7", "null")]
        {
            let text = document(name, price, next);
            let found = parse(How::Typed, &text).unwrap();
            assert_eq!(found.links, 2, "{text}");
            assert_eq!(found, parse(How::Value, &text).unwrap(), "{text}");
        }
    }

    #[test]
    fn every_part_is_in_the_checksum() {
        let one = parse(How::Typed, &document("Ada", "1.5", "null")).unwrap();
        for (name, price, next) in [("Adb", "1.5", "null"), ("Ada", "1.25", "null"), ("Ada", "1.5", "\"/json/2\"")] {
            assert_ne!(one, parse(How::Typed, &document(name, price, next)).unwrap());
        }
    }

    #[test]
    fn what_is_not_such_a_document_is_an_error() {
        for text in ["", "{", "[]", r#"{"items":[{"id":-1}],"next":null}"#, r#"{"items":7,"next":null}"#] {
            assert!(parse(How::Typed, text).is_err(), "{text}");
            assert!(parse(How::Value, text).is_err(), "{text}");
        }
    }
}
