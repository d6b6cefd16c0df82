//! Bytes as a script: a few of them choose, the rest is what a server sends.

use std::time::{Duration, SystemTime};

use gather_core::Bytes;
use gather_core::http::{HeaderMap, HeaderName, HeaderValue};

/// What is left of the bytes. One that has run out goes on with zeros and empty lines, so that every input means something.
pub(crate) struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Input(bytes)
    }

    pub(crate) fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        *first
    }

    pub(crate) fn pick<T: Clone>(&mut self, from: &[T]) -> T {
        from[usize::from(self.byte()) % from.len()].clone()
    }

    /// All up to the next line feed, which goes too.
    pub(crate) fn line(&mut self) -> &'a [u8] {
        let end = self.0.iter().position(|&byte| byte == b'\n').unwrap_or(self.0.len());
        let line = &self.0[..end];
        self.0 = self.0.get(end + 1..).unwrap_or_default();
        line
    }

    pub(crate) fn lines(mut self) -> impl Iterator<Item = &'a [u8]> {
        std::iter::from_fn(move || (!self.0.is_empty()).then(|| self.line()))
    }

    pub(crate) fn rest(self) -> &'a [u8] {
        self.0
    }
}

/// The same bytes in pieces, as `seed` cuts them.
pub(crate) fn cut(seed: u8, bytes: &[u8]) -> Vec<Bytes> {
    let mut random = fastrand::Rng::with_seed(u64::from(seed));
    let longest = [1, 2, 5, 40, 700, 5_000][usize::from(seed) % 6];
    let mut rest = Bytes::copy_from_slice(bytes);
    let mut pieces = Vec::new();
    while !rest.is_empty() {
        // An empty piece now and then is one too.
        pieces.push(rest.split_to(random.usize(0..=longest.min(rest.len()))));
    }
    pieces
}

/// `name: value`, where that can be a field.
pub(crate) fn field(line: &[u8]) -> Option<(HeaderName, HeaderValue)> {
    let colon = line.iter().position(|&byte| byte == b':')?;
    let name = HeaderName::from_bytes(line[..colon].trim_ascii()).ok()?;
    Some((name, HeaderValue::from_bytes(line[colon + 1..].trim_ascii()).ok()?))
}

/// The directives in all fields of that name, in lower case, without their values; and whether there were quotes, in
/// which case this is no reading of them.
pub(crate) fn directives(headers: &HeaderMap, name: &HeaderName) -> (Vec<String>, bool) {
    let text: Vec<_> = headers.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes())).collect();
    let text = text.join(",").to_ascii_lowercase();
    let name = |part: &str| part.split('=').next().unwrap_or(part).trim().to_owned();
    (text.split(',').map(name).collect(), text.contains('"'))
}

/// The time of day in every property: 15 January 2027.
pub(crate) fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000)
}
