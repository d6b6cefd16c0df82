//! Published measurements, exact lines, and what is not a line.

use super::*;

#[test]
fn an_exact_line_is_found_whatever_the_spans() {
    let points: Vec<(f64, f64)> =
        [1.0, 10_000.0, 1_000_000.0].iter().flat_map(|tasks| [(*tasks, 3e6 + 211.0 * tasks); 3]).collect();
    let slope = per_task(&points).expect("a line");
    assert!((slope.per_task.value - 211.0).abs() < 1e-4, "{slope:?}");
    assert!((slope.base.value - 3e6).abs() < 1.0, "{slope:?}");
    assert!(slope.largest_residual.abs() < 1e-9, "{slope:?}");
    assert!(slope.per_task.high - slope.per_task.low < 1e-3, "{slope:?}");
}

#[test]
fn published_peaks_of_sleeping_tasks() {
    // Megabytes for 1, 10,000, 100,000 and 1,000,000 tasks: pkolaczk 2023 (tokio, async-std) and hez2010 2024 (tokio), whose
    // end points give 211, 525 and 434 bytes a task. The known values are numpy's lstsq on the rows divided by the bytes.
    let published = [
        ([3.0, 4.6, 23.7, 213.6], 211.0, (205.795, 164.687, 246.902)),
        ([3.0, 8.1, 54.6, 527.7], 525.0, (518.872, 501.983, 535.760)),
        ([4.72, 9.04, 46.2, 439.1], 434.0, (425.775, 396.260, 455.290)),
    ];
    for (megabytes, end_points, (value, low, high)) in published {
        let tasks = [1.0, 1e4, 1e5, 1e6];
        let points: Vec<(f64, f64)> = tasks.into_iter().zip(megabytes.map(|megabytes| megabytes * 1e6)).collect();
        let found = per_task(&points).expect("a line").per_task;
        for (found, known) in [(found.value, value), (found.low, low), (found.high, high)] {
            assert!((found - known).abs() < 1e-3, "{found} instead of {known}");
        }
        assert!((found.low..=found.high).contains(&end_points), "{found:?}");
    }
}

#[test]
fn what_is_not_a_line_shows_as_a_residual() {
    // A table that doubles: the bytes are twice what they were just before.
    let points = [(1.0, 3e6), (1e4, 5e6), (1e5, 23e6), (3e5, 130e6), (1e6, 213e6)];
    let slope = per_task(&points).expect("a line");
    assert_eq!(slope.largest_residual_at, 3e5, "{slope:?}");
    assert!(slope.largest_residual > 0.2, "{slope:?}");
}

#[test]
fn one_number_of_tasks_or_two_trials_are_not_a_line() {
    assert_eq!(per_task(&[]), None);
    assert_eq!(per_task(&[(1.0, 3e6), (1e4, 5e6)]), None);
    assert_eq!(per_task(&[(1e4, 5.0e6), (1e4, 5.1e6), (1e4, 5.2e6)]), None);
    assert_eq!(per_task(&[(1.0, 3e6), (1e4, 0.0), (1e6, 5e8)]), None);
}
