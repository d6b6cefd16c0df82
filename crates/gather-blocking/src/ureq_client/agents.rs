//! An agent, with its pool, for each policy: no connection is used under another policy than it was opened under.

use std::sync::Mutex;

use gather_core::addresses::AddressPolicy;
use gather_core::{FetchError, FetchErrorKind, Phase};
use ureq::Agent;

use super::resolver::Handed;
use crate::raw::MAX_IDLE_AGE;
use crate::work::lock;

/// The agents of one client.
#[derive(Debug)]
pub(super) enum Agents {
    /// Ours, which connect where they are told.
    Ours {
        any: Agent,
        max_idle: usize,
        /// The latest at the back.
        restricted: Mutex<Vec<(AddressPolicy, Agent)>>,
    },
    /// The user's, whose resolver is its own affair.
    Theirs(Agent),
}

/// So many policies have a pool at a time. A program has one or two; connections of those that were used first are closed.
const POLICIES: usize = 8;

impl Agents {
    pub(super) fn ours(max_idle: usize) -> Self {
        Agents::Ours { any: agent(max_idle), max_idle, restricted: Mutex::default() }
    }

    /// The agent for requests under `policy`.
    pub(super) fn under(&self, policy: &AddressPolicy) -> Result<Agent, FetchError> {
        match self {
            Agents::Theirs(agent) if !policy.restricts() => Ok(agent.clone()),
            Agents::Theirs(_) => Err(FetchError::new(Phase::Request, FetchErrorKind::Forbidden).with_source(
                "an agent of the program's own resolves as it likes; addresses cannot be held to a policy",
            )),
            Agents::Ours { any, .. } if !policy.restricts() => Ok(any.clone()),
            Agents::Ours { max_idle, restricted, .. } => {
                let mut restricted = lock(restricted);
                if let Some((_, agent)) = restricted.iter().find(|(known, _)| known == policy) {
                    return Ok(agent.clone());
                }
                if restricted.len() == POLICIES {
                    restricted.remove(0);
                }
                let agent = agent(*max_idle);
                restricted.push((policy.clone(), agent.clone()));
                Ok(agent)
            }
        }
    }

    pub(super) fn enforce_policies(&self) -> bool {
        matches!(self, Agents::Ours { .. })
    }

    /// Closes every connection of theirs, also those in use, and refuses new ones.
    pub(super) fn shut_down(&self) {
        match self {
            Agents::Theirs(agent) => agent.clone().shutdown(),
            Agents::Ours { any, restricted, .. } => {
                any.clone().shutdown();
                for (_, agent) in lock(restricted).iter() {
                    agent.clone().shutdown();
                }
            }
        }
    }
}

fn agent(max_idle: usize) -> Agent {
    let config = Agent::config_builder()
        .max_idle_connections(max_idle)
        .max_idle_connections_per_host(max_idle)
        .max_idle_age(MAX_IDLE_AGE)
        .proxy(None)
        .build();
    #[cfg(feature = "tls")]
    let connector = super::connector::connector();
    #[cfg(not(feature = "tls"))]
    let connector = ureq::unversioned::transport::DefaultConnector::new();
    Agent::with_parts(config, connector, Handed)
}
