//! What a test found, and the table of all of them.

use crate::numbers;
use crate::report::wrap;
use crate::stats::binomial;
use crate::style::{Style, Tone};
use crate::table::{Align, Table};

/// The level of every bound.
const CONFIDENCE: f64 = 0.95;

/// What the two findings that rest on many tries are called, here and in files.
pub(crate) const IDENTICAL: &str = "identical code told apart";
pub(crate) const INJECTED: &str = "5 % more CPU time found";

/// One line of the self-test.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Finding {
    pub(crate) what: String,
    pub(crate) found: String,
    pub(crate) numbers: Numbers,
    pub(crate) wanted: String,
    pub(crate) held: bool,
    /// Whether a noisy machine alone may fail it.
    pub(crate) statistical: bool,
}

/// What was found, for whoever reckons with it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Numbers {
    /// So many of so many tries, and between which shares the truth lies where that was asked.
    Tries { found: u64, tries: u64, bounds: Option<(f64, f64)> },
    /// Seconds, and those that theory wants.
    Seconds { read: f64, theory: f64 },
    /// There was nothing to read.
    Nothing,
}

impl Finding {
    /// A thing that is caught or not.
    pub(crate) fn caught(what: &str, held: bool, found: impl Into<String>) -> Finding {
        let wanted = "caught".into();
        let numbers = Numbers::Tries { found: held.into(), tries: 1, bounds: None };
        Finding { what: what.into(), found: found.into(), numbers, wanted, held, statistical: false }
    }

    /// So many false verdicts in so many tries of identical code.
    pub(crate) fn false_verdicts(wrong: u64, tries: u64) -> Finding {
        let bound = binomial::binomial_upper_bound(wrong, tries, CONFIDENCE);
        Finding {
            what: IDENTICAL.into(),
            found: format!("{wrong} of {tries}: at most {:.2} %", bound * 100.0),
            numbers: Numbers::Tries { found: wrong, tries, bounds: Some((0.0, bound)) },
            wanted: "at most 3 %".into(),
            held: bound <= 0.03,
            statistical: true,
        }
    }

    /// So many of so many differences found.
    pub(crate) fn detected(what: &str, found: u64, tries: u64) -> Finding {
        let (low, high) = binomial::binomial_interval(found, tries, CONFIDENCE);
        // 38 of 40, in proportion.
        let wanted = tries - tries / 20;
        Finding {
            what: what.into(),
            found: format!("{found} of {tries}: {:.1} to {:.1} %", low * 100.0, high * 100.0),
            numbers: Numbers::Tries { found, tries, bounds: Some((low, high)) },
            wanted: format!("at least {wanted}"),
            held: tries > 0 && found >= wanted,
            statistical: true,
        }
    }

    /// A number against its theory.
    pub(crate) fn reading(what: &str, seconds: f64, theory: f64, tolerance: f64) -> Finding {
        let off = seconds / theory - 1.0;
        Finding {
            what: what.into(),
            found: format!(
                "{} s for {} s ({:+.1} %)",
                numbers::significant(seconds),
                numbers::significant(theory),
                off * 100.0
            ),
            numbers: Numbers::Seconds { read: seconds, theory },
            wanted: format!("within {:.0} %", tolerance * 100.0),
            held: off.abs() <= tolerance,
            statistical: false,
        }
    }
}

/// All of them, and what it comes to.
pub(crate) fn table(findings: &[Finding]) -> String {
    let style = Style::detect();
    let mut table =
        Table::new(&[("self-test", Align::Left), ("found", Align::Left), ("wanted", Align::Left), ("", Align::Left)]);
    for finding in findings {
        let (word, tone) = if finding.held { ("held", Tone::Good) } else { ("FAILED", Tone::Bad) };
        table.row(vec![
            (finding.what.clone(), Tone::Plain),
            (finding.found.clone(), Tone::Plain),
            (finding.wanted.clone(), Tone::Quiet),
            (word.into(), tone),
        ]);
    }
    let failed = findings.iter().filter(|finding| !finding.held).count();
    let sum = match failed {
        0 => format!("all {} tests held; bounds are at 95 % (Clopper and Pearson).", findings.len()),
        _ => format!("{failed} of {} tests FAILED.", findings.len()),
    };
    format!("\n{}{}", table.render(style), wrap("verdict: ", &sum))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn none_of_a_hundred_is_just_below_three_percent_and_one_is_not() {
        assert!(Finding::false_verdicts(0, 100).held);
        assert!(!Finding::false_verdicts(0, 98).held);
        assert!(!Finding::false_verdicts(1, 100).held);
        assert!(Finding::false_verdicts(1, 160).held);
    }

    #[test]
    fn thirty_eight_of_forty_hold_and_thirty_seven_do_not() {
        assert!(Finding::detected("5 %", 38, 40).held);
        assert!(!Finding::detected("5 %", 37, 40).held);
        assert!(!Finding::detected("5 %", 0, 0).held);
    }

    #[test]
    fn a_reading_is_held_against_its_theory() {
        assert!(Finding::reading("p99", 1.20, 1.26, 0.05).held);
        assert!(!Finding::reading("p99", 0.006, 1.26, 0.05).held);
        let text = table(&[Finding::reading("p99", 0.006, 1.26, 0.05)]);
        assert!(text.contains("-99.5 %") && text.contains("1 of 1 tests FAILED"), "{text}");
    }
}
