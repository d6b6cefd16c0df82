//! Known answers of the interval, and which rounds are drawn together.

use super::*;

fn close(found: f64, known: f64) {
    assert!((found - known).abs() < 1e-6, "{found} instead of {known}");
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
fn several_processes_are_a_t_interval_of_their_medians() {
    // R: t.test(c(0.00, 0.10, 0.05)): mean 0.05, 95 percent confidence interval -0.0742069 0.1742069.
    let apart = [vec![0.0; 4], vec![0.10, 0.10, 0.10, 9.0], vec![0.05; 4]];
    let estimate = Estimate::new(&apart, 0);
    let (low, high) = estimate.interval();
    close(estimate.centre, 0.05);
    close(low, -0.074_206_9);
    close(high, 0.174_206_9);
    // R: the same test's p-value.
    close(estimate.p_value(), 0.225_403_3);
}

#[test]
fn a_process_counts_the_same_however_many_rounds_it_had() {
    let even = [vec![0.0; 4], vec![0.1; 4], vec![0.2; 4]];
    let uneven = [vec![0.0; 1], vec![0.1; 9], vec![0.2; 2]];
    assert_eq!(Estimate::new(&even, 0), Estimate::new(&uneven, 0));
}

#[test]
fn many_processes_of_one_round_ignore_a_wild_one() {
    let mut rounds: Vec<Vec<f64>> = (0..12).map(|round| vec![0.001 * f64::from(round % 5)]).collect();
    rounds[3] = vec![2.0];
    let (low, high) = Estimate::new(&rounds, 1_000).interval();
    assert!(low > -0.01 && high < 0.01, "{low} {high}");
}

#[test]
fn rounds_that_resemble_the_ones_before_are_drawn_in_blocks() {
    let alternating: Vec<f64> = (0..20).map(|round| f64::from(round % 2)).collect();
    let drifting: Vec<f64> = (0..20).map(f64::from).collect();
    let waves: Vec<f64> = (0..40).map(|round| (f64::from(round) * 1.25).sin()).collect();
    assert_eq!(block_length(&alternating), 1);
    assert_eq!(block_length(&drifting), 4);
    assert_eq!(block_length(&waves), 2);
    // Four blocks at least.
    assert_eq!(block_length(&drifting[..8]), 2);
    assert_eq!(block_length(&[1.0; 20]), 1);
    let shuffled = [13, 2, 7, 18, 0, 11, 5, 16, 9, 3, 19, 8, 1, 14, 6, 12, 4, 17, 10, 15].map(f64::from);
    assert!(Estimate::new(&[drifting], 1_000).error > Estimate::new(&[shuffled.to_vec()], 1_000).error);
}

#[test]
fn without_any_spread_only_a_centre_of_zero_is_likely() {
    let of = |centre| Estimate { centre, error: 0.0, degrees: 3 }.p_value();
    assert_eq!((of(0.0), of(0.1), of(-0.1)), (1.0, 0.0, 0.0));
}
