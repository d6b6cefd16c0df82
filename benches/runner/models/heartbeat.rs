//! The scrape, and beside it a task that wants to run every millisecond: does parsing block the loop?

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use gather_core::{Runtime, RuntimeExt};
use gather_http::Connect;

use crate::Failure;
use crate::engines::asynchronous::Engine;
use crate::models::fetch;
use crate::session::Outcome;

pub(crate) async fn run<R: Connect>(engine: &Engine<'_, R>, requests: u64) -> Result<Outcome, Failure> {
    let params = fetch::Params::of(&engine.run.workload)?;
    let stop = Arc::new(AtomicBool::new(false));
    let task = engine.runtime.task(beat(engine.runtime.clone(), stop.clone()));
    let outcome = fetch::scrape(engine, params, requests).await;
    stop.store(true, Ordering::Relaxed);
    let late = task.await.unwrap_or_default();
    Ok(Outcome { extra: describe(late), ..outcome? })
}

/// The interval of the heartbeat.
const BEAT: Duration = Duration::from_millis(1);

/// Sleeps one interval at a time; returns how much later than asked each sleep ended.
async fn beat<R: Runtime>(runtime: R, stop: Arc<AtomicBool>) -> Vec<Duration> {
    let mut late = Vec::new();
    while !stop.load(Ordering::Relaxed) {
        let due = Instant::now() + BEAT;
        runtime.sleep(BEAT).await;
        late.push(Instant::now().saturating_duration_since(due));
    }
    late
}

fn describe(mut late: Vec<Duration>) -> String {
    late.sort_unstable();
    let at = |share: f64| {
        let rank = (late.len() as f64 * share).ceil() as usize;
        late.get(rank.saturating_sub(1)).copied().unwrap_or_default().as_nanos()
    };
    format!("beats={} beat_p50_ns={} beat_p99_ns={} beat_max_ns={}", late.len(), at(0.5), at(0.99), at(1.0))
}
