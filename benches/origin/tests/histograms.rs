//! The histograms on one line: whoever reads them finds the same quantiles, and a line has an end.

use hdrhistogram::Histogram;

use super::support::histogram;
use crate::answer::Delay;
use crate::random::Random;
use crate::served_delays::{ServedDelays, pairs};

fn recorded(values: impl IntoIterator<Item = u64>) -> Histogram<u64> {
    let mut recorded = Histogram::new_with_max(3_600_000_000_000, 2).expect("valid bounds");
    values.into_iter().for_each(|value| recorded.saturating_record(value));
    recorded
}

#[test]
fn nothing_is_one_letter_and_small_values_are_exact() {
    assert_eq!(pairs(&recorded([])), "-");
    assert_eq!(pairs(&recorded([0, 5, 5, 255, 256, 257])), "0:1,5:2,255:1,257:2");
}

#[test]
fn a_reader_finds_the_same_quantiles_and_can_merge() {
    let mut random = Random::new(3);
    let mut values = |count| -> Vec<u64> { (0..count).map(|_| 1000 + random.next() % 5_000_000).collect() };
    let (one, other) = (values(2000), values(300));
    let read = |word: &str, into: &mut Histogram<u64>| {
        let (uppers, counts) = histogram(word);
        uppers.iter().zip(counts).for_each(|(upper, count)| into.saturating_record_n(*upper, count));
    };
    let mut merged = recorded([]);
    read(&pairs(&recorded(one.iter().copied())), &mut merged);
    read(&pairs(&recorded(other.iter().copied())), &mut merged);
    let mut all = [one, other].concat();
    let expected = recorded(all.iter().copied());
    all.sort_unstable();
    for quantile in [0.001, 0.1, 0.5, 0.9, 0.99, 0.999, 1.0] {
        let found = merged.value_at_quantile(quantile);
        assert_eq!(found, expected.value_at_quantile(quantile), "{quantile}");
        let exact = all[((quantile * 2300.0_f64).ceil() as usize) - 1];
        assert!((exact..=exact + exact / 100).contains(&found), "{found} for {exact}");
    }
}

#[test]
fn a_line_stays_below_64_kib_whatever_was_recorded() {
    // One value in every bucket that there is, each as often as a long run makes it.
    let mut delays = ServedDelays::new();
    let (mut value, mut count) = (1_u64, 0);
    while value < 4_000_000_000_000 {
        delays.record(&Delay { served_ns: value, late_ns: value });
        value += (value / 256).max(1);
        count += 1;
    }
    let mut line = String::new();
    delays.describe(&mut line);
    assert!(line.len() < 50_000, "{}", line.len());
    let word = line.split(' ').find_map(|word| word.strip_prefix("delay_hist=")).expect("the word");
    let (uppers, counts) = histogram(word);
    assert_eq!(counts.iter().sum::<u64>(), count);
    assert!((512..=1024).contains(&uppers.len()), "{}", uppers.len());
    assert!(uppers.is_sorted() && uppers.iter().all(|upper| *upper < 1 << 42));
}

#[test]
fn what_is_longer_than_an_hour_counts_as_an_hour() {
    let mut delays = ServedDelays::new();
    delays.record(&Delay { served_ns: u64::MAX, late_ns: u64::MAX });
    let mut line = String::new();
    delays.describe(&mut line);
    assert!(line.starts_with("delayed=1 ") && line.contains("late_hist=") && !line.contains("=-"), "{line}");
}
