//! How ureq is told where to connect to: the addresses were looked up, and looked at, before it runs.

use std::cell::RefCell;
use std::net::SocketAddr;

use http::Uri;
use ureq::Error;
use ureq::config::Config;
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::NextTimeout;

thread_local! {
    /// For the exchange that is about to begin on this thread.
    static HANDED: RefCell<Vec<SocketAddr>> = const { RefCell::new(Vec::new()) };
}

/// Runs ureq with the addresses that it may connect to. A resolver sees no more of a request than its address, so they go
/// by the thread, which is the one that ureq resolves on.
pub(super) fn with_addresses<T>(addresses: Vec<SocketAddr>, run: impl FnOnce() -> T) -> T {
    HANDED.set(addresses);
    let output = run();
    HANDED.take();
    output
}

/// A resolver that knows what it is handed and nothing else.
#[derive(Debug)]
pub(super) struct Handed;

/// What ureq has room for.
const MOST: usize = 16;

impl Resolver for Handed {
    fn resolve(&self, _: &Uri, config: &Config, _: NextTimeout) -> Result<ResolvedSocketAddrs, Error> {
        let mut wanted = self.empty();
        let handed = HANDED.take().into_iter();
        config.ip_family().keep_wanted(handed).take(MOST).for_each(|address| wanted.push(address));
        if wanted.is_empty() { Err(Error::HostNotFound) } else { Ok(wanted) }
    }
}
