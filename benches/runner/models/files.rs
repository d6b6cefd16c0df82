//! Reading files: does async help where the operating system has no asynchronous read to offer?
//!
//! Every runtime here reads files on its blocking pool. With `chunk_bytes` the read goes there and back for each chunk, as
//! the file types of the runtimes do it; without, a file is one job.

use std::fs::{self, File};
use std::hash::Hasher;
use std::io::{self, BufWriter, Read, Write};
use std::path::PathBuf;
use std::sync::Arc;

use gather_core::{RuntimeExt, gather};
use gather_http::Connect;
use rustc_hash::FxHasher;
use tempfile::TempDir;

use crate::Failure;
use crate::answer::Answer;
use crate::args::Run;
use crate::engines::asynchronous::Engine;
use crate::engines::blocking::Control;
use crate::engines::serve_trials;
use crate::models::threads::Crew;
use crate::page::{PageAnswer, spread};
use crate::session;
use crate::workload::Workload;

/// What is this model's own.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Params {
    files: u64,
    bytes: u64,
    /// How much is read at once; 0 for the whole file.
    chunk_bytes: usize,
}

impl Params {
    pub(crate) fn of(workload: &Workload) -> Result<Self, String> {
        let mut own = workload.own_keys();
        let (files, bytes) = (own.positive("files", 256)?, own.positive("bytes", 65_536)?);
        let chunk_bytes = own.number("chunk_bytes", 0)?;
        own.finish()?;
        if files.checked_mul(bytes).is_none_or(|all| all > MOST_BYTES) {
            return Err(format!("files and bytes: together more than {MOST_BYTES}"));
        }
        // The checksum goes by words, so that it is the same however a file is cut.
        if chunk_bytes % 8 != 0 || chunk_bytes > MOST_BYTES {
            return Err(format!("chunk_bytes: `{chunk_bytes}` is not a multiple of 8 up to {MOST_BYTES}"));
        }
        Ok(Params { files, bytes, chunk_bytes: chunk_bytes as usize })
    }
}

/// A temporary folder is often a piece of the memory.
const MOST_BYTES: u64 = 1 << 30;

/// The files, in a folder that goes with this value.
struct Folder(Arc<TempDir>);

impl Folder {
    fn create(params: Params) -> Result<Self, Failure> {
        let failed = |error: io::Error| Failure::new("files", format!("the temporary folder: {error}"));
        let folder = Folder(Arc::new(tempfile::Builder::new().prefix("gather-files-").tempdir().map_err(failed)?));
        for index in 0..params.files {
            let mut file = BufWriter::new(File::create(folder.path(index)).map_err(failed)?);
            write_content(index, params.bytes, &mut file).and_then(|()| file.flush()).map_err(failed)?;
        }
        Ok(folder)
    }

    fn path(&self, index: u64) -> PathBuf {
        self.0.path().join(format!("{index}.bin"))
    }
}

/// What file `index` holds: a sequence that starts differently in each.
fn write_content(index: u64, bytes: u64, to: &mut impl Write) -> io::Result<()> {
    let mut left = bytes as usize;
    let mut number = spread(index);
    while left > 0 {
        number = (number ^ (number >> 29)).wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(index);
        let word = number.to_le_bytes();
        let take = left.min(word.len());
        to.write_all(&word[..take])?;
        left -= take;
    }
    Ok(())
}

/// A checksum over what has been read so far.
#[derive(Default)]
struct Reading {
    hasher: FxHasher,
    bytes: u64,
}

impl Reading {
    fn add(&mut self, chunk: &[u8]) {
        let (words, rest) = chunk.as_chunks::<8>();
        words.iter().for_each(|word| self.hasher.write_u64(u64::from_le_bytes(*word)));
        rest.iter().for_each(|byte| self.hasher.write_u8(*byte));
        self.bytes += chunk.len() as u64;
    }

    fn answer(&self, index: u64) -> Answer {
        let mut answer = Answer::default();
        let checksum = spread(self.hasher.finish() ^ index);
        answer.add_page(self.bytes, PageAnswer { links: 0, checksum });
        answer
    }
}

