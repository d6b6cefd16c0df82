//! Blocking the loop: a heartbeat beside a call that blocks.
//!
//! Look at how late the heartbeat was at worst. A call that blocks inside a task stops everything that shares its
//! thread for as long as it takes; the same call handed to `unblock` stops nothing. A sleep of the runtime does not
//! block at all.

use std::cell::Cell;
use std::future::Future;
use std::thread;
use std::time::Duration;

use anyhow::Result;
use futures_lite::future;
use gather_core::prelude::*;

/// How long the call blocks: a slow query, a large file, somebody else's library.
const BLOCKED: Duration = Duration::from_millis(300);
/// The heart's rhythm.
const BEAT: Duration = Duration::from_millis(10);

gather_examples::main!(blocking_the_loop);

async fn blocking_the_loop<R: Runtime>(runtime: R) -> Result<()> {
    report("blocking, inline", beside(&runtime, async { thread::sleep(BLOCKED) }).await);
    let offloaded = async { runtime.unblock(|| thread::sleep(BLOCKED)).await };
    report("blocking, on unblock", beside(&runtime, offloaded).await);
    report("not blocking", beside(&runtime, runtime.sleep(BLOCKED)).await);
    Ok(())
}

/// What became of the heartbeat.
#[derive(Clone, Copy, Default)]
struct Heartbeat {
    beats: usize,
    worst: Duration,
}

/// Runs a heartbeat and `work` in one task, so that they certainly share a thread: the beats that there were while the
/// work went on, and how late the latest was.
async fn beside<C: Clock>(clock: &C, work: impl Future) -> Heartbeat {
    let heartbeat = Cell::new(Heartbeat::default());
    let beating = async {
        loop {
            let due = clock.now() + BEAT;
            clock.sleep(BEAT).await;
            let Heartbeat { beats, worst } = heartbeat.get();
            heartbeat.set(Heartbeat { beats: beats + 1, worst: worst.max(clock.now() - due) });
        }
    };
    let work = async {
        work.await;
        let beats = heartbeat.get().beats;
        // The beat that fell due meanwhile comes now. It counts as late, and not as a beat.
        clock.sleep(2 * BEAT).await;
        Heartbeat { beats, ..heartbeat.get() }
    };
    // The heart is polled first, so that it has begun by the time the work begins.
    future::or(beating, work).await
}

fn report(how: &str, Heartbeat { beats, worst }: Heartbeat) {
    println!("{how}: {beats} beats meanwhile, the worst {} ms late", worst.as_millis());
}
