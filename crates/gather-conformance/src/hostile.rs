//! Answers of servers that mean harm, as data: the bytes, and what a client has to make of them.
//!
//! The [origin](crate::origin) sends them at `/hostile/NAME`, and the [laws](crate::fetch) compare what comes of it with what
//! must. Each case names the rule that it follows from. Not every transport keeps all of them, so each case also names the
//! [capability](Promise) that promises it: a transport that does not claim this one is still asked not to hang, and not to
//! take any of these bytes for the answer to another request.
//!
//! Where the RFC leaves a choice, [`Must::Tolerate`] says so. In three places the cases are stricter than it: an obsolete line
//! folding may be refused, although RFC 9112, 5.2, has a user agent unfold it; so may empty members in a list of one transfer
//! coding (RFC 9110, 5.6.1); and an answer with both lengths must be refused, which RFC 9112, 6.3, only recommends. Each of
//! these has been the difference between two readers of the same bytes that an attack was made of, and no known server needs
//! them.

mod chunks;
mod floods;
mod heads;
mod lengths;
mod odd;
mod splits;

use gather_core::{Capabilities, Deviation, FetchErrorKind, Phase};
use http::Method;

pub use chunks::CHUNKS;
pub use floods::FLOODS;
pub use heads::HEADS;
pub use lengths::LENGTHS;
pub use odd::ODDITIES;
pub use splits::SPLITS;

/// One answer.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Case {
    /// Its name, which is also the last part of its path.
    pub name: &'static str,
    /// The rule that decides it.
    pub rule: &'static str,
    /// What has been asked.
    pub asked: Asked,
    /// What the origin sends.
    pub answer: Answer,
    /// What it does then.
    pub then: Then,
    /// What must come of it.
    pub must: Must,
    /// The capability without which nothing more is asked than that no harm is done.
    pub promise: Promise,
}

/// The request's method.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// GET.
    Get,
    /// HEAD, whose answer has no body.
    Head,
}

/// The bytes of an answer: `before`, then `again` so many times, then `after`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Answer {
    /// What comes first.
    pub before: &'static [u8],
    /// What is repeated.
    pub again: &'static [u8],
    /// How often. `usize::MAX` is for ever.
    pub times: usize,
    /// What comes last.
    pub after: &'static [u8],
}

/// What the origin does after the bytes of a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Then {
    /// It waits for the next request, which it would answer properly: the decision has to be made from the bytes.
    Stays,
    /// It closes.
    Closes,
    /// It closes its sending side only, and goes on reading.
    HalfCloses,
}

/// What must come of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Must {
    /// An error in this phase. The connection serves nobody any more.
    Refuse(Phase, Why),
    /// A page with this status and body. The connection may serve on.
    Accept(u16, &'static [u8]),
    /// The same, but the connection serves nobody any more: bytes follow that belong to no answer.
    AcceptOnce(u16, &'static [u8]),
    /// Either of the two, at the transport's choice: an error, or a page with this status and body.
    Tolerate(u16, &'static [u8]),
}

/// The kind of an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Why {
    /// [`Protocol`](FetchErrorKind::Protocol).
    Protocol,
    /// [`TooLarge`](FetchErrorKind::TooLarge) or [`TooMany`](FetchErrorKind::TooMany).
    Limit,
    /// One of the above: what one stack counts, another does not understand.
    ProtocolOrLimit,
    /// [`Interrupted`](FetchErrorKind::Interrupted).
    Ended,
    /// [`Protocol`](FetchErrorKind::Protocol) or [`Interrupted`](FetchErrorKind::Interrupted), where what is broken is also cut
    /// short.
    ProtocolOrEnded,
}

/// Which capability promises that a case comes out as it must.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Promise {
    /// None: every transport keeps it.
    Always,
    /// [`Capabilities::head_limits`].
    HeadLimits,
    /// [`Capabilities::head_limits`], unless [`Deviation::EndlessFraming`] is declared.
    InterimLimits,
    /// [`Capabilities::strict_framing`].
    StrictFraming,
}

/// All cases.
pub fn all() -> impl Iterator<Item = &'static Case> {
    [LENGTHS, CHUNKS, HEADS, ODDITIES, FLOODS, SPLITS].into_iter().flatten()
}

/// The case of this name.
///
/// # Panics
///
/// When there is none.
pub fn named(name: &str) -> &'static Case {
    all().find(|case| case.name == name).unwrap_or_else(|| panic!("no hostile answer is called `{name}`"))
}

impl Case {
    /// The path at which the origin serves it.
    pub fn path(&self) -> String {
        format!("/hostile/{}", self.name)
    }

