//! The command line that all examples have in common.

use std::fmt;
use std::process::ExitCode;
use std::str::FromStr;

use pico_args::Arguments;

/// Which runtime an example is to run on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RuntimeName {
    /// `tokio`, the default.
    #[default]
    Tokio,
    /// `async-std`.
    AsyncStd,
    /// `smol`.
    Smol,
}

impl FromStr for RuntimeName {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        match name {
            "tokio" => Ok(RuntimeName::Tokio),
            "async-std" => Ok(RuntimeName::AsyncStd),
            "smol" => Ok(RuntimeName::Smol),
            _ => Err(format!("there is no runtime `{name}`; there are tokio, async-std, smol")),
        }
    }
}

/// Takes `--runtime` off the command line and runs `example` with it and with the arguments that are left.
///
/// The exit code is 0, 1 when the example fails, or 2 when the arguments are not understood; the reason goes to
/// standard error.
pub fn start(example: impl FnOnce(RuntimeName, Arguments) -> anyhow::Result<()>) -> ExitCode {
    let mut arguments = Arguments::from_env();
    if arguments.contains(["-h", "--help"]) {
        println!("{USAGE}");
        return ExitCode::SUCCESS;
    }
    let name = match arguments.opt_value_from_fn("--runtime", RuntimeName::from_str) {
        Ok(name) => name.unwrap_or_default(),
        Err(error) => return misunderstood(&error),
    };
    match example(name, arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if error.is::<pico_args::Error>() || error.is::<UnknownArgument>() => misunderstood(&error),
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Refuses arguments that nobody has taken.
///
/// # Errors
///
/// Names the first of them. [`start`] makes it exit code 2.
pub fn no_more(arguments: Arguments) -> anyhow::Result<()> {
    match arguments.finish().into_iter().next() {
        None => Ok(()),
        Some(argument) => Err(UnknownArgument(argument.to_string_lossy().into_owned()).into()),
    }
}

fn misunderstood(error: &dyn fmt::Display) -> ExitCode {
    eprintln!("error: {error}\n\n{USAGE}");
    ExitCode::from(2)
}

#[derive(Debug)]
struct UnknownArgument(String);

impl fmt::Display for UnknownArgument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is not understood here", self.0)
    }
}

impl std::error::Error for UnknownArgument {}

const USAGE: &str = "usage: cargo run -p gather-examples --example NAME -- [--runtime tokio|async-std|smol]
       cpu_bound also takes --below N, web_scraper also takes addresses";
