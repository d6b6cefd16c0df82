//! A chart with two axes: grid, ticks, series, and labels at the ends of the lines instead of a legend.

use super::markup::{Tag, coordinate, tag};
use super::palette::{Palette, shorten};
use super::scale::{Scale, spread};
use crate::numbers;

/// Every chart is as wide as a phone, so that its letters are as large there as anywhere; wider windows show more beside
/// each other.
pub(crate) const WIDTH: f64 = 360.0;
const HEIGHT: f64 = 250.0;
const TOP: f64 = 24.0;
const BOTTOM: f64 = 36.0;
const LEFT: f64 = 46.0;
/// Where labels stand.
const RIGHT: f64 = 96.0;
/// The letters are 11 pixels high.
const LINE: f64 = 12.0;
/// And about so wide.
const LETTER: f64 = 6.2;
/// How many letters fit beside a chart.
const LABEL: usize = 15;

/// One axis: a scale, its ticks and what it counts.
#[derive(Debug, Clone)]
pub(crate) struct Axis {
    scale: Scale,
    ticks: Vec<(f64, String)>,
    label: String,
}

impl Axis {
    pub(crate) fn new(scale: Scale, label: &str) -> Axis {
        let ticks = scale.ticks(5).into_iter().map(|tick| (tick, numbers::tick(tick))).collect();
        Axis { scale, ticks, label: label.to_owned() }
    }

    /// With ticks at these numbers.
    pub(crate) fn ticked(scale: Scale, label: &str, ticks: Vec<(f64, String)>) -> Axis {
        Axis { scale, ticks, label: label.to_owned() }
    }
}

/// A chart under construction.
#[derive(Debug)]
pub(crate) struct Plot {
    title: String,
    description: String,
    x: Axis,
    y: Axis,
    height: f64,
    right: f64,
    marks: Vec<Tag>,
    labels: Vec<(f64, f64, String)>,
}

/// A point of a series with its interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Point {
    pub(crate) x: f64,
    pub(crate) y: f64,
    pub(crate) low: f64,
    pub(crate) high: f64,
}

impl Plot {
    /// A chart; the description is what somebody who does not see it reads.
    pub(crate) fn new(title: &str, description: &str, x: Axis, y: Axis) -> Plot {
        let plot = Plot {
            title: title.to_owned(),
            description: description.to_owned(),
            x,
            y,
            height: HEIGHT,
            right: RIGHT,
            marks: Vec::new(),
            labels: Vec::new(),
        };
        plot.laid_out()
    }

    /// Without labels at the right, and lower.
    pub(crate) fn strip(self, height: f64) -> Plot {
        Plot { height, right: 8.0, ..self }.laid_out()
    }

    fn laid_out(mut self) -> Plot {
        self.x.scale = self.x.scale.between(LEFT, WIDTH - self.right);
        self.y.scale = self.y.scale.between(self.height - BOTTOM, TOP);
        self
    }

    pub(crate) fn x(&self, number: f64) -> f64 {
        self.x.scale.at(number)
    }

    pub(crate) fn y(&self, number: f64) -> f64 {
        self.y.scale.at(number)
    }

    /// Draws anything.
    pub(crate) fn mark(&mut self, mark: Tag) {
        self.marks.push(mark);
    }

    /// A line through the points of an engine, with a band where its interval is and its name at the end.
    pub(crate) fn series(&mut self, palette: &Palette, label: &str, points: &[Point]) {
        let Some(last) = points.last() else { return };
        let middle: Vec<(f64, f64)> = points.iter().map(|point| (point.x, point.y)).collect();
        let mut group = palette.group(label);
        if points.iter().any(|point| point.high > point.low) {
            let upper = points.iter().map(|point| (point.x, point.high));
            let lower = points.iter().rev().map(|point| (point.x, point.low));
            let outline: Vec<(f64, f64)> = upper.chain(lower).collect();
            group.push(tag("path").class("b").set("d", format_args!("{}z", self.path(&outline))));
        }
        group.push(tag("path").class("l").set("d", self.path(&middle)));
        group.push(tag("path").class("p").set("d", self.dots(&middle)));
        self.marks.push(group);
        self.labels.push((self.x(last.x), self.y(last.y), label.to_owned()));
    }

    /// A line without dots and without a label.
    pub(crate) fn line(&self, class: &str, points: &[(f64, f64)]) -> Tag {
        tag("path").class(class).set("d", self.path(points))
    }

    /// A name at the right end, for what was drawn with [`Plot::mark`].
    pub(crate) fn label(&mut self, x: f64, y: f64, label: &str) {
        self.labels.push((self.x(x), self.y(y), label.to_owned()));
    }

