//! The README's code, compiled. Everything else stands beside this file, each with what it is for.
#![forbid(unsafe_code)]

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}
