//! What a pool promises. Nothing here waits for time to pass: gates and channels say when.

use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Barrier};
use std::thread;

use futures_lite::future::{block_on, poll_once, zip};
use gather_core::{Compute, TaskError};
use gather_rayon::Rayon;
use rayon::prelude::*;

fn pool(threads: usize, admission: usize) -> Rayon {
    Rayon::builder().threads(threads).admission(admission).build().expect("threads")
}

type Job<T> = Pin<Box<dyn Future<Output = Result<T, TaskError>> + Send>>;

/// A job that has been handed over, unless there is no room.
fn started<T: Send + 'static>(pool: &Rayon, job: impl FnOnce() -> T + Send + 'static) -> Job<T> {
    let mut future: Job<T> = Box::pin(pool.compute(job));
    assert!(block_on(poll_once(&mut future)).is_none(), "the job is over before anybody waited for it");
    future
}

/// A job that occupies a thread from the first message to the moment that the sender is dropped.
fn occupied(pool: &Rayon) -> (Job<()>, Sender<()>) {
    let (gate, closed) = mpsc::channel::<()>();
    let (running, runs) = mpsc::channel();
    let job = started(pool, move || {
        running.send(()).expect("somebody waits");
        let _ = closed.recv();
    });
    runs.recv().expect("the job runs");
    (job, gate)
}

/// Waits until everything that was handed over before is done or skipped. For pools of one thread.
fn drained(pool: &Rayon) {
    block_on(pool.compute(|| ())).expect("the pool is alive");
}

#[test]
fn gives_the_result() {
    let pool = pool(2, 4);
    assert_eq!((pool.threads(), pool.admission()), (2, 4));
    let name = block_on(pool.compute(|| thread::current().name().map(str::to_owned))).unwrap();
    assert!(name.unwrap().starts_with("gather-rayon-"));
    assert!(!pool.is_inline());
}

#[test]
fn defaults_to_the_machine() {
    let pool = Rayon::new().unwrap();
    assert_eq!(pool.threads(), thread::available_parallelism().unwrap().get());
    assert_eq!(pool.admission(), 2 * pool.threads());
}

#[test]
fn an_impossible_size_is_an_error() {
    let error = Rayon::builder().threads(0).build().unwrap_err();
    assert_eq!(error.to_string(), "a pool needs at least one thread, got 0");
    let error = Rayon::builder().admission(0).build().unwrap_err();
    assert_eq!(error.to_string(), "a pool has to admit at least one job, got 0");
}

#[test]
fn a_panicking_job_is_an_error_and_the_pool_survives() {
    let pool = pool(1, 1);
    for round in 0..3 {
        let error = block_on(pool.compute(move || {
            if round < 9 {
                panic!("round {round}")
            }
        }))
        .unwrap_err();
        assert_eq!(error.panic_message(), Some(&*format!("round {round}")));
    }
    assert_eq!(block_on(pool.compute(|| 7)).unwrap(), 7);
}

#[test]
fn a_panicking_destructor_leaves_the_pool_alive() {
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            if !thread::panicking() {
                panic!("a destructor");
            }
        }
    }
    let pool = pool(1, 3);
    // One is a result that nobody takes, the other is owned by a job that is skipped: both drop on the worker.
    let (busy, gate) = occupied(&pool);
    drop(started(&pool, || Bomb));
    let bomb = Bomb;
    drop(started(&pool, move || drop(bomb)));
    drop(gate);
    block_on(busy).unwrap();
    drained(&pool);
    // Their places are free again: three fit at the same time.
    let (busy, gate) = occupied(&pool);
    let (second, third) = (started(&pool, || 2), started(&pool, || 3));
    drop(gate);
    let (second, third) = block_on(zip(second, third));
    assert_eq!((second.unwrap(), third.unwrap()), (2, 3));
    block_on(busy).unwrap();
}

#[test]
fn nothing_starts_before_the_first_poll() {
    let pool = pool(1, 1);
    let ran = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&ran);
    drop(pool.compute(move || count.fetch_add(1, Ordering::SeqCst)));
    drained(&pool);
    assert_eq!((ran.load(Ordering::SeqCst), Arc::strong_count(&ran)), (0, 1));
}

#[test]
fn dropped_while_it_waits_for_admission() {
    let pool = pool(1, 1);
    let (busy, gate) = occupied(&pool);
    let alive = Arc::new(());
    let owned = Arc::clone(&alive);
    let waiting = started(&pool, move || drop(owned));
    drop(waiting);
    // It never was in the pool, so it is gone while the pool is still occupied; and it left the queue at the door.
    assert_eq!(Arc::strong_count(&alive), 1);
    let next = started(&pool, || 5);
    drop(gate);
    assert_eq!(block_on(next).unwrap(), 5);
    block_on(busy).unwrap();
}