    /// Dots as one path: a point is a line without length and with round ends.
    pub(crate) fn dots(&self, points: &[(f64, f64)]) -> String {
        let dot = |(x, y): &(f64, f64)| format!("M{} {}h0", coordinate(self.x(*x)), coordinate(self.y(*y)));
        points.iter().map(dot).collect()
    }

    /// The whole chart.
    pub(crate) fn render(self, palette: &Palette) -> Tag {
        let mut svg = image("plot", &self.title, &self.description, WIDTH, self.height);
        svg.push(self.axes());
        let names = self.names(palette);
        svg.all(self.marks).all(names)
    }

    fn path(&self, points: &[(f64, f64)]) -> String {
        let mut path = String::new();
        for (index, (x, y)) in points.iter().enumerate() {
            path.push(if index == 0 { 'M' } else { 'L' });
            path.push_str(&format!("{} {}", coordinate(self.x(*x)), coordinate(self.y(*y))));
        }
        path
    }

    fn axes(&self) -> Tag {
        let (left, right, bottom) = (LEFT, WIDTH - self.right, self.height - BOTTOM);
        let mut axes = tag("g").class("axes");
        for (tick, text) in &self.y.ticks {
            let y = self.y(*tick);
            axes.push(tag("line").at("x1", left).at("x2", right).at("y1", y).at("y2", y));
            axes.push(tag("text").class("end").at("x", left - 6.0).at("y", y + 3.5).text(text));
        }
        // From the right, since the last number matters most where two have no room beside each other.
        let mut free = WIDTH;
        for (tick, text) in self.x.ticks.iter().rev() {
            let x = self.x(*tick);
            let half = LETTER * text.chars().count() as f64 / 2.0;
            if x + half > free {
                continue;
            }
            free = x - half - 4.0;
            axes.push(tag("line").class("tick").at("x1", x).at("x2", x).at("y1", bottom).at("y2", bottom + 4.0));
            axes.push(tag("text").class("mid").at("x", x).at("y", bottom + 16.0).text(text));
        }
        axes.push(tag("text").class("unit").set("x", 2).at("y", 11.0).text(&self.y.label));
        axes.push(tag("text").class("unit end").at("x", right).at("y", bottom + 31.0).text(&self.x.label));
        axes
    }

    fn names(&self, palette: &Palette) -> Vec<Tag> {
        let wanted: Vec<f64> = self.labels.iter().map(|(_, y, _)| y + 3.5).collect();
        let places = spread(&wanted, LINE, TOP, self.height - BOTTOM + 8.0);
        let name = |((x, y, label), place): (&(f64, f64, String), f64)| {
            let column = WIDTH - self.right + 10.0;
            let leader = format!(
                "M{} {}L{} {}",
                coordinate(x + 4.0),
                coordinate(*y),
                coordinate(column - 3.0),
                coordinate(place - 3.5)
            );
            let leader = tag("path").class("lead").set("d", leader);
            let text = tag("text").class("label").at("x", column).at("y", place).text(shorten(label, LABEL));
            palette.group(label).with(leader).with(text)
        };
        self.labels.iter().zip(places).map(name).collect()
    }
}

/// An SVG that is a picture with a text of its own.
pub(crate) fn image(kind: &str, title: &str, description: &str, width: f64, height: f64) -> Tag {
    let svg = tag("svg").set("data-chart", kind).set("role", "img");
    let svg = svg.set("viewBox", format_args!("0 0 {} {}", coordinate(width), coordinate(height)));
    svg.with(tag("title").text(title)).with(tag("desc").text(description))
}

/// A chart with what stands above and below it.
pub(crate) fn figure(caption: &str, chart: Tag, note: &str) -> Tag {
    let mut figure = tag("figure").with(tag("figcaption").text(caption)).with(chart);
    if !note.is_empty() {
        figure.push(tag("p").class("note").text(note));
    }
    figure
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chart_has_a_text_and_a_line_per_series() {
        let axes = || (Axis::new(Scale::log(1.0, 100.0), "in flight"), Axis::new(Scale::linear(0.0, 10.0), "pages/s"));
        let (x, y) = axes();
        let mut plot = Plot::new("a <title>", "what it shows", x, y);
        let point = |x, y| Point { x, y, low: y - 1.0, high: y + 1.0 };
        plot.series(&Palette::default(), "smol", &[point(1.0, 2.0), point(100.0, 8.0)]);
        plot.series(&Palette::default(), "nothing", &[]);
        let svg = plot.render(&Palette::default()).to_string();
        assert!(svg.contains("<title>a &lt;title&gt;</title><desc>what it shows</desc>"), "{svg}");
        assert!(svg.contains(r#"<path class="l" d="M46 176L264 62"/>"#), "{svg}");
        assert_eq!(svg.matches("class=\"b\"").count(), 1, "{svg}");
        assert!(!svg.contains("nothing") && !svg.contains("NaN"), "{svg}");
    }
}
