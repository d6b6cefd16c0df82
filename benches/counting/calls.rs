//! What a system call is: the class it is counted in, and whether it waits.

use std::fmt;

use nix::libc;

/// What was counted in one trial.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    classes: [u64; CLASSES.len()],
    wakeups: u64,
}

/// The classes as the words name them, in the order of [`Class`].
const CLASSES: [&str; 8] = ["read", "write", "epoll", "futex", "connect", "close", "mmap", "other"];

/// What a call is for.
#[derive(Debug, Clone, Copy)]
enum Class {
    Read,
    Write,
    Epoll,
    Futex,
    Connect,
    Close,
    Mmap,
    Other,
}

impl Tally {
    /// A thread enters a call.
    pub(crate) fn enter(&mut self, number: i64) {
        self.classes[Class::of(number) as usize] += 1;
    }

    /// A thread went on after it had waited.
    pub(crate) fn wake(&mut self) {
        self.wakeups += 1;
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "syscalls={} wakeups={}", self.classes.iter().sum::<u64>(), self.wakeups)?;
        CLASSES.iter().zip(self.classes).try_for_each(|(name, count)| write!(f, " syscalls_{name}={count}"))
    }
}

/// How a call waits, if it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wait {
    /// For one of many events: epoll and its kin.
    Events,
    /// For another thread.
    Futex,
}

impl Wait {
    /// Whether, and how, a call with these arguments waits. One that is told to return at once does not, so what
    /// `is_zero` finds at the address of a time limit matters.
    pub(crate) fn of(number: i64, arguments: [u64; 6], is_zero: impl Fn(u64) -> bool) -> Option<Wait> {
        let [_, second, third, fourth, fifth, _] = arguments;
        // The low half is the C `int` of the call; what the other half holds is left to chance.
        let int = |word: u64| word as i32;
        let waits = match number {
            libc::SYS_futex => return waits_on_futex(int(second)).then_some(Wait::Futex),
            libc::SYS_futex_waitv => return Some(Wait::Futex),
            libc::SYS_epoll_pwait => int(fourth) != 0,
            libc::SYS_epoll_pwait2 => !is_zero(fourth),
            libc::SYS_ppoll => !is_zero(third),
            libc::SYS_pselect6 => !is_zero(fifth),
            libc::SYS_io_uring_enter => third > 0,
            _ => return Wait::of_older(number, arguments, is_zero),
        };
        waits.then_some(Wait::Events)
    }

    /// Calls that newer architectures do without.
    #[cfg(target_arch = "x86_64")]
    fn of_older(number: i64, arguments: [u64; 6], is_zero: impl Fn(u64) -> bool) -> Option<Wait> {
        let [_, _, third, fourth, fifth, _] = arguments;
        let waits = match number {
            libc::SYS_epoll_wait => fourth as i32 != 0,
            libc::SYS_poll => third as i32 != 0,
            libc::SYS_select => !is_zero(fifth),
            _ => false,
        };
        waits.then_some(Wait::Events)
    }

    #[cfg(not(target_arch = "x86_64"))]
    fn of_older(_: i64, _: [u64; 6], _: impl Fn(u64) -> bool) -> Option<Wait> {
        None
    }

    /// Whether a wait that ended so was a wake-up. An interrupted one goes on waiting, and a futex whose value had changed
    /// already never waited.
    pub(crate) fn woke(self, result: i64) -> bool {
        match self {
            // Beyond the interruption that programs see there are those that the kernel restarts by itself.
            Wait::Events => result != -i64::from(libc::EINTR) && !(-516..=-512).contains(&result),
            Wait::Futex => result >= 0 || result == -i64::from(libc::ETIMEDOUT),
        }
    }
}

/// Whether a call reads the standard input.
pub(crate) fn reads_input(number: i64, arguments: [u64; 6]) -> bool {
    matches!(Class::of(number), Class::Read) && arguments[0] as i32 == 0
}

fn waits_on_futex(operation: i32) -> bool {
    let waits = [
        libc::FUTEX_WAIT,
        libc::FUTEX_WAIT_BITSET,
        libc::FUTEX_WAIT_REQUEUE_PI,
        libc::FUTEX_LOCK_PI,
        libc::FUTEX_LOCK_PI2,
    ];
    waits.contains(&(operation & libc::FUTEX_CMD_MASK))
}

impl Class {
    fn of(number: i64) -> Class {
        match number {
            libc::SYS_read
            | libc::SYS_readv
            | libc::SYS_pread64
            | libc::SYS_preadv
            | libc::SYS_preadv2
            | libc::SYS_recvfrom
            | libc::SYS_recvmsg
            | libc::SYS_recvmmsg => Class::Read,
            libc::SYS_write
            | libc::SYS_writev
            | libc::SYS_pwrite64
            | libc::SYS_pwritev
            | libc::SYS_pwritev2
            | libc::SYS_sendto
            | libc::SYS_sendmsg
            | libc::SYS_sendmmsg
            | libc::SYS_sendfile => Class::Write,
            libc::SYS_epoll_create1
            | libc::SYS_epoll_ctl
            | libc::SYS_epoll_pwait
            | libc::SYS_epoll_pwait2
            | libc::SYS_ppoll
            | libc::SYS_pselect6
            | libc::SYS_io_uring_enter => Class::Epoll,
            #[cfg(target_arch = "x86_64")]
            libc::SYS_epoll_create | libc::SYS_epoll_wait | libc::SYS_poll | libc::SYS_select => Class::Epoll,
            libc::SYS_futex | libc::SYS_futex_waitv => Class::Futex,
            libc::SYS_connect => Class::Connect,
            libc::SYS_close | libc::SYS_close_range => Class::Close,
            libc::SYS_mmap
            | libc::SYS_munmap
            | libc::SYS_mremap
            | libc::SYS_mprotect
            | libc::SYS_madvise
            | libc::SYS_brk => Class::Mmap,
            _ => Class::Other,
        }
    }
}
