//! So many connections kept open after one exchange each: what does one weigh that only waits?
//!
//! Here with gather's client on a runtime; `by_thread` has a thread in `read` for each, `by_loop` one loop for all.

pub(super) mod by_loop;
pub(super) mod by_thread;

use std::fmt::Display;

use futures_lite::StreamExt;
use gather_core::{Fetch, FetchError, gather, get};
use gather_http::{Connect, HyperFetch};

use crate::Failure;
use crate::answer::Answer;
use crate::args::Run;
use crate::engines::asynchronous::Engine;
use crate::models::memory::Memory;
use crate::session::Outcome;
use crate::usage;

/// The size of the page that each connection has fetched.
pub(super) const PAGE_BYTES: u64 = 200;

/// How many are opened at the same time.
const OPENING: usize = 64;

pub(super) async fn run<R: Connect>(engine: &Engine<'_, R>, connections: u64) -> Result<Outcome, Failure> {
    usage::raise_descriptor_limit(connections + 64)?;
    // One exchange that does not count: it brings the code into memory, which is no connection's weight.
    open(&engine.clients[0], engine, 1).await.map_err(failed)?;
    let client = HyperFetch::new(engine.runtime.clone());
    let before = Memory::now();
    let answer = open(&client, engine, connections).await.map_err(failed)?;
    let during = Memory::now();
    let kept = client.connections() as u64;
    client.close().await;
    if kept != connections {
        let message = format!("{kept} connections were open instead of {connections}");
        return Err(Failure::new("connections", message));
    }
    Ok(outcome(answer, connections, &before, &during))
}

fn outcome(answer: Answer, connections: u64, before: &Memory, during: &Memory) -> Outcome {
    let each = during.beyond(before) / connections;
    let grown = during.cgroup_word(before);
    let (before, during) = (before.words("before"), during.words("during"));
    Outcome { answer, extra: format!("per_connection_bytes={each} per_task_bytes={each} {before} {during} {grown}") }
}

/// What each connection asks for.
fn url(run: &Run) -> String {
    format!("http://{}/fixed/{PAGE_BYTES}", run.origin)
}

/// Makes one exchange on each of so many new connections, which `client` then keeps.
async fn open<R: Connect>(
    client: &HyperFetch<R>,
    engine: &Engine<'_, R>,
    connections: u64,
) -> Result<Answer, FetchError> {
    let url = url(engine.run);
    // A connection is free again once its body has been read. As long as no body is, each exchange opens one more.
    let responses = gather((0..connections).map(|_| {
        let request = get(&url);
        async move { client.fetch(request?).await }
    }));
    let mut answer = Answer::default();
    for response in responses.limit(OPENING).await {
        let mut body = response?.into_body();
        while let Some(chunk) = body.next().await {
            answer.bytes += chunk?.len() as u64;
        }
        answer.pages += 1;
    }
    Ok(answer)
}

fn failed(error: impl Display) -> Failure {
    Failure::new("connections", error)
}