    const fn new(name: &'static str, rule: &'static str, answer: &'static [u8], must: Must) -> Self {
        let answer = Answer { before: answer, again: b"", times: 0, after: b"" };
        Case { name, rule, asked: Asked::Get, answer, then: Then::Stays, must, promise: Promise::StrictFraming }
    }

    /// An answer that is no HTTP, or ambiguous, by its head.
    const fn bad_head(name: &'static str, rule: &'static str, answer: &'static [u8]) -> Self {
        Case::new(name, rule, answer, Must::Refuse(Phase::Head, Why::Protocol))
    }

    /// One whose body breaks the rules.
    const fn bad_body(name: &'static str, rule: &'static str, answer: &'static [u8]) -> Self {
        Case::new(name, rule, answer, Must::Refuse(Phase::Body, Why::Protocol))
    }

    /// One that looks strange and is in order: status 200 and the body `hello`.
    const fn lawful(name: &'static str, rule: &'static str, answer: &'static [u8]) -> Self {
        Case { promise: Promise::Always, ..Case::new(name, rule, answer, Must::Accept(200, b"hello")) }
    }

    /// One that may be refused, or else has status 200 and the body `hello`.
    const fn tolerable(name: &'static str, rule: &'static str, answer: &'static [u8]) -> Self {
        Case { promise: Promise::Always, ..Case::new(name, rule, answer, Must::Tolerate(200, b"hello")) }
    }

    /// One with bytes after its end that look like another answer.
    const fn split(
        name: &'static str,
        rule: &'static str,
        status: u16,
        body: &'static [u8],
        answer: &'static [u8],
    ) -> Self {
        Case { promise: Promise::Always, ..Case::new(name, rule, answer, Must::AcceptOnce(status, body)) }
    }

    /// One that goes on for ever.
    const fn endless(
        name: &'static str,
        rule: &'static str,
        before: &'static [u8],
        again: &'static [u8],
        must: Must,
    ) -> Self {
        let answer = Answer { before, again, times: usize::MAX, after: b"" };
        Case { answer, promise: Promise::HeadLimits, ..Case::new(name, rule, b"", must) }
    }

    const fn to_head(self) -> Self {
        Case { asked: Asked::Head, ..self }
    }

    const fn then_closes(self) -> Self {
        Case { then: Then::Closes, ..self }
    }

    const fn then_half_closes(self) -> Self {
        Case { then: Then::HalfCloses, ..self }
    }

    const fn must(self, must: Must) -> Self {
        Case { must, ..self }
    }

    const fn promised(self, promise: Promise) -> Self {
        Case { promise, ..self }
    }
}

impl Asked {
    /// As a method.
    pub fn method(self) -> Method {
        match self {
            Asked::Get => Method::GET,
            Asked::Head => Method::HEAD,
        }
    }
}

impl Why {
    /// Whether an error of this kind is meant.
    pub fn covers(self, kind: FetchErrorKind) -> bool {
        let protocol = kind == FetchErrorKind::Protocol;
        let limit = matches!(kind, FetchErrorKind::TooLarge(_) | FetchErrorKind::TooMany(_));
        let ended = kind == FetchErrorKind::Interrupted;
        match self {
            Why::Protocol => protocol,
            Why::Limit => limit,
            Why::ProtocolOrLimit => protocol || limit,
            Why::Ended => ended,
            Why::ProtocolOrEnded => protocol || ended,
        }
    }
}

impl Promise {
    /// Whether a transport with these capabilities gives it.
    pub fn is_given(self, said: &Capabilities) -> bool {
        match self {
            Promise::Always => true,
            Promise::HeadLimits => said.head_limits,
            Promise::InterimLimits => said.head_limits && !said.deviations.contains(Deviation::EndlessFraming),
            Promise::StrictFraming => said.strict_framing,
        }
    }
}

/// The bytes of an answer with status 200, these further fields and this body.
macro_rules! ok {
    ($fields:literal, $body:literal) => {
        concat!("HTTP/1.1 200 OK\r\n", $fields, "\r\n", $body).as_bytes()
    };
}

/// The same with a body that is sent in chunks.
macro_rules! chunked {
    ($body:literal) => {
        $crate::hostile::ok!("Transfer-Encoding: chunked\r\n", $body)
    };
}

pub(crate) use {chunked, ok};

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn names_are_unique_path_segments() {
        let mut seen = HashSet::new();
        for case in all() {
            assert!(seen.insert(case.name), "{} stands twice in the tables", case.name);
            assert!(case.name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-'), "{}", case.name);
            assert!(case.rule.starts_with("RFC "), "{} names no rule: {}", case.name, case.rule);
        }
    }
}
