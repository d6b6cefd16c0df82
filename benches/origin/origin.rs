//! The server: one epoll loop, one thread.

use std::io;
use std::net::{SocketAddr, TcpStream};
use std::os::fd::OwnedFd;
use std::sync::Arc;

use rustix::buffer::spare_capacity;
use rustix::event::epoll::{self, EventData, EventFlags};
use rustix::event::{EventfdFlags, PollFd, PollFlags, Timespec, eventfd, poll};
use rustix::io::Errno;
use rustix::net::{self, SocketFlags};
use slab::Slab;

use crate::alarm::{Alarm, timespec};
use crate::args::Settings;
use crate::connection::{Connection, Next};
use crate::listeners;
use crate::nginx::Witness;
use crate::page::Pages;
use crate::service::Service;
use crate::token::{self, Token};

/// A server that listens.
#[derive(Debug)]
pub(crate) struct Origin {
    epoll: OwnedFd,
    alarm: Alarm,
    /// One for each host.
    listeners: Vec<OwnedFd>,
    address: SocketAddr,
    stop: Stop,
    stopped: bool,
    connections: Slab<Entry>,
    /// Counts the connections, so that a token is never used for two of them.
    serial: u32,
    /// Whose turn ended before their work.
    again: Vec<u64>,
    service: Service,
}

/// Ends [`Origin::run`], from any thread.
#[derive(Debug, Clone)]
pub(crate) struct Stop(Arc<OwnedFd>);

impl Stop {
    /// Makes the server return; once is enough, and it may have returned already.
    pub(crate) fn stop(&self) {
        // Fails only when it was said 2^64 times already.
        let _ = rustix::io::write(&*self.0, &1_u64.to_ne_bytes());
    }
}

#[derive(Debug)]
struct Entry {
    token: u64,
    connection: Connection,
}

const EVENTS_AT_ONCE: usize = 256;
const ACCEPTS_AT_ONCE: usize = 64;

/// How long to accept nobody when somebody could not be accepted.
const ACCEPT_PAUSE_NS: u64 = 10_000_000;

impl Origin {
    /// Listens on the loopback.
    ///
    /// # Errors
    /// When the port is taken or the kernel refuses what the server needs, with a sentence that names it.
    pub(crate) fn bind(settings: Settings, pages: Pages) -> io::Result<Origin> {
        let (listeners, address) = listeners::bind(settings.hosts, settings.port)?;
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        let stop = Stop(Arc::new(eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?));
        for (host, listener) in (0..).zip(&listeners) {
            epoll::add(&epoll, listener, EventData::new_u64(token::listener(host)), EventFlags::IN)?;
        }
        epoll::add(&epoll, &*stop.0, EventData::new_u64(token::STOP), EventFlags::IN)?;
        let service = Service::new(settings, pages);
        let alarm = Alarm::new(&epoll, token::ALARM)?;
        Ok(Origin {
            epoll,
            alarm,
            listeners,
            address,
            stop,
            stopped: false,
            connections: Slab::new(),
            serial: 0,
            again: Vec::new(),
            service,
        })
    }

    /// Where the first host listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Lets a server in front of this one say what was served.
    pub(crate) fn watch(&mut self, front: Witness) {
        self.service.watch(front);
    }

    /// What a connection takes here while nothing is asked on it.
    #[cfg(test)]
    pub(crate) fn bytes_per_connection() -> usize {
        size_of::<(usize, Entry)>()
    }

    /// What ends it.
    pub(crate) fn stop_handle(&self) -> Stop {
        self.stop.clone()
    }

