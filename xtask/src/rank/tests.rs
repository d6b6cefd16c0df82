//! Known answers for means and places.

use super::*;

fn compared(ratio: f64, low: f64, high: f64) -> Comparison {
    Comparison { ratio, low, high, ..stats::compare(&[vec![0.0; ENOUGH_ROUNDS]], 0.02).unwrap() }
}

#[test]
fn the_mean_is_geometric_and_its_interval_narrows_with_the_cells() {
    let mean = Mean::of(&[compared(0.5, 0.5, 0.5), compared(2.0, 2.0, 2.0)]).unwrap();
    assert!(mean.centre.abs() < 1e-12 && mean.low.abs() < 1e-12 && mean.high.abs() < 1e-12, "{mean:?}");
    let wide = [compared(1.0, (-0.1_f64).exp(), 0.1_f64.exp()); 4];
    let mean = Mean::of(&wide).unwrap();
    assert!((mean.high - 0.05).abs() < 1e-12 && (mean.low + 0.05).abs() < 1e-12, "{mean:?}");
    assert_eq!(Mean::of(&[]), None);
}

#[test]
fn equals_share_their_places() {
    let values = [10, 10, 7, 6, 3];
    // Ahead by more than one.
    let leads = |upper: usize, lower: usize| values[upper] - values[lower] > 1;
    assert_eq!(places(5, leads), [(1, 2), (1, 2), (3, 4), (3, 4), (5, 5)]);
    assert_eq!(places(3, |_, _| false), [(1, 3); 3]);
    assert_eq!(places(3, |_, _| true), [(1, 1), (2, 2), (3, 3)]);
    assert_eq!(places(0, |_, _| true), []);
}

#[test]
fn a_chain_of_ties_does_not_make_its_ends_equal() {
    // Each ties with its neighbour, the first leads the last.
    assert_eq!(places(3, |upper, lower| lower - upper > 1), [(1, 2), (1, 3), (2, 3)]);
}
