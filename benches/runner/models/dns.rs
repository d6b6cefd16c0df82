//! Looking up names: what a runtime pays for `getaddrinfo`, which blocks, and how many threads it takes for it.
//!
//! Each engine does it in the way that it offers to its users (`by=runtime`), or as gather's own connections do (`by=gather`).

use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::sync::atomic::{AtomicU64, Ordering};

use gather_core::gather;
use gather_http::{Resolve, SystemResolver};

use crate::Failure;
use crate::answer::Answer;
use crate::args::Run;
use crate::engines::asynchronous::Engine;
use crate::engines::blocking::Control;
use crate::engines::{serve_trials, unsupported};
use crate::models::threads::{Crew, MOST_THREADS};
use crate::native::Native;
use crate::page::{PageAnswer, spread};
use crate::session::Outcome;
use crate::usage;
use crate::workload::Workload;

/// What is this model's own.
#[derive(Debug, Clone)]
pub(crate) struct Params {
    /// A name of this machine: the answer has to be a loopback address, and no network is asked.
    name: String,
    by: By,
}

/// Whose function an engine with a runtime calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum By {
    Runtime,
    Gather,
}

impl Params {
    pub(crate) fn of(workload: &Workload) -> Result<Self, String> {
        let mut own = workload.own_keys();
        let name = own.text("name").unwrap_or("localhost").to_owned();
        let by = own.pick("by", &[("runtime", By::Runtime), ("gather", By::Gather)], By::Runtime)?;
        own.finish()?;
        if name.parse::<IpAddr>().is_ok() {
            return Err(format!("name: `{name}` is an address, for which nothing is looked up"));
        }
        Ok(Params { name, by })
    }
}

pub(crate) async fn run<R: Native>(engine: &Engine<'_, R>, lookups: u64) -> Result<Outcome, Failure> {
    let Params { name, by } = &Params::of(&engine.run.workload)?;
    let threads = &MostThreads::of(lookups);
    // The pool's own limit is what is looked at, as with the others.
    let resolver = &SystemResolver::new(engine.runtime.clone()).max_threads(engine.run.workload.concurrency);
    let burst = gather((0..lookups).map(|number| async move {
        let found = match by {
            By::Runtime => engine.runtime.lookup(name).await,
            By::Gather => {
                let found = resolver.resolve(name).await;
                found.map(|found| found.addresses().to_vec()).map_err(io::Error::other)
            }
        };
        threads.sample_at(number);
        answer_of(name, found)
    }));
    let mut answer = Answer::default();
    for found in burst.limit(engine.run.workload.concurrency).await {
        answer.merge(&found?);
    }
    Ok(threads.outcome(answer))
}

pub(crate) fn serve_blocking(run: &Run, control: Control) -> Result<(), Failure> {
    let Params { name, by } = &Params::of(&run.workload)?;
    if *by == By::Gather {
        return unsupported("without a runtime there is one way");
    }
    let crew = Crew::new(run, control.strategy)?.with_stacks(STACK);
    if crew.at_once() as u64 > MOST_THREADS {
        return unsupported("more threads than a system should be asked for");
    }
    serve_trials(run, |lookups| {
        let threads = MostThreads::of(lookups);
        let answer = crew.run(lookups, |number| {
            let found = look_up(name);
            threads.sample_at(number);
            answer_of(name, found)
        })?;
        Ok(threads.outcome(answer))
    })
}

/// One lookup, on the calling thread, is what each of them has to find.
pub(crate) fn oracle(run: &Run, lookups: u64) -> Result<Answer, Failure> {
    let Params { name, .. } = Params::of(&run.workload)?;
    let once = answer_of(&name, look_up(&name))?;
    let mut answer = Answer::default();
    (0..lookups).for_each(|_| answer.merge(&once));
    Ok(answer)
}

fn look_up(name: &str) -> io::Result<Vec<SocketAddr>> {
    Ok((name, 0).to_socket_addrs()?.collect())
}

/// What the C library's modules for other sources than files may need; the small stacks elsewhere are less.
const STACK: usize = 256 << 10;

/// The answer of one lookup: it is right when all that it found are addresses of this machine.
fn answer_of(name: &str, found: io::Result<Vec<SocketAddr>>) -> Result<Answer, Failure> {
    let found = found.map_err(|error| Failure::new("dns", format!("`{name}`: {error}")))?;
    let mut answer = Answer::default();
    if found.is_empty() || found.iter().any(|address| !address.ip().is_loopback()) {
        answer.errors = 1;
        return Ok(answer);
    }
    let checksum = found.iter().map(|address| spread(bits(address.ip()))).fold(0, u64::wrapping_add);
    answer.add_page(0, PageAnswer { links: found.len() as u64, checksum });
    Ok(answer)
}

fn bits(address: IpAddr) -> u64 {
    match address {
        IpAddr::V4(address) => u64::from(address.to_bits()),
        IpAddr::V6(address) => (address.to_bits() >> 64) as u64 ^ address.to_bits() as u64,
    }
}

/// The most threads that were seen. To look costs a read of `/proc`, so it is done twice: in the middle of the burst,
/// where threads made for one lookup each are alive, and at its end, where a pool is as large as it has become.
struct MostThreads {
    middle: u64,
    most: AtomicU64,
}

impl MostThreads {
    fn of(lookups: u64) -> Self {
        MostThreads { middle: lookups / 2, most: AtomicU64::new(0) }
    }

    fn sample_at(&self, number: u64) {
        if number == self.middle {
            self.sample();
        }
    }

    fn sample(&self) {
        self.most.fetch_max(usage::threads(), Ordering::Relaxed);
    }

    fn outcome(&self, answer: Answer) -> Outcome {
        self.sample();
        Outcome { answer, extra: format!("threads_most={}", self.most.load(Ordering::Relaxed)) }
    }
}

#[cfg(test)]
mod tests;
