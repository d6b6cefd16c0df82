//! What nginx has served, by its own counters (`stub_status`) and the kernel's, as words of `/_stats`.

use std::fs;
use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::stats::resident_bytes;

/// Asks nginx over a socket of its own, which only the lab knows.
///
/// Whoever asks for `/_stats` is counted by nginx, and so is this witness: a connection and a request each. Those are taken
/// off again, which is exact as long as the lab's are the only such requests.
#[derive(Debug)]
pub(crate) struct Witness {
    socket: PathBuf,
    workers: Vec<String>,
    /// At the start of the period.
    before: Reading,
    started_ns: u64,
    /// How often the counters were asked for in this period.
    asked: u64,
}

/// A moment of nginx's counters.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Reading {
    open: u64,
    accepted: u64,
    requests: u64,
    /// CPU time of all workers; `None` where the kernel keeps no such account.
    cpu_ns: Option<u64>,
    rss_bytes: u64,
}

/// nginx answers at once, or there is something wrong with it.
const PATIENCE: Duration = Duration::from_secs(5);

impl Witness {
    /// Fails as long as not all of the workers are there: the first may answer before the last is started.
    pub(super) fn new(folder: &Path, workers: usize) -> io::Result<Witness> {
        let mut witness = Witness {
            socket: folder.join("status"),
            workers: Vec::new(),
            before: Reading::default(),
            started_ns: 0,
            asked: 0,
        };
        witness.read()?;
        let master = fs::read_to_string(folder.join("nginx.pid"))?;
        witness.workers = children(master.trim())?;
        if witness.workers.len() != workers {
            let message = format!("nginx has {} workers instead of {workers}", witness.workers.len());
            return Err(io::Error::other(message));
        }
        witness.reset(0)?;
        Ok(witness)
    }

    /// Starts a new period.
    ///
    /// # Errors
    /// When nginx does not answer.
    pub(crate) fn reset(&mut self, now_ns: u64) -> io::Result<()> {
        self.before = self.read()?;
        (self.started_ns, self.asked) = (now_ns, 0);
        Ok(())
    }

    /// The line of `/_stats`. What nginx does not count is not there.
    ///
    /// # Errors
    /// When nginx does not answer.
    pub(crate) fn line(&mut self, now_ns: u64) -> io::Result<String> {
        let now = self.read()?;
        self.asked += 1;
        let own = 2 * self.asked;
        let served = (now.requests - self.before.requests).saturating_sub(own);
        let accepted = (now.accepted - self.before.accepted).saturating_sub(own);
        let (open, wall_ns, rss_bytes) = (now.open.saturating_sub(2), now_ns - self.started_ns, now.rss_bytes);
        let cpus = self.workers.len();
        let mut line = format!("server=nginx served={served} accepted={accepted} open={open} wall_ns={wall_ns} ");
        line.push_str(&format!("cpus={cpus} rss_bytes={rss_bytes}"));
        if let (Some(before), Some(now)) = (self.before.cpu_ns, now.cpu_ns) {
            line.push_str(&format!(" cpu_ns={}", now.saturating_sub(before)));
        }
        Ok(line)
    }

    fn read(&self) -> io::Result<Reading> {
        let mut socket = UnixStream::connect(&self.socket)?;
        socket.set_read_timeout(Some(PATIENCE))?;
        socket.write_all(b"GET / HTTP/1.1\r\nHost: status\r\nConnection: close\r\n\r\n")?;
        let mut answer = String::new();
        socket.read_to_string(&mut answer)?;
        let reading = counters(&answer)
            .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, format!("nginx's status is {answer:?}")))?;
        let cpu: Option<Vec<u64>> = self.workers.iter().map(|worker| cpu_ns(worker)).collect();
        let rss_bytes = self.workers.iter().map(|worker| resident_bytes(worker)).sum();
        Ok(Reading { cpu_ns: cpu.map(|cpu| cpu.iter().sum()), rss_bytes, ..reading })
    }
}

/// The page of `stub_status`: `Active connections: 2`, then a heading and the numbers `accepts handled requests`.
fn counters(answer: &str) -> Option<Reading> {
    let (_, after) = answer.split_once("Active connections:")?;
    let open = after.split_whitespace().next()?.parse().ok()?;
    let (_, after) = after.split_once("server accepts handled requests")?;
    let mut numbers = after.split_whitespace().map_while(|number| number.parse().ok());
    let (accepted, _, requests) = (numbers.next()?, numbers.next()?, numbers.next()?);
    Some(Reading { open, accepted, requests, ..Reading::default() })
}

/// The processes that `parent` has started and that run.
fn children(parent: &str) -> io::Result<Vec<String>> {
    let is_child = |process: &String| {
        let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
        // The name in brackets may hold anything; the state and the parent follow the last bracket (proc(5)).
        let fields = stat.rsplit_once(')').map_or("", |(_, fields)| fields);
        fields.split_whitespace().nth(1) == Some(parent)
    };
    let entries = fs::read_dir("/proc")?.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    Ok(entries.filter(|name| name.bytes().all(|byte| byte.is_ascii_digit())).filter(is_child).collect())
}

/// The first number of `schedstat` is the time on a CPU in nanoseconds; `stat` counts in hundredths of a second, in which a
/// trial has but a few.
fn cpu_ns(process: &str) -> Option<u64> {
    let stat = fs::read_to_string(format!("/proc/{process}/schedstat")).ok()?;
    stat.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_of_nginx_is_read() {
        let page = "HTTP/1.1 200 OK\r\n\r\nActive connections: 3 \nserver accepts handled requests\n 17 17 2331 \nReading: 0 \
                    Writing: 1 Waiting: 2 \n";
        let reading = counters(page).expect("numbers");
        assert_eq!((reading.open, reading.accepted, reading.requests), (3, 17, 2331));
        for broken in ["", "HTTP/1.1 404 Not Found\r\n\r\n", "Active connections: x", &page[..page.len() - 60]] {
            assert_eq!(counters(broken).filter(|_| !broken.contains("2331")), None, "{broken}");
        }
    }
}
