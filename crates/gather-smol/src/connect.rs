//! TCP connections on smol.

use std::future::Future;
use std::io;
use std::net::SocketAddr;

use gather_http::{AsyncIoStream, Connect};

use crate::runtime::SmolHandle;

impl Connect for SmolHandle {
    type Stream = AsyncIoStream;

    fn connect(&self, address: SocketAddr) -> impl Future<Output = io::Result<AsyncIoStream>> + Send + 'static {
        AsyncIoStream::connect(address)
    }
}
