//! `key=value` words: numbers, names, and the words that only one model understands.

use std::collections::BTreeMap;

use crate::models::{MODELS, Model};

/// A whole number.
pub(crate) fn number(key: &str, value: &str) -> Result<u64, String> {
    value.parse().map_err(|_| format!("{key}: `{value}` is not a number"))
}

/// One of the values that are known.
pub(crate) fn pick<T: Copy>(key: &str, value: &str, known: &[(&str, T)]) -> Result<T, String> {
    known.iter().find(|(name, _)| *name == value).map(|(_, found)| *found).ok_or_else(|| {
        let names: Vec<_> = known.iter().map(|(name, _)| *name).collect();
        format!("{key}: `{value}` is none of {}", names.join(", "))
    })
}

/// The words of a model's own. It takes those that it knows; what is left at the end nobody knows.
pub(crate) struct OwnKeys<'a> {
    model: Model,
    left: BTreeMap<&'a str, &'a str>,
}

impl<'a> OwnKeys<'a> {
    pub(crate) fn new(model: Model, words: &'a BTreeMap<String, String>) -> Self {
        OwnKeys { model, left: words.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect() }
    }

    /// The word of that key, if it was given.
    pub(crate) fn text(&mut self, key: &str) -> Option<&'a str> {
        self.left.remove(key)
    }

    /// A whole number.
    pub(crate) fn number(&mut self, key: &str, default: u64) -> Result<u64, String> {
        self.text(key).map_or(Ok(default), |value| number(key, value))
    }

    /// A whole number of at least 1.
    pub(crate) fn positive(&mut self, key: &str, default: u64) -> Result<u64, String> {
        match self.number(key, default)? {
            0 => Err(format!("{key}: has to be at least 1")),
            number => Ok(number),
        }
    }

    /// One of the values that are known.
    pub(crate) fn pick<T: Copy>(&mut self, key: &str, known: &[(&str, T)], default: T) -> Result<T, String> {
        self.text(key).map_or(Ok(default), |value| pick(key, value, known))
    }

    /// Refuses what is left.
    pub(crate) fn finish(self) -> Result<(), String> {
        let Some(key) = self.left.keys().next() else { return Ok(()) };
        let model = MODELS.iter().find(|(_, model)| *model == self.model).map_or("?", |(name, _)| name);
        Err(format!("unknown key `{key}` (model `{model}` has none of that name)"))
    }
}
