//! What can go wrong between here and where a proxy is to take us.

use std::fmt;
use std::io;
use std::sync::Arc;

use gather_core::{FetchError, FetchErrorKind, Phase, causes};
use http::StatusCode;

use super::address::Proxy;

/// A proxy in the way: which one, and what it did. The source of a [`FetchError`]; find it there with `downcast_ref`, by
/// following [`source`](std::error::Error::source).
#[derive(Debug)]
pub struct ProxyError {
    proxy: Arc<Proxy>,
    fault: ProxyFault,
}

/// What a proxy did, or could not do.
#[derive(Debug)]
#[non_exhaustive]
pub enum ProxyFault {
    /// It could not be reached itself; see there. The error has the phase and the kind of this one.
    Unreached(FetchError),
    /// It wants to know who asks: credentials are missing, or wrong. HTTP's status 407, or SOCKS. Kind:
    /// [`ProxyAuthentication`](FetchErrorKind::ProxyAuthentication); phase [`Head`](Phase::Head) where the request was sent
    /// to it whole, [`Connect`](Phase::Connect) elsewhere.
    Authentication,
    /// It answered the request for a tunnel with this status. Kind: [`Refused`](FetchErrorKind::Refused).
    Status(StatusCode),
    /// It answered the SOCKS request with this. Kind: [`Refused`](FetchErrorKind::Refused).
    Socks(SocksReply),
    /// It ended the connection in the middle of what it had to say. Kind: [`Interrupted`](FetchErrorKind::Interrupted).
    Closed,
    /// What it said is not what its protocol has. Kind: [`Protocol`](FetchErrorKind::Protocol).
    Protocol(&'static str),
    /// The head of its answer is larger than this, in bytes. Kind: [`TooLarge`](FetchErrorKind::TooLarge).
    HeadTooLarge(usize),
    /// The head of its answer has more fields than this. Kind: [`TooMany`](FetchErrorKind::TooMany).
    TooManyFields(usize),
    /// The host's name has this many bytes, and SOCKS takes 255. Kind: [`Invalid`](FetchErrorKind::Invalid).
    NameTooLong(usize),
    /// The request may reach some addresses only, and what the host's name stands for is known to the proxy alone. Kind:
    /// [`Forbidden`](FetchErrorKind::Forbidden). See [`JudgedBy`](super::JudgedBy).
    NotJudged,
    /// The connection to it failed. Kind: [`Interrupted`](FetchErrorKind::Interrupted), or what the error says.
    Io(io::Error),
    /// An exchange that was sent to it whole failed; see there.
    Exchange(FetchError),
}

impl ProxyError {
    pub(crate) fn new(proxy: &Arc<Proxy>, fault: ProxyFault) -> Self {
        ProxyError { proxy: proxy.clone(), fault }
    }

    /// The proxy. Its `Display` and `Debug` have no user name and no password.
    pub fn proxy(&self) -> &Proxy {
        &self.proxy
    }

    /// What it did.
    pub fn fault(&self) -> &ProxyFault {
        &self.fault
    }

    pub(crate) fn phase(&self) -> Phase {
        match &self.fault {
            ProxyFault::Unreached(error) | ProxyFault::Exchange(error) => error.phase(),
            _ => Phase::Connect,
        }
    }

    pub(crate) fn kind(&self) -> FetchErrorKind {
        match &self.fault {
            ProxyFault::Unreached(error) | ProxyFault::Exchange(error) => error.kind(),
            ProxyFault::Authentication => FetchErrorKind::ProxyAuthentication,
            ProxyFault::Status(_) | ProxyFault::Socks(_) => FetchErrorKind::Refused,
            ProxyFault::Closed => FetchErrorKind::Interrupted,
            ProxyFault::Protocol(_) => FetchErrorKind::Protocol,
            ProxyFault::HeadTooLarge(limit) => FetchErrorKind::TooLarge(*limit as u64),
            ProxyFault::TooManyFields(limit) => FetchErrorKind::TooMany(*limit as u64),
            ProxyFault::NameTooLong(_) => FetchErrorKind::Invalid,
            ProxyFault::NotJudged => FetchErrorKind::Forbidden,
            ProxyFault::Io(error) => causes::of_io(error.kind()).unwrap_or(FetchErrorKind::Other),
        }
    }

