//! Redirects: whether an answer is followed, where to, with which method, and without which headers.

use std::sync::Arc;

use gather_core::addresses::Discovered;
use gather_core::{Bytes, FetchError, Phase, Request};
use http::header::{self, HeaderMap, HeaderName};
use http::{Method, StatusCode};
use url::Url;

use crate::origin::{Origin, to_uri, without_userinfo};

mod error;
mod location;
mod policy;

pub use error::RedirectError;
pub use policy::{BODY_HEADERS, CREDENTIAL_HEADERS, Downgrade, Follow, RedirectPolicy};

/// The redirects of one request: where it is now and how it came there.
///
/// For each answer ask [`next`](Redirects::next); when it says [`Follow`](Action::Follow), [`apply`](Hop::apply) that to
/// the request and send it. Change the same request at every hop rather than a copy of the first, so that what was
/// removed stays removed.
///
/// - 301, 302, 303, 307 and 308 with a `Location` are redirects; 300, 304, 305 and 306 are not (RFC 9110 section 15.4,
///   Fetch standard "redirect status").
/// - 303 asks for the new address with GET (HEAD stays HEAD); 301 and 302 turn POST into GET and keep other methods; 307
///   and 308 keep method and body. A body that is dropped takes [`BODY_HEADERS`] with it.
/// - `Location` is resolved against the present address; without a fragment of its own it inherits the present one
///   (RFC 9110 section 10.2.2). A user name and password in it are dropped: which credentials are sent is not for a
///   server to choose.
/// - Without `Location`, or with an empty one, the answer is returned as it is, as browsers do. Several that differ are
///   an error, as in Chromium; so is one that does not parse.
/// - The same method and address a second time is a loop, unless a cookie was set in between: sites that test whether
///   cookies are kept redirect to where one already is.
///
/// ```
/// use gather_client::Url;
/// use gather_client::redirect::{Action, RedirectPolicy, Redirects};
/// use gather_core::http::{HeaderMap, HeaderValue, Method, StatusCode, header::LOCATION};
///
/// let start = Url::parse("http://example.com/a#part")?;
/// let mut redirects = Redirects::new(RedirectPolicy::default(), Method::POST, start);
/// let headers = HeaderMap::from_iter([(LOCATION, HeaderValue::from_static("/b"))]);
/// let Action::Follow(hop) = redirects.next(StatusCode::FOUND, &headers)? else { panic!("a redirect") };
/// assert_eq!((hop.url().as_str(), hop.method()), ("http://example.com/b#part", &Method::GET));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Redirects {
    policy: Arc<RedirectPolicy>,
    method: Method,
    url: Url,
    history: Vec<Visit>,
}

/// What to do with an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Return it: it is no redirect, or none that can be followed.
    Return,
    /// Send the request again, changed like this.
    Follow(Hop),
}

/// An answer that redirected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visit {
    /// How it was asked for.
    pub method: Method,
    /// Where, without user name and password.
    pub url: Url,
    /// What the server said.
    pub status: StatusCode,
    set_cookie: bool,
}

impl Redirects {
    /// The chain of a request that starts at `url`. A user name and password in it are dropped: turn them into
    /// [credentials](crate::credentials::take_userinfo) first.
    ///
    /// It costs a parsed address: make it when the first answer redirects, and requests that are not redirected cost
    /// nothing.
    pub fn new(policy: impl Into<Arc<RedirectPolicy>>, method: Method, url: Url) -> Self {
        Redirects { policy: policy.into(), method, url: without_userinfo(url), history: Vec::new() }
    }

    /// Where the request is now: the address of the final answer once [`Action::Return`] was said. It has its fragment.
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// What was visited before, first to last. At most [`max_hops`](RedirectPolicy::max_hops) entries.
    pub fn history(&self) -> &[Visit] {
        &self.history
    }

    /// What to do with the answer to the request as it is now.
    ///
    /// # Errors
    ///
    /// A [`RedirectError`] as the source of a [`FetchError`] of phase [`Head`](Phase::Head). The chain stays where it
    /// is, with its history.
    pub fn next(&mut self, status: StatusCode, headers: &HeaderMap) -> Result<Action, FetchError> {
        if self.policy.follow == Follow::Never || !is_redirect(status) {
            return Ok(Action::Return);
        }
        match self.decide(status, headers) {
            Ok(None) => Ok(Action::Return),
            Ok(Some(hop)) => {
                let set_cookie = headers.contains_key(header::SET_COOKIE);
                let method = std::mem::replace(&mut self.method, hop.method.clone());
                let url = std::mem::replace(&mut self.url, hop.url.clone());
                self.history.push(Visit { method, url, status, set_cookie });
                Ok(Action::Follow(hop))
            }
            Err(error) => {
                let error = FetchError::new(Phase::Head, error.kind()).with_source(error);
                Err(match to_uri(&self.url) {
                    Ok(uri) => error.with_url(uri),
                    Err(_) => error,
                })
            }
        }
    }

