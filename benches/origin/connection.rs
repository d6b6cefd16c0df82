//! One client's connection: a small state machine that reads a request, waits, writes the answer, and starts again.
//!
//! Requests on one connection are answered one after the other. A pipelined one waits in the buffer, and counts as received
//! when its turn comes.

use std::io::{self, ErrorKind, Read};
use std::mem;
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

use rustix::event::epoll::EventFlags;
use rustix::net::sockopt::set_socket_linger;

use crate::answer::{Answer, Kind, Progress};
use crate::request::{self, MOST_HEAD_BYTES};
use crate::service::{Reply, Service};
use crate::standing::Standing;
use crate::stats::PeerEnd;

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
    standing: Standing,
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
    /// The answer, or its next piece, is not due.
    Delayed(Answer),
    /// There will be no answer.
    Silent,
    /// The socket takes no more.
    Writing(Answer),
    /// The peer has not yet taken note of the end. Closing with bytes unread would reset the connection, and the peer could lose
    /// the answer that tells it why (RFC 9112, 9.6); so what still comes is thrown away, for a while.
    Lingering { until_ns: u64 },
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
    /// A connection that `host` just accepted.
    pub(crate) fn new(socket: TcpStream, host: u16, service: &mut Service) -> Connection {
        Connection {
            socket,
            state: State::Idle,
            received: Vec::new(),
            readable: false,
            hung_up: false,
            ended: false,
            standing: Standing::new(host, &mut service.stats),
        }
    }

    /// Takes note of an event on the socket.
    pub(crate) fn note(&mut self, events: EventFlags) {
        let hung_up = events.intersects(EventFlags::RDHUP | EventFlags::HUP | EventFlags::ERR);
        self.hung_up |= hung_up;
        self.readable |= hung_up || events.contains(EventFlags::IN);
        if events.contains(EventFlags::ERR) {
            self.peer_has_ended(PeerEnd::Reset);
        } else if hung_up {
            self.peer_has_ended(PeerEnd::Closed);
        }
    }

    /// Takes note that something was due, which may be long past: then nothing happens.
    pub(crate) fn wake(&mut self, now_ns: u64) -> Next {
        self.state = match mem::replace(&mut self.state, State::Idle) {
            State::Lingering { until_ns } if until_ns <= now_ns => return Next::Close,
            State::Delayed(answer) if answer.due_ns() <= now_ns => State::Writing(answer),
            other => {
                self.state = other;
                return Next::Wait;
            }
        };
        Next::Again
    }

    /// Does all that can be done now. `token` is this connection's name for [`crate::delays::Delays`].
    pub(crate) fn advance(&mut self, token: u64, service: &mut Service) -> Next {
        let next = self.steps(token, service);
        if self.standing.end().is_some() {
            self.count_the_peers_end(service);
        }
        next
    }

    /// Takes the connection out of the statistics; the socket closes when this is dropped.
    pub(crate) fn leave(&mut self, service: &mut Service) {
        let in_flight = match &self.state {
            State::Silent => true,
            State::Delayed(answer) | State::Writing(answer) => answer.kind.is_in_flight(),
            State::Idle | State::Lingering { .. } => false,
        };
        if in_flight {
            service.stats.abandon();
        }
        self.standing.leave(&mut service.stats);
    }

    fn steps(&mut self, token: u64, service: &mut Service) -> Next {
        for _ in 0..STEPS_AT_A_STRETCH {
            match self.step(token, service) {
                Ok(Step::Done) => {}
                Ok(Step::Blocked) => return Next::Wait,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Next::Wait,
                Ok(Step::Over) => return Next::Close,
                // A peer that resets its connection is an everyday thing here: engines cancel.
                Err(_) => {
                    self.peer_has_ended(PeerEnd::Reset);
                    return Next::Close;
                }
            }
        }
        Next::Again
    }

    fn step(&mut self, token: u64, service: &mut Service) -> io::Result<Step> {
        if self.standing.end() == Some(PeerEnd::Reset) {
            return Ok(Step::Over);
        }
        match &self.state {
            State::Idle => self.take_request(token, service),
            // A peer that has said all it wants to say may still listen, so its end does not cancel the answer.
            State::Delayed(_) => self.receive(service),
            State::Silent if self.ended => Ok(Step::Over),
            State::Silent | State::Lingering { .. } => self.ignore(service),
            State::Writing(_) => self.write(token, service),
        }
    }

    fn take_request(&mut self, token: u64, service: &mut Service) -> io::Result<Step> {
        if self.received.is_empty() {
            return self.await_more(service);
        }
        let now_ns = service.clock.now_ns();
        let Some(request) = request::parse(&self.received) else { return self.await_more(service) };
        self.received.drain(..request.bytes);
        if self.received.is_empty() && self.received.capacity() > MOST_HEAD_BYTES / 4 {
            // Twenty thousand connections must not each keep the room that one long head once needed.
            self.received = Vec::new();
        }
        self.standing.ask(&request.target, &mut service.stats);
        self.state = match service.reply(&request, now_ns) {
            Reply::Now(answer) => State::Writing(answer),
            Reply::Later(answer) => {
                service.delays.push(answer.due_ns(), token);
                State::Delayed(answer)
            }
            Reply::Never => {
                if self.received.is_empty() {
                    self.received = Vec::new();
                }
                State::Silent
            }
        };
        Ok(Step::Done)
    }

    fn await_more(&mut self, service: &mut Service) -> io::Result<Step> {
        if self.ended { Ok(Step::Over) } else { self.receive(service) }
    }

    fn write(&mut self, token: u64, service: &mut Service) -> io::Result<Step> {
        let State::Writing(answer) = &mut self.state else { return Ok(Step::Blocked) };
        if answer.resets() {
            if answer.kind == Kind::Failed {
                service.stats.fail();
            }
            self.state = State::Idle;
            // What is closed without lingering ends with a reset.
            set_socket_linger(&self.socket, Some(Duration::ZERO))?;
            return Ok(Step::Over);
        }
        let (count, progress) = answer.write_to(&self.socket, service.clock)?;
        service.stats.write(answer.kind, count);
        match progress {
            Progress::Blocked => Ok(Step::Blocked),
            Progress::Piece { due_ns } => {
                self.wait_for_the_next_piece(due_ns, token, service);
                Ok(Step::Done)
            }
            Progress::Whole => {
                service.stats.finish(answer);
                let last = answer.is_last();
                self.state = State::Idle;
                if last { self.linger(token, service) } else { Ok(Step::Done) }
            }
        }
    }

    fn wait_for_the_next_piece(&mut self, due_ns: u64, token: u64, service: &mut Service) {
        if due_ns <= service.clock.now_ns() {
            return;
        }
        if let State::Writing(answer) = mem::replace(&mut self.state, State::Idle) {
            service.delays.push(due_ns, token);
            self.state = State::Delayed(answer);
        }
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
        if self.ended {
            self.peer_has_ended(PeerEnd::Closed);
        }
        // A read that does not fill the buffer has emptied the socket (epoll(7), question 9), unless the end is yet to be read.
        self.readable = !self.ended && (count == scratch.len() || self.hung_up);
        Ok(count)
    }

    /// Who says goodbye after the origin did has not ended anything; but who resets then has not listened to the end.
    fn peer_has_ended(&mut self, end: PeerEnd) {
        if end == PeerEnd::Reset || !matches!(self.state, State::Lingering { .. }) {
            self.standing.note_end(end);
        }
    }

    /// A request that is in flight when its peer ends the connection is abandoned: a peer that has said all it wants to say may
    /// still listen, but none of the lab's clients does, and nobody can tell.
    fn count_the_peers_end(&mut self, service: &mut Service) {
        self.standing.count_end(&mut service.stats);
        if let State::Delayed(answer) | State::Writing(answer) = &mut self.state
            && answer.kind.is_in_flight()
        {
            answer.kind = Kind::Abandoned;
            service.stats.abandon();
        }
    }
}
