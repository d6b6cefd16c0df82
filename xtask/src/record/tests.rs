//! Names of machines, and histograms that are made shorter.

use super::*;

#[test]
fn a_machine_is_named_after_its_cpu() {
    assert_eq!(slug("Intel(R) Xeon(R) Platinum 8375C CPU @ 2.90GHz"), "intel-xeon-platinum-8375c");
    assert_eq!(slug("AMD EPYC 7B13"), "amd-epyc-7b13");
    assert_eq!(slug(""), "unknown");
}

#[test]
fn a_thinned_histogram_keeps_every_count_and_its_far_end() {
    let pairs: Vec<(u64, u64)> = (1..=1000).map(|value| (value * 100, value % 7 + 1)).collect();
    let text = pairs.iter().map(|(value, count)| format!("{value}:{count}")).collect::<Vec<_>>().join(",");
    let thin = thin_histogram(&text, 64).unwrap();
    let parsed: Vec<(u64, u64)> = thin
        .split(',')
        .map(|pair| pair.split_once(':').unwrap())
        .map(|(value, count)| (value.parse().unwrap(), count.parse().unwrap()))
        .collect();
    assert!(parsed.len() <= 64, "{}", parsed.len());
    let total = |pairs: &[(u64, u64)]| pairs.iter().map(|(_, count)| count).sum::<u64>();
    assert_eq!(total(&parsed), total(&pairs));
    assert_eq!(parsed[parsed.len() - 20..], pairs[pairs.len() - 20..]);
    assert!(parsed.is_sorted());
    assert_eq!(thin_histogram(&thin, 64), None, "a second time changes nothing");
}

#[test]
fn what_is_no_histogram_stays() {
    for text in ["", "tokio-current", "1:2,3:4", &"1:2,".repeat(100), &vec!["a:1"; 100].join(",")] {
        assert_eq!(thin_histogram(text, 64), None, "{text}");
    }
}

#[test]
fn thinning_says_so_in_the_header() {
    let histogram = (0..100).map(|value| format!("{value}:1")).collect::<Vec<_>>().join(",");
    let text = format!("{{\"schema\":\"s\"}}\n{{\"hdr\":\"{histogram}\",\"checksum\":\"12345\"}}\n");
    let (thinned, count) = thin(&text, 64).unwrap();
    assert_eq!(count, 1);
    assert!(thinned.lines().next().unwrap().contains("\"thinned\":\"1 histograms"), "{thinned}");
    assert!(thinned.contains("\"checksum\":\"12345\"") && thinned.len() < text.len(), "{thinned}");
    assert_eq!(thin("{\"schema\":\"s\"}\n", 64).unwrap(), ("{\"schema\":\"s\"}\n".to_owned(), 0));
}
