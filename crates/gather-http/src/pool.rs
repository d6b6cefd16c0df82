//! The connections that are open and free, host by host.
//!
//! hyper-util has such a pool, and this client began with it. In CPU time it costs more over hyper by hand (boxed connectors, keys
//! hashed several times, a task spawned for each connection that comes back) than this one and all the rest of gather
//! together: `cargo xtask bench --workload pipeline-cost` shows both. So this is a plain one: a request takes a free
//! connection or opens one, and the body gives it back with its last byte.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use futures_util::lock::Mutex as AsyncMutex;
use gather_core::addresses::AddressPolicy;
use gather_core::{FetchError, FetchErrorKind, Phase, Runtime};
use http::uri::{Authority, Scheme};
use http::{HeaderValue, Uri};

use crate::connection::Connection;
use crate::drivers::Executor;
use crate::proxy::{Proxies, Route};

/// All hosts of one client.
pub(crate) struct Pool {
    hosts: Mutex<Hosts>,
    proxies: Proxies,
    /// Whether the engine speaks HTTP/2 unasked, which no request can be sent to a proxy with.
    only_tunnels: bool,
    max_idle_per_host: usize,
    idle_timeout: Duration,
    /// How often the reaper has been round. The age of a free connection is counted in rounds, since to read the clock for
    /// each exchange would cost more than the rest of the pool.
    round: AtomicU64,
}

/// So many rounds make an idle timeout: a connection is closed when it has been idle for that long, or up to a quarter more.
const ROUNDS: u32 = 4;

#[derive(Default)]
struct Hosts {
    /// By scheme (is it https?) and authority without user name and password; one for each policy that was asked for.
    known: HashMap<(bool, Box<str>), Vec<Arc<Host>>>,
    /// The one asked for last.
    last: Option<Arc<Host>>,
    /// Whether a task is looking for connections that have been idle for too long.
    reaped: bool,
}

/// One host, which is to say one scheme, name and port, under one policy: a connection that was made to whatever the name
/// resolved to must not serve a request that may reach public addresses only. Each has one route, so that connections of
/// different proxies and tunnels never meet.
pub(crate) struct Host {
    https: bool,
    name: Box<str>,
    pub(crate) policy: AddressPolicy,
    pub(crate) route: Route,
    /// The value of its `host` field.
    pub(crate) field: HeaderValue,
    free: Mutex<Free>,
    /// Held while a connection is opened to a host that may speak HTTP/2: the others wait and share it.
    pub(crate) opening: AsyncMutex<()>,
}

#[derive(Default)]
struct Free {
    /// The latest given back is the first to be taken: it is the least likely to have been closed meanwhile.
    connections: Vec<(Connection, u64)>,
    /// Whether a connection that cannot be shared has been seen.
    unshared: bool,
}

impl Pool {
    pub(crate) fn new(max_idle_per_host: usize, idle_timeout: Duration, proxies: Proxies, only_tunnels: bool) -> Self {
        let hosts = Mutex::default();
        Pool { hosts, proxies, only_tunnels, max_idle_per_host, idle_timeout, round: AtomicU64::new(0) }
    }

    /// The host of an address.
    ///
    /// # Errors
    ///
    /// When the address has no host, or a scheme other than http and https; when no [route](Route::choose) leads there.
    pub(crate) fn host(&self, url: &Uri, policy: &AddressPolicy) -> Result<Arc<Host>, FetchError> {
        let https = match url.scheme() {
            Some(scheme) if *scheme == Scheme::HTTP => false,
            Some(scheme) if *scheme == Scheme::HTTPS => true,
            other => return Err(invalid(url, &format!("the scheme {other:?} is neither http nor https"))),
        };
        let authority = url.authority().ok_or_else(|| invalid(url, "the address has no host"))?;
        let host = without_userinfo(authority);
        let mut hosts = lock(&self.hosts);
        // The common case, the host of the request before, costs no hashing.
        if let Some(last) = &hosts.last
            && last.https == https
            && &*last.name == host
            && last.policy == *policy
        {
            return Ok(last.clone());
        }
        let key = (https, Box::from(host));
        let known = hosts.known.get(&key).and_then(|same| same.iter().find(|known| known.policy == *policy)).cloned();
        if let Some(found) = known {
            hosts.last = Some(found.clone());
            return Ok(found);
        }
        let field = HeaderValue::from_str(host).map_err(|_| invalid(url, "the host is not a valid field value"))?;
        let route = Route::choose(&self.proxies, url, policy, self.only_tunnels)?;
        let host = Arc::new(Host {
            https,
            name: Box::from(host),
            policy: policy.clone(),
            route,
            field,
            free: Mutex::default(),
            opening: AsyncMutex::new(()),
        });
        hosts.known.entry(key).or_default().push(host.clone());
        hosts.last = Some(host.clone());
        Ok(host)
    }

