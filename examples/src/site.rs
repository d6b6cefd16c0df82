//! A small web site of plain threads: ten pages that link to each other, for the examples that want HTML.

use std::io::{self, BufRead, BufReader, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

/// A running site. Dropping it closes every connection and joins every thread.
#[derive(Debug)]
pub struct Site {
    addr: SocketAddr,
    state: Arc<Mutex<State>>,
    acceptor: Option<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct State {
    closing: bool,
    sockets: Vec<TcpStream>,
    threads: Vec<JoinHandle<io::Result<()>>>,
}

const PAGES: usize = 10;

impl Site {
    /// Starts the site on a free loopback port.
    ///
    /// # Errors
    ///
    /// When the operating system gives it no port or no thread.
    pub fn start() -> io::Result<Site> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let addr = listener.local_addr()?;
        let state = Arc::new(Mutex::new(State::default()));
        let accepting = state.clone();
        let acceptor = thread::Builder::new().name("site".to_owned()).spawn(move || accept(&listener, &accepting))?;
        Ok(Site { addr, state, acceptor: Some(acceptor) })
    }

    /// The addresses of its pages.
    pub fn urls(&self) -> Vec<String> {
        (0..PAGES).map(|number| format!("http://{}/page/{number}", self.addr)).collect()
    }
}

/// Page `number`: `number + 2` links, and two things that look like one.
fn page(number: usize) -> String {
    let articles: String = (0..number).map(|article| format!("<li><a href=../article/{article}>Article</A>")).collect();
    format!(
        "<!doctype html><title>Page {number}</title><a name=top></a>\n\
         <a href='/'>Home</a> <a class=next href=\"{next}?from={number}&amp;by=link\">Next</a>\n\
         <!-- <a href='/old'>Old</a> --><ul>{articles}</ul><p>That is all.",
        next = (number + 1) % PAGES,
    )
}

fn accept(listener: &TcpListener, state: &Arc<Mutex<State>>) {
    for socket in listener.incoming() {
        let Ok(socket) = socket else { continue };
        let mut open = lock(state);
        if open.closing {
            return;
        }
        // A visitor for whom there is no descriptor or no thread left is turned away: its connection closes here.
        let Ok(to_close) = socket.try_clone() else { continue };
        if let Ok(thread) = thread::Builder::new().spawn(move || serve(&socket)) {
            open.sockets.push(to_close);
            open.threads.push(thread);
        }
    }
}

/// Answers one request after the other until the visitor leaves.
fn serve(socket: &TcpStream) -> io::Result<()> {
    socket.set_nodelay(true)?;
    let mut lines = BufReader::new(socket).lines();
    while let Some(request) = lines.next().transpose()? {
        // What else the head says does not matter here, only where it ends.
        for line in lines.by_ref() {
            if line?.is_empty() {
                break;
            }
        }
        let path = request.split(' ').nth(1).unwrap_or_default();
        let number =
            path.strip_prefix("/page/").and_then(|number| number.parse().ok()).filter(|number| *number < PAGES);
        let (status, body) = number.map_or(("404 Not Found", String::new()), |number| ("200 OK", page(number)));
        let length = body.len();
        let head = format!("HTTP/1.1 {status}\r\ncontent-type: text/html\r\ncontent-length: {length}\r\n\r\n");
        let mut answering = socket;
        answering.write_all((head + &body).as_bytes())?;
    }
    Ok(())
}

impl Drop for Site {
    fn drop(&mut self) {
        lock(&self.state).closing = true;
        // The acceptor sits in `accept`: one more visitor brings it out.
        let woken = TcpStream::connect(self.addr);
        if woken.is_ok()
            && let Some(acceptor) = self.acceptor.take()
        {
            let _ = acceptor.join();
        }
        let State { sockets, threads, .. } = std::mem::take(&mut *lock(&self.state));
        for socket in sockets {
            // It may be gone already.
            let _ = socket.shutdown(Shutdown::Both);
        }
        for thread in threads {
            let _ = thread.join();
        }
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}
