//! Where a case is held. Cases call servers by their names, the wire by addresses: this is the way between the two.

use gather_conformance::origin::Origin;

use crate::servers::{Servers, authority};

/// The server of one case over one transport.
pub(crate) struct Place<'a> {
    servers: &'a Servers,
    /// The faulty origin is the case's own, since it counts: of what others ask it must not know.
    origin: Option<Origin>,
    base: String,
    id: &'a str,
}

impl<'a> Place<'a> {
    pub(crate) fn new(servers: &'a Servers, server: &str, id: &'a str) -> Self {
        let origin = (server == "origin").then(Origin::start);
        let base = origin.as_ref().map_or_else(|| servers.base(server), |origin| origin.url(""));
        Place { servers, origin, base, id }
    }

    /// The server's address, without a path.
    pub(crate) fn base(&self) -> &str {
        &self.base
    }

    /// Names in braces become addresses.
    pub(crate) fn fill(&self, text: &str) -> String {
        let text = self.servers.fill(text).replace("{base}", &self.base).replace("{base host}", authority(&self.base));
        match &self.origin {
            Some(origin) => text.replace("{refusing}", origin.refused_url().trim_end_matches('/')),
            None => text,
        }
    }

    /// Addresses become names in braces, and the case's number too.
    pub(crate) fn plain(&self, text: &str) -> String {
        match self.origin {
            Some(_) => text.replace(&self.base, "{base}").replace(authority(&self.base), "{base host}"),
            None => self.servers.plain(text, self.id),
        }
    }

    /// By what a server that many talk to tells the case: its number.
    pub(crate) fn number(&self) -> Option<&str> {
        self.origin.is_none().then_some(self.id)
    }

    /// How many requests and connections there were, where the server is the case's own.
    pub(crate) fn counts(&self) -> Option<(usize, usize)> {
        let counts = self.origin.as_ref()?.counts();
        Some((counts.requests, counts.accepted))
    }
}
