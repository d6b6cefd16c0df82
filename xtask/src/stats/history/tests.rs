//! Series with known changes, and how often one without any shows some.

use fastrand::Rng;

use super::*;

/// Noise of deviation one on the level of each part.
fn series(rng: &mut Rng, parts: &[(usize, f64)]) -> Vec<f64> {
    let level = |(count, level): &(usize, f64)| vec![*level; *count];
    let noise = |rng: &mut Rng| (0..12).map(|_| rng.f64()).sum::<f64>() - 6.0;
    parts.iter().flat_map(level).map(|level| level + noise(rng)).collect()
}

#[test]
fn changes_are_found_where_they_are() {
    let mut rng = Rng::with_seed(37);
    for (parts, known) in [
        (&[(20, 0.0), (20, 12.0)][..], &[20][..]),
        (&[(17, 0.0), (3, 12.0)], &[17]),
        (&[(15, 0.0), (15, 12.0), (15, 0.0)], &[15, 30]),
        (&[(12, 0.0), (12, 12.0), (12, 36.0), (12, 20.0)], &[12, 24, 36]),
    ] {
        assert_eq!(change_points(&series(&mut rng, parts)), known, "{parts:?}");
    }
}

#[test]
fn fewer_than_three_values_are_not_a_level() {
    let mut rng = Rng::with_seed(41);
    for late in 1..3 {
        let alarms =
            (0..100).filter(|_| !change_points(&series(&mut rng, &[(20, 0.0), (late, 15.0)])).is_empty()).count();
        assert!(alarms <= 3, "{late} of another level: {alarms} of 100");
    }
    let mut spike = vec![0.0; 20];
    spike[9] = 100.0;
    assert_eq!(change_points(&spike), [] as [usize; 0]);
}

#[test]
fn short_and_constant_series_do_not_change() {
    for series in [vec![], vec![1.0], vec![1.0, 2.0, 9.0, 9.0, 9.0], vec![0.1; 50]] {
        assert_eq!(change_points(&series), [] as [usize; 0], "{series:?}");
    }
}

#[test]
fn what_is_not_a_number_is_passed_over() {
    let mut series = [vec![1.0; 15], vec![2.0; 15]].concat();
    series.insert(5, f64::NAN);
    series.insert(0, f64::INFINITY);
    assert_eq!(change_points(&series), [17]);
}

#[test]
fn a_series_without_change_shows_one_about_once_in_a_hundred() {
    let mut rng = Rng::with_seed(43);
    let alarms = (0..300).filter(|_| !change_points(&series(&mut rng, &[(25, 0.0)])).is_empty()).count();
    assert!(alarms <= 9, "{alarms} of 300");
}
