//! The workload: what FORMAT.md's `key=value` words mean.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use gather_core::{Limits, Request, get};

use crate::models::{self, MODELS, Model};

/// What a trial does.
#[derive(Debug, Clone)]
pub(crate) struct Workload {
    pub(crate) model: Model,
    pub(crate) requests: u64,
    pub(crate) concurrency: usize,
    pub(crate) delay_us: u64,
    pub(crate) page: PageKind,
    pub(crate) parse: ParseKind,
    pub(crate) compute: Place,
    pub(crate) silent_percent: u64,
    pub(crate) deadline_ms: u64,
    pub(crate) heavy_every: u64,
    /// The words that the model alone understands: see [`own_keys`](Workload::own_keys).
    pub(crate) own: BTreeMap<String, String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PageKind {
    Corpus,
    Fixed(u64),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ParseKind {
    Length,
    Links,
    DomLinks,
    /// Links, then so many microseconds of CPU.
    Heavy(u64),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Inline,
    Rayon,
    Blocking,
}

impl Default for Workload {
    fn default() -> Self {
        Workload {
            model: Model::Fetch,
            requests: 1000,
            concurrency: 64,
            delay_us: 0,
            page: PageKind::Corpus,
            parse: ParseKind::Length,
            compute: Place::Inline,
            silent_percent: 0,
            deadline_ms: 30_000,
            heavy_every: 1,
            own: BTreeMap::new(),
        }
    }
}

impl Workload {
    /// Takes one `key=value` word.
    pub(crate) fn set(&mut self, word: &str) -> Result<(), String> {
        let (key, value) = word.split_once('=').ok_or_else(|| format!("`{word}` is not key=value"))?;
        let number = || value.parse::<u64>().map_err(|_| format!("{key}: `{value}` is not a number"));
        match key {
            "model" => self.model = pick(key, value, &MODELS)?,
            "requests" => self.requests = number()?,
            "concurrency" => self.concurrency = usize::try_from(number()?).map_err(|_| format!("{key}: too large"))?,
            "delay_us" => self.delay_us = number()?,
            "page" => self.page = page_kind(value)?,
            "parse" => self.parse = parse_kind(value)?,
            "compute" => self.compute = pick(key, value, &PLACES)?,
            "silent_percent" => self.silent_percent = number()?,
            "deadline_ms" => self.deadline_ms = number()?,
            "heavy_every" => self.heavy_every = number()?,
            // Whether the model knows it is told by `check`, when the model is known.
            _ => _ = self.own.insert(key.to_owned(), value.to_owned()),
        }
        Ok(())
    }

    /// Whether the words make sense together.
    pub(crate) fn check(&self) -> Result<(), String> {
        let positive = [
            ("requests", self.requests),
            ("concurrency", self.concurrency as u64),
            ("heavy_every", self.heavy_every),
            ("deadline_ms", self.deadline_ms),
        ];
        match positive.iter().find(|(_, value)| *value == 0) {
            Some((key, _)) => Err(format!("{key}: has to be at least 1")),
            // Which pages are heavy is told by the index in `/page/I`.
            None if self.heavy_every > 1 && self.page != PageKind::Corpus => {
                Err("heavy_every: goes with page=corpus only".to_owned())
            }
            None if self.silent_percent > 100 => Err("silent_percent: more than 100".to_owned()),
            None => models::check(self),
        }
    }

    /// The words of the model's own, to be read by it.
    pub(crate) fn own_keys(&self) -> OwnKeys<'_> {
        OwnKeys {
            model: self.model,
            left: self.own.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect(),
        }
    }

    /// Whether request `index` goes to the page that never answers: evenly spread, the same for every engine.
    pub(crate) fn is_silent(&self, index: u64) -> bool {
        index * self.silent_percent % 100 < self.silent_percent
    }

    /// The path of request `index`.
    pub(crate) fn path(&self, index: u64) -> String {
        if self.is_silent(index) {
            return "/silent".to_owned();
        }
        let delay = self.delay_us;
        match self.page {
            PageKind::Corpus => format!("/page/{index}?delay_us={delay}"),
            PageKind::Fixed(bytes) => format!("/fixed/{bytes}?delay_us={delay}"),
        }
    }

    /// The requests of a trial, made as they are needed.
    pub(crate) fn requests(&self, origin: SocketAddr, requests: u64) -> impl Iterator<Item = Request> + Send + 'static {
        let workload = self.clone();
        let origin = format!("http://{origin}");
        (0..requests).map(move |index| get(workload.url(&origin, index)).expect("the lab's own addresses are valid"))
    }

