//! Holds what came against what had to come.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use gather_conformance::origin::pattern;

use crate::case::{Expect, Seen};
use crate::outcome::Outcome;
use crate::record::joined;

/// A field that is not as it has to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Broken {
    /// Its name, as in a [`Record`](crate::record::Record).
    pub(crate) field: String,
    /// What was wanted and what came.
    pub(crate) says: String,
}

fn broken(field: impl Into<String>, says: String) -> Broken {
    Broken { field: field.into(), says }
}

impl Expect {
    /// Everything in which an outcome is not this. `plain` takes out of a text what differs from run to run.
    pub(crate) fn broken(&self, outcome: &Outcome, plain: &dyn Fn(&str) -> String) -> Vec<Broken> {
        let mut found = self.broken_head(outcome, plain);
        let (wanted, got) = (self.error.as_deref().unwrap_or("none"), outcome.error.as_deref().unwrap_or("none"));
        if wanted.split(" | ").any(|wanted| wanted == got) {
            found.extend(self.broken_body(outcome, plain));
        } else {
            let explained = plain(&outcome.explained);
            found.push(broken("error", format!("wanted {wanted}, got {got}{explained}")));
        }
        found
    }

    fn broken_head(&self, outcome: &Outcome, plain: &dyn Fn(&str) -> String) -> Vec<Broken> {
        let mut found = Vec::new();
        let got = outcome.head.as_ref();
        let status = got.map(|(status, ..)| u64::from(status.as_u16()));
        if let Some(wanted) = &self.status
            && status != Some(wanted.number())
        {
            found.push(broken("status", format!("wanted {}, got {status:?}", wanted.number())));
        }
        let version = got.map(|(_, version, _)| format!("{version:?}"));
        if self.version.is_some() && self.version != version {
            found.push(broken("version", format!("wanted {:?}, got {version:?}", self.version)));
        }
        let headers = got.map(|(.., headers)| joined(headers)).unwrap_or_default();
        for (name, wanted) in &self.headers {
            let got = headers.get(name).map(|value| plain(value));
            if got.as_ref() != Some(wanted) {
                found.push(broken(format!("header {name}"), format!("wanted {wanted:?}, got {got:?}")));
            }
        }
        for name in self.absent.iter().filter(|name| headers.contains_key(*name)) {
            found.push(broken(format!("header {name}"), format!("wanted none, got {:?}", headers[name])));
        }
        found
    }

    fn broken_body(&self, outcome: &Outcome, plain: &dyn Fn(&str) -> String) -> Vec<Broken> {
        let mut found = Vec::new();
        let body = &outcome.body;
        let text = || plain(&String::from_utf8_lossy(body));
        if let Some(wanted) = &self.body
            && text() != *wanted
        {
            found.push(broken("body", format!("wanted {wanted:?}, got {:?}", shortened(&text()))));
        }
        if let Some(wanted) = &self.length
            && wanted.number() != body.len() as u64
        {
            found.push(broken("body", format!("length wanted {}, got {}", wanted.number(), body.len())));
        }
        if let Some(wanted) = &self.pattern
            && !is_pattern(body, wanted.number())
        {
            found.push(broken(
                "body",
                format!("wanted {} bytes of the pattern, got {} others", wanted.number(), body.len()),
            ));
        }
        for wanted in self.contains.iter().filter(|wanted| !text().contains(*wanted)) {
            found.push(broken("body", format!("wanted {wanted:?} in it, got {:?}", shortened(&text()))));
        }
        if !self.json.is_empty() {
            found.extend(broken_json(&self.json, &text()));
        }
        found
    }
}

/// Period by period, since bodies of megabytes are compared in builds that optimise nothing.
fn is_pattern(body: &[u8], length: u64) -> bool {
    let period = pattern(PERIOD);
    body.len() as u64 == length && body.chunks(PERIOD).all(|chunk| *chunk == period[..chunk.len()])
}

/// After so many bytes the origin's pattern begins anew.
pub(crate) const PERIOD: usize = 251;

fn broken_json(wanted: &BTreeMap<String, serde_json::Value>, text: &str) -> Vec<Broken> {
    let value: serde_json::Value = match serde_json::from_str(text) {
        Ok(value) => value,
        Err(error) => return vec![broken("body", format!("wanted JSON, got {:?}: {error}", shortened(text)))],
    };
    let differs = |(pointer, wanted): (&String, &serde_json::Value)| {
        let got = value.pointer(pointer);
        (got != Some(wanted)).then(|| broken("body", format!("at {pointer} wanted {wanted}, got {got:?}")))
    };
    wanted.iter().filter_map(differs).collect()
}

fn shortened(text: &str) -> String {
    if text.len() <= 200 { text.to_owned() } else { text.chars().take(200).chain(" ...".chars()).collect() }
}

impl Seen {
    /// Everything in which what a server saw is not this.
    pub(crate) fn broken(&self, fields: &BTreeMap<String, String>) -> Vec<Broken> {
        let mut wanted: Vec<(String, Option<String>)> = Vec::new();
        wanted.extend(self.asked.iter().map(|lines| ("asked".to_owned(), Some(lines.join("\n")))));
        wanted.extend(self.requests.iter().map(|count| ("requests".to_owned(), Some(count.number().to_string()))));
        wanted
            .extend(self.connections.iter().map(|count| ("connections".to_owned(), Some(count.number().to_string()))));
        wanted.extend(self.sent.iter().map(|(name, value)| (format!("sent {name}"), Some(value.clone()))));
        wanted.extend(self.unsent.iter().map(|name| (format!("sent {name}"), None)));
        let differs = |(field, wanted): (String, Option<String>)| {
            let got = fields.get(&field);
            (got != wanted.as_ref()).then(|| broken(&field, format!("wanted {wanted:?}, got {got:?}")))
        };
        wanted.into_iter().filter_map(differs).collect()
    }
}
