//! Transports that lie about themselves. For each thing that a transport can say of itself there is one here that says it and
//! does not do it, or does not say where it deviates; and the law that catches it.

use std::pin::Pin;
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::task::{Context, Poll};
use std::thread;
use std::time::Duration;

use futures_util::stream::{self, StreamExt, TryStreamExt};
use gather_blocking::{Timeouts, UreqFetch};
use gather_conformance::hostile::named;
use gather_conformance::watchdog::PATIENCE;
use gather_conformance::{fetch, tls};
use gather_core::addresses::{AddressPolicy, Discovered};
use gather_core::{
    BoxFuture, Bytes, Capabilities, ConnectDeadline, Deviation, Deviations, Fetch, FetchError, Request, Response,
};
use gather_isahc::IsahcFetch;
use gather_isahc::isahc::tls::{TlsConfig, TrustStore};
use gather_reqwest::ReqwestFetch;
use gather_smol::Smol;
use gather_surf::SurfFetch;
use gather_tokio::{HyperBuilder, HyperFetch, Tokio, TokioHandle};

/// Each of these is a `#[test]` by the name of what is lied about: a field of [`Capabilities`], or a [`Deviation`] that is not
/// declared. The law has to fail, or to hang, which a watchdog makes a failure; where hanging is what is expected, it is given
/// less time to show it.
macro_rules! lies {
    ($($about:ident: $module:ident::$law:ident $args:tt $(, hangs for $seconds:literal s)?;)*) => {
        const LIES: &[&str] = &[$(stringify!($about)),*];

        $(#[test]
        fn $about() {
            let patience = [$(Duration::from_secs($seconds),)? PATIENCE][0];
            caught(stringify!($law), patience, || $module::$law $args);
        })*
    };
}

lies! {
    address_policy: fetch::forbidden_addresses_are_not_reached(tokio(), |rt| {
        forgets(HyperFetch::new(rt), |request| {
            request.extensions_mut().remove::<AddressPolicy>();
            request.extensions_mut().remove::<Discovered>();
        })
    });
    connect_deadline: fetch::connect_deadline_is_kept(tokio(), |rt| {
        forgets(engine(rt, HyperBuilder::new().connect_deadline(SOON)), |request| {
            request.extensions_mut().remove::<ConnectDeadline>();
        })
    });
    connect_default: fetch::connect_default_is_kept(tokio(), |rt| {
        says(engine(rt, HyperBuilder::new().connect_deadline(SOON)), |all| all.connect_default(SOON / 2))
    });
    cancellation: fetch::dropped_exchange_ends_at_the_origin(smol(), |_| says(isahc(), |all| all.cancellation(true))),
        hangs for 3 s;
    streaming: fetch::unread_body_stops_the_sender(tokio(), |rt| Hoarding(HyperFetch::new(rt)));
    head_limits: fetch::hostile_answer_is_taken_rightly(
        tokio(),
        |rt| engine(rt, HyperBuilder::new().max_head_bytes(8 << 20).max_header_fields(20_000)),
        named("10000-fields"),
    );
    strict_framing: fetch::hostile_answer_is_taken_rightly(
        smol(),
        |_| says(isahc(), |all| all.strict_framing(true)),
        named("chunk-and-a-word"),
    );
    http2: tls::http2_is_agreed_on(tokio(), |rt, authority: &[u8]| {
        let old = HyperBuilder::new().root_certificates([authority.to_vec().into()]).http1_only();
        says(engine(rt, old), |all| all.http2(true))
    });

    blocks: fetch::deadline_in_the_head(smol(), |_| conceals(UreqFetch::new().timeouts(Timeouts::default().head(SOON))));
    careless_pool: fetch::dropped_body_leaves_the_client_usable(smol(), |_| {
        conceals(SurfFetch::pooled(std::num::NonZeroUsize::MIN))
    });
    no_reuse: fetch::connections_are_reused(smol(), |_| conceals(SurfFetch::new()));
    no_interim_responses: fetch::early_answers_are_skipped(smol(), |_| conceals(SurfFetch::new()));
    no_bodies_until_close: fetch::bodies_of_every_framing(smol(), |_| conceals(SurfFetch::new()));
    no_unusual_answers: fetch::hostile_answer_is_taken_rightly(
        smol(),
        |_| conceals(SurfFetch::new()),
        named("status-unknown"),
    );
    endless_framing: fetch::hostile_answer_is_taken_rightly(
        tokio(),
        |_| conceals(ReqwestFetch::new().expect("TLS")),
        named("100000-early-answers"),
    );
    unnamed_limits: fetch::hostile_answer_is_taken_rightly(smol(), |_| conceals(isahc()), named("continue-without-end"));
    leftovers_dropped: fetch::hostile_answer_is_taken_rightly(smol(), |_| conceals(isahc()), named("split-behind-chunks"));
    silent_resets: tls::http2_body_needs_its_end(smol(), |_, authority: &[u8]| {
        let store = TrustStore::builder().certificate_from_der(authority).build();
        let trusting = gather_isahc::Builder::new().tls(TlsConfig::builder().trust_store(store).build());
        conceals(trusting.build().expect("TLS"))
    });
}

