//! Memory that grows by a known amount.

use super::*;
use crate::definitions::{Figures, ProcessUse};
use crate::gates::Surroundings;
use crate::metric::Metric;
use crate::outcome::Trial;
use crate::plan::Entry;
use crate::words::Words;

fn cell(tasks: u64) -> Cell {
    let params = vec![("model".into(), "idle".into()), ("tasks".into(), tasks.to_string())];
    let metric = Metric::new(None, false, "idle");
    Cell {
        title: format!("{tasks} tasks"),
        entries: vec![Entry::plain(&params)],
        params,
        metric,
        process_use: ProcessUse::Cold,
        processes: vec![1; 2],
        share: None,
    }
}

/// Two trials in which each task weighs 320 bytes in a process of 5 MB, give or take a thousandth.
fn outcome(tasks: u64) -> Outcome {
    let trial = |round: usize| {
        let bytes = (5e6 + 320.0 * tasks as f64) * if round == 1 { 1.001 } else { 0.999 };
        let words = Words::parse(&format!("trial rss_during_bytes={bytes:.0}"));
        Trial { entry: 0, process: round, part: 0, round, surroundings: Surroundings::default(), words }
    };
    Outcome { trials: vec![trial(1), trial(2)], ..Outcome::default() }
}

#[test]
fn the_slope_over_the_tasks_is_what_one_weighs() {
    let sizes = [1, 10_000, 1_000_000];
    let (cells, outcomes) = (sizes.map(cell), sizes.map(outcome));
    let together: Vec<(&Cell, &Outcome)> = cells.iter().zip(&outcomes).collect();
    let text = tables(&Planned::plain("idle-memory"), &together, Style::plain());
    assert!(text.contains("idle-memory of all cells: what one more task weighs"), "{text}");
    let line = text.lines().find(|line| line.trim_start().starts_with("tokio")).expect("a row");
    let words: Vec<&str> = line.split_whitespace().collect();
    assert_eq!((words[1], words[4]), ("320", "5.00"), "{text}");
}

#[test]
fn what_others_have_published_stands_beside_it() {
    let sizes = [1, 10_000, 1_000_000];
    let (cells, outcomes) = (sizes.map(cell), sizes.map(outcome));
    let together: Vec<(&Cell, &Outcome)> = cells.iter().zip(&outcomes).collect();
    let published = |source: &str, model: &str| Published {
        source: source.into(),
        note: "somewhere else".into(),
        when: vec![("model".into(), vec![model.into()])],
        figures: Figures::Bytes(vec![("tokio".into(), 4580)]),
    };
    let planned = Planned {
        published: vec![published("them", "idle"), published("nobody", "fetch")],
        ..Planned::plain("idle-memory")
    };
    for text in [tables(&planned, &together, Style::plain()), markdown(&planned, &together)] {
        let line = text.lines().find(|line| line.contains("tokio")).expect("a row");
        assert!(line.contains("320") && line.contains("4,580"), "{text}");
        assert!(text.contains("published: them: somewhere else") && !text.contains("nobody"), "{text}");
    }
    let weights = weights(&planned, &together);
    assert_eq!(weights[0].published("tokio"), ["4,580 (them)"]);
    let read = crate::plan::from_json(&crate::plan::to_json(std::slice::from_ref(&planned))).expect("a plan");
    assert_eq!(read, std::slice::from_ref(&planned), "a run keeps them");
}

#[test]
fn one_number_of_tasks_has_no_slope() {
    let (cell, outcome) = (cell(1000), outcome(1000));
    assert_eq!(tables(&Planned::plain("idle-memory"), &[(&cell, &outcome)], Style::plain()), "");
}
