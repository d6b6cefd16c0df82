//! surf under the laws of transports: on the runtime that it belongs to and on one that it does not, with connections of
//! its own and with its pool.
//!
//! What it cannot keep it says in its capabilities; the laws read that, and so does `the_readme_says_the_same`.

use std::num::NonZeroUsize;

use gather_async_std::AsyncStd;
use gather_conformance::{drive_laws, fetch_laws, pipeline_laws};
use gather_smol::Smol;
use gather_surf::SurfFetch;

/// The number of threads is chosen once for the process.
fn async_std() -> AsyncStd {
    AsyncStd::with_threads(2).expect("nobody has chosen otherwise")
}

fn smol() -> Smol {
    Smol::with_threads(1).expect("an executor")
}

/// As many as the laws have at a time, and some for those that wait.
fn pooled() -> SurfFetch {
    SurfFetch::pooled(NonZeroUsize::new(60).expect("not zero"))
}

mod on_async_std {
    use super::*;

    mod fetch {
        use super::*;
        fetch_laws!(
            async_std(),
            |_| SurfFetch::new(),
            except {
                connect_deadline_is_kept: "it is about TLS, which is left out; connect deadlines are tested beside the laws"
            }
        );
    }
    mod pipeline {
        use super::*;
        pipeline_laws!(async_std(), |_| SurfFetch::new());
    }
    mod drive {
        use super::*;
        drive_laws!(
            async_std(),
            |_| SurfFetch::new(),
            except { everything_runs_on_the_only_worker: "two workers here, and surf resolves names on another pool" }
        );
    }
}

mod on_smol {
    use super::*;

    mod fetch {
        use super::*;
        fetch_laws!(
            smol(),
            |_| SurfFetch::new(),
            except {
                connect_deadline_is_kept: "it is about TLS, which is left out; connect deadlines are tested beside the laws"
            }
        );
    }
    mod pipeline {
        use super::*;
        pipeline_laws!(smol(), |_| SurfFetch::new());
    }
}

mod with_its_pool {
    use super::*;

    mod fetch {
        use super::*;
        fetch_laws!(
            async_std(),
            |_| pooled(),
            except { connect_deadline_is_kept: "surf's pool has no connect deadline, and the capabilities say so" }
        );
    }
}
