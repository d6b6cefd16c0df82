//! A resolver that looks hosts up on the calling thread.

use http::Uri;
use ureq::Error;
use ureq::config::Config;
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::NextTimeout;

use crate::resolve::addresses;

/// The system's resolver, without the thread that ureq's own one starts in order to leave it behind when time is up.
#[derive(Debug)]
pub(super) struct CallingThread;

/// What ureq has room for.
const MOST: usize = 16;

impl Resolver for CallingThread {
    fn resolve(&self, uri: &Uri, config: &Config, _: NextTimeout) -> Result<ResolvedSocketAddrs, Error> {
        let family = config.ip_family();
        let mut wanted = self.empty();
        family.keep_wanted(addresses(uri)?.into_iter()).take(MOST).for_each(|address| wanted.push(address));
        if wanted.is_empty() { Err(Error::HostNotFound) } else { Ok(wanted) }
    }
}
