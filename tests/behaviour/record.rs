//! What a case has come to, as fields that can be compared: what differs from run to run is taken out of them.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use gather_core::http::HeaderMap;

use crate::case::Expect;
use crate::expectation::Broken;
use crate::outcome::Outcome;

/// The header field by which the servers tell the cases apart.
pub(crate) const CASE_FIELD: &str = "x-case";

/// One case over one transport.
#[derive(Debug, Default)]
pub(crate) struct Record {
    /// What the servers know it by.
    pub(crate) id: String,
    /// By name: `status`, `version`, `body`, `error`, `header NAME`, and of a later request `2: status`; what the server saw:
    /// `requests`, `connections`, `asked`, `sent NAME`.
    pub(crate) fields: BTreeMap<String, String>,
    /// Where it is not as expected.
    pub(crate) broken: Vec<Broken>,
}

/// The bodies that are too long to be shown, each once: two that have the same number are the same. Comparing them costs
/// less than a digest would in a build that optimises nothing.
#[derive(Debug, Default)]
pub(crate) struct Bodies(Mutex<Vec<Vec<u8>>>);

impl Bodies {
    fn number(&self, body: &[u8]) -> usize {
        let mut bodies = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        bodies.iter().position(|known| known == body).unwrap_or_else(|| {
            bodies.push(body.to_vec());
            bodies.len() - 1
        })
    }
}

/// Longer texts are told by their numbers.
const SHOWN: usize = 300;

impl Record {
    pub(crate) fn new(id: String) -> Self {
        Record { id, ..Record::default() }
    }

    /// Adds what request number so-and-so brought. `plain` takes out of a text what differs from run to run.
    pub(crate) fn add(
        &mut self,
        number: usize,
        outcome: &Outcome,
        expect: &Expect,
        bodies: &Bodies,
        plain: &dyn Fn(&str) -> String,
    ) {
        let prefix = if number == 0 { String::new() } else { format!("{}: ", number + 1) };
        let mut set = |name: &str, value: String| drop(self.fields.insert(format!("{prefix}{name}"), value));
        let body = plain_body(&outcome.body, plain);
        if let Some((status, version, headers)) = &outcome.head {
            set("status", status.as_u16().to_string());
            set("version", format!("{version:?}"));
            for (name, value) in joined(headers) {
                // An echo is as long as what is taken out of it, which other transports send more or less of.
                let of_an_echo = name == "content-length" && body.echo;
                if name != "date" && !of_an_echo {
                    set(&format!("header {name}"), plain(&value));
                }
            }
            set("body", body.shown(bodies));
        }
        if let Some(error) = &outcome.error {
            set("error", error.clone());
        }
        let broken = expect.broken(outcome, plain).into_iter();
        self.broken.extend(broken.map(|Broken { field, says }| Broken { field: format!("{prefix}{field}"), says }));
    }

    /// Adds what the server counted.
    pub(crate) fn count(&mut self, requests: usize, connections: usize) {
        self.fields.insert("requests".to_owned(), requests.to_string());
        self.fields.insert("connections".to_owned(), connections.to_string());
    }
}

struct PlainBody {
    bytes: Vec<u8>,
    /// Whether it tells the request's header fields, which are taken out of it: the server's log has them.
    echo: bool,
}

impl PlainBody {
    fn shown(&self, bodies: &Bodies) -> String {
        match std::str::from_utf8(&self.bytes) {
            Ok(text) if text.len() <= SHOWN => text.to_owned(),
            _ => format!("{} bytes, body number {}", self.bytes.len(), bodies.number(&self.bytes)),
        }
    }
}

fn plain_body(body: &[u8], plain: &dyn Fn(&str) -> String) -> PlainBody {
    let Ok(text) = std::str::from_utf8(body) else { return PlainBody { bytes: body.to_vec(), echo: false } };
    // A stream of several echoes is one too, line by line.
    let lines: Vec<Option<serde_json::Value>> = text.lines().map(echo).collect();
    if let Some(whole) = echo(text) {
        return PlainBody { bytes: plain(&whole.to_string()).into_bytes(), echo: true };
    }
    if !lines.is_empty() && lines.iter().all(Option::is_some) {
        let lines: Vec<String> = lines.into_iter().flatten().map(|line| plain(&line.to_string())).collect();
        return PlainBody { bytes: lines.join("\n").into_bytes(), echo: true };
    }
    // What is long is no text of a server about a request.
    let bytes = if text.len() > 64 << 10 { body.to_vec() } else { plain(text).into_bytes() };
    PlainBody { bytes, echo: false }
}

/// httpbin's answer about the request that it got, without the request's header fields.
fn echo(text: &str) -> Option<serde_json::Value> {
    if !text.starts_with('{') {
        return None;
    }
    let mut value: serde_json::Value = serde_json::from_str(text).ok()?;
    value.as_object_mut()?.remove("headers")?;
    Some(value)
}

/// Header fields by name, those of one name together.
pub(crate) fn joined(headers: &HeaderMap) -> BTreeMap<String, String> {
    let value = |name| {
        let values: Vec<_> =
            headers.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes())).collect();
        values.join(" && ")
    };
    headers.keys().map(|name| (name.to_string(), value(name))).collect()
}
