//! An async resource: a database session that is opened on entry and closed in order, however its user ends.
//!
//! Look at the users after each ending: what was not committed is gone, and the next session can write. One that was
//! still open would hold the lock, and the next writer would be refused. A destructor cannot wait for the disk; so it
//! has the session closed where blocking is allowed, and `Database::closed` waits until that is done.

use std::convert::Infallible;
use std::future::pending;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use futures_channel::{mpsc, oneshot};
use gather_core::prelude::*;
use rusqlite::Connection;

gather_examples::main!(async_resource);

async fn async_resource<R: Runtime>(runtime: R) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("users.db");
    let database = Database::new(&runtime, &path);
    let mut session = database.open().await?;
    session
        .run(|users| users.execute_batch("CREATE TABLE users (name TEXT); INSERT INTO users VALUES ('ada')"))
        .await?;
    drop(session);
    database.closed().await;

    for ending in [Ending::Commits, Ending::Fails, Ending::Panics, Ending::IsCancelled] {
        let database = Database::new(&runtime, &path);
        let (begun, has_begun) = oneshot::channel();
        let user = runtime.task(add_user(database.open().await?, ending, begun));
        // In the middle of its transaction, or it has failed earlier, which its outcome tells.
        let _ = has_begun.await;
        if ending == Ending::IsCancelled {
            user.cancel();
        }
        let outcome = user.await.map_err(anyhow::Error::from).flatten();
        database.closed().await;
        let outcome = outcome.map_or_else(|error| format!("{error:#}"), |()| "well".to_owned());
        println!("{ending:?}: {outcome}; users: {}", users(&runtime, &path).await?.join(", "));
    }
    Ok(())
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    Commits,
    Fails,
    Panics,
    IsCancelled,
}

async fn add_user<R: Runtime>(mut session: Session<R>, ending: Ending, begun: oneshot::Sender<()>) -> Result<()> {
    session.run(|users| users.execute_batch("BEGIN IMMEDIATE; INSERT INTO users VALUES ('grace')")).await?;
    let _ = begun.send(());
    match ending {
        Ending::Commits => session.run(|users| users.execute_batch("COMMIT")).await,
        Ending::Fails => bail!("one grace is enough"),
        Ending::Panics => panic!("a bug"),
        Ending::IsCancelled => pending().await,
    }
}

async fn users<R: Runtime>(runtime: &R, path: &Path) -> Result<Vec<String>> {
    let database = Database::new(runtime, path);
    let mut session = database.open().await?;
    let select = |users: &Connection| users.prepare("SELECT * FROM users")?.query_map([], |row| row.get(0))?.collect();
    let users = session.run(select).await;
    drop(session);
    database.closed().await;
    users
}

/// A database, and a channel that ends with the last of its sessions. Nothing is ever sent.
struct Database<R> {
    runtime: R,
    path: PathBuf,
    in_use: mpsc::Sender<Infallible>,
    unused: mpsc::Receiver<Infallible>,
}

impl<R: Runtime> Database<R> {
    fn new(runtime: &R, path: &Path) -> Self {
        let (in_use, unused) = mpsc::channel(0);
        Database { runtime: runtime.clone(), path: path.to_owned(), in_use, unused }
    }

    async fn open(&self) -> Result<Session<R>> {
        let (path, in_use) = (self.path.clone(), self.in_use.clone());
        let opening = self.runtime.unblock(move || {
            let connection = Connection::open(path)?;
            // A lock that somebody else holds is an error at once: this is what would catch a session left open.
            connection.busy_timeout(Duration::ZERO)?;
            anyhow::Ok(Open { connection, _in_use: in_use })
        });
        Ok(Session { runtime: self.runtime.clone(), open: Some(opening.await??) })
    }

    /// Waits until all sessions are closed: those that are dropped, those that are still being dropped, all.
    async fn closed(mut self) {
        drop(self.in_use);
        while self.unused.next().await.is_some() {}
    }
}

/// A session. Dropping it rolls back what is not committed and closes the connection, off the threads that run tasks.
struct Session<R: Runtime> {
    runtime: R,
    open: Option<Open>,
}

/// The fields are dropped in this order: who waits for the session is told once its connection is closed.
struct Open {
    connection: Connection,
    _in_use: mpsc::Sender<Infallible>,
}

impl<R: Runtime> Session<R> {
    /// Runs `job` where it may block. The connection goes there and comes back; if nobody waits for it any more, it
    /// ends there.
    async fn run<T, J>(&mut self, job: J) -> Result<T>
    where
        T: Send + 'static,
        J: FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    {
        let open = self.open.take().context("the session was given up in the middle of an earlier job")?;
        let job = self.runtime.unblock(move || (job(&open.connection), open));
        let (result, open) = job.await?;
        self.open = Some(open);
        Ok(result?)
    }
}

impl<R: Runtime> Drop for Session<R> {
    fn drop(&mut self) {
        if let Some(open) = self.open.take() {
            self.runtime.spawn_blocking(move || drop(open));
        }
    }
}
