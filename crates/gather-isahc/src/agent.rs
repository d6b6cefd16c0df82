//! isahc's clients, each with its thread: which of them an exchange goes to, and how they end without anybody waiting for it.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use http::Method;
use isahc::HttpClient;

use crate::builder::{Settings, SetupError};

/// One of isahc's clients. The last one to drop it would wait for its thread to end; this is done elsewhere, because it may
/// be an executor's thread that drops it.
pub(crate) struct Agent(Option<HttpClient>);

impl Agent {
    pub(crate) fn new(client: HttpClient) -> Arc<Self> {
        Arc::new(Agent(Some(client)))
    }

    pub(crate) fn client(&self) -> Option<&HttpClient> {
        self.0.as_ref()
    }

    /// The client itself, if nobody else has it any more.
    pub(crate) fn take(self: Arc<Self>) -> Option<HttpClient> {
        Arc::into_inner(self).and_then(|mut agent| agent.0.take())
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        if let Some(client) = self.0.take() {
            blocking::unblock(move || drop(client)).detach();
        }
    }
}

/// The clients of one transport.
pub(crate) struct Agents {
    /// At least one.
    sharded: Vec<Arc<Agent>>,
    /// What a client without a pool is made with, if clients are made here.
    settings: Option<Settings>,
    /// Made when it is needed first.
    unpooled: Mutex<Option<Arc<Agent>>>,
}

impl Agents {
    pub(crate) fn new(sharded: Vec<Arc<Agent>>, settings: Option<Settings>) -> Self {
        Agents { sharded, settings, unpooled: Mutex::new(None) }
    }

    /// The client for requests of `method` to `host`.
    ///
    /// One host always gets the same, since connections are kept by client. What must not be sent twice goes to a client that
    /// keeps none: when a kept connection ends without a byte of the answer curl sends the request again over another,
    /// whatever its method is, and has no option for that.
    ///
    /// # Errors
    ///
    /// When there is no thread to be had for the client without a pool.
    pub(crate) fn agent(&self, method: &Method, host: &str) -> Result<Arc<Agent>, SetupError> {
        if let (Some(settings), false) = (&self.settings, method.is_idempotent()) {
            let mut unpooled = self.unpooled.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(agent) = &*unpooled {
                return Ok(agent.clone());
            }
            let agent = Agent::new(settings.client_without_pool()?);
            return Ok(unpooled.insert(agent).clone());
        }
        let mut hasher = DefaultHasher::new();
        host.hash(&mut hasher);
        // The remainder is less than the number of shards, which is a `usize`.
        let shard = (hasher.finish() % self.sharded.len() as u64) as usize;
        Ok(self.sharded[shard].clone())
    }

    /// How long an exchange may take, if that is of our making.
    pub(crate) fn max_exchange(&self) -> Option<Duration> {
        self.settings.as_ref().map(|settings| settings.max_exchange)
    }

    /// Ends them all: each waits for its thread, which is nothing to do on an executor's.
    pub(crate) fn end(self) -> Ending {
        let unpooled = self.unpooled.into_inner().unwrap_or_else(PoisonError::into_inner);
        let agents = self.sharded.into_iter().chain(unpooled);
        let clients: Vec<HttpClient> = agents.filter_map(Agent::take).collect();
        let ending = Ending::default();
        let ended = ending.clone();
        blocking::unblock(move || {
            drop(clients);
            ended.end();
        })
        .detach();
        ending
    }
}

/// That threads are ending, for however many wait for it.
#[derive(Clone, Default)]
pub(crate) struct Ending(Arc<Mutex<Waiting>>);

#[derive(Default)]
struct Waiting {
    ended: bool,
    wakers: Vec<Waker>,
}

impl Ending {
    pub(crate) fn poll(&self, cx: &Context<'_>) -> Poll<()> {
        let mut waiting = self.waiting();
        if waiting.ended {
            return Poll::Ready(());
        }
        if !waiting.wakers.iter().any(|waker| waker.will_wake(cx.waker())) {
            waiting.wakers.push(cx.waker().clone());
        }
        Poll::Pending
    }

    fn end(&self) {
        let wakers = {
            let mut waiting = self.waiting();
            waiting.ended = true;
            std::mem::take(&mut waiting.wakers)
        };
        wakers.into_iter().for_each(Waker::wake);
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
