//! hyper without our layers, as its users write it: what the pipeline's price is measured against.
//!
//! Both run on tokio's current-thread runtime. `hyper-bare` has a task and a connection for each of the workload's places
//! and no pool; `hyper-util` has such tasks around one pooled client. Neither has a deadline or a size limit.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use gather_core::{Head, Host, Parse, Sink};
use gather_tokio::Tokio;
use http::header::{CONNECTION, HOST};
use http::{Request, Uri};
use http_body_util::{BodyExt, Empty};
use hyper::body::Incoming;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;

use crate::Failure;
use crate::answer::Answer;
use crate::args::Run;
use crate::models::Model;
use crate::models::open_loop::{self, latency::Times};
use crate::page::PageParser;
use crate::session::{self, Outcome};
use crate::target::{CLOSE, Target};
use crate::workload::Workload;

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// One connection for each place.
pub(crate) fn serve_bare(run: &Run) -> Result<(), Failure> {
    let host = Tokio::current_thread().map_err(|error| Failure::new("engine", error))?;
    host.run(async |_| {
        let mut idle: Vec<SendRequest<Empty<Bytes>>> = Vec::new();
        let target = Arc::new(Target::new(&run.workload, run.origin)?);
        session::serve(run, async |requests| {
            let work = Work::start(run, &target, requests)?;
            let places: Vec<_> = (0..run.workload.concurrency)
                .map(|_| tokio::spawn(place(idle.pop(), run.origin, work.clone())))
                .collect();
            let mut answer = Answer::default();
            for place in places {
                let (found, connection) = join(place).await?;
                answer.merge(&found);
                idle.extend(connection);
            }
            work.outcome(answer)
        })
        .await
    })
}

/// One pooled client for all places.
pub(crate) fn serve_pooled(run: &Run) -> Result<(), Failure> {
    let host = Tokio::current_thread().map_err(|error| Failure::new("engine", error))?;
    host.run(async |_| {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        let client = Client::builder(TokioExecutor::new()).build(connector);
        let target = Arc::new(Target::new(&run.workload, run.origin)?);
        session::serve(run, async |requests| {
            let work = Work::start(run, &target, requests)?;
            let places: Vec<_> = (0..run.workload.concurrency)
                .map(|_| tokio::spawn(pooled_place(client.clone(), work.clone())))
                .collect();
            let mut answer = Answer::default();
            for place in places {
                answer.merge(&join(place).await?);
            }
            work.outcome(answer)
        })
        .await
    })
}

async fn join<T>(place: JoinHandle<Result<T, BoxError>>) -> Result<T, Failure> {
    let done = place.await.map_err(|error| Failure::new("engine", error))?;
    done.map_err(|error| Failure::new("engine", error))
}

/// A trial, as all places work it off: whatever is next.
#[derive(Clone)]
struct Work {
    workload: Arc<Workload>,
    target: Arc<Target>,
    source: Source,
}

/// Where the requests come from.
#[derive(Clone)]
enum Source {
    /// The next index, as soon as a place is free.
    Counter { next: Arc<AtomicU64>, requests: u64 },
    /// The schedule of an open loop.
    Schedule(Arc<open_loop::Places>),
}

impl Work {
    fn start(run: &Run, target: &Arc<Target>, requests: u64) -> Result<Self, Failure> {
        let source = match run.workload.model {
            Model::OpenLoop => Source::Schedule(Arc::new(open_loop::Places::start(run, requests)?)),
            _ => Source::Counter { next: Arc::default(), requests },
        };
        Ok(Work { workload: Arc::new(run.workload.clone()), target: target.clone(), source })
    }

    async fn next(&self) -> Option<(u64, Option<Times>)> {
        match &self.source {
            Source::Counter { next, requests } => {
                let index = next.fetch_add(1, Ordering::Relaxed);
                (index < *requests).then_some((index, None))
            }
            Source::Schedule(places) => places.next().await.map(|(index, times)| (index, Some(times))),
        }
    }

    fn done(&self, times: Option<Times>) {
        if let (Source::Schedule(places), Some(times)) = (&self.source, times) {
            places.done(times);
        }
    }

    fn outcome(self, answer: Answer) -> Result<Outcome, Failure> {
        match self.source {
            Source::Counter { .. } => Ok(answer.into()),
            Source::Schedule(places) => {
                let places =
                    Arc::into_inner(places).ok_or_else(|| Failure::new("engine", "a place is still at work"))?;
                Ok(Outcome { answer, extra: places.words()? })
            }
        }
    }
}

type Connection = Option<SendRequest<Empty<Bytes>>>;

async fn place(mut connection: Connection, origin: SocketAddr, work: Work) -> Result<(Answer, Connection), BoxError> {
    let parser = PageParser::new(&work.workload);
    let authority = origin.to_string();
    let mut answer = Answer::default();
    while let Some((index, times)) = work.next().await {
        let url: Uri = work.target.url(index).parse()?;
        let path = url.path_and_query().cloned().ok_or("the address has no path")?;
        let sender = match &mut connection {
            Some(sender) => sender,
            None => connection.insert(open(origin).await?),
        };
        sender.ready().await?;
        let mut request = Request::get(Uri::from(path)).header(HOST, &authority).body(Empty::new())?;
        if !work.workload.reuse {
            request.headers_mut().insert(CONNECTION, CLOSE);
        }
        let response = sender.send_request(request).await?;
        take(url, response, &parser, &mut answer).await?;
        work.done(times);
        if !work.workload.reuse {
            connection = None;
        }
    }
    Ok((answer, connection))
}

async fn pooled_place(client: Client<HttpConnector, Empty<Bytes>>, work: Work) -> Result<Answer, BoxError> {
    let parser = PageParser::new(&work.workload);
    let mut answer = Answer::default();
    while let Some((index, times)) = work.next().await {
        let url: Uri = work.target.url(index).parse()?;
        let mut request = Request::get(url.clone()).body(Empty::new())?;
        if !work.workload.reuse {
            request.headers_mut().insert(CONNECTION, CLOSE);
        }
        let response = client.request(request).await?;
        take(url, response, &parser, &mut answer).await?;
        work.done(times);
    }
    Ok(answer)
}

async fn open(origin: SocketAddr) -> Result<SendRequest<Empty<Bytes>>, BoxError> {
    let stream = TcpStream::connect(origin).await?;
    stream.set_nodelay(true)?;
    let (sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    Ok(sender)
}

/// Feeds the body to the workload's parser, as the pipeline would.
async fn take(
    url: Uri,
    response: http::Response<Incoming>,
    parser: &PageParser,
    answer: &mut Answer,
) -> Result<(), BoxError> {
    let (parts, mut body) = response.into_parts();
    let head = Head { url, status: parts.status, version: parts.version, headers: parts.headers };
    let mut sink = parser.start(&head);
    let mut bytes = 0;
    while let Some(frame) = body.frame().await {
        if let Ok(chunk) = frame?.into_data() {
            bytes += chunk.len() as u64;
            let _ = sink.feed(chunk);
        }
    }
    if head.status.is_success() {
        answer.add_page(bytes, sink.finish()?);
    } else {
        answer.errors += 1;
    }
    Ok(())
}
