//! Who is held against whom, and who is missed.

use super::*;
use crate::definitions::{Family, ProcessUse};
use crate::gates::Gated;
use crate::metric::{Item, Metric};
use crate::plan::{Cell, Entry};
use crate::score::Validity;

fn planned() -> Planned {
    let against = ["tokio", "silent", "not-asked"].map(str::to_owned).to_vec();
    let silent = Entry { label: "silent".into(), ..Entry::plain(&[]) };
    let cell = Cell {
        title: "a cell".into(),
        params: Vec::new(),
        metric: Metric::Rate(Item::Page),
        process_use: ProcessUse::Kept,
        processes: vec![8],
        entries: vec![Entry::plain(&[]), silent],
        share: None,
    };
    Planned { against, cells: vec![cell], ..Planned::plain("race") }
}

#[test]
fn who_was_asked_and_gave_no_times_is_missed_and_nobody_else() {
    let rounds: Vec<(usize, f64)> = (1..=10).map(|round| (round, 3.0)).collect();
    let half: Vec<(usize, f64)> = rounds.iter().map(|(round, log)| (*round, log - 2_f64.ln())).collect();
    let rows = vec![Row::new("tokio", Family::Async, &rounds), Row::new("smol", Family::Async, &half)];
    let score = Score {
        metric: Metric::Rate(Item::Page),
        reference: Some("tokio".into()),
        rows,
        limit: None,
        delta: 0.02,
        validity: Validity::Unknown,
        gated: Gated::default(),
    };
    let said = sentences(&planned(), &score);
    assert_eq!(said, ["times as fast as tokio: smol 0.50 [0.50, 0.50].", "silent gave no times to be held against."]);
}
