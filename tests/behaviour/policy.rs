//! What a case wants of the client above its transport.

use std::time::{Duration, SystemTime};

use gather_client::cache::{Cache, MemoryStore};
use gather_client::cookies::Jar;
use gather_client::credentials::{Credentials, Keyring};
use gather_client::decode::DecodeLimits;
use gather_client::origin::Origin;
use gather_client::redirect::{Downgrade, Follow, RedirectPolicy};
use gather_client::retry::{Backoff, RetryPolicy};
use gather_client::{Client, ClientBuilder, Deadlines, DrainLimits, Url};
use gather_core::addresses::AddressPolicy;
use gather_core::http::HeaderValue;
use gather_core::{Clock, Fetch};
use serde::Deserialize;

/// What is not said is as in a client of which nothing is decided, but that nothing is tried twice.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Policy {
    /// HTTP/2 without asking: of the transport.
    pub(crate) prior_knowledge: bool,
    attempts: Option<u32>,
    hops: Option<u32>,
    stay: bool,
    refuse_downgrade: bool,
    no_cookies: bool,
    cache: bool,
    user_agent: Option<String>,
    basic: Option<[String; 2]>,
    bearer: Option<String>,
    wire: Option<u64>,
    decoded: Option<u64>,
    ratio: Option<u32>,
    head_ms: Option<u64>,
    idle_ms: Option<u64>,
    total_ms: Option<u64>,
    /// Public addresses only, and these networks.
    reach: Option<Vec<String>>,
}

impl Policy {
    /// The client, for a server whose address begins with `base`.
    pub(crate) fn client<F: Fetch, C: Clock>(&self, base: &str, transport: F, clock: C) -> Client<F, C> {
        let mut builder = ClientBuilder::new(SystemTime::now)
            .seed(1)
            .retry(self.retry())
            .redirect(self.redirect())
            .decode(self.limits())
            .deadlines(self.deadlines())
            .credentials(self.keyring(base))
            .cookies((!self.no_cookies).then(Jar::default));
        if self.cache {
            builder = builder.cache(Cache::default(), MemoryStore::default());
        }
        if let Some(agent) = &self.user_agent {
            builder = builder.user_agent(HeaderValue::try_from(agent).expect("a user agent"));
        }
        if let Some(networks) = &self.reach {
            let networks = networks.iter().map(|network| network.parse().expect("a network"));
            builder = builder.addresses(networks.fold(AddressPolicy::public(), AddressPolicy::allowing));
        }
        // Whether a connection is kept must not be a matter of how busy the machine is.
        let drain = DrainLimits::default().time(Duration::from_secs(10));
        builder.drain(drain).build(transport, clock)
    }

    fn retry(&self) -> RetryPolicy {
        // What is tried again is tried at once: no case is about the wait.
        let backoff = Backoff { first: Duration::from_millis(1), ..Backoff::default() };
        RetryPolicy { max_attempts: self.attempts.unwrap_or(1), backoff, ..RetryPolicy::default() }
    }

    fn redirect(&self) -> RedirectPolicy {
        let usual = RedirectPolicy::default();
        RedirectPolicy {
            follow: if self.stay { Follow::Never } else { Follow::Always },
            max_hops: self.hops.unwrap_or(usual.max_hops),
            downgrade: if self.refuse_downgrade { Downgrade::Refuse } else { Downgrade::Follow },
            ..usual
        }
    }

    fn limits(&self) -> DecodeLimits {
        let usual = DecodeLimits::default();
        usual
            .wire(self.wire.unwrap_or(usual.wire))
            .decoded(self.decoded.unwrap_or(usual.decoded))
            .ratio(self.ratio.unwrap_or(usual.ratio))
    }

    /// Those of a client of which nothing is decided, but for what the case says.
    pub(crate) fn deadlines(&self) -> Deadlines {
        let usual = Deadlines::default();
        let or = |given: Option<u64>, usual| given.map_or(usual, Duration::from_millis);
        usual
            .head(or(self.head_ms, usual.head))
            .idle(or(self.idle_ms, usual.idle))
            .total(or(self.total_ms, usual.total))
    }

    fn keyring(&self, base: &str) -> Keyring {
        let mut keyring = Keyring::new();
        let basic = self.basic.as_ref().map(|[user, password]| Credentials::basic(user, password));
        let bearer = self.bearer.as_ref().map(|token| Credentials::bearer(token));
        for credentials in basic.into_iter().chain(bearer) {
            let origin = Origin::of(&Url::parse(base).expect("a server's address")).expect("it has a host");
            let inserted = credentials.and_then(|credentials| keyring.insert(origin, credentials));
            inserted.expect("credentials that can be sent");
        }
        keyring
    }
}
