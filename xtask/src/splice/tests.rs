//! Markers and what stands between them.

use super::splice;

const DOCUMENT: &str = "before\n<!-- BEGIN: report sweep -->\nold\n<!-- END: report sweep -->\nafter\n";

fn section(marker: &str) -> Result<String, String> {
    Ok(format!("{marker}'s tables\n"))
}

#[test]
fn what_stands_between_the_markers_is_replaced_and_nothing_else() {
    let once = splice(DOCUMENT, section).unwrap();
    assert_eq!(
        once,
        "before\n<!-- BEGIN: report sweep -->\n\nreport sweep's tables\n\n<!-- END: report sweep -->\nafter\n"
    );
    assert_eq!(splice(&once, section).unwrap(), once, "a second time changes nothing");
}

#[test]
fn a_document_may_ask_for_the_answer_alone_and_keeps_what_others_mark() {
    let document = "<!-- BEGIN: cost sweep -->\n<!-- END: cost sweep -->\n<!-- BEGIN: contents -->\nkept\n";
    let spliced = splice(document, section).unwrap();
    let wanted = "<!-- BEGIN: cost sweep -->\n\ncost sweep's tables\n\n<!-- END: cost sweep -->\n<!-- BEGIN: contents -->\nkept\n";
    assert_eq!(spliced, wanted);
}

#[test]
fn a_missing_marker_is_named() {
    let error = |text: &str| splice(text, section).unwrap_err();
    assert!(error("no markers\n").contains("there is no `<!-- BEGIN: report NAME -->`"));
    let open = error("<!-- BEGIN: report sweep -->\nold\n");
    assert!(open.starts_with("`<!-- END: report sweep -->` is missing"), "{open}");
    let alone = error("<!-- END: report sweep -->\n");
    assert!(alone.contains("line 1: `<!-- END: report sweep -->` has no `<!-- BEGIN: report sweep -->`"), "{alone}");
    let crossed = error("<!-- BEGIN: report a -->\n<!-- BEGIN: report b -->\n");
    assert!(crossed.contains("stands inside of `report a`"), "{crossed}");
    let other = error("<!-- BEGIN: report a -->\n<!-- END: report b -->\n");
    assert!(other.contains("`<!-- END: report b -->` has no"), "{other}");
}

#[test]
fn a_section_that_cannot_be_made_is_an_error() {
    assert_eq!(splice(DOCUMENT, |_| Err("no such record".into())), Err("no such record".into()));
}
