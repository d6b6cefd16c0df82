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
    assert_eq!(counts::state(&wavering, &count(12.5, 13.0, 14.0), Some(0.0)), State::Unclear);
    assert_eq!(counts::state(&wavering, &count(14.5, 15.0, 16.0), Some(0.0)), State::Regression);
    assert_eq!(counts::state(&wavering, &count(10.0, 10.5, 12.0), Some(0.0)), State::Same);
}

#[test]
fn three_repetitions_of_the_same_noise_hardly_ever_gate() {
    const TRIES: usize = 20_000;
    let mut rng = fastrand::Rng::with_seed(7);
    let mut share = |draw: fn(&mut fastrand::Rng) -> f64| {
        let mut three = || {
            let mut drawn = [draw(&mut rng), draw(&mut rng), draw(&mut rng)];
            drawn.sort_by(f64::total_cmp);
            count(drawn[0], drawn[1], drawn[2])
        };
        let gated = (0..TRIES).filter(|_| counts::state(&three(), &three(), Some(0.0)) == State::Regression).count();
        gated as f64 / TRIES as f64
    };
    let smooth = share(|rng| 10.0 + rng.f64());
    let two_values = share(|rng| f64::from(rng.u8(10..12)));
    assert!(smooth < 0.01 && two_values < 0.02, "{smooth} {two_values}");
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
