//! A loopback proxy on plain threads: HTTP (requests sent to it whole, and `CONNECT`) and SOCKS 5, or a script of faults.
//!
//! It belongs to no runtime, as the [`origin`](crate::origin) does, writes down what it is [asked](ProxyServer::asked), and
//! looks up only names that it was told, so that a test can tell who has looked up a name. It does what a test needs of a
//! proxy and nothing else: it is none for real use.

mod http;
mod relay;
mod script;
mod socks;

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::panic::resume_unwind;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

pub use script::Move;

/// What a [`ProxyServer`] does with whoever connects.
#[derive(Debug, Clone, Default)]
pub struct Manners {
    /// What it speaks.
    pub language: Language,
    /// The user name and the password that it wants, if it wants any.
    pub password: Option<(String, String)>,
    /// The names that it knows. Others do not exist.
    pub names: Vec<(String, IpAddr)>,
}

/// What a [`ProxyServer`] speaks.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub enum Language {
    /// HTTP/1.1.
    #[default]
    Http,
    /// SOCKS 5.
    Socks5,
    /// Whatever this has it say, one move after the other, to everybody who connects.
    Script(Vec<Move>),
}

/// What a [`ProxyServer`] was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Asked {
    /// A request that was sent to it whole: its target, and its `Proxy-Authorization`.
    Request(String, Option<String>),
    /// A tunnel by `CONNECT`: its target, and its `Proxy-Authorization`.
    Connect(String, Option<String>),
    /// A connection by SOCKS: the target, and the user name that was given.
    Socks(String, Option<String>),
}

/// A running proxy. Dropping it closes every connection and joins every thread; a panic in one of them goes on there.
#[derive(Debug)]
pub struct ProxyServer {
    addr: SocketAddr,
    state: Arc<State>,
    acceptor: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct State {
    manners: Manners,
    asked: Mutex<Vec<Asked>>,
    open: Mutex<Open>,
    closing: AtomicBool,
}

#[derive(Debug, Default)]
struct Open {
    accepted: usize,
    next: usize,
    /// To shut them down when the proxy ends while a thread sits in a read.
    sockets: HashMap<usize, TcpStream>,
    threads: Vec<JoinHandle<()>>,
}

/// Small stacks: each connection has up to three threads.
const STACK: usize = 128 << 10;

impl ProxyServer {
    /// Starts a proxy on a free loopback port.
    ///
    /// # Panics
    ///
    /// When the operating system gives it no port or no thread.
    pub fn start(manners: Manners) -> Self {
        ProxyServer::try_start(manners).unwrap_or_else(|error| panic!("the proxy cannot start: {error}"))
    }

    /// One that speaks HTTP, without a password.
    ///
    /// # Panics
    ///
    /// As [`start`](ProxyServer::start).
    pub fn http() -> Self {
        ProxyServer::start(Manners::default())
    }

    /// One that speaks SOCKS 5, without a password.
    ///
    /// # Panics
    ///
    /// As [`start`](ProxyServer::start).
    pub fn socks5() -> Self {
        ProxyServer::start(Manners { language: Language::Socks5, ..Manners::default() })
    }

    /// One that follows a script.
    ///
    /// # Panics
    ///
    /// As [`start`](ProxyServer::start).
    pub fn scripted(moves: impl IntoIterator<Item = Move>) -> Self {
        let language = Language::Script(moves.into_iter().collect());
        ProxyServer::start(Manners { language, ..Manners::default() })
    }

    fn try_start(manners: Manners) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let addr = listener.local_addr()?;
        let (asked, open) = (Mutex::default(), Mutex::default());
        let state = Arc::new(State { manners, asked, open, closing: AtomicBool::new(false) });
        let accepting = state.clone();
        let name = "proxy-accept".to_owned();
        let acceptor = thread::Builder::new().name(name).spawn(move || accept(&listener, &accepting))?;
        Ok(ProxyServer { addr, state, acceptor: Some(acceptor) })
    }

