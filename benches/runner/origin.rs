//! What the origin says of a trial, asked over a plain blocking socket outside of the timed region.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use crate::Failure;

/// Starts a new period of counting.
pub(crate) fn reset(origin: SocketAddr) -> Result<(), Failure> {
    ask(origin, "/_reset").map(drop)
}

/// The words of the period, each with the prefix `origin_`.
pub(crate) fn stats(origin: SocketAddr) -> Result<String, Failure> {
    let words = ask(origin, "/_stats")?;
    Ok(words.split_whitespace().map(|word| format!("origin_{word}")).collect::<Vec<_>>().join(" "))
}

/// Asks the origin to stop serving for `ms`, `after_ms` from now.
pub(crate) fn freeze(origin: SocketAddr, ms: u64, after_ms: u64) -> Result<(), Failure> {
    ask(origin, &format!("/_freeze?ms={ms}&after_ms={after_ms}")).map(drop)
}

fn ask(origin: SocketAddr, path: &str) -> Result<String, Failure> {
    let answer = exchange(origin, path).map_err(|error| Failure::new("origin", format!("{origin}{path}: {error}")))?;
    let (head, body) = answer
        .split_once("\r\n\r\n")
        .ok_or_else(|| Failure::new("origin", format!("{origin}{path}: the answer has no body")))?;
    if !head.starts_with("HTTP/1.1 200") {
        return Err(Failure::new("origin", format!("{origin}{path}: {}", head.lines().next().unwrap_or_default())));
    }
    Ok(body.to_owned())
}

fn exchange(origin: SocketAddr, path: &str) -> std::io::Result<String> {
    let patience = Duration::from_secs(10);
    let mut socket = TcpStream::connect_timeout(&origin, patience)?;
    socket.set_read_timeout(Some(patience))?;
    write!(socket, "GET {path} HTTP/1.1\r\nHost: {origin}\r\nConnection: close\r\n\r\n")?;
    let mut answer = String::new();
    socket.read_to_string(&mut answer)?;
    Ok(answer)
}
