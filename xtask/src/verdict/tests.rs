//! Verdicts in words, from rounds with a known outcome.

use super::*;
use crate::gates::Gated;
use crate::metric::{Item, Metric};

/// A row whose goodness is constant but for a little noise that no verdict turns on.
fn row(label: &str, family: Family, rate: f64, rounds: usize) -> Row {
    let rounds: Vec<(usize, f64)> =
        (1..=rounds).map(|round| (round, rate.ln() + if round % 2 == 0 { 0.001 } else { -0.001 })).collect();
    // Async takes twice the CPU time of everything else here.
    let cpu: f64 = if family == Family::Async { 40e-6 } else { 20e-6 };
    let mut row = Row { value: rate, cpu_seconds: cpu, peak_bytes: 8e6, ..Row::new(label, family, &rounds) };
    row.cpu_rounds.iter_mut().for_each(|sample| sample.value = cpu.ln());
    row
}

fn score(rows: Vec<Row>) -> Score {
    let reference = rows.first().map(|row| row.label.clone());
    Score {
        metric: Metric::Rate(Item::Page),
        rows,
        reference,
        limit: None,
        delta: 0.02,
        validity: Validity::Unknown,
        gated: Gated::default(),
    }
}

#[test]
fn async_that_wins_is_worth_it() {
    let score = score(vec![row("tokio", Family::Async, 3000.0, 10), row("pool", Family::Blocking, 1000.0, 10)]);
    assert_eq!(
        sentences(&score).join(" "),
        "tokio is fastest, 3.00 [3.00, 3.00] times as fast as pool. Async is worth it here: tokio is 3.00 [3.00, 3.00] \
         times as fast as pool, the best blocking control; tokio takes 2.00 [2.00, 2.00] times its CPU time and 1.00 times \
         its memory."
    );
    assert_eq!(short(&score), "fastest: tokio; async against blocking: 3.00 times");
}

#[test]
fn a_tie_is_a_tie_and_async_gains_nothing() {
    let score = score(vec![
        row("tokio", Family::Async, 1000.0, 10),
        row("smol", Family::Async, 1001.0, 10),
        row("pool", Family::Blocking, 1002.0, 10),
    ]);
    let text = sentences(&score).join(" ");
    assert!(text.starts_with("pool, tokio and smol tie for fastest (within 2 %)."), "{text}");
    assert!(text.contains("Async gains nothing here: smol ties with pool"), "{text}");
    assert_eq!(short(&score), "fastest, tied: pool, tokio and smol; async against blocking: a tie");
}

#[test]
fn a_program_in_another_language_is_no_control_for_async() {
    let outside = Row { outside: true, ..row("python-requests", Family::Blocking, 10.0, 10) };
    let alone = score(vec![row("tokio", Family::Async, 3000.0, 10), outside.clone()]);
    let text = sentences(&alone).join(" ");
    assert_eq!(text, "tokio is fastest, 300 [300, 300] times as fast as python-requests.");
    assert_eq!(short(&alone), "fastest: tokio");
    assert!(!has_both_kinds(&alone));

    let with_ours =
        score(vec![row("tokio", Family::Async, 3000.0, 10), outside, row("pool", Family::Blocking, 1000.0, 10)]);
    assert_eq!(short(&with_ours), "fastest: tokio; async against blocking: 3.00 times");
}

#[test]
fn who_does_less_with_a_page_is_not_the_fastest() {
    let less = Row { same_work: false, ..row("tokio parse=length", Family::Async, 9000.0, 10) };
    let score = score(vec![row("tokio", Family::Async, 3000.0, 10), less, row("pool", Family::Blocking, 1000.0, 10)]);
    assert_eq!(short(&score), "fastest: tokio; async against blocking: 3.00 times");
}

#[test]
fn who_stands_beside_floors_alone_has_not_won() {
    let score = score(vec![row("wrk", Family::Floor, 3000.0, 10), row("tokio", Family::Async, 1000.0, 10)]);
    assert_eq!(sentences(&score), ["tokio has no rival here."]);
    assert_eq!(short(&score), "no rival: tokio");
}

#[test]
fn of_a_zero_there_is_no_ratio() {
    let nothing = Row { has_zero: true, value: 1e-9, ..row("smol", Family::Async, 1e-9, 10) };
    let mut score =
        score(vec![row("tokio", Family::Async, 3000.0, 10), nothing, row("pool", Family::Blocking, 1e3, 10)]);
    score.metric = Metric::Word { name: "per_task_bytes".into(), more_is_better: false };
    let text = sentences(&score).join(" ");
    assert!(text.starts_with("smol leads; inconclusive against tokio and pool after 10 rounds."), "{text}");
    assert!(text.ends_with("Of a zero there is no ratio, and smol had one in some round."), "{text}");
}

#[test]
fn blocking_that_wins_is_said_so() {
    let score = score(vec![row("tokio", Family::Async, 500.0, 10), row("pool", Family::Blocking, 1000.0, 10)]);
    let text = sentences(&score).join(" ");
    assert!(text.contains("Async is not worth it here: the best blocking control, pool, is 2.00"), "{text}");
}

#[test]
fn rounds_that_disagree_are_inconclusive() {
    let wild: Vec<(usize, f64)> = (1..=10).map(|round| (round, if round % 2 == 0 { 0.2 } else { -0.2 })).collect();
    let wild = Row { value: 1.01, ..Row::new("smol", Family::Async, &wild) };
    let text = sentences(&score(vec![row("tokio", Family::Async, 1.0, 10), wild])).join(" ");
    assert_eq!(text, "smol leads; inconclusive against tokio after 10 rounds.");
}

#[test]
fn seven_rounds_are_inconclusive_however_clear_they_look() {
    let score = score(vec![row("tokio", Family::Async, 3000.0, 7), row("pool", Family::Blocking, 1000.0, 7)]);
    assert!(sentences(&score)[0].starts_with("Inconclusive: 7 rounds of 8"));
    assert_eq!(short(&score), "inconclusive");
}

#[test]
fn a_floor_never_wins_and_a_control_tells_what_our_layers_cost() {
    let score = score(vec![
        row("tokio", Family::Async, 1000.0, 10),
        row("hyper-bare", Family::Control, 1200.0, 10),
        row("raw-floor", Family::Floor, 3000.0, 10),
    ]);
    let text = sentences(&score).join(" ");
    assert_eq!(
        text,
        "tokio has no rival here. tokio takes 2.00 [2.00, 2.00] times the CPU time of hyper-bare, which has none of our layers."
    );
}

#[test]
fn nothing_measured_is_inconclusive() {
    assert_eq!(sentences(&score(vec![])), ["Inconclusive: nothing was measured."]);
}

#[test]
fn a_failed_control_leaves_nothing_to_say() {
    let mut score = score(vec![row("tokio", Family::Async, 3000.0, 10), row("pool", Family::Blocking, 1000.0, 10)]);
    score.validity = Validity::Invalid("the reference does not tie with itself".into());
    assert!(sentences(&score).join(" ").starts_with("Invalid: the reference does not tie with itself."));
    assert_eq!(short(&score), "invalid: the A/A control failed");
}
