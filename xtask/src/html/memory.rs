//! Memory against the number of tasks, and what one more task weighs.

use super::markup::Tag;
use super::plot::{Axis, Plot, Point, figure};
use super::scale::Scale;
use super::{Digest, Scored};
use crate::numbers;
use crate::stats;

const AXIS: &str = "tasks";
const WORD: &str = "per_task_bytes";

/// One chart for each workload with more than one number of tasks.
pub(super) fn charts(digest: &Digest<'_>) -> Vec<Tag> {
    digest.workloads().filter_map(|cells| chart(digest, cells)).collect()
}

fn chart(digest: &Digest<'_>, cells: &[Scored<'_>]) -> Option<Tag> {
    let mut series: Vec<(&str, Vec<Point>)> = Vec::new();
    for scored in cells.iter().filter(|scored| scored.cell.number(AXIS) > 0) {
        for (index, entry) in scored.cell.entries.iter().enumerate().filter(|(_, entry)| !entry.twin) {
            let mut bytes: Vec<f64> = scored.counted(index).filter_map(|trial| trial.words.number(WORD)).collect();
            let Some(y) = stats::median(&mut bytes) else { continue };
            // The whole range and no interval: there are few trials, and all of them are near.
            let point = Point { x: scored.cell.number(AXIS) as f64, y, low: bytes[0], high: bytes[bytes.len() - 1] };
            match series.iter_mut().find(|(label, _)| *label == entry.label) {
                Some((_, points)) => points.push(point),
                None => series.push((&entry.label, vec![point])),
            }
        }
    }
    series.iter_mut().for_each(|(_, points)| points.sort_by(|a, b| a.x.total_cmp(&b.x)));
    series.retain(|(_, points)| points.len() > 1);
    let all = || series.iter().flat_map(|(_, points)| points);
    let (x, y) = (Scale::log_around(all().map(|point| point.x))?, Scale::log_around(all().map(|point| point.y))?);
    let title = format!("{}: bytes for each task", cells[0].planned.name);
    let note = slopes(&series);
    let mut plot = Plot::new(&title, &note, Axis::new(x, "tasks"), Axis::new(y, "bytes/task"));
    for (label, points) in &series {
        plot.series(&digest.palette, label, points);
    }
    Some(figure(&title, plot.render(&digest.palette), &note))
}

/// What one more task weighs: the slope of all bytes over tasks, and what is left of the smallest point without it.
fn slopes(series: &[(&str, Vec<Point>)]) -> String {
    let one = |(label, points): &(&str, Vec<Point>)| {
        let (slope, rest) = slope(points)?;
        Some(format!(
            "{label} {} B/task and {} KB besides",
            numbers::significant(slope),
            numbers::significant(rest / 1e3)
        ))
    };
    format!("By the slope of resident memory: {}.", series.iter().filter_map(one).collect::<Vec<_>>().join(", "))
}

/// The median of the slopes between any two points, which one bad point does not move, and the median of what is left.
fn slope(points: &[Point]) -> Option<(f64, f64)> {
    let total = |point: &Point| point.x * point.y;
    let pairs = points.iter().enumerate().flat_map(|(index, a)| points[index + 1..].iter().map(move |b| (a, b)));
    let slopes = pairs.filter(|(a, b)| a.x != b.x).map(|(a, b)| (total(b) - total(a)) / (b.x - a.x));
    let slope = stats::median(&mut slopes.collect::<Vec<f64>>())?;
    let rests = points.iter().map(|point| total(point) - slope * point.x);
    Some((slope, stats::median(&mut rests.collect::<Vec<f64>>())?.max(0.0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slope_finds_what_a_task_weighs_beside_what_is_there_anyway() {
        let point = |tasks: f64| Point { x: tasks, y: 300.0 + 400_000.0 / tasks, low: 0.0, high: 0.0 };
        let (slope, rest) = slope(&[1e3, 1e4, 1e5, 1e6].map(point)).unwrap();
        assert!((slope - 300.0).abs() < 1e-6 && (rest - 4e5).abs() < 1.0, "{slope} {rest}");
        assert_eq!(super::slope(&[point(1.0)]), None);
    }
}
