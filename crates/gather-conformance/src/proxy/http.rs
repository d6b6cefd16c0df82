//! The proxy that speaks HTTP: it sends requests on whose target is a whole address, and makes tunnels.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;

use super::{Asked, State, relay};

/// The largest head that is read, and the most header fields in it.
const HEAD: usize = 64 << 10;
const FIELDS: usize = 128;

struct Received {
    method: String,
    target: String,
    fields: Vec<(String, Vec<u8>)>,
    body: Vec<u8>,
}

impl Received {
    fn field(&self, name: &str) -> Option<String> {
        let found = self.fields.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| String::from_utf8_lossy(value).into_owned())
    }
}

/// Serves one connection to its end. A client waits for each answer before it asks again, so one thread can read what it
/// asks while another passes on what is answered.
pub(super) fn serve(client: &TcpStream, state: &Arc<State>) -> io::Result<()> {
    let mut reader = BufReader::new(client);
    // Where all requests of this connection go: to tell whose answers are whose is more than a test needs.
    let mut server: Option<(String, TcpStream, super::Kept)> = None;
    while let Some(request) = read_request(&mut reader)? {
        let authorization = request.field("proxy-authorization");
        let is_tunnel = request.method == "CONNECT";
        let asked = if is_tunnel { Asked::Connect } else { Asked::Request };
        state.write_down(asked(request.target.clone(), authorization.clone()));
        if !is_welcome(state, authorization.as_deref()) {
            say(client, "407 Proxy Authentication Required", "proxy-authenticate: Basic realm=\"test\"\r\n")?;
            continue;
        }
        if is_tunnel {
            let (host, port) = host_and_port(&request.target)?;
            let Ok(server) = state.connect(host, port) else { return say(client, "502 Bad Gateway", "") };
            (&mut &*client).write_all(b"HTTP/1.1 200 Connection established\r\n\r\n")?;
            return relay::both_ways(client, reader.buffer(), &server, state);
        }
        let Some((authority, path)) = split(&request.target) else { return say(client, "400 Bad Request", "") };
        if server.as_ref().is_some_and(|(known, ..)| *known != authority) {
            return say(client, "400 One host a connection", "");
        }
        if server.is_none() {
            let (host, port) = host_and_port(authority)?;
            let Ok(socket) = state.connect(host, port) else { return say(client, "502 Bad Gateway", "") };
            let kept = state.keep(&socket)?;
            relay::start_back(client, &socket, state)?;
            server = Some((authority.to_owned(), socket, kept));
        }
        if let Some((_, server, _)) = &server {
            (&mut &*server).write_all(&rewritten(&request, path))?;
        }
    }
    Ok(())
}

/// The request as an origin wants it, without what is for the proxy.
fn rewritten(request: &Received, path: &str) -> Vec<u8> {
    let mut bytes = format!("{} {path} HTTP/1.1\r\n", request.method).into_bytes();
    for (name, value) in request.fields.iter().filter(|(name, _)| name != "proxy-authorization") {
        bytes.extend_from_slice(name.as_bytes());
        bytes.extend_from_slice(b": ");
        bytes.extend_from_slice(value);
        bytes.extend_from_slice(b"\r\n");
    }
    bytes.extend_from_slice(b"\r\n");
    bytes.extend_from_slice(&request.body);
    bytes
}

fn is_welcome(state: &State, authorization: Option<&str>) -> bool {
    let Some((user, password)) = &state.manners.password else { return true };
    authorization == Some(&format!("Basic {}", base64(format!("{user}:{password}").as_bytes())))
}

/// RFC 4648, section 4.
fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for group in bytes.chunks(3) {
        let bits = group.iter().fold(0_usize, |bits, byte| bits << 8 | usize::from(*byte)) << (8 * (3 - group.len()));
        for place in 0..4 {
            let letter = char::from(LETTERS[bits >> (18 - 6 * place) & 63]);
            text.push(if place <= group.len() { letter } else { '=' });
        }
    }
    text
}

fn say(client: &TcpStream, status: &str, fields: &str) -> io::Result<()> {
    let body = "the proxy says so";
    let answer = format!("HTTP/1.1 {status}\r\n{fields}content-length: {}\r\n\r\n{body}", body.len());
    (&mut &*client).write_all(answer.as_bytes())
}

/// Authority and path of a whole `http://` address.
fn split(target: &str) -> Option<(&str, &str)> {
    let rest = target.strip_prefix("http://")?;
    let (authority, _) = rest.split_once('/')?;
    Some((authority, &rest[authority.len()..]))
}

fn host_and_port(authority: &str) -> io::Result<(&str, u16)> {
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, port.parse().map_err(io::Error::other)?),
        _ => (authority, 80),
    };
    Ok((host, port))
}

/// The next request, or `None` when the client has ended between two.
fn read_request(reader: &mut impl BufRead) -> io::Result<Option<Received>> {
    let mut head = Vec::new();
    loop {
        let before = head.len();
        if reader.by_ref().take(HEAD as u64).read_until(b'\n', &mut head)? == 0 {
            return if head.is_empty() { Ok(None) } else { Err(io::ErrorKind::UnexpectedEof.into()) };
        }
        if head.len() > HEAD {
            return Err(io::Error::other("a request head that is too large"));
        }
        if before > 0 && head[before..] == *b"\r\n" {
            break;
        }
    }
    let mut fields = [httparse::EMPTY_HEADER; FIELDS];
    let mut parsed = httparse::Request::new(&mut fields);
    parsed.parse(&head).map_err(io::Error::other)?;
    let mut request = Received {
        method: parsed.method.unwrap_or_default().to_owned(),
        target: parsed.path.unwrap_or_default().to_owned(),
        fields: parsed.headers.iter().map(|field| (field.name.to_lowercase(), field.value.to_vec())).collect(),
        body: Vec::new(),
    };
    let length = request.field("content-length").map_or(Ok(0), |value| value.parse()).map_err(io::Error::other)?;
    request.body.resize(length, 0);
    reader.read_exact(&mut request.body)?;
    Ok(Some(request))
}
