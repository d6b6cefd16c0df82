//! All connections in the table of one loop: the floor, nothing but sockets and buffers.

use gather_core::get;

use super::{failed, outcome, url};
use crate::Failure;
use crate::answer::Answer;
use crate::args::Run;
use crate::engines::raw_floor;
use crate::models::memory::Memory;
use crate::session::Outcome;
use crate::usage;

pub(crate) fn run(run: &Run, connections: u64) -> Result<Outcome, Failure> {
    usage::raise_descriptor_limit(connections + 64)?;
    let request = get(url(run)).map_err(failed)?;
    // One that does not count: it brings the code into memory.
    raw_floor::hold(run, &request, 1, || ()).map_err(failed)?;
    let before = Memory::now();
    let (found, during) = raw_floor::hold(run, &request, connections, Memory::now).map_err(failed)?;
    let answer = Answer { pages: found.pages, bytes: found.bytes, errors: found.errors, ..Answer::default() };
    Ok(outcome(answer, connections, &before, &during))
}
