//! The scripted network: who resolves to what after how long, which address answers after how long, and what was seen.

use std::collections::HashMap;
use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroUsize;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use gather_conformance::simulated::{Simulated, SimulatedHandle, SimulatedSleep};
use gather_core::{BoxFuture, Clock, Fetch, FetchError, Host, Limits, Page, Request, Runtime, fetch_page, get};
use gather_http::{
    Builder, Connect, HyperFetch, Read, ReadBufCursor, Resolve, ResolveError, ResolveErrorKind, Resolved, Write,
};

/// Runs a test on the deterministic host, with a network in which nothing is known and everything answers.
pub(crate) fn on_network<T>(test: impl AsyncFnOnce(Network) -> T) -> T {
    Simulated::new().run(async |host: SimulatedHandle| {
        let start = host.now();
        test(Network { host, start, script: Arc::default(), seen: Arc::default() }).await
    })
}

/// A runtime of the deterministic host that can "connect".
#[derive(Clone)]
pub(crate) struct Network {
    pub(crate) host: SimulatedHandle,
    start: Instant,
    script: Arc<Mutex<Script>>,
    seen: Arc<Mutex<Seen>>,
}

#[derive(Default)]
struct Script {
    /// The answers of a name, one after the other; the last one stays.
    names: HashMap<String, Vec<Lookup>>,
    routes: HashMap<IpAddr, (Duration, bool)>,
    /// What is said at an address where it is not the address itself.
    answers: HashMap<IpAddr, Vec<u8>>,
}

/// What comes of one lookup, and when.
#[derive(Clone)]
pub(crate) enum Lookup {
    Found(Duration, Resolved),
    Failed(Duration),
    Panics,
    Never,
}

/// What has happened.
#[derive(Debug, Default, Clone)]
pub(crate) struct Seen {
    /// The names that the resolver was asked for, and how many lookups were under way at most.
    pub(crate) lookups: Vec<String>,
    pub(crate) at_once: usize,
    pub(crate) most_at_once: usize,
    /// The addresses that were tried, and how many milliseconds after the start.
    pub(crate) attempts: Vec<(String, u64)>,
    /// Attempts that were given up, or that came to nothing.
    pub(crate) given_up: usize,
}

impl Network {
    /// The next answer for `name`.
    pub(crate) fn name(&self, name: &str, lookup: Lookup) {
        lock(&self.script).names.entry(name.to_owned()).or_default().push(lookup);
    }

    /// `name` is at these addresses, as it takes `milliseconds` to find out.
    pub(crate) fn at(&self, name: &str, milliseconds: u64, addresses: &[&str]) {
        self.name(name, Lookup::Found(Duration::from_millis(milliseconds), found(addresses)));
    }

    /// `address` accepts connections after so long.
    pub(crate) fn accepts(&self, address: &str, milliseconds: u64) {
        self.route(address, milliseconds, true);
    }

    /// `address` refuses connections after so long.
    pub(crate) fn refuses(&self, address: &str, milliseconds: u64) {
        self.route(address, milliseconds, false);
    }

    fn route(&self, address: &str, milliseconds: u64, accepts: bool) {
        let address = address.parse().expect("an address");
        lock(&self.script).routes.insert(address, (Duration::from_millis(milliseconds), accepts));
    }

    /// At `address` every request is answered with these bytes.
    pub(crate) fn answers(&self, address: &str, bytes: impl Into<Vec<u8>>) {
        lock(&self.script).answers.insert(address.parse().expect("an address"), bytes.into());
    }

    pub(crate) fn seen(&self) -> Seen {
        lock(&self.seen).clone()
    }

    /// Milliseconds since the start.
    pub(crate) fn elapsed(&self) -> u64 {
        u64::try_from((self.host.now() - self.start).as_millis()).expect("a short time")
    }

    pub(crate) async fn pass(&self, milliseconds: u64) {
        self.host.sleep(Duration::from_millis(milliseconds)).await;
    }

    /// The settings of a client in this network: the scripted resolver, and a connection for each exchange.
    pub(crate) fn settings(&self) -> Builder {
        Builder::new().resolver(Scripted(self.clone())).max_idle_per_host(0)
    }

    /// A client as it is, but for that.
    pub(crate) fn client(&self) -> HyperFetch<Network> {
        self.build(self.settings())
    }

    pub(crate) fn build(&self, settings: Builder) -> HyperFetch<Network> {
        settings.build(self.clone()).expect("TLS")
    }

    /// What is found at `url`: the address that answered.
    pub(crate) async fn page<F: Fetch>(&self, client: &F, url: &str) -> Result<String, FetchError> {
        self.send(client, get(url).expect("an address")).await
    }

    pub(crate) async fn send<F: Fetch>(&self, client: &F, request: Request) -> Result<String, FetchError> {
        let page: Page = fetch_page(client, &self.host, request, Limits::default().deadline(Duration::MAX)).await?;
        Ok(String::from_utf8(page.body.to_vec()).expect("text"))
    }
}

