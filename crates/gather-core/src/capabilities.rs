//! What a transport promises beyond an exchange: said as a value, so that what cannot be kept is refused and not skipped.

use std::time::Duration;

use crate::deviation::{Deviation, Deviations};

/// What a [`Fetch`](crate::Fetch) enforces by itself. The default promises nothing, so that a transport that says nothing is
/// not trusted with anything.
///
/// ```
/// use gather_core::Capabilities;
///
/// let said = Capabilities::none().address_policy(true);
/// assert!(said.address_policy && !said.http2);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Capabilities {
    /// A request's [`AddressPolicy`](crate::addresses::AddressPolicy) is enforced when a connection is made, on the address
    /// that is connected to, and a connection that was made under another policy is not used.
    pub address_policy: bool,
    /// A request's [`ConnectDeadline`](crate::ConnectDeadline) is heeded.
    pub connect_deadline: bool,
    /// How long connecting may take for a request without a [`ConnectDeadline`](crate::ConnectDeadline), where that is
    /// bounded: whoever wants the same need not put one into each request. It has to be said only where it is kept.
    pub connect_default: Option<Duration>,
    /// Dropping a future or a body ends its exchange, and no other exchange notices.
    pub cancellation: bool,
    /// Bodies arrive as they are read and stop the sender when they are not.
    pub streaming: bool,
    /// The size of a head and the number of its fields are bounded.
    pub head_limits: bool,
    /// Answers that break the grammar of RFC 9112, or whose length can be read in two ways, are refused, and their connection
    /// serves nobody any more. `gather_conformance::hostile` lists which.
    pub strict_framing: bool,
    /// HTTP/2 is spoken where the server offers it.
    pub http2: bool,
    /// What of the contract of [`Fetch`](crate::Fetch) it cannot keep.
    pub deviations: Deviations,
}

impl Capabilities {
    /// None of them.
    pub const fn none() -> Self {
        Capabilities {
            address_policy: false,
            connect_deadline: false,
            connect_default: None,
            cancellation: false,
            streaming: false,
            head_limits: false,
            strict_framing: false,
            http2: false,
            deviations: Deviations::none(),
        }
    }

    /// The same with [`address_policy`](Capabilities::address_policy) as given.
    #[must_use]
    pub const fn address_policy(mut self, enforced: bool) -> Self {
        self.address_policy = enforced;
        self
    }

    /// The same with [`connect_deadline`](Capabilities::connect_deadline) as given.
    #[must_use]
    pub const fn connect_deadline(mut self, heeded: bool) -> Self {
        self.connect_deadline = heeded;
        self
    }

    /// The same with [`connect_default`](Capabilities::connect_default) as given.
    #[must_use]
    pub const fn connect_default(mut self, limit: Duration) -> Self {
        self.connect_default = Some(limit);
        self
    }

    /// The same with [`cancellation`](Capabilities::cancellation) as given.
    #[must_use]
    pub const fn cancellation(mut self, clean: bool) -> Self {
        self.cancellation = clean;
        self
    }

    /// The same with [`streaming`](Capabilities::streaming) as given.
    #[must_use]
    pub const fn streaming(mut self, streams: bool) -> Self {
        self.streaming = streams;
        self
    }

    /// The same with [`head_limits`](Capabilities::head_limits) as given.
    #[must_use]
    pub const fn head_limits(mut self, bounded: bool) -> Self {
        self.head_limits = bounded;
        self
    }

    /// The same with [`strict_framing`](Capabilities::strict_framing) as given.
    #[must_use]
    pub const fn strict_framing(mut self, strict: bool) -> Self {
        self.strict_framing = strict;
        self
    }

    /// The same with [`http2`](Capabilities::http2) as given.
    #[must_use]
    pub const fn http2(mut self, spoken: bool) -> Self {
        self.http2 = spoken;
        self
    }

    /// The same with one more [deviation](Capabilities::deviations) from the contract.
    #[must_use]
    pub const fn but(mut self, deviation: Deviation) -> Self {
        self.deviations = self.deviations.and(deviation);
        self
    }
}
