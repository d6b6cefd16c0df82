//! The engine in virtual time: a scripted resolver, a scripted network, no socket.

mod attempts;
mod heads;
mod keeping;
mod network;
mod policy;
mod sharing;
mod system;
