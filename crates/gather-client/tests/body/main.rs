//! What happens to a body: its content coding, its encoding, its text and JSON.

mod bytes;
mod charset;
mod decoding;
mod faults;
mod json;
mod limits;
mod suite;
mod text;
