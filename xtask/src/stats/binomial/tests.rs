//! Known answers of R's `binom.test`, and the coverage, which is exact and can be summed up.

use super::*;

fn close(found: f64, known: f64) {
    assert!((found - known).abs() < 1e-9, "{found} instead of {known}");
}

#[test]
fn known_intervals() {
    // binom.test(successes, tries, conf.level = confidence)$conf.int
    for (successes, tries, confidence, low, high) in [
        (0, 100, 0.95, 0.0, 0.036_216_692_645_190_54),
        (38, 40, 0.95, 0.830_803_136_040_582_3, 0.993_886_353_400_653_3),
        (5, 10, 0.95, 0.187_086_028_447_404_5, 0.812_913_971_552_595_5),
        (40, 40, 0.95, 0.911_902_697_121_196_6, 1.0),
        (3, 1_000, 0.99, 0.000_338_144_529_066_369_2, 0.010_933_777_420_405_26),
    ] {
        let found = binomial_interval(successes, tries, confidence);
        close(found.0, low);
        close(found.1, high);
    }
}

#[test]
fn known_upper_bounds() {
    // binom.test(successes, tries, alternative = "less")$conf.int
    for (successes, tries, bound) in [
        (0, 100, 0.029_513_049_607_156_64),
        (1, 300, 0.015_714_554_891_586_44),
        (38, 40, 0.991_043_054_406_811),
        (40, 40, 1.0),
    ] {
        close(binomial_upper_bound(successes, tries, 0.95), bound);
    }
}

#[test]
fn nothing_tried_is_nothing_known() {
    assert_eq!(binomial_interval(0, 0, 0.95), (0.0, 1.0));
    assert_eq!(binomial_upper_bound(0, 0, 0.95), 1.0);
}

#[test]
fn whatever_the_truth_the_interval_holds_it_at_least_as_often_as_it_says() {
    const TRIES: u64 = 30;
    let intervals: Vec<(f64, f64)> = (0..=TRIES).map(|successes| binomial_interval(successes, TRIES, 0.95)).collect();
    for percent in 1..100 {
        let truth = f64::from(percent) / 100.0;
        let mut held = 0.0;
        let mut likelihood = (1.0 - truth).powi(TRIES as i32);
        for (successes, (low, high)) in intervals.iter().enumerate() {
            held += if (*low..=*high).contains(&truth) { likelihood } else { 0.0 };
            likelihood *= truth / (1.0 - truth) * (TRIES as f64 - successes as f64) / (successes as f64 + 1.0);
        }
        assert!(held >= 0.95, "truth {truth}: held {held}");
    }
}

#[test]
#[should_panic(expected = "3 successes of 2 tries")]
fn more_successes_than_tries_are_a_mistake_of_the_caller() {
    let _ = binomial_upper_bound(3, 2, 0.95);
}
