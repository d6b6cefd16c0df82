//! SOCKS 5 (RFC 1928) with user name and password (RFC 1929), as a machine over bytes: what to send next, what came.

use std::net::{IpAddr, SocketAddr};

use bytes::{Buf, Bytes, BytesMut};

use super::error::{ProxyFault, SocksReply};

const VERSION: u8 = 5;
const NO_AUTHENTICATION: u8 = 0;
const USER_AND_PASSWORD: u8 = 2;
const NOTHING_ACCEPTABLE: u8 = 0xff;
/// The version of the negotiation of RFC 1929, which is not that of SOCKS.
const PASSWORD_VERSION: u8 = 1;
const CONNECT: u8 = 1;
const IPV4: u8 = 1;
const NAME: u8 = 3;
const IPV6: u8 = 4;

/// Where the proxy is to connect to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Target {
    Address(SocketAddr),
    Name(String, u16),
}

/// One negotiation. It begins with what [`Socks5::new`] gives to send.
pub(super) struct Socks5 {
    state: State,
    unread: BytesMut,
    request: Vec<u8>,
    /// What RFC 1929 has us send; `None` when there are no credentials.
    password: Option<Vec<u8>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Method,
    Password,
    Reply,
}

/// What to do next.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Send this, then feed what comes.
    Send(Vec<u8>),
    /// Feed more.
    Wait,
    /// The proxy is connected. This much the other side has already said.
    Connected(Bytes),
}

impl Socks5 {
    /// A negotiation for `target`, and its first message.
    ///
    /// # Errors
    ///
    /// [`NameTooLong`](ProxyFault::NameTooLong) for a name of more than 255 bytes.
    pub(super) fn new(target: &Target, credentials: Option<(&[u8], &[u8])>) -> Result<(Self, Vec<u8>), ProxyFault> {
        let password = credentials.map(|(user, password)| negotiation(user, password));
        let hello = match password {
            Some(_) => vec![VERSION, 2, NO_AUTHENTICATION, USER_AND_PASSWORD],
            None => vec![VERSION, 1, NO_AUTHENTICATION],
        };
        let request = request(target)?;
        Ok((Socks5 { state: State::Method, unread: BytesMut::new(), request, password }, hello))
    }

    /// Takes in what has come, in whatever pieces. After [`Step::Send`], call it again with nothing: there may be more.
    ///
    /// # Errors
    ///
    /// When the proxy says no, or something that is not SOCKS. Nothing may be fed afterwards.
    pub(super) fn read(&mut self, bytes: &[u8]) -> Result<Step, ProxyFault> {
        self.unread.extend_from_slice(bytes);
        match self.state {
            State::Method => self.method(),
            State::Password => self.accepted(),
            State::Reply => self.reply(),
        }
    }

    fn method(&mut self) -> Result<Step, ProxyFault> {
        let Some(method) = self.two(VERSION, "it does not speak SOCKS 5")? else { return Ok(Step::Wait) };
        match (method, self.password.take()) {
            (NO_AUTHENTICATION, _) => Ok(self.ask()),
            (USER_AND_PASSWORD, Some(password)) => {
                self.state = State::Password;
                Ok(Step::Send(password))
            }
            (NOTHING_ACCEPTABLE, _) => Err(ProxyFault::Authentication),
            _ => Err(ProxyFault::Protocol("it chose a way to authenticate that it was not offered")),
        }
    }

    fn accepted(&mut self) -> Result<Step, ProxyFault> {
        let what = "its answer to the password has another version";
        match self.two(PASSWORD_VERSION, what)? {
            None => Ok(Step::Wait),
            Some(0) => Ok(self.ask()),
            Some(_) => Err(ProxyFault::Authentication),
        }
    }

    fn ask(&mut self) -> Step {
        self.state = State::Reply;
        Step::Send(std::mem::take(&mut self.request))
    }

    /// The reply: version, reply, reserved, the type of an address, the address, a port. Of the address nothing is used, but
    /// it has to be passed over, to where the tunnel begins.
    fn reply(&mut self) -> Result<Step, ProxyFault> {
        self.starts_with(VERSION, "its reply has another version")?;
        // A no is a no, without waiting for an address that may never come.
        if let Some(refusal) = self.unread.get(1).copied().and_then(SocksReply::from_code) {
            return Err(ProxyFault::Socks(refusal));
        }
        let (Some(kind), Some(first)) = (self.unread.get(3), self.unread.get(4)) else { return Ok(Step::Wait) };
        let address = match *kind {
            IPV4 => 4,
            IPV6 => 16,
            NAME => 1 + usize::from(*first),
            _ => return Err(ProxyFault::Protocol("its reply has an address of no known type")),
        };
        let length = 4 + address + 2;
        if self.unread.len() < length {
            return Ok(Step::Wait);
        }
        self.unread.advance(length);
        Ok(Step::Connected(self.unread.split().freeze()))
    }

    /// The second byte of a message of two, of which the first is known.
    fn two(&mut self, version: u8, otherwise: &'static str) -> Result<Option<u8>, ProxyFault> {
        self.starts_with(version, otherwise)?;
        if self.unread.len() < 2 {
            return Ok(None);
        }
        self.unread.advance(1);
        Ok(Some(self.unread.get_u8()))
    }

    fn starts_with(&self, version: u8, otherwise: &'static str) -> Result<(), ProxyFault> {
        match self.unread.first() {
            Some(first) if *first != version => Err(ProxyFault::Protocol(otherwise)),
            _ => Ok(()),
        }
    }
}

/// The message of RFC 1929. That each part has at most 255 bytes has been seen to when the proxy was given them.
fn negotiation(user: &[u8], password: &[u8]) -> Vec<u8> {
    let mut message = vec![PASSWORD_VERSION];
    for part in [user, password] {
        message.push(part.len() as u8);
        message.extend_from_slice(part);
    }
    message
}

fn request(target: &Target) -> Result<Vec<u8>, ProxyFault> {
    let mut request = vec![VERSION, CONNECT, 0];
    let port = match target {
        Target::Address(address) => {
            match address.ip() {
                IpAddr::V4(v4) => {
                    request.push(IPV4);
                    request.extend_from_slice(&v4.octets());
                }
                IpAddr::V6(v6) => {
                    request.push(IPV6);
                    request.extend_from_slice(&v6.octets());
                }
            }
            address.port()
        }
        Target::Name(name, port) => {
            let length = u8::try_from(name.len()).map_err(|_| ProxyFault::NameTooLong(name.len()))?;
            request.extend_from_slice(&[NAME, length]);
            request.extend_from_slice(name.as_bytes());
            *port
        }
    };
    request.extend_from_slice(&port.to_be_bytes());
    Ok(request)
}
