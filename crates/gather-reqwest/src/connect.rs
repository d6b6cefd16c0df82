//! Connecting, as far as reqwest lets others have a say: which addresses a name may have, and how long it may take.

use std::fmt;
use std::net::{SocketAddr, ToSocketAddrs};
use std::task::{Context, Poll};
use std::time::Duration;

use gather_core::addresses::{AddressPolicy, ForbiddenAddress};
use gather_core::{BoxError, BoxFuture};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tower_layer::Layer;
use tower_service::Service;

tokio::task_local! {
    /// The deadline for connecting of the request that is being polled. reqwest knows one for a whole client; but it calls
    /// its connector while the request is polled, where the layer below finds this one.
    pub(crate) static CONNECT_DEADLINE: Duration;
}

/// Looks names up as the system does, and lets nothing through that the policy forbids. What it returns is what reqwest
/// connects to: the name is not resolved a second time. Numeric hosts do not come here; see `fetch.rs`.
pub(crate) struct GuardedResolver(pub(crate) AddressPolicy);

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let policy = self.0.clone();
        Box::pin(async move {
            let host = name.as_str().to_owned();
            let lookup = tokio::task::spawn_blocking(move || {
                Ok::<Vec<SocketAddr>, BoxError>((host.as_str(), 0).to_socket_addrs()?.collect())
            });
            let found = lookup.await??;
            let first = found.first().map(SocketAddr::ip);
            let permitted: Vec<SocketAddr> = found.into_iter().filter(|address| policy.permits(address.ip())).collect();
            match first {
                Some(address) if permitted.is_empty() => Err(ForbiddenAddress { address }.into()),
                _ => Ok(Box::new(permitted.into_iter()) as Addrs),
            }
        })
    }
}

/// The layer around reqwest's connector that heeds [`CONNECT_DEADLINE`]: for resolving, connecting and agreeing on TLS
/// together.
#[derive(Clone)]
pub(crate) struct WithinDeadline;

impl<S> Layer<S> for WithinDeadline {
    type Service = Connector<S>;

    fn layer(&self, inner: S) -> Connector<S> {
        Connector(inner)
    }
}

#[derive(Clone)]
pub(crate) struct Connector<S>(S);

impl<S, Target> Service<Target> for Connector<S>
where
    S: Service<Target, Error = BoxError, Future: Send + 'static>,
    S::Response: 'static,
{
    type Response = S::Response;
    type Error = BoxError;
    type Future = BoxFuture<Result<S::Response, BoxError>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, target: Target) -> Self::Future {
        let connecting = self.0.call(target);
        match CONNECT_DEADLINE.try_with(|deadline| *deadline) {
            Err(_) => Box::pin(connecting),
            Ok(deadline) => Box::pin(async move {
                let connected = tokio::time::timeout(deadline, connecting).await;
                connected.unwrap_or_else(|_| Err(ConnectingTookTooLong(deadline).into()))
            }),
        }
    }
}

/// Found again behind reqwest's own error.
#[derive(Debug)]
pub(crate) struct ConnectingTookTooLong(pub(crate) Duration);

impl fmt::Display for ConnectingTookTooLong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not connected within {:?}", self.0)
    }
}

impl std::error::Error for ConnectingTookTooLong {}
