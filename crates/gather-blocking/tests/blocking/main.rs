//! gather-blocking, seen from outside: both clients under all four strategies, against an origin of plain threads.

mod clients;
mod codec;
mod keep_alive;
mod origin;
mod threads;
