//! The runner from outside: every model that fetches no pages, on every engine that does it, against its oracle.
//!
//! A model's trial and its oracle come to the same sums on different ways, so a task that was lost, doubled or swapped, a
//! file or a row that was read wrong, is a difference here. The sizes are small: nothing here is about time.
#![cfg(target_os = "linux")]

mod models;
mod nginx;
mod refusals;
mod support;
