//! What a transport's stack cannot keep of the contract of [`Fetch`](crate::Fetch): said as a value, so that nobody is
//! misled and no law is skipped in silence.

use std::fmt;

/// A term of the contract of [`Fetch`](crate::Fetch) that a transport does not keep, because the stack below it cannot.
///
/// Whatever it is, it is an error of a type or a restriction on the caller, and never a wrong page that looks right; but for
/// [`SilentResets`](Deviation::SilentResets), which is why it has a name. The laws of gather-conformance ask for the deviation
/// in place of the term.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Deviation {
    /// Its calls block the thread: the future is ready by the time there is one, and so is each chunk. Nobody else on the
    /// thread gets on meanwhile, no timer from outside strikes, and nothing can be dropped half way. It has deadlines of
    /// its own for that reason.
    Blocks,
    /// Its pool takes back every connection, whatever is still to come on it: after an exchange that was cancelled, that
    /// failed, or whose body was not read, the next one may be given what is left of its answer. Right only for callers
    /// that cancel nothing, read everything and trust the server.
    CarelessPool,
    /// Each exchange has a connection of its own, which nobody uses again.
    NoReuse,
    /// An interim response (1xx, RFC 9110, section 15.2) in front of the answer is an error in the head.
    NoInterimResponses,
    /// A body that ends with its connection (RFC 9112, section 6.3, rule 8) is an error in the body.
    NoBodiesUntilClose,
    /// Answers that are in order but unusual are errors: a status that is not registered, HTTP/1.0, bytes beyond ASCII in
    /// fields, extensions of chunks, `chunked` in capitals.
    NoUnusualAnswers,
    /// Interim responses, and what stands between the chunks of a body, are read without a bound. A server that sends nothing
    /// else costs no memory, but is ended by a deadline alone, and as fast as it sends it occupies a thread of the runtime, on
    /// which no timer may strike then.
    EndlessFraming,
    /// An answer beyond a limit on its head is [`Interrupted`](crate::FetchErrorKind::Interrupted) instead of
    /// [`TooLarge`](crate::FetchErrorKind::TooLarge): it is refused all the same, and the error does not say why.
    UnnamedLimits,
    /// What comes behind the last chunk of a body, together with it, is thrown away, and its connection serves on. What
    /// comes later ends the connection.
    LeftoversDropped,
    /// A body over HTTP/2 that announced no length, and whose stream the server resets without an error (`NO_ERROR`; RFC 9113,
    /// section 7), looks whole: the end of its stream is not told from the end of the body (section 8.1). Whoever must not take
    /// half a page for a page asks for HTTP/1.1, or for an announced length.
    SilentResets,
}

impl Deviation {
    /// All there are, in the order of the README's table.
    pub const ALL: [Deviation; 10] = [
        Deviation::Blocks,
        Deviation::CarelessPool,
        Deviation::NoReuse,
        Deviation::NoInterimResponses,
        Deviation::NoBodiesUntilClose,
        Deviation::NoUnusualAnswers,
        Deviation::EndlessFraming,
        Deviation::UnnamedLimits,
        Deviation::LeftoversDropped,
        Deviation::SilentResets,
    ];

    const fn bit(self) -> u16 {
        1 << self as u8
    }
}

impl fmt::Display for Deviation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Deviation::Blocks => "blocks the thread",
            Deviation::CarelessPool => "careless pool",
            Deviation::NoReuse => "no reuse of connections",
            Deviation::NoInterimResponses => "no interim responses",
            Deviation::NoBodiesUntilClose => "no bodies until close",
            Deviation::NoUnusualAnswers => "no unusual answers",
            Deviation::EndlessFraming => "endless framing",
            Deviation::UnnamedLimits => "unnamed limits",
            Deviation::LeftoversDropped => "leftovers dropped",
            Deviation::SilentResets => "silent resets",
        })
    }
}

/// A set of [`Deviation`]s. Empty by default: the contract is kept.
///
/// ```
/// use gather_core::{Deviation, Deviations};
///
/// let said = Deviations::none().and(Deviation::NoReuse);
/// assert!(said.contains(Deviation::NoReuse) && !said.contains(Deviation::Blocks));
/// assert_eq!(said.iter().collect::<Vec<_>>(), [Deviation::NoReuse]);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct Deviations(u16);

impl Deviations {
    /// None: the contract as it stands.
    pub const fn none() -> Self {
        Deviations(0)
    }

    /// The same with one more.
    #[must_use]
    pub const fn and(self, deviation: Deviation) -> Self {
        Deviations(self.0 | deviation.bit())
    }

    /// Whether `deviation` is among them.
    pub const fn contains(self, deviation: Deviation) -> bool {
        self.0 & deviation.bit() != 0
    }

    /// Those that are in the set, in the order of [`Deviation::ALL`].
    pub fn iter(self) -> impl Iterator<Item = Deviation> {
        Deviation::ALL.into_iter().filter(move |deviation| self.contains(*deviation))
    }
}

impl fmt::Debug for Deviations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}
