//! The proxy that does what it is told, whatever it is asked.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;

use super::{State, relay};

/// One move of a script. At its end, the connection is closed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Move {
    /// Waits for this many bytes.
    Take(usize),
    /// Waits for an empty line.
    TakeHead,
    /// Says this.
    Say(Vec<u8>),
    /// Says this, one byte at a time.
    Spell(Vec<u8>),
    /// Says this again and again, as long as anybody listens.
    Repeat(Vec<u8>),
    /// Says nothing until the client leaves.
    Hold,
    /// Connects to this port of loopback, and passes bytes on.
    Relay(u16),
}

pub(super) fn play(client: &TcpStream, moves: &[Move], state: &Arc<State>) -> io::Result<()> {
    let mut wire = client;
    for step in moves {
        match step {
            Move::Take(length) => wire.read_exact(&mut vec![0; *length])?,
            Move::TakeHead => take_head(wire)?,
            Move::Say(bytes) => wire.write_all(bytes)?,
            Move::Spell(bytes) => bytes.chunks(1).try_for_each(|byte| wire.write_all(byte))?,
            Move::Repeat(bytes) => loop {
                wire.write_all(bytes)?;
            },
            Move::Hold => drop(io::copy(&mut wire, &mut io::sink())),
            Move::Relay(port) => return relay::both_ways(client, &[], &state.connect("127.0.0.1", *port)?, state),
        }
    }
    // What the client has sent and nobody has read would make a reset of the end.
    client.shutdown(Shutdown::Write)?;
    io::copy(&mut wire, &mut io::sink()).map(drop)
}

fn take_head(mut wire: &TcpStream) -> io::Result<()> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        wire.read_exact(&mut byte)?;
        head.push(byte[0]);
    }
    Ok(())
}
