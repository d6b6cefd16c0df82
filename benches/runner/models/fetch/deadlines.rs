//! How late deadlines strike: from the moment that a request is taken up to the moment that its error is there, less the deadline.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use gather_core::{Request, ScrapeResult};

use crate::Failure;
use crate::answer::Answer;
use crate::lateness::{Lateness, since};
use crate::session::Outcome;
use crate::workload::Workload;

/// Looks at a trial's requests that nobody answers. The others are not looked at, so that pages cost what they cost.
#[derive(Clone, Default)]
pub(crate) struct Deadlines(Option<Arc<Watch>>);

struct Watch {
    workload: Workload,
    begun: Instant,
    /// Of each request that is looked at, the nanoseconds from `begun` to when it was taken up.
    taken: Box<[AtomicU64]>,
    late: Mutex<Lateness>,
}

impl Deadlines {
    /// Those of a trial of so many requests.
    pub(crate) fn of(workload: &Workload, requests: u64) -> Result<Self, Failure> {
        if workload.silent_percent == 0 {
            return Ok(Deadlines::default());
        }
        let taken = (0..requests).map(|_| AtomicU64::new(0)).collect();
        let late = Mutex::new(Lateness::new()?);
        Ok(Deadlines(Some(Arc::new(Watch { workload: workload.clone(), begun: Instant::now(), taken, late }))))
    }

    /// The requests; when one is taken out its time begins.
    pub(crate) fn watch(
        &self,
        requests: impl Iterator<Item = Request> + Send + 'static,
    ) -> impl Iterator<Item = Request> + Send + 'static {
        let watch = self.0.clone();
        (0..).zip(requests).map(move |(index, request)| {
            if let Some(watch) = &watch {
                watch.take(index);
            }
            request
        })
    }

    /// Notes when a request ended by its deadline.
    pub(crate) fn note<T>(&self, result: &ScrapeResult<T>) {
        if let (Some(watch), Err(error)) = (&self.0, result)
            && error.is_timeout()
        {
            watch.strike(error.index());
        }
    }

    /// The trial's outcome. A deadline that struck too early is an error.
    pub(crate) fn outcome(&self, mut answer: Answer) -> Outcome {
        let Some(watch) = &self.0 else { return answer.into() };
        let late = watch.late();
        answer.errors += late.early;
        Outcome { answer, extra: late.words() }
    }
}

impl Watch {
    fn take(&self, index: u64) {
        if let Some(taken) = self.taken.get(index as usize)
            && self.workload.is_silent(index)
        {
            taken.store(since(self.begun).unwrap_or_default(), Ordering::Relaxed);
        }
    }

    fn strike(&self, index: u64) {
        let Some(taken) = self.taken.get(index as usize) else { return };
        let allowed = Duration::from_millis(self.workload.deadline_ms);
        let due = self.begun + Duration::from_nanos(taken.load(Ordering::Relaxed)) + allowed;
        self.late().record(since(due));
    }

    fn late(&self) -> MutexGuard<'_, Lateness> {
        self.late.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