    /// Gives a connection back whose exchange is over.
    pub(crate) fn give_back(&self, host: &Host, connection: Connection) {
        if connection.is_closed() {
            return;
        }
        let round = self.round.load(Ordering::Relaxed);
        let mut free = lock(&host.free);
        if free.connections.len() < self.max_idle_per_host {
            free.connections.push((connection, round));
        }
    }

    /// Takes note of a connection that has just been opened: a shared one is everybody's at once.
    pub(crate) fn opened<R: Runtime>(self: &Arc<Self>, host: &Host, connection: &Connection, executor: &Executor<R>) {
        {
            let mut free = lock(&host.free);
            match connection.share() {
                Some(handle) => free.connections.push((handle, self.round.load(Ordering::Relaxed))),
                None => free.unshared = true,
            }
        }
        self.start_reaping(executor);
    }

    /// Starts the task that closes what has been idle for too long, unless it is at work.
    fn start_reaping<R: Runtime>(self: &Arc<Self>, executor: &Executor<R>) {
        if std::mem::replace(&mut lock(&self.hosts).reaped, true) {
            return;
        }
        let (pool, runtime) = (Arc::downgrade(self), executor.runtime.clone());
        let period = (self.idle_timeout / ROUNDS).max(Duration::from_millis(1));
        executor.spawn(async move {
            loop {
                runtime.sleep(period).await;
                if !Weak::upgrade(&pool).is_some_and(|pool| pool.reap()) {
                    return;
                }
            }
        });
    }

    /// Closes what has been idle for too long and forgets hosts that nobody uses. False when nothing is left to look at.
    fn reap(&self) -> bool {
        let round = self.round.fetch_add(1, Ordering::Relaxed) + 1;
        let mut hosts = lock(&self.hosts);
        hosts.last = None;
        hosts.known.retain(|_, same| {
            same.retain(|host| {
                let mut free = lock(&host.free);
                free.connections
                    .retain(|(connection, since)| round - since <= u64::from(ROUNDS) && !connection.is_closed());
                !free.connections.is_empty() || Arc::strong_count(host) > 1
            });
            !same.is_empty()
        });
        hosts.reaped = !hosts.known.is_empty();
        hosts.reaped
    }

    /// Closes every free connection.
    pub(crate) fn clear(&self) {
        *lock(&self.hosts) = Hosts::default();
    }
}

impl Host {
    /// A connection that is open, as far as anybody knows: one to itself, or another handle to a shared one.
    pub(crate) fn take(&self) -> Option<Connection> {
        let mut free = lock(&self.free);
        while let Some((connection, since)) = free.connections.pop() {
            if connection.is_closed() {
                continue;
            }
            if let Some(handle) = connection.share() {
                free.connections.push((connection, since));
                return Some(handle);
            }
            return Some(connection);
        }
        None
    }

    /// Whether the host is known to speak HTTP/1, so that nobody needs to wait for somebody else's connection.
    pub(crate) fn is_unshared(&self) -> bool {
        lock(&self.free).unshared
    }
}

fn without_userinfo(authority: &Authority) -> &str {
    authority.as_str().rsplit_once('@').map_or(authority.as_str(), |(_, host)| host)
}

fn invalid(url: &Uri, why: &str) -> FetchError {
    FetchError::new(Phase::Request, FetchErrorKind::Invalid).with_url(url.clone()).with_source(why.to_owned())
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing inside these locks leaves its data half-changed.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
