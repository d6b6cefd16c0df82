//! The page of the recorded run: everything is there, nothing leaves it, and no name becomes markup.

use std::fs;
use std::path::PathBuf;
use std::sync::LazyLock;

use super::{Digest, MOST_BYTES, Others, counts, forest, page, resources, trials};
use crate::counting::kept::{self, Belonging, Kept};
use crate::results::{self, Loaded};

const RECORDED: &str = include_str!("../../tests/data/run/trials.ndjson");

/// A run from this text.
fn run(name: &str, text: &str) -> Loaded {
    let folder = std::env::temp_dir().join(format!("gather-page-{name}-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join(results::FILE), text).unwrap();
    let run = results::load(&folder).unwrap();
    fs::remove_dir_all(&folder).unwrap();
    run
}

/// The page of the recorded run, made once: without optimisation that takes seconds.
static PAGE: LazyLock<String> = LazyLock::new(|| page(&run("recorded", RECORDED), &Others::default()).unwrap());

/// What lies between a section's beginning and its end.
fn section<'p>(page: &'p str, id: &str) -> &'p str {
    let (_, rest) = page.split_once(&format!("<section id=\"{id}\">")).unwrap_or_else(|| panic!("no section {id}"));
    rest.split_once("</section>").unwrap().0
}

fn count(text: &str, part: &str) -> usize {
    text.matches(part).count()
}

#[test]
fn every_section_and_every_chart_is_there() {
    // Six cells of a sweep over two latencies, two loads, three numbers of tasks, and one whose control fails.
    let charts = [
        ("answer", "class=\"result\"", 12),
        ("belief", "data-chart=\"controls\"", 1),
        ("belief", "data-chart=\"plot\"", 3),
        ("curves", "data-chart=\"plot\"", 2),
        ("map", "data-chart=\"map\"", 1),
        ("ratios", "data-chart=\"forest\"", 12),
        ("latency", "data-chart=\"plot\"", 3),
        ("resources", "data-chart=\"plot\"", 1),
        ("resources", "data-chart=\"costs\"", 12),
        ("trials", "data-chart=\"plot\"", 12),
    ];
    for (id, part, expected) in charts {
        assert_eq!(count(section(&PAGE, id), part), expected, "{part} in {id}");
    }
    assert!(!PAGE.contains("NaN") && !PAGE.contains("inf\""), "a number that is none");
}

#[test]
fn what_went_wrong_is_shown_where_it_did() {
    assert!(section(&PAGE, "ratios").contains("does not do this"), "an engine that does not do it");
    assert!(section(&PAGE, "ratios").contains("connection refused by the origin"), "an engine that broke down");
    assert_eq!(count(section(&PAGE, "ratios"), "class=\"tablebox invalid\""), 1, "a control that failed");
    assert!(section(&PAGE, "answer").contains("invalid: the A/A control failed"));
    assert!(section(&PAGE, "belief").contains(">canary<"), "a gate that fired");
    assert!(section(&PAGE, "curves").contains("COST: "), "the smallest concurrency at which async pays");
}

#[test]
fn nothing_leaves_the_page_and_it_is_small() {
    for part in ["http://", "https://", "src=", "@import", "<link", "<iframe", "<object", "<base"] {
        assert!(!PAGE.contains(part), "{part}");
    }
    assert_eq!(count(&PAGE, "url("), count(&PAGE, "url(#"), "an address outside of the page");
    assert!(PAGE.contains("default-src 'none'"));
    assert!(PAGE.len() < MOST_BYTES, "{} bytes", PAGE.len());
}

#[test]
fn every_picture_has_a_text_or_is_silent() {
    for picture in PAGE.split("<svg").skip(1) {
        let (head, rest) = picture.split_once('>').unwrap();
        let told = head.contains("role=\"img\"") && rest.starts_with("<title>") && rest.contains("</title><desc>");
        assert!(told || head.contains("aria-hidden=\"true\""), "<svg{head}>");
    }
}

#[test]
fn every_link_has_its_place() {
    for link in PAGE.split("href=\"#").skip(1) {
        let id = link.split('"').next().unwrap();
        assert_eq!(count(&PAGE, &format!(" id=\"{id}\"")), 1, "{id}");
    }
    assert!(PAGE.contains(" id=\"sweep/1-ms-delay-16-in-flight-2700-b-pages\""));
}

#[test]
fn names_stay_text() {
    // As JSON has it: the quotation mark is escaped there, too.
    let hostile = r#"</title><script>alert(1)</script>\"'&x"#;
    let names = ["smol", "sweep", "the toolchain's documentation", "2,700 B pages", "no timers of its own"];
    assert!(names.iter().all(|name| RECORDED.contains(name)));
    let text = names.iter().fold(RECORDED.to_owned(), |text, name| text.replace(name, &format!("{hostile}{name}")));
    let page = page(&run("names", &text), &Others::default()).unwrap();
    assert_eq!(count(&page, "<script"), 1);
    for name in names {
        let shown = format!("&lt;/title&gt;&lt;script&gt;alert(1)&lt;/script&gt;&quot;'&amp;x{name}");
        assert!(page.contains(&shown), "{name}");
    }
}

#[test]
fn raw_trials_are_thinned_before_the_page_becomes_too_large() {
    let run = run("thin", RECORDED);
    let digest = Digest::new(&run);
    let whole = trials::section(&digest, MOST_BYTES).body.to_string();
    assert!(whole.contains("cpu_user_ns=") && !whole.contains("too large"));
    let mut larger = whole.len();
    for _ in 0..2 {
        let text = trials::section(&digest, larger / 2).body.to_string();
        assert!(text.len() < larger && text.contains("too large"), "{} after {larger}", text.len());
        larger = text.len();
    }
    assert!(trials::section(&digest, 10).body.to_string().contains("large: idle, open-loop, sweep, unsteady."));
}

