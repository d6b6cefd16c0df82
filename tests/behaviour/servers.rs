//! Whom the script talks to, and what they have seen.

mod environment;
mod httpbin;
mod log;
mod nginx;
mod process;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use httpbin::Httpbin;
pub(crate) use log::Log;
use nginx::Nginx;

/// The servers that could be had. Dropping them ends them, and so does the end of this process, whichever way it comes.
pub(crate) struct Servers {
    httpbin: Result<Httpbin, String>,
    nginx: Result<Nginx, String>,
    /// By the names that cases call them.
    addresses: BTreeMap<&'static str, String>,
    folder: PathBuf,
}

impl Servers {
    pub(crate) fn start() -> Self {
        let target = Path::new(env!("CARGO_TARGET_TMPDIR"));
        remove_what_was_left(target);
        let folder = target.join(format!("{FOLDER}{}", std::process::id()));
        fs::create_dir_all(&folder).expect("a folder");
        let httpbin = Httpbin::start(&folder);
        let nginx = Nginx::start(&folder, httpbin.as_ref().ok());
        let mut addresses = BTreeMap::new();
        addresses.extend(httpbin.iter().flat_map(Httpbin::addresses));
        addresses.extend(nginx.iter().flat_map(Nginx::addresses));
        Servers { httpbin, nginx, addresses, folder }
    }

    /// Whether a case's server can be had.
    pub(crate) fn has(&self, name: &str) -> bool {
        name == "origin" || self.addresses.contains_key(name)
    }

    /// Those that cannot, and why.
    pub(crate) fn missing(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let httpbin = self.httpbin.as_ref().err().map(|why| ("httpbin", why.as_str()));
        let nginx = self.nginx.as_ref().err().map(|why| ("nginx", why.as_str()));
        httpbin.into_iter().chain(nginx)
    }

    /// Whether a case's server is an address of this one.
    pub(crate) fn belongs(&self, name: &str, server: &str) -> bool {
        name != "origin" && (server == "httpbin") == httpbin::NAMES.contains(&name)
    }

    /// The address of a server, without a path.
    pub(crate) fn base(&self, name: &str) -> String {
        self.addresses.get(name).unwrap_or_else(|| panic!("no server is called `{name}`")).clone()
    }

    /// The certificate (DER) of the authority behind the good certificates.
    pub(crate) fn authority(&self) -> &[u8] {
        self.nginx.as_ref().map_or(&[][..], Nginx::authority)
    }

    /// Names of servers in braces become their addresses.
    pub(crate) fn fill(&self, text: &str) -> String {
        self.addresses.iter().fold(text.to_owned(), |text, (name, base)| {
            text.replace(&format!("{{{name}}}"), base).replace(&format!("{{{name} host}}"), authority(base))
        })
    }

    /// The reverse, and the same for a case's number.
    pub(crate) fn plain(&self, text: &str, case: &str) -> String {
        self.addresses.iter().fold(text.replace(case, "{case}"), |text, (name, base)| {
            let text = text.replace(base.as_str(), &format!("{{{name}}}"));
            text.replace(authority(base), &format!("{{{name} host}}"))
        })
    }

    /// Ends them; what they have seen.
    pub(crate) fn stop(&mut self) -> Log {
        let mut logs = Vec::new();
        if let Ok(httpbin) = std::mem::replace(&mut self.httpbin, Err(String::new())) {
            logs.push(("httpbin", httpbin.stop()));
        }
        if let Ok(nginx) = std::mem::replace(&mut self.nginx, Err(String::new())) {
            logs.push(("nginx", nginx.stop()));
        }
        Log::read(&logs, |text, case| self.plain(text, case))
    }
}

/// With the number of the process after it.
const FOLDER: &str = "behaviour-";

/// The folders of processes that were killed. Where there is no telling whether one lives, they stay.
fn remove_what_was_left(target: &Path) {
    let is_left = |name: &str| {
        let process = name.strip_prefix(FOLDER).filter(|process| process.parse::<u32>().is_ok());
        process.is_some_and(|process| Path::new("/proc/self").exists() && !Path::new("/proc").join(process).exists())
    };
    for entry in fs::read_dir(target).into_iter().flatten().flatten() {
        if is_left(&entry.file_name().to_string_lossy()) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

/// Host and port of an address.
pub(crate) fn authority(base: &str) -> &str {
    base.split_once("://").map_or(base, |(_, authority)| authority)
}

impl Drop for Servers {
    fn drop(&mut self) {
        // They write into it until they are gone.
        self.httpbin = Err(String::new());
        self.nginx = Err(String::new());
        let _ = fs::remove_dir_all(&self.folder);
    }
}
