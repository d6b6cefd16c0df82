//! A loopback HTTP/1.1 origin on plain threads, with scripted faults.
//!
//! It shares no runtime with the adapter under test, counts what the other side of the wire sees, and holds answers back
//! until a law says so: a fault that waits does so at a *gate* that [`Origin::open`] opens, and a law that waits does so
//! with [`Origin::until`], so that neither sleeps to be right.
//!
//! | path | answer |
//! |---|---|
//! | `/say/TEXT` | 200, `TEXT` |
//! | `/echo` | 200, the request itself: `METHOD TARGET`, its header fields one a line, an empty line, its body |
//! | `/status/N` | status N, with a short body where that status has one |
//! | `/bytes/N` | N bytes of [`pattern`], with `content-length` |
//! | `/chunked/N/SIZE` | N chunks of SIZE bytes of [`pattern`] each |
//! | `/until-close/N` | N bytes of [`pattern`] without a length: the end of the connection is the end of the body |
//! | `/close/TEXT` | as `/say`, announces `connection: close`, and closes |
//! | `/last/TEXT` | as `/say`, and closes without a word: the race that every keep-alive client runs |
//! | `/half-closed/TEXT` | as `/say`, then closes its sending side only and goes on reading |
//! | `/early/TEXT` | a 103, then as `/say` |
//! | `/gate/NAME/TEXT` | as `/say/TEXT`, once the gate NAME is open |
//! | `/body-gate/NAME` | head and the body's first half (`first`) at once, the second (`second`) once the gate NAME is open |
//! | `/pour/NAME/N` | N bytes of [`pattern`]; [`Counts::pour`] tells how it gets on |
//! | `/late/MS/TEXT` | as `/say/TEXT`, MS milliseconds later |
//! | `/drip/N/MS` | N chunks `drip.`, each MS milliseconds after the one before |
//! | `/silent` | nothing, ever |
//! | `/hostile/NAME` | the answer NAME of [`hostile`](crate::hostile) |
//! | `/unasked/NAME/TEXT` | as `/say/TEXT`, and once the gate NAME is open an answer that nobody has asked for |
//! | `/drip-head/MS` | a head without end, a byte each MS milliseconds |
//! | `/open-end/TEXT` | `TEXT` in a chunk, the last chunk, and never the empty line that ends the body |
//! | `/fields/N` | 200, `fields`, with N fields more than usual |
//! | `/field/N` | 200, `field`, with a field whose value has N bytes |
//! | `/redirects/N` | a redirect to `/redirects/N+1`, and so on |
//! | `/redirect/PATH` | a redirect to `/PATH`; to itself, when PATH is `redirect` |
//! | `/redirect-with/N/PATH` | a redirect to `/PATH` that has a body, N bytes of [`pattern`] |
//! | `/endless` | a body that never ends |
//! | `/endless-head` | a head that never ends |
//! | `/garbage` | bytes that are not HTTP |
//! | `/bad-chunk` | a chunk whose size is not a number |
//! | `/long` | five bytes announced, `hello`, and twenty more sent |
//! | `/cut/before-head`, `/cut/in-head`, `/cut/in-body`, `/cut/in-chunks` | the connection closes there |
//! | `/reset/in-body` | the connection is reset there |
//!
//! Everything else is a 404. A HEAD request to any of the plain ones gets its head alone.

mod answers;
mod connection;
mod hostile;
mod listener;
mod state;

use std::future::Future;
use std::io;
use std::net::{SocketAddr, TcpStream};
use std::panic::resume_unwind;
use std::sync::Arc;
use std::task::Poll;
use std::thread::{self, JoinHandle};

use socket2::Socket;

pub use answers::{Pattern, pattern};
use state::State;
pub use state::{Counts, Pour};

/// A running origin. Dropping it closes every connection and joins every thread; a panic in one of them goes on there.
#[derive(Debug)]
pub struct Origin {
    addr: SocketAddr,
    state: Arc<State>,
    acceptor: Option<JoinHandle<()>>,
    /// Bound and never listening: whoever connects is refused, and nobody else can get the port meanwhile.
    refusing: Socket,
}

impl Origin {
    /// Starts an origin on a free loopback port.
    ///
    /// # Panics
    ///
    /// When the operating system gives it no port or no thread.
    pub fn start() -> Origin {
        Origin::try_start().unwrap_or_else(|error| panic!("the origin cannot start: {error}"))
    }

    /// As [`start`](Origin::start).
    ///
    /// # Errors
    ///
    /// When the operating system gives it no port or no thread.
    pub fn try_start() -> io::Result<Origin> {
        Origin::try_start_greeting(b"")
    }

    /// As [`start`](Origin::start), with `greeting` sent on every connection before anything is asked.
    ///
    /// # Panics
    ///
    /// As [`start`](Origin::start) does.
    pub fn start_greeting(greeting: &'static [u8]) -> Origin {
        Origin::try_start_greeting(greeting).unwrap_or_else(|error| panic!("the origin cannot start: {error}"))
    }

    fn try_start_greeting(greeting: &'static [u8]) -> io::Result<Origin> {
        let (listener, addr) = listener::listen()?;
        let refusing = listener::refuse()?;
        let state = Arc::new(State::greeting(greeting));
        let accepting = state.clone();
        let name = "origin-accept".to_owned();
        let acceptor = thread::Builder::new().name(name).spawn(move || connection::accept(&listener, &accepting))?;
        Ok(Origin { addr, state, acceptor: Some(acceptor), refusing })
    }

    /// The address that it listens on.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// The address of `path`, which starts with a slash.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.addr)
    }

    /// An address where every connection is refused.
    ///
    /// # Panics
    ///
    /// When the operating system does not tell the port.
    pub fn refused_url(&self) -> String {
        let addr = self.refusing.local_addr().ok().and_then(|addr| addr.as_socket());
        format!("http://{}/", addr.expect("a bound socket has an address"))
    }

    /// Opens the gate `name`, for those who wait at it and for all who come later.
    pub fn open(&self, name: &str) {
        self.state.update(|inner| {
            inner.open_gates.insert(name.to_owned());
        });
    }

    /// What has happened so far.
    pub fn counts(&self) -> Counts {
        self.state.lock().counts.clone()
    }

    /// Is ready, with the counts, as soon as `condition` holds of them. Any executor may poll it.
    pub fn until<P>(&self, condition: P) -> impl Future<Output = Counts> + Send + use<P>
    where
        P: Fn(&Counts) -> bool + Send,
    {
        let state = self.state.clone();
        std::future::poll_fn(move |cx| {
            let mut inner = state.lock();
            if condition(&inner.counts) {
                return Poll::Ready(inner.counts.clone());
            }
            inner.watch(cx.waker());
            Poll::Pending
        })
    }
}

impl Drop for Origin {
    fn drop(&mut self) {
        self.state.close();
        // The acceptor may sit in `accept`; a connection of our own brings it out to see that it is over.
        let woken = TcpStream::connect(self.addr);
        let mut panicked = None;
        if let Some(Err(panic)) = self.acceptor.take().map(JoinHandle::join) {
            panicked = Some(panic);
        }
        drop(woken);
        for thread in self.state.take_threads() {
            if let Err(panic) = thread.join() {
                panicked = Some(panic);
            }
        }
        if let Some(panic) = panicked
            && !thread::panicking()
        {
            resume_unwind(panic);
        }
    }
}
