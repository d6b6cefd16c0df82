//! One exchange: look the host up, keep to the permitted addresses, try them in turn, send, hand out the head.

use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use async_io::Timer;
use futures_util::future::{Either, poll_fn, select};
use gather_core::addresses::AddressPolicy;
use gather_core::{ConnectDeadline, FetchError, FetchErrorKind, Phase, Request, Response};

use crate::body::SurfBody;
use crate::client::Mode;
use crate::closing::Closed;
use crate::connection::{Connection, Fruitless, Handed, open};
use crate::convert::{Target, outgoing, response};
use crate::error::{of_connect, of_head};
use crate::unwinding::caught;

pub(crate) async fn exchange(
    client: surf::Client,
    mode: Mode,
    request: Request,
    closed: Closed,
) -> Result<Response<SurfBody>, FetchError> {
    let target = Target::of(&request)?;
    let (answer, fruitless) = match mode {
        Mode::Own => {
            let mut deadline = Deadline::of(&request);
            let addresses = deadline.within(Phase::Resolve, permitted(&target, &request)).await?;
            let connection = deadline.within(Phase::Connect, connect(addresses)).await?;
            let fruitless = connection.fruitless();
            let mut outgoing = outgoing(&request, target.url())?;
            outgoing.insert_header("connection", "close");
            outgoing.ext_mut().insert(Handed::new(connection));
            (send(&client, outgoing).await?, fruitless)
        }
        // Its connections are its own, and count nothing.
        Mode::Pooled => (send_pooled(&client, &target, &request).await?, Fruitless::default()),
    };
    response(answer, request, closed, fruitless)
}

/// A connection to the first of the addresses that takes one.
async fn connect(addresses: Vec<SocketAddr>) -> Result<Connection, FetchError> {
    let mut last = no_address();
    for address in addresses {
        match open(address).await {
            Ok(connection) => return Ok(connection),
            Err(error) => last = of_connect(io::Error::new(error.kind(), format!("{address}: {error}"))),
        }
    }
    Err(last)
}

/// The pool opens connections itself. It is given numbers and no names, so that it goes where it was looked; its connections
/// are filed by address, so that none leads to another one.
async fn send_pooled(
    client: &surf::Client,
    target: &Target,
    request: &Request,
) -> Result<surf::http::Response, FetchError> {
    let mut last = no_address();
    for address in permitted(target, request).await? {
        match send(client, outgoing(request, target.at(address)?)?).await {
            Err(error) if error.is_connect() => last = error,
            sent => return sent,
        }
    }
    Err(last)
}

async fn send(client: &surf::Client, request: surf::http::Request) -> Result<surf::http::Response, FetchError> {
    let mut sending = pin!(client.send(request));
    let sent = poll_fn(|cx| match caught(Phase::Head, || sending.as_mut().poll(cx)) {
        Ok(polled) => polled.map(Ok),
        Err(panicked) => Poll::Ready(Err(panicked)),
    });
    sent.await?.map(Into::into).map_err(of_head)
}

/// The addresses that the request may be sent to.
async fn permitted(target: &Target, request: &Request) -> Result<Vec<SocketAddr>, FetchError> {
    let policy = AddressPolicy::of(request.extensions());
    policy.permitted(addresses(target).await?)
}

async fn addresses(target: &Target) -> Result<Vec<SocketAddr>, FetchError> {
    let numeric = target.host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(&target.host);
    if let Ok(address) = numeric.parse::<IpAddr>() {
        return Ok(vec![SocketAddr::new(address, target.port)]);
    }
    let (host, port) = (target.host.clone(), target.port);
    let lookup = move || -> io::Result<Vec<SocketAddr>> { Ok((host.as_str(), port).to_socket_addrs()?.collect()) };
    // A name that does not exist has no error kind of its own in std; the lookup said no, whatever the reason.
    let refused = |error: io::Error| FetchError::new(Phase::Resolve, FetchErrorKind::Refused).with_source(error);
    blocking::unblock(lookup).await.map_err(refused)
}

fn no_address() -> FetchError {
    FetchError::new(Phase::Resolve, FetchErrorKind::Refused).with_source("the host has no address")
}

/// How long connecting may take, all of it together. The time is async-io's: a transport has no other clock.
struct Deadline(Option<(Duration, Timer)>);

impl Deadline {
    /// It runs from here on.
    fn of(request: &Request) -> Self {
        let limit = request.extensions().get::<ConnectDeadline>().map(|deadline| deadline.0);
        Deadline(limit.map(|limit| (limit, Timer::after(limit))))
    }

    /// Does one part of it, unless the time is over by then.
    async fn within<T>(
        &mut self,
        phase: Phase,
        part: impl Future<Output = Result<T, FetchError>>,
    ) -> Result<T, FetchError> {
        let Some((limit, over)) = &mut self.0 else { return part.await };
        match select(over, pin!(part)).await {
            Either::Left(_) => Err(FetchError::new(phase, FetchErrorKind::Timeout(*limit))),
            Either::Right((outcome, _)) => outcome,
        }
    }
}
