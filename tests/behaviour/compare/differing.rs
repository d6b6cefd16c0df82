//! In what two transports differ in one case.

use std::collections::BTreeSet;

use crate::record::Record;
use crate::text::matches;

/// In what two records of a case differ.
pub(super) struct Differing<'a> {
    pub(super) fields: BTreeSet<&'a String>,
    /// Whether one brought an error that the other did not: what follows from that is no difference of its own.
    turned: bool,
    /// How many fields were held against each other.
    pub(super) compared: usize,
}

impl<'a> Differing<'a> {
    pub(super) fn between(one: &'a Record, other: &'a Record, volatile: &[String]) -> Self {
        let all: BTreeSet<&String> = one.fields.keys().chain(other.fields.keys()).collect();
        let steady = all.into_iter().filter(|name| !volatile.iter().any(|pattern| matches(pattern, name)));
        let (mut compared, mut fields) = (0, BTreeSet::new());
        for name in steady {
            compared += 1;
            if one.fields.get(name) != other.fields.get(name) {
                fields.insert(name);
            }
        }
        let turn =
            fields.iter().filter_map(|name| Some((request_of(name)?, *name))).filter(|(_, name)| is_error(name)).min();
        if let Some((turn, error)) = turn {
            fields.retain(|name| *name == error || request_of(name).is_some_and(|request| request < turn));
        }
        Differing { fields, turned: turn.is_some(), compared }
    }

    /// Whether what is wrong with a field is told by these.
    pub(super) fn tells(&self, field: &String) -> bool {
        self.turned || self.fields.contains(field)
    }
}

fn is_error(field: &str) -> bool {
    field == "error" || field.ends_with(": error")
}

/// The number of the request that a field is about; none where it is what a server saw of all of them.
fn request_of(field: &str) -> Option<u32> {
    let seen = ["requests", "connections", "asked"].contains(&field) || field.starts_with("sent ");
    let number = || field.split_once(": ").and_then(|(number, _)| number.parse().ok()).unwrap_or(1);
    (!seen).then(number)
}