    /// Serves until it is stopped; then every connection is closed, also those that wait for an answer.
    ///
    /// # Errors
    /// When epoll itself fails. What a client does is never an error here.
    pub(crate) fn run(mut self) -> io::Result<()> {
        let mut events = Vec::with_capacity(EVENTS_AT_ONCE);
        while !self.stopped {
            events.clear();
            let timeout = self.timeout()?;
            match epoll::wait(&self.epoll, spare_capacity(&mut events), timeout.as_ref()) {
                Ok(_) | Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
            self.answer_what_is_due()?;
            for event in &events {
                self.handle(event.data.u64(), event.flags)?;
                // A full batch takes milliseconds, and what becomes due meanwhile must not wait for its end.
                self.answer_what_is_due()?;
            }
            for token in std::mem::take(&mut self.again) {
                self.advance(token);
                self.answer_what_is_due()?;
            }
        }
        Ok(())
    }

    /// Not at all while somebody has work left or something is due; else for ever, since the alarm is set to what is due next.
    fn timeout(&mut self) -> io::Result<Option<Timespec>> {
        const NOT_AT_ALL: Option<Timespec> = Some(Timespec { tv_sec: 0, tv_nsec: 0 });
        if !self.again.is_empty() {
            return Ok(NOT_AT_ALL);
        }
        let Some(due_ns) = self.service.delays.next_ns() else { return Ok(None) };
        let now_ns = self.service.clock.now_ns();
        if due_ns <= now_ns {
            return Ok(NOT_AT_ALL);
        }
        self.alarm.set(due_ns, now_ns)?;
        Ok(None)
    }

    fn handle(&mut self, token: u64, flags: EventFlags) -> io::Result<()> {
        match token::read(token) {
            Token::Listener(host) => self.accept(host),
            Token::Stop => {
                self.stopped = true;
                Ok(())
            }
            Token::Freeze => Ok(()),
            Token::Alarm => {
                self.alarm.rang();
                Ok(())
            }
            Token::Connection => {
                if let Some(connection) = self.connection(token) {
                    connection.note(flags);
                    self.advance(token);
                }
                Ok(())
            }
        }
    }

    fn answer_what_is_due(&mut self) -> io::Result<()> {
        loop {
            let now_ns = self.service.clock.now_ns();
            let Some(token) = self.service.delays.pop_due(now_ns) else { return Ok(()) };
            match token::read(token) {
                Token::Listener(host) => self.listen_again(host)?,
                Token::Freeze => self.freeze(),
                Token::Connection => self.wake(token, now_ns),
                Token::Stop | Token::Alarm => {}
            }
        }
    }

    fn wake(&mut self, token: u64, now_ns: u64) {
        let Some(connection) = self.connection(token) else { return };
        match connection.wake(now_ns) {
            Next::Wait => {}
            Next::Again => self.advance(token),
            Next::Close => self.close(token),
        }
    }

    /// Serves nobody for a while, as a garbage collection would stop the world: the one thread waits, for nothing but its end.
    fn freeze(&mut self) {
        let Some(freeze_ns) = self.service.freeze_ns.take() else { return };
        let clock = self.service.clock;
        let start_ns = clock.now_ns();
        let end_ns = start_ns + freeze_ns;
        loop {
            let left_ns = end_ns.saturating_sub(clock.now_ns());
            let mut stop = [PollFd::new(&*self.stop.0, PollFlags::IN)];
            match poll(&mut stop, Some(&timespec(left_ns))) {
                Err(Errno::INTR) => {}
                // Whatever else poll may refuse, a freeze that does not happen shows in `frozen_ns`.
                Ok(_) | Err(_) => break,
            }
        }
        self.service.stats.freeze(clock.now_ns() - start_ns);
    }

    fn advance(&mut self, token: u64) {
        let Some(entry) = self.connections.get_mut(token::index(token)).filter(|entry| entry.token == token) else {
            return;
        };
        match entry.connection.advance(token, &mut self.service) {
            Next::Wait => {}
            Next::Again => self.again.push(token),
            Next::Close => self.close(token),
        }
    }

    fn connection(&mut self, token: u64) -> Option<&mut Connection> {
        self.connections
            .get_mut(token::index(token))
            .filter(|entry| entry.token == token)
            .map(|entry| &mut entry.connection)
    }

    fn close(&mut self, token: u64) {
        // Dropping the socket takes it out of epoll, too.
        if let Some(mut entry) = self.connections.try_remove(token::index(token)) {
            entry.connection.leave(&mut self.service);
        }
    }

    fn accept(&mut self, host: u16) -> io::Result<()> {
        for _ in 0..ACCEPTS_AT_ONCE {
            let listener = &self.listeners[usize::from(host)];
            let accepted = net::accept_with(listener, SocketFlags::NONBLOCK | SocketFlags::CLOEXEC);
            match accepted.and_then(|socket| self.add(socket, host)) {
                Ok(()) => {}
                Err(Errno::AGAIN) => return Ok(()),
                // This client has left before it was greeted; the next one may be there.
                Err(Errno::INTR | Errno::CONNABORTED | Errno::PROTO) => {}
                // No descriptor or no memory is left for it, or the network has a bad moment: neither is a reason to end.
                Err(_) => return self.pause_accepting(host),
            }
        }
        Ok(())
    }

    fn add(&mut self, socket: OwnedFd, host: u16) -> rustix::io::Result<()> {
        let entry = self.connections.vacant_entry();
        self.serial = self.serial.wrapping_add(1);
        let token = token::connection(entry.key(), self.serial);
        // Edge-triggered and for everything at once: nothing has to be changed about it until the connection is closed.
        let wanted = EventFlags::IN | EventFlags::OUT | EventFlags::RDHUP | EventFlags::ET;
        epoll::add(&self.epoll, &socket, EventData::new_u64(token), wanted)?;
        entry.insert(Entry { token, connection: Connection::new(TcpStream::from(socket), host, &mut self.service) });
        Ok(())
    }

    /// A listener with a client that cannot be let in is ready for ever, and would turn the loop into a busy one.
    fn pause_accepting(&mut self, host: u16) -> io::Result<()> {
        epoll::delete(&self.epoll, &self.listeners[usize::from(host)])?;
        self.service.delays.push(self.service.clock.now_ns() + ACCEPT_PAUSE_NS, token::listener(host));
        Ok(())
    }

    fn listen_again(&mut self, host: u16) -> io::Result<()> {
        let (listener, data) = (&self.listeners[usize::from(host)], EventData::new_u64(token::listener(host)));
        Ok(epoll::add(&self.epoll, listener, data, EventFlags::IN)?)
    }
}