/// For the oracle, which reads nothing: a checksum of what would be written.
impl Write for Reading {
    fn write(&mut self, chunk: &[u8]) -> io::Result<usize> {
        self.add(chunk);
        Ok(chunk.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

pub(crate) fn oracle(run: &Run, requests: u64) -> Result<Answer, Failure> {
    let params = Params::of(&run.workload)?;
    let mut answer = Answer::default();
    for request in 0..requests {
        let index = request % params.files;
        let mut reading = Reading::default();
        write_content(index, params.bytes, &mut reading).map_err(|error| Failure::new("oracle", error))?;
        answer.merge(&reading.answer(index));
    }
    Ok(answer)
}

pub(crate) async fn serve<R: Connect>(engine: &Engine<'_, R>) -> Result<(), Failure> {
    let params = Params::of(&engine.run.workload)?;
    let folder = Folder::create(params)?;
    session::serve(engine.run, async |requests| {
        let reads = gather((0..requests).map(|request| {
            let index = request % params.files;
            let path = folder.path(index);
            async move {
                match params.chunk_bytes {
                    0 => engine.runtime.unblock(move || read_whole(&path, index)).await,
                    size => Ok(read_by_chunks(&engine.runtime, path, index, size).await),
                }
            }
        }));
        let mut answer = Answer::default();
        for found in reads.limit(engine.run.workload.concurrency).await {
            answer.merge(&found.map_err(|error| Failure::new("files", error))??);
        }
        Ok(answer.into())
    })
    .await
}

/// To the blocking pool and back for each chunk; the bytes are looked at here.
async fn read_by_chunks<R: RuntimeExt>(runtime: &R, path: PathBuf, index: u64, size: usize) -> Result<Answer, Failure> {
    let stopped = |error: gather_core::TaskError| Failure::new("files", error);
    let mut file = runtime.unblock(move || File::open(path)).await.map_err(stopped)?.map_err(failed)?;
    let mut reading = Reading::default();
    let mut chunk = Vec::with_capacity(size);
    loop {
        let job = move || read_chunk(&mut file, &mut chunk, size).map(|()| (file, chunk));
        (file, chunk) = runtime.unblock(job).await.map_err(stopped)?.map_err(failed)?;
        if chunk.is_empty() {
            return Ok(reading.answer(index));
        }
        reading.add(&chunk);
    }
}

pub(crate) fn serve_blocking(run: &Run, control: Control) -> Result<(), Failure> {
    let params = Params::of(&run.workload)?;
    let folder = Folder::create(params)?;
    let crew = Crew::new(run, control.strategy)?;
    serve_trials(run, |requests| {
        let read = |request| {
            let index = request % params.files;
            match params.chunk_bytes {
                0 => read_whole(&folder.path(index), index),
                size => read_in_turn(&folder.path(index), index, size).map_err(failed),
            }
        };
        crew.run(requests, read).map(Into::into)
    })
}

fn read_whole(path: &PathBuf, index: u64) -> Result<Answer, Failure> {
    let mut reading = Reading::default();
    reading.add(&fs::read(path).map_err(failed)?);
    Ok(reading.answer(index))
}

fn read_in_turn(path: &PathBuf, index: u64, size: usize) -> io::Result<Answer> {
    let mut file = File::open(path)?;
    let mut reading = Reading::default();
    let mut chunk = Vec::with_capacity(size);
    loop {
        read_chunk(&mut file, &mut chunk, size)?;
        if chunk.is_empty() {
            return Ok(reading.answer(index));
        }
        reading.add(&chunk);
    }
}

/// Reads `size` bytes, or what is left.
fn read_chunk(file: &mut File, chunk: &mut Vec<u8>, size: usize) -> io::Result<()> {
    chunk.clear();
    Read::by_ref(file).take(size as u64).read_to_end(chunk).map(drop)
}

fn failed(error: io::Error) -> Failure {
    Failure::new("files", error)
}
