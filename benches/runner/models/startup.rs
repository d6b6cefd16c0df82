//! How long until a program that has just been started has its first page, and what it weighs before.
//!
//! Time is counted from the first line of `main`: the kernel's own note of when a process began counts in hundredths of a
//! second. What came before, loading the program, is the same program for every engine; its CPU time is told.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use gather_blocking::{BlockingFetch, Raw, Ureq};
use gather_core::{Limits, Page, fetch_page, parse_page};
use gather_http::Connect;
use rustix::time::{ClockId, clock_gettime};

use crate::Failure;
use crate::answer::Answer;
use crate::args::Run;
use crate::engines::asynchronous::Engine;
use crate::engines::blocking::{Client, Control};
use crate::engines::serve_trials;
use crate::models::fetch;
use crate::models::memory::Memory;
use crate::page::PageParser;
use crate::session::{self, Outcome};
use crate::target::Target;
use crate::workload::Workload;

static MAIN: OnceLock<(Instant, Duration)> = OnceLock::new();

/// To be called first thing in `main`.
pub(crate) fn note_main() {
    let cpu = clock_gettime(ClockId::ProcessCPUTime);
    let cpu = Duration::new(cpu.tv_sec.unsigned_abs(), u32::try_from(cpu.tv_nsec).unwrap_or(0));
    let _ = MAIN.set((Instant::now(), cpu));
}

/// There is nothing to choose: the first request is made, whatever the workload asks for.
pub(crate) fn check(workload: &Workload) -> Result<(), String> {
    workload.own_keys().finish()
}

pub(crate) fn oracle(run: &Run) -> Result<Answer, Failure> {
    fetch::oracle(run, 1)
}

/// An engine that is ready for its first task.
struct Ready {
    setup: Duration,
    cpu_before_main: Duration,
    memory: Memory,
    used: AtomicBool,
}

impl Ready {
    /// To be called when the engine and its client are there, by the engine's main function.
    fn now() -> Self {
        let (main, cpu_before_main) = *MAIN.get_or_init(|| (Instant::now(), Duration::ZERO));
        let setup = main.elapsed();
        Ready { setup, cpu_before_main, memory: Memory::now(), used: AtomicBool::new(false) }
    }

    /// Waiting for the command is not a part of starting up, so the two halves are measured apart.
    fn outcome(&self, run: &Run, begun: Instant, page: &Page) -> Result<Outcome, Failure> {
        let found =
            parse_page(&PageParser::new(&run.workload), page).map_err(|error| Failure::new("startup", error))?;
        let first = begun.elapsed();
        if self.used.swap(true, Ordering::Relaxed) {
            return Err(Failure::new("startup", "a process starts up once: this workload needs processes = \"cold\""));
        }
        let mut answer = Answer::default();
        answer.add_page(page.body.len() as u64, found);
        let extra = format!(
            "startup_ns={} setup_ns={} first_answer_ns={} before_main_cpu_ns={} {}",
            (self.setup + first).as_nanos(),
            self.setup.as_nanos(),
            first.as_nanos(),
            self.cpu_before_main.as_nanos(),
            self.memory.words("ready"),
        );
        Ok(Outcome { answer, extra })
    }
}

pub(crate) async fn serve<R: Connect>(engine: &Engine<'_, R>) -> Result<(), Failure> {
    let (run, ready) = (engine.run, Ready::now());
    session::serve(run, async |_| {
        let begun = Instant::now();
        let page = fetch_page(&engine.clients[0], &engine.runtime, engine.target.request(0), Limits::default()).await;
        ready.outcome(run, begun, &page.map_err(|error| Failure::new("startup", error))?)
    })
    .await
}

pub(crate) fn serve_blocking(run: &Run, control: Control) -> Result<(), Failure> {
    match control.client {
        Client::Ureq => serve_with(run, &Ureq::with_max_idle(1)),
        Client::Raw => serve_with(run, &Raw::new()),
    }
}

fn serve_with<C: BlockingFetch>(run: &Run, client: &C) -> Result<(), Failure> {
    let target = Target::new(&run.workload, run.origin)?;
    let ready = Ready::now();
    serve_trials(run, |_| {
        let begun = Instant::now();
        let page = gather_blocking::fetch_page(client, &target.request(0), Limits::default());
        ready.outcome(run, begun, &page.map_err(|error| Failure::new("startup", error))?)
    })
}
