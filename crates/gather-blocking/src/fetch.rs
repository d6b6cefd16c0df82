//! The transport capability, blocking: one exchange, its body pushed to whoever wants it.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use gather_core::{Cause, FetchError, FetchErrorKind, Head, Limits, Page, Phase, Request, WholePage};

use crate::exchange::Intake;

/// Something that makes HTTP exchanges and blocks the calling thread meanwhile.
///
/// The blocking counterpart of [`gather_core::Fetch`]. There the body is pulled, because the caller has other things to do
/// while it waits; here nobody has, so it is pushed. The one thing that a caller cannot do from outside is to stop a read
/// that blocks, so the deadline is the transport's. The size of the body is the receiver's business.
///
/// # Contract
///
/// - One call is one exchange: no redirects, no retries but one over a kept-alive connection that turned out to be closed
///   before any byte of the answer, no decompression. A status is not an error.
/// - The receiver is given the head, then the chunks in order, all on the calling thread. When it breaks, the call returns
///   `Ok` and the rest of the response is never seen by anybody.
/// - A body that ends before the length that its head announced is an error, never a silent end.
/// - The call returns at the deadline, give or take the granularity of the system's timers, however slowly the bytes
///   drip. Looking up a host name is the exception where the system's resolver cannot be interrupted.
/// - When the receiver panics the panic goes through, and the client stays usable.
///
/// Any number of threads may call it at once; connections that are kept alive go to whichever call comes next.
pub trait BlockingFetch: Send + Sync {
    /// Makes one exchange, in no more than `deadline` from the call.
    ///
    /// # Errors
    ///
    /// Which part of the exchange failed and how; [`Timeout`](FetchErrorKind::Timeout) names `deadline`. All errors name
    /// the address.
    fn fetch(&self, request: &Request, deadline: Duration, receiver: &mut dyn Receive) -> Result<(), FetchError>;
}

/// What takes a response as it arrives.
pub trait Receive {
    /// Takes the head. [`ControlFlow::Break`] says that the body is of no interest.
    fn head(&mut self, head: &Head) -> ControlFlow<()>;

    /// Takes the next bytes of the body. [`ControlFlow::Break`] says that the rest is of no interest.
    fn chunk(&mut self, chunk: Bytes) -> ControlFlow<()>;
}

/// Makes one exchange and returns the whole page, under one deadline and one size limit.
///
/// Blocks the calling thread. It is to [`gather_core::fetch_page`] what [`BlockingFetch`] is to [`gather_core::Fetch`].
///
/// # Errors
///
/// Those of the transport; [`TooLarge`](FetchErrorKind::TooLarge) as soon as the head announces, or the body brings, more
/// than the limit.
///
/// # Panics
///
/// When the client does.
///
/// ```no_run
/// use gather_blocking::{Raw, fetch_page};
/// use gather_core::{Limits, get};
///
/// let page = fetch_page(&Raw::new(), &get("http://localhost:8000/")?, Limits::default())?;
/// println!("{}: {} bytes", page.head.status, page.body.len());
/// # Ok::<(), gather_core::FetchError>(())
/// ```
pub fn fetch_page<C>(client: &C, request: &Request, limits: Limits) -> Result<Page, FetchError>
where
    C: BlockingFetch + ?Sized,
{
    let mut intake = Intake::new(&WholePage, limits);
    let fetched = client.fetch(request, limits.deadline, &mut intake);
    intake.finish(fetched, request).map(|(_, page)| page).map_err(|cause| match cause {
        Cause::Fetch(error) => error,
        // `WholePage` refuses nothing.
        other => FetchError::new(Phase::Body, FetchErrorKind::Other)
            .with_url(request.uri().clone())
            .with_source(format!("{other:?}")),
    })
}

macro_rules! fetch_through {
    ($($pointer:ty),+) => {$(
        impl<C: BlockingFetch + ?Sized> BlockingFetch for $pointer {
            fn fetch(&self, request: &Request, deadline: Duration, receiver: &mut dyn Receive) -> Result<(), FetchError> {
                (**self).fetch(request, deadline, receiver)
            }
        }
    )+};
}

fetch_through!(&C, Box<C>, Arc<C>);
