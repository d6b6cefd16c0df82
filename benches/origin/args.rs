//! The command line: what was asked for, checked, with a message for what was not understood.

use std::ffi::OsString;
use std::fmt::Display;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::str::FromStr;

use lexopt::prelude::*;

/// Shown when the arguments were not understood.
pub(crate) const USAGE: &str = "\
usage: gather-origin [--port N] [--corpus DIR]... [--take-every N] [--max-page-bytes N] [--generated COUNT]
                     [--hosts N] [--cpu N|none] [--let-cpus-sleep] [--seed N] [--jitter-percent N] [--burn-us N] [--nginx CPUS]
       gather-origin --help";

/// Shown when it was asked for.
pub(crate) const HELP: &str = "\
gather-origin: the server of gather's lab. It serves HTML pages on 127.0.0.1, after delays, and witnesses what was asked of it.

usage: gather-origin [options]

  --port N             the port to listen on [0: any free one]
  --hosts N            listen on N addresses with that port: 127.0.0.1 and those after it, at most 10000 [1]
  --corpus DIR         serve the .html files below DIR; may be given several times, all paths are then sorted as one list
  --take-every N       of the sorted list take the Nth, the 2Nth and so on [1: all]
  --max-page-bytes N   leave out files of more than N bytes [200000; 0: no limit]
  --generated COUNT    serve COUNT generated pages with the sizes of the Rust documentation [615, without --corpus]
  --cpu N|none         run on this CPU alone [0]
  --let-cpus-sleep     leave the CPUs' idle states alone (otherwise, as root, they are kept awake so that delays are not late)
  --seed N             seed of the generated pages, of the jitter and of who is slow [1]
  --jitter-percent N   how far a delay may differ from what was asked, 0 to 100 [10]
  --burn-us N          compute for about N microseconds before each page, to see what a saturated origin does [0]
  --nginx CPUS         let nginx serve the pages from files, with a worker for each of these CPUs (0,1)
  --help               this text

It prints one line when it listens, and serves until its standard input ends:

  ready addr=127.0.0.1:41233 corpus=generated pages=615 bytes=17802192 cpus_awake=yes hosts=1

  GET /page/I         page I modulo the number of pages
  GET /fixed/N        a page of exactly N bytes
  GET /drip/N         the same in chunks: ?chunks=20 writes, ?gap_us=5000 from one to the next
  GET /json/I         document I of 1000, with ?items=20 records and a link to the next
  GET /silent         nothing, ever
  GET /_reset         starts a new period of the counters
  GET /_stats         what happened in this period, as key=value words
  GET /_freeze?ms=M   serves nobody for M milliseconds; with &after_ms=A it begins A milliseconds later

The first four take, in any combination:

  delay_us=D                   the answer begins D microseconds after the request, give or take the jitter
  slow_percent=P&slow_us=D     of every hundred answers P begin after this delay instead
  close=1                      the connection ends with the answer

Try it:  sleep 60 | gather-origin --port 8080 &  curl -s 'localhost:8080/page/7?delay_us=20000' localhost:8080/_stats

Exit codes: 0 standard input ended, 1 it cannot serve (port taken, no pages), 2 the arguments were not understood.
";

/// What the command line asks for.
#[derive(Debug)]
pub(crate) enum Command {
    /// `--help`.
    Help,
    /// Everything else.
    Serve(Options),
}

/// Everything that `gather-origin` can be told.
#[derive(Debug)]
pub(crate) struct Options {
    /// Folders of pages; empty means generated ones.
    pub(crate) corpus: Vec<PathBuf>,
    /// Take every so many of the sorted pages; at least 1.
    pub(crate) take_every: usize,
    /// The largest page, if there is a limit.
    pub(crate) max_page_bytes: Option<u64>,
    /// How many pages to generate; at least 1.
    pub(crate) generated: usize,
    /// The CPU to run on alone.
    pub(crate) cpu: Option<usize>,
    /// The CPUs of the nginx that serves the pages, if one does; not empty then.
    pub(crate) nginx: Vec<usize>,
    /// Whether to keep CPUs out of their sleep states, where that is permitted.
    pub(crate) keep_cpus_awake: bool,
    /// What the server itself needs.
    pub(crate) settings: Settings,
}

/// What the server itself needs to know.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Settings {
    /// The port on the loopback; 0 takes a free one.
    pub(crate) port: u16,
    /// The seed of jitter and generated pages.
    pub(crate) seed: u64,
    /// How far a delay may differ from what was asked, in percent; at most 100.
    pub(crate) jitter_percent: u32,
    /// How many addresses of the loopback to listen on; at least 1.
    pub(crate) hosts: u16,
    /// How many microseconds of CPU each page costs.
    pub(crate) burn_us: u64,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings { port: 0, seed: 1, jitter_percent: 10, hosts: 1, burn_us: 0 }
    }
}

