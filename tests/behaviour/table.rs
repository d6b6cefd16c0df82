//! The section "Where transports differ" of `crates/README.md`: made of the data, never typed.

use std::fs;
use std::path::Path;

use crate::case::Case;
use crate::compare::{CLIENT, pairs};
use crate::data::Difference;
use crate::text::matches;
use crate::transports::{Layer, Transport};

const BEGIN: &str = "<!-- BEGIN: where transports differ -->\n";
const END: &str = "<!-- END: where transports differ -->\n";
/// With this in the environment the section is written instead of checked.
const WRITE: &str = "GATHER_WRITE_TABLE";

/// Fails when the section is not what the data make it; writes it where that was asked for.
pub(crate) fn check(cases: &[Case], differences: &[Difference], transports: &[Transport]) {
    check_patterns(cases, differences, transports);
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/README.md");
    let text = fs::read_to_string(&file).expect("crates/README.md");
    let (before, rest) = text.split_once(BEGIN).unwrap_or_else(|| panic!("crates/README.md has no {BEGIN}"));
    let (old, after) = rest.split_once(END).unwrap_or_else(|| panic!("crates/README.md has no {END}"));
    let new = section(cases, differences, transports);
    if std::env::var_os(WRITE).is_some() {
        fs::write(&file, [before, BEGIN, &new, END, after].concat()).expect("crates/README.md is written");
    } else {
        let how = format!("{WRITE}=1 cargo test -p gather-tests --test behaviour table");
        assert!(old == new, "crates/README.md is not up to date; run `{how}`. It should have:\n{new}");
    }
}

/// A pattern that is of no transport or no case is misspelt.
fn check_patterns(cases: &[Case], differences: &[Difference], transports: &[Transport]) {
    let pairs = pairs(&layers(transports));
    for Difference { what, transports, cases: names, .. } in differences {
        for pattern in transports {
            assert!(pairs.iter().any(|pair| matches(pattern, &pair.name)), "\"{what}\": no transport is `{pattern}`");
        }
        for pattern in names {
            assert!(cases.iter().any(|case| matches(pattern, &case.name)), "\"{what}\": no case is `{pattern}`");
        }
    }
}

fn layers(transports: &[Transport]) -> Vec<(&'static str, Layer)> {
    transports.iter().map(|transport| (transport.name, transport.layer)).collect()
}

fn section(cases: &[Case], differences: &[Difference], transports: &[Transport]) -> String {
    let of_client = |difference: &&Difference| difference.transports.iter().any(|pattern| pattern == CLIENT);
    let (client, others): (Vec<_>, Vec<_>) = differences.iter().partition(|difference| of_client(difference));
    let names = layers(transports).into_iter().filter(|(_, layer)| *layer == Layer::Transport).map(|(name, _)| name);
    let names: Vec<&str> = names.collect();
    let alike = names.iter().filter(|name| !others.iter().any(|other| is_about(other, name).is_some()));
    let alike: Vec<String> = alike.map(|name| format!("*{name}*")).collect();
    let mut text = format!("\n{} cases. Alike in all of them: {}.\n", cases.len(), alike.join("; "));
    if !others.is_empty() {
        text += "\n| with | what is different | cases | why |\n|---|---|---|---|\n";
        text.extend(others.iter().map(|difference| {
            let about: Vec<String> = names.iter().filter_map(|name| is_about(difference, name)).collect();
            format!("| {} {}", about.join("; "), row(cases, difference))
        }));
    }
    text += "\nWhat the client adds to its transport, on all of them alike:\n\n| what | cases | why |\n|---|---|---|\n";
    text.extend(client.iter().map(|difference| row(cases, difference)));
    text + "\n"
}

/// The transport as the table calls it, if the difference is one of it: alone, under a client, or both.
fn is_about(difference: &Difference, transport: &str) -> Option<String> {
    let about = |name: &str| difference.transports.iter().any(|pattern| matches(pattern, name));
    match (about(transport), about(&format!("{transport}, under the client"))) {
        (true, true) => Some(transport.to_owned()),
        (true, false) => Some(format!("{transport}, alone")),
        (false, true) => Some(format!("{transport}, under the client")),
        (false, false) => None,
    }
}

fn row(cases: &[Case], difference: &Difference) -> String {
    let Difference { what, reason, .. } = difference;
    let about = cases.iter().filter(|case| difference.is_in(&case.name)).count();
    let about = if about == cases.len() { "any".to_owned() } else { format!("of {about}") };
    format!("| {what} | {about} | {reason} |\n")
}
