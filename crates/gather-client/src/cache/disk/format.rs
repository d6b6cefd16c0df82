//! An entry as a file: a line with the version and a checksum of all that follows, lines of text like the head of an
//! answer, an empty line, the body.

use std::time::{Duration, SystemTime};

use gather_core::Bytes;
use http::header::{HeaderMap, HeaderName, HeaderValue};
use sha2::{Digest as _, Sha256};

use crate::cache::Entry;

/// Version 1 had digests without salt.
const VERSION: &[u8] = b"gather-cache 2 ";

pub(super) fn write(entry: &Entry) -> Vec<u8> {
    let mut rest = Vec::with_capacity(entry.body.len() + 1_024);
    let received = entry.received.duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO);
    let first = format!("{}\n{} {}\n{}\n", entry.url, entry.status.as_u16(), received.as_secs(), hex(&entry.selecting));
    rest.extend_from_slice(first.as_bytes());
    for (name, value) in &entry.headers {
        // A value has no line ends: `HeaderValue` does not take them.
        rest.extend_from_slice(&[name.as_str().as_bytes(), b":", value.as_bytes(), b"\n"].concat());
    }
    rest.push(b'\n');
    rest.extend_from_slice(&entry.body);
    [VERSION, hex(&Sha256::digest(&rest)).as_bytes(), b"\n", &rest].concat()
}

/// The entry in `file`, if it is one and whole.
pub(super) fn read(file: &[u8]) -> Option<Entry> {
    let (checksum, rest) = line(file.strip_prefix(VERSION)?)?;
    if checksum != hex(&Sha256::digest(rest)).as_bytes() {
        return None;
    }
    let (url, rest) = text(rest)?;
    let (numbers, rest) = text(rest)?;
    let (selecting, mut rest) = text(rest)?;
    let (status, received) = numbers.split_once(' ')?;
    let mut headers = HeaderMap::new();
    loop {
        let (header, after) = line(rest)?;
        rest = after;
        if header.is_empty() {
            break;
        }
        let colon = header.iter().position(|&byte| byte == b':')?;
        let name = HeaderName::from_bytes(&header[..colon]).ok()?;
        headers.try_append(name, HeaderValue::from_bytes(&header[colon + 1..]).ok()?).ok()?;
    }
    Some(Entry {
        url: url.parse().ok()?,
        status: status.parse().ok()?,
        headers,
        received: SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(received.parse().ok()?))?,
        selecting: unhex(selecting)?,
        body: Bytes::copy_from_slice(rest),
    })
}

fn line(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = bytes.iter().position(|&byte| byte == b'\n')?;
    Some((&bytes[..end], &bytes[end + 1..]))
}

fn text(bytes: &[u8]) -> Option<(&str, &[u8])> {
    let (line, rest) = line(bytes)?;
    Some((std::str::from_utf8(line).ok()?, rest))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    for (place, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&text[2 * place..2 * place + 2], 16).ok()?;
    }
    Some(bytes)
}
