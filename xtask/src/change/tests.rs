//! Known answers, and how often the interval of a change holds the truth.

use fastrand::Rng;

use super::*;

fn compared(ratio: f64, low: f64, high: f64) -> Comparison {
    let row = [0.0; ENOUGH_ROUNDS].to_vec();
    // Whatever else a comparison holds is that of a tie.
    Comparison { ratio, low, high, ..stats::compare(&[row], 0.02).unwrap() }
}

#[test]
fn half_widths_add_like_the_sides_of_a_right_angle() {
    let half = |ln: f64| compared(1.0, (-ln).exp(), ln.exp());
    let change = Change::between(&half(0.03), &half(0.04), 0.02);
    assert!((change.low.ln() + 0.05).abs() < 1e-12 && (change.high.ln() - 0.05).abs() < 1e-12, "{change:?}");
    assert_eq!(change.verdict, Verdict::Inconclusive);
    assert_eq!(change.show(), "~");
}

#[test]
fn a_lopsided_interval_stays_lopsided() {
    // Below the ratio before lies nothing, above it much: so the change may be much smaller and not larger.
    let change = Change::between(&compared(1.0, 1.0, 1.2), &compared(1.1, 1.1, 1.1), 0.02);
    assert!((change.high - 1.1).abs() < 1e-12 && (change.low - 1.1 / 1.2).abs() < 1e-12, "{change:?}");
}

#[test]
fn a_change_beyond_noise_is_shown_with_its_interval_and_a_tie_as_such() {
    let change = Change::between(&compared(1.0, 0.99, 1.01), &compared(1.1, 1.09, 1.11), 0.02);
    assert_eq!((change.verdict, change.show().as_str()), (Verdict::Faster, "+10 % [+8.5, +11]"));
    assert_eq!(Change::between(&compared(1.0, 1.0, 1.0), &compared(1.0, 1.0, 1.0), 0.02).show(), "=");
}

#[test]
fn an_invalid_cell_or_too_few_rounds_say_nothing() {
    let tie = compared(1.0, 1.0, 1.0);
    let invalid = Comparison { verdict: Verdict::Invalid, ..compared(2.0, 2.0, 2.0) };
    assert_eq!(Change::between(&tie, &invalid, 0.02).show(), "~");
    let few = Comparison { rounds: ENOUGH_ROUNDS - 1, ..compared(2.0, 2.0, 2.0) };
    assert_eq!(Change::between(&few, &tie, 0.02).verdict, Verdict::Inconclusive);
}

#[test]
fn the_interval_holds_the_truth_at_least_as_often_as_it_says() {
    let mut rng = Rng::with_seed(11);
    let mut normal = move || (0..12).map(|_| rng.f64()).sum::<f64>() - 6.0;
    let mut run = |shift: f64| {
        let rounds: Vec<f64> = (0..12).map(|_| shift + 0.03 * normal()).collect();
        stats::compare(&[rounds], 0.02).unwrap()
    };
    let truth: f64 = 1.1;
    let holds = (0..200).filter(|_| {
        let change = Change::between(&run(0.0), &run(truth.ln()), 0.02);
        change.low <= truth && truth <= change.high
    });
    let share = holds.count() as f64 / 200.0;
    // 95 % with the error of 200 tries: three standard deviations are 4.6 points.
    assert!((0.904..=1.0).contains(&share), "{share}");
}
