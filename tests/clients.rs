//! The client with all its policies, under the laws of a transport: what it adds takes nothing away.

use std::time::SystemTime;

use gather_client::decode::DecodeLimits;
use gather_client::retry::RetryPolicy;
use gather_client::{Client, ClientBuilder};
use gather_conformance::{drive_laws, fetch_laws, pipeline_laws};
use gather_core::Runtime;
use gather_smol::Smol;
use gather_tokio::{Connect, HyperFetch, Tokio};

/// Nothing is tried twice, because the laws count, and bodies may be as large as the laws have them.
fn client<R: Connect + Runtime>(runtime: R) -> Client<HyperFetch<R>, R> {
    let once = RetryPolicy { max_attempts: 1, ..RetryPolicy::default() };
    let roomy = DecodeLimits::default().wire(1 << 30).decoded(1 << 30);
    ClientBuilder::new(SystemTime::now).retry(once).decode(roomy).build(HyperFetch::new(runtime.clone()), runtime)
}

mod tokio_current_thread {
    use super::*;

    fn host() -> Tokio {
        Tokio::current_thread().expect("a runtime")
    }

    mod fetch {
        use super::*;
        fetch_laws!(host(), client);
    }
    mod pipeline {
        use super::*;
        pipeline_laws!(host(), client);
    }
    mod drive {
        use super::*;
        drive_laws!(host(), client);
    }
}

mod smol {
    use super::*;

    fn host() -> Smol {
        Smol::with_threads(1).expect("an executor")
    }

    mod fetch {
        use super::*;
        fetch_laws!(host(), client);
    }
    mod drive {
        use super::*;
        drive_laws!(host(), client);
    }
}