#[test]
fn what_has_no_room_is_left_out_and_said() {
    let run = run("room", RECORDED);
    let digest = Digest::new(&run);
    for (room, whole) in [(MOST_BYTES, true), (9_000, false)] {
        let (section, left_out) = forest::section(&digest, room);
        let text = section.body.to_string();
        assert_eq!(text.contains("the page would become too large: "), !whole);
        assert_eq!(left_out.contains("sweep"), !whole);
        assert_eq!(text.contains("<h3>sweep</h3>"), whole);
    }
    assert!(resources::section(&digest, 0).body.to_string().contains("large: idle, open-loop, sweep, unsteady."));
}

#[test]
fn earlier_runs_are_a_history_and_one_that_cannot_be_read_is_named() {
    let now = run("now", RECORDED);
    let earlier = run("earlier", &RECORDED.replacen("\"utc\":\"2026", "\"utc\":\"2025", 1));
    assert_ne!(now.text("utc"), earlier.text("utc"));
    let unreadable = vec![(PathBuf::from("old<run>"), "the schema is another".to_owned())];
    let page = page(&now, &Others { runs: vec![earlier], unreadable, ..Others::default() }).unwrap();
    let history = section(&page, "history");
    assert!(history.contains("through 2 runs, from 2025-"), "{history}");
    assert!(history.contains("old&lt;run&gt; cannot be read: the schema is another"));
    // tokio-current is the reference; the cell whose control failed says nothing.
    assert_eq!(count(history, "data-chart=\"history\""), 3 + 1 + 1 + 6 * 3);
    assert!(!PAGE.contains("<section id=\"history\">"));
}

#[test]
fn a_run_without_trials_has_no_page() {
    let header = RECORDED.lines().next().unwrap();
    assert!(page(&run("empty", &format!("{header}\n")), &Others::default()).is_none());
}

#[test]
fn what_nobody_measured_is_said() {
    assert!(section(&PAGE, "belief").contains("Not measured on this machine: <code>cargo xtask selftest</code>"));
    assert!(section(&PAGE, "counts").contains("Not counted on this machine."));
    assert!(section(&PAGE, "counts").contains("<code>cargo xtask bench --counts</code>"));
}

#[test]
fn counts_name_their_instrument_and_never_mix_code_silently() {
    let run = run("counts", RECORDED);
    let digest = Digest::new(&run);
    let scored = digest.cells.iter().find(|scored| scored.planned.name == "sweep").unwrap();
    let line = |engine: &str, source: &str, wakeups: &str| {
        let place = format!("\"workload\":\"sweep\",\"cell\":\"{}\",\"engine\":\"{engine}\"", scored.cell.title);
        format!(
            "{{{place},\"instructions_source\":\"{source}\",\"instructions\":{{\"median\":9000,\"lowest\":9000,\"highest\":9000,\
             \"repetitions\":3}},\"wakeups\":{wakeups}}}\n"
        )
    };
    let loose = "{\"median\":-0.01,\"lowest\":-0.02,\"highest\":0.5,\"repetitions\":3}";
    let text = |sources: [&str; 2], beside: bool| {
        let lines = ["tokio-current", "smol"].iter().zip(sources).map(|(engine, source)| line(engine, source, loose));
        let lines = kept::parse(&format!("{{\"schema\":\"gather-counts/1\"}}\n{}", lines.collect::<String>())).unwrap();
        let (path, revision) = (PathBuf::from("there/counts.ndjson"), "abc".to_owned());
        let (utc, command) = ("2026-01-02T00:00:00Z".to_owned(), "cargo xtask bench --counts".to_owned());
        let kept = Kept { path, beside, utc, command, revision, lines };
        counts::section(&digest, &Belonging::Counts(kept), MOST_BYTES).body.to_string()
    };
    let elsewhere = text(["callgrind", "callgrind"], false);
    assert!(elsewhere.contains("instructions counted by callgrind") && elsewhere.contains("id=\"counts/sweep/"));
    assert!(elsewhere.contains("same code (revision abc), on 2026-01-02") && elsewhere.contains("there/counts.ndjson"));
    assert!(elsewhere.contains("~-0.0100") && elsewhere.contains("-0.0200 to 0.500 in 3 repetitions"), "{elsewhere}");
    assert_eq!(count(&elsewhere, "<rect"), 2, "a bar for each count above zero, none for what is less");
    let mixed = text(["callgrind", "perf"], true);
    assert!(mixed.contains("callgrind and by perf, which must not be compared"));
    assert!(mixed.contains("9,000 (perf)") && count(&mixed, "<rect") == 0, "{mixed}");
    assert!(mixed.contains("Counted in the same run as the times."));
    let other = Belonging::OtherRevision { path: "there".into(), revision: "old".into() };
    let other = counts::section(&digest, &other, MOST_BYTES).body.to_string();
    assert!(other.contains("of revision old") && !other.contains("<table"), "{other}");
}

#[test]
fn a_memory_figure_names_what_it_is_the_peak_of() {
    assert!(section(&PAGE, "resources").contains("peak of the process: VmHWM; of its cgroup: n/a"));
    assert!(!section(&PAGE, "resources").contains("cgroup MB"));
    let grouped =
        RECORDED.replace("\"vmhwm_bytes\":", "\"cgroup_bytes\":7000000,\"cgroup_source\":\"v2-peak\",\"vmhwm_bytes\":");
    let run = run("grouped", &grouped);
    let resources = resources::section(&Digest::new(&run), MOST_BYTES).body.to_string();
    assert!(resources.contains("of its cgroup: v2 peak") && resources.contains("cgroup MB<small>v2 peak</small>"));
    assert!(resources.contains(">7.00<"));
}
