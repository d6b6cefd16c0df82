//! A loopback origin over TLS, with a certificate authority of its own: HTTP/2 and HTTP/1.1, whichever is agreed on.
//!
//! Unlike the plain [`Origin`](crate::origin::Origin) it is not of threads alone: it is hyper's server on a tokio runtime, in a
//! thread of its own. It shares no runtime instance with an adapter under test, be it tokio's.
//!
//! | path | answer |
//! |---|---|
//! | `/say/TEXT` | 200, `TEXT` |
//! | `/bytes/N` | N bytes of [`pattern`] |
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
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use crate::origin::pattern;
use crate::signals::Tally;

/// A running origin over TLS. Dropping it ends its connections and joins its thread.
#[derive(Debug)]
pub struct SecureOrigin {
    addr: SocketAddr,
    authority: Vec<u8>,
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
        SecureOrigin::start_with(&[b"h2", b"http/1.1"], "127.0.0.1")
    }

    /// Offers HTTP/1.1 alone.
    pub fn http1_only() -> Self {
        SecureOrigin::start_with(&[b"http/1.1"], "127.0.0.1")
    }

    /// Has a certificate for another name than the address that it is reached by.
    pub fn misnamed() -> Self {
        SecureOrigin::start_with(&[b"h2", b"http/1.1"], "elsewhere.test")
    }

    fn start_with(protocols: &[&[u8]], name: &str) -> Self {
        let (config, authority) = certify(protocols, name).unwrap_or_else(|error| panic!("no certificate: {error}"));
        let shared = Arc::new(Shared::default());
        let (stop, stopped) = oneshot::channel();
        let (report, addr) = std::sync::mpsc::channel();
        let serving = shared.clone();
        let serve =
            move || run(config, serving, stopped, &report).unwrap_or_else(|error| panic!("the origin: {error}"));
        let thread = thread::Builder::new().name("secure-origin".to_owned()).spawn(serve).expect("a thread");
        let addr = addr.recv().expect("the origin has told its address, or panicked");
        SecureOrigin { addr, authority, shared, stop: Some(stop), thread: Some(thread) }
    }

    /// The certificate of the authority that certified this origin (DER): who trusts it trusts the origin.
    pub fn authority(&self) -> &[u8] {
        &self.authority
    }

    /// The address of `path`, which starts with a slash.
    pub fn url(&self, path: &str) -> String {
        format!("https://{}{path}", self.addr)
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

/// An authority, and a server certified by it.
fn certify(protocols: &[&[u8]], name: &str) -> Result<(ServerConfig, Vec<u8>), Box<dyn std::error::Error>> {
    let authority_key = KeyPair::generate()?;
    let mut authority = CertificateParams::new([])?;
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority_certificate = authority.self_signed(&authority_key)?;
    let key = KeyPair::generate()?;
    let certificate =
        CertificateParams::new([name.to_owned()])?.signed_by(&key, &Issuer::new(authority, authority_key))?;

    let chain = vec![CertificateDer::from(certificate.der().to_vec())];
    let key = PrivateKeyDer::try_from(key.serialize_der())?;
    // By name: with two providers in one program rustls does not choose.
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    let mut config = config.with_no_client_auth().with_single_cert(chain, key)?;
    config.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
    Ok((config, authority_certificate.der().to_vec()))
}

fn run(
    config: ServerConfig,
    shared: Arc<Shared>,
    stopped: oneshot::Receiver<()>,
    report: &std::sync::mpsc::Sender<SocketAddr>,
) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        // Nobody listens when the law is over already.
        let _ = report.send(listener.local_addr()?);
        let accepting = std::pin::pin!(accept(&listener, TlsAcceptor::from(Arc::new(config)), &shared));
        match select(accepting, stopped).await {
            Either::Left((failed, _)) => failed,
            Either::Right(_) => Ok(()),
        }
    })
    // The runtime goes here, and with it every connection.
}

async fn accept(listener: &TcpListener, tls: TlsAcceptor, shared: &Arc<Shared>) -> io::Result<()> {
    loop {
        let (socket, _) = listener.accept().await?;
        socket.set_nodelay(true)?;
        shared.accepted.add();
        let (tls, shared) = (tls.clone(), shared.clone());
        tokio::spawn(async move {
            // Whoever does not trust us says so and leaves.
            let Ok(stream) = tls.accept(socket).await else { return };
            let answer = service_fn(move |request| answer(request, shared.clone()));
            // How a client leaves is no news.
            let _ = auto::Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), answer).await;
        });
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
        ["bytes", length] => Bytes::from(pattern(length.parse().expect("a number of bytes"))),
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
