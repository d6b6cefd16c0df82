//! A place to which no connection comes about: nobody says no, and nobody takes it. For deadlines on connecting.

use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use socket2::{Domain, Socket, Type};

/// A listener on the loopback whose queue is full, so that the system answers nobody who asks for a connection.
///
/// ```
/// use std::net::TcpStream;
/// use std::time::Duration;
/// use gather_conformance::full_queue::FullQueue;
///
/// let full = FullQueue::new();
/// let error = TcpStream::connect_timeout(&full.address(), Duration::from_millis(10)).unwrap_err();
/// assert_eq!(error.kind(), std::io::ErrorKind::TimedOut);
/// ```
#[derive(Debug)]
pub struct FullQueue {
    listener: Socket,
    /// Those that have filled it.
    waiting: Vec<TcpStream>,
}

/// For how long a connection is waited for before the queue is called full. On the loopback one takes microseconds.
const PATIENCE: Duration = Duration::from_millis(200);

/// More than any system makes of a queue of none.
const MOST: usize = 64;

impl FullQueue {
    /// Fills a queue.
    ///
    /// # Panics
    ///
    /// When the system has no port, or a queue that cannot be filled.
    #[expect(clippy::new_without_default, reason = "it opens sockets, and may panic")]
    pub fn new() -> Self {
        let listener = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
        listener.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into()).expect("a port");
        listener.listen(0).expect("a queue");
        let mut full = FullQueue { listener, waiting: Vec::new() };
        // How many a queue of none has room for is the system's secret.
        while let Ok(waiting) = TcpStream::connect_timeout(&full.address(), PATIENCE) {
            full.waiting.push(waiting);
            assert!(full.waiting.len() < MOST, "a queue of none has taken {MOST} connections");
        }
        full
    }

    /// Where it is.
    pub fn address(&self) -> SocketAddr {
        self.listener.local_addr().ok().and_then(|address| address.as_socket()).expect("the address of a listener")
    }
}
