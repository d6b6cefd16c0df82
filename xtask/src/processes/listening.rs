//! What is heard: the lines of children, their last words, and ^C.

use std::collections::VecDeque;
use std::io::{BufRead as _, BufReader, Read};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

use super::{Event, Id};
use crate::failure::Failure;

/// How many lines of its standard error are shown when a child dies.
const LAST_WORDS: usize = 12;

/// Sends each line of a child, and that there are no more.
pub(super) fn forward_lines(stdout: impl Read + Send + 'static, id: Id, events: Sender<Event>) {
    thread::spawn(move || {
        for line in BufReader::new(stdout).split(b'\n').map_while(Result::ok) {
            if events.send(Event::Line(id, String::from_utf8_lossy(&line).into_owned())).is_err() {
                return;
            }
        }
        let _ = events.send(Event::Ended(id));
    });
}

/// Keeps the last lines of its standard error, for its obituary.
pub(super) fn keep_last_words(
    stderr: impl Read + Send + 'static,
    last_words: Arc<Mutex<VecDeque<String>>>,
) -> JoinHandle<()> {
    thread::spawn(move || {
        for line in BufReader::new(stderr).split(b'\n').map_while(Result::ok) {
            let mut words = last_words.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            if words.len() == LAST_WORDS {
                words.pop_front();
            }
            words.push_back(String::from_utf8_lossy(&line).into_owned());
        }
    })
}

/// Sends the first ^C (or whatever else asks this process to end); the second one ends it at once.
#[cfg(unix)]
pub(super) fn listen_for_interrupts(events: Sender<Event>) -> Result<(), Failure> {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

    let mut signals = signal_hook::iterator::Signals::new([SIGINT, SIGTERM, SIGHUP])
        .map_err(|error| Failure::io("cannot listen for ^C", &error))?;
    thread::spawn(move || {
        for (count, _) in signals.forever().enumerate() {
            if count > 0 {
                // Our pipes close with us, and with them end the origin and the runners.
                std::process::exit(130);
            }
            let _ = events.send(Event::Interrupted);
        }
    });
    Ok(())
}

#[cfg(not(unix))]
pub(super) fn listen_for_interrupts(_events: Sender<Event>) -> Result<(), Failure> {
    Ok(())
}
