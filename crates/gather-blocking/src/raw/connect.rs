//! From an address to a socket, within a deadline.

use std::io;
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use gather_core::addresses::AddressPolicy;
use gather_core::{FetchError, FetchErrorKind, Phase, causes};
use http::Uri;

use crate::deadline::Deadline;
use crate::resolve::{Lookup, permitted};

/// Opens a connection to the host of `uri`, trying its addresses that `policy` permits one after the other.
pub(super) fn connect(
    uri: &Uri,
    policy: &AddressPolicy,
    deadline: &Deadline,
    lookup: Lookup,
) -> Result<TcpStream, FetchError> {
    let addresses = permitted(uri, policy, deadline, lookup)?;
    let mut last = FetchError::new(Phase::Resolve, FetchErrorKind::Refused).with_source("the host has no address");
    for (place, address) in addresses.iter().enumerate() {
        // What is left is shared evenly, so that an address where nobody answers does not take the time of the others.
        let left = deadline.remaining(Phase::Connect)?;
        let share = left / u32::try_from(addresses.len() - place).unwrap_or(u32::MAX);
        match TcpStream::connect_timeout(address, share.max(SHORTEST)) {
            Ok(stream) => {
                // A request is written in one piece: there is nothing that Nagle's algorithm could wait for.
                stream.set_nodelay(true).map_err(|error| failed(*address, error))?;
                return Ok(stream);
            }
            Err(error) if error.kind() == io::ErrorKind::TimedOut => last = deadline.error(Phase::Connect),
            Err(error) => last = failed(*address, error),
        }
    }
    Err(last)
}

/// `connect_timeout` takes no zero, which an even share may be.
const SHORTEST: Duration = Duration::from_millis(1);

fn failed(address: SocketAddr, error: io::Error) -> FetchError {
    let kind = causes::of_connecting(error.kind());
    FetchError::new(Phase::Connect, kind).with_source(format!("{address}: {error}"))
}
