//! One connection with its buffers: a request out, a response in, each read and write within the deadline.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use gather_core::addresses::AddressPolicy;
use gather_core::{FetchError, FetchErrorKind, Head, Phase, Request, causes};
use http::Uri;
use http::uri::Authority;

use crate::codec::{Decoder, Piece, asks_to_close, blank_head, encode};
use crate::deadline::Deadline;
use crate::fetch::Receive;
use crate::raw::connect::connect;
use crate::resolve::Lookup;

pub(crate) struct Connection {
    authority: Authority,
    /// What its address was held to.
    policy: AddressPolicy,
    stream: TcpStream,
    /// When it last became idle.
    pub(super) last_used: Instant,
    output: Vec<u8>,
    input: BytesMut,
    pub(super) head: Head,
    decoder: Decoder,
    /// Whether the request of the last exchange asked for the connection to be closed.
    closing: bool,
    /// Whether a byte of the last exchange's answer has arrived.
    answered: bool,
    /// How long one read or write may take within the deadline.
    pub(super) idle: Option<Duration>,
    read_patience: Patience,
    write_patience: Patience,
}

/// What is asked of the system in one read: most pages come in one, and a buffer of this size is cheap to have.
const READ: usize = 8 << 10;

/// What is asked in one read of a body that is known to be as long.
const LARGE_READ: usize = 64 << 10;

impl Connection {
    pub(super) fn open(request: &Request, deadline: &Deadline, lookup: Lookup) -> Result<Self, FetchError> {
        let uri = request.uri();
        let no_host =
            || FetchError::new(Phase::Request, FetchErrorKind::Invalid).with_source("the address has no host");
        let authority = uri.authority().cloned().ok_or_else(no_host)?;
        let policy = AddressPolicy::of(request.extensions());
        Ok(Connection {
            stream: connect(uri, &policy, deadline, lookup)?,
            authority,
            policy,
            last_used: Instant::now(),
            output: Vec::new(),
            input: BytesMut::new(),
            head: blank_head(),
            decoder: Decoder::new(request.method()),
            closing: false,
            answered: false,
            idle: None,
            read_patience: Patience::default(),
            write_patience: Patience::default(),
        })
    }

    /// Whether it is a connection to that place, opened under that policy.
    pub(super) fn leads_to(&self, uri: &Uri, policy: &AddressPolicy) -> bool {
        uri.authority() == Some(&self.authority) && *policy == self.policy
    }

