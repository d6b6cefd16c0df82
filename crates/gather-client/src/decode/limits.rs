//! How much a body may bring and become.

/// The bounds of one decoded body. Every field has a safe default, and none can be "unlimited" by accident.
///
/// A body that exceeds one is an error, after everything below the limit has been delivered; it is never cut silently.
///
/// ```
/// let limits = gather_client::decode::DecodeLimits::default().decoded(64 << 20).ratio(1_000);
/// assert_eq!(limits.wire, 8 << 20);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct DecodeLimits {
    /// The most bytes taken from the wire. 8 MiB by default, as in [`gather_core::Limits::max_body`].
    pub wire: u64,
    /// The most bytes that come out. 8 MiB by default. Where codings are stacked it bounds each of them.
    pub decoded: u64,
    /// How many times larger than what was taken from the wire the decoded body may be. 256 by default.
    ///
    /// Pages of text shrink to a tenth, and tables of zeros to a hundredth; a deflate bomb grows 1,032 times and a Brotli
    /// bomb a million times. The wire is counted in started KiB: a body of a few bytes may grow to `ratio` KiB before
    /// its ratio says anything.
    pub ratio: u32,
    /// The most codings that one body may be wrapped in, `identity` not counted. 2 by default: a second one is rare and
    /// a third is an attack.
    pub codings: usize,
    /// The most gzip members, or zstd frames, in a row that are one body. 1,024 by default: an empty one takes ten or
    /// twenty bytes, and as much time to begin as a kilobyte of text.
    pub members: u32,
    /// The most memory, in bytes, that a zstd stream may ask for as its window. 8 MiB by default, which is what RFC 9659
    /// allows a server to ask for. Taken down to a power of two, and not below 1 KiB. Windows of the other codings are
    /// bounded by their formats: 32 KiB for deflate, 16 MiB for Brotli.
    pub window: u64,
}

impl Default for DecodeLimits {
    fn default() -> Self {
        DecodeLimits { wire: 8 << 20, decoded: 8 << 20, ratio: 256, codings: 2, members: 1024, window: 8 << 20 }
    }
}

impl DecodeLimits {
    /// These limits with another most bytes from the wire.
    #[must_use]
    pub fn wire(mut self, bytes: u64) -> Self {
        self.wire = bytes;
        self
    }

    /// These limits with another most decoded bytes.
    #[must_use]
    pub fn decoded(mut self, bytes: u64) -> Self {
        self.decoded = bytes;
        self
    }

    /// These limits with another largest ratio.
    #[must_use]
    pub fn ratio(mut self, times: u32) -> Self {
        self.ratio = times;
        self
    }

    /// These limits with another largest number of stacked codings.
    #[must_use]
    pub fn codings(mut self, count: usize) -> Self {
        self.codings = count;
        self
    }

    /// These limits with another largest number of members in a row.
    #[must_use]
    pub fn members(mut self, count: u32) -> Self {
        self.members = count;
        self
    }

    /// These limits with another largest window of zstd streams, in bytes.
    #[must_use]
    pub fn window(mut self, bytes: u64) -> Self {
        self.window = bytes;
        self
    }
}
