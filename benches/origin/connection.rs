//! One client's connection: a small state machine that reads a request, waits, writes the answer, and starts again.
//!
//! Requests on one connection are answered one after the other. A pipelined one waits in the buffer, and counts as received
//! when its turn comes.

use std::io::{self, ErrorKind, Read};
use std::mem;
use std::net::{Shutdown, TcpStream};

use rustix::event::epoll::EventFlags;

use crate::answer::{Answer, Kind};
use crate::request::{self, MOST_HEAD_BYTES, Target};
use crate::service::{Reply, Service};

/// A connection and what it is about to do.
#[derive(Debug)]
pub(crate) struct Connection {
    socket: TcpStream,
    state: State,
    /// What was received and not yet taken for a request.
    received: Vec<u8>,
    /// Whether a read may find something. Events are edge-triggered: this remembers one until a read has come up empty.
    readable: bool,
    /// Whether the peer will send no more, though its last bytes may not be read yet.
    hung_up: bool,
    /// Whether the peer's last byte has been read.
    ended: bool,
    counted: Counted,
}

/// What the caller does next.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// Waits for an event or for what is due.
    Wait,
    /// Lets others have their turn, and comes back.
    Again,
    /// Drops the connection.
    Close,
}

/// What keeps a connection from doing the next thing at once.
#[derive(Debug)]
enum State {
    /// There is no whole request.
    Idle,
    /// The answer is not due.
    Delayed { due_ns: u64, answer: Answer },
    /// There will be no answer.
    Silent,
    /// The socket takes no more.
    Writing(Answer),
    /// The peer has not yet taken note of the end. Closing with bytes unread would reset the connection, and the peer could lose
    /// the answer that tells it why (RFC 9112, 9.6); so what still comes is thrown away, for a while.
    Lingering { until_ns: u64 },
}

/// Whether the connection stands in the statistics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Counted {
    /// Accepted in this period; nothing was asked yet.
    Newly { period: u64 },
    /// An engine's.
    Yes,
    /// The lab's own: its first request was one of `/_stats` and `/_reset`.
    No,
}

/// What one step came to.
enum Step {
    Done,
    Blocked,
    Over,
}

/// After so many steps at a stretch it is the others' turn: a client that pipelines without end delays nobody.
const STEPS_AT_A_STRETCH: usize = 32;

const LINGER_NS: u64 = 1_000_000_000;

impl Connection {
    /// A connection that was just accepted.
    pub(crate) fn new(socket: TcpStream, service: &mut Service) -> Connection {
        let counted = Counted::Newly { period: service.stats.accept() };
        Connection {
            socket,
            state: State::Idle,
            received: Vec::new(),
            readable: false,
            hung_up: false,
            ended: false,
            counted,
        }
    }

    /// Takes note of an event on the socket.
    pub(crate) fn note(&mut self, events: EventFlags) {
        let hung_up = events.intersects(EventFlags::RDHUP | EventFlags::HUP | EventFlags::ERR);
        self.hung_up |= hung_up;
        self.readable |= hung_up || events.contains(EventFlags::IN);
    }

    /// Takes note that something was due, which may be long past: then nothing happens.
    pub(crate) fn wake(&mut self, now_ns: u64) -> Next {
        self.state = match mem::replace(&mut self.state, State::Idle) {
            State::Lingering { until_ns } if until_ns <= now_ns => return Next::Close,
            State::Delayed { due_ns, answer } if due_ns <= now_ns => State::Writing(answer),
            other => {
                self.state = other;
                return Next::Wait;
            }
        };
        Next::Again
    }

    /// Does all that can be done now. `token` is this connection's name for [`crate::delays::Delays`].
    pub(crate) fn advance(&mut self, token: u64, service: &mut Service) -> Next {
        for _ in 0..STEPS_AT_A_STRETCH {
            match self.step(token, service) {
                Ok(Step::Done) => {}
                Ok(Step::Blocked) => return Next::Wait,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Next::Wait,
                // A peer that resets its connection is an everyday thing here: engines cancel.
                Ok(Step::Over) | Err(_) => return Next::Close,
            }
        }
        Next::Again
    }

