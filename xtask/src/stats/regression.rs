//! Least squares for costs that add up: so much for a request, so much for a kilobyte, so much for a task.
//!
//! Relative least squares: a residual counts as a share of the value measured. Costs span decades, and their noise grows with
//! them: one percent of a gigabyte must not drown what a small cell knows about the fixed part.

use super::beta;

/// A fitted sum of costs.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Fit {
    /// In the order of the regressors.
    pub(crate) coefficients: Vec<f64>,
    /// The residuals as shares of what was measured, in the order of the rows.
    pub(crate) residuals: Vec<f64>,
    /// The upper triangle of the factorisation, with the regressors scaled to length one.
    triangle: Vec<Vec<f64>>,
    scales: Vec<f64>,
    /// The variance of a relative residual, and how many rows there are beyond the coefficients.
    variance: f64,
    degrees: f64,
}

/// A value with its 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Range {
    pub(crate) value: f64,
    pub(crate) low: f64,
    pub(crate) high: f64,
}

impl Fit {
    /// Fits `values` by sums of the regressors in `rows`; a constant one is a fixed cost.
    ///
    /// `None` when that is impossible: not one value more than there are coefficients, rows of different lengths, a value
    /// that is not positive or a number that is not finite, or regressors that cannot be told apart.
    pub(crate) fn new(rows: &[Vec<f64>], values: &[f64]) -> Option<Fit> {
        let width = rows.first()?.len();
        let finite = rows.iter().flatten().chain(values).all(|number| number.is_finite());
        let shaped = rows.len() == values.len() && rows.iter().all(|row| row.len() == width);
        if !finite || !shaped || width == 0 || rows.len() <= width || values.iter().any(|value| *value <= 0.0) {
            return None;
        }
        // Divided by what was measured, every target is one.
        let relative = rows.iter().zip(values).map(|(row, value)| row.iter().map(|x| x / value).collect());
        let mut matrix: Vec<Vec<f64>> = relative.collect();
        let mut targets = vec![1.0; rows.len()];
        let scales = normalise_columns(&mut matrix, width)?;
        triangulate(&mut matrix, &mut targets, width)?;
        let degrees = (rows.len() - width) as f64;
        let variance = targets[width..].iter().map(|rest| rest * rest).sum::<f64>() / degrees;
        matrix.truncate(width);
        let scaled = solve_upper(&matrix, &targets[..width]);
        let coefficients: Vec<f64> = scaled.iter().zip(&scales).map(|(b, scale)| b / scale).collect();
        let residual = |(row, value): (&Vec<f64>, &f64)| 1.0 - dot(row, &coefficients) / value;
        let residuals = rows.iter().zip(values).map(residual).collect();
        Some(Fit { coefficients, residuals, triangle: matrix, scales, variance, degrees })
    }

    /// What one coefficient is, by its index.
    pub(crate) fn coefficient(&self, index: usize) -> Range {
        let mut unit = vec![0.0; self.coefficients.len()];
        unit[index] = 1.0;
        self.range(self.coefficients[index], self.leverage(&unit))
    }

    /// What a new cell with these regressors would be measured to be: both the doubt about the fit and a cell's own residual.
    ///
    /// By Student's t rather than by resamples: with a handful of cells most resamples lack one that the fit rests upon.
    pub(crate) fn predict(&self, regressors: &[f64]) -> Range {
        let value = dot(regressors, &self.coefficients);
        self.range(value, self.leverage(regressors) + value * value)
    }

    fn range(&self, value: f64, factor: f64) -> Range {
        let half = beta::student_quantile(0.95, self.degrees) * (self.variance * factor).sqrt();
        Range { value, low: value - half, high: value + half }
    }

    /// `x' (A' A)^-1 x`: the variance of the fit at these regressors, for residuals of variance one.
    fn leverage(&self, regressors: &[f64]) -> f64 {
        let scaled: Vec<f64> = regressors.iter().zip(&self.scales).map(|(x, scale)| x / scale).collect();
        solve_transposed(&self.triangle, &scaled).iter().map(|z| z * z).sum()
    }
}

/// Brings each column to length one, so that a count of a million and a constant are told apart by the same measure.
/// `None` for a column of zeros.
fn normalise_columns(matrix: &mut [Vec<f64>], width: usize) -> Option<Vec<f64>> {
    let mut scales = Vec::with_capacity(width);
    for column in 0..width {
        let length = matrix.iter().map(|row| row[column].powi(2)).sum::<f64>().sqrt();
        if length == 0.0 || !length.is_finite() {
            return None;
        }
        matrix.iter_mut().for_each(|row| row[column] /= length);
        scales.push(length);
    }
    Some(scales)
}

/// Householder's reflections: the first rows become an upper triangle, the targets turn along. They lose fewer digits than
/// the normal equations, which square the matrix. `None` when a column is (nearly) a sum of the ones before it.
fn triangulate(matrix: &mut [Vec<f64>], targets: &mut [f64], width: usize) -> Option<()> {
    for column in 0..width {
        let mut mirror: Vec<f64> = matrix[column..].iter().map(|row| row[column]).collect();
        let length = dot(&mirror, &mirror).sqrt();
        if length < 1e-9 {
            return None;
        }
        // Away from the first element, so that the sum does not cancel.
        mirror[0] += length.copysign(mirror[0]);
        let square = dot(&mirror, &mirror);
        for other in column..width {
            let along: f64 = mirror.iter().zip(&matrix[column..]).map(|(m, row)| m * row[other]).sum();
            let rows = mirror.iter().zip(&mut matrix[column..]);
            rows.for_each(|(m, row)| row[other] -= 2.0 * along / square * m);
        }
        let along = dot(&mirror, &targets[column..]);
        mirror.iter().zip(&mut targets[column..]).for_each(|(m, target)| *target -= 2.0 * along / square * m);
    }
    Some(())
}

fn solve_upper(triangle: &[Vec<f64>], right: &[f64]) -> Vec<f64> {
    let mut solution = right.to_vec();
    for row in (0..right.len()).rev() {
        let known = dot(&triangle[row][row + 1..], &solution[row + 1..]);
        solution[row] = (solution[row] - known) / triangle[row][row];
    }
    solution
}

fn solve_transposed(triangle: &[Vec<f64>], right: &[f64]) -> Vec<f64> {
    let mut solution: Vec<f64> = Vec::with_capacity(right.len());
    for row in 0..right.len() {
        let known: f64 = solution.iter().enumerate().map(|(column, z)| triangle[column][row] * z).sum();
        solution.push((right[row] - known) / triangle[row][row]);
    }
    solution
}

fn dot(left: &[f64], right: &[f64]) -> f64 {
    left.iter().zip(right).map(|(a, b)| a * b).sum()
}

#[cfg(test)]
mod tests;
