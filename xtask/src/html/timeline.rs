//! The machine through the run: how fast it was before each trial, and what was taken from it during the trial.

use super::markup::{Tag, tag};
use super::plot::{Axis, Plot, figure};
use super::scale::{Scale, extent};
use super::{Digest, Scored};
use crate::gates::Gate;
use crate::numbers;
use crate::outcome::Trial;
use crate::stats;

/// More dots than this cannot be seen beside each other.
const MOST_DOTS: usize = 900;

/// One trial's value in percent.
struct Dot {
    /// Its place in the run.
    x: f64,
    y: f64,
    flagged: bool,
}

pub(super) fn charts(digest: &Digest<'_>) -> Tag {
    let wall = |trial: &Trial| trial.words.number("wall_ns").unwrap_or(f64::INFINITY);
    let steal = |scored: &Scored<'_>| {
        scored.outcome.trials.iter().map(|trial| 100.0 * trial.surroundings.steal_ns as f64 / wall(trial)).collect()
    };
    let pressure = |scored: &Scored<'_>| {
        scored.outcome.trials.iter().map(|trial| 1e5 * trial.surroundings.pressure_us as f64 / wall(trial)).collect()
    };
    let charts = [
        chart(
            digest,
            "Speed of the machine before each trial",
            "% slower than the cell's median",
            Gate::Canary,
            &canary,
        ),
        chart(digest, "CPU time stolen during each trial", "% of the trial", Gate::Steal, &steal),
        chart(digest, "Somebody waited for a CPU", "% of the trial", Gate::Pressure, &pressure),
    ];
    tag("div").class("charts").all(charts.into_iter().flatten())
}

/// How much longer than usual the fixed piece of work took.
fn canary(scored: &Scored<'_>) -> Vec<f64> {
    let times: Vec<f64> = scored.outcome.trials.iter().map(|trial| trial.surroundings.canary_ns as f64).collect();
    let usual = stats::median(&mut times.clone()).unwrap_or(0.0);
    times.into_iter().map(|time| if usual > 0.0 { 100.0 * (time / usual - 1.0) } else { 0.0 }).collect()
}

fn chart(
    digest: &Digest<'_>,
    title: &str,
    unit: &str,
    gate: Gate,
    values: &dyn Fn(&Scored<'_>) -> Vec<f64>,
) -> Option<Tag> {
    let dots = dots(digest, gate, values);
    let (low, high) = extent(dots.iter().map(|dot| dot.y))?;
    let (last, shown) = (dots.len(), thin(dots));
    let x = Axis::new(Scale::linear(0.0, last as f64), "trial, in the order of the cells");
    let y = Axis::new(Scale::linear(low.min(0.0), high.max(1.0)), unit);
    let flagged: Vec<&Dot> = shown.iter().filter(|dot| dot.flagged).collect();
    let description = format!(
        "{} trials, from {} to {} {unit}; {} flagged by the gate `{}`.",
        numbers::thousands(last as u64),
        numbers::tick(low),
        numbers::tick(high),
        flagged.len(),
        gate.name()
    );
    let mut plot = Plot::new(title, &description, x, y).strip(170.0);
    let places =
        |flagged: bool| shown.iter().filter(|dot| dot.flagged == flagged).map(|dot| (dot.x, dot.y)).collect::<Vec<_>>();
    plot.mark(tag("path").class("p quiet").set("d", plot.dots(&places(false))));
    plot.mark(tag("path").class("p bad").set("d", plot.dots(&places(true))));
    let thinned =
        if shown.len() < last { " Of neighbours that cannot be told apart the largest is drawn." } else { "" };
    let note = format!("{} of {} flagged.{thinned}", flagged.len(), numbers::thousands(last as u64));
    Some(figure(title, plot.render(&digest.palette), &note))
}

fn dots(digest: &Digest<'_>, gate: Gate, values: &dyn Fn(&Scored<'_>) -> Vec<f64>) -> Vec<Dot> {
    let mut dots: Vec<Dot> = Vec::new();
    for scored in &digest.cells {
        for (index, y) in values(scored).into_iter().enumerate() {
            let flagged = scored.score.gated.flagged.contains(&(index, gate));
            dots.push(Dot { x: dots.len() as f64 + 0.5, y, flagged });
        }
    }
    dots
}

/// Every dot that is flagged, and of each run of others the one that is farthest from zero.
fn thin(dots: Vec<Dot>) -> Vec<Dot> {
    let every = dots.len().div_ceil(MOST_DOTS).max(1);
    let (mut kept, mut quiet): (Vec<Dot>, Vec<Dot>) = dots.into_iter().partition(|dot| dot.flagged);
    let worst = |run: &[Dot]| run.iter().max_by(|a, b| a.y.abs().total_cmp(&b.y.abs())).map(|dot| Dot { ..*dot });
    quiet = quiet.chunks(every).filter_map(worst).collect();
    kept.append(&mut quiet);
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thinning_keeps_what_stands_out() {
        let dots =
            (0..MOST_DOTS * 3).map(|x| Dot { x: x as f64, y: if x == 1000 { -9.0 } else { 1.0 }, flagged: x == 7 });
        let kept = thin(dots.collect());
        assert!(kept.len() <= MOST_DOTS + 1);
        assert!(kept.iter().any(|dot| dot.flagged) && kept.iter().any(|dot| dot.y == -9.0));
    }
}
