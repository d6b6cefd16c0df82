//! Drives a real origin over real sockets, as a client would.

mod command;
mod corpus;
mod counting;
mod delaying;
mod documents;
mod dripping;
mod ending;
mod faults;
mod flaky;
mod freezing;
mod generating;
mod histograms;
mod many_hosts;
mod nginx;
mod serving;
mod support;
