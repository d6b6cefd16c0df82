//! What it costs to hand a job over: inline, on tokio's blocking pool, on rayon.
//!
//! `one` is the time from asking to having the result, with nothing else going on: two wake-ups of a thread, where there
//! is another thread. `many` is the time for 64 of them at once, where threads stay awake and share the work; its `empty`
//! and `inline` is what `gather` itself costs.
#![forbid(unsafe_code)]

use std::hint::black_box;

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, Throughput};
use futures_lite::future::block_on;
use gather_core::{Blocking, Compute, Inline, gather};
use gather_rayon::Rayon;
use gather_tokio::TokioHandle;
use tokio::runtime::{Builder, Runtime};

/// Jobs at once in `many`.
const MANY: usize = 64;

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    // Its blocking pool is what is used of it; the futures are polled by `block_on`.
    let tokio = Builder::new_current_thread().build().expect("tokio starts");
    let rayon = Rayon::new().expect("a thread for each core");
    for (job, microseconds) in [("empty", 0), ("20us", 20)] {
        one(&mut criterion.benchmark_group(format!("compute/{job}/one")), &tokio, &rayon, microseconds);
        many(&mut criterion.benchmark_group(format!("compute/{job}/many")), &tokio, &rayon, microseconds);
    }
    criterion.final_summary();
}

fn one(group: &mut BenchmarkGroup<'_, WallTime>, tokio: &Runtime, rayon: &Rayon, microseconds: u64) {
    one_on(group, "inline", &Inline, microseconds);
    one_on(group, "blocking", &blocking(tokio), microseconds);
    one_on(group, "rayon", rayon, microseconds);
}

fn one_on(group: &mut BenchmarkGroup<'_, WallTime>, name: &str, compute: &impl Compute, microseconds: u64) {
    let run = || block_on(compute.compute(move || burn(microseconds))).expect("no job panics");
    assert_eq!(run(), burn(microseconds), "{name} has to run the job");
    group.bench_function(name, |bencher| bencher.iter(run));
}

fn many(group: &mut BenchmarkGroup<'_, WallTime>, tokio: &Runtime, rayon: &Rayon, microseconds: u64) {
    group.throughput(Throughput::Elements(MANY as u64));
    many_on(group, "inline", &Inline, microseconds);
    many_on(group, "blocking", &blocking(tokio), microseconds);
    many_on(group, "rayon", rayon, microseconds);
}

fn many_on(group: &mut BenchmarkGroup<'_, WallTime>, name: &str, compute: &impl Compute, microseconds: u64) {
    let run = || block_on(gather((0..MANY).map(|_| compute.compute(move || burn(microseconds)))));
    let expected = burn(microseconds);
    let done = run().into_iter().filter(|result| matches!(result, Ok(found) if *found == expected)).count();
    assert_eq!(done, MANY, "{name} has to run every job");
    group.bench_function(name, |bencher| bencher.iter(run));
}

fn blocking(tokio: &Runtime) -> Blocking<TokioHandle> {
    Blocking(TokioHandle::from_handle(tokio.handle().clone()))
}

/// About `microseconds` of one core: a fixed amount of work and not a fixed time, so that threads that disturb each other
/// are seen to.
///
/// One step is a shift, an exclusive or and a multiplication, each waiting for the one before: 5 cycles on any x86-64 or
/// AArch64 of this decade. Without the shift the compiler folds eight steps of `x * a + c` into one.
fn burn(microseconds: u64) -> u64 {
    const STEPS_PER_MICROSECOND: u64 = 640;
    let mut state = black_box(microseconds | 1);
    for _ in 0..microseconds * STEPS_PER_MICROSECOND {
        state = (state ^ (state >> 29)).wrapping_mul(0x5851_f42d_4c95_7f2d);
    }
    black_box(state)
}
