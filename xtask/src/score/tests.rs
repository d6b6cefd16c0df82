//! The A/A control, and how rounds are paired.

use super::*;

/// The reference and its twin, which is off by these logarithms in turn.
fn control(off: &[f64]) -> Vec<Row> {
    let rounds = |value: &dyn Fn(usize) -> f64| (1..=12).map(|round| (round, value(round))).collect::<Vec<_>>();
    let reference = Row::new("tokio", Family::Async, &rounds(&|_| 0.0));
    let mut twin = Row::new("tokio (A/A)", Family::Async, &rounds(&|round| off[round % off.len()]));
    twin.twin = true;
    twin.ratio = compare(&twin, &reference, 0.02);
    vec![reference, twin]
}

#[test]
fn a_control_that_ties_is_valid_and_says_how_well() {
    let Validity::Valid { floor } = validity(&control(&[0.004, -0.004]), 0.02) else { panic!("valid") };
    assert!((0.003..0.005).contains(&floor), "{floor}");
}

#[test]
fn a_control_that_does_not_tie_is_invalid() {
    let Validity::Invalid(why) = validity(&control(&[0.03, 0.031]), 0.02) else { panic!("invalid") };
    assert!(why.starts_with("the reference does not tie with itself: 1.03"), "{why}");
}

#[test]
fn a_control_that_is_off_by_a_hair_is_chance() {
    assert!(matches!(validity(&control(&[0.005, 0.006]), 0.02), Validity::Valid { .. }));
}

#[test]
fn a_control_that_is_too_wide_is_invalid() {
    let Validity::Invalid(why) = validity(&control(&[0.1, -0.1]), 0.02) else { panic!("invalid") };
    assert!(why.starts_with("too noisy: "), "{why}");
}

#[test]
fn without_a_control_or_enough_rounds_nothing_is_known() {
    let mut rows = control(&[0.0]);
    assert_eq!(validity(&rows[..1], 0.02), Validity::Unknown);
    rows[1].ratio.as_mut().unwrap().rounds = 7;
    assert_eq!(validity(&rows, 0.02), Validity::Unknown);
}

#[test]
fn rounds_are_paired_by_number_and_listed_by_process() {
    let sample = |process, round, value| Sample { process: (process, 0), round, value };
    let row = [sample(1, 3, 3.0), sample(0, 2, 2.0), sample(0, 1, 1.0), sample(1, 4, 9.0)];
    let other = [sample(0, 1, 0.5), sample(1, 3, 1.0), sample(0, 2, 0.0)];
    assert_eq!(pair(&row, &other), [vec![0.5, 2.0], vec![2.0]]);
}
