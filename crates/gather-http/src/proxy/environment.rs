//! What the environment says about proxies, read as curl reads it.

use std::fmt;
use std::sync::Arc;

use super::address::InvalidProxy;
use super::bypass::Bypass;
use super::{Choice, Proxies};

impl Proxies {
    /// What the environment says, now. Later changes of it are not seen.
    ///
    /// | variable | is for |
    /// |---|---|
    /// | `http_proxy` | `http://` addresses |
    /// | `https_proxy`, `HTTPS_PROXY` | `https://` addresses |
    /// | `all_proxy`, `ALL_PROXY` | whatever has none of its own |
    /// | `no_proxy`, `NO_PROXY` | hosts that are asked directly; see [`bypassing`](Proxies::bypassing) |
    ///
    /// The first that is there and not empty counts. `HTTP_PROXY` in capitals is not read: under CGI it is a header field
    /// that whoever sends a request may choose (`Proxy: …`; CVE-2016-5385, "httpoxy").
    ///
    /// It never fails, and never passes a proxy by that it does not understand: requests that were to go through such a
    /// one fail with [`Invalid`](gather_core::FetchErrorKind::Invalid). [`check`](Proxies::check) tells before.
    ///
    /// ```no_run
    /// let proxies = gather_http::Proxies::from_environment();
    /// proxies.check()?;
    /// # Ok::<(), gather_http::InvalidProxyVariable>(())
    /// ```
    pub fn from_environment() -> Self {
        Proxies::from_variables(|name| Some(std::env::var_os(name)?.to_string_lossy().into_owned()))
    }

    /// The same from variables that are looked up by `get`.
    ///
    /// ```
    /// use gather_http::Proxies;
    ///
    /// let proxies = Proxies::from_variables(|name| match name {
    ///     "all_proxy" => Some("socks5h://127.0.0.1:9050".to_owned()),
    ///     "no_proxy" => Some("localhost,.intranet.example".to_owned()),
    ///     _ => None,
    /// });
    /// let proxy = proxies.of(&"https://example.com/".parse()?)?.expect("a proxy");
    /// assert_eq!(proxy.to_string(), "socks5h://127.0.0.1:9050");
    /// assert!(proxies.of(&"http://www.intranet.example/".parse()?)?.is_none());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn from_variables(get: impl Fn(&'static str) -> Option<String>) -> Self {
        let first = |names: &[&'static str]| {
            let mut found = names.iter().filter_map(|name| Some((*name, get(name)?)));
            found.find(|(_, value)| !value.is_empty())
        };
        let all = || choice(first(&["all_proxy", "ALL_PROXY"]));
        let or_all = |own: Choice| if matches!(own, Choice::Direct) { all() } else { own };
        let bypass = first(&["no_proxy", "NO_PROXY"]).map(|(_, list)| Bypass::parse(&list));
        Proxies {
            http: or_all(choice(first(&["http_proxy"]))),
            https: or_all(choice(first(&["https_proxy", "HTTPS_PROXY"]))),
            bypass: bypass.unwrap_or_default(),
            ..Proxies::none()
        }
    }
}

fn choice(found: Option<(&'static str, String)>) -> Choice {
    let Some((name, value)) = found else { return Choice::Direct };
    match value.parse() {
        Ok(proxy) => Choice::Through(Arc::new(proxy)),
        Err(error) => Choice::Invalid(InvalidProxyVariable { name, error }),
    }
}

/// A variable of the environment that does not name a proxy. It does not repeat the value, in which there may be a password.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct InvalidProxyVariable {
    /// The variable.
    pub name: &'static str,
    /// What is wrong with its value.
    pub error: InvalidProxy,
}

impl fmt::Display for InvalidProxyVariable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the environment's `{}` is {}", self.name, self.error)
    }
}

impl std::error::Error for InvalidProxyVariable {}
