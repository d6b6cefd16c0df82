//! Who serves the pages of a workload, and what can be asked of whom.

/// Who serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Server {
    /// The lab's own, with its delays and its witness.
    Origin,
    /// nginx, from files.
    Nginx,
}

impl Server {
    pub(crate) const NAMES: [(&str, Server); 2] = [("origin", Server::Origin), ("nginx", Server::Nginx)];

    /// Whether this server can be asked so: nginx has pages, and neither delays nor faults.
    pub(super) fn check(self, axes: &[(String, Vec<String>)]) -> Result<(), String> {
        if self == Server::Origin {
            return Ok(());
        }
        let words = |key: &str| axes.iter().find(|(name, _)| name == key).map(|(_, words)| words.as_slice());
        let only = |key: &str, wanted: &str| words(key).is_none_or(|words| words.iter().all(|word| word == wanted));
        let wrong = [("model", "fetch"), ("page", "corpus"), ("delay_us", "0"), ("hosts", "1")]
            .into_iter()
            .find(|(key, wanted)| !only(key, wanted))
            .map(|(key, wanted)| format!("`params.{key}`: expected {wanted}"));
        let faults = ["slow_percent", "flaky_percent", "silent_percent"];
        let wrong = wrong.or_else(|| {
            let key = faults.into_iter().find(|key| !only(key, "0"))?;
            Some(format!("`params.{key}`: nobody there is slow, fails or falls silent"))
        });
        wrong.map_or(Ok(()), |wrong| {
            Err(format!("nginx serves the pages of the corpus at once, and nothing else; {wrong}"))
        })
    }

    /// What its table should say of it; nothing of the lab's own.
    pub(crate) fn description(self) -> Option<&'static str> {
        match self {
            Server::Origin => None,
            Server::Nginx => Some(
                "nginx, from files, with a worker for each CPU that it shares with the engines. What it served is told by its own \
                 counters; it has no delays to be late with, and does not say how many exchanges were in flight: both are n/a.",
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn axes(words: &[(&str, &str)]) -> Vec<(String, Vec<String>)> {
        words.iter().map(|(key, word)| ((*key).to_owned(), vec![(*word).to_owned()])).collect()
    }

    #[test]
    fn nginx_is_asked_for_what_it_has() {
        assert_eq!(Server::Nginx.check(&axes(&[("model", "fetch"), ("delay_us", "0"), ("reuse", "no")])), Ok(()));
        assert_eq!(Server::Origin.check(&axes(&[("model", "open-loop"), ("delay_us", "20000")])), Ok(()));
    }

    #[test]
    fn nginx_is_not_asked_for_what_only_the_origin_has() {
        let cases = [
            ("delay_us", "20000"),
            ("page", "fixed:2700"),
            ("model", "open-loop"),
            ("hosts", "250"),
            ("silent_percent", "1"),
            ("flaky_percent", "5"),
            ("slow_percent", "1"),
        ];
        for (key, word) in cases {
            let message = Server::Nginx.check(&axes(&[(key, word)])).unwrap_err();
            assert!(message.contains(&format!("`params.{key}`")), "{message}");
        }
    }
}
