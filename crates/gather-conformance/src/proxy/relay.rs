//! Bytes from one connection to another, and its end with them.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;

use super::State;

/// Both ways, until both have ended. What was read ahead from the client goes first.
pub(super) fn both_ways(client: &TcpStream, ahead: &[u8], server: &TcpStream, state: &Arc<State>) -> io::Result<()> {
    (&mut &*server).write_all(ahead)?;
    let _kept = state.keep(server)?;
    let back = start_back(client, server, state)?;
    one_way(client, server);
    // Not before the other direction has ended as well: its end is that of this guard.
    let _ = back.recv();
    Ok(())
}

/// A thread for what the server says. The receiver is told when that has ended.
pub(super) fn start_back(
    client: &TcpStream,
    server: &TcpStream,
    state: &Arc<State>,
) -> io::Result<std::sync::mpsc::Receiver<()>> {
    let (from, to) = (server.try_clone()?, client.try_clone()?);
    let (ended, end) = std::sync::mpsc::channel();
    state.spawn("proxy-back", move || {
        one_way(&from, &to);
        drop(ended);
    })?;
    Ok(end)
}

/// From one to the other, with the end of what one says passed on. A break is passed on both ways.
fn one_way(from: &TcpStream, to: &TcpStream) {
    let mut buffer = [0; 16 << 10];
    loop {
        let passed = match (&mut &*from).read(&mut buffer) {
            Ok(0) => {
                let _ = to.shutdown(Shutdown::Write);
                return;
            }
            Ok(length) => (&mut &*to).write_all(&buffer[..length]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => Err(error),
        };
        if passed.is_err() {
            let _ = (from.shutdown(Shutdown::Both), to.shutdown(Shutdown::Both));
            return;
        }
    }
}
