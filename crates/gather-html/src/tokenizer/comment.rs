//! Where a comment ends: section 13.2.5.43, "comment start state", and those after it.

use memchr::memchr_iter;

/// The part of a comment that was read.
///
/// Of its ten states only this is left once errors do not matter: it ends at a `>` after two dashes, which may be those
/// that it began with (`<!-->`, `<!--->`), or after two dashes of its own and an exclamation mark.
#[derive(Debug)]
pub(super) struct Comment {
    /// The three bytes before the next one.
    tail: [u8; 3],
    /// How many bytes it has after its first two dashes; three stand for any more.
    length: usize,
}

impl Default for Comment {
    fn default() -> Self {
        Comment { tail: *b"!--", length: 0 }
    }
}

impl Comment {
    /// How many of `bytes`, which come next, still belong to it; `None` if it goes on.
    pub(super) fn end(&mut self, bytes: &[u8]) -> Option<usize> {
        let end = memchr_iter(b'>', bytes).find(|&at| {
            let [third, second, last] = self.tail_at(bytes, at);
            let own_dashes = self.length + at >= 3;
            (second, last) == (b'-', b'-') || ((third, second, last) == (b'-', b'-', b'!') && own_dashes)
        });
        if end.is_none() {
            self.tail = self.tail_at(bytes, bytes.len());
            self.length = (self.length + bytes.len()).min(3);
        }
        end.map(|at| at + 1)
    }

    /// The three bytes before the one at `at`.
    fn tail_at(&self, bytes: &[u8], at: usize) -> [u8; 3] {
        let back = |distance: usize| match at.checked_sub(distance) {
            Some(index) => bytes[index],
            None => self.tail[3 + at - distance],
        };
        [back(3), back(2), back(1)]
    }
}
