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
fn the_median_of_counts_is_the_median_of_the_list_they_stand_for() {
    let mut rng = Rng::with_seed(3);
    for _ in 0..200 {
        let mut sorted: Vec<f64> = (0..rng.usize(1..9)).map(|_| rng.f64()).collect();
        sorted.sort_by(f64::total_cmp);
        let counts: Vec<usize> = sorted.iter().map(|_| rng.usize(0..4)).collect();
        let mut list: Vec<f64> = sorted.iter().zip(&counts).flat_map(|(value, count)| vec![*value; *count]).collect();
        if let Some(expected) = median(&mut list) {
            assert!((median_of_counts(&sorted, &counts) - expected).abs() < 1e-12, "{sorted:?} {counts:?}");
        }
    }
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
fn the_share_left_outside_grows_with_the_rounds_towards_two_and_a_half_percent() {
    // phi(-sqrt(n / (n - 1)) * t(0.975, n - 1)), from tables of both, for numbers of rounds between those in the code.
    for (rounds, known) in
        [(8, 0.005_74), (9, 0.007_22), (11, 0.009_73), (25, 0.017_57), (40, 0.020_29), (1_000, 0.024_81)]
    {
        let found = outside(rounds);
        assert!((found - known).abs() < 2e-4, "{rounds} rounds: {found} instead of {known}");
    }
}

#[test]
fn the_interval_holds_the_truth_about_as_often_as_it_says() {
    let mut rng = Rng::with_seed(7);
    for rounds in [8, 15] {
        let mut held = 0;
        for _ in 0..1_000 {
            let logs: Vec<f64> = (0..rounds).map(|_| 0.05 + 0.03 * noise(&mut rng)).collect();
            let (low, high) = interval(&[logs], 500);
            held += usize::from(low <= 0.05 && 0.05 <= high);
        }
        assert!((940..=995).contains(&held), "{rounds} rounds: held {held} times of 1,000");
    }
}

/// The sum of twelve uniform numbers, less six, is close to a normal one; one in ten is eight times as far out, as on a
/// shared machine.
fn noise(rng: &mut Rng) -> f64 {
    let normal = (0..12).map(|_| rng.f64()).sum::<f64>() - 6.0;
    if rng.u8(0..10) == 0 { 8.0 * normal } else { normal }
}
