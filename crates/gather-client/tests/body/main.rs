//! What happens to a body: its content coding, its encoding, its text and JSON.

mod bytes;
mod decoding;
mod faults;
mod limits;
