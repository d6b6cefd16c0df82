//! The door for runners that bring clients of their own: the scrape, its workloads and its measurements over any [`Fetch`].

use std::iter;
use std::process::ExitCode;
use std::sync::{Mutex, PoisonError};
use std::thread;

use futures_lite::future::block_on;
use gather_core::{Clock, Fetch, Runtime, Scraper, SendFetch};

use crate::answer::Answer;
use crate::args::{self, Args, Run};
use crate::engines::asynchronous::{Engine, KeptOpen, with_policies};
use crate::engines::{serve_trials, unsupported};
use crate::models::Model;
use crate::models::fetch::deadlines::Deadlines;
use crate::models::fetch::{self, Policy};
use crate::page::PageParser;
use crate::session::{self, Outcome};
use crate::target::Target;
use crate::workload::Place;
use crate::{Failure, canary, end, usage};

/// An engine of a runner's own.
pub struct Contender {
    /// What `--engine` calls it.
    pub name: &'static str,
    /// What it is, for `--list`.
    pub what: &'static str,
    /// The package in the lock file whose version is its own.
    pub package: &'static str,
    /// Sets it up and calls [`serve`] or [`serve_on_threads`].
    pub serve: fn(&Run) -> Result<(), Failure>,
}

/// The whole of a runner with these engines: the conversation that `FORMAT.md` describes.
///
/// They do `model=fetch` by the pipeline, with `policy=none` or `client`; anything else is `unsupported`.
pub fn main_with(contenders: &'static [Contender]) -> ExitCode {
    end(args::read().and_then(|args| match args {
        Args::List => {
            contenders.iter().for_each(|contender| println!("{:16} {}", contender.name, contender.what));
            Ok(())
        }
        Args::Help => args::help(),
        Args::Canary(cpus) => canary::serve(&cpus),
        Args::Run(mut run) => {
            let contender = contenders.iter().find(|contender| contender.name == run.engine);
            let Some(contender) = contender else {
                return Err(Failure::new("engine", format!("there is no engine `{}`; --list names them", run.engine)));
            };
            run.package = Some(contender.package);
            start(&run, contender)
        }
    }))
}

fn start(run: &Run, contender: &Contender) -> Result<(), Failure> {
    let workload = &run.workload;
    if workload.model != Model::Fetch || !fetch::Params::of(workload)?.is_pipeline() {
        return unsupported("this engine only fetches, by the pipeline");
    }
    if workload.inject.is_any() {
        return unsupported("only tokio-current injects faults");
    }
    usage::pin(&run.cpus)?;
    usage::raise_descriptor_limit(workload.most_connections() as u64 + 64)?;
    (contender.serve)(run)
}

/// Serves the trials on a runtime, each worker's pipeline over a client that `make` makes and that is kept from trial to trial.
///
/// `driven` says that the runtime has workers of its own; else everything is polled where this is.
///
/// # Errors
///
/// Those of `make`, and of the conversation. An exchange that fails is counted, and no error here.
pub async fn serve<R: Runtime, F: SendFetch + Clone>(
    run: &Run,
    runtime: R,
    driven: bool,
    make: impl Fn(&R) -> Result<F, Failure>,
) -> Result<(), Failure> {
    let engine = Engine::new(run, runtime, driven, make)?;
    let params = fetch::Params::of(&run.workload)?;
    session::serve(run, async |requests| fetch::scrape(&engine, params, requests).await).await
}

/// Serves the trials on threads, as many as may be in flight, each with a pipeline of one exchange at a time: for a client that
/// blocks the thread that polls it.
///
/// # Errors
///
/// Those of the conversation.
pub fn serve_on_threads<C, F>(run: &Run, clock: C, client: F) -> Result<(), Failure>
where
    C: Clock<Sleep: Send> + Send + Sync,
    F: SendFetch + Clone,
{
    let workload = &run.workload;
    if workload.compute != Place::Inline {
        return unsupported("threads compute where they fetch");
    }
    let target = Target::new(workload, run.origin)?;
    let policies = with_policies(workload, client.clone(), clock.clone());
    let policy = fetch::Params::of(workload)?.policy();
    serve_trials(run, |requests| {
        Ok(match policy {
            Policy::Nothing => pool(run, &clock, &client, &target, requests),
            Policy::Client => pool(run, &clock, &policies, &target, requests),
        })
    })
}

/// One trial on threads. They start with it and end with it, as those of the blocking scraper do.
fn pool<C, F>(run: &Run, clock: &C, client: &F, target: &Target, requests: u64) -> Outcome
where
    C: Clock<Sleep: Send> + Send + Sync,
    F: Fetch + Clone + Send + Sync,
{
    let workload = &run.workload;
    let left = Mutex::new(target.requests(requests));
    let total = Mutex::new(Answer::default());
    let threads = workload.concurrency.min(usize::try_from(requests).unwrap_or(usize::MAX));
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                let next = iter::from_fn(|| left.lock().unwrap_or_else(PoisonError::into_inner).next());
                let scraper = Scraper::over(clock.clone(), KeptOpen(client.clone()))
                    .parse(PageParser::new(workload))
                    .limits(workload.limits())
                    .concurrency(1);
                let found = block_on(fetch::sum(scraper.scrape(next), &Deadlines::default()));
                total.lock().unwrap_or_else(PoisonError::into_inner).merge(&found);
            });
        }
    });
    total.into_inner().unwrap_or_else(PoisonError::into_inner).into()
}
