//! What a request costs in countable things: passes of their own, and the difference between a trial and one twice as long.
//!
//! A trial also does what does not grow with its requests: it asks the origin for its counts, it opens connections that it
//! keeps. In the difference that falls out. Times of these trials mean nothing and are not kept.

use crate::failure::Failure;
use crate::words::Words;

/// What each request costs. `None` is a number that nobody could count here, never a zero.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Counts {
    pub(crate) syscalls: Option<Count>,
    pub(crate) wakeups: Option<Count>,
    pub(crate) allocations: Option<Count>,
    pub(crate) reallocations: Option<Count>,
    pub(crate) allocated_bytes: Option<Count>,
    pub(crate) instructions: Option<Count>,
    /// What counted the instructions: numbers of different sources must not be compared.
    pub(crate) source: Option<String>,
    pub(crate) voluntary_switches: Option<Count>,
    pub(crate) involuntary_switches: Option<Count>,
    pub(crate) connections: Option<Count>,
}

/// One number for each request, over some repetitions.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Count {
    pub(crate) median: f64,
    pub(crate) lowest: f64,
    pub(crate) highest: f64,
    pub(crate) repetitions: usize,
    /// All repetitions agree, and there was more than one.
    pub(crate) exact: bool,
}

/// A way to count, with processes of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pass {
    /// The runner as it is timed: context switches and connections.
    Plain,
    /// Under `gather-count --syscalls`.
    Syscalls,
    /// With the allocator that counts.
    Allocations,
    /// Under `gather-count --instructions`.
    Instructions,
}

/// What one trial of a pass brought.
#[derive(Debug)]
pub(crate) enum Counted {
    Words(Words),
    /// The pass is not possible here or for this engine.
    Unsupported,
}

impl Pass {
    /// All passes, the cheapest first.
    pub(crate) const ALL: [Pass; 4] = [Pass::Plain, Pass::Syscalls, Pass::Allocations, Pass::Instructions];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Pass::Plain => "plain",
            Pass::Syscalls => "syscalls",
            Pass::Allocations => "allocations",
            Pass::Instructions => "instructions",
        }
    }

    /// The option of `gather-count` for this pass, if it is the one that counts.
    pub(crate) fn option(self) -> Option<&'static str> {
        match self {
            Pass::Syscalls => Some("--syscalls"),
            Pass::Instructions => Some("--instructions"),
            Pass::Plain | Pass::Allocations => None,
        }
    }
}

/// Runs all passes: `trial` runs one trial of a pass with so many requests in the process that it keeps for that pass.
///
/// The first trial of each pass warms up and is not used.
///
/// # Errors
/// When a trial fails, or reports numbers that cannot be counts.
pub(crate) fn measure(
    requests: u64,
    repetitions: usize,
    mut trial: impl FnMut(Pass, u64) -> Result<Counted, Failure>,
) -> Result<Counts, Failure> {
    let mut counts = Counts::default();
    for pass in Pass::ALL {
        let mut pairs = Vec::new();
        for _ in 0..repetitions {
            // By itself it already is the difference of two processes, so it needs no warm-up and no second trial.
            if pass == Pass::Instructions {
                let Counted::Words(words) = trial(pass, requests)? else { break };
                pairs.push(Pair::against_nothing(requests, words));
                continue;
            }
            if pairs.is_empty()
                && let Counted::Unsupported = trial(pass, requests)?
            {
                break;
            }
            let (short, long) = (trial(pass, requests)?, trial(pass, 2 * requests)?);
            let (Counted::Words(short), Counted::Words(long)) = (short, long) else { break };
            pairs.push(Pair { requests, short, long });
        }
        counts.take(pass, &pairs)?;
    }
    Ok(counts)
}

impl Counts {
    /// Every count with the name that files know it by.
    pub(crate) fn named(&self) -> [(&'static str, &Option<Count>); 9] {
        [
            ("syscalls", &self.syscalls),
            ("wakeups", &self.wakeups),
            ("allocations", &self.allocations),
            ("reallocations", &self.reallocations),
            ("allocated_bytes", &self.allocated_bytes),
            ("instructions", &self.instructions),
            ("voluntary_switches", &self.voluntary_switches),
            ("involuntary_switches", &self.involuntary_switches),
            ("connections", &self.connections),
        ]
    }

    /// Adds what the pairs of one pass say.
    pub(crate) fn take(&mut self, pass: Pass, pairs: &[Pair]) -> Result<(), Failure> {
        let count = |key| Count::of(key, pairs);
        match pass {
            Pass::Plain => {
                self.voluntary_switches = count("nvcsw")?;
                self.involuntary_switches = count("nivcsw")?;
                self.connections = count("origin_accepted")?;
            }
            Pass::Syscalls => {
                self.syscalls = count("syscalls")?;
                self.wakeups = count("wakeups")?;
            }
            Pass::Allocations => {
                self.allocations = count("allocations")?;
                self.reallocations = count("reallocations")?;
                self.allocated_bytes = count("allocated_bytes")?;
            }
            Pass::Instructions => {
                self.instructions = count("instructions")?;
                self.source = pairs.first().and_then(|pair| pair.long.get("instructions_source")).map(str::to_owned);
            }
        }
        Ok(())
    }
}

/// A trial and one of twice as many requests.
#[derive(Debug)]
pub(crate) struct Pair {
    /// By how many requests the two differ.
    requests: u64,
    short: Words,
    long: Words,
}

impl Pair {
    /// A trial whose numbers are already free of all that does not grow.
    fn against_nothing(requests: u64, words: Words) -> Pair {
        Pair { requests, short: Words { kind: String::new(), pairs: Vec::new() }, long: words }
    }

    /// By how much a word grew with each request; `None` when it is not said.
    fn each(&self, key: &str) -> Result<Option<f64>, Failure> {
        let number = |words: &Words| match words.get(key) {
            None => Ok(None),
            Some(text) => match text.parse::<u64>() {
                Ok(number) => Ok(Some(number)),
                Err(_) => Err(Failure::Died(format!("a trial said {key}={text}, which is not a count"))),
            },
        };
        let Some(long) = number(&self.long)? else { return Ok(None) };
        let short = number(&self.short)?.unwrap_or(0);
        // A count that comes and goes may be smaller in the longer trial: the spread will show it.
        Ok(Some((long as f64 - short as f64) / self.requests as f64))
    }
}

impl Count {
    /// One word over all pairs; `None` when there is no pair or one of them does not say it.
    fn of(key: &str, pairs: &[Pair]) -> Result<Option<Count>, Failure> {
        let each: Result<Option<Vec<f64>>, Failure> = pairs.iter().map(|pair| pair.each(key)).collect();
        let Some(mut values) = each? else { return Ok(None) };
        let Some(median) = crate::stats::median(&mut values) else { return Ok(None) };
        // `median` sorted them.
        let (lowest, highest, repetitions) = (values[0], values[values.len() - 1], values.len());
        Ok(Some(Count { median, lowest, highest, repetitions, exact: repetitions > 1 && lowest == highest }))
    }

    /// How far the repetitions are apart, as a share of the median: 0 where they agree. `None` where the median is zero
    /// and they do not.
    pub(crate) fn spread(&self) -> Option<f64> {
        let apart = self.highest - self.lowest;
        if apart == 0.0 {
            return Some(0.0);
        }
        (self.median != 0.0).then(|| apart / self.median.abs())
    }
}

#[cfg(test)]
mod tests;
