//! Known answers, as scipy.special and scipy.stats give them.

use super::*;

fn close(found: f64, known: f64) {
    assert!((found - known).abs() <= 1e-9 * known.abs().max(1e-3), "{found} instead of {known}");
}

#[test]
fn the_incomplete_beta_function() {
    // betainc(a, b, x) for (x, a, b).
    for (x, a, b, known) in [
        (0.5, 0.5, 0.5, 0.5),
        (0.1, 2.0, 3.0, 0.052_3),
        (0.9, 20.0, 3.0, 0.620_040_938_411_903_4),
        (0.3, 100.0, 200.0, 0.108_843_065_644_909_86),
        (0.001, 0.5, 50.0, 0.247_630_980_034_623_14),
        (0.999, 5_000.0, 2.0, 0.040_326_671_759_193_564),
        (0.5, 1e5, 1e5 + 500.0, 0.867_926_278_503_505_2),
        (0.0, 2.0, 3.0, 0.0),
        (1.0, 2.0, 3.0, 1.0),
    ] {
        close(incomplete_beta(x, a, b), known);
    }
}

#[test]
fn students_quantiles() {
    // t.ppf(0.975, degrees)
    for (degrees, known) in [
        (1.0, 12.706_204_736_174_694),
        (2.0, 4.302_652_729_749_462),
        (4.0, 2.776_445_105_197_793_4),
        (11.0, 2.200_985_160_091_639),
        (1_000.0, 1.962_339_080_826_408_3),
    ] {
        close(student_quantile(0.95, degrees), known);
    }
}

#[test]
fn students_tails() {
    // 2 * t.sf(t, degrees)
    for (t, degrees, known) in [
        (0.0, 3.0, 1.0),
        (1.0, 1.0, 0.5),
        (-2.5, 4.0, 0.066_766_544_811_988_14),
        (10.0, 2.0, 0.009_852_457_023_325_69),
        (2.0, 100.0, 0.048_212_178_731_133_65),
    ] {
        close(student_tails(t, degrees), known);
    }
}

#[test]
fn the_gamma_function_of_whole_numbers_is_a_factorial() {
    for (x, known) in [(1.0, 1.0), (2.0, 1.0), (5.0, 24.0), (11.0, 3_628_800.0), (0.5, std::f64::consts::PI.sqrt())] {
        close(ln_gamma(x).exp(), known);
    }
}
