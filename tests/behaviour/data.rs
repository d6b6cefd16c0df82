//! The data files, read: cases with their templates filled in, and the known differences.

use serde::Deserialize;
use toml::{Table, Value};

use crate::case::{Case, Written};
use crate::text::matches;

/// Each is a list of cases, with what they have in common above it.
const FILES: [(&str, &str); 6] = [
    ("exchanges.toml", include_str!("cases/exchanges.toml")),
    ("contents.toml", include_str!("cases/contents.toml")),
    ("conversations.toml", include_str!("cases/conversations.toml")),
    ("files.toml", include_str!("cases/files.toml")),
    ("secure.toml", include_str!("cases/secure.toml")),
    ("faults.toml", include_str!("cases/faults.toml")),
];

const DIFFERENCES: &str = include_str!("differences.toml");

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    /// The server of the cases that name none.
    server: String,
    case: Vec<Table>,
}

/// All cases, in the order of the files.
///
/// # Panics
///
/// When a file is not as it should be, with the case.
pub(crate) fn cases() -> Vec<Case> {
    let read = |(name, text): (&str, &str)| {
        let file: File = toml::from_str(text).unwrap_or_else(|error| panic!("{name}: {error}"));
        let File { server, case } = file;
        let cases = case.into_iter().flat_map(expand).map(move |mut case| {
            case.entry("server").or_insert_with(|| Value::String(server.clone()));
            let title = case.get("name").and_then(Value::as_str).unwrap_or("without a name").to_owned();
            let written: Written = case.try_into().unwrap_or_else(|error| panic!("the case {title}: {error}"));
            Case::from(written)
        });
        cases.collect::<Vec<_>>()
    };
    FILES.into_iter().flat_map(read).collect()
}

/// A case with `each` is a template: one case for each of its rows, whose cells stand for `{0}`, `{1}` and so on.
fn expand(mut case: Table) -> Vec<Table> {
    let Some(each) = case.remove("each") else { return vec![case] };
    let Value::Array(rows) = each else { panic!("`each` is not a list: {each:?}") };
    let rows = rows.into_iter().map(|row| match row {
        Value::Array(cells) => cells,
        cell => vec![cell],
    });
    rows.map(|cells| {
        let cells: Vec<String> = cells.iter().map(cell_text).collect();
        case.iter().map(|(key, value)| (key.clone(), fill(value, &cells))).collect()
    })
    .collect()
}

fn cell_text(cell: &Value) -> String {
    match cell {
        Value::String(text) => text.clone(),
        Value::Integer(number) => number.to_string(),
        other => panic!("`each` has something that is neither text nor a number: {other:?}"),
    }
}

fn fill(value: &Value, cells: &[String]) -> Value {
    let text = |text: &str| {
        cells.iter().enumerate().fold(text.to_owned(), |text, (n, cell)| text.replace(&format!("{{{n}}}"), cell))
    };
    match value {
        Value::String(value) => Value::String(text(value)),
        Value::Array(items) => Value::Array(items.iter().map(|item| fill(item, cells)).collect()),
        Value::Table(table) => Value::Table(table.iter().map(|(key, value)| (text(key), fill(value, cells))).collect()),
        other => other.clone(),
    }
}

/// Where transports are known to differ.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Difference {
    /// What a reader of the table is told.
    pub(crate) what: String,
    pub(crate) reason: String,
    /// Patterns of the transports' names. `client` is what every client adds to its transport.
    pub(crate) transports: Vec<String>,
    /// Patterns of the cases' names.
    pub(crate) cases: Vec<String>,
    /// Patterns of the fields of a record.
    pub(crate) fields: Vec<String>,
}

impl Difference {
    /// Whether it may show in the case of this name.
    pub(crate) fn is_in(&self, case: &str) -> bool {
        self.cases.iter().any(|pattern| matches(pattern, case))
    }
}

/// All known differences, in the order of the file.
///
/// # Panics
///
/// When the file is not as it should be.
pub(crate) fn differences() -> Vec<Difference> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct File {
        #[serde(default)]
        difference: Vec<Difference>,
    }
    let file: File = toml::from_str(DIFFERENCES).unwrap_or_else(|error| panic!("differences.toml: {error}"));
    file.difference
}

#[test]
fn a_template_is_one_case_for_each_row() {
    let template = "name = 'x {0}'\neach = [['a', '1'], ['b', '2']]\nexpect = { status = '{1}', list = ['{0}{0}'] }";
    let cases = expand(toml::from_str(template).unwrap());
    assert_eq!(cases.len(), 2);
    assert_eq!(cases[1]["name"].as_str(), Some("x b"));
    assert_eq!(cases[1]["expect"]["status"].as_str(), Some("2"));
    assert_eq!(cases[0]["expect"]["list"][0].as_str(), Some("aa"));
}