/// Whoever adds something that a transport can say adds here one that says it and does not do it.
#[test]
fn nothing_can_be_said_that_no_law_holds() {
    let printed = format!("{:#?}", Capabilities::none());
    // Each on a line of its own, what is inside of them further in.
    let fields = printed.lines().filter_map(|line| line.strip_prefix("    ")?.split_once(':'));
    let fields = fields.map(|(name, _)| name.to_owned()).filter(|name| !name.starts_with(' ') && name != "deviations");
    let deviations = Deviation::ALL.map(|deviation| snake_case(&format!("{deviation:?}")));
    let said: Vec<String> = fields.chain(deviations).collect();
    assert!(said.len() > Deviation::ALL.len(), "{printed}");
    assert_eq!(said, LIES, "what can be said, and what is lied about here");
}

fn snake_case(name: &str) -> String {
    let mut snake = String::new();
    for letter in name.chars() {
        if letter.is_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.extend(letter.to_lowercase());
    }
    snake
}

/// Runs a law that has to fail within its patience, or to be still at it then.
fn caught(law: &str, patience: Duration, run: impl FnOnce() + Send + 'static) {
    let (ended, end) = sync_channel::<()>(1);
    let thread = thread::Builder::new().name(law.to_owned()).spawn(move || {
        // Dropped when the law ends, in whichever way.
        let _ended = ended;
        run();
    });
    let thread = thread.expect("a thread");
    if end.recv_timeout(patience) != Err(RecvTimeoutError::Timeout) {
        assert!(thread.join().is_err(), "the law `{law}` let it pass");
    }
}

/// Long for a computer.
const SOON: Duration = Duration::from_millis(300);

fn tokio() -> Tokio {
    Tokio::current_thread().expect("a runtime")
}

fn smol() -> Smol {
    Smol::with_threads(1).expect("an executor")
}

fn engine(runtime: TokioHandle, settings: HyperBuilder) -> HyperFetch<TokioHandle> {
    settings.build(runtime).expect("TLS")
}

fn isahc() -> IsahcFetch {
    IsahcFetch::new().expect("a thread")
}

/// A transport that says more of itself than is so.
fn says<F: Fetch>(transport: F, lie: fn(Capabilities) -> Capabilities) -> Lying<F> {
    Lying { said: lie(transport.capabilities()), transport, forget: |_| {} }
}

/// One that does not say where it deviates.
fn conceals<F: Fetch>(transport: F) -> Lying<F> {
    says(transport, |mut said| {
        assert_ne!(said.deviations, Deviations::none(), "there is nothing to conceal");
        said.deviations = Deviations::none();
        said
    })
}

/// One that says what is so, and then does not heed what a request says.
fn forgets<F: Fetch>(transport: F, forget: fn(&mut Request)) -> Lying<F> {
    Lying { said: transport.capabilities(), transport, forget }
}

struct Lying<F> {
    transport: F,
    said: Capabilities,
    forget: fn(&mut Request),
}

impl<F: Fetch> Fetch for Lying<F> {
    type Body = F::Body;
    type Future = F::Future;

    fn fetch(&self, mut request: Request) -> F::Future {
        (self.forget)(&mut request);
        self.transport.fetch(request)
    }

    fn poll_close(&self, cx: &mut Context<'_>) -> Poll<()> {
        self.transport.poll_close(cx)
    }

    fn capabilities(&self) -> Capabilities {
        self.said
    }
}

/// One that hands out a body when all of it is there.
struct Hoarding(HyperFetch<TokioHandle>);

type Whole = Pin<Box<dyn stream::Stream<Item = Result<Bytes, FetchError>> + Send>>;

impl Fetch for Hoarding {
    type Body = Whole;
    type Future = BoxFuture<Result<Response<Whole>, FetchError>>;

    fn fetch(&self, request: Request) -> Self::Future {
        let begun = self.0.fetch(request);
        Box::pin(async move {
            let (head, body) = begun.await?.into_parts();
            let chunks: Vec<Bytes> = body.try_collect().await?;
            Ok(Response::from_parts(head, stream::iter(chunks).map(Ok).boxed()))
        })
    }

    fn capabilities(&self) -> Capabilities {
        self.0.capabilities()
    }
}
