//! The laws on the plainest adapter there is: a thread for each task, a thread for each exchange, no runtime at all.
//!
//! It shows that the laws ask for nothing but the traits, and that the origin is in order.

mod client;
mod faulty;
mod host;

use client::ThreadFetch;
use host::Threads;

mod runtime {
    use super::*;
    gather_conformance::runtime_laws!(
        Threads::new(),
        except {
            run_ends_what_it_spawned: "a thread that waits for ever cannot be ended from outside",
            handle_may_outlive_the_runtime: "threads belong to the process and do not end with a host",
        }
    );
}

mod fetch {
    use super::*;
    gather_conformance::fetch_laws!(
        Threads::new(),
        |_| ThreadFetch::default(),
        except {
            forbidden_addresses_are_not_reached: "it knows no address but the loopback, and does not look at it",
            connect_deadline_is_kept: "it knows no TLS, and connects to the loopback alone",
        }
    );
}

mod pipeline {
    use super::*;
    gather_conformance::pipeline_laws!(Threads::new(), |_| ThreadFetch::default());
}

mod drive {
    use super::*;
    gather_conformance::drive_laws!(
        Threads::new(),
        |_| ThreadFetch::default(),
        except { everything_runs_on_the_only_worker: "every task has a thread of its own" }
    );
}
