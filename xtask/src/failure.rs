//! Why a command ended early, and the exit code that says so.

use std::fmt;
use std::io;

/// A message for a person, and what kind of end it is.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The command line, a workload file, the build or the machine is not as it must be.
    Setup(String),
    /// The origin, or another process that everything needs, ended or said something that it must not say.
    Died(String),
    /// The process that was asked ended, hung, or said something that it must not say.
    Silent(String),
    /// ^C, or a request of the system to end.
    Interrupted,
    /// The plan held nothing that could be measured.
    Nothing(String),
}

/// An engine failed, so that a part of what was asked for is missing.
pub(crate) const FAILED: u8 = 1;
/// Some answer was wrong, so that its timing was refused.
pub(crate) const WRONG_ANSWER: u8 = 2;
/// Something is worse than it may be: an engine, or the lab itself.
pub(crate) const REGRESSION: u8 = 3;
/// The machine was too noisy: a control that must tie did not, or too wide an interval.
pub(crate) const TOO_NOISY: u8 = 4;

impl Failure {
    /// The exit codes of the help text.
    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Failure::Setup(_) | Failure::Died(_) | Failure::Silent(_) => 1,
            Failure::Nothing(_) => 5,
            Failure::Interrupted => 130,
        }
    }

    /// An input or output error, with what was being done in the words of a person.
    pub(crate) fn io(doing: impl fmt::Display, error: &io::Error) -> Failure {
        Failure::Setup(format!("{doing}: {error}"))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Setup(message) | Failure::Died(message) | Failure::Silent(message) | Failure::Nothing(message) => {
                f.write_str(message)
            }
            Failure::Interrupted => f.write_str("interrupted"),
        }
    }
}
