//! Where each architecture keeps a system call's number, its arguments and its result.

use nix::Result;
use nix::sys::ptrace;
use nix::unistd::Pid;

/// The registers of a thread that has stopped at a system call.
pub(crate) struct Registers {
    pub(crate) number: i64,
    pub(crate) arguments: [u64; 6],
    pub(crate) result: i64,
}

/// Whether a stop is at the entry of a system call. The kernel is asked: who attaches in the middle of things had better
/// not guess.
#[cfg(all(target_env = "gnu", any(target_arch = "x86_64", target_arch = "aarch64")))]
pub(crate) fn at_entry(thread: Pid) -> Result<bool> {
    Ok(ptrace::syscall_info(thread)?.op == nix::libc::PTRACE_SYSCALL_INFO_ENTRY)
}

#[cfg(all(target_env = "gnu", target_arch = "x86_64"))]
pub(crate) fn read(thread: Pid) -> Result<Registers> {
    let registers = ptrace::getregs(thread)?;
    Ok(Registers {
        number: registers.orig_rax.cast_signed(),
        arguments: [registers.rdi, registers.rsi, registers.rdx, registers.r10, registers.r8, registers.r9],
        result: registers.rax.cast_signed(),
    })
}

#[cfg(all(target_env = "gnu", target_arch = "aarch64"))]
pub(crate) fn read(thread: Pid) -> Result<Registers> {
    let registers = ptrace::getregs(thread)?.regs;
    Ok(Registers {
        number: registers[8].cast_signed(),
        arguments: std::array::from_fn(|index| registers[index]),
        result: registers[0].cast_signed(),
    })
}

/// Whether this build knows the machine's registers.
pub(crate) const KNOWN: bool = cfg!(all(target_env = "gnu", any(target_arch = "x86_64", target_arch = "aarch64")));

#[cfg(not(all(target_env = "gnu", any(target_arch = "x86_64", target_arch = "aarch64"))))]
mod unknown {
    use super::{Pid, Registers, Result};

    pub(crate) fn at_entry(_: Pid) -> Result<bool> {
        Err(nix::Error::ENOSYS)
    }

    pub(crate) fn read(_: Pid) -> Result<Registers> {
        Err(nix::Error::ENOSYS)
    }
}

#[cfg(not(all(target_env = "gnu", any(target_arch = "x86_64", target_arch = "aarch64"))))]
pub(crate) use unknown::{at_entry, read};
