//! Where a client counts: one short lock for each host, and no allocation once a host is known.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use gather_core::FetchError;
use http::StatusCode;
use url::Url;

use super::{HostStatistics, Statistics};
use crate::origin::origin_text;

/// The accounts of all hosts.
#[derive(Debug)]
pub(crate) struct Books {
    /// How many hosts have an account of their own.
    most: usize,
    accounts: RwLock<HashMap<Box<str>, Arc<Account>>>,
    other: Arc<Account>,
    invalid: AtomicU64,
}

/// One host's numbers. A lock and not atomic numbers, so that who looks sees requests and their ends agree.
#[derive(Debug, Default)]
pub(crate) struct Account(Mutex<HostStatistics>);

impl Books {
    pub(crate) fn new(most: usize) -> Self {
        Books { most, accounts: RwLock::default(), other: Arc::default(), invalid: AtomicU64::new(0) }
    }

    /// The account of the host that `url` points to, which has no user name in it.
    pub(crate) fn account(&self, url: &Url) -> Arc<Account> {
        let origin = origin_text(url);
        let known = self.accounts.read().unwrap_or_else(PoisonError::into_inner).get(origin).cloned();
        known.unwrap_or_else(|| {
            let mut accounts = self.accounts.write().unwrap_or_else(PoisonError::into_inner);
            if let Some(account) = accounts.get(origin) {
                return account.clone();
            }
            if accounts.len() >= self.most {
                return self.other.clone();
            }
            accounts.entry(origin.into()).or_default().clone()
        })
    }

    /// A request that has no host.
    pub(crate) fn invalid(&self) {
        self.invalid.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn snapshot(&self) -> Statistics {
        // The accounts are looked at after the map is let go: whoever begins a request must not wait for a snapshot.
        let accounts: Vec<_> = {
            let accounts = self.accounts.read().unwrap_or_else(PoisonError::into_inner);
            accounts.iter().map(|(origin, account)| (origin.clone(), account.clone())).collect()
        };
        Statistics {
            hosts: accounts.into_iter().map(|(origin, account)| (origin, account.look())).collect(),
            other: self.other.look(),
            invalid: self.invalid.load(Ordering::Relaxed),
        }
    }
}

impl Account {
    fn look(&self) -> HostStatistics {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn update(&self, change: impl FnOnce(&mut HostStatistics)) {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }

    pub(crate) fn began(&self) {
        self.update(|host| {
            host.requests += 1;
            host.in_flight += 1;
        });
    }

    pub(crate) fn finished(&self, elapsed: Duration) {
        self.update(|host| {
            host.in_flight -= 1;
            host.finished += 1;
            host.whole.record(elapsed);
        });
    }

    pub(crate) fn failed(&self) {
        self.update(|host| {
            host.in_flight -= 1;
            host.failed += 1;
        });
    }

    pub(crate) fn cancelled(&self) {
        self.update(|host| {
            host.in_flight -= 1;
            host.cancelled += 1;
        });
    }

    pub(crate) fn attempted(&self) {
        self.update(|host| host.attempts += 1);
    }

    pub(crate) fn answered(&self, status: StatusCode, elapsed: Duration) {
        self.update(|host| {
            host.statuses.count(status);
            host.head.record(elapsed);
        });
    }

    pub(crate) fn erred(&self, error: &FetchError) {
        self.update(|host| host.errors.count(error));
    }

    pub(crate) fn retried(&self) {
        self.update(|host| host.retries += 1);
    }

    pub(crate) fn redirected(&self) {
        self.update(|host| host.redirects += 1);
    }

    pub(crate) fn cache_hit(&self) {
        self.update(|host| host.cache_hits += 1);
    }

    pub(crate) fn cache_revalidated(&self) {
        self.update(|host| host.cache_revalidated += 1);
    }

    pub(crate) fn brought(&self, wire: u64, decoded: u64) {
        if wire | decoded != 0 {
            self.update(|host| {
                host.wire_bytes = host.wire_bytes.saturating_add(wire);
                host.decoded_bytes = host.decoded_bytes.saturating_add(decoded);
            });
        }
    }
}
