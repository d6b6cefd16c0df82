//! The proxy that speaks SOCKS 5 (RFC 1928), with a user name and a password (RFC 1929) if it wants one.

use std::io::{self, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, TcpStream};
use std::sync::Arc;

use super::{Asked, State, relay};

/// Serves one connection to its end.
pub(super) fn serve(client: &TcpStream, state: &Arc<State>) -> io::Result<()> {
    let [5, methods] = take(client)? else { return Err(io::Error::other("not SOCKS 5")) };
    let mut offered = vec![0; usize::from(methods)];
    (&mut &*client).read_exact(&mut offered)?;
    let wanted = if state.manners.password.is_some() { 2 } else { 0 };
    if !offered.contains(&wanted) {
        return say(client, &[5, 0xff]);
    }
    say(client, &[5, wanted])?;
    let user = match &state.manners.password {
        None => None,
        Some((user, password)) => {
            let given = read_password(client)?;
            if given != (user.clone(), password.clone()) {
                return say(client, &[1, 1]);
            }
            say(client, &[1, 0])?;
            Some(given.0)
        }
    };
    let (host, port) = read_target(client)?;
    let shown = if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") };
    state.write_down(Asked::Socks(shown, user));
    match state.connect(&host, port) {
        Ok(server) => {
            // Not an address of any use to the client, as with most proxies.
            say(client, &[5, 0, 0, 1, 0, 0, 0, 0, 0, 0])?;
            relay::both_ways(client, &[], &server, state)
        }
        Err(error) => {
            let reply = if error.kind() == io::ErrorKind::NotFound { 4 } else { 5 };
            say(client, &[5, reply, 0, 1, 0, 0, 0, 0, 0, 0])
        }
    }
}

fn read_password(client: &TcpStream) -> io::Result<(String, String)> {
    let [1] = take(client)? else { return Err(io::Error::other("another version")) };
    Ok((read_text(client)?, read_text(client)?))
}

fn read_target(client: &TcpStream) -> io::Result<(String, u16)> {
    let [5, 1, 0, kind] = take(client)? else { return Err(io::Error::other("not a request to connect")) };
    let host = match kind {
        1 => IpAddr::V4(Ipv4Addr::from(take::<4>(client)?)).to_string(),
        3 => read_text(client)?,
        4 => IpAddr::V6(Ipv6Addr::from(take::<16>(client)?)).to_string(),
        _ => return Err(io::Error::other("an unknown type of address")),
    };
    Ok((host, u16::from_be_bytes(take(client)?)))
}

/// A text with its length in front.
fn read_text(client: &TcpStream) -> io::Result<String> {
    let [length] = take(client)?;
    let mut text = vec![0; usize::from(length)];
    (&mut &*client).read_exact(&mut text)?;
    String::from_utf8(text).map_err(io::Error::other)
}

fn take<const N: usize>(client: &TcpStream) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    (&mut &*client).read_exact(&mut bytes)?;
    Ok(bytes)
}

fn say(client: &TcpStream, bytes: &[u8]) -> io::Result<()> {
    (&mut &*client).write_all(bytes)
}
