//! What stands for whom in epoll and among the delays: one number for each connection, each listener, and three things more.

/// What a token stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Token {
    /// The end of the server.
    Stop,
    /// The pause that was asked for.
    Freeze,
    /// Something is due.
    Alarm,
    /// The listener of that host.
    Listener(u16),
    /// A connection, which may be gone by now.
    Connection,
}

/// The token of [`Token::Stop`].
pub(crate) const STOP: u64 = u64::MAX;

/// The token of [`Token::Freeze`].
pub(crate) const FREEZE: u64 = u64::MAX - 1;

/// The token of [`Token::Alarm`].
pub(crate) const ALARM: u64 = u64::MAX - 2;

// A connection's token is its index, and its serial above that. Indices are as small as there are descriptors, so no connection has
// one of the uppermost numbers.
const LISTENERS: u64 = u64::MAX - (1 << 17);

/// The token of a listener.
pub(crate) fn listener(host: u16) -> u64 {
    LISTENERS + u64::from(host)
}

/// The token of a connection: `serial` tells those apart that have the same `index` one after the other.
pub(crate) fn connection(index: usize, serial: u32) -> u64 {
    u64::from(serial) << 32 | index as u64
}

/// What `token` stands for.
pub(crate) fn read(token: u64) -> Token {
    match token {
        STOP => Token::Stop,
        FREEZE => Token::Freeze,
        ALARM => Token::Alarm,
        LISTENERS.. => Token::Listener((token - LISTENERS) as u16),
        _ => Token::Connection,
    }
}

/// The index of a connection's token.
pub(crate) fn index(token: u64) -> usize {
    (token & u64::from(u32::MAX)) as usize
}
