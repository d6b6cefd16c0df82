//! Prints. Unlike `print!` it does not panic when the reader of a pipe has gone (`cargo xtask list | head`): there is then nobody
//! left to tell, and what was measured is in the results file.

use std::io::{Write as _, stderr, stdout};

/// Results, on standard output.
pub(crate) fn out(text: &str) {
    let _ = stdout().write_all(text.as_bytes());
    let _ = stdout().flush();
}

/// A line about the run itself, on standard error.
pub(crate) fn note(line: &str) {
    let _ = stderr().write_all(format!("{line}\n").as_bytes());
}
