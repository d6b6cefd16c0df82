//! The macros: they only name the laws, so that each is a `#[test]` of its own.

/// The laws of a [`Runtime`](gather_core::Runtime), one `#[test]` for each.
///
/// The expression makes a fresh [`Host`](gather_core::Host) for each law. A law that a runtime cannot keep is excluded by
/// name and with the reason, and shows as ignored in the test run; a name that is no law does not compile.
///
/// ```
/// mod runtime {
///     use gather_conformance::simulated::Simulated;
///     gather_conformance::runtime_laws!(Simulated::new(), except {
///         wakes_across_threads: "one thread: waiting for another one is a deadlock in virtual time",
///     });
/// }
/// ```
#[macro_export]
macro_rules! runtime_laws {
    ($host:expr $(, except { $($except:tt)* })? $(,)?) => {
        $crate::__laws! { ($) runtime ($host) { $($($except)*)? }
            sleep_is_never_early, sleep_runs_from_the_call, shorter_sleep_ends_first, sleep_of_nothing_ends,
            sleep_of_forever_waits, now_never_goes_backwards, timeout_fires_and_drops, timeout_lets_the_output_win,
            gather_keeps_the_order, gather_keeps_its_limit, gather_dropped_cancels, try_gather_fails_fast,
            run_returns_the_output, main_panic_comes_out,
            spawned_tasks_run, tasks_spawn_and_wait, dropped_task_is_cancelled, cancellation_is_joined,
            task_panic_is_a_value, blocking_panic_is_a_value, shutdown_is_joined, dropped_set_is_cancelled,
            blocking_leaves_the_executor_free, wakes_across_threads, sleep_works_on_any_thread,
            spawns_from_any_thread, workers_run_at_the_same_time, busy_task_lets_others_run,
            busy_task_lets_timers_fire, run_ends_what_it_spawned, handle_may_outlive_the_runtime, panicking_destructor_is_contained,
        }
    };
}

/// The laws of a [`LocalRuntime`](gather_core::LocalRuntime), one `#[test]` for each; used as [`runtime_laws!`].
#[macro_export]
macro_rules! local_laws {
    ($host:expr $(, except { $($except:tt)* })? $(,)?) => {
        $crate::__laws! { ($) local ($host) { $($($except)*)? }
            sleep_is_never_early, sleep_runs_from_the_call, shorter_sleep_ends_first, sleep_of_nothing_ends,
            sleep_of_forever_waits, now_never_goes_backwards, timeout_fires_and_drops, timeout_lets_the_output_win,
            gather_keeps_the_order, gather_keeps_its_limit, gather_dropped_cancels, try_gather_fails_fast,
            run_returns_the_output, main_panic_comes_out,
            local_tasks_run_here, local_spawn_never_polls, local_tasks_spawn, local_cancellation_is_joined,
            local_panic_is_a_value, run_ends_local_tasks,
        }
    };
}

/// The laws of a [`Fetch`](gather_core::Fetch), one `#[test]` for each, over a host and a closure that makes the client
/// from its handle; otherwise used as [`runtime_laws!`]. The client need not be `Send`.
///
/// ```ignore
/// mod fetch { use super::*; gather_conformance::fetch_laws!(Tokio::new(2).unwrap(), |rt| HyperFetch::new(rt)); }
/// ```
#[macro_export]
macro_rules! fetch_laws {
    ($host:expr, $make:expr $(, except { $($except:tt)* })? $(,)?) => {
        $crate::__laws! { ($) fetch ($host, $make) { $($($except)*)? }
            get_brings_a_page, status_is_not_an_error, request_is_sent_whole, empty_content_is_announced,
            bodies_of_every_framing,
            early_answers_are_skipped, head_comes_before_the_body, head_request_has_no_body,
            bodiless_status_has_no_body, refused_is_an_error, request_without_a_host_is_invalid,
            garbage_is_a_protocol_error, endless_head_is_refused, cut_before_the_head, cut_in_the_head,
            cut_in_the_body, cut_in_the_chunks, reset_in_the_body, bad_chunk_is_an_error, excess_is_not_seen,
            deadline_in_the_head, deadline_in_the_body, announced_size_is_capped, streamed_size_is_capped,
            dropped_head_leaves_the_client_usable, dropped_body_leaves_the_client_usable,
            dropped_exchange_ends_at_the_origin, exchanges_run_at_the_same_time, connections_are_reused,
            announced_close_is_heeded, silent_close_costs_at_most_one_error, half_closed_connection_is_not_reused,
            unread_body_stops_the_sender, close_ends_all_connections, close_ends_exchanges_in_flight,
            forbidden_addresses_are_not_reached, connect_deadline_is_kept,
            ambiguous_lengths_are_refused, broken_chunks_are_refused, broken_heads_are_refused,
            odd_answers_are_read_rightly, floods_are_cut, split_answers_reach_nobody, unasked_answers_reach_nobody,
            greetings_end_in_an_error, dripping_head_is_cut, open_ended_body_is_cut,
        }
    };
}

