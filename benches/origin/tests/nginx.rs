//! nginx in front of the origin: the same pages, counters that are exact, and an end. Skipped out loud where there is no nginx.

use std::ffi::OsString;
use std::io;
use std::net::{SocketAddr, TcpStream};
use std::process::ExitCode;
use std::sync::mpsc::channel;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::command::Lines;
use super::support::{Client, Words, number, words};
use crate::run::run;
use crate::{generate, nginx};

const PAGES: usize = 7;

/// The command, serving by nginx until it is stopped.
struct Served {
    address: SocketAddr,
    ready: Words,
    input: io::PipeWriter,
    thread: JoinHandle<ExitCode>,
}

impl Served {
    fn start() -> Option<Served> {
        if nginx::find().is_none() {
            eprintln!("SKIPPED: nginx is not on this machine (apt-get install nginx)");
            return None;
        }
        let (read, input) = io::pipe().expect("a pipe");
        let (send, lines) = channel();
        let thread = thread::spawn(move || {
            let arguments =
                ["--generated", "7", "--cpu", "none", "--let-cpus-sleep", "--nginx", "0,1"].map(OsString::from);
            run(arguments, read, &mut Lines::to(send), &mut io::stderr())
        });
        let line = lines.recv().expect("it prints a line");
        let ready = words(line.strip_prefix("ready ").expect("it is ready"));
        Some(Served { address: ready["addr"].parse().expect("an address"), ready, input, thread })
    }

    fn ask(&self, target: &str) -> Words {
        words(&Client::new(self.address).get(target).text())
    }

    fn reset(&self) {
        assert_eq!(Client::new(self.address).get("/_reset").text().trim(), "ok");
    }

    fn stop(self) {
        drop(self.input);
        assert_eq!(self.thread.join().expect("it does not panic"), ExitCode::SUCCESS);
    }
}

#[test]
fn it_serves_the_pages_of_the_origin_under_every_number() {
    let Some(served) = Served::start() else { return };
    assert!(served.ready["server"].starts_with("nginx/"), "{:?}", served.ready);
    let pages = generate::pages(1, PAGES);
    let mut client = Client::new(served.address);
    for number in [0, 1, 6, 7, 614, 615, 9_999] {
        let answered = client.get(&format!("/page/{number}?delay_us=0"));
        assert_eq!(answered.header("content-type"), Some("text/html; charset=utf-8"));
        assert!(answered.body == pages[number % PAGES], "page {number}");
    }
    served.stop();
}

#[test]
fn it_counts_exactly_and_leaves_the_labs_own_requests_out() {
    let Some(served) = Served::start() else { return };
    let counts = |words: &Words| (number(words, "served"), number(words, "accepted"));
    for _ in 0..3 {
        served.reset();
        assert_eq!(counts(&served.ask("/_stats")), (0, 0));
        let mut clients = [Client::new(served.address), Client::new(served.address)];
        for index in 0..10 {
            clients[index % 2].get(&format!("/page/{index}"));
        }
        // Asking changes nothing.
        for _ in 0..3 {
            let said = served.ask("/_stats");
            assert_eq!(counts(&said), (10, 2));
            assert_eq!((said["server"].as_str(), number(&said, "cpus")), ("nginx", 2));
            assert!(number(&said, "wall_ns") > 0 && number(&said, "rss_bytes") > 0, "{said:?}");
        }
    }
    served.stop();
}

#[test]
fn what_it_does_not_have_is_not_found() {
    let Some(served) = Served::start() else { return };
    for target in ["/fixed/100", "/silent", "/page/10000", "/page/", "/_freeze?ms=1", "/../nginx.conf", "/status"] {
        let answered = Client::new(served.address).get(target);
        assert!(!answered.head.starts_with("HTTP/1.1 200"), "{target}: {}", answered.head);
    }
    served.stop();
}

#[test]
fn it_ends_with_the_origin() {
    let Some(served) = Served::start() else { return };
    let address = served.address;
    served.stop();
    let start = Instant::now();
    while TcpStream::connect(address).is_ok() {
        assert!(start.elapsed() < Duration::from_secs(20), "nginx still serves");
        thread::yield_now();
    }
}
