//! What is added to a request for one exchange, on a copy of it: nothing that is added travels along a redirect.

use gather_core::addresses::AddressPolicy;
use gather_core::{ConnectDeadline, Request};
use http::header::{ACCEPT_ENCODING, AUTHORIZATION, COOKIE, RANGE, USER_AGENT};
use url::Url;

use super::builder::Settings;
use crate::credentials::Credentials;
use crate::decode::accept_encoding;
use crate::origin::Origin;

pub(super) struct Prepare<'a> {
    pub(super) settings: &'a Settings,
    pub(super) url: &'a Url,
    /// The user name and password of the address that the user gave.
    pub(super) own: Option<&'a (Origin, Credentials)>,
}

impl Prepare<'_> {
    /// The request as it is sent.
    pub(super) fn copy(&self, request: &Request) -> Request {
        let mut sent = request.clone();
        let Settings { jar, keyring, user_agent, addresses, deadlines, wall, .. } = self.settings;
        let headers = sent.headers_mut();
        // Bytes of an encoded body are not bytes of what it encodes: who asks for a range is served as it stands.
        if !headers.contains_key(ACCEPT_ENCODING) && !headers.contains_key(RANGE) {
            headers.insert(ACCEPT_ENCODING, accept_encoding());
        }
        if let Some(agent) = user_agent
            && !headers.contains_key(USER_AGENT)
        {
            headers.insert(USER_AGENT, agent.clone());
        }
        if let Some((origin, credentials)) = self.own
            && !headers.contains_key(AUTHORIZATION)
            && Origin::of(self.url).is_ok_and(|here| here == *origin)
        {
            headers.insert(AUTHORIZATION, credentials.header().clone());
        }
        keyring.authorize(self.url, headers);
        if let Some(cookies) = jar.as_ref().filter(|_| !headers.contains_key(COOKIE)) {
            headers.extend(cookies.header(self.url, wall()).map(|value| (COOKIE, value)));
        }
        let extensions = sent.extensions_mut();
        if addresses.restricts() && extensions.get::<AddressPolicy>().is_none() {
            extensions.insert(addresses.clone());
        }
        extensions.get_or_insert_with(|| ConnectDeadline(deadlines.connect));
        sent
    }
}
