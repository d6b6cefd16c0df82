//! Ours beside theirs, in the unit of the column.

use crate::definitions::{Figures, ProcessUse, Published};
use crate::gates::Surroundings;
use crate::metric::Metric;
use crate::outcome::{Outcome, Trial};
use crate::plan::{Cell, Entry, Planned};
use crate::report;
use crate::score::Score;
use crate::style::Style;
use crate::words::Words;

/// A cell of 50 tasks in which an operation takes 500 ns.
fn cell() -> Cell {
    let params = vec![("model".to_owned(), "brigade".to_owned()), ("tasks".to_owned(), "50".to_owned())];
    Cell {
        title: "50 tasks".into(),
        entries: vec![Entry::plain(&params)],
        params,
        metric: Metric::new(Some("ops_ns/ops"), false, "brigade"),
        process_use: ProcessUse::Kept,
        processes: vec![2],
        share: None,
    }
}

fn outcome() -> Outcome {
    let words = Words::parse("trial wall_ns=5000 ops_ns=5000 ops=10 pages=10");
    let trial = |round| Trial {
        entry: 0,
        process: 0,
        part: 0,
        round,
        surroundings: Surroundings::default(),
        words: words.clone(),
    };
    Outcome { trials: vec![trial(1), trial(2)], ..Outcome::default() }
}

fn published(tasks: &str, figures: Figures) -> Published {
    let when = vec![("tasks".into(), vec![tasks.into()])];
    Published { source: "somebody 2019".into(), note: "another machine".into(), when, figures }
}

fn planned(published: Vec<Published>) -> Planned {
    Planned { class: "imported".into(), published, cells: vec![cell()], ..Planned::plain("ring") }
}

#[test]
fn ours_stands_beside_theirs_below_the_table() {
    let (cell, outcome) = (cell(), outcome());
    let value = |label: &str| Figures::Values(vec![(label.into(), 200.0)]);
    let planned = planned(vec![
        published("50", value("tokio")),
        published("1", value("tokio")),
        published("50", value("nobody")),
        published("50", Figures::Bytes(vec![("tokio".into(), 200)])),
    ]);
    let score = Score::new(&planned, &cell, &outcome);
    let sentences = super::sentences(&planned, &cell, &score);
    let expected = "somebody 2019 in ops ns/op: tokio 200, here 500 (2.50 times as much). another machine.";
    assert_eq!(sentences, [expected], "neither other cells, nor engines that are not there, nor slopes");
    let text = report::cell(&planned, &cell, &outcome, &score, Style::plain());
    assert!(text.contains("published: somebody 2019 in ops ns/op"), "{text}");
    let read = crate::plan::from_json(&crate::plan::to_json(std::slice::from_ref(&planned))).expect("a plan");
    assert_eq!(read[0].published, planned.published, "a run keeps them");
}
