//! The answer from what was found at each concurrency.

use super::*;

fn found(points: &[(u64, Option<bool>)]) -> Found {
    let points =
        points.iter().map(|(concurrency, beats)| Point { concurrency: *concurrency, beats: *beats, open: false });
    Found::of(&points.collect::<Vec<_>>())
}

#[test]
fn the_bracket_ends_where_async_wins_for_good() {
    let from = found(&[(1, Some(false)), (16, Some(true)), (64, Some(false)), (256, Some(true)), (1024, Some(true))]);
    assert_eq!(from, Found::From { last_not: Some(64), first: 256, largest: 1024 });
    assert_eq!(from.short(), "256 (64, 256]");
    assert!(from.long().starts_with("async pays from 256 in flight on (not shown at 64"), "{}", from.long());
}

#[test]
fn never_is_an_answer_and_so_is_always() {
    assert_eq!(found(&[(1, Some(false)), (64, Some(false))]).short(), "never up to 64");
    assert_eq!(found(&[(4, Some(true)), (64, Some(true))]).short(), "4 or less");
    assert_eq!(found(&[(4, Some(true)), (64, Some(false))]), Found::Only { at: vec![4], largest: 64 });
}

#[test]
fn what_nobody_knows_widens_the_bracket_and_decides_nothing() {
    let from = found(&[(4, Some(false)), (16, None), (64, Some(true)), (256, None)]);
    assert_eq!(from, Found::From { last_not: Some(4), first: 64, largest: 64 });
    assert_eq!(found(&[(4, None)]), Found::Unknown);
    assert_eq!(found(&[]), Found::Unknown);
}

#[test]
fn what_more_rounds_may_tell_is_said() {
    let point = |concurrency, open| Point { concurrency, beats: Some(false), open };
    let answer = Answer::of(&[point(4, false), point(64, true), point(256, true)]);
    assert_eq!(answer.long(), "async never pays up to 256 in flight, inconclusive at 64, 256");
    assert_eq!(Answer::of(&[point(4, false)]).long(), "async never pays up to 4 in flight");
}
