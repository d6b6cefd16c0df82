//! TLS in front of another server: what makes a proxy that is reached over TLS out of one that is not.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use futures_channel::oneshot;
use futures_util::future::{Either, select};
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use super::certificates::{Plan, certify};

/// Accepts TLS at 127.0.0.1 and passes what is said within on to another port, and back. Dropping it ends its connections
/// and joins its thread, which has a runtime of its own.
#[derive(Debug)]
pub struct TlsFront {
    addr: SocketAddr,
    authority: Vec<u8>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl TlsFront {
    /// In front of `server`. It agrees on no protocol by ALPN.
    ///
    /// # Panics
    ///
    /// When the operating system gives it no port or no thread, or no certificate can be made.
    pub fn start(server: SocketAddr) -> Self {
        TlsFront::start_with(server, &[])
    }

    /// The same in front of a server of HTTP/2, on which it agrees by ALPN.
    ///
    /// # Panics
    ///
    /// As [`start`](TlsFront::start).
    pub fn http2(server: SocketAddr) -> Self {
        TlsFront::start_with(server, &[b"h2"])
    }

    fn start_with(server: SocketAddr, protocols: &[&[u8]]) -> Self {
        let plan = Plan { protocols, ..Plan::default() };
        let certified = certify(&plan).unwrap_or_else(|error| panic!("no certificate: {error}"));
        let (acceptor, authority) = (TlsAcceptor::from(Arc::new(certified.config)), certified.authority);
        let (stop, stopped) = oneshot::channel();
        let (report, addr) = std::sync::mpsc::channel();
        let run = move || run(&acceptor, server, stopped, &report).unwrap_or_else(|error| panic!("the front: {error}"));
        let thread = thread::Builder::new().name("tls-front".to_owned()).spawn(run).expect("a thread");
        let addr = addr.recv().expect("the front has told its address, or panicked");
        TlsFront { addr, authority, stop: Some(stop), thread: Some(thread) }
    }

    /// The address that it listens on.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// The certificate of the authority that certified it (DER).
    pub fn authority(&self) -> &[u8] {
        &self.authority
    }
}

impl Drop for TlsFront {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(Err(panic)) = self.thread.take().map(JoinHandle::join)
            && !thread::panicking()
        {
            std::panic::resume_unwind(panic);
        }
    }
}

fn run(
    acceptor: &TlsAcceptor,
    server: SocketAddr,
    stopped: oneshot::Receiver<()>,
    report: &std::sync::mpsc::Sender<SocketAddr>,
) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        // Nobody listens when the test is over already.
        let _ = report.send(listener.local_addr()?);
        let accepting = std::pin::pin!(accept(&listener, acceptor, server));
        match select(accepting, stopped).await {
            Either::Left((failed, _)) => failed,
            Either::Right(_) => Ok(()),
        }
    })
    // The runtime goes here, and with it every connection.
}

async fn accept(listener: &TcpListener, acceptor: &TlsAcceptor, server: SocketAddr) -> io::Result<()> {
    loop {
        let (socket, _) = listener.accept().await?;
        socket.set_nodelay(true)?;
        let acceptor = acceptor.clone();
        tokio::spawn(async move {
            // Whoever does not trust us says so and leaves; how a client leaves is no news either.
            let Ok(mut inside) = acceptor.accept(socket).await else { return };
            let Ok(mut outside) = TcpStream::connect(server).await else { return };
            let _ = copy_bidirectional(&mut inside, &mut outside).await;
        });
    }
}
