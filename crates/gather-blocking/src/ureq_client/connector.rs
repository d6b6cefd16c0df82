//! ureq's connectors, with a note between them of how far they have come: ureq has one timeout for TCP and TLS together, and
//! one error for a connection that ended, whichever of them it was in.

use std::cell::Cell;

use gather_core::Phase;
use ureq::Error;
use ureq::unversioned::transport::{ConnectionDetails, Connector, RustlsConnector, TcpConnector, Transport};

thread_local! {
    /// Of the exchange that this thread is making: it connects on the thread that asks.
    static REACHED: Cell<Phase> = const { Cell::new(Phase::Head) };
}

/// TCP, then TLS where the address wants it. Without proxies, which are off.
pub(super) fn connector() -> impl Connector<(), Out: Transport> {
    let tcp = ().chain(Note(Phase::Connect)).chain(TcpConnector::default());
    tcp.chain(Note(Phase::Tls)).chain(RustlsConnector::default()).chain(Note(Phase::Head))
}

/// Runs ureq, and says in which phase it was when it ended: connecting, agreeing on TLS, or beyond.
pub(super) fn watched<T>(run: impl FnOnce() -> T) -> (T, Phase) {
    // A connection that is used again passes no connector.
    REACHED.set(Phase::Head);
    let output = run();
    (output, REACHED.replace(Phase::Head))
}

/// What comes next.
#[derive(Debug)]
struct Note(Phase);

impl<In: Transport> Connector<In> for Note {
    type Out = In;

    fn connect(&self, _: &ConnectionDetails<'_>, chained: Option<In>) -> Result<Option<In>, Error> {
        REACHED.set(self.0);
        Ok(chained)
    }
}