/// An answer that says nothing of how long it holds.
pub(crate) fn found(addresses: &[&str]) -> Resolved {
    Resolved::new(addresses.iter().map(|address| address.parse::<IpAddr>().expect("an address")))
}

impl Clock for Network {
    type Sleep = SimulatedSleep;

    fn now(&self) -> Instant {
        self.host.now()
    }

    fn sleep(&self, duration: Duration) -> SimulatedSleep {
        self.host.sleep(duration)
    }
}

impl Runtime for Network {
    fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.host.spawn(task);
    }

    fn spawn_blocking(&self, job: impl FnOnce() + Send + 'static) {
        self.host.spawn_blocking(job);
    }

    fn workers(&self) -> NonZeroUsize {
        self.host.workers()
    }
}

impl Connect for Network {
    type Stream = Wire;

    fn connect(&self, address: SocketAddr) -> impl Future<Output = io::Result<Wire>> + Send + 'static {
        let network = self.clone();
        let (delay, accepts, says) = {
            let script = lock(&self.script);
            let (delay, accepts) = script.routes.get(&address.ip()).copied().unwrap_or((Duration::ZERO, true));
            (delay, accepts, script.answers.get(&address.ip()).cloned().unwrap_or_else(|| itself(address)))
        };
        lock(&self.seen).attempts.push((address.to_string(), self.elapsed()));
        let mut attempt = OnDrop::new(move |seen| seen.given_up += 1, &self.seen);
        async move {
            network.host.sleep(delay).await;
            if !accepts {
                return Err(io::ErrorKind::ConnectionRefused.into());
            }
            attempt.disarm();
            Ok(Wire { says, ..Wire::default() })
        }
    }
}

/// A response that says which address it comes from.
fn itself(address: SocketAddr) -> Vec<u8> {
    let body = address.ip().to_string();
    format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len()).into()
}

/// The resolver of the script.
struct Scripted(Network);

impl Resolve for Scripted {
    fn resolve(&self, name: &str) -> BoxFuture<Result<Resolved, ResolveError>> {
        let name = name.to_owned();
        let (host, seen) = (self.0.host.clone(), self.0.seen.clone());
        let lookup = {
            let mut script = lock(&self.0.script);
            let answers = script.names.get_mut(&name);
            answers
                .and_then(|answers| if answers.len() > 1 { Some(answers.remove(0)) } else { answers.first().cloned() })
        };
        {
            let mut seen = lock(&seen);
            seen.lookups.push(name.clone());
            seen.at_once += 1;
            seen.most_at_once = seen.most_at_once.max(seen.at_once);
        }
        let under_way = OnDrop::new(|seen| seen.at_once -= 1, &seen);
        Box::pin(async move {
            let _under_way = under_way;
            match lookup.unwrap_or(Lookup::Failed(Duration::ZERO)) {
                Lookup::Found(delay, found) => {
                    host.sleep(delay).await;
                    Ok(found)
                }
                Lookup::Failed(delay) => {
                    host.sleep(delay).await;
                    Err(ResolveError::new(&name, ResolveErrorKind::NotFound))
                }
                Lookup::Panics => panic!("as the script has it"),
                Lookup::Never => std::future::pending().await,
            }
        })
    }
}

/// Writes something down when it is dropped.
struct OnDrop<F: Fn(&mut Seen)> {
    what: Option<F>,
    seen: Arc<Mutex<Seen>>,
}

impl<F: Fn(&mut Seen)> OnDrop<F> {
    fn new(what: F, seen: &Arc<Mutex<Seen>>) -> Self {
        OnDrop { what: Some(what), seen: seen.clone() }
    }

    fn disarm(&mut self) {
        self.what = None;
    }
}

impl<F: Fn(&mut Seen)> Drop for OnDrop<F> {
    fn drop(&mut self) {
        if let Some(what) = &self.what {
            what(&mut lock(&self.seen));
        }
    }
}

/// A connection to a server that answers every request with the same bytes.
#[derive(Default)]
pub(crate) struct Wire {
    says: Vec<u8>,
    asked: Vec<u8>,
    answers: Vec<u8>,
    reader: Option<Waker>,
}

impl Read for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        mut buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        if self.answers.is_empty() {
            self.reader = Some(cx.waker().clone());
            return Poll::Pending;
        }
        let length = buffer.remaining().min(self.answers.len());
        let bytes: Vec<u8> = self.answers.drain(..length).collect();
        buffer.put_slice(&bytes);
        Poll::Ready(Ok(()))
    }
}

impl Write for Wire {
    fn poll_write(mut self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        this.asked.extend_from_slice(bytes);
        if this.asked.ends_with(b"\r\n\r\n") {
            this.asked.clear();
            this.answers.extend_from_slice(&this.says);
            this.reader.take().into_iter().for_each(Waker::wake);
        }
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
