//! Drives a real origin over real sockets, as a client would.

mod command;
mod corpus;
mod counting;
mod delaying;
mod faults;
mod generating;
mod serving;
mod support;
