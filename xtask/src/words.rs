//! The lines that the lab's processes speak: a kind, then `key=value` words (see `benches/FORMAT.md`).

/// One line, taken apart. Keys that a reader does not know are kept, so that results hold every word of a trial.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Words {
    pub(crate) kind: String,
    pub(crate) pairs: Vec<(String, String)>,
}

impl Words {
    pub(crate) fn parse(line: &str) -> Words {
        let mut words = line.split_whitespace();
        let kind = words.next().unwrap_or_default().to_owned();
        let pairs = words.map(|word| word.split_once('=').unwrap_or((word, "")));
        Words { kind, pairs: pairs.map(|(key, value)| (key.to_owned(), value.to_owned())).collect() }
    }

    pub(crate) fn get(&self, key: &str) -> Option<&str> {
        self.pairs.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str())
    }

    pub(crate) fn number(&self, key: &str) -> Option<f64> {
        self.get(key)?.parse().ok().filter(|number: &f64| number.is_finite())
    }
}

#[cfg(test)]
mod tests {
    use super::Words;

    #[test]
    fn a_line_is_a_kind_and_pairs_and_unknown_keys_stay() {
        let words = Words::parse("trial wall_ns=1500 novelty=x=y bare\n");
        assert_eq!(words.kind, "trial");
        assert_eq!(words.number("wall_ns"), Some(1500.0));
        assert_eq!(words.get("novelty"), Some("x=y"));
        assert_eq!(words.get("bare"), Some(""));
        assert_eq!(words.number("bare"), None);
        assert_eq!(Words::parse("").kind, "");
    }
}
