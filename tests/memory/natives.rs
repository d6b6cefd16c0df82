//! The other transports, each in a process of its own: what a thousand hostile connections make resident at the worst moment.
//!
//! What the operating system counts, since libcurl does not ask Rust's allocator, and a thread has a stack. It says more than is in
//! use: what a buffer has grown out of stays resident for the next one.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::process::Command;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use futures_util::future::{Either, join_all, select};
use gather_async_std::AsyncStd;
use gather_blocking::{RawFetch, UreqFetch};
use gather_core::{Clock, Fetch, Host, get};
use gather_isahc::IsahcFetch;
use gather_reqwest::ReqwestFetch;
use gather_smol::Smol;
use gather_surf::SurfFetch;
use gather_tokio::Tokio;
use smol::block_on;

use crate::{CONNECTIONS, KIB, hold, origin, peak_kib};

/// The argument that makes this program the process of one transport; its name and an address follow.
pub(crate) const ROLE: &str = "be-the-client";

/// What is held, in KiB for each connection: about twice what was measured. Of heads without end each transport has what its
/// limit allows, in a buffer that may have doubled, and how many there are at once depends on who is faster. ureq has buffers of
/// 128 KiB whatever comes.
const BOUNDS: [(&str, &str, usize); 18] = [
    ("reqwest", "begun-heads", 80),
    ("reqwest", "long-heads", 300),
    ("reqwest", "bodies", 80),
    ("reqwest", "endless-fields", 900),
    ("isahc", "begun-heads", 50),
    ("isahc", "long-heads", 180),
    ("isahc", "bodies", 280),
    ("isahc", "endless-fields", 900),
    ("surf", "begun-heads", 60),
    ("surf", "bodies", 60),
    ("surf", "endless-fields", 60),
    ("ureq", "begun-heads", 700),
    ("ureq", "bodies", 700),
    ("ureq", "endless-fields", 700),
    ("sockets", "begun-heads", 90),
    ("sockets", "long-heads", 210),
    ("sockets", "bodies", 90),
    ("sockets", "endless-fields", 210),
];

/// Starts a process for each transport and each kind of server, one after the other, and holds what they say.
pub(crate) fn measure_all(origin: &str) {
    for (name, path, bound) in BOUNDS {
        let program = std::env::current_exe().expect("the path of this program");
        let ran = Command::new(program).args([ROLE, name, &format!("{origin}/{path}")]).output().expect("a process");
        let said = String::from_utf8_lossy(&ran.stdout);
        let kib = said.trim().parse::<usize>();
        let kib = kib.unwrap_or_else(|_| panic!("{name}, {path}: {said} {}", String::from_utf8_lossy(&ran.stderr)));
        hold(
            &format!("{name}, {path}, for each connection at the worst moment"),
            "resident",
            kib * KIB / CONNECTIONS,
            bound,
        );
    }
}

/// The process of one transport: asks a thousand times at once, and says how many KiB became resident.
pub(crate) fn measure(name: &str, url: &str) {
    thread::spawn(|| {
        thread::sleep(Duration::from_secs(180));
        eprintln!("it hangs");
        std::process::exit(1);
    });
    let before = peak_kib();
    match name {
        "reqwest" => {
            let host = Tokio::current_thread().expect("a runtime");
            host.run(async |clock| asked(&ReqwestFetch::new().expect("TLS"), &clock, url).await);
        }
        "isahc" => {
            Smol::current_thread().run(async |clock| asked(&IsahcFetch::new().expect("curl"), &clock, url).await);
        }
        "surf" => AsyncStd::new().run(async |clock| asked(&SurfFetch::new(), &clock, url).await),
        "ureq" => asked_by_threads(UreqFetch::new(), url),
        "sockets" => asked_by_threads(RawFetch::new(), url),
        other => panic!("no transport is called {other}"),
    }
    println!("{}", peak_kib() - before);
    // Whatever waits for the rest of an answer, threads among them, would wait for as long as its deadline says.
    std::process::exit(0);
}

/// Asks, and returns when every answer is there as far as it goes.
async fn asked<F: Fetch, C: Clock>(fetch: &F, clock: &C, url: &str) {
    let asking = Box::pin(join_all((0..CONNECTIONS).map(|_| fetch.fetch(get(url).expect("an address")))));
    let come = Box::pin(async {
        while !all_hang(url) {
            clock.sleep(Duration::from_millis(50)).await;
        }
    });
    let settled = async || {
        let mut settling = Settling::default();
        while !settling.is_over() {
            clock.sleep(Duration::from_millis(20)).await;
        }
    };
    // Heads that were begun never come, and are read as long as somebody asks; bodies are held, and nobody reads them.
    match select(asking, come).await {
        Either::Left((_answers, _)) => settled().await,
        Either::Right(((), asking)) => drop(select(asking, Box::pin(settled())).await),
    }
}

/// The same where each exchange takes a thread.
fn asked_by_threads<F: Fetch + Clone + Send + 'static>(fetch: F, url: &str) {
    let (sender, answers) = mpsc::channel();
    for _ in 0..CONNECTIONS {
        let (fetch, url, sender) = (fetch.clone(), url.to_owned(), sender.clone());
        thread::spawn(move || {
            let answer = block_on(fetch.fetch(get(url).expect("an address")));
            sender.send(()).expect("somebody counts");
            // The answer is held, and so is the thread.
            thread::park();
            drop(answer);
        });
    }
    let mut come = 0;
    while come < CONNECTIONS && !all_hang(url) {
        come += usize::from(answers.recv_timeout(Duration::from_millis(50)).is_ok()) + answers.try_iter().count();
    }
    let mut settling = Settling::default();
    while !settling.is_over() {
        thread::sleep(Duration::from_millis(20));
    }
}

/// Whether the origin has sent all that it is going to send to a thousand connections, and that is no whole answer.
fn all_hang(url: &str) -> bool {
    let authority = url.split('/').nth(2).expect("an address");
    let mut socket = TcpStream::connect(authority).expect("the origin");
    let asked = format!("GET {} HTTP/1.1\r\nhost: {authority}\r\nconnection: close\r\n\r\n", origin::HANGING);
    socket.write_all(asked.as_bytes()).expect("the origin");
    socket.shutdown(Shutdown::Write).expect("the origin");
    let mut said = String::new();
    socket.read_to_string(&mut said).expect("an answer");
    said.rsplit(' ').next().and_then(|count| count.parse::<usize>().ok()).expect("a number") >= CONNECTIONS
}

/// Whether the peak has stayed where it is for a while: what was sent has then been read.
#[derive(Default)]
struct Settling {
    peak: usize,
    same: u32,
}

impl Settling {
    fn is_over(&mut self) -> bool {
        let peak = peak_kib();
        self.same = if peak == self.peak { self.same + 1 } else { 0 };
        self.peak = peak;
        self.same >= 15
    }
}
