//! Where a client counts: one short lock for each host, and no allocation once a host is known.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use gather_core::FetchError;
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
    accounts: Mutex<Accounts>,
    other: Arc<Account>,
    invalid: AtomicU64,
}

/// By host and port, for each of the two schemes: so nothing has to be put together to look one up.
#[derive(Debug, Default)]
struct Accounts {
    http: HashMap<Arc<str>, Arc<Account>>,
    https: HashMap<Arc<str>, Arc<Account>>,
    /// The one asked for last, which often is the next as well: it costs no hashing.
    last: Option<(Known, Arc<Account>)>,
}

#[derive(Debug)]
struct Known {
    https: bool,
    authority: Arc<str>,
}

/// One host's numbers. A lock and not atomic numbers, so that who looks sees requests and their ends agree.
#[derive(Debug, Default)]
pub(crate) struct Account {
    /// All but what is counted below: requests, those in flight, and the attempts that requests began with.
    numbers: Mutex<HostStatistics>,
    /// Requests that began with an attempt, and with none. Numbers of their own, because beginnings agree with everything: who
    /// has the lock and reads these afterwards finds the beginning of each request whose end is under it, and what is left is
    /// in flight.
    sent: AtomicU64,
    unsent: AtomicU64,
    /// What its retries draw on. `None` for those hosts that have no account of their own.
    budget: Option<RetryBudget>,
}

/// What a request begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Attempts {
    None,
    One,
}

impl Books {
    pub(crate) fn new(most: usize) -> Self {
        Books { most, accounts: Mutex::default(), other: Arc::default(), invalid: AtomicU64::new(0) }
    }

    /// The account of the host that `uri` points to, which is [written](super::super::client::Place) in the one way that
    /// its origin is, and has no user name.
    pub(crate) fn account(&self, uri: &Uri, budgets: &RetryBudgets) -> Arc<Account> {
        let (https, authority) = (is_https(uri).unwrap_or_default(), authority(uri));
        let mut accounts = self.accounts();
        if let Some(account) = accounts.get(https, authority) {
            return account;
        }
        if accounts.http.len() + accounts.https.len() >= self.most {
            return self.other.clone();
        }
        let account = Arc::new(Account { budget: Some(budgets.of_uri(uri)), ..Account::default() });
        let hosts = if https { &mut accounts.https } else { &mut accounts.http };
        hosts.insert(authority.into(), account.clone());
        account
    }

    /// The account of the host that `uri` points to, if it has one of its own and is written in the one way that its origin
    /// is.
    pub(crate) fn known(&self, uri: &Uri) -> Option<Arc<Account>> {
        let https = is_https(uri)?;
        self.accounts().get(https, authority(uri))
    }

    fn accounts(&self) -> MutexGuard<'_, Accounts> {
        self.accounts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A request that has no host.
    pub(crate) fn invalid(&self) {
        self.invalid.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn snapshot(&self) -> Statistics {
        // The accounts are looked at after the map is let go: whoever begins a request must not wait for a snapshot.
        let accounts: Vec<_> = {
            let accounts = self.accounts();
            let http = accounts.http.iter().map(|(host, account)| ("http", host.clone(), account.clone()));
            let https = accounts.https.iter().map(|(host, account)| ("https", host.clone(), account.clone()));
            http.chain(https).collect()
        };
        let line = |(scheme, host, account): (&str, Arc<str>, Arc<Account>)| {
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
    fn get(&mut self, https: bool, authority: &str) -> Option<Arc<Account>> {
        if let Some((known, account)) = &self.last
            && known.https == https
            && &*known.authority == authority
        {
            return Some(account.clone());
        }
        let hosts = if https { &self.https } else { &self.http };
        let (authority, account) = hosts.get_key_value(authority)?;
        self.last = Some((Known { https, authority: authority.clone() }, account.clone()));
        Some(account.clone())
    }
}

/// Which of the two schemes; `None` for any other.
fn is_https(uri: &Uri) -> Option<bool> {
    match uri.scheme_str()? {
        "http" => Some(false),
        "https" => Some(true),
        _ => None,
    }
}

fn authority(uri: &Uri) -> &str {
    uri.authority().map_or("", |authority| authority.as_str())
}

impl HostStatistics {
    fn brought(&mut self, wire: u64, decoded: u64) {
        self.wire_bytes = self.wire_bytes.saturating_add(wire);
        self.decoded_bytes = self.decoded_bytes.saturating_add(decoded);
    }
}

impl Account {
    /// What retries of requests to `uri`, which is this host's, draw on.
    pub(crate) fn budget(&self, uri: &Uri, budgets: &RetryBudgets) -> RetryBudget {
        self.budget.clone().unwrap_or_else(|| budgets.of_uri(uri))
    }

    /// An attempt of a request to `uri`, which is this host's, went well.
    pub(crate) fn succeeded(&self, uri: &Uri, budgets: &RetryBudgets) {
        match &self.budget {
            Some(budget) => budget.succeeded(),
            None => budgets.of_uri(uri).succeeded(),
        }
    }

    fn look(&self) -> HostStatistics {
        let numbers = self.numbers.lock().unwrap_or_else(PoisonError::into_inner);
        let (sent, unsent) = (self.sent.load(Ordering::Relaxed), self.unsent.load(Ordering::Relaxed));
        let mut host = numbers.clone();
        drop(numbers);
        host.requests = sent + unsent;
        host.attempts += sent;
        host.in_flight = host.requests - (host.finished + host.failed + host.cancelled);
        host
    }

    fn update(&self, change: impl FnOnce(&mut HostStatistics)) {
        change(&mut self.numbers.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// A request that begins with an attempt, or without one.
    pub(crate) fn began(&self, attempts: Attempts) {
        let counter = match attempts {
            Attempts::One => &self.sent,
            Attempts::None => &self.unsent,
        };
        counter.fetch_add(1, Ordering::Relaxed);
    }

    /// A request is over, and this host brought so much of it last.
    pub(crate) fn finished(&self, elapsed: Duration, wire: u64, decoded: u64) {
        self.update(|host| {
            host.finished += 1;
            host.whole.record(elapsed);
            host.brought(wire, decoded);
        });
    }

    pub(crate) fn failed(&self) {
        self.update(|host| host.failed += 1);
    }

    pub(crate) fn cancelled(&self) {
        self.update(|host| host.cancelled += 1);
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
            self.update(|host| host.brought(wire, decoded));
        }
    }
}
