//! CPU-bound work: four sums of squares, on one thread, on the runtime, on a rayon pool.
//!
//! Look at the second time: async gains nothing, since nothing here ever waits, so there is nothing to do meanwhile.
//! What helps is more cores. Compare the times in a release build; `--below N` makes the sums shorter.

use std::collections::HashSet;
use std::hint::black_box;
use std::thread::{self, ThreadId};
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use gather_core::prelude::*;
use gather_examples::Arguments;
use gather_rayon::Rayon;

const SUMS: usize = 4;

gather_examples::main!(cpu_bound, arguments);

async fn cpu_bound<R: Runtime>(_runtime: R, mut arguments: Arguments) -> Result<()> {
    let below: u32 = arguments.opt_value_from_str("--below")?.unwrap_or(10_000_000);
    gather_examples::no_more(arguments)?;

    let start = Instant::now();
    let sums = (0..SUMS).map(|_| sum_of_squares(below)).collect();
    let one_thread = report("one thread", start, below, sums)?;

    // In one task, as the guide gathers. As tasks of their own they would use the runtime's other threads, and stand in
    // the way of everything else that has to run there; see `blocking_the_loop`.
    let start = Instant::now();
    let sums = gather((0..SUMS).map(async |_| sum_of_squares(below))).await;
    let on_the_runtime = report("on the runtime", start, below, sums)?;

    let pool = Rayon::new()?;
    let start = Instant::now();
    let sums = try_gather((0..SUMS).map(|_| pool.compute(move || sum_of_squares(below)))).await?;
    let on_rayon = report("on rayon", start, below, sums)?;

    let gain = |time: Duration| one_thread.as_secs_f64() / time.as_secs_f64();
    println!("async: {:.2} x as fast as one thread, rayon: {:.2} x", gain(on_the_runtime), gain(on_rayon));
    println!("async gains nothing: no sum ever waits, so no other one can be added up meanwhile");
    Ok(())
}

/// The sum, and the thread that added it up.
fn sum_of_squares(below: u32) -> (u128, ThreadId) {
    // Without the `black_box` the compiler knows the formula, and adds up nothing.
    let squares = (0..below).map(|number| u128::from(black_box(number)).pow(2));
    (squares.sum(), thread::current().id())
}

fn report(how: &str, start: Instant, below: u32, sums: Vec<(u128, ThreadId)>) -> Result<Duration> {
    let took = start.elapsed();
    let n = u128::from(below);
    let right = n.saturating_sub(1) * n * (2 * n).saturating_sub(1) / 6;
    ensure!(sums.iter().all(|(sum, _)| *sum == right), "a sum of squares below {below} is not {right}");
    let threads = sums.iter().map(|(_, thread)| *thread).collect::<HashSet<_>>().len();
    println!("{how}: {SUMS} sums of {right} in {:.3} s, threads used: {threads}", took.as_secs_f64());
    Ok(took)
}
