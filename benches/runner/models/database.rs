//! Queries of a database: sessions that are opened once, and `SELECT * FROM users` through them, so many at once.
//!
//! The database is SQLite in a file, the library that most programs embed. It blocks, as most database libraries do, so a
//! runtime sends each query to its blocking pool.

use async_channel::{Receiver, Sender, bounded};
use gather_core::{RuntimeExt, gather};
use gather_http::Connect;
use rusqlite::{Connection, OpenFlags, params};
use tempfile::TempDir;

use crate::Failure;
use crate::answer::Answer;
use crate::args::Run;
use crate::engines::asynchronous::Engine;
use crate::engines::blocking::Control;
use crate::engines::serve_trials;
use crate::models::tally::contribution;
use crate::models::threads::Crew;
use crate::page::PageAnswer;
use crate::session;
use crate::workload::Workload;

/// What is this model's own.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Params {
    /// Users in the table, all of which each query returns.
    rows: u64,
    /// Connections to the database that are open; a query waits for a free one.
    sessions: usize,
}

impl Params {
    pub(crate) fn of(workload: &Workload) -> Result<Self, String> {
        let mut own = workload.own_keys();
        let (rows, sessions) = (own.positive("rows", 100)?, own.positive("sessions", 1)?);
        own.finish()?;
        let sessions = usize::try_from(sessions).ok().filter(|sessions| *sessions <= MOST_SESSIONS);
        let sessions = sessions.ok_or_else(|| format!("sessions: more than {MOST_SESSIONS}"))?;
        Ok(Params { rows, sessions })
    }
}

/// Each is a descriptor and a cache of two megabytes.
const MOST_SESSIONS: usize = 256;

/// The open sessions, in a channel that works for tasks and threads alike, and the folder that their file is in.
struct Sessions {
    free: Receiver<Connection>,
    give_back: Sender<Connection>,
    /// Last, since it is dropped last: the folder must not go while the database is open.
    _folder: TempDir,
}

impl Sessions {
    fn open(params: Params) -> Result<Self, Failure> {
        let folder = tempfile::Builder::new().prefix("gather-database-").tempdir();
        let folder = folder.map_err(|error| Failure::new("database", format!("the temporary folder: {error}")))?;
        let file = folder.path().join("users.sqlite");
        fill(Connection::open(&file).map_err(failed)?, params.rows).map_err(failed)?;
        let (give_back, free) = bounded(params.sessions);
        for _ in 0..params.sessions {
            let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
            let session = Connection::open_with_flags(&file, flags).map_err(failed)?;
            give_back.try_send(session).map_err(|_| Failure::new("database", "no room for a session"))?;
        }
        Ok(Sessions { free, give_back, _folder: folder })
    }
}

/// A user, as made from its number alone.
struct User {
    id: u64,
    name: String,
    email: String,
    age: u64,
    score: f64,
}

impl User {
    fn new(id: u64) -> Self {
        let name = format!("User Número {id}");
        User { id, name, email: format!("user{id}@example.com"), age: 18 + id % 70, score: id as f64 / 8.0 }
    }

    /// What a row that was read right contributes. Every column is in it.
    fn found(&self) -> (u64, u64) {
        let text = (self.name.len() + self.email.len()) as u64;
        (text, contribution(self.id ^ self.score.to_bits(), self.age + text))
    }
}

fn fill(mut database: Connection, rows: u64) -> rusqlite::Result<()> {
    let transaction = database.transaction()?;
    transaction.execute(
        "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT NOT NULL, email TEXT NOT NULL, age INTEGER NOT NULL, score REAL NOT NULL)",
        (),
    )?;
    for id in 0..rows {
        let User { id, name, email, age, score } = User::new(id);
        transaction.execute(
            "INSERT INTO users VALUES (?1, ?2, ?3, ?4, ?5)",
            params![id as i64, name, email, age as i64, score],
        )?;
    }
    transaction.commit()
}

/// One query: every user, counted.
fn query(session: &Connection) -> rusqlite::Result<Answer> {
    let mut statement = session.prepare_cached("SELECT * FROM users")?;
    let mut rows = statement.query(())?;
    let (mut bytes, mut found) = (0, PageAnswer::default());
    while let Some(row) = rows.next()? {
        let (id, age): (i64, i64) = (row.get(0)?, row.get(3)?);
        let (name, email, score) = (row.get(1)?, row.get(2)?, row.get(4)?);
        let (text, checksum) = User { id: id.cast_unsigned(), name, email, age: age.cast_unsigned(), score }.found();
        bytes += text;
        found.links += 1;
        found.checksum = found.checksum.wrapping_add(checksum);
    }
    let mut answer = Answer::default();
    answer.add_page(bytes, found);
    Ok(answer)
}

/// From the numbers alone, without the database.
pub(crate) fn oracle(run: &Run, requests: u64) -> Result<Answer, Failure> {
    let Params { rows, .. } = Params::of(&run.workload)?;
    let users = (0..rows).map(|id| User::new(id).found());
    let (bytes, checksum) = users.fold((0, 0_u64), |sum, user| (sum.0 + user.0, sum.1.wrapping_add(user.1)));
    let mut answer = Answer::default();
    (0..requests).for_each(|_| answer.add_page(bytes, PageAnswer { links: rows, checksum }));
    Ok(answer)
}

pub(crate) async fn serve<R: Connect>(engine: &Engine<'_, R>) -> Result<(), Failure> {
    let sessions = Sessions::open(Params::of(&engine.run.workload)?)?;
    session::serve(engine.run, async |requests| {
        let queries = gather((0..requests).map(|_| query_elsewhere(&engine.runtime, &sessions)));
        let mut answer = Answer::default();
        for found in queries.limit(engine.run.workload.concurrency).await {
            answer.merge(&found?);
        }
        Ok(answer.into())
    })
    .await
}

async fn query_elsewhere<R: RuntimeExt>(runtime: &R, sessions: &Sessions) -> Result<Answer, Failure> {
    let session = sessions.free.recv().await.map_err(|error| Failure::new("database", error))?;
    let job = move || (query(&session), session);
    let (found, session) = runtime.unblock(job).await.map_err(|error| Failure::new("database", error))?;
    // There is room: it is where it came from.
    let _ = sessions.give_back.try_send(session);
    found.map_err(failed)
}

pub(crate) fn serve_blocking(run: &Run, control: Control) -> Result<(), Failure> {
    let crew = Crew::new(run, control.strategy)?;
    // A thread has a session of its own: to wait for another's would not be what one writes.
    let params = Params { sessions: crew.at_once().min(MOST_SESSIONS), ..Params::of(&run.workload)? };
    let sessions = Sessions::open(params)?;
    serve_trials(run, |requests| {
        let found = crew.run(requests, |_| {
            let session = sessions.free.recv_blocking().map_err(|error| Failure::new("database", error))?;
            let found = query(&session);
            let _ = sessions.give_back.try_send(session);
            found.map_err(failed)
        });
        found.map(Into::into)
    })
}

fn failed(error: rusqlite::Error) -> Failure {
    Failure::new("database", error)
}
