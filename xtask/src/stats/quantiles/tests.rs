//! Merged histograms against the sorted list of what they hold.

use fastrand::Rng;

use super::*;

#[test]
fn merged_quantiles_are_those_of_all_values() {
    let mut rng = Rng::with_seed(29);
    for _ in 0..50 {
        let mut values = Vec::new();
        let histograms: Vec<Vec<(u64, u64)>> = (0..3)
            .map(|_| {
                let pairs: Vec<(u64, u64)> = (0..rng.usize(1..9)).map(|_| (rng.u64(0..20), rng.u64(0..90))).collect();
                values.extend(pairs.iter().flat_map(|(value, count)| vec![*value; *count as usize]));
                pairs
            })
            .collect();
        values.sort_unstable();
        let merged = merge(&histograms);
        assert!(merged.is_sorted_by(|a, b| a.0 < b.0) && merged.iter().all(|(_, count)| *count > 0), "{merged:?}");
        assert_eq!(largest(&merged), values.last().copied());
        for percent in [0, 1, 50, 90, 99] {
            let rank = (values.len() * percent).div_ceil(100).max(1);
            let known = (values.len() * (100 - percent) >= 1_000).then(|| values[rank - 1]);
            assert_eq!(quantile(&merged, percent as f64 / 100.0), known, "p{percent} of {values:?}");
        }
    }
}

#[test]
fn a_quantile_needs_ten_values_beyond_it() {
    for (q, enough) in [(0.5, 20), (0.9, 100), (0.99, 1_000), (0.999, 10_000), (0.9999, 100_000)] {
        assert_eq!(quantile(&[(5, enough)], q), Some(5), "{q}");
        assert_eq!(quantile(&[(5, enough - 1)], q), None, "{q}");
    }
}

#[test]
fn what_is_not_a_quantile_is_none() {
    for q in [-0.1, 1.0, 1.5, f64::NAN] {
        assert_eq!(quantile(&[(5, 1_000_000)], q), None, "{q}");
    }
    assert_eq!((quantile(&[], 0.5), largest(&[])), (None, None));
}
