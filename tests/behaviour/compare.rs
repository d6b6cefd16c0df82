//! Holds the records of one transport against those of another, and both against what is declared.

mod differing;
#[cfg(test)]
mod tests;
mod uses;

use std::collections::BTreeMap;
use std::fmt;

use differing::Differing;
use uses::Uses;

use crate::case::Case;
use crate::data::Difference;
use crate::expectation::Broken;
use crate::record::Record;
use crate::transports::{Layer, Transport};

/// Two transports that are held against each other. The name is what `differences.toml` calls the pair.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pair {
    pub(crate) name: String,
    subject: usize,
    reference: usize,
}

/// The pair that shows what a client adds: the first one, and the transport below it.
pub(crate) const CLIENT: &str = "the client";

/// Every transport against the first, every client against the first client, and this against the transport below it.
pub(crate) fn pairs(layers: &[(&'static str, Layer)]) -> Vec<Pair> {
    let first = |layer| layers.iter().position(|(_, each)| *each == layer);
    let of_layer = |(subject, (name, layer)): (usize, &(&'static str, Layer))| {
        let reference = first(*layer)?;
        let name = match layer {
            Layer::Transport => (*name).to_owned(),
            Layer::Client => format!("{name}, under the client"),
        };
        (subject != reference).then_some(Pair { name, subject, reference })
    };
    let mut pairs: Vec<Pair> = layers.iter().enumerate().filter_map(of_layer).collect();
    if let (Some(reference), Some(subject)) = (first(Layer::Transport), first(Layer::Client)) {
        pairs.push(Pair { name: CLIENT.to_owned(), subject, reference });
    }
    pairs
}

/// What is not as it should be.
#[derive(Debug, Default)]
pub(crate) struct Report {
    /// By what was wanted and came instead: where.
    broken: BTreeMap<String, Vec<String>>,
    /// By pair and field: the cases, with what was in the one and in the other.
    undeclared: BTreeMap<(String, String), Vec<String>>,
    /// Declared, and not so: the difference, and its pattern that meets none.
    stale: Vec<(Difference, String)>,
    compared: usize,
    declared: usize,
}

impl Report {
    pub(crate) fn of(
        cases: &[Case],
        transports: &[Transport],
        records: &[Vec<Option<Record>>],
        differences: &[Difference],
        skipped: &[Case],
    ) -> Report {
        let mut report = Report::default();
        let layers: Vec<_> = transports.iter().map(|transport| (transport.name, transport.layer)).collect();
        let named: Vec<_> = cases.iter().map(|case| (case.name.as_str(), case.volatile.as_slice())).collect();
        let differing = report.compare(&named, &pairs(&layers), records, differences);
        for (subject, ((name, layer), records)) in layers.iter().zip(records).enumerate() {
            for (number, (case, record)) in cases.iter().zip(records).enumerate() {
                let Some(record) = record else { continue };
                let seen = case.seen(*layer).broken(&record.fields);
                for Broken { field, says } in record.broken.iter().chain(&seen) {
                    // What differs from the first transport is told, or declared, as a difference.
                    if !differing.get(&(subject, number)).is_some_and(|differing| differing.tells(field)) {
                        let entry = report.broken.entry(format!("{}: {field}: {says}", case.name)).or_default();
                        entry.push(format!("{name} ({layer:?})"));
                    }
                }
            }
        }
        // Of a difference that may be in what was not run nothing can be said.
        report.stale.retain(|(difference, _)| !skipped.iter().any(|case| difference.is_in(&case.name)));
        report
    }

    /// `cases` are names, and fields that are no two times the same. Returns in what each transport differs from the first,
    /// by its number and the case's.
    fn compare<'a>(
        &mut self,
        cases: &[(&str, &[String])],
        pairs: &[Pair],
        records: &'a [Vec<Option<Record>>],
        differences: &[Difference],
    ) -> BTreeMap<(usize, usize), Differing<'a>> {
        let mut uses: Vec<Uses<'_>> = differences.iter().map(Uses::of).collect();
        let mut found = BTreeMap::new();
        for pair in pairs {
            for (number, (case, volatile)) in cases.iter().enumerate() {
                let sides = (&records[pair.subject][number], &records[pair.reference][number]);
                let (Some(subject), Some(reference)) = sides else { continue };
                uses.iter_mut().for_each(|uses| uses.could(&pair.name, case));
                let differing = Differing::between(subject, reference, volatile);
                self.compared += differing.compared;
                for field in &differing.fields {
                    // All that cover it count as used: one may be about a transport, another about a case.
                    let covering = uses.iter_mut().map(|uses| uses.covers(&pair.name, case, field));
                    if covering.fold(false, |any, this| any | this) {
                        self.declared += 1;
                    } else {
                        let (got, wanted) = (subject.fields.get(*field), reference.fields.get(*field));
                        let entry = self.undeclared.entry((pair.name.clone(), (*field).clone())).or_default();
                        entry.push(format!("{case}: {got:?} and not {wanted:?}"));
                    }
                }
                if pair.name != CLIENT {
                    found.insert((pair.subject, number), differing);
                }
            }
        }
        self.stale = uses.iter().flat_map(Uses::stale).collect();
        found
    }

    pub(crate) fn is_clean(&self) -> bool {
        self.broken.is_empty() && self.undeclared.is_empty() && self.stale.is_empty()
    }

    pub(crate) fn summary(&self) -> String {
        let Report { broken, undeclared, stale, compared, declared } = self;
        let (undeclared, stale, broken) = (undeclared.values().map(Vec::len).sum::<usize>(), stale.len(), broken.len());
        format!(
            "{compared} fields compared, {declared} differ as declared, {undeclared} undeclared, {stale} declarations that \
             are not so, {broken} expectations not met"
        )
    }
}

/// So many examples of each are shown.
const EXAMPLES: usize = 6;

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.summary())?;
        for (broken, places) in &self.broken {
            writeln!(f, "BROKEN {broken}\n    with {}", places.join("; "))?;
        }
        for ((pair, field), cases) in &self.undeclared {
            writeln!(f, "UNDECLARED {pair}: `{field}` in {} cases", cases.len())?;
            cases.iter().take(EXAMPLES).try_for_each(|case| writeln!(f, "    {case}"))?;
        }
        let not_so = |(difference, pattern): &(Difference, String)| {
            writeln!(f, "NOT SO \"{}\": nothing differs for `{pattern}`", difference.what)
        };
        self.stale.iter().try_for_each(not_so)
    }
}
