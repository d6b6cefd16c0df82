//! A loopback origin over TLS, with a certificate authority of its own: HTTP/2 and HTTP/1.1, whichever is agreed on.
//!
//! Unlike the plain [`Origin`](crate::origin::Origin) it is not of threads alone: it is hyper's server on a tokio runtime, in a
//! thread of its own. It shares no runtime instance with an adapter under test, be it tokio's.
//!
//! | path | answer |
//! |---|---|
//! | `/say/TEXT` | 200, `TEXT` |
//! | `/bytes/N` | N bytes of [`pattern`] |
//! | `/content-length` | the `content-length` of the request, or `none` |
//! | `/fields/N` | 200, `fields`, with N fields more than usual |
//! | `/gate/NAME/TEXT` | as `/say/TEXT`, once the gate NAME is open |
//! | `/body-gate/NAME` | head and `first` at once, `second` once the gate NAME is open |
//! | `/cut/NAME` | head and `first` at once; the body is broken off once the gate NAME is open |

use std::collections::HashMap;
use std::convert::Infallible;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use bytes::Bytes;
use futures_channel::oneshot;
use futures_util::future::{Either, select};
use futures_util::{StreamExt, stream};
use http::{Request, Response};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use rustls::{ServerConfig, SupportedProtocolVersion};
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use crate::origin::pattern;
use crate::signals::Tally;

mod certificates;
mod front;

use certificates::{Clients, Plan, Validity, certify};
pub use front::TlsFront;

/// A running origin over TLS. Dropping it ends its connections and joins its thread.
#[derive(Debug)]
pub struct SecureOrigin {
    addr: SocketAddr,
    scheme: &'static str,
    authority: Vec<u8>,
    client: (Vec<u8>, Vec<u8>),
    shared: Arc<Shared>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct Shared {
    accepted: Tally,
    requests: Tally,
    ended: Tally,
    gates: Mutex<HashMap<String, Tally>>,
}

impl Shared {
    fn gate(&self, name: &str) -> Tally {
        self.gates.lock().unwrap_or_else(PoisonError::into_inner).entry(name.to_owned()).or_default().clone()
    }
}

impl SecureOrigin {
    /// Offers HTTP/2 and HTTP/1.1, with a certificate for 127.0.0.1.
    pub fn start() -> Self {
        SecureOrigin::start_with(Plan::default())
    }

    /// Offers HTTP/1.1 alone.
    pub fn http1_only() -> Self {
        SecureOrigin::start_with(Plan { protocols: &[b"http/1.1"], ..Plan::default() })
    }

    /// Has a certificate for another name than the address that it is reached by.
    pub fn misnamed() -> Self {
        SecureOrigin::start_with(Plan { name: "elsewhere.test", ..Plan::default() })
    }

    /// Has a certificate for `name`, by which it is then reached, its address being told by whoever resolves the name.
    pub fn named(name: &str) -> Self {
        SecureOrigin::start_with(Plan { name, ..Plan::default() })
    }

    /// Has a certificate whose time was over long ago.
    pub fn expired() -> Self {
        SecureOrigin::start_with(Plan { validity: Validity::Over, ..Plan::default() })
    }

    /// Speaks TLS 1.2 and nothing newer.
    pub fn tls12_only() -> Self {
        SecureOrigin::start_with(Plan { versions: TLS12, ..Plan::default() })
    }

    /// Lets only clients in that show a certificate by its authority; [`client`](SecureOrigin::client) is one. Speaks TLS 1.2,
    /// which judges the client before it may say anything.
    pub fn mutual_tls12() -> Self {
        SecureOrigin::start_with(Plan { clients: Clients::Certified, versions: TLS12, ..Plan::default() })
    }

    /// As [`mutual_tls12`](SecureOrigin::mutual_tls12), with TLS 1.3: a client may have asked for something by the time it is
    /// turned away, and no answer will come.
    pub fn mutual_tls13() -> Self {
        SecureOrigin::start_with(Plan { clients: Clients::Certified, versions: TLS13, ..Plan::default() })
    }

    /// Is no secure one at all: HTTP/2 and HTTP/1.1 over plain TCP, whichever the client begins with.
    pub fn cleartext() -> Self {
        SecureOrigin::start_with(Plan { tls: false, ..Plan::default() })
    }

    fn start_with(plan: Plan<'_>) -> Self {
        let certified = certify(&plan).unwrap_or_else(|error| panic!("no certificate: {error}"));
        let (config, scheme) = if plan.tls { (Some(certified.config), "https") } else { (None, "http") };
        let shared = Arc::new(Shared::default());
        let (stop, stopped) = oneshot::channel();
        let (report, addr) = std::sync::mpsc::channel();
        let serving = shared.clone();
        let serve =
            move || run(config, serving, stopped, &report).unwrap_or_else(|error| panic!("the origin: {error}"));
        let thread = thread::Builder::new().name("secure-origin".to_owned()).spawn(serve).expect("a thread");
        let addr = addr.recv().expect("the origin has told its address, or panicked");
        let (authority, client) = (certified.authority, certified.client);
        SecureOrigin { addr, scheme, authority, client, shared, stop: Some(stop), thread: Some(thread) }
    }

    /// A client's certificate by the same authority, and its private key (PKCS #8), both in DER.
    pub fn client(&self) -> (&[u8], &[u8]) {
        (&self.client.0, &self.client.1)
    }