    /// The address of request `index` on `origin`, which has its scheme. Whoever scrapes has addresses in hand, so this
    /// costs little: formatting one as `Display` does is a good part of what gather adds to an exchange.
    pub(crate) fn url(&self, origin: &str, index: u64) -> String {
        let path = self.path(index);
        let mut url = String::with_capacity(origin.len() + path.len());
        url.push_str(origin);
        url.push_str(&path);
        url
    }

    /// The limits of each exchange.
    pub(crate) fn limits(&self) -> Limits {
        Limits::default().deadline(Duration::from_millis(self.deadline_ms)).max_body(64 << 20)
    }
}

/// The words of a model's own. It takes those that it knows; what is left at the end nobody knows.
pub(crate) struct OwnKeys<'a> {
    model: Model,
    left: BTreeMap<&'a str, &'a str>,
}

impl<'a> OwnKeys<'a> {
    /// The word of that key, if it was given.
    pub(crate) fn text(&mut self, key: &str) -> Option<&'a str> {
        self.left.remove(key)
    }

    /// A whole number.
    pub(crate) fn number(&mut self, key: &str, default: u64) -> Result<u64, String> {
        let Some(value) = self.text(key) else { return Ok(default) };
        value.parse().map_err(|_| format!("{key}: `{value}` is not a number"))
    }

    /// A whole number of at least 1.
    pub(crate) fn positive(&mut self, key: &str, default: u64) -> Result<u64, String> {
        match self.number(key, default)? {
            0 => Err(format!("{key}: has to be at least 1")),
            number => Ok(number),
        }
    }

    /// One of the values that are known.
    pub(crate) fn pick<T: Copy>(&mut self, key: &str, known: &[(&str, T)], default: T) -> Result<T, String> {
        self.text(key).map_or(Ok(default), |value| pick(key, value, known))
    }

    /// Refuses what is left.
    pub(crate) fn finish(self) -> Result<(), String> {
        let Some(key) = self.left.keys().next() else { return Ok(()) };
        let model = MODELS.iter().find(|(_, model)| *model == self.model).map_or("?", |(name, _)| name);
        Err(format!("unknown key `{key}` (model `{model}` has none of that name)"))
    }
}

const PLACES: [(&str, Place); 3] = [("inline", Place::Inline), ("rayon", Place::Rayon), ("blocking", Place::Blocking)];

fn pick<T: Copy>(key: &str, value: &str, known: &[(&str, T)]) -> Result<T, String> {
    known.iter().find(|(name, _)| *name == value).map(|(_, found)| *found).ok_or_else(|| {
        let names: Vec<_> = known.iter().map(|(name, _)| *name).collect();
        format!("{key}: `{value}` is none of {}", names.join(", "))
    })
}

fn page_kind(value: &str) -> Result<PageKind, String> {
    match value.split_once(':') {
        None if value == "corpus" => Ok(PageKind::Corpus),
        Some(("fixed", bytes)) => {
            bytes.parse().map(PageKind::Fixed).map_err(|_| format!("page: `{bytes}` is not a size"))
        }
        _ => Err(format!("page: `{value}` is neither corpus nor fixed:BYTES")),
    }
}

fn parse_kind(value: &str) -> Result<ParseKind, String> {
    match value.split_once(':') {
        None if value == "length" => Ok(ParseKind::Length),
        None if value == "links" => Ok(ParseKind::Links),
        None if value == "dom-links" => Ok(ParseKind::DomLinks),
        Some(("heavy", us)) => us.parse().map(ParseKind::Heavy).map_err(|_| format!("parse: `{us}` is not a number")),
        _ => Err(format!("parse: `{value}` is none of length, links, dom-links, heavy:MICROSECONDS")),
    }
}
