//! What the other side says while the tunnel is being made is read first, however little is read at once.

use std::io;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use hyper::rt::{Read, ReadBuf, ReadBufCursor, Write};

use super::super::stream::Proxied;
use crate::connect::Stream;

/// A connection of which this much is still to be read.
struct Script(&'static [u8]);

impl Read for Script {
    fn poll_read(mut self: Pin<&mut Self>, _: &mut Context<'_>, mut buffer: ReadBufCursor<'_>) -> Poll<io::Result<()>> {
        let (now, later) = self.0.split_at(self.0.len().min(buffer.remaining()));
        buffer.put_slice(now);
        self.0 = later;
        Poll::Ready(Ok(()))
    }
}

impl Write for Script {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

#[test]
fn early_words_come_first() {
    for size in 1..20 {
        let inner = Stream::direct(Script(b" and the rest")).into();
        let mut stream = pin!(Proxied::new(inner, Bytes::from_static(b"first words")));
        let mut seen = Vec::new();
        loop {
            let mut chunk = vec![0; size];
            let mut buffer = ReadBuf::new(&mut chunk);
            let read = stream.as_mut().poll_read(&mut Context::from_waker(Waker::noop()), buffer.unfilled());
            assert!(matches!(read, Poll::Ready(Ok(()))));
            if buffer.filled().is_empty() {
                break;
            }
            seen.extend_from_slice(buffer.filled());
        }
        assert_eq!(seen, b"first words and the rest", "{size} bytes at once");
    }
}