#[test]
fn dropped_while_it_is_queued() {
    let pool = pool(1, 2);
    let (busy, gate) = occupied(&pool);
    let ran = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&ran);
    drop(started(&pool, move || count.fetch_add(1, Ordering::SeqCst)));
    drop(gate);
    block_on(busy).unwrap();
    drained(&pool);
    assert_eq!(ran.load(Ordering::SeqCst), 0, "a job that nobody waits for ran");
    assert_eq!(Arc::strong_count(&ran), 1, "it is still in the pool");
    // Its place is free: one runs and another one is queued.
    let (_busy, gate) = occupied(&pool);
    let queued = started(&pool, || 5);
    drop(gate);
    assert_eq!(block_on(queued).unwrap(), 5);
}

#[test]
fn dropped_while_it_runs() {
    let pool = pool(1, 1);
    let (gate, closed) = mpsc::channel::<()>();
    let (say, heard) = mpsc::channel();
    let job = started(&pool, move || {
        say.send("runs").unwrap();
        let _ = closed.recv();
        say.send("ends").unwrap();
    });
    assert_eq!(heard.recv(), Ok("runs"));
    drop(job);
    drop(gate);
    assert_eq!(heard.recv(), Ok("ends"));
    drained(&pool);
}

#[test]
fn admits_no_more_than_it_should() {
    let pool = pool(1, 3);
    let (busy, gate) = occupied(&pool);
    let in_pool = Arc::new(());
    let waiting: Vec<_> = (0..10)
        .map(|_| {
            let owned = Arc::clone(&in_pool);
            started(&pool, move || drop(owned))
        })
        .collect();
    // What is in the pool outlives its future; what waits outside does not.
    drop(waiting);
    assert_eq!(Arc::strong_count(&in_pool) - 1, 2, "queued behind the one that runs");
    drop(gate);
    block_on(busy).unwrap();
    drained(&pool);
    assert_eq!(Arc::strong_count(&in_pool), 1);
}

#[test]
fn never_runs_more_at_once_than_it_has_threads_and_loses_nothing() {
    let pool = pool(2, 3);
    let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let clients: Vec<_> = (0..4)
        .map(|client| {
            let (pool, now, most) = (pool.clone(), Arc::clone(&now), Arc::clone(&most));
            thread::spawn(move || {
                let jobs = (0..250).map(|number| {
                    let (now, most) = (Arc::clone(&now), Arc::clone(&most));
                    pool.compute(move || {
                        most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                        now.fetch_sub(1, Ordering::SeqCst);
                        client * 1000 + number
                    })
                });
                let results = block_on(gather_core::try_gather(jobs)).expect("no job panics");
                assert_eq!(results, (0..250).map(|number| client * 1000 + number).collect::<Vec<_>>());
            })
        })
        .collect();
    clients.into_iter().for_each(|client| client.join().expect("every result arrives"));
    assert!(most.load(Ordering::SeqCst) <= 2);
}

#[test]
fn a_worker_never_waits_for_who_takes_the_results() {
    let pool = pool(1, 3);
    let (say, heard): (_, Receiver<u32>) = mpsc::channel();
    let jobs: Vec<_> = (0..3)
        .map(|number| {
            let say = say.clone();
            let mut job: Job<u32> = Box::pin(pool.compute(move || {
                say.send(number).unwrap();
                number
            }));
            let _ = block_on(poll_once(&mut job));
            job
        })
        .collect();
    // Nobody has taken a result so far, and yet all three are through, in their order.
    assert_eq!(heard.iter().take(3).collect::<Vec<_>>(), [0, 1, 2]);
    drop(jobs);
}

#[test]
fn jobs_run_side_by_side() {
    let pool = pool(2, 2);
    let both = Arc::new(Barrier::new(2));
    let meet = |barrier: &Arc<Barrier>| {
        let barrier = Arc::clone(barrier);
        move || barrier.wait().is_leader()
    };
    let (first, second) = block_on(zip(pool.compute(meet(&both)), pool.compute(meet(&both))));
    assert_ne!(first.unwrap(), second.unwrap());
}

#[test]
fn rayon_inside_a_job_is_this_pool() {
    let pool = pool(3, 1);
    let (threads, sum) = block_on(pool.compute(|| {
        let on_this_pool = || thread::current().name().is_some_and(|name| name.starts_with("gather-rayon-"));
        let sum = (0..10_000_u64).into_par_iter().inspect(|_| assert!(on_this_pool())).sum::<u64>();
        rayon::scope(|scope| scope.spawn(|_| assert!(on_this_pool())));
        (rayon::current_num_threads(), sum)
    }))
    .unwrap();
    assert_eq!((threads, sum), (3, 49_995_000));
}

#[test]
fn what_is_queued_outlives_the_pool_itself() {
    let pool = pool(1, 2);
    let (busy, gate) = occupied(&pool);
    let queued = started(&pool, || 5);
    drop(pool);
    drop(gate);
    block_on(busy).unwrap();
    assert_eq!(block_on(queued).unwrap(), 5);
}