    /// Takes the connection out of the statistics; the socket closes when this is dropped.
    pub(crate) fn leave(&self, service: &mut Service) {
        let in_flight = match &self.state {
            State::Silent => true,
            State::Delayed { answer, .. } | State::Writing(answer) => answer.kind == Kind::Served,
            State::Idle | State::Lingering { .. } => false,
        };
        if in_flight {
            service.stats.abandon();
        }
        if self.counted != Counted::No {
            service.stats.close();
        }
    }

    fn step(&mut self, token: u64, service: &mut Service) -> io::Result<Step> {
        match &self.state {
            State::Idle => self.take_request(token, service),
            // A peer that has said all it wants to say may still listen, so its end does not cancel the answer.
            State::Delayed { .. } => self.receive(service),
            State::Silent if self.ended => Ok(Step::Over),
            State::Silent | State::Lingering { .. } => self.ignore(service),
            State::Writing(_) => self.write(token, service),
        }
    }

    fn take_request(&mut self, token: u64, service: &mut Service) -> io::Result<Step> {
        let now_ns = service.clock.now_ns();
        let Some(request) = request::parse(&self.received) else {
            return if self.ended { Ok(Step::Over) } else { self.receive(service) };
        };
        self.received.drain(..request.bytes);
        if self.received.is_empty() && self.received.capacity() > MOST_HEAD_BYTES / 4 {
            // Twenty thousand connections must not each keep the room that one long head once needed.
            self.received = Vec::new();
        }
        self.count(&request.target, service);
        self.state = match service.reply(&request, now_ns) {
            Reply::Now(answer) => State::Writing(answer),
            Reply::At(due_ns, answer) => {
                service.delays.push(due_ns, token);
                State::Delayed { due_ns, answer }
            }
            Reply::Never => State::Silent,
        };
        Ok(Step::Done)
    }

    /// Decides with the first request whether the connection stands in the statistics, and later if the lab's own is put to use.
    fn count(&mut self, target: &Target, service: &mut Service) {
        let uncounted = matches!(target, Target::Stats | Target::Reset);
        self.counted = match self.counted {
            Counted::Newly { period } if uncounted => {
                service.stats.disown(period);
                Counted::No
            }
            Counted::No if !uncounted => {
                service.stats.accept();
                Counted::Yes
            }
            Counted::Newly { .. } => Counted::Yes,
            other => other,
        };
    }

    fn write(&mut self, token: u64, service: &mut Service) -> io::Result<Step> {
        let State::Writing(answer) = &mut self.state else { return Ok(Step::Blocked) };
        if !answer.write_to(&self.socket, service.clock)? {
            return Ok(Step::Blocked);
        }
        service.stats.finish(answer);
        let last = answer.is_last();
        self.state = State::Idle;
        if last {
            return self.linger(token, service);
        }
        Ok(Step::Done)
    }

    fn linger(&mut self, token: u64, service: &mut Service) -> io::Result<Step> {
        if self.ended {
            return Ok(Step::Over);
        }
        self.socket.shutdown(Shutdown::Write)?;
        let until_ns = service.clock.now_ns() + LINGER_NS;
        service.delays.push(until_ns, token);
        self.state = State::Lingering { until_ns };
        Ok(Step::Done)
    }

    /// Reads once, into what was received before. Stops at a head's worth: the rest waits in the kernel, and `readable` stays.
    fn receive(&mut self, service: &mut Service) -> io::Result<Step> {
        if self.received.len() >= MOST_HEAD_BYTES || !self.readable || self.ended {
            return Ok(Step::Blocked);
        }
        let count = self.read(&mut service.scratch)?;
        self.received.extend_from_slice(&service.scratch[..count]);
        Ok(Step::Done)
    }

    /// Reads once, to notice the end.
    fn ignore(&mut self, service: &mut Service) -> io::Result<Step> {
        if self.ended {
            return Ok(Step::Over);
        }
        if !self.readable {
            return Ok(Step::Blocked);
        }
        self.read(&mut service.scratch)?;
        Ok(Step::Done)
    }

    fn read(&mut self, scratch: &mut [u8]) -> io::Result<usize> {
        // The socket never waits, so no signal can interrupt it.
        let count = self.socket.read(scratch).inspect_err(|_| self.readable = false)?;
        self.ended = count == 0;
        // A read that does not fill the buffer has emptied the socket (epoll(7), question 9), unless the end is yet to be read.
        self.readable = !self.ended && (count == scratch.len() || self.hung_up);
        Ok(count)
    }
}
