//! What it costs to hand a job over: inline, on tokio's blocking pool, on rayon.
//!
//! `one` is the time from asking to having the result, with nothing else going on: two wake-ups of a thread, where there
//! is another thread. `many` is the time for 64 of them at once, where threads stay awake and share the work.
#![forbid(unsafe_code)]

use std::hint::black_box;

use criterion::{Criterion, Throughput};
use futures_lite::future::block_on;
use gather_core::{Blocking, Compute, Inline, gather};
use gather_rayon::Rayon;
use gather_tokio::TokioHandle;

/// Jobs at once in `many`.
const MANY: usize = 64;

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    // Its blocking pool is what is used of it; the futures are polled by `block_on`.
    let tokio = tokio::runtime::Builder::new_current_thread().build().expect("tokio starts");
    let blocking = Blocking(TokioHandle::from_handle(tokio.handle().clone()));
    let rayon = Rayon::new().expect("a thread for each core");
    for (job, microseconds) in [("empty", 0), ("20us", 20)] {
        place(&mut criterion, job, "inline", &Inline, microseconds);
        place(&mut criterion, job, "blocking", &blocking, microseconds);
        place(&mut criterion, job, "rayon", &rayon, microseconds);
    }
    criterion.final_summary();
}

fn place(criterion: &mut Criterion, job: &str, name: &str, compute: &impl Compute, microseconds: u64) {
    let steps = burn(microseconds);
    let one = || block_on(compute.compute(move || burn(microseconds))).expect("no job panics");
    assert_eq!(one(), steps, "{name} has to run the job");
    let mut group = criterion.benchmark_group(format!("compute/{job}/one"));
    group.bench_function(name, |bencher| bencher.iter(one));
    group.finish();

    let many = || block_on(gather((0..MANY).map(|_| compute.compute(move || burn(microseconds)))));
    let done = many().into_iter().filter(|result| matches!(result, Ok(found) if *found == steps)).count();
    assert_eq!(done, MANY, "{name} has to run every job");
    let mut group = criterion.benchmark_group(format!("compute/{job}/many"));
    group.throughput(Throughput::Elements(MANY as u64));
    group.bench_function(name, |bencher| bencher.iter(many));
    group.finish();
}

/// About `microseconds` of one core: a fixed amount of work and not a fixed time, so that threads that disturb each other
/// are seen to. One step is a dependent multiplication, 3 to 4 cycles on any x86-64 or AArch64 of this decade.
fn burn(microseconds: u64) -> u64 {
    const STEPS_PER_MICROSECOND: u64 = 800;
    let mut state = black_box(microseconds);
    for _ in 0..microseconds * STEPS_PER_MICROSECOND {
        state = state.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(1);
    }
    black_box(state)
}
