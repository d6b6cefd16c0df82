//! What is added to a request for one exchange, on a copy of it: nothing that is added travels along a redirect.

use std::time::Duration;

use gather_core::addresses::{AddressPolicy, Discovered};
use gather_core::{ConnectDeadline, FetchError, Request};
use http::Extensions;
use http::header::{ACCEPT_ENCODING, AUTHORIZATION, COOKIE, RANGE, USER_AGENT};

use super::Place;
use super::builder::Settings;
use crate::credentials::Credentials;
use crate::origin::Origin;

#[derive(Clone, Copy)]
pub(super) struct Prepare<'a> {
    pub(super) settings: &'a Settings,
    /// How long the transport takes to connect where a request does not bound it.
    pub(super) connects: Option<Duration>,
    pub(super) place: &'a Place,
    /// The user name and password of the address that the user gave.
    pub(super) own: Option<&'a (Origin, Credentials)>,
}

impl Prepare<'_> {
    /// Whether there are addresses that it may not reach.
    pub(super) fn restricts(&self, request: &Request) -> bool {
        let extensions = request.extensions();
        match self.policy(extensions) {
            Some(ours) => ours.restricts(),
            None => !extensions.is_empty() && AddressPolicy::of(extensions).restricts(),
        }
    }

    /// Which addresses a request with these extensions may reach, where that is for the settings to say.
    fn policy(&self, extensions: &Extensions) -> Option<&AddressPolicy> {
        let Settings { addresses, discovered, .. } = self.settings;
        if !extensions.is_empty() {
            if extensions.get::<AddressPolicy>().is_some() {
                return None;
            }
            if discovered.is_some() && extensions.get::<Discovered>().is_some() {
                return discovered.as_ref();
            }
        }
        addresses.restricts().then_some(addresses)
    }

    /// A copy of the request as it is sent. What is asked for, `request` says, and where from, the place.
    ///
    /// # Errors
    ///
    /// Those of [`add`](Prepare::add).
    pub(super) fn copy(&self, request: &Request) -> Result<Request, FetchError> {
        let mut sent = request.clone();
        sent.uri_mut().clone_from(self.place.uri());
        self.add(&mut sent)?;
        Ok(sent)
    }

    /// Adds to a request to the place what it is sent with.
    ///
    /// # Errors
    ///
    /// When the address does not parse as a URL, which [`Place`] has made sure of.
    pub(super) fn add(&self, sent: &mut Request) -> Result<(), FetchError> {
        let Settings { jar, keyring, user_agent, deadlines, wall, accepted, .. } = self.settings;
        let headers = sent.headers_mut();
        // Bytes of an encoded body are not bytes of what it encodes: who asks for a range is served as it stands.
        if headers.is_empty() || !headers.contains_key(ACCEPT_ENCODING) && !headers.contains_key(RANGE) {
            headers.insert(ACCEPT_ENCODING, accepted.clone());
        }
        if let Some(agent) = user_agent
            && !headers.contains_key(USER_AGENT)
        {
            headers.insert(USER_AGENT, agent.clone());
        }
        if let Some((origin, credentials)) = self.own
            && !headers.contains_key(AUTHORIZATION)
            && Origin::of(self.place.url()?).is_ok_and(|here| here == *origin)
        {
            headers.insert(AUTHORIZATION, credentials.header().clone());
        }
        if !keyring.is_empty() {
            keyring.authorize(self.place.url()?, headers);
        }
        if let Some(jar) = jar.as_ref().filter(|jar| !jar.is_empty())
            && !headers.contains_key(COOKIE)
        {
            headers.extend(jar.header(self.place.url()?, wall()).map(|value| (COOKIE, value)));
        }
        let extensions = sent.extensions_mut();
        if let Some(policy) = self.policy(extensions) {
            extensions.insert(policy.clone());
        }
        // What the transport does anyway need not be said, at the price of three allocations.
        if self.connects != Some(deadlines.connect) {
            extensions.get_or_insert_with(|| ConnectDeadline(deadlines.connect));
        }
        Ok(())
    }
}
