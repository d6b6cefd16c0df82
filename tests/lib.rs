//! The README's code, compiled, and what several tests have in common. Everything else stands beside this file, each with what it
//! is for.
#![forbid(unsafe_code)]

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}

/// Each of these, an `async fn` over any runtime, on each runtime as a `#[test]` of its own.
#[macro_export]
macro_rules! on_each_runtime {
    ($($test:ident),* $(,)?) => {
        $crate::on_each_runtime!(@ tokio, gather_tokio::Tokio::with_threads(2).expect("a runtime"), $($test)*);
        $crate::on_each_runtime!(@ smol, gather_smol::Smol::with_threads(2).expect("an executor"), $($test)*);
        $crate::on_each_runtime!(@ async_std, gather_async_std::AsyncStd::new(), $($test)*);
    };
    (@ $runtime:ident, $host:expr, $($test:ident)*) => {
        mod $runtime {
            $(#[test]
            fn $test() {
                gather_conformance::watchdog::watched(stringify!($test), || {
                    gather_core::Host::run($host, async |runtime| super::$test(runtime).await);
                });
            })*
        }
    };
}
