//! The transport capability: one request in, one response out, its body pulled chunk by chunk.

use std::future::Future;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_core::Stream;

use crate::capabilities::Capabilities;
use crate::error::{FetchError, FetchErrorKind, Phase};

/// A request whose body, if any, is in memory.
pub type Request = http::Request<Bytes>;

/// A response whose body is still to be read.
pub type Response<B> = http::Response<B>;

/// A GET request without a body.
///
/// # Errors
///
/// When `url` is not an absolute URI; the error's phase is [`Phase::Request`]. `http::Uri` takes less than what people
/// type into a browser: escape such an address first (the `url` crate does).
///
/// ```
/// let request = gather_core::get("https://example.com/")?;
/// assert_eq!(request.method(), "GET");
/// assert!(gather_core::get("not an address").is_err());
/// # Ok::<(), gather_core::FetchError>(())
/// ```
pub fn get(url: impl AsRef<str>) -> Result<Request, FetchError> {
    let url = url.as_ref();
    let invalid = |what: &str| {
        // What stands before an `@` may be a password, in what is no address too.
        let shown = url.rsplit_once('@').map_or(url, |(_, rest)| rest);
        FetchError::new(Phase::Request, FetchErrorKind::Invalid).with_source(format!("`{shown}` {what}"))
    };
    let uri: http::Uri =
        url.parse().map_err(|error: http::uri::InvalidUri| invalid(&format!("is not an address: {error}")))?;
    if uri.authority().is_none() || uri.scheme().is_none() {
        return Err(invalid("has no scheme and host"));
    }
    let mut request = Request::new(Bytes::new());
    *request.uri_mut() = uri;
    Ok(request)
}

/// Something that makes HTTP exchanges: a client, reduced to what every client can do.
///
/// Two types and one method; [`poll_close`](Fetch::poll_close) and [`capabilities`](Fetch::capabilities) have defaults. The shape is that of
/// `hyper::service::Service`, a *named* future that borrows nothing, because on stable Rust that alone gives four
/// things at once: `Send` is the caller's bound, so one trait serves thread-pinned runtimes too; the trait is
/// dyn-compatible as it stands ([`AnyFetch`](crate::AnyFetch)); wrappers keep `Send` structurally; and a blocking
/// client says so in its type, [`std::future::Ready`].
///
/// # Contract
///
/// `gather-conformance` checks each of these.
///
/// - One call is one exchange. Redirects, retries, cookies, decompression, deadlines and size limits are policy and
///   live above.
/// - The future is lazy or eager as the client likes, but resolves only once polled, and resolves as soon as the head is
///   there, before the body is.
/// - A status is not an error.
/// - Dropping the future or the body cancels the exchange and leaves the client usable: nothing of the cancelled
///   exchange is ever seen by another one.
/// - The body is pulled: while nobody polls it, the sender is stopped after a bounded number of bytes.
/// - A body that ends before the length its head announced yields an error, never a silent end.
pub trait Fetch {
    /// The response's body: chunks as they arrive, until `None` or the first error.
    type Body: Stream<Item = Result<Bytes, FetchError>> + Unpin + 'static;

    /// The future of the response's head.
    type Future: Future<Output = Result<Response<Self::Body>, FetchError>> + 'static;

    /// Starts one exchange.
    fn fetch(&self, request: Request) -> Self::Future;

    /// Ends whatever the client keeps alive behind the scenes, pooled connections above all, and is ready when it is gone.
    ///
    /// Exchanges still in flight fail. A client that keeps nothing alive is always ready, which is the default.
    fn poll_close(&self, cx: &mut Context<'_>) -> Poll<()> {
        let _ = cx;
        Poll::Ready(())
    }

    /// What this transport enforces by itself. By default nothing: who relies on something is then told, and not misled.
    fn capabilities(&self) -> Capabilities {
        Capabilities::none()
    }
}

/// A [`Fetch`] whose parts may cross threads. An alias: implemented for everything it fits, never by hand.
pub trait SendFetch: Fetch<Body: Send, Future: Send> + Send + Sync + 'static {}

impl<F> SendFetch for F where F: Fetch<Body: Send, Future: Send> + Send + Sync + 'static + ?Sized {}

macro_rules! fetch_through {
    ($($pointer:ty),+) => {$(
        impl<F: Fetch + ?Sized> Fetch for $pointer {
            type Body = F::Body;
            type Future = F::Future;

            fn fetch(&self, request: Request) -> Self::Future {
                (**self).fetch(request)
            }

            fn poll_close(&self, cx: &mut Context<'_>) -> Poll<()> {
                (**self).poll_close(cx)
            }

            fn capabilities(&self) -> Capabilities {
                (**self).capabilities()
            }
        }
    )+};
}

fetch_through!(&F, Box<F>, std::rc::Rc<F>, std::sync::Arc<F>);
