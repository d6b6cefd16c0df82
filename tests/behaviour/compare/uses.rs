//! What declared differences are good for: a pattern that meets none is one too many.

use crate::data::Difference;
use crate::text::matches;

/// A declared difference, and which of its patterns have met one.
pub(super) struct Uses<'a> {
    difference: &'a Difference,
    /// Patterns, whether there was anything for them to look at, and whether that differed.
    transports: Vec<(&'a str, bool, bool)>,
    cases: Vec<(&'a str, bool, bool)>,
    fields: Vec<(&'a str, bool, bool)>,
}

impl<'a> Uses<'a> {
    pub(super) fn of(difference: &'a Difference) -> Self {
        let unused = |patterns: &'a [String]| patterns.iter().map(|pattern| (pattern.as_str(), false, false)).collect();
        let Difference { transports, cases, fields, .. } = difference;
        Uses { difference, transports: unused(transports), cases: unused(cases), fields: unused(fields) }
    }

    /// A case was held by the two of a pair.
    pub(super) fn could(&mut self, pair: &str, case: &str) {
        let pairs = self.transports.iter().any(|(pattern, ..)| matches(pattern, pair));
        let cases = self.cases.iter().any(|(pattern, ..)| matches(pattern, case));
        if pairs && cases {
            let mark = |(pattern, could, _): &mut (&str, bool, bool), text| *could |= matches(pattern, text);
            self.transports.iter_mut().for_each(|pattern| mark(pattern, pair));
            self.cases.iter_mut().for_each(|pattern| mark(pattern, case));
            self.fields.iter_mut().for_each(|(_, could, _)| *could = true);
        }
    }

    /// Whether this is a difference that is declared here.
    pub(super) fn covers(&mut self, pair: &str, case: &str, field: &str) -> bool {
        let Uses { transports, cases, fields, .. } = self;
        let mut all = [(transports, pair), (cases, case), (fields, field)];
        let covers = all.iter().all(|(patterns, text)| patterns.iter().any(|(pattern, ..)| matches(pattern, text)));
        if covers {
            for (patterns, text) in &mut all {
                patterns.iter_mut().for_each(|(pattern, _, met)| *met |= matches(pattern, text));
            }
        }
        covers
    }

    /// What of it is not so.
    pub(super) fn stale(&self) -> Vec<(Difference, String)> {
        let all = self.transports.iter().chain(&self.cases).chain(&self.fields);
        let unmet = all.filter(|(_, could, met)| *could && !met);
        unmet.map(|(pattern, ..)| (self.difference.clone(), (*pattern).to_owned())).collect()
    }
}
