//! The workload: what FORMAT.md's `key=value` words mean.

use std::collections::BTreeMap;
use std::time::Duration;

use gather_core::Limits;

use crate::inject::Inject;
use crate::json::How;
use crate::keys::{OwnKeys, number, pick};
use crate::models::{self, MODELS, Model};
use crate::target::{MOST_HOSTS, PageKind};

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
    /// Whether connections are used again.
    pub(crate) reuse: bool,
    pub(crate) hosts: u64,
    /// So many percent of the pages have a delay of `slow_us` instead.
    pub(crate) slow_percent: u64,
    pub(crate) slow_us: u64,
    /// So many percent of the requests fail when they come first.
    pub(crate) flaky_percent: u64,
    pub(crate) flaky: Flaky,
    pub(crate) inject: Inject,
    /// The words that the model alone understands: see [`own_keys`](Workload::own_keys).
    pub(crate) own: BTreeMap<String, String>,
}

/// How a request fails that is to fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flaky {
    /// The answer is 503.
    Status,
    /// The connection is reset.
    Reset,
}

impl Flaky {
    pub(crate) const NAMES: [(&str, Flaky); 2] = [("status", Flaky::Status), ("reset", Flaky::Reset)];
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ParseKind {
    Length,
    Links,
    /// The same, with addresses that are text.
    Extract,
    DomLinks,
    /// An API's answer; its records are counted as links are.
    Json(How),
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
            reuse: true,
            hosts: 1,
            slow_percent: 0,
            slow_us: 0,
            flaky_percent: 0,
            flaky: Flaky::Status,
            inject: Inject::default(),
            own: BTreeMap::new(),
        }
    }
}

impl Workload {
    /// Takes one `key=value` word.
    pub(crate) fn set(&mut self, word: &str) -> Result<(), String> {
        let (key, value) = word.split_once('=').ok_or_else(|| format!("`{word}` is not key=value"))?;
        let number = || number(key, value);
        if let Some(taken) = self.inject.set(key, value) {
            return taken;
        }
        match key {
            "model" => self.model = pick(key, value, &MODELS)?,
            "requests" => self.requests = number()?,
            "concurrency" => self.concurrency = usize::try_from(number()?).map_err(|_| format!("{key}: too large"))?,
            "delay_us" => self.delay_us = number()?,
            "page" => self.page = PageKind::parse(value)?,
            "parse" => self.parse = parse_kind(value)?,
            "compute" => self.compute = pick(key, value, &PLACES)?,
            "silent_percent" => self.silent_percent = number()?,
            "deadline_ms" => self.deadline_ms = number()?,
            "heavy_every" => self.heavy_every = number()?,
            "reuse" => self.reuse = pick(key, value, &[("yes", true), ("no", false)])?,
            "hosts" => self.hosts = number()?,
            "slow_percent" => self.slow_percent = number()?,
            "slow_us" => self.slow_us = number()?,
            "flaky_percent" => self.flaky_percent = number()?,
            "flaky" => self.flaky = pick(key, value, &Flaky::NAMES)?,
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
            ("hosts", self.hosts),
        ];
        if let Some((key, _)) = positive.iter().find(|(_, value)| *value == 0) {
            return Err(format!("{key}: has to be at least 1"));
        }
        let percentages = [
            ("silent_percent", self.silent_percent),
            ("slow_percent", self.slow_percent),
            ("flaky_percent", self.flaky_percent),
        ];
        if let Some((key, _)) = percentages.iter().find(|(_, percent)| *percent > 100) {
            return Err(format!("{key}: more than 100"));
        }
        if self.hosts > MOST_HOSTS {
            return Err(format!("hosts: there are addresses for {MOST_HOSTS}"));
        }
        // Which pages are heavy is told by the index in `/page/I`.
        if self.heavy_every > 1 && self.page != PageKind::Corpus {
            return Err("heavy_every: goes with page=corpus only".to_owned());
        }
        if self.slow_percent > 0 && !self.page.has_slow_ones() {
            return Err("slow_percent: goes with page=corpus, fixed, text and gzip only".to_owned());
        }
        let (api, json) = (matches!(self.page, PageKind::Json(_)), matches!(self.parse, ParseKind::Json(_)));
        if api != json && self.parse != ParseKind::Length {
            return Err("parse: json and json-value go with page=json, and page=json with those or length".to_owned());
        }
        models::check(self)
    }

    /// The words of the model's own, to be read by it.
    pub(crate) fn own_keys(&self) -> OwnKeys<'_> {
        OwnKeys::new(self.model, &self.own)
    }

    /// Whether request `index` goes to the page that never answers: evenly spread, the same for every engine.
    pub(crate) fn is_silent(&self, index: u64) -> bool {
        index * self.silent_percent % 100 < self.silent_percent
    }

    /// How many connections are kept at most, as a rule: one for each exchange, or the last few of every host.
    pub(crate) fn most_connections(&self) -> usize {
        self.concurrency.max(usize::try_from(self.hosts).unwrap_or(usize::MAX).saturating_mul(2))
    }

    /// The limits of each exchange.
    pub(crate) fn limits(&self) -> Limits {
        Limits::default().deadline(Duration::from_millis(self.deadline_ms)).max_body(64 << 20)
    }
}

const PLACES: [(&str, Place); 3] = [("inline", Place::Inline), ("rayon", Place::Rayon), ("blocking", Place::Blocking)];

fn parse_kind(value: &str) -> Result<ParseKind, String> {
    match value.split_once(':') {
        None if value == "length" => Ok(ParseKind::Length),
        None if value == "links" => Ok(ParseKind::Links),
        None if value == "extract" => Ok(ParseKind::Extract),
        None if value == "dom-links" => Ok(ParseKind::DomLinks),
        None if value == "json" => Ok(ParseKind::Json(How::Typed)),
        None if value == "json-value" => Ok(ParseKind::Json(How::Value)),
        Some(("heavy", us)) => us.parse().map(ParseKind::Heavy).map_err(|_| format!("parse: `{us}` is not a number")),
        _ => Err(format!(
            "parse: `{value}` is none of length, links, extract, dom-links, json, json-value, heavy:MICROSECONDS"
        )),
    }
}

#[cfg(test)]
mod tests;
