//! The command as a whole: its arguments, its one line, its end, and its exit codes.

use std::ffi::OsString;
use std::io::{self, Write};
use std::process::ExitCode;
use std::thread;

use super::support::{Client, Folder, Running, number, words};
use crate::run::run;

/// Runs the command with an input that has ended already; returns the exit code, what it printed and what it complained about.
fn finished(arguments: &[&str]) -> (ExitCode, String, String) {
    let (mut output, mut errors) = (Vec::new(), Vec::new());
    let code = run(arguments.iter().map(OsString::from), io::empty(), &mut output, &mut errors);
    (code, String::from_utf8(output).expect("text"), String::from_utf8(errors).expect("text"))
}

/// Hands on what is written to it, line by line.
pub(super) struct Lines(std::sync::mpsc::Sender<String>, Vec<u8>);

impl Lines {
    pub(super) fn to(send: std::sync::mpsc::Sender<String>) -> Lines {
        Lines(send, Vec::new())
    }
}

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.1.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let line = String::from_utf8(std::mem::take(&mut self.1)).expect("text");
        self.0.send(line).map_err(io::Error::other)
    }
}

#[test]
fn it_says_where_it_listens_and_ends_with_its_input() {
    let (input, keep_open) = io::pipe().expect("a pipe");
    let (send, lines) = std::sync::mpsc::channel();
    let origin = thread::spawn(move || {
        let arguments = ["--generated", "7", "--cpu", "none", "--let-cpus-sleep"].map(OsString::from);
        run(arguments, input, &mut Lines::to(send), &mut io::sink())
    });
    let line = lines.recv().expect("it prints a line");
    assert!(line.starts_with("ready addr=127.0.0.1:") && line.ends_with('\n'), "{line}");
    let ready = words(line.trim_start_matches("ready "));
    assert_eq!(
        (ready["corpus"].as_str(), number(&ready, "pages"), ready["cpus_awake"].as_str(), ready["hosts"].as_str()),
        ("generated", 7, "no", "1")
    );
    let mut client = Client::new(ready["addr"].parse().expect("an address"));
    let bytes: usize = (0..7).map(|index| client.get(&format!("/page/{index}")).body.len()).sum();
    assert_eq!(bytes as u64, number(&ready, "bytes"));

    // A request that waits, and one that waits for ever, do not hold the end up.
    client.ask("GET", "/page/1?delay_us=600000000");
    drop(keep_open);
    assert_eq!(origin.join().expect("it does not panic"), ExitCode::SUCCESS);
    assert!(client.is_ended());
}

#[test]
fn a_directory_is_served_as_it_is() {
    let folder = Folder::new();
    folder.write("a.html", "<p>a");
    folder.write("b.html", "<p>bb");
    let path = folder.path().to_str().expect("a plain path");
    let (code, output, errors) = finished(&["--corpus", path, "--cpu", "none"]);
    assert_eq!(code, ExitCode::SUCCESS, "{errors}");
    assert!(output.contains(" corpus=directory pages=2 bytes=9 "), "{output}");
}

#[test]
fn what_it_cannot_serve_is_said_with_exit_code_1() {
    let folder = Folder::new();
    let path = folder.path().to_str().expect("a plain path");
    let (code, output, errors) = finished(&["--corpus", path]);
    assert_eq!((code, output.as_str()), (ExitCode::FAILURE, ""));
    assert!(errors.starts_with("gather-origin: the corpus below ") && errors.contains("is empty"), "{errors}");

    let other = Running::start();
    let port = other.address.port().to_string();
    let (code, output, errors) = finished(&["--generated", "1", "--cpu", "none", "--port", &port]);
    assert_eq!((code, output.as_str()), (ExitCode::FAILURE, ""));
    assert!(errors.contains(&format!("cannot listen on 127.0.0.1:{port}: ")), "{errors}");
}

#[test]
fn arguments_that_are_not_understood_are_said_with_exit_code_2() {
    for (arguments, complaint) in [
        (&["--prot", "1"][..], "--prot"),
        (&["extra"], "extra"),
        (&["--port"], "--port"),
        (&["--port", "65536"], "--port takes a whole number from 0 to 65535, got \"65536\""),
        (&["--generated", "0"], "--generated takes a whole number from 1"),
        (&["--generated", "2", "--corpus", "x"], "exclude each other"),
        (&["--take-every", "0"], "--take-every takes"),
        (&["--jitter-percent", "101"], "from 0 to 100"),
        (&["--seed", "-1"], "--seed takes"),
        (&["--hosts", "0"], "--hosts takes a whole number from 1 to 10000, got \"0\""),
        (&["--hosts", "10001"], "--hosts takes"),
        (&["--burn-us", "1000001"], "--burn-us takes"),
        (&["--cpu", "first"], "--cpu takes the number of a CPU or \"none\""),
    ] {
        let (code, output, errors) = finished(arguments);
        assert_eq!((code, output.as_str()), (ExitCode::from(2), ""), "{arguments:?}");
        assert!(errors.contains(complaint) && errors.contains("usage: "), "{arguments:?}: {errors}");
    }
}

#[test]
fn help_is_help_and_a_missing_cpu_is_no_reason_to_stop() {
    let (code, output, errors) = finished(&["--help"]);
    assert_eq!((code, errors.as_str()), (ExitCode::SUCCESS, ""));
    for option in [
        "--port",
        "--hosts",
        "--corpus",
        "--take-every",
        "--max-page-bytes",
        "--generated",
        "--cpu",
        "--let-cpus-sleep",
        "--seed",
        "--jitter-percent",
        "--burn-us",
    ] {
        assert!(output.contains(&format!("\n  {option} ")), "{option} is explained");
    }

    for cpu in ["1000", "1000000"] {
        let (code, output, errors) = finished(&["--generated", "1", "--cpu", cpu]);
        assert_eq!(code, ExitCode::SUCCESS);
        assert!(output.starts_with("ready ") && errors.contains(&format!("cannot run on CPU {cpu} alone")), "{errors}");
        assert_eq!(errors.lines().count(), 1, "{errors}");
    }
}

#[test]
fn what_nginx_cannot_be_told_is_not_understood() {
    let wrong = [
        vec!["--nginx", ""],
        vec!["--nginx", "none"],
        vec!["--nginx", "0,,1"],
        vec!["--nginx", "4096"],
        vec!["--nginx", "0", "--hosts", "2"],
        vec!["--nginx", "0", "--burn-us", "5"],
        vec!["--port", "8080", "--nginx", "0"],
    ];
    for arguments in wrong {
        let (code, output, errors) = finished(&arguments);
        assert_eq!((code, output.as_str()), (ExitCode::from(2), ""), "{arguments:?}");
        assert!(errors.contains("--nginx "), "{errors}");
    }
}
