//! nginx in the origin's place, when the origin is gone from one moment to the next.

use std::io::{BufRead as _, BufReader};
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

#[test]
fn nothing_is_left_of_nginx_when_the_origin_is_killed() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut origin = Command::new(env!("CARGO_BIN_EXE_gather-origin"))
        .args(["--generated", "3", "--cpu", "none", "--let-cpus-sleep", "--nginx", "0"])
        .env("TMPDIR", folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the origin starts");
    let mut line = String::new();
    BufReader::new(origin.stdout.take().expect("it is piped")).read_line(&mut line).expect("the origin says a line");
    if line.starts_with("unsupported ") {
        eprintln!("SKIPPED: {line}");
        origin.wait().expect("it ends");
        return;
    }
    let address = line.split_whitespace().find_map(|word| word.strip_prefix("addr=")).expect("an address").to_owned();
    assert!(TcpStream::connect(&address).is_ok(), "{line}");
    origin.kill().expect("it can be killed");
    origin.wait().expect("it ends");
    let start = Instant::now();
    while TcpStream::connect(&address).is_ok() || folder.path().read_dir().expect("a folder").next().is_some() {
        assert!(start.elapsed() < Duration::from_secs(30), "nginx or its folder is still there");
        thread::sleep(Duration::from_millis(5));
    }
}
