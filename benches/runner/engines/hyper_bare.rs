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
use crate::page::PageParser;
use crate::session;
use crate::workload::Workload;

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// One connection for each place.
pub(crate) fn serve_bare(run: &Run) -> Result<(), Failure> {
    let host = Tokio::current_thread().map_err(|error| Failure::new("engine", error))?;
    host.run(async |_| {
        let mut idle: Vec<SendRequest<Empty<Bytes>>> = Vec::new();
        session::serve(run, async |requests| {
            let next = Arc::new(AtomicU64::new(0));
            let places: Vec<_> = (0..run.workload.concurrency)
                .map(|_| {
                    let work = Work { workload: run.workload.clone(), next: next.clone(), requests };
                    tokio::spawn(place(idle.pop(), run.origin, work))
                })
                .collect();
            let mut answer = Answer::default();
            for place in places {
                let (found, connection) = join(place).await?;
                answer.merge(&found);
                idle.extend(connection);
            }
            Ok(answer.into())
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
        session::serve(run, async |requests| {
            let next = Arc::new(AtomicU64::new(0));
            let places: Vec<_> = (0..run.workload.concurrency)
                .map(|_| {
                    let work = Work { workload: run.workload.clone(), next: next.clone(), requests };
                    tokio::spawn(pooled_place(client.clone(), run.origin, work))
                })
                .collect();
            let mut answer = Answer::default();
            for place in places {
                answer.merge(&join(place).await?);
            }
            Ok(answer.into())
        })
        .await
    })
}

async fn join<T>(place: JoinHandle<Result<T, BoxError>>) -> Result<T, Failure> {
    let done = place.await.map_err(|error| Failure::new("engine", error))?;
    done.map_err(|error| Failure::new("engine", error))
}

/// The share of a trial that a place works off: whatever index is next.
struct Work {
    workload: Workload,
    next: Arc<AtomicU64>,
    requests: u64,
}

impl Work {
    fn next(&self) -> Option<u64> {
        let index = self.next.fetch_add(1, Ordering::Relaxed);
        (index < self.requests).then_some(index)
    }
}

type Connection = Option<SendRequest<Empty<Bytes>>>;

async fn place(mut connection: Connection, origin: SocketAddr, work: Work) -> Result<(Answer, Connection), BoxError> {
    let parser = PageParser::new(&work.workload);
    let authority = origin.to_string();
    let prefix = format!("http://{authority}");
    let mut answer = Answer::default();
    while let Some(index) = work.next() {
        let url: Uri = work.workload.url(&prefix, index).parse()?;
        let path = url.path_and_query().cloned().ok_or("the address has no path")?;
        let sender = match &mut connection {
            Some(sender) => sender,
            None => connection.insert(open(origin).await?),
        };
        sender.ready().await?;
        let request = Request::get(Uri::from(path)).header("host", &authority).body(Empty::new())?;
        let response = sender.send_request(request).await?;
        take(url, response, &parser, &mut answer).await?;
    }
    Ok((answer, connection))
}

async fn pooled_place(
    client: Client<HttpConnector, Empty<Bytes>>,
    origin: SocketAddr,
    work: Work,
) -> Result<Answer, BoxError> {
    let parser = PageParser::new(&work.workload);
    let prefix = format!("http://{origin}");
    let mut answer = Answer::default();
    while let Some(index) = work.next() {
        let url: Uri = work.workload.url(&prefix, index).parse()?;
        let response = client.request(Request::get(url.clone()).body(Empty::new())?).await?;
        take(url, response, &parser, &mut answer).await?;
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
