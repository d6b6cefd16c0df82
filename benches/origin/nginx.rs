//! The same pages from files, by the nginx of the distribution: a server that others run, in front of an origin that is then
//! its witness. nginx hands `/_reset` and `/_stats` on, so whoever asks for pages needs no other words for either server.

mod files;
mod keeper;
mod witness;

pub(crate) use self::witness::Witness;

use std::fs;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::geteuid;
use tempfile::TempDir;

use self::keeper::Keeper;
use crate::page::Pages;

/// A running nginx; it ends when this is dropped, and also when this process is killed.
#[derive(Debug)]
pub(crate) struct Nginx {
    address: SocketAddr,
    version: String,
    workers: usize,
    /// Before the folder, which nginx uses until it has ended.
    _keeper: Keeper,
    folder: TempDir,
}

/// Its port is free when it is looked for, and may be somebody else's by the time that nginx opens it.
const ATTEMPTS: usize = 5;
const PATIENCE: Duration = Duration::from_secs(10);

impl Nginx {
    /// Writes the pages to files and starts nginx, with a worker for each of `cpus`, all of which may run on all of them. What
    /// nginx counts is asked of the origin at `behind`.
    ///
    /// # Errors
    /// When the files cannot be written or nginx does not start, with its own words.
    pub(crate) fn start(program: &Path, pages: &Pages, cpus: &[usize], behind: SocketAddr) -> io::Result<Nginx> {
        let folder = tempfile::Builder::new().prefix("gather-nginx-").tempdir()?;
        files::write(&folder.path().join("files"), pages)?;
        let version = version(program)?;
        let (configuration, errors) = (folder.path().join("nginx.conf"), folder.path().join("error.log"));
        for _ in 0..ATTEMPTS {
            let address = free_address()?;
            fs::write(&configuration, configured(folder.path(), address, cpus, behind))?;
            let mut command = Command::new(program);
            command.arg("-p").arg(folder.path()).arg("-c").arg(&configuration).arg("-e").arg(&errors);
            let mut keeper = Keeper::start(&command, folder.path())?;
            if is_ready(&mut keeper, folder.path(), cpus.len()) {
                return Ok(Nginx { address, version, workers: cpus.len(), _keeper: keeper, folder });
            }
        }
        let why = fs::read_to_string(&errors).unwrap_or_default();
        Err(io::Error::other(format!("nginx did not start: {}", why.trim())))
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// `nginx/1.22.1`.
    pub(crate) fn version(&self) -> &str {
        &self.version
    }

    /// Who tells what it has served.
    ///
    /// # Errors
    /// When it does not tell.
    pub(crate) fn witness(&self) -> io::Result<Witness> {
        Witness::new(self.folder.path(), self.workers)
    }
}

/// Where nginx is, if it is on this machine.
pub(crate) fn find() -> Option<PathBuf> {
    // Debian keeps it where the PATH of a plain user does not lead.
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain([PathBuf::from("/usr/sbin")]);
    folders.map(|folder| folder.join("nginx")).find(|file| file.is_file())
}

fn version(program: &Path) -> io::Result<String> {
    let said = Command::new(program).arg("-v").output()?.stderr;
    let said = String::from_utf8_lossy(&said);
    let version = said.split_whitespace().find(|word| word.starts_with("nginx/"));
    version
        .map(str::to_owned)
        .ok_or_else(|| io::Error::other(format!("{} -v said: {}", program.display(), said.trim())))
}

fn free_address() -> io::Result<SocketAddr> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()
}

/// It opens all of its ports before it serves any, and ends when it cannot; that this is our nginx is told by its socket.
fn is_ready(keeper: &mut Keeper, folder: &Path, workers: usize) -> bool {
    let deadline = Instant::now() + PATIENCE;
    while Instant::now() < deadline && !keeper.has_ended() {
        if Witness::new(folder, workers).is_ok() {
            return true;
        }
        thread::sleep(Duration::from_millis(5));
    }
    false
}

/// What Debian's nginx does with files, but for a log of every access, which the origin does not write either, and for the end
/// of a connection after a thousand requests.
fn configured(folder: &Path, address: SocketAddr, cpus: &[usize], behind: SocketAddr) -> String {
    let highest = cpus.iter().max().copied().unwrap_or(0);
    // The mask's last digit is CPU 0.
    let mask: String = (0..=highest).rev().map(|cpu| if cpus.contains(&cpu) { '1' } else { '0' }).collect();
    let words = [
        ("{workers}", cpus.len().to_string()),
        ("{masks}", vec![mask; cpus.len()].join(" ")),
        // As root its workers would become somebody who cannot read a folder that is this user's alone.
        ("{user}", if geteuid().is_root() { "user root;".to_owned() } else { String::new() }),
        ("{folder}", folder.display().to_string()),
        ("{address}", address.to_string()),
        ("{behind}", behind.to_string()),
    ];
    words.iter().fold(include_str!("nginx/nginx.conf").to_owned(), |text, (key, value)| text.replace(key, value))
}