    /// The address that it listens on.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Its address with a scheme, as a client is told it.
    pub fn url(&self, scheme: &str) -> String {
        format!("{scheme}://{}", self.addr)
    }

    /// What it was asked for so far. A request is here before it is answered.
    pub fn asked(&self) -> Vec<Asked> {
        lock(&self.state.asked).clone()
    }

    /// Connections accepted so far.
    pub fn accepted(&self) -> usize {
        lock(&self.state.open).accepted
    }
}

impl Drop for ProxyServer {
    fn drop(&mut self) {
        self.state.closing.store(true, Ordering::SeqCst);
        // The acceptor may sit in `accept`; a connection of our own brings it out to see that it is over.
        let woken = TcpStream::connect(self.addr);
        let mut panicked = self.acceptor.take().and_then(|thread| thread.join().err());
        drop(woken);
        for socket in lock(&self.state.open).sockets.values() {
            // It may be gone already.
            let _ = socket.shutdown(Shutdown::Both);
        }
        // A thread that is joined may have started another one.
        while let Some(thread) = { lock(&self.state.open).threads.pop() } {
            panicked = thread.join().err().or(panicked);
        }
        if let Some(panic) = panicked
            && !thread::panicking()
        {
            resume_unwind(panic);
        }
    }
}

impl State {
    fn write_down(&self, asked: Asked) {
        lock(&self.asked).push(asked);
    }

    /// A thread that is joined when the proxy ends.
    fn spawn(self: &Arc<Self>, name: &str, run: impl FnOnce() + Send + 'static) -> io::Result<()> {
        let thread = thread::Builder::new().name(name.to_owned()).stack_size(STACK).spawn(run)?;
        lock(&self.open).threads.push(thread);
        Ok(())
    }

    /// Has a socket shut down when the proxy ends, until the guard is dropped.
    fn keep(self: &Arc<Self>, socket: &TcpStream) -> io::Result<Kept> {
        let kept = socket.try_clone()?;
        let mut open = lock(&self.open);
        if self.closing.load(Ordering::SeqCst) {
            return Err(io::Error::other("the proxy ends"));
        }
        let id = open.next;
        open.next += 1;
        open.sockets.insert(id, kept);
        drop(open);
        Ok(Kept { state: self.clone(), id })
    }

    /// A connection to what a client asked for.
    fn connect(&self, host: &str, port: u16) -> io::Result<TcpStream> {
        let numeric = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>().ok();
        let known = || self.manners.names.iter().find(|(name, _)| name == host).map(|(_, address)| *address);
        let address = numeric.or_else(known).ok_or(io::ErrorKind::NotFound)?;
        let socket = TcpStream::connect((address, port))?;
        socket.set_nodelay(true)?;
        Ok(socket)
    }
}

/// A socket in the proxy's books.
struct Kept {
    state: Arc<State>,
    id: usize,
}

impl Drop for Kept {
    fn drop(&mut self) {
        if let Some(socket) = lock(&self.state.open).sockets.remove(&self.id) {
            let _ = socket.shutdown(Shutdown::Both);
        }
    }
}

fn accept(listener: &TcpListener, state: &Arc<State>) {
    for socket in listener.incoming() {
        if state.closing.load(Ordering::SeqCst) {
            return;
        }
        let Ok(socket) = socket else { continue };
        lock(&state.open).accepted += 1;
        let serving = state.clone();
        // How a client leaves is no news.
        let serve = move || drop(serve(&socket, &serving));
        if let Err(error) = state.spawn("proxy-connection", serve) {
            eprintln!("proxy: a connection could not be served: {error}");
        }
    }
}

fn serve(socket: &TcpStream, state: &Arc<State>) -> io::Result<()> {
    socket.set_nodelay(true)?;
    let _kept = state.keep(socket)?;
    match &state.manners.language {
        Language::Http => http::serve(socket, state),
        Language::Socks5 => socks::serve(socket, state),
        Language::Script(moves) => script::play(socket, moves, state),
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A panic in one of the threads is reported when it is joined.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
