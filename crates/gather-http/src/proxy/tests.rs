//! What is said to proxies, byte for byte: the two codecs, fed in every way that a network may cut their answers.

mod routes;
mod socks5;
mod stream;
mod tunnel;

/// All ways to cut `bytes` into two pieces, into three, and into single bytes.
fn cuts(bytes: &[u8]) -> Vec<Vec<&[u8]>> {
    let mut all = vec![vec![bytes], bytes.chunks(1).collect()];
    for first in 0..=bytes.len() {
        for second in first..=bytes.len() {
            all.push(vec![&bytes[..first], &bytes[first..second], &bytes[second..]]);
        }
    }
    all
}
