//! A case: what is asked, of which server, and what has to come back, as the data files have it.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::policy::Policy;
use crate::text::Text;
use crate::transports::Layer;

/// One conversation of a client of its own with one server.
#[derive(Debug, Clone)]
pub(crate) struct Case {
    pub(crate) name: String,
    /// Whom it is held with: a name of [`Servers`](crate::servers::Servers).
    pub(crate) server: String,
    /// Others that it needs.
    needs: Vec<String>,
    /// The one layer that it is about, if not both.
    only: Option<Layer>,
    pub(crate) policy: Policy,
    /// Fields of its record that are no two times the same.
    pub(crate) volatile: Vec<String>,
    pub(crate) steps: Vec<Step>,
    seen: Seen,
    client_seen: Option<Seen>,
}

impl Case {
    pub(crate) fn runs_on(&self, layer: Layer) -> bool {
        self.only.is_none_or(|only| only == layer)
    }

    /// Whom it needs.
    pub(crate) fn servers(&self) -> impl Iterator<Item = &str> {
        [&self.server].into_iter().chain(&self.needs).map(String::as_str)
    }

    /// What the server has to have seen.
    pub(crate) fn seen(&self, layer: Layer) -> &Seen {
        self.client_seen.as_ref().filter(|_| layer == Layer::Client).unwrap_or(&self.seen)
    }
}

/// One request and what it brings.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Step {
    #[serde(default = "get")]
    pub(crate) method: String,
    /// A path of the case's server, or a whole address with the names of servers in braces.
    pub(crate) path: String,
    #[serde(default)]
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Option<String>,
    /// A body of so many bytes, instead.
    pub(crate) body_length: Option<Text>,
    expect: Expect,
    /// What is different of it where a client is above the transport.
    client: Option<Expect>,
}

impl Step {
    pub(crate) fn expect(&self, layer: Layer) -> &Expect {
        self.client.as_ref().filter(|_| layer == Layer::Client).unwrap_or(&self.expect)
    }

    pub(crate) fn by_layer(&self) -> [(Layer, &Expect); 2] {
        [Layer::Transport, Layer::Client].map(|layer| (layer, self.expect(layer)))
    }
}

fn get() -> String {
    "GET".to_owned()
}

/// What has to come back.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Expect {
    pub(crate) status: Option<Text>,
    /// Phase and kind of the error, as in `Head Interrupted`, or `none`; several that are as good with ` | ` between them. A
    /// status beside it is that of a head that came before.
    pub(crate) error: Option<String>,
    pub(crate) version: Option<String>,
    /// The body, to the byte.
    pub(crate) body: Option<String>,
    pub(crate) length: Option<Text>,
    /// So many bytes of the origin's pattern.
    pub(crate) pattern: Option<Text>,
    #[serde(default)]
    pub(crate) contains: Vec<String>,
    /// What a JSON body has at these pointers (RFC 6901).
    #[serde(default)]
    pub(crate) json: BTreeMap<String, serde_json::Value>,
    #[serde(default)]
    pub(crate) headers: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) absent: Vec<String>,
}

/// What the server has to have seen of the whole case.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Seen {
    /// `METHOD TARGET` of each request.
    pub(crate) asked: Option<Vec<String>>,
    pub(crate) requests: Option<Text>,
    pub(crate) connections: Option<Text>,
    /// Header fields, the same in each request.
    #[serde(default)]
    pub(crate) sent: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) unsent: Vec<String>,
}

/// A case as it stands in a file: the first request is the case's own, the others follow.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Written {
    name: String,
    server: String,
    #[serde(default)]
    needs: Vec<String>,
    only: Option<Layer>,
    #[serde(default)]
    policy: Policy,
    #[serde(default)]
    volatile: Vec<String>,
    method: Option<String>,
    path: String,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    body: Option<String>,
    body_length: Option<Text>,
    expect: Expect,
    client: Option<Expect>,
    #[serde(default)]
    then: Vec<Step>,
    #[serde(default)]
    seen: Seen,
    client_seen: Option<Seen>,
}

impl From<Written> for Case {
    fn from(written: Written) -> Self {
        let Written { name, server, needs, only, policy, volatile, seen, client_seen, .. } = written;
        let Written { method, path, headers, body, body_length, expect, client, then, .. } = written;
        let method = method.unwrap_or_else(get);
        let mut steps = vec![Step { method, path, headers, body, body_length, expect, client }];
        steps.extend(then);
        Case { name, server, needs, only, policy, volatile, steps, seen, client_seen }
    }
}
