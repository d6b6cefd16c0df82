//! Known fits, what cannot be fitted, and how often the intervals hold the truth.

use fastrand::Rng;

use super::*;

/// Request, kilobytes and microseconds of parsing, and the CPU time measured.
fn cells() -> (Vec<Vec<f64>>, Vec<f64>) {
    let cells = [
        (4.0, 0.0, 26.0),
        (16.0, 0.0, 31.0),
        (64.0, 0.0, 55.0),
        (4.0, 100.0, 128.0),
        (16.0, 200.0, 233.0),
        (64.0, 500.0, 561.0),
        (30.0, 0.0, 38.0),
        (30.0, 1_000.0, 1_041.0),
    ];
    cells.iter().map(|(kilobytes, parse, cpu)| (vec![1.0, *kilobytes, *parse], *cpu)).unzip()
}

fn close(found: f64, known: f64) {
    assert!((found - known).abs() <= 1e-7 * known.abs(), "{found} instead of {known}");
}

#[test]
fn a_known_fit() {
    // R: f <- lm(cpu ~ kilobytes + parse, weights = cpu^-2); coef(f); confint(f). Computed with numpy's lstsq on the rows
    // divided by `cpu`, which is the same.
    let (rows, values) = cells();
    let fit = Fit::new(&rows, &values).expect("it can be fitted");
    let known = [
        (23.800_234_300_248_352, 23.117_480_910_080_467, 24.482_987_690_416_238),
        (0.479_912_584_749_413_9, 0.452_822_206_961_301_04, 0.507_002_962_537_526_7),
        (1.010_576_697_962_986_4, 0.994_143_480_939_127_6, 1.027_009_914_986_845_2),
    ];
    for (index, (value, low, high)) in known.into_iter().enumerate() {
        let found = fit.coefficient(index);
        close(found.value, value);
        close(found.low, low);
        close(found.high, high);
    }
    let predicted = fit.predict(&[1.0, 30.0, 300.0]);
    close(predicted.value, 341.370_621_231_626_67);
    close(predicted.low, 330.451_724_388_587_2);
    close(predicted.high, 352.289_518_074_666_15);
}

#[test]
fn what_is_exactly_a_sum_is_found_exactly() {
    let (rows, _) = cells();
    let values: Vec<f64> = rows.iter().map(|row| 20.0 + 0.5 * row[1] + 1.1 * row[2]).collect();
    let fit = Fit::new(&rows, &values).expect("it can be fitted");
    for (found, known) in fit.coefficients.iter().zip([20.0, 0.5, 1.1]) {
        close(*found, known);
    }
    assert!(fit.residuals.iter().all(|residual| residual.abs() < 1e-9), "{:?}", fit.residuals);
}

#[test]
fn what_cannot_be_fitted_is_none() {
    let (rows, values) = cells();
    let fits = |rows: &[Vec<f64>], values: &[f64]| Fit::new(rows, values).is_some();
    assert!(fits(&rows, &values));
    assert!(!fits(&[], &[]));
    assert!(!fits(&rows[..3], &values[..3]), "as many coefficients as cells");
    assert!(!fits(&rows, &values[1..]), "a value is missing");
    let changed = |change: fn(&mut Vec<f64>)| {
        let mut rows = rows.clone();
        rows.iter_mut().for_each(change);
        rows
    };
    assert!(!fits(&changed(|row| row[2] = 3.0 * row[1] + row[0]), &values), "one regressor is a sum of others");
    assert!(!fits(&changed(|row| row[2] = 0.0), &values), "a regressor that is always zero");
    assert!(!fits(&changed(|row| row[1] = f64::NAN), &values), "not a number");
    let mut uneven = rows.clone();
    uneven[2].pop();
    assert!(!fits(&uneven, &values), "a regressor is missing");
    for bad in [0.0, -1.0, f64::INFINITY] {
        let mut values = values.clone();
        values[4] = bad;
        assert!(!fits(&rows, &values), "{bad}");
    }
}

#[test]
fn a_new_cell_is_within_its_interval_about_as_often_as_it_says() {
    let mut rng = Rng::with_seed(31);
    let (rows, _) = cells();
    let new = [1.0, 50.0, 50.0];
    let mut noisy = |row: &[f64]| {
        let noise = (0..12).map(|_| rng.f64()).sum::<f64>() - 6.0;
        (20.0 + 0.5 * row[1] + 1.1 * row[2]) * (1.0 + 0.03 * noise)
    };
    let held = (0..2_000).filter(|_| {
        let values: Vec<f64> = rows.iter().map(|row| noisy(row)).collect();
        let range = Fit::new(&rows, &values).expect("it can be fitted").predict(&new);
        (range.low..=range.high).contains(&noisy(&new))
    });
    let held = held.count();
    assert!((1_870..=1_930).contains(&held), "{held} of 2,000");
}
