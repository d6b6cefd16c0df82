//! What a table looks like, to the last space.

use super::*;

#[test]
fn columns_line_up_and_no_line_ends_in_spaces() {
    let mut table = Table::new(&[("engine", Align::Left), ("pages/s", Align::Right), ("verdict", Align::Left)]);
    let plain = |text: &str| (text.to_owned(), Tone::Plain);
    table.row(vec![plain("tokio-current"), plain("12,800"), plain("")]);
    table.row(vec![plain("smol"), plain("9"), plain("equivalent")]);
    table.row(vec![plain("pool-ureq")]);
    let expected = [
        "  engine         pages/s  verdict",
        "  tokio-current   12,800",
        "  smol                 9  equivalent",
        "  pool-ureq",
        "",
    ];
    assert_eq!(table.render(Style::plain()), expected.join("\n"));
}
