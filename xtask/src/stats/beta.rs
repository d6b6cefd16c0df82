//! The incomplete beta function, and Student's t through it.
//!
//! Crates that have it bring more to compile than all the rest of the statistics, for one classical page.

/// The share of a beta distribution with these two shapes that lies below `x`: `pbeta(x, a, b)` in R.
///
/// By the continued fraction (DLMF 8.17.22), evaluated from the front by Lentz's method.
pub(super) fn incomplete_beta(x: f64, a: f64, b: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    if x >= 1.0 {
        return 1.0;
    }
    // The fraction converges quickly below the mean only; above it the mirror image does.
    if x > (a + 1.0) / (a + b + 2.0) {
        return 1.0 - incomplete_beta(1.0 - x, b, a);
    }
    let front = (ln_gamma(a + b) - ln_gamma(a) - ln_gamma(b) + a * x.ln() + b * (-x).ln_1p()).exp() / a;
    (front * continued_fraction(x, a, b)).clamp(0.0, 1.0)
}

/// The value that such a share of a Student's t distribution lies within, on both sides of zero: `qt((1 + share) / 2, degrees)`.
pub(super) fn student_quantile(share: f64, degrees: f64) -> f64 {
    let tails = 1.0 - share;
    // The tails fall as the value grows. Twice a thousand covers one degree of freedom at 99.9 %.
    let mut bounds = (0.0, 2_000.0);
    for _ in 0..60 {
        let middle = f64::midpoint(bounds.0, bounds.1);
        if student_tails(middle, degrees) > tails { bounds.0 = middle } else { bounds.1 = middle }
    }
    f64::midpoint(bounds.0, bounds.1)
}

/// How likely a Student's t variable is at least so far from zero, on either side: `2 * pt(-abs(t), degrees)`.
pub(super) fn student_tails(t: f64, degrees: f64) -> f64 {
    incomplete_beta(degrees / (degrees + t * t), degrees / 2.0, 0.5)
}

fn continued_fraction(x: f64, a: f64, b: f64) -> f64 {
    /// Stands for a zero that would be divided by.
    const TINY: f64 = 1e-300;
    let away = |value: f64| if value.abs() < TINY { TINY } else { value };
    let mut c = 1.0;
    let mut d = 1.0 / away(1.0 - (a + b) * x / (a + 1.0));
    let mut fraction = d;
    // The terms needed grow with the square root of the larger shape: this is enough for shapes of a hundred million.
    for term in 1..100_000 {
        let m = f64::from(term);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        let mut step = 1.0;
        for coefficient in [even, odd] {
            d = 1.0 / away(1.0 + coefficient * d);
            c = away(1.0 + coefficient / c);
            step = c * d;
            fraction *= step;
        }
        if (step - 1.0).abs() < 1e-15 {
            break;
        }
    }
    fraction
}

/// The logarithm of the gamma function of a positive number, by Stirling's series (DLMF 5.11.1).
fn ln_gamma(x: f64) -> f64 {
    // The series is good from ten on; the function's own recurrence leads there.
    let (mut x, mut product) = (x, 1.0);
    while x < 10.0 {
        product *= x;
        x += 1.0;
    }
    let square = x * x;
    let series = (1.0 / 12.0
        - (1.0 / 360.0 - (1.0 / 1_260.0 - (1.0 / 1_680.0 - 1.0 / (1_188.0 * square)) / square) / square) / square)
        / x;
    (x - 0.5) * x.ln() - x + 0.5 * std::f64::consts::TAU.ln() + series - f64::ln(product)
}

#[cfg(test)]
mod tests;
