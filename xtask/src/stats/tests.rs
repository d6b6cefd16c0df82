//! Known answers for the statistics, and what the interval promises, tried on noise with a known truth.

use super::*;

fn one_process(logs: &[f64]) -> Comparison {
    compare(&[logs.to_vec()], 0.02).expect("there are rounds")
}

#[test]
fn the_median_of_odd_and_even_lists() {
    assert_eq!(median(&mut [3.0, 1.0, 2.0]), Some(2.0));
    assert_eq!(median(&mut [4.0, 1.0, 3.0, 2.0]), Some(2.5));
    assert_eq!(median(&mut []), None);
}

#[test]
fn without_a_round_there_is_no_comparison() {
    assert_eq!(compare(&[], 0.02), None);
    assert_eq!(compare(&[Vec::new()], 0.02), None);
}

#[test]
fn constant_ratios_have_an_interval_of_no_width() {
    let twice = one_process(&[2f64.ln(); 10]);
    assert!((twice.ratio - 2.0).abs() < 1e-12 && (twice.low - 2.0).abs() < 1e-12 && (twice.high - 2.0).abs() < 1e-12);
    assert_eq!(twice.verdict, Verdict::Faster);
    assert_eq!(one_process(&[0.5f64.ln(); 10]).verdict, Verdict::Slower);
    assert_eq!(one_process(&[1.01f64.ln(); 10]).verdict, Verdict::Equivalent);
}

#[test]
fn an_interval_across_the_bound_is_inconclusive() {
    let logs: Vec<f64> = (0..10).map(|round| if round % 2 == 0 { 1.10f64.ln() } else { 0.95f64.ln() }).collect();
    assert_eq!(one_process(&logs).verdict, Verdict::Inconclusive);
}

#[test]
fn seven_rounds_give_a_range_and_no_verdict() {
    let few = one_process(&[0.0, 0.7, 0.1, 0.2, 0.3, 0.4, 0.5]);
    assert_eq!((few.verdict, few.rounds), (Verdict::Inconclusive, 7));
    assert!((few.low - 1.0).abs() < 1e-12 && (few.high - 0.7f64.exp()).abs() < 1e-12);
    assert!((few.ratio - 0.3f64.exp()).abs() < 1e-12);
}

#[test]
fn the_same_rounds_give_the_same_interval() {
    let logs = [0.01, 0.05, -0.02, 0.04, 0.03, 0.00, 0.02, 0.06, -0.01];
    assert_eq!(one_process(&logs), one_process(&logs));
}

#[test]
fn one_wild_round_decides_nothing() {
    let mut logs = [0.001; 12];
    logs[3] = 2.0;
    assert_eq!(one_process(&logs).verdict, Verdict::Equivalent);
}

#[test]
fn processes_that_disagree_widen_the_interval() {
    let apart = [vec![0.00; 6], vec![0.10; 6], vec![0.05; 6]];
    let mixed = [apart.concat()];
    let (apart, mixed) = (compare(&apart, 0.02).unwrap(), compare(&mixed, 0.02).unwrap());
    assert!(apart.high - apart.low >= mixed.high - mixed.low, "{apart:?} {mixed:?}");
}

#[test]
fn what_is_not_a_finite_number_is_not_a_round() {
    let mut logs = vec![0.01; 10];
    let clean = one_process(&logs);
    logs.extend([f64::NAN, f64::INFINITY, f64::NEG_INFINITY]);
    assert_eq!(one_process(&logs), clean);
    assert_eq!(compare(&[vec![f64::NAN], Vec::new()], 0.02), None);
    let with_empty = compare(&[Vec::new(), vec![0.01; 10], vec![f64::NAN]], 0.02).unwrap();
    assert_eq!((with_empty.processes, with_empty), (1, clean));
}

#[test]
fn the_p_value_is_below_five_percent_where_the_interval_leaves_one_out() {
    let mut rng = fastrand::Rng::with_seed(5);
    let (mut out, mut within) = (0, 0);
    for number in 0..60 {
        let (processes, rounds) = [(1, 12), (3, 4), (9, 1)][number % 3];
        let logs: Vec<Vec<f64>> =
            (0..processes).map(|_| (0..rounds).map(|_| 0.02 + 0.05 * (rng.f64() - 0.5)).collect()).collect();
        let compared = compare(&logs, 0.02).unwrap();
        let left_out = compared.low > 1.0 || compared.high < 1.0;
        assert_eq!(left_out, compared.p_value < 0.05, "{compared:?}");
        assert!((compared.low..=compared.high).contains(&compared.ratio), "{compared:?}");
        *(if left_out { &mut out } else { &mut within }) += 1;
    }
    assert!(out > 0 && within > 0, "both sides were tried: {out} {within}");
}

#[test]
fn a_ratio_and_its_inverse_are_judged_alike() {
    let logs = [vec![0.01, 0.03, 0.02, 0.05], vec![0.04, 0.03, 0.03, 0.01], vec![0.06, 0.02, 0.04, 0.04]];
    let inverse = logs.clone().map(|rounds| rounds.iter().map(|log| -log).collect::<Vec<f64>>());
    let (there, back) = (compare(&logs, 0.001).unwrap(), compare(&inverse, 0.001).unwrap());
    assert_eq!((there.verdict, back.verdict), (Verdict::Faster, Verdict::Slower));
    assert!((there.low * back.high - 1.0).abs() < 1e-12 && (there.high * back.low - 1.0).abs() < 1e-12);
}

#[test]
fn what_is_undecided_can_say_how_many_rounds_it_needs() {
    let logs: Vec<f64> = (0..12).map(|round| if round % 2 == 0 { 0.05 } else { -0.03 }).collect();
    let compared = one_process(&logs);
    assert_eq!(compared.verdict, Verdict::Inconclusive);
    // Every round is 0.04 from the median.
    assert!((compared.sigma - 1.4826 * 0.04).abs() < 1e-12, "{compared:?}");
    assert_eq!(planning::rounds_needed(compared.sigma, 0.02), 69);
}
