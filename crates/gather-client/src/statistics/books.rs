//! Where a client counts: one short lock for each host, and no allocation once a host is known.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use gather_core::FetchError;
use http::uri::Scheme;
use http::{StatusCode, Uri};

use super::{HostStatistics, Statistics};
use crate::retry::{RetryBudget, RetryBudgets};

#[cfg(test)]
mod tests;

/// The accounts of all hosts.
#[derive(Debug)]
pub(crate) struct Books {
    /// How many hosts have an account of their own.
    most: usize,
    accounts: RwLock<Accounts>,
    other: Arc<Account>,
    invalid: AtomicU64,
}

/// By host and port, for each of the two schemes: so nothing has to be put together to look one up.
#[derive(Debug, Default)]
struct Accounts {
    http: HashMap<Box<str>, Arc<Account>>,
    https: HashMap<Box<str>, Arc<Account>>,
}

/// One host's numbers. A lock and not atomic numbers, so that who looks sees requests and their ends agree.
#[derive(Debug, Default)]
pub(crate) struct Account {
    numbers: Mutex<HostStatistics>,
    /// What its retries draw on. `None` for those hosts that have no account of their own.
    budget: Option<RetryBudget>,
}

impl Books {
    pub(crate) fn new(most: usize) -> Self {
        Books { most, accounts: RwLock::default(), other: Arc::default(), invalid: AtomicU64::new(0) }
    }

    /// The account of the host that `uri` points to, which is [written](super::super::client::Place) in the one way that
    /// its origin is, and has no user name.
    pub(crate) fn account(&self, uri: &Uri, budgets: &RetryBudgets) -> Arc<Account> {
        let known = self.accounts.read().unwrap_or_else(PoisonError::into_inner).get(uri).cloned();
        known.unwrap_or_else(|| {
            let mut accounts = self.accounts.write().unwrap_or_else(PoisonError::into_inner);
            if let Some(account) = accounts.get(uri) {
                return account.clone();
            }
            if accounts.http.len() + accounts.https.len() >= self.most {
                return self.other.clone();
            }
            let budget = Some(budgets.of_uri(uri));
            let account = Arc::new(Account { numbers: Mutex::default(), budget });
            accounts.of_scheme(uri).insert(authority(uri).into(), account.clone());
            account
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
            let http = accounts.http.iter().map(|(host, account)| ("http", host.clone(), account.clone()));
            let https = accounts.https.iter().map(|(host, account)| ("https", host.clone(), account.clone()));
            http.chain(https).collect()
        };
        let line = |(scheme, host, account): (&str, Box<str>, Arc<Account>)| {
            (format!("{scheme}://{host}").into_boxed_str(), account.look())
        };
        Statistics {
            hosts: accounts.into_iter().map(line).collect(),
            other: self.other.look(),
            invalid: self.invalid.load(Ordering::Relaxed),
        }
    }
}

impl Accounts {
    fn get(&self, uri: &Uri) -> Option<&Arc<Account>> {
        let hosts = if is_https(uri) { &self.https } else { &self.http };
        hosts.get(authority(uri))
    }

    fn of_scheme(&mut self, uri: &Uri) -> &mut HashMap<Box<str>, Arc<Account>> {
        if is_https(uri) { &mut self.https } else { &mut self.http }
    }
}

fn is_https(uri: &Uri) -> bool {
    uri.scheme() == Some(&Scheme::HTTPS)
}

fn authority(uri: &Uri) -> &str {
    uri.authority().map_or("", |authority| authority.as_str())
}

impl Account {
    /// What retries of requests to `uri`, which is this host's, draw on.
    pub(crate) fn budget(&self, uri: &Uri, budgets: &RetryBudgets) -> RetryBudget {
        self.budget.clone().unwrap_or_else(|| budgets.of_uri(uri))
    }

    fn look(&self) -> HostStatistics {
        self.numbers.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn update(&self, change: impl FnOnce(&mut HostStatistics)) {
        change(&mut self.numbers.lock().unwrap_or_else(PoisonError::into_inner));
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
