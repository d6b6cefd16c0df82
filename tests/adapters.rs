//! Every adapter under every law. The laws are in gather-conformance; this file only names the adapters.
//!
//! An exception names the law and the reason, and shows as ignored in the run.

use gather_async_std::{AsyncStd, AsyncStdNetHandle};
use gather_conformance::{compute_laws, drive_laws, fetch_laws, local_laws, pipeline_laws, runtime_laws, tls_laws};
use gather_core::{Blocking, Host};
use gather_rayon::Rayon;
use gather_smol::{Smol, SmolLocal};
use gather_tokio::{HyperBuilder, HyperFetch, Tokio, TokioLocal};

fn tokio() -> Tokio {
    Tokio::with_threads(2).expect("a runtime")
}

fn tokio_one() -> Tokio {
    Tokio::with_threads(1).expect("a runtime")
}

fn tokio_current() -> Tokio {
    Tokio::current_thread().expect("a runtime")
}

fn smol() -> Smol {
    Smol::with_threads(2).expect("an executor")
}

fn smol_one() -> Smol {
    Smol::with_threads(1).expect("an executor")
}

/// The number of threads is chosen once for the process.
fn async_std() -> AsyncStd {
    AsyncStd::with_threads(2).expect("nobody has chosen otherwise")
}

fn trusting<R: gather_tokio::Connect>(runtime: R, authority: &[u8]) -> HyperFetch<R> {
    HyperBuilder::new().root_certificates([authority.to_vec().into()]).build(runtime).expect("TLS")
}

fn rayon() -> Rayon {
    Rayon::builder().threads(2).admission(4).build().expect("a pool")
}

mod tokio_multi_thread {
    use super::*;

    mod runtime {
        use super::*;
        runtime_laws!(tokio());
    }
    mod fetch {
        use super::*;
        fetch_laws!(tokio(), |rt| HyperFetch::new(rt));
    }
    mod pipeline {
        use super::*;
        pipeline_laws!(tokio(), |rt| HyperFetch::new(rt));
    }
    mod drive {
        use super::*;
        drive_laws!(
            tokio(),
            |rt| HyperFetch::new(rt),
            except { everything_runs_on_the_only_worker: "two workers here; the host with one keeps it" }
        );
    }
    mod drive_one_worker {
        use super::*;
        drive_laws!(tokio_one(), |rt| HyperFetch::new(rt));
    }
    mod tls {
        use super::*;
        tls_laws!(tokio(), |rt, authority: &[u8]| trusting(rt, authority));
    }
    mod blocking_pool {
        use super::*;
        compute_laws!(
            tokio(),
            |rt| Blocking(rt),
            except {
                admission_is_bounded: "a blocking pool admits without bound",
                jobs_at_once_are_bounded: "a blocking pool admits without bound",
            }
        );
    }
    mod rayon_pool {
        use super::*;
        compute_laws!(tokio(), |_| rayon());
    }
}

mod tokio_current_thread {
    use super::*;

    mod runtime {
        use super::*;
        runtime_laws!(tokio_current());
    }
    mod fetch {
        use super::*;
        fetch_laws!(tokio_current(), |rt| HyperFetch::new(rt));
    }
    mod pipeline {
        use super::*;
        pipeline_laws!(tokio_current(), |rt| HyperFetch::new(rt));
    }
    mod drive {
        use super::*;
        drive_laws!(tokio_current(), |rt| HyperFetch::new(rt));
    }
    mod tls {
        use super::*;
        tls_laws!(tokio_current(), |rt, authority: &[u8]| trusting(rt, authority));
    }
}

mod tokio_local {
    use super::*;

    mod local {
        use super::*;
        local_laws!(TokioLocal::new().expect("a runtime"));
    }
    mod fetch {
        use super::*;
        fetch_laws!(TokioLocal::new().expect("a runtime"), |rt| HyperFetch::new(rt.runtime().clone()));
    }
    mod pipeline {
        use super::*;
        pipeline_laws!(TokioLocal::new().expect("a runtime"), |rt| std::rc::Rc::new(HyperFetch::new(
            rt.runtime().clone()
        )));
    }
}

mod smol_threads {
    use super::*;

