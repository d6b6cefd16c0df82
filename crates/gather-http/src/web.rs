//! The engine with every policy above it: what a program that just wants pages starts from.

use std::fmt;
use std::ops::Deref;
use std::task::{Context, Poll};

use gather_client::ClientBody;
use gather_core::{Ambient, Capabilities, Fetch, Request};

use crate::client::HyperFetch;
use crate::connect::Connect;

mod builder;

pub use builder::ClientBuilder;

/// A client of which nothing has to be decided: this crate's engine under
/// [`gather_client::Client`], with the defaults of a careful person. Redirects are followed and what passes is retried,
/// bodies are decoded under limits, cookies are kept, every part has its deadline, and an address that a server chose must
/// be a public one. It goes through the proxies that the environment names, as curl does. Each of these can be
/// [set](Client::builder).
///
/// It [dereferences](Deref) to [`gather_client::Client`], whose [`get`](gather_client::Client::get) is the short way to a
/// page; [`transport`](gather_client::Client::transport) is the engine below. Clones share everything.
///
/// ```no_run
/// # async fn example<R: gather_http::Connect>(runtime: R) -> Result<(), Box<dyn std::error::Error>> {
/// let client = gather_http::Client::on(runtime);
/// for url in client.get("https://example.com/").await?.links()?.urls {
///     println!("{url}");
/// }
/// # Ok(()) }
/// ```
pub struct Client<R: Connect>(gather_client::Client<HyperFetch<R>, R>);

impl<R: Connect + Ambient> Client<R> {
    /// On the runtime that this is called on.
    ///
    /// # Panics
    ///
    /// Outside of it, as [`Ambient::ambient`] does.
    #[allow(clippy::new_without_default, reason = "it may panic, which a default must not")]
    pub fn new() -> Self {
        Client::on(R::ambient())
    }
}

impl<R: Connect> Client<R> {
    /// On this runtime. The environment's proxies are those of now: [`Proxies::from_environment`](crate::Proxies::from_environment).
    ///
    /// # Panics
    ///
    /// As [`HyperFetch::new`], never with the providers of cryptography that the features offer.
    pub fn on(runtime: R) -> Self {
        let built = Client::builder().build_on(runtime);
        built.expect("the provider that the features chose supports the default TLS versions")
    }

    /// One with other settings, of whatever layer. The environment's proxies are those of now.
    pub fn builder() -> ClientBuilder<R> {
        ClientBuilder::new()
    }

    /// With policies and an engine of your own making.
    pub fn with(policies: gather_client::ClientBuilder, engine: HyperFetch<R>, runtime: R) -> Self {
        Client(policies.build(engine, runtime))
    }

    /// The client of [`gather_client`] that this is.
    pub fn into_inner(self) -> gather_client::Client<HyperFetch<R>, R> {
        self.0
    }

    /// Cancels every connection, of all clones, and returns when the last one has been dropped.
    pub async fn close(&self) {
        self.transport().close().await;
    }
}

impl<R: Connect> Deref for Client<R> {
    type Target = gather_client::Client<HyperFetch<R>, R>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl<R: Connect> Fetch for Client<R> {
    type Body = ClientBody<<HyperFetch<R> as Fetch>::Body, R>;
    type Future = <gather_client::Client<HyperFetch<R>, R> as Fetch>::Future;

    fn fetch(&self, request: Request) -> Self::Future {
        self.0.fetch(request)
    }

    fn poll_close(&self, cx: &mut Context<'_>) -> Poll<()> {
        self.0.poll_close(cx)
    }

    fn capabilities(&self) -> Capabilities {
        self.0.capabilities()
    }
}

impl<R: Connect> Clone for Client<R> {
    fn clone(&self) -> Self {
        Client(self.0.clone())
    }
}

impl<R: Connect> fmt::Debug for Client<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
