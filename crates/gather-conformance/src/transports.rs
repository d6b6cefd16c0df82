//! The table of transports in a README, held against the values that the transports give of themselves.

use gather_core::Capabilities;

/// The words of [`Capabilities`], as the table's columns name them, with what a value says to each.
fn words(said: Capabilities) -> [(&'static str, bool); 7] {
    [
        ("address policy", said.address_policy),
        ("connect deadline", said.connect_deadline),
        ("cancellation", said.cancellation),
        ("streaming", said.streaming),
        ("head limits", said.head_limits),
        ("strict framing", said.strict_framing),
        ("HTTP/2", said.http2),
    ]
}

/// Finds the row of `transport` in the Markdown table whose first column is `transport`, and compares each of its cells with
/// what the transport says of itself: a cell begins with `yes` or `no`, and may go on with the reason. The column
/// `deviations` lists what the transport [declares](Capabilities::deviations), or says `none`.
///
/// # Panics
///
/// When there is no such table or row, when the table lacks a column for one of the words, has one for something else, or
/// says something else than the transport.
///
/// ```
/// let table = "\
/// | transport | address policy | connect deadline | cancellation | streaming | head limits | strict framing | HTTP/2 | deviations |
/// |---|---|---|---|---|---|---|---|---|
/// | `Mine` | no: it looks at nothing | no | yes | yes | no | no | no | no reuse of connections |
/// ";
/// let said = gather_core::Capabilities::none().cancellation(true).streaming(true).but(gather_core::Deviation::NoReuse);
/// gather_conformance::transports::assert_row(table, "Mine", said);
/// ```
pub fn assert_row(table: &str, transport: &str, said: Capabilities) {
    let mut rows = table.lines().filter(|line| line.starts_with('|')).map(cells);
    let header = rows.find(|row| row.first().is_some_and(|first| first == "transport")).expect("a table of transports");
    let row = rows.find(|row| row.first().is_some_and(|first| first == transport));
    let row = row.unwrap_or_else(|| panic!("the table of transports has no row for `{transport}`"));
    assert_eq!(row.len(), header.len(), "the row for `{transport}` has another number of cells than the header");
    let words = words(said);
    for column in &header[1..] {
        assert!(column == DEVIATIONS || words.iter().any(|(word, _)| word == column), "`{column}` is no capability");
    }
    let column = |word: &str| {
        let column = header.iter().position(|column| column == word);
        column.unwrap_or_else(|| panic!("the table of transports has no column `{word}`"))
    };
    for (word, promised) in words {
        let cell = row[column(word)].as_str();
        let expected = if promised { "yes" } else { "no" };
        assert!(
            cell.starts_with(expected),
            "`{transport}`, {word}: the table says `{cell}`, the transport `{expected}`"
        );
    }
    let declared: Vec<_> = said.deviations.iter().map(|deviation| deviation.to_string()).collect();
    let declared = if declared.is_empty() { "none".to_owned() } else { declared.join("; ") };
    assert_eq!(row[column(DEVIATIONS)], declared, "what the table says that `{transport}` deviates in");
}

/// The last column: what of the contract a transport does not keep.
const DEVIATIONS: &str = "deviations";

/// The cells of a row, without the marks of code.
fn cells(row: &str) -> Vec<String> {
    row.trim().trim_matches('|').split('|').map(|cell| cell.trim().replace('`', "")).collect()
}
