//! Memory against the number of tasks, and what one more task weighs.

use super::markup::Tag;
use super::plot::{Axis, Plot, Point, figure};
use super::scale::Scale;
use super::{Digest, Scored};
use crate::across::{self, Weights};
use crate::numbers;
use crate::outcome::Outcome;
use crate::plan::Cell;
use crate::stats;

/// One chart for each way in which a workload weighs more than one number of tasks.
pub(super) fn charts(digest: &Digest<'_>) -> Vec<Tag> {
    let of_workload = |cells: &[Scored<'_>]| -> Vec<Tag> {
        let planned = cells[0].planned;
        let outcomes: Vec<(&Cell, &Outcome)> = cells.iter().map(|scored| (scored.cell, scored.outcome)).collect();
        let groups = across::weights(planned, &outcomes);
        let several = groups.len() > 1;
        let title = |weights: &Weights<'_>| {
            let kind = weights.others.iter().find(|(key, _)| key == "task" && several);
            let kind = kind.map_or(String::new(), |(_, kind)| format!(" ({kind})"));
            format!("{}{kind}: bytes for each {}", planned.name, weights.item())
        };
        groups.iter().filter_map(|weights| chart(digest, cells, weights, &title(weights))).collect()
    };
    digest.workloads().flat_map(of_workload).collect()
}

fn chart(digest: &Digest<'_>, cells: &[Scored<'_>], weights: &Weights<'_>, title: &str) -> Option<Tag> {
    let item = weights.item();
    let word = format!("per_{item}_bytes");
    let mut series: Vec<(&str, Vec<Point>)> = Vec::new();
    for scored in cells.iter().filter(|scored| across::other_than_the_axis(scored.cell) == weights.others) {
        for (index, entry) in scored.cell.entries.iter().enumerate().filter(|(_, entry)| !entry.twin) {
            let mut bytes: Vec<f64> = scored.counted(index).filter_map(|trial| trial.words.number(&word)).collect();
            let Some(y) = stats::median(&mut bytes) else { continue };
            // The whole range and no interval: there are few trials, and all of them are near.
            let x = scored.cell.number(across::AXIS) as f64;
            let point = Point { x, y, low: bytes[0], high: bytes[bytes.len() - 1] };
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
    let note = slopes(weights);
    let mut plot = Plot::new(title, &note, Axis::new(x, &format!("{item}s")), Axis::new(y, &format!("bytes/{item}")));
    for (label, points) in &series {
        plot.series(&digest.palette, label, points);
    }
    Some(figure(title, plot.render(&digest.palette), &note))
}

/// What one more task weighs, as the tables of the terminal say it, and what others have published.
fn slopes(weights: &Weights<'_>) -> String {
    let one = |(label, slope): &(&str, stats::slope::Slope)| {
        let [value, low, high] = [slope.per_task.value, slope.per_task.low, slope.per_task.high]
            .map(|bytes| numbers::significant(bytes.max(0.0)));
        let published = weights.published(label);
        let published =
            if published.is_empty() { String::new() } else { format!(", published {}", published.join(" and ")) };
        format!("{label} {value} [{low}, {high}] B{published}")
    };
    let slopes: Vec<String> = weights.rows.iter().map(one).collect();
    let notes: Vec<String> = weights.notes().iter().map(|note| format!(" {note}.")).collect();
    let item = weights.item();
    format!("One more {item} weighs, by the slope of resident memory: {}.{}", slopes.join("; "), notes.concat())
}
