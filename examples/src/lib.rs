//! What every example shares: the choice of a runtime on the command line, and somewhere to fetch from on this machine.
//!
//! An example is one asynchronous function over any runtime that can connect; [`main!`] makes the program of it.
//!
//! The idea of a forgotten `await` has no file of its own, because such a program need not get as far as running: the
//! compiler points at the line. Denied, as in a continuous integration, it does not build:
//!
//! ```compile_fail
//! #![deny(unused_must_use)]
//! async fn clean_up() {}
//!
//! async fn example() {
//!     clean_up();
//! }
//! ```
//!
//! which is the same, but for the `await`, as what does:
//!
//! ```
//! #![deny(unused_must_use)]
//! async fn clean_up() {}
//!
//! async fn example() {
//!     clean_up().await;
//! }
//! ```
#![forbid(unsafe_code)]

mod command_line;
mod site;

pub use command_line::{RuntimeName, start};
pub use gather_conformance::origin::Origin;
pub use pico_args::Arguments;
pub use site::Site;

// For `main!` and `on_runtime!`, which expand in crates that need not depend on these.
#[doc(hidden)]
pub mod adapters {
    pub use gather_async_std::AsyncStd;
    pub use gather_core::Host;
    pub use gather_smol::Smol;
    pub use gather_tokio::Tokio;
}

/// Writes the `main` of an example: takes `--runtime tokio|async-std|smol` and runs the function on it.
///
/// The function is given the runtime's handle and, when `main!` says so, the arguments that are left.
///
/// ```
/// use gather_core::Runtime;
///
/// gather_examples::main!(workers);
///
/// async fn workers<R: Runtime>(runtime: R) -> anyhow::Result<()> {
///     println!("{} workers", runtime.workers());
///     Ok(())
/// }
/// ```
#[macro_export]
macro_rules! main {
    ($example:path) => {
        fn main() -> std::process::ExitCode {
            $crate::start(|name, arguments| {
                $crate::no_more(arguments)?;
                $crate::on_runtime!(name, async |runtime| $example(runtime).await)
            })
        }
    };
    ($example:path, arguments) => {
        fn main() -> std::process::ExitCode {
            $crate::start(|name, arguments| {
                $crate::on_runtime!(name, async |runtime| $example(runtime, arguments).await)
            })
        }
    };
}

/// Runs an asynchronous closure on the runtime of that name. It is compiled once for each of them.
#[macro_export]
macro_rules! on_runtime {
    ($name:expr, $main:expr) => {{
        use $crate::adapters::{AsyncStd, Host, Smol, Tokio};
        match $name {
            $crate::RuntimeName::Tokio => Tokio::new()?.run($main),
            $crate::RuntimeName::AsyncStd => AsyncStd::new().run($main),
            $crate::RuntimeName::Smol => Smol::new()?.run($main),
        }
    }};
}

pub use command_line::no_more;
