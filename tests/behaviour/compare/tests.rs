//! The comparison, on records of a few fields.

use super::*;

fn record(fields: &[(&str, &str)]) -> Option<Record> {
    let fields = fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Some(Record { fields, ..Record::default() })
}

fn declared(transport: &str, case: &str, fields: &[&str]) -> Difference {
    Difference {
        what: "something".to_owned(),
        reason: "of course".to_owned(),
        transports: vec![transport.to_owned()],
        cases: vec![case.to_owned()],
        fields: fields.iter().map(|field| (*field).to_owned()).collect(),
    }
}

/// One pair, `b` against `a`, and two cases that differ in `status` and `2: body`.
fn compared(volatile: &[String], differences: &[Difference]) -> Report {
    let pairs = pairs(&[("a", Layer::Transport), ("b", Layer::Transport)]);
    let a = vec![record(&[("status", "200"), ("error", "x")]), record(&[("2: body", "one")])];
    let b = vec![record(&[("status", "404"), ("error", "x")]), record(&[("2: body", "two")])];
    let mut report = Report::default();
    report.compare(&[("first", volatile), ("second", &[])], &pairs, &[a, b], differences);
    report
}

#[test]
fn what_is_not_declared_is_reported() {
    let report = compared(&[], &[declared("b", "first", &["status"])]);
    assert_eq!((report.compared, report.declared), (3, 1));
    let keys: Vec<_> = report.undeclared.keys().collect();
    assert_eq!(keys, [&("b".to_owned(), "2: body".to_owned())]);
    assert!(!report.is_clean() && report.stale.is_empty());
}

#[test]
fn what_is_declared_and_is_so_is_clean() {
    let report = compared(&[], &[declared("b", "first", &["status"]), declared("*", "sec*", &["*body"])]);
    assert!(report.is_clean(), "{report}");
    assert!(compared(&["stat*".to_owned()], &[declared("b", "second", &["2: body"])]).is_clean());
}

#[test]
fn what_is_declared_and_is_not_so_is_reported() {
    let all = declared("b", "*", &["*"]);
    let report = compared(&[], &[all.clone(), declared("b", "first", &["status", "error"])]);
    let stale: Vec<_> = report.stale.iter().map(|(_, pattern)| pattern.as_str()).collect();
    assert_eq!(stale, ["error"]);
    let report = compared(&["status".to_owned()], &[all.clone(), declared("b", "first", &["status"])]);
    assert_eq!(report.stale.len(), 3, "{report}");
    // Of a case that nobody held nothing can be said.
    assert!(compared(&[], &[all, declared("b", "third", &["status"])]).is_clean());
}

#[test]
fn an_error_is_one_difference_and_what_follows_from_it_none() {
    let fields = |error: &[(&'static str, &'static str)]| {
        let common = [("status", "200"), ("2: body", "a"), ("3: body", "b"), ("requests", "3")];
        record(&[&common[..], error].concat()).unwrap()
    };
    let (one, mut other) = (fields(&[("2: error", "Head Interrupted")]), fields(&[]));
    for field in ["status", "2: body", "3: body", "requests"] {
        other.fields.insert(field.to_owned(), "something else".to_owned());
    }
    let differing = Differing::between(&one, &other, &[]);
    let shown: Vec<_> = differing.fields.iter().map(|field| field.as_str()).collect();
    assert_eq!((shown, differing.compared), (vec!["2: error", "status"], 5));
    assert!(differing.tells(&"requests".to_owned()));
    let differing = Differing::between(&one, &other, &["2: *".to_owned()]);
    assert_eq!(differing.fields.len(), 3);
    assert!(!differing.tells(&"2: body".to_owned()) && differing.tells(&"status".to_owned()));
}

#[test]
fn clients_are_held_against_the_first_client() {
    let layers = [("a", Layer::Transport), ("a", Layer::Client), ("b", Layer::Transport), ("b", Layer::Client)];
    let pairs = pairs(&layers);
    let shown: Vec<_> = pairs.iter().map(|pair| (pair.name.as_str(), pair.subject, pair.reference)).collect();
    assert_eq!(shown, [("b", 2, 0), ("b, under the client", 3, 1), ("the client", 1, 0)]);
}
