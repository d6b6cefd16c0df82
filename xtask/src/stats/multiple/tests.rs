//! The example of the paper, and how often equals stand out.

use fastrand::Rng;

use super::*;

#[test]
fn the_example_of_benjamini_and_hochberg() {
    // Their example: at q = 0.05 the four smallest of fifteen, where each alone at 0.05 would be nine.
    let p_values = [
        0.000_1, 0.000_4, 0.001_9, 0.009_5, 0.020_1, 0.027_8, 0.029_8, 0.034_4, 0.045_9, 0.324_0, 0.426_2, 0.571_9,
        0.652_8, 0.759_0, 1.000_0,
    ];
    let expected: Vec<bool> = (0..15).map(|index| index < 4).collect();
    assert_eq!(stand_out(&p_values, 0.05), expected);
    let backwards: Vec<f64> = p_values.iter().rev().copied().collect();
    assert_eq!(stand_out(&backwards, 0.05), expected.into_iter().rev().collect::<Vec<bool>>());
}

#[test]
fn a_larger_one_below_its_rank_takes_the_smaller_with_it() {
    // 0.04 is above 0.05 * 1 / 3 and 0.05 * 2 / 3; but the third is just within 0.05 * 3 / 3.
    assert_eq!(stand_out(&[0.04, 0.045, 0.05], 0.05), [true, true, true]);
    assert_eq!(stand_out(&[0.04, 0.045, 0.051], 0.05), [false, false, false]);
}

#[test]
fn nothing_and_what_is_not_a_number_do_not_stand_out() {
    assert_eq!(stand_out(&[], 0.05), [] as [bool; 0]);
    assert_eq!(stand_out(&[f64::NAN, 0.001], 0.05), [false, true]);
}

#[test]
fn among_equals_something_stands_out_as_rarely_as_it_says() {
    let mut rng = Rng::with_seed(23);
    let families = (0..2_000).filter(|_| {
        let p_values: Vec<f64> = (0..40).map(|_| rng.f64()).collect();
        stand_out(&p_values, 0.05).contains(&true)
    });
    let families = families.count();
    assert!((65..=135).contains(&families), "{families} of 2,000 families");
}

#[test]
fn false_alarms_add_up() {
    assert!((expected_false_alarms(120, 0.01) - 1.2).abs() < 1e-12);
}
