//! Files that are broken, and which counts belong to a run.

use super::*;

#[test]
fn a_file_of_counts_that_is_broken_names_its_line() {
    let header = "{\"schema\":\"gather-counts/1\"}\n";
    assert_eq!(parse("").unwrap_err().0, 1);
    let other = parse("{\"schema\":\"gather-counts/9\"}\n").unwrap_err();
    assert!(other.1.contains("the schema is gather-counts/9; this program reads gather-counts/1"), "{other:?}");
    let broken = parse(&format!("{header}{{\"workload\":\"w\"}}\n")).unwrap_err();
    assert_eq!(broken, (2, "`cell` is missing".into()));
    assert_eq!(parse(&format!("{header}[]\n")).unwrap_err().0, 2);
    assert!(parse(header).unwrap().is_empty());
}

#[test]
fn counts_that_were_cut_off_or_counted_again_are_read() {
    let header = "{\"schema\":\"gather-counts/1\"}\n";
    let line = |syscalls: u64| {
        LINE.replace("\"e\"", &format!("\"e\",\"syscalls\":{{\"median\":{syscalls},\"lowest\":1,\"highest\":9}}"))
    };
    let twice = parse(&format!("{header}{}{header}{}{{\"workl", line(3), line(4))).unwrap();
    let medians: Vec<f64> = twice.iter().map(|line| line.count("syscalls").unwrap().unwrap().median).collect();
    assert_eq!(medians, [4.0]);
}

const RECORDED: &str = include_str!("../../../tests/data/run/trials.ndjson");

/// Folders of counts below a root, each with a header as `bench --counts` writes it.
struct Root(PathBuf);

impl Root {
    fn new(name: &str) -> Root {
        let root = std::env::temp_dir().join(format!("gather-counts-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&root);
        Root(root)
    }

    /// A run of this time, and its counts when there are any.
    fn put(&self, name: &str, utc: &str, change: impl Fn(&str) -> String, counts: &str) {
        let folder = self.0.join(name);
        fs::create_dir_all(&folder).unwrap();
        let header: Map<String, Value> = serde_json::from_str(&change(RECORDED.lines().next().unwrap())).unwrap();
        let environment = header["environment"].clone();
        let mut header = header;
        header.insert("utc".into(), utc.into());
        fs::write(folder.join(results::FILE), format!("{}\n", Value::Object(header))).unwrap();
        let first = serde_json::json!({ "schema": SCHEMA, "environment": environment });
        fs::write(folder.join(FILE), format!("{first}\n{counts}")).unwrap();
    }

    /// What belongs to the recorded run among them.
    fn belonging(&self) -> Belonging {
        let folder = self.0.join("timed");
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join(results::FILE), RECORDED).unwrap();
        let found = belonging(&results::load(&folder).unwrap(), std::slice::from_ref(&self.0));
        fs::remove_dir_all(&self.0).unwrap();
        found
    }
}

fn path(belonging: &Belonging) -> String {
    let path = match belonging {
        Belonging::Counts(kept) => &kept.path,
        Belonging::OtherRevision { path, .. } | Belonging::Unreadable { path, .. } => path,
        Belonging::Nothing => return "nothing".into(),
    };
    path.parent().unwrap().file_name().unwrap().to_string_lossy().into_owned()
}

const LINE: &str = "{\"workload\":\"w\",\"cell\":\"c\",\"engine\":\"e\"}\n";

#[test]
fn the_newest_counts_of_the_same_programs_are_taken() {
    let root = Root::new("newest");
    root.put("old", "2026-01-01", str::to_owned, LINE);
    root.put("new", "2026-01-02", str::to_owned, LINE);
    // Another program whose tree has changes is other code, whatever its revision is called.
    root.put("code", "2026-01-03", |header| header.replace("572f3f43723c26b8", "0"), LINE);
    root.put("machine", "2026-01-04", |header| header.replace("Intel", "Other"), LINE);
    let found = root.belonging();
    assert_eq!(path(&found), "new");
    let Belonging::Counts(kept) = found else { panic!("{found:?}") };
    assert!(!kept.beside && kept.lines.len() == 1 && kept.utc == "2026-01-02", "{kept:?}");
}

#[test]
fn counts_of_other_code_are_named_and_not_taken() {
    let root = Root::new("other");
    root.put("code", "2026-01-03", |header| header.replace("572f3f43723c26b8", "0"), LINE);
    let found = root.belonging();
    assert!(
        matches!(&found, Belonging::OtherRevision { revision, .. } if revision.contains("with changes")),
        "{found:?}"
    );
    assert!(matches!(Root::new("none").belonging(), Belonging::Nothing));
}

#[test]
fn the_counts_beside_the_trials_come_first_and_broken_ones_are_named() {
    let root = Root::new("beside");
    root.put("timed", "2026-01-01", str::to_owned, LINE);
    root.put("new", "2026-01-02", str::to_owned, LINE);
    let found = root.belonging();
    assert!(matches!(&found, Belonging::Counts(kept) if kept.beside), "{found:?}");
    let root = Root::new("broken");
    root.put("broken", "2026-01-02", str::to_owned, "{}\n");
    let found = root.belonging();
    assert!(
        matches!(&found, Belonging::Unreadable { why, .. } if why.contains(":2: `workload` is missing")),
        "{found:?}"
    );
}
