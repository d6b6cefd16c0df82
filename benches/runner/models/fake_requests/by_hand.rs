//! The loop as one writes it without futures: a table of connections, each with what it waits for.

use std::io::{self, ErrorKind};

use super::fakes::{LINE, Listener, Poller, Price, Stream, response};
use crate::answer::Answer;

/// Serves so many connections.
pub(super) fn serve(connections: u64, price: &Price) -> Answer {
    let mut poller = Poller::default();
    let mut server = Server { listener: Listener::default(), left: connections, places: Vec::new() };
    let mut answer = Answer::default();
    let listening = poller.register(price);
    server.accept(&mut poller, price, &mut answer);
    let mut ready = Vec::new();
    while !poller.is_empty() {
        poller.poll(&mut ready, price);
        for token in ready.drain(..) {
            if token != listening {
                server.go_on(token, &mut poller, price, &mut answer);
                continue;
            }
            server.accept(&mut poller, price, &mut answer);
            if server.left == 0 {
                poller.unregister(listening, server.listener.calls, price);
            }
        }
    }
    answer.links = poller.calls();
    answer
}

struct Server {
    listener: Listener,
    /// Connections that are still to be accepted.
    left: u64,
    /// The connections by token.
    places: Vec<Option<Connection>>,
}

struct Connection {
    stream: Stream,
    waits_for: WaitsFor,
}

enum WaitsFor {
    Reading,
    Writing([u8; LINE]),
}

impl Server {
    /// Accepts all that are there, and begins with each.
    fn accept(&mut self, poller: &mut Poller, price: &Price, answer: &mut Answer) {
        while self.left > 0
            && let Ok(stream) = self.listener.accept(price)
        {
            self.left -= 1;
            let token = poller.register(price);
            if self.places.len() <= token {
                self.places.resize_with(token + 1, || None);
            }
            self.places[token] = Some(Connection { stream, waits_for: WaitsFor::Reading });
            self.go_on(token, poller, price, answer);
        }
    }

    /// Goes on with a connection as far as it can.
    fn go_on(&mut self, token: usize, poller: &mut Poller, price: &Price, answer: &mut Answer) {
        let Some(connection) = &mut self.places[token] else { return };
        if matches!(connection.go_on(price), Err(error) if error.kind() == ErrorKind::WouldBlock) {
            return;
        }
        poller.unregister(token, connection.stream.calls, price);
        answer.pages += 1;
        answer.bytes += LINE as u64;
        answer.checksum = answer.checksum.wrapping_add(connection.stream.written);
        self.places[token] = None;
    }
}

impl Connection {
    fn go_on(&mut self, price: &Price) -> io::Result<()> {
        if matches!(self.waits_for, WaitsFor::Reading) {
            let mut request = [0; LINE];
            self.stream.read(&mut request, price)?;
            self.waits_for = WaitsFor::Writing(response(request));
        }
        match self.waits_for {
            WaitsFor::Writing(response) => self.stream.write(response, price),
            WaitsFor::Reading => Ok(()),
        }
    }
}