    fn decide(&self, status: StatusCode, headers: &HeaderMap) -> Result<Option<Hop>, RedirectError> {
        let Some(url) = location::target(&self.url, headers)? else { return Ok(None) };
        let origin = Origin::of(&url).map_err(|_| RedirectError::Scheme { scheme: url.scheme().to_owned() })?;
        to_uri(&url).map_err(|_| RedirectError::Invalid { location: location::shortened(url.as_str()) })?;
        if self.url.scheme() == "https" && url.scheme() == "http" && self.policy.downgrade == Downgrade::Refuse {
            return Err(RedirectError::Downgrade { url });
        }
        let (method, body) = method_after(status, &self.method);
        if self.is_loop(&method, &url, headers) {
            return Err(RedirectError::Loop { url });
        }
        if self.history.len() >= self.policy.max_hops as usize {
            return Err(RedirectError::TooMany { limit: self.policy.max_hops, url });
        }
        let crosses_origin = Origin::of(&self.url).ok() != Some(origin);
        let credential_headers = if crosses_origin { self.policy.credential_headers.clone() } else { Vec::new() };
        Ok(Some(Hop { url, method, body, crosses_origin, credential_headers }))
    }

    /// Whether this method and address were asked for already, and nothing that changes the answer happened since.
    fn is_loop(&self, method: &Method, url: &Url, headers: &HeaderMap) -> bool {
        let same = |visited_method: &Method, visited: &Url| {
            let (visited, url) = (visited.as_str(), url.as_str());
            let bare = |text: &str| text.find('#').unwrap_or(text.len());
            visited_method == method && visited[..bare(visited)] == url[..bare(url)]
        };
        if headers.contains_key(header::SET_COOKIE) {
            return false;
        }
        let since_cookie = self.history.iter().rev().take_while(|visit| !visit.set_cookie);
        same(&self.method, &self.url) || since_cookie.into_iter().any(|visit| same(&visit.method, &visit.url))
    }
}

/// Whether an answer with this status leads elsewhere.
pub(crate) fn is_redirect(status: StatusCode) -> bool {
    matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308)
}

/// The method of the next request and what becomes of the body (RFC 9110 sections 15.4.2 to 15.4.9).
fn method_after(status: StatusCode, method: &Method) -> (Method, Body) {
    let to_get = match status.as_u16() {
        301 | 302 => *method == Method::POST,
        303 => *method != Method::GET && *method != Method::HEAD,
        _ => false,
    };
    if to_get { (Method::GET, Body::Dropped) } else { (method.clone(), Body::Kept) }
}

/// What a redirect makes of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hop {
    url: Url,
    method: Method,
    body: Body,
    crosses_origin: bool,
    credential_headers: Vec<HeaderName>,
}

/// What becomes of the request's body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Body {
    /// It is sent again.
    Kept,
    /// It is not.
    Dropped,
}

impl Hop {
    /// Where to: `http` or `https`, without user name and password, with its fragment.
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// The method to ask with.
    pub fn method(&self) -> &Method {
        &self.method
    }

    /// What becomes of the body.
    pub fn body(&self) -> Body {
        self.body
    }

    /// Whether scheme, host or port is another than before.
    pub fn crosses_origin(&self) -> bool {
        self.crosses_origin
    }

    /// Makes the next request of the last one.
    ///
    /// `Host` is removed, for the transport to write it anew. When the origin changes, [`CREDENTIAL_HEADERS`], the
    /// policy's own list and all values marked sensitive are removed, and the request is marked [`Discovered`]: where
    /// it goes was chosen by a server.
    ///
    /// # Errors
    ///
    /// When the address is not a URI, which [`Redirects::next`] has made sure of. The request is then untouched.
    pub fn apply(&self, request: &mut Request) -> Result<(), FetchError> {
        *request.uri_mut() = to_uri(&self.url)?;
        *request.method_mut() = self.method.clone();
        let headers = request.headers_mut();
        headers.remove(header::HOST);
        if self.crosses_origin {
            remove_all(headers, CREDENTIAL_HEADERS.iter().chain(&self.credential_headers));
            let sensitive = headers.iter().filter(|(_, value)| value.is_sensitive()).map(|(name, _)| name.clone());
            remove_all(headers, &sensitive.collect::<Vec<_>>());
        }
        if self.body == Body::Dropped {
            remove_all(headers, &BODY_HEADERS);
            *request.body_mut() = Bytes::new();
        }
        if self.crosses_origin {
            request.extensions_mut().insert(Discovered);
        }
        Ok(())
    }
}

fn remove_all<'a>(headers: &mut HeaderMap, names: impl IntoIterator<Item = &'a HeaderName>) {
    for name in names {
        headers.remove(name);
    }
}