    /// Whether nothing has come since it became idle: neither its end, nor bytes that nobody asked for and that would be
    /// taken for the next answer (RFC 9112, section 9.2).
    pub(super) fn is_quiet(&self) -> bool {
        look(&self.stream).is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock)
    }

    /// Whether the last exchange brought any byte of an answer.
    pub(super) fn has_answered(&self) -> bool {
        self.answered
    }

    /// Whether another exchange may follow the last one.
    pub(super) fn is_reusable(&self) -> bool {
        !self.closing && self.decoder.is_reusable(&self.input)
    }

    /// Pushes what is left of an exchange that has [begun](Connection::begin).
    pub(super) fn push(&mut self, deadline: &Deadline, receiver: &mut dyn Receive) -> Result<(), FetchError> {
        let wanted = receiver.head(&self.head);
        // Its values are slices of the buffer, which could not be used again while they are there.
        self.head.headers.clear();
        if wanted.is_break() {
            return Ok(());
        }
        while let Some(chunk) = self.next(deadline)? {
            if receiver.chunk(chunk).is_break() {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Sends the request and reads the head of its answer.
    pub(super) fn begin(&mut self, request: &Request, deadline: &Deadline) -> Result<(), FetchError> {
        self.output.clear();
        encode(request, &mut self.output)?;
        self.decoder = Decoder::new(request.method());
        self.closing = asks_to_close(request);
        self.answered = false;
        self.send(deadline)?;

        while !decoded(self.decoder.head(&mut self.input, &mut self.head), Phase::Head)? {
            self.fill(deadline, Phase::Head)?;
        }
        self.head.url.clone_from(request.uri());
        Ok(())
    }

    /// Reads the next piece of the body. None is its end.
    pub(super) fn next(&mut self, deadline: &Deadline) -> Result<Option<Bytes>, FetchError> {
        loop {
            match decoded(self.decoder.body(&mut self.input), Phase::Body)? {
                Piece::Data(chunk) => return Ok(Some(chunk)),
                Piece::More if self.fill(deadline, Phase::Body)? == 0 => return Ok(None),
                Piece::More => {}
                Piece::End => return Ok(None),
            }
        }
    }

    /// When what begins now has to be over.
    fn soon(&self, deadline: &Deadline) -> Deadline {
        self.idle.map_or(*deadline, |idle| Deadline::starting_now(idle).or(*deadline))
    }

    fn send(&mut self, deadline: &Deadline) -> Result<(), FetchError> {
        let mut rest = &*self.output;
        while !rest.is_empty() {
            let deadline = self.soon(deadline);
            let left = deadline.remaining(Phase::Head)?;
            let patience = self.write_patience.within(left, |timeout| self.stream.set_write_timeout(Some(timeout)));
            match patience.and_then(|()| self.stream.write(rest)) {
                Ok(written) => rest = &rest[written..],
                Err(error) => self.write_patience.after(error, Phase::Head)?,
            }
        }
        Ok(())
    }

    /// Reads more input, at least a byte. 0 says that the connection has ended, and was allowed to.
    fn fill(&mut self, deadline: &Deadline, phase: Phase) -> Result<usize, FetchError> {
        let have = self.input.len();
        let wanted = self.decoder.remaining().map_or(READ, |left| {
            // One byte more than a long body has would not be worth another buffer; what follows a short one is seen.
            usize::try_from(left).unwrap_or(usize::MAX).clamp(READ, LARGE_READ)
        });
        // `std` reads into memory that is initialised. The zeros cost less than a copy out of a second buffer.
        self.input.resize(have + wanted, 0);
        let outcome = self.read(have, &self.soon(deadline), phase);
        self.input.truncate(have + outcome.as_ref().copied().unwrap_or(0));
        let read = outcome?;
        self.answered |= read > 0;
        if read == 0 {
            decoded(self.decoder.end(), phase)?;
        }
        Ok(read)
    }

    fn read(&mut self, from: usize, deadline: &Deadline, phase: Phase) -> Result<usize, FetchError> {
        loop {
            let left = deadline.remaining(phase)?;
            let patience = self.read_patience.within(left, |timeout| self.stream.set_read_timeout(Some(timeout)));
            match patience.and_then(|()| self.stream.read(&mut self.input[from..])) {
                Ok(read) => return Ok(read),
                Err(error) => self.read_patience.after(error, phase)?,
            }
        }
    }
}

/// The timeout that one direction of the socket has at the moment.
///
/// A read must not wait past the deadline, but setting the socket's timeout before each read is a system call a read. So
/// it is set to somewhat less than what is left and stays as long as it is no more than that: the next requests with the
/// same deadline, and the next chunks, find it good enough. When it strikes too early it is set anew.
#[derive(Debug, Default)]
struct Patience(Option<Duration>);

impl Patience {
    fn within(&mut self, left: Duration, set: impl FnOnce(Duration) -> io::Result<()>) -> io::Result<()> {
        if self.0.is_some_and(|timeout| timeout <= left) {
            return Ok(());
        }
        // Near the end nothing is taken off, or there would be no end. An hour is plenty, and fits every system's type.
        let timeout = if left > NEAR_THE_END { (left / 4 * 3).min(AN_HOUR) } else { left.max(A_TICK) };
        set(timeout)?;
        self.0 = Some(timeout);
        Ok(())
    }

    /// Lets errors pass that say no more than "try again": the deadline is looked at first.
    fn after(&mut self, error: io::Error, phase: Phase) -> Result<(), FetchError> {
        match error.kind() {
            io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => self.0 = None,
            io::ErrorKind::Interrupted => {}
            kind => return Err(FetchError::new(phase, of_io(kind)).with_source(error)),
        }
        Ok(())
    }
}

const NEAR_THE_END: Duration = Duration::from_millis(50);
const A_TICK: Duration = Duration::from_millis(1);
const AN_HOUR: Duration = Duration::from_secs(3600);

/// What an error of an open socket means.
pub(crate) fn of_io(kind: io::ErrorKind) -> FetchErrorKind {
    causes::of_io(kind).unwrap_or(FetchErrorKind::Other)
}

fn decoded<T>(outcome: Result<T, crate::codec::DecodeError>, phase: Phase) -> Result<T, FetchError> {
    outcome.map_err(|error| error.into_fetch_error(phase))
}

/// How much of one byte has come, without taking it or waiting for it. In one call, since every request on a kept connection pays
/// for it.
#[cfg(unix)]
fn look(stream: &TcpStream) -> io::Result<usize> {
    use rustix::net::{RecvFlags, recv};
    Ok(recv(stream, &mut [0], RecvFlags::PEEK | RecvFlags::DONTWAIT)?.1)
}

#[cfg(not(unix))]
fn look(stream: &TcpStream) -> io::Result<usize> {
    stream.set_nonblocking(true)?;
    let looked = stream.peek(&mut [0]);
    stream.set_nonblocking(false)?;
    looked
}
