//! Wakes the loop when something is due: a timer of the kernel, as a descriptor that epoll watches.
//!
//! `epoll_pwait2` would take the time in nanoseconds as well. But rustix has it only behind a feature that every crate of a
//! build shares: the reactor of smol and async-std, in the runner beside us, would no longer be the one that their users get.
//! A descriptor is also exact where a long wait of epoll is a thousandth late.

use std::io;
use std::os::fd::{AsFd, OwnedFd};

use rustix::event::Timespec;
use rustix::event::epoll::{self, EventData, EventFlags};
use rustix::time::{Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, timerfd_create, timerfd_settime};

/// Rings once, at the moment that it was set to.
#[derive(Debug)]
pub(crate) struct Alarm {
    timer: OwnedFd,
    /// What it is set to; nothing after it rang.
    due_ns: Option<u64>,
}

impl Alarm {
    /// An alarm that is not set; when it rings, `epoll` tells of `token`.
    pub(crate) fn new(epoll: impl AsFd, token: u64) -> io::Result<Alarm> {
        let timer = timerfd_create(TimerfdClockId::Monotonic, TimerfdFlags::CLOEXEC | TimerfdFlags::NONBLOCK)?;
        // On the edge: it need not be read, each time it rings is told once.
        epoll::add(epoll, &timer, EventData::new_u64(token), EventFlags::IN | EventFlags::ET)?;
        Ok(Alarm { timer, due_ns: None })
    }

    /// Sets it to `due_ns`, which is later than `now_ns`; the kernel is asked only when that is new.
    pub(crate) fn set(&mut self, due_ns: u64, now_ns: u64) -> io::Result<()> {
        if self.due_ns == Some(due_ns) {
            return Ok(());
        }
        // No time at all would turn it off.
        let wait_ns = due_ns.saturating_sub(now_ns).max(1);
        let once = Itimerspec { it_interval: timespec(0), it_value: timespec(wait_ns) };
        timerfd_settime(&self.timer, TimerfdTimerFlags::empty(), &once)?;
        self.due_ns = Some(due_ns);
        Ok(())
    }

    /// It rang: the same moment may be set again.
    pub(crate) fn rang(&mut self) {
        self.due_ns = None;
    }
}

/// Nanoseconds as the kernel takes them.
pub(crate) fn timespec(ns: u64) -> Timespec {
    Timespec { tv_sec: (ns / 1_000_000_000) as i64, tv_nsec: (ns % 1_000_000_000) as _ }
}