const GENERATED_PAGES: usize = 615;
const MOST_GENERATED_PAGES: usize = 100_000;

/// Each is a socket that listens; a crawl with more hosts than this is not what one machine shows.
const MOST_HOSTS: u16 = 10_000;

/// A second for each page saturates any origin.
const MOST_BURN_US: u64 = 1_000_000;

/// Understands the arguments, without the program's own name.
///
/// # Errors
/// A sentence for people, which names the argument.
pub(crate) fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Command, lexopt::Error> {
    let mut options = Options {
        corpus: Vec::new(),
        take_every: 1,
        max_page_bytes: Some(200_000),
        generated: GENERATED_PAGES,
        cpu: Some(0),
        nginx: Vec::new(),
        keep_cpus_awake: true,
        settings: Settings::default(),
    };
    let settings = &mut options.settings;
    let mut generated = None;
    let mut parser = lexopt::Parser::from_args(arguments);
    while let Some(argument) = parser.next()? {
        match argument {
            Long("help") | Short('h') => return Ok(Command::Help),
            Long("port") => settings.port = number(&mut parser, "--port", 0..=u16::MAX)?,
            Long("seed") => settings.seed = number(&mut parser, "--seed", 0..=u64::MAX)?,
            Long("jitter-percent") => settings.jitter_percent = number(&mut parser, "--jitter-percent", 0..=100)?,
            Long("hosts") => settings.hosts = number(&mut parser, "--hosts", 1..=MOST_HOSTS)?,
            Long("burn-us") => settings.burn_us = number(&mut parser, "--burn-us", 0..=MOST_BURN_US)?,
            Long("corpus") => options.corpus.push(parser.value()?.into()),
            Long("take-every") => options.take_every = number(&mut parser, "--take-every", 1..=usize::MAX)?,
            Long("max-page-bytes") => {
                let limit = number(&mut parser, "--max-page-bytes", 0..=u64::MAX)?;
                options.max_page_bytes = (limit != 0).then_some(limit);
            }
            Long("generated") => generated = Some(number(&mut parser, "--generated", 1..=MOST_GENERATED_PAGES)?),
            Long("let-cpus-sleep") => options.keep_cpus_awake = false,
            Long("cpu") => options.cpu = cpu(&mut parser)?,
            Long("nginx") => options.nginx = cpus(&mut parser)?,
            _ => return Err(argument.unexpected()),
        }
    }
    if generated.is_some() && !options.corpus.is_empty() {
        return Err("--corpus and --generated exclude each other".into());
    }
    if !options.nginx.is_empty()
        && (options.settings.hosts > 1 || options.settings.burn_us > 0 || options.settings.port > 0)
    {
        return Err(
            "--nginx serves pages on one free port, as fast as it can: not with --port, --hosts or --burn-us".into()
        );
    }
    options.generated = generated.unwrap_or(GENERATED_PAGES);
    Ok(Command::Serve(options))
}

fn number<T: FromStr + PartialOrd + Display>(
    parser: &mut lexopt::Parser,
    option: &str,
    range: RangeInclusive<T>,
) -> Result<T, lexopt::Error> {
    let value = parser.value()?.string()?;
    match value.parse() {
        Ok(number) if range.contains(&number) => Ok(number),
        _ => {
            let (least, most) = range.into_inner();
            Err(format!("{option} takes a whole number from {least} to {most}, got {value:?}").into())
        }
    }
}

fn cpu(parser: &mut lexopt::Parser) -> Result<Option<usize>, lexopt::Error> {
    let value = parser.value()?.string()?;
    if value == "none" {
        return Ok(None);
    }
    match value.parse() {
        Ok(cpu) => Ok(Some(cpu)),
        Err(_) => Err(format!("--cpu takes the number of a CPU or \"none\", got {value:?}").into()),
    }
}

/// More CPUs than any machine has on which a lab is run.
const MOST_CPUS: usize = 1024;

fn cpus(parser: &mut lexopt::Parser) -> Result<Vec<usize>, lexopt::Error> {
    let value = parser.value()?.string()?;
    let cpus: Option<Vec<usize>> =
        value.split(',').map(|cpu| cpu.parse().ok().filter(|cpu| *cpu < MOST_CPUS)).collect();
    cpus.ok_or_else(|| format!("--nginx takes the numbers of CPUs, as 0,1, got {value:?}").into())
}