    /// The address that it listens on.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// The certificate of the authority that certified this origin (DER): who trusts it trusts the origin.
    pub fn authority(&self) -> &[u8] {
        &self.authority
    }

    /// The address of `path`, which starts with a slash.
    pub fn url(&self, path: &str) -> String {
        format!("{}://{}{path}", self.scheme, self.addr)
    }

    /// Opens the gate `name`, for those who wait at it and for all who come later.
    pub fn open(&self, name: &str) {
        self.shared.gate(name).add();
    }

    /// Connections accepted.
    pub fn accepted(&self) -> &Tally {
        &self.shared.accepted
    }

    /// Requests received.
    pub fn requests(&self) -> &Tally {
        &self.shared.requests
    }

    /// Exchanges that are over at the origin: answered whole, or dropped by the other side.
    pub fn ended(&self) -> &Tally {
        &self.shared.ended
    }
}

impl Drop for SecureOrigin {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(Err(panic)) = self.thread.take().map(JoinHandle::join)
            && !thread::panicking()
        {
            std::panic::resume_unwind(panic);
        }
    }
}

static TLS12: &[&SupportedProtocolVersion] = &[&rustls::version::TLS12];
static TLS13: &[&SupportedProtocolVersion] = &[&rustls::version::TLS13];

fn run(
    config: Option<ServerConfig>,
    shared: Arc<Shared>,
    stopped: oneshot::Receiver<()>,
    report: &std::sync::mpsc::Sender<SocketAddr>,
) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        // Nobody listens when the law is over already.
        let _ = report.send(listener.local_addr()?);
        let accepting =
            std::pin::pin!(accept(&listener, config.map(|config| TlsAcceptor::from(Arc::new(config))), &shared));
        match select(accepting, stopped).await {
            Either::Left((failed, _)) => failed,
            Either::Right(_) => Ok(()),
        }
    })
    // The runtime goes here, and with it every connection.
}

async fn accept(listener: &TcpListener, tls: Option<TlsAcceptor>, shared: &Arc<Shared>) -> io::Result<()> {
    loop {
        let (socket, _) = listener.accept().await?;
        socket.set_nodelay(true)?;
        shared.accepted.add();
        tokio::spawn(serve(socket, tls.clone(), shared.clone()));
    }
}

async fn serve(socket: TcpStream, tls: Option<TlsAcceptor>, shared: Arc<Shared>) {
    let answer = service_fn(move |request| answer(request, shared.clone()));
    let http = auto::Builder::new(TokioExecutor::new());
    // How a client leaves is no news.
    let _ = match tls {
        None => http.serve_connection(TokioIo::new(socket), answer).await,
        Some(tls) => match tls.accept(socket).into_fallible().await {
            Ok(stream) => http.serve_connection(TokioIo::new(stream), answer).await,
            Err((_, socket)) => return leave(socket).await,
        },
    };
}

/// Whoever does not trust us says so and leaves; who is not let in has been told so, and is waited for: a socket that is closed
/// with bytes unread is reset, and what was said is lost with it.
async fn leave(mut socket: TcpStream) {
    // It may be gone already.
    if socket.shutdown().await.is_ok() {
        let _ = tokio::io::copy(&mut socket, &mut tokio::io::sink()).await;
    }
}

type Body = UnsyncBoxBody<Bytes, io::Error>;

async fn answer(request: Request<Incoming>, shared: Arc<Shared>) -> Result<Response<Body>, Infallible> {
    shared.requests.add();
    let ended = shared.ended.on_drop();
    let path = request.uri().path().to_owned();
    let segments: Vec<&str> = path.split('/').skip(1).collect();
    let text = match segments[..] {
        ["say", text] => Bytes::copy_from_slice(text.as_bytes()),
        ["content-length"] => {
            let length = request.headers().get(http::header::CONTENT_LENGTH);
            length.map_or(Bytes::from_static(b"none"), |length| Bytes::copy_from_slice(length.as_bytes()))
        }
        ["bytes", length] => Bytes::from(pattern(length.parse().expect("a number of bytes"))),
        ["fields", count] => {
            let mut response = Response::new(whole(Bytes::from_static(b"fields")));
            for place in 0..count.parse::<usize>().expect("a number of fields") {
                let name = http::HeaderName::try_from(format!("x-{place}")).expect("a name");
                response.headers_mut().insert(name, http::HeaderValue::from_static("y"));
            }
            return Ok(response);
        }
        ["gate", name, text] => {
            shared.gate(name).until(1).await;
            Bytes::copy_from_slice(text.as_bytes())
        }
        ["body-gate" | "cut", name] => {
            let (cut, gate) = (segments[0] == "cut", shared.gate(name).until(1));
            let second = async move {
                gate.await;
                drop(ended);
                let cut = cut.then(|| Err(io::Error::other("broken off, as asked")));
                cut.unwrap_or_else(|| Ok(Frame::data(Bytes::from_static(b"second"))))
            };
            let first = stream::iter([Ok(Frame::data(Bytes::from_static(b"first")))]);
            return Ok(Response::new(StreamBody::new(first.chain(stream::once(second))).boxed_unsync()));
        }
        _ => {
            let mut response = Response::new(whole(Bytes::from_static(b"no such page")));
            *response.status_mut() = http::StatusCode::NOT_FOUND;
            return Ok(response);
        }
    };
    Ok(Response::new(whole(text)))
}

fn whole(bytes: Bytes) -> Body {
    Full::new(bytes).map_err(|never| match never {}).boxed_unsync()
}
