//! The table of rounds needed, and a deviation that wild rounds do not move.

use super::*;

#[test]
fn the_table_of_rounds_needed() {
    // Each row: sigma, and the rounds for differences of 0.5, 1, 2, 3 and 5 %.
    let table = [
        (0.01, [32, 8, 8, 8, 8]),
        (0.03, [283, 71, 18, 8, 8]),
        (0.05, [784, 196, 49, 22, 8]),
        (0.10, [3_136, 784, 196, 88, 32]),
    ];
    for (sigma, needed) in table {
        assert_eq!(
            [0.005, 0.01, 0.02, 0.03, 0.05].map(|difference| rounds_needed(sigma, difference)),
            needed,
            "{sigma}"
        );
    }
}

#[test]
fn the_direction_of_a_difference_does_not_matter() {
    assert_eq!(rounds_needed(0.05, -0.02), 49);
}

#[test]
fn no_difference_needs_more_rounds_than_there_are_and_no_noise_the_fewest() {
    assert_eq!(rounds_needed(0.01, 0.0), usize::MAX);
    assert_eq!(rounds_needed(0.0, 0.01), ENOUGH_ROUNDS);
}

#[test]
fn the_deviation_ignores_a_wild_value() {
    // R: mad(c(1, 2, 3, 4, 5)) is 1.4826; with 1000 in place of 5 as well.
    assert!((robust_deviation(&[1.0, 2.0, 3.0, 4.0, 5.0]) - 1.4826).abs() < 1e-12);
    assert!((robust_deviation(&[1.0, 1_000.0, 3.0, 4.0, 2.0]) - 1.4826).abs() < 1e-12);
    assert_eq!(robust_deviation(&[7.0]), 0.0);
    assert_eq!(robust_deviation(&[]), 0.0);
}
