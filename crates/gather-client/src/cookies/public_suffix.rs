//! Public suffixes: names under which anybody can register, so that no cookie may be set for all of them.

use std::net::IpAddr;

/// The part of a host name that somebody has registered: one label more than its public suffix, in lower case,
/// without a dot at the end.
///
/// From the public suffix list (<https://publicsuffix.org/list/>) compiled into the `psl` crate, private section
/// included, names in Unicode or Punycode. A name that the list does not know has the suffix that its last label is.
/// `None` for public suffixes themselves, for IP addresses, and for what has empty labels.
///
/// ```
/// use gather_client::cookies::registrable_domain;
///
/// assert_eq!(registrable_domain("www.example.co.uk").as_deref(), Some("example.co.uk"));
/// assert_eq!(registrable_domain("me.github.io").as_deref(), Some("me.github.io"));
/// assert_eq!(registrable_domain("co.uk"), None);
/// ```
pub fn registrable_domain(name: &str) -> Option<String> {
    if is_address(name) || has_empty_label(name) {
        return None;
    }
    let name = name.to_lowercase();
    psl::domain_str(&name).map(str::to_owned)
}

/// Whether anybody can register below `name`. IP addresses are no public suffixes.
///
/// ```
/// use gather_client::cookies::is_public_suffix;
///
/// assert!(is_public_suffix("com") && is_public_suffix("co.uk") && is_public_suffix("unlisted"));
/// assert!(!is_public_suffix("example.com") && !is_public_suffix("127.0.0.1"));
/// ```
pub fn is_public_suffix(name: &str) -> bool {
    !is_address(name) && registrable_domain(name).is_none()
}

fn is_address(name: &str) -> bool {
    name.trim_matches(['[', ']']).parse::<IpAddr>().is_ok()
}

/// A dot at the end is the root and no label.
fn has_empty_label(name: &str) -> bool {
    name.strip_suffix('.').unwrap_or(name).split('.').any(str::is_empty)
}