/// The laws of one pipeline over a client, one `#[test]` for each; used as [`fetch_laws!`]. Nothing need be `Send`.
#[macro_export]
macro_rules! pipeline_laws {
    ($host:expr, $make:expr $(, except { $($except:tt)* })? $(,)?) => {
        $crate::__laws! { ($) pipeline ($host, $make) { $($($except)*)? }
            every_request_yields_one_result, no_requests_end_at_once, results_come_as_they_are_done,
            concurrency_is_reached_and_kept, concurrency_of_one_is_in_order, dropping_cancels,
            slow_consumer_stops_the_fetching, requests_may_come_over_time, pausing_consumer_loses_no_page,
            pause_in_a_select_loses_no_page, for_each_goes_on_meanwhile, for_each_keeps_the_concurrency, lent_client_stays_open,
            faults_are_errors_of_their_own, timeout_is_an_error_of_its_own, too_large_is_an_error_of_its_own,
            parser_faults_are_errors_of_their_own, parser_that_has_enough_frees_its_place,
            panicking_requests_come_out,
        }
    };
}

/// The laws of pipelines over all workers, one `#[test]` for each; used as [`fetch_laws!`], with a host whose handle is a
/// [`Runtime`](gather_core::Runtime), and a client and a closure that are `Send`.
#[macro_export]
macro_rules! drive_laws {
    ($host:expr, $make:expr $(, except { $($except:tt)* })? $(,)?) => {
        $crate::__laws! { ($) drive ($host, $make) { $($($except)*)? }
            driven_requests_yield_one_result_each, driven_faults_are_errors_of_their_own,
            driven_concurrency_is_reached_and_kept, driven_concurrency_of_one_is_kept,
            slow_consumer_stops_the_workers, pausing_consumer_of_a_drive_loses_no_page,
            for_each_handles_every_result, ended_drive_leaves_no_connection, drive_of_nothing_ends_at_once,
            dropping_a_drive_cancels, shutdown_of_a_drive_is_joined, dropping_a_for_each_cancels,
            panicking_requests_come_out_of_a_drive, panicking_client_comes_out_of_a_drive,
            panicking_handler_comes_out_of_for_each, panicking_parser_takes_no_worker_along,
            everything_runs_on_the_only_worker, every_worker_has_its_client,
        }
    };
}

/// The laws of a [`Compute`](gather_core::Compute), one `#[test]` for each, over a host and a closure that makes the place
/// from its handle; otherwise used as [`runtime_laws!`].
///
/// ```
/// mod inline {
///     use gather_conformance::simulated::Simulated;
///     gather_conformance::compute_laws!(Simulated::new(), |_| gather_core::Inline, except {
///         job_leaves_the_executor_free: "inline work is on the executor's own thread",
///         dropped_job_is_skipped: "inline work has run by the time there is a future to drop",
///         admission_is_bounded: "inline work never waits",
///         jobs_at_once_are_bounded: "inline work never waits",
///     });
/// }
/// ```
#[macro_export]
macro_rules! compute_laws {
    ($host:expr, $make:expr $(, except { $($except:tt)* })? $(,)?) => {
        $crate::__laws! { ($) compute ($host, $make) { $($($except)*)? }
            jobs_give_their_results, job_panic_is_a_value, inline_is_what_it_says, job_leaves_the_executor_free,
            dropped_job_is_skipped, admission_is_bounded, jobs_at_once_are_bounded,
        }
    };
}

/// The laws of TLS and HTTP/2, one `#[test]` for each, over a host and a closure that makes, from its handle and the
/// certificate of an authority (DER), a client that trusts this one alone; otherwise used as [`runtime_laws!`].
///
/// ```ignore
/// gather_conformance::tls_laws!(Tokio::new().unwrap(), |rt, authority: &[u8]| {
///     HyperBuilder::new().root_certificates([authority.to_vec().into()]).build(rt).unwrap()
/// });
/// ```
#[cfg(feature = "tls")]
#[macro_export]
macro_rules! tls_laws {
    ($host:expr, $make:expr $(, except { $($except:tt)* })? $(,)?) => {
        $crate::__laws! { ($) tls ($host, $make) { $($($except)*)? }
            http2_is_agreed_on, http1_over_tls_does, untrusted_certificate_is_refused,
            certificate_of_another_host_is_refused, expired_certificate_is_refused, plain_server_is_no_tls,
            http2_exchanges_share_a_connection, http2_head_comes_before_the_body, http2_dropped_exchange_ends_alone,
            http2_broken_body_is_an_error, http2_head_limits_hold, http2_reset_is_named,
            http2_farewell_ends_the_connection, http2_farewell_finishes_what_was_taken_on,
            http2_lost_request_is_not_unprocessed,
            http2_body_needs_its_end, hangup_in_the_handshake_is_named, empty_content_is_announced_over_tls,
        }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __laws {
    // The dollar comes from outside, since a macro cannot write one for the macro that it writes.
    (($dollar:tt) $module:ident $args:tt { $($except:ident : $why:literal),* $(,)? } $($law:ident),* $(,)?) => {
        // An exception that names no law does not compile.
        $( const _: () = { #[allow(unused_imports, reason = "named, to see that it is there")] use $crate::$module::$except as _; }; )*
        macro_rules! __one_law {
            $( ($except) => { $crate::__law! { #[ignore = $why] $module $except $args } }; )*
            ($dollar law:ident) => { $crate::__law! { $module $dollar law $args } };
        }
        $( __one_law! { $law } )*
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __law {
    ($(#[$attribute:meta])* $module:ident $law:ident ($($arg:expr),*)) => {
        #[test]
        $(#[$attribute])*
        fn $law() {
            $crate::watchdog::watched(stringify!($law), || $crate::$module::$law($($arg),*));
        }
    };
}
