//! Bytes per task: how memory grows with the number of tasks, the process itself taken off.

use super::regression::{Fit, Range};

/// A straight line through (number of tasks, bytes).
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Slope {
    /// What one more task weighs.
    pub(crate) per_task: Range,
    /// What the process weighs without any.
    pub(crate) base: Range,
    /// The point furthest off the line, as a share of its bytes: whether a line is the right shape at all.
    pub(crate) largest_residual: f64,
    /// The number of tasks at that point.
    pub(crate) largest_residual_at: f64,
}

/// Fits a line to the trials, several for each number of tasks.
///
/// One task and a million are in the same fit. In bytes, the noise of the million would make the base anything at all; among
/// all pairs of points (Theil and Sen) most slopes are between two small numbers of tasks, where the noise of the base is
/// divided by next to nothing. Relative residuals give each point the weight that its noise leaves it.
///
/// `None` with fewer than three trials or two different numbers of tasks, or where a trial has no bytes.
pub(crate) fn per_task(points: &[(f64, f64)]) -> Option<Slope> {
    let rows: Vec<Vec<f64>> = points.iter().map(|(tasks, _)| vec![1.0, *tasks]).collect();
    let bytes: Vec<f64> = points.iter().map(|(_, bytes)| *bytes).collect();
    let fit = Fit::new(&rows, &bytes)?;
    let residuals = fit.residuals.iter().zip(points);
    let (residual, (tasks, _)) = residuals.max_by(|(a, _), (b, _)| a.abs().total_cmp(&b.abs()))?;
    Some(Slope {
        per_task: fit.coefficient(1),
        base: fit.coefficient(0),
        largest_residual: *residual,
        largest_residual_at: *tasks,
    })
}

#[cfg(test)]
mod tests;
