//! Which address request I goes to, and how it asks for it.

use std::fmt::Write as _;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use gather_core::{Request, get};
use http::header::{CONNECTION, HeaderValue};

use crate::Failure;
use crate::keys::number;
use crate::workload::{Flaky, Workload};

/// Which pages are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PageKind {
    /// Page I for request I.
    Corpus,
    /// Always a page of so many bytes.
    Fixed(u64),
    /// A page of documentation, of about so many bytes.
    Text(u64),
    /// The same, compressed.
    Gzip(u64),
    /// A page of so many bytes in so many chunks, with so many microseconds between them.
    Drip { bytes: u64, chunks: u64, gap_us: u64 },
    /// An API's answer of so many items.
    Json(u64),
}

impl PageKind {
    pub(crate) fn parse(value: &str) -> Result<Self, String> {
        let (kind, sizes) = value.split_once(':').unwrap_or((value, ""));
        let sizes: Vec<&str> = if sizes.is_empty() { Vec::new() } else { sizes.split(':').collect() };
        match (kind, &*sizes) {
            ("corpus", []) => Ok(PageKind::Corpus),
            ("fixed", [bytes]) => Ok(PageKind::Fixed(number("page", bytes)?)),
            ("text", [bytes]) => Ok(PageKind::Text(number("page", bytes)?)),
            ("gzip", [bytes]) => Ok(PageKind::Gzip(number("page", bytes)?)),
            ("json", [items]) => Ok(PageKind::Json(number("page", items)?)),
            ("drip", [bytes, chunks, gap_us]) => Ok(PageKind::Drip {
                bytes: number("page", bytes)?,
                chunks: number("page", chunks)?,
                gap_us: number("page", gap_us)?,
            }),
            _ => {
                let known = "corpus, fixed:BYTES, text:BYTES, gzip:BYTES, drip:BYTES:CHUNKS:GAP_US, json:ITEMS";
                Err(format!("page: `{value}` is none of {known}"))
            }
        }
    }

    /// Whether some of these pages can have another delay than the others.
    pub(crate) fn has_slow_ones(self) -> bool {
        matches!(self, PageKind::Corpus | PageKind::Fixed(_) | PageKind::Text(_) | PageKind::Gzip(_))
    }
}

/// The requests of a workload, by index.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    workload: Workload,
    /// `http://HOST:PORT` of each host.
    hosts: Vec<String>,
}

impl Target {
    /// # Errors
    /// When there are to be many hosts and the origin is not where they begin.
    pub(crate) fn new(workload: &Workload, origin: SocketAddr) -> Result<Self, Failure> {
        if workload.hosts > 1 && origin.ip() != IpAddr::V4(Ipv4Addr::LOCALHOST) {
            return Err(Failure::new("usage", format!("hosts: they begin at 127.0.0.1, and the origin is {origin}")));
        }
        let hosts = match workload.hosts {
            1 => vec![format!("http://{origin}")],
            hosts => (0..hosts).map(|host| format!("http://{}:{}", address(host), origin.port())).collect(),
        };
        Ok(Target { workload: workload.clone(), hosts })
    }

    /// The address of request `index`. Whoever scrapes has addresses in hand, so this costs little: formatting one as
    /// `Display` does is a good part of what gather adds to an exchange.
    pub(crate) fn url(&self, index: u64) -> String {
        let host = &self.hosts[(index % self.hosts.len() as u64) as usize];
        let path = self.workload.path(index);
        let mut url = String::with_capacity(host.len() + path.len());
        url.push_str(host);
        url.push_str(&path);
        url
    }

    /// Request `index`.
    pub(crate) fn request(&self, index: u64) -> Request {
        let mut request = get(self.url(index)).expect("the lab's own addresses are valid");
        if !self.workload.reuse {
            request.headers_mut().insert(CONNECTION, CLOSE);
        }
        request
    }

    /// The requests of a trial, made as they are needed.
    pub(crate) fn requests(&self, requests: u64) -> impl Iterator<Item = Request> + Send + 'static {
        let target = self.clone();
        (0..requests).map(move |index| target.request(index))
    }
}

/// What asks for a connection of its own.
pub(crate) const CLOSE: HeaderValue = HeaderValue::from_static("close");

/// As many hosts as have an address of their own.
pub(crate) const MOST_HOSTS: u64 = 250 * 256;

/// Host 0 is 127.0.0.1, host 249 is 127.0.0.250, host 250 is 127.0.1.1.
fn address(host: u64) -> Ipv4Addr {
    Ipv4Addr::new(127, 0, (host / 250 % 256) as u8, (1 + host % 250) as u8)
}

impl Workload {
    /// The path of request `index`, with its delay.
    pub(crate) fn path(&self, index: u64) -> String {
        if self.is_silent(index) {
            return "/silent".to_owned();
        }
        let delay = self.delay_us;
        let mut path = match self.page {
            PageKind::Corpus => format!("/page/{index}?delay_us={delay}"),
            PageKind::Fixed(bytes) => format!("/fixed/{bytes}?delay_us={delay}"),
            PageKind::Text(bytes) => format!("/text/{bytes}?delay_us={delay}"),
            PageKind::Gzip(bytes) => format!("/text/{bytes}?encoding=gzip&delay_us={delay}"),
            PageKind::Drip { bytes, chunks, gap_us } => {
                format!("/drip/{bytes}?chunks={chunks}&gap_us={gap_us}&delay_us={delay}")
            }
            PageKind::Json(items) => format!("/json/{index}?items={items}&delay_us={delay}"),
        };
        if self.slow_percent > 0 {
            let _ = write!(path, "&slow_percent={}&slow_us={}", self.slow_percent, self.slow_us);
        }
        if self.flaky_percent > 0 {
            let how = Flaky::NAMES.iter().find(|(_, flaky)| *flaky == self.flaky).map_or("", |(name, _)| name);
            let _ = write!(path, "&flaky_percent={}&flaky={how}&request={index}", self.flaky_percent);
        }
        path
    }
}

#[cfg(test)]
mod tests;
