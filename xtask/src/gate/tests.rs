//! What rises, what falls, and what nobody can say.

use super::allowance::Allowance;
use super::counts;
use super::times;
use super::*;
use crate::change::Change;
use crate::counts::Count;
use crate::stats::Verdict;

fn count(lowest: f64, median: f64, highest: f64) -> Count {
    Count { median, lowest, highest, repetitions: 3, exact: lowest == highest }
}

#[test]
fn an_exact_count_may_not_rise_at_all() {
    let exact = |number| count(number, number, number);
    let state = |before, after, allowed| counts::state(&exact(before), &exact(after), allowed);
    assert_eq!(state(12.0, 12.0, Some(0.0)), State::Same);
    assert_eq!(state(12.0, 13.0, Some(0.0)), State::Regression);
    assert_eq!(state(12.0, 11.0, Some(0.0)), State::Better);
    assert_eq!(state(0.0, 0.1, Some(0.0)), State::Regression);
    assert_eq!(state(1000.0, 1009.0, Some(0.01)), State::Same);
    assert_eq!(state(1000.0, 1011.0, Some(0.01)), State::Regression);
    assert_eq!(state(12.0, 13.0, None), State::Worse);
}

#[test]
fn a_count_that_wavers_must_leave_its_range() {
    let wavering = count(10.0, 11.0, 12.0);
    assert_eq!(counts::state(&wavering, &count(11.0, 11.5, 12.0), Some(0.0)), State::Unclear);
    assert_eq!(counts::state(&wavering, &count(12.5, 13.0, 14.0), Some(0.0)), State::Regression);
    assert_eq!(counts::state(&wavering, &count(10.0, 10.5, 12.0), Some(0.0)), State::Same);
}

#[test]
fn what_may_rise_is_read_from_words() {
    let allowed = |words: &[&str], name: &str| {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        Allowance::parse(&words).map(|allowance| allowance.counts().find(|(known, _)| *known == name).unwrap().1)
    };
    assert_eq!(allowed(&[], "allocations"), Ok(Some(0.0)));
    assert_eq!(allowed(&[], "wakeups"), Ok(None));
    assert_eq!(allowed(&["allocations=2.5%"], "allocations"), Ok(Some(0.025)));
    assert_eq!(allowed(&["wakeups=5%"], "wakeups"), Ok(Some(0.05)));
    for wrong in ["allocations", "allocations=1", "allocations=-1%", "allocations=nan%", "=1%"] {
        assert!(allowed(&[wrong], "allocations").is_err(), "{wrong}");
    }
    assert!(allowed(&["alocations=1%"], "allocations").unwrap_err().contains("did you mean `allocations`?"));
}

#[test]
fn a_time_gates_only_when_two_runs_agree_that_it_is_much_worse() {
    let slower = |ratio: f64| Change { ratio, low: ratio * 0.99, high: ratio * 1.01, verdict: Verdict::Slower };
    assert_eq!(times::state(&slower(0.8), 0.01), State::Regression);
    assert_eq!(times::state(&slower(0.95), 0.01), State::Worse);
    // Beyond ten per cent, but not beyond ten per cent and the noise.
    assert_eq!(times::state(&slower(0.88), 0.05), State::Worse);
    use State::{Better, Regression, Same, Unclear, Worse};
    assert_eq!(times::verdict(&[Regression]), Worse);
    assert_eq!(times::verdict(&[Regression, Regression]), Regression);
    assert_eq!(times::verdict(&[Regression, Worse]), Worse);
    assert_eq!(times::verdict(&[Regression, Same]), Unclear);
    assert_eq!(times::verdict(&[Better, Better]), Better);
    assert_eq!(times::verdict(&[Same]), Same);
}
