//! reqwest under the laws of a transport, on both of tokio's schedulers, and under the client with all its policies.

use std::sync::LazyLock;

use gather_conformance::{drive_laws, fetch_laws, pipeline_laws, tls_laws};
use gather_reqwest::{Builder, ReqwestFetch};
use gather_smol::Smol;
use gather_tokio::Tokio;
use tokio::runtime::Runtime;

fn fetch() -> ReqwestFetch {
    ReqwestFetch::new().expect("TLS")
}

fn trusting(authority: &[u8]) -> ReqwestFetch {
    Builder::new().root_certificates([authority.to_vec().into()]).build().expect("TLS")
}

/// A runtime that nobody polls anything on but reqwest.
static BACKGROUND: LazyLock<Runtime> = LazyLock::new(|| {
    tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime")
});

mod multi_thread {
    use super::*;

    fn host() -> Tokio {
        Tokio::with_threads(2).expect("a runtime")
    }

    mod transport {
        use super::*;
        fetch_laws!(host(), |_| fetch());
    }
    mod tls {
        use super::*;
        tls_laws!(host(), |_, authority: &[u8]| trusting(authority));
    }
    mod pipeline {
        use super::*;
        pipeline_laws!(host(), |_| fetch());
    }
    mod drive {
        use super::*;
        drive_laws!(
            host(),
            |_| fetch(),
            except { everything_runs_on_the_only_worker: "two workers here; the host with one keeps it" }
        );
    }
}

mod current_thread {
    use super::*;

    fn host() -> Tokio {
        Tokio::current_thread().expect("a runtime")
    }

    mod transport {
        use super::*;
        fetch_laws!(host(), |_| fetch());
    }
    mod tls {
        use super::*;
        tls_laws!(host(), |_, authority: &[u8]| trusting(authority));
    }
}

/// Polled by smol, over a tokio runtime in the background.
mod on_smol {
    use super::*;

    fn host() -> Smol {
        Smol::with_threads(2).expect("an executor")
    }

    mod transport {
        use super::*;
        fetch_laws!(host(), |_| Builder::new().on(BACKGROUND.handle().clone()).build().expect("TLS"));
    }
}

/// A client of the program's own, set up as this crate would: it keeps what it promises, which is less.
mod given {
    use super::*;

    fn given() -> ReqwestFetch {
        let client = gather_reqwest::reqwest::Client::builder();
        let client = client.redirect(gather_reqwest::reqwest::redirect::Policy::none()).no_proxy();
        // Without a configuration reqwest would look for one provider of cryptography in the process.
        let config = gather_reqwest::rustls::ClientConfig::builder_with_provider(
            gather_reqwest::rustls::crypto::ring::default_provider().into(),
        );
        let config = config.with_safe_default_protocol_versions().expect("ring does TLS 1.3");
        let config = config.with_root_certificates(gather_reqwest::rustls::RootCertStore::empty());
        client.tls_backend_preconfigured(config.with_no_client_auth()).build().expect("a client").into()
    }

    mod transport {
        use super::*;
        fetch_laws!(
            Tokio::current_thread().expect("a runtime"),
            |_| given(),
            except { connect_deadline_is_kept: "how it connects is the program's, and the capabilities say so" }
        );
    }
}
