//! Trials in quiet and in noisy surroundings.

use super::*;

const QUIET: Surroundings = Surroundings { steal_ns: 0, pressure_us: 1000, canary_ns: 5_000_000 };

fn trial(round: usize, surroundings: Surroundings, line: &str) -> Trial {
    let words = Words::parse(&format!("trial wall_ns=500000000 nivcsw=10 origin_late_p99_ns=60000 {line}"));
    Trial { entry: 0, process: 0, part: 0, round, surroundings, words }
}

/// Twenty quiet rounds, with some replaced.
fn cell(others: Vec<Trial>) -> Outcome {
    let mut trials: Vec<Trial> = (1..=20).map(|round| trial(round, QUIET, "")).collect();
    for other in others {
        let place = other.round - 1;
        trials[place] = other;
    }
    Outcome { trials, ..Outcome::default() }
}

#[test]
fn a_quiet_cell_has_nothing_to_say() {
    let gated = gate(&cell(Vec::new()), 0);
    assert_eq!((gated.flagged.len(), gated.describe().as_str()), (0, ""));
}

#[test]
fn each_gate_fires_alone() {
    let stolen = Surroundings { steal_ns: 10_000_000, ..QUIET };
    let slow = Surroundings { canary_ns: 5_200_000, ..QUIET };
    let crowded = Surroundings { pressure_us: 80_000, ..QUIET };
    // `Words` takes the first of two equal keys, so the spoiled word stands before the usual one.
    let word =
        |word: &str| Trial { words: Words::parse(&format!("trial {word} wall_ns=500000000")), ..trial(3, QUIET, "") };
    let cases = [
        (trial(3, stolen, ""), Gate::Steal),
        (trial(3, slow, ""), Gate::Canary),
        (trial(3, crowded, ""), Gate::Pressure),
        (word("nivcsw=200"), Gate::Switches),
        (word("origin_late_p99_ns=2000000"), Gate::Late),
        (Trial { part: 1, ..trial(3, QUIET, "") }, Gate::Split),
    ];
    for (spoiled, expected) in cases {
        let mut outcome = cell(vec![spoiled]);
        // Another contestant of the same round, from before the run was cut short.
        outcome.trials.push(Trial { entry: 1, ..trial(3, QUIET, "") });
        let gated = gate(&outcome, 0);
        assert_eq!(gated.flagged, [(2, expected)]);
        assert_eq!(gated.dropped, [2]);
        assert_eq!(gated.describe(), format!("1 of 21 trials dropped (1 {})", expected.name()));
    }
}

#[test]
fn no_more_than_a_tenth_is_dropped_and_the_worst_first() {
    let stolen = |round: usize| trial(round, Surroundings { steal_ns: round as u64 * 10_000_000, ..QUIET }, "");
    let gated = gate(&cell((1..=5).map(stolen).collect()), 0);
    assert_eq!(gated.flagged.len(), 5);
    assert_eq!(gated.dropped, [4, 3]);
    let text = gated.describe();
    assert!(text.contains("5 of 20 trials flagged (5 steal), the worst 2 of them dropped"), "{text}");
}

#[test]
fn the_result_itself_is_never_a_reason() {
    let slow = Trial {
        words: Words::parse("trial wall_ns=5000000000 nivcsw=10 origin_late_p99_ns=60000"),
        ..trial(4, QUIET, "")
    };
    assert!(gate(&cell(vec![slow]), 0).flagged.is_empty());
}

#[test]
fn enough_rounds_remain_to_be_paired() {
    let mut outcome = cell(Vec::new());
    outcome.trials.truncate(9);
    let others: Vec<Trial> = (1..=9).map(|round| Trial { entry: 1, ..trial(round, QUIET, "") }).collect();
    outcome.trials.extend(others);
    let stolen = Surroundings { steal_ns: 50_000_000, ..QUIET };
    // One of each, in different rounds: dropping both would leave seven pairs of nine.
    outcome.trials[2].surroundings = stolen;
    outcome.trials[9 + 5].surroundings = stolen;
    outcome.trials.extend((10..=11).map(|round| Trial { entry: 2, ..trial(round, QUIET, "") }));
    let gated = gate(&outcome, 0);
    assert_eq!((gated.flagged.len(), gated.dropped.len()), (2, 1));
}
