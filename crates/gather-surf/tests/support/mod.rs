//! A server that says what it is told to, whatever that is, once for each connection.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread::{self, JoinHandle};

/// A server of answers given as bytes.
pub(crate) struct Scripted {
    address: SocketAddr,
    thread: Option<JoinHandle<Vec<String>>>,
}

impl Scripted {
    /// Gives each connection the next of the answers, after the head of a request, and closes it.
    pub(crate) fn start(answers: Vec<Vec<u8>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let serve = move || answers.into_iter().map(|answer| serve(&listener, &answer)).collect();
        Scripted { address, thread: Some(thread::spawn(serve)) }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// The heads of the requests, in lower case.
    pub(crate) fn requests(mut self) -> Vec<String> {
        self.thread.take().expect("taken once").join().expect("a server without a panic")
    }
}

fn serve(listener: &TcpListener, answer: &[u8]) -> String {
    let (mut socket, _) = listener.accept().expect("a connection");
    let head = read_head(&mut socket);
    // What is left unread when a socket is closed resets the connection, and the answer with it.
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
    io::copy(&mut (&socket).take(length.unwrap_or(0)), &mut io::sink()).expect("the body of the request");
    // The other side may have seen enough.
    let _ = socket.write_all(answer);
    head
}

fn read_head(socket: &mut TcpStream) -> String {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") && socket.read(&mut byte).is_ok_and(|read| read == 1) {
        head.push(byte[0]);
    }
    String::from_utf8(head).expect("a head in UTF-8").to_ascii_lowercase()
}