    /// As the error of an exchange.
    pub(crate) fn into_fetch(self) -> FetchError {
        FetchError::new(self.phase(), self.kind()).with_source(self)
    }
}

impl ProxyFault {
    /// Whether it is about where we want to go, so that another address of the same host may do: what a proxy says that is
    /// itself in order. (RFC 9110, section 15.6: 502, 503 and 504 are about the other side of a gateway.)
    pub(crate) fn is_about_the_destination(&self) -> bool {
        match self {
            ProxyFault::Status(status) => matches!(status.as_u16(), 502..=504),
            ProxyFault::Socks(reply) => matches!(
                reply,
                SocksReply::NetworkUnreachable
                    | SocksReply::HostUnreachable
                    | SocksReply::ConnectionRefused
                    | SocksReply::TtlExpired
                    | SocksReply::AddressTypeNotSupported
            ),
            _ => false,
        }
    }
}

impl fmt::Display for ProxyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the proxy {} ", self.proxy)?;
        match &self.fault {
            ProxyFault::Unreached(_) => f.write_str("cannot be reached"),
            ProxyFault::Authentication if self.proxy.has_credentials() => f.write_str("does not take the credentials"),
            ProxyFault::Authentication => f.write_str("asks for credentials"),
            ProxyFault::Status(status) => write!(f, "gives no tunnel: {status}"),
            ProxyFault::Socks(reply) => write!(f, "does not connect: {reply}"),
            ProxyFault::Closed => f.write_str("ended the connection before it had answered"),
            ProxyFault::Protocol(what) => write!(f, "does not keep to its protocol: {what}"),
            ProxyFault::HeadTooLarge(limit) => write!(f, "answers with a head of more than {limit} bytes"),
            ProxyFault::TooManyFields(limit) => write!(f, "answers with a head of more than {limit} fields"),
            ProxyFault::NameTooLong(length) => write!(f, "takes names of 255 bytes, and this one has {length}"),
            ProxyFault::NotJudged => {
                f.write_str("looks names up itself, and this request may reach some addresses only")
            }
            ProxyFault::Io(_) => f.write_str("cannot be talked to"),
            ProxyFault::Exchange(_) => f.write_str("brought no answer"),
        }
    }
}

impl std::error::Error for ProxyError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.fault {
            ProxyFault::Unreached(error) | ProxyFault::Exchange(error) => Some(error),
            ProxyFault::Io(error) => Some(error),
            _ => None,
        }
    }
}

/// What a SOCKS proxy answers when it does not connect (RFC 1928, section 6).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum SocksReply {
    /// 1: general SOCKS server failure.
    GeneralFailure,
    /// 2: connection not allowed by ruleset.
    NotAllowed,
    /// 3: network unreachable.
    NetworkUnreachable,
    /// 4: host unreachable.
    HostUnreachable,
    /// 5: connection refused.
    ConnectionRefused,
    /// 6: TTL expired.
    TtlExpired,
    /// 7: command not supported.
    CommandNotSupported,
    /// 8: address type not supported.
    AddressTypeNotSupported,
    /// A number that the RFC gives no meaning.
    Unassigned(u8),
}

impl SocksReply {
    /// What a number means; `None` for 0, which is success.
    pub(crate) fn from_code(code: u8) -> Option<Self> {
        Some(match code {
            0 => return None,
            1 => SocksReply::GeneralFailure,
            2 => SocksReply::NotAllowed,
            3 => SocksReply::NetworkUnreachable,
            4 => SocksReply::HostUnreachable,
            5 => SocksReply::ConnectionRefused,
            6 => SocksReply::TtlExpired,
            7 => SocksReply::CommandNotSupported,
            8 => SocksReply::AddressTypeNotSupported,
            other => SocksReply::Unassigned(other),
        })
    }
}

impl fmt::Display for SocksReply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            SocksReply::GeneralFailure => "general failure",
            SocksReply::NotAllowed => "not allowed by its rules",
            SocksReply::NetworkUnreachable => "network unreachable",
            SocksReply::HostUnreachable => "host unreachable",
            SocksReply::ConnectionRefused => "connection refused",
            SocksReply::TtlExpired => "time to live expired",
            SocksReply::CommandNotSupported => "command not supported",
            SocksReply::AddressTypeNotSupported => "address type not supported",
            SocksReply::Unassigned(code) => return write!(f, "reply {code}, which has no meaning"),
        })
    }
}
