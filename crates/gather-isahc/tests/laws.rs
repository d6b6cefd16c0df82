//! isahc under the laws of a transport, on every runtime: it has none of its own.

use std::num::NonZeroUsize;
use std::time::Duration;

use gather_async_std::AsyncStd;
use gather_conformance::{drive_laws, fetch_laws, pipeline_laws};
use gather_isahc::{Builder, IsahcFetch};
use gather_smol::Smol;
use gather_tokio::Tokio;

fn fetch() -> IsahcFetch {
    IsahcFetch::new().expect("a thread")
}

/// For laws that wait until dropped exchanges are gone at the origin, and have no part that takes as long.
fn impatient() -> IsahcFetch {
    Builder::new().max_exchange(Duration::from_secs(5)).build().expect("a thread")
}

fn sharded() -> IsahcFetch {
    IsahcFetch::sharded(NonZeroUsize::new(3).expect("three")).expect("threads")
}

mod on_tokio {
    use super::*;

    fn host() -> Tokio {
        Tokio::with_threads(2).expect("a runtime")
    }

    mod transport {
        use super::*;
        fetch_laws!(host(), |_| fetch());
    }
    mod pipeline {
        use super::*;
        pipeline_laws!(host(), |_| impatient());
    }
    mod drive {
        use super::*;
        drive_laws!(
            host(),
            |_| impatient(),
            except { everything_runs_on_the_only_worker: "two workers here, and curl's thread is a third" }
        );
    }
}

mod on_smol {
    use super::*;

    fn host() -> Smol {
        Smol::with_threads(1).expect("an executor")
    }

    mod transport {
        use super::*;
        fetch_laws!(host(), |_| fetch());
    }
    mod transport_sharded {
        use super::*;
        fetch_laws!(host(), |_| sharded());
    }
}

mod on_async_std {
    use super::*;

    mod transport {
        use super::*;
        fetch_laws!(AsyncStd::with_threads(2).expect("nobody has chosen otherwise"), |_| fetch());
    }
}

/// A client of the program's own keeps what it promises, which is less.
mod given {
    use super::*;

    fn given() -> IsahcFetch {
        use gather_isahc::isahc::{HttpClient, config::Configurable};
        HttpClient::builder().proxy(None).build().expect("a client").into()
    }

    mod transport {
        use super::*;
        fetch_laws!(Smol::with_threads(1).expect("an executor"), |_| given());
    }
}

#[cfg(feature = "rustls")]
mod tls {
    use super::*;
    use gather_conformance::tls_laws;

    fn trusting(authority: &[u8]) -> IsahcFetch {
        use gather_isahc::isahc::tls::{TlsConfig, TrustStore};
        let store = TrustStore::builder().certificate_from_der(authority).build();
        let config = TlsConfig::builder().trust_store(store).build();
        gather_isahc::Builder::new().tls(config).build().expect("TLS")
    }

    mod on_smol {
        use super::*;
        tls_laws!(
            Smol::with_threads(1).expect("an executor"),
            |_, authority: &[u8]| trusting(authority),
            except {
                http2_reset_is_named: "curl has one code for whatever a stream is reset with",
                hangup_in_the_handshake_is_named: "curl has one code for whatever goes wrong in a handshake",
            }
        );
    }
}