    mod runtime {
        use super::*;
        runtime_laws!(smol());
    }
    mod fetch {
        use super::*;
        fetch_laws!(smol(), |rt| HyperFetch::new(rt));
    }
    mod pipeline {
        use super::*;
        pipeline_laws!(smol(), |rt| HyperFetch::new(rt));
    }
    mod drive {
        use super::*;
        drive_laws!(
            smol(),
            |rt| HyperFetch::new(rt),
            except { everything_runs_on_the_only_worker: "two workers here; the host with one keeps it" }
        );
    }
    mod drive_one_worker {
        use super::*;
        drive_laws!(smol_one(), |rt| HyperFetch::new(rt));
    }
    mod tls {
        use super::*;
        tls_laws!(smol(), |rt, authority: &[u8]| trusting(rt, authority));
    }
    mod blocking_pool {
        use super::*;
        compute_laws!(
            smol(),
            |rt| Blocking(rt),
            except {
                admission_is_bounded: "a blocking pool admits without bound",
                jobs_at_once_are_bounded: "a blocking pool admits without bound",
            }
        );
    }
    mod rayon_pool {
        use super::*;
        compute_laws!(smol(), |_| rayon());
    }
}

mod smol_current_thread {
    use super::*;

    mod runtime {
        use super::*;
        runtime_laws!(Smol::current_thread());
    }
    mod pipeline {
        use super::*;
        pipeline_laws!(Smol::current_thread(), |rt| HyperFetch::new(rt));
    }
    mod drive {
        use super::*;
        drive_laws!(Smol::current_thread(), |rt| HyperFetch::new(rt));
    }
}

mod smol_local {
    use super::*;

    mod local {
        use super::*;
        local_laws!(SmolLocal::new());
    }
    mod fetch {
        use super::*;
        fetch_laws!(SmolLocal::new(), |rt| HyperFetch::new(rt.runtime().clone()));
    }
    mod pipeline {
        use super::*;
        pipeline_laws!(SmolLocal::new(), |rt| std::rc::Rc::new(HyperFetch::new(rt.runtime().clone())));
    }
}

mod async_std_global {
    use super::*;

    mod runtime {
        use super::*;
        runtime_laws!(
            async_std(),
            except {
                run_ends_what_it_spawned: "the runtime is global to the process and never ends",
                handle_may_outlive_the_runtime: "the runtime is global to the process and never ends",
            }
        );
    }
    mod fetch {
        use super::*;
        fetch_laws!(async_std(), |rt| HyperFetch::new(rt));
    }
    mod fetch_over_its_own_sockets {
        use super::*;
        fetch_laws!(async_std(), |_| HyperFetch::new(AsyncStdNetHandle::current()));
    }
    mod pipeline {
        use super::*;
        pipeline_laws!(async_std(), |rt| HyperFetch::new(rt));
    }
    mod drive {
        use super::*;
        drive_laws!(
            async_std(),
            |rt| HyperFetch::new(rt),
            except { everything_runs_on_the_only_worker: "two workers here; the host with one keeps it" }
        );
    }
    mod tls {
        use super::*;
        tls_laws!(async_std(), |rt, authority: &[u8]| trusting(rt, authority));
    }
    mod rayon_pool {
        use super::*;
        compute_laws!(async_std(), |_| rayon());
    }
}

/// The handle that a program makes inside a runtime of its own keeps the same laws.
mod bring_your_own {
    use super::*;
    use std::num::NonZeroUsize;
    use std::sync::Arc;

    /// A program with a tokio runtime of its own.
    struct OwnTokio;

    impl Host for OwnTokio {
        type Handle = gather_tokio::TokioHandle;

        fn run<T>(self, main: impl AsyncFnOnce(Self::Handle) -> T) -> T {
            let runtime = ::tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
            runtime.expect("a runtime").block_on(async { main(gather_tokio::TokioHandle::current()).await })
        }
    }

    /// A program with a smol executor of its own, run by its main thread.
    struct OwnSmol;

    impl Host for OwnSmol {
        type Handle = gather_smol::SmolHandle;

        fn run<T>(self, main: impl AsyncFnOnce(Self::Handle) -> T) -> T {
            let executor = Arc::new(::smol::Executor::new());
            let handle = gather_smol::SmolHandle::from_executor(&executor, NonZeroUsize::MIN);
            ::smol::block_on(executor.run(main(handle)))
        }
    }

    mod tokio {
        use super::*;
        runtime_laws!(OwnTokio);
    }
    mod smol {
        use super::*;
        runtime_laws!(OwnSmol);
    }
}
