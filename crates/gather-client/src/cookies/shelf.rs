//! Where the cookies of a jar lie: by site, with a bound on each and on all.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::time::SystemTime;

use cookie_store::{Cookie, CookieDomain};
use url::Url;

use super::set_cookie::{Rejected, is_secure, moment};
use super::{CookieLimits, registrable_domain};

#[derive(Default)]
pub(super) struct Shelf {
    by_site: HashMap<String, Vec<Kept>>,
    count: usize,
    /// How many were ever taken: the age of a cookie is its number.
    taken: u64,
}

struct Kept {
    cookie: Cookie<'static>,
    number: u64,
}

impl Shelf {
    pub(super) fn len(&self) -> usize {
        self.count
    }

    /// Keeps `new`, which came from `url`; replaces the one of the same name, domain and path, which keeps its age; or
    /// only removes that, when `new` has expired.
    pub(super) fn put(
        &mut self,
        new: Cookie<'static>,
        url: &Url,
        now: SystemTime,
        limits: &CookieLimits,
    ) -> Result<(), Rejected> {
        let site = site(url.host_str().unwrap_or_default());
        let kept = self.by_site.entry(site.clone()).or_default();
        if !is_secure(url) && kept.iter().any(|old| hides(&new, &old.cookie)) {
            return Err(Rejected::Insecure);
        }
        let before = kept.len();
        let mut number = self.taken;
        kept.retain(|old| {
            let same = is_same(&old.cookie, &new);
            if same {
                number = old.number;
            }
            !same
        });
        if !new.expires_by(&moment(now)) {
            kept.push(Kept { cookie: new, number });
            self.taken += 1;
        }
        while kept.len() > limits.per_site {
            evict(kept, now);
        }
        self.count = self.count + kept.len() - before;
        if kept.is_empty() {
            self.by_site.remove(&site);
        }
        while self.count > limits.total {
            self.evict_oldest();
        }
        Ok(())
    }

    /// Names and values of what goes to `url`, in the order of RFC 6265 section 5.4.
    pub(super) fn matching(&self, url: &Url, now: SystemTime) -> impl Iterator<Item = (&str, &str)> {
        let now = moment(now);
        let kept = self.by_site.get(&site(url.host_str().unwrap_or_default())).map_or(&[][..], Vec::as_slice);
        let mut matching: Vec<_> =
            kept.iter().filter(|kept| kept.cookie.matches(url) && !kept.cookie.expires_by(&now)).collect();
        matching.sort_by_key(|kept| (Reverse(kept.cookie.path.as_ref().len()), kept.number));
        matching.into_iter().map(|kept| (kept.cookie.name(), kept.cookie.value()))
    }

    #[cfg(feature = "cookie-file")]
    pub(super) fn persistent(&self, now: SystemTime) -> impl Iterator<Item = &Cookie<'static>> {
        let now = moment(now);
        let mut kept: Vec<_> = self.by_site.values().flatten().collect();
        kept.retain(|kept| kept.cookie.is_persistent() && !kept.cookie.expires_by(&now));
        kept.sort_by_key(|kept| kept.number);
        kept.into_iter().map(|kept| &kept.cookie)
    }

    fn evict_oldest(&mut self) {
        let oldest = self.by_site.iter().min_by_key(|(_, kept)| kept.iter().map(|kept| kept.number).min());
        let Some(site) = oldest.map(|(site, _)| site.clone()) else { return };
        if let Some(kept) = self.by_site.get_mut(&site) {
            if let Some(place) = (0..kept.len()).min_by_key(|&place| kept[place].number) {
                kept.swap_remove(place);
                self.count -= 1;
            }
            if kept.is_empty() {
                self.by_site.remove(&site);
            }
        }
    }
}

/// What cookies are counted by, and no cookie is seen beyond: the registrable domain, or the host where it has none.
fn site(host: &str) -> String {
    registrable_domain(host).unwrap_or_else(|| host.to_owned())
}

fn evict(kept: &mut Vec<Kept>, now: SystemTime) {
    let now = moment(now);
    let worth = |kept: &Kept| (!kept.cookie.expires_by(&now), kept.cookie.secure().unwrap_or(false), kept.number);
    if let Some(place) = (0..kept.len()).min_by_key(|&place| worth(&kept[place])) {
        kept.swap_remove(place);
    }
}

fn is_same(a: &Cookie<'_>, b: &Cookie<'_>) -> bool {
    // A host's own cookie and one for the domain of the same name are two (RFC 6265bis section 5.7, step 22).
    a.name() == b.name() && a.path.as_ref() == b.path.as_ref() && a.domain == b.domain
}

/// Whether `new`, from a plain connection, would be sent where the secure cookie `old` is meant to be (RFC 6265bis
/// section 5.7, step 16).
fn hides(new: &Cookie<'_>, old: &Cookie<'_>) -> bool {
    let (new_domain, old_domain) = (domain(&new.domain), domain(&old.domain));
    old.secure().unwrap_or(false)
        && new.name() == old.name()
        && (is_within(new_domain, old_domain) || is_within(old_domain, new_domain))
        && path_matches(new.path.as_ref(), old.path.as_ref())
}

fn domain(domain: &CookieDomain) -> &str {
    match domain {
        CookieDomain::HostOnly(name) | CookieDomain::Suffix(name) => name,
        CookieDomain::NotPresent | CookieDomain::Empty => "",
    }
}

fn is_within(name: &str, domain: &str) -> bool {
    name.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

/// RFC 6265 section 5.1.4.
fn path_matches(path: &str, cookie_path: &str) -> bool {
    path.strip_prefix(cookie_path)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/') || cookie_path.ends_with('/'))
}
