//! Why a command ended early, and the exit code that says so.

use std::fmt;
use std::io;

/// A message for a person, and what kind of end it is.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The command line, a workload file, the build or the machine is not as it must be.
    Setup(String),
    /// A process of the lab ended or said something that it must not say.
    Died(String),
    /// ^C, or a request of the system to end.
    Interrupted,
    /// The plan held nothing that could be measured.
    Nothing(String),
}

/// Some answer was wrong, so that its timing was refused.
pub(crate) const WRONG_ANSWER: u8 = 2;

impl Failure {
    /// The exit codes of the help text.
    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Failure::Setup(_) | Failure::Died(_) => 1,
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
            Failure::Setup(message) | Failure::Died(message) | Failure::Nothing(message) => f.write_str(message),
            Failure::Interrupted => f.write_str("interrupted"),
        }
    }
}
