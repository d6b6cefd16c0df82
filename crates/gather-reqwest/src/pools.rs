//! One reqwest client, which is one pool of connections, for each address policy that is in use.
//!
//! reqwest's pool knows schemes and hosts, and would hand a request that may reach public addresses only a connection that
//! somebody else's request has opened to whatever the name resolved to. So each policy has a client of its own, whose
//! resolver lets through what this policy permits.

use std::collections::VecDeque;

use gather_core::addresses::AddressPolicy;
use gather_core::{FetchError, FetchErrorKind, Phase};

use crate::builder::Settings;

pub(crate) enum Pools {
    /// The program's own client, of which nobody knows what its resolver does.
    Given(reqwest::Client),
    /// Clients of our making. The one for [`AddressPolicy::Any`] is there from the beginning.
    Made { any: reqwest::Client, settings: Box<Settings>, restricted: VecDeque<(AddressPolicy, reqwest::Client)> },
    /// Closed.
    Gone,
}

impl Pools {
    /// The client for requests under `policy`.
    ///
    /// # Errors
    ///
    /// When the client is closed, or cannot enforce the policy.
    pub(crate) fn client(&mut self, policy: &AddressPolicy) -> Result<reqwest::Client, FetchError> {
        match self {
            Pools::Gone => Err(FetchError::new(Phase::Connect, FetchErrorKind::Closed)),
            Pools::Given(client) | Pools::Made { any: client, .. } if !policy.restricts() => Ok(client.clone()),
            Pools::Made { settings, restricted, .. } if settings.enforces_policies() => {
                if let Some((_, client)) = restricted.iter().find(|(known, _)| known == policy) {
                    return Ok(client.clone());
                }
                let client = settings
                    .client(policy)
                    .map_err(|error| FetchError::new(Phase::Request, FetchErrorKind::Other).with_source(error))?;
                // The oldest goes; exchanges on its connections go on to their end.
                if restricted.len() >= settings.max_policies.max(1) {
                    restricted.pop_front();
                }
                restricted.push_back((policy.clone(), client.clone()));
                Ok(client)
            }
            Pools::Given(_) | Pools::Made { .. } => {
                let why = "the request may reach public addresses only, and this client cannot look at addresses";
                Err(FetchError::new(Phase::Request, FetchErrorKind::Forbidden).with_source(why))
            }
        }
    }

    pub(crate) fn enforces_policies(&self) -> bool {
        matches!(self, Pools::Made { settings, .. } if settings.enforces_policies())
    }
}
