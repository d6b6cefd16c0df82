//! Who takes part: every transport, bare and under a client, a line for each in [`all`].

use gather_async_std::AsyncStd;
use gather_blocking::{RawFetch, Timeouts, UreqFetch};
use gather_client::Client;
use gather_core::{Fetch, Host};
use gather_isahc::isahc::tls::{TlsConfig, TrustStore};
use gather_smol::Smol;
use gather_surf::SurfFetch;
use gather_tokio::{Connect, HyperBuilder, HyperFetch, Tokio};
use serde::Deserialize;

use crate::outcome::Bare;
use crate::policy::Policy;
use crate::record::Record;
use crate::script::{Part, Plan};

/// All of them. The first is what the others are compared with.
///
/// A line is a name, a host that polls it, and how it is made for a case, in the host's runtime. Neither need be `Send`; what
/// blocks holds its conversations one after the other. Run the script then, and declare in `differences.toml` what it says.
pub(crate) fn all() -> Vec<Transport> {
    let mut all = Vec::new();
    add(&mut all, "hyper on tokio, one thread", || Tokio::current_thread().expect("a runtime"), engine);
    add(&mut all, "hyper on tokio, two threads", || Tokio::with_threads(2).expect("a runtime"), engine);
    add(&mut all, "hyper on smol", || Smol::with_threads(1).expect("an executor"), engine);
    add(&mut all, "hyper on async-std", AsyncStd::new, engine);
    add(
        &mut all,
        "reqwest",
        || Tokio::current_thread().expect("a runtime"),
        |_, setup| {
            let builder = gather_reqwest::Builder::new().root_certificates([setup.authority.to_vec().into()]);
            let builder = if setup.policy.prior_knowledge { builder.http2_prior_knowledge() } else { builder };
            builder.build().map_err(|error| Unsupported(error.to_string()))
        },
    );
    add(&mut all, "isahc", Smol::current_thread, |_, setup| {
        let store = TrustStore::builder().certificate_from_der(setup.authority).build();
        let tls = TlsConfig::builder().trust_store(store).build();
        let builder = gather_isahc::Builder::new().tls(tls);
        let builder = if setup.policy.prior_knowledge { builder.http2_prior_knowledge() } else { builder };
        builder.build().map_err(|error| Unsupported(error.to_string()))
    });
    add(&mut all, "surf", Smol::current_thread, |_, setup| plain(setup, SurfFetch::new()));
    add(&mut all, "blocking sockets", Smol::current_thread, |_, setup| {
        plain(setup, RawFetch::new().timeouts(timeouts(setup)))
    });
    add(&mut all, "ureq", Smol::current_thread, |_, setup| plain(setup, UreqFetch::new().timeouts(timeouts(setup))));
    all
}

/// No timer strikes while these block: they have deadlines of their own, and get the case's.
fn timeouts(setup: &Setup<'_>) -> Timeouts {
    let deadlines = setup.policy.deadlines();
    Timeouts::default().head(deadlines.head).idle(deadlines.idle).total(deadlines.total)
}

/// A transport that knows nothing of TLS and of HTTP/2.
fn plain<F>(setup: &Setup<'_>, fetch: F) -> Result<F, Unsupported> {
    if setup.policy.prior_knowledge { Err(Unsupported("HTTP/2".to_owned())) } else { Ok(fetch) }
}

fn engine<R: Connect>(runtime: R, setup: &Setup<'_>) -> Result<HyperFetch<R>, Unsupported> {
    let builder = HyperBuilder::new().root_certificates([setup.authority.to_vec().into()]);
    let builder = if setup.policy.prior_knowledge { builder.http2_prior_knowledge() } else { builder };
    builder.build(runtime).map_err(|error| Unsupported(error.to_string()))
}

/// How a case wants its transport to be.
pub(crate) struct Setup<'a> {
    /// The certificate (DER) of the one authority to trust.
    pub(crate) authority: &'a [u8],
    /// What the case wants of its client. Who blocks takes its deadlines from here, since no timer strikes meanwhile.
    pub(crate) policy: &'a Policy,
}

/// A transport that cannot be as a case wants it: which shows as a difference, and wants a reason.
pub(crate) struct Unsupported(pub(crate) String);

/// A transport alone, or what a program has that puts a client above it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Layer {
    Transport,
    Client,
}

/// Holds all conversations of a plan that are of one layer, as number so-and-so.
type Hold = dyn Fn(&Plan, usize) -> Vec<Option<Record>> + Send + Sync;

pub(crate) struct Transport {
    pub(crate) name: &'static str,
    pub(crate) layer: Layer,
    pub(crate) hold: Box<Hold>,
}

/// Adds a transport under both layers: a host, and how a client is made on it. Neither need be `Send`.
fn add<H, F>(
    all: &mut Vec<Transport>,
    name: &'static str,
    host: fn() -> H,
    make: fn(H::Handle, &Setup<'_>) -> Result<F, Unsupported>,
) where
    H: Host + 'static,
    F: Fetch + 'static,
{
    let bare = move |plan: &Plan, number| {
        host().run(async |clock: H::Handle| {
            let part = Part { plan, number, layer: Layer::Transport, clock: clock.clone() };
            part.hold(|setup, _, _| Ok(Bare(make(clock.clone(), setup)?))).await
        })
    };
    let client = move |plan: &Plan, number| {
        host().run(async |clock: H::Handle| {
            let part = Part { plan, number, layer: Layer::Client, clock: clock.clone() };
            let under = |setup: &Setup<'_>, case: &crate::case::Case, base: &str| -> Result<Client<F, H::Handle>, _> {
                Ok(case.policy.client(base, make(clock.clone(), setup)?, clock.clone()))
            };
            part.hold(under).await
        })
    };
    all.push(Transport { name, layer: Layer::Transport, hold: Box::new(bare) });
    all.push(Transport { name, layer: Layer::Client, hold: Box::new(client) });
}
