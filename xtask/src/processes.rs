//! The children of this process: they are spoken to in lines, watched together, and never outlive it.

mod groups;
mod listening;
mod member;

use std::collections::{BTreeMap, VecDeque};
use std::io::Write as _;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::{Duration, Instant};

use self::groups::Groups;
use self::listening::{forward_lines, keep_last_words, listen_for_interrupts};
use self::member::{Member, Role};
use crate::failure::Failure;

/// Names one child for as long as it is watched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Id(usize);

/// All children, and the one channel on which everything happens: their lines, their ends, and ^C. One channel, because
/// while a runner is being listened to, the origin may die or the user may have had enough.
pub(crate) struct Processes {
    members: BTreeMap<Id, Member>,
    /// Those that fell away while another one was listened to, and why: said when their turn comes.
    fallen: BTreeMap<Id, String>,
    next: usize,
    sender: Sender<Event>,
    events: Receiver<Event>,
    /// What happened while something else was waited for.
    held: VecDeque<Event>,
    /// Where each engine gets a control group of its own. They go when the children have gone.
    groups: Option<Groups>,
}

enum Event {
    Line(Id, String),
    Ended(Id),
    Interrupted,
}

/// How long a child that was asked to end may take when nobody wants to wait.
const GRACE: Duration = Duration::from_millis(300);
/// The same at an orderly end: a runner may have a million tasks to drop.
const PATIENCE: Duration = Duration::from_secs(10);

impl Processes {
    /// Starts to listen for ^C; a second one ends this process at once.
    pub(crate) fn new() -> Result<Processes, Failure> {
        let (sender, events) = mpsc::channel();
        listen_for_interrupts(sender.clone())?;
        Ok(Processes {
            members: BTreeMap::new(),
            fallen: BTreeMap::new(),
            next: 0,
            sender,
            events,
            held: VecDeque::new(),
            groups: None,
        })
    }

    /// From now on each engine gets a control group of its own.
    ///
    /// # Errors
    /// When none can be made here.
    pub(crate) fn group_engines(&mut self) -> Result<(), Failure> {
        self.groups = Some(Groups::new()?);
        Ok(())
    }

    /// Starts an engine, which speaks the lab's protocol on its standard input and output. It stays in our process group,
    /// so that a terminal's ^C reaches it too.
    pub(crate) fn start(&mut self, name: &str, command: &mut Command) -> Result<Id, Failure> {
        let mut grouped = self.groups.as_mut().map(|groups| groups.wrap(command)).transpose()?;
        let command = grouped.as_mut().unwrap_or(command);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        self.adopt(name, command, Role::Engine)
    }

    /// The same of a child that everybody needs: when it ends, nothing can go on.
    pub(crate) fn start_shared(&mut self, name: &str, command: &mut Command) -> Result<Id, Failure> {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        self.adopt(name, command, Role::Shared)
    }

    /// Starts a tool whose standard error is for the user. It leads a group, so that what it started ends with it.
    pub(crate) fn start_tool(&mut self, name: &str, command: &mut Command) -> Result<Id, Failure> {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::inherit());
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(command, 0);
        self.adopt(name, command, Role::Tool)
    }

    /// Sends one line. That the child is gone shows when its answer is awaited.
    pub(crate) fn tell(&mut self, id: Id, line: &str) {
        if let Some(stdin) = self.members.get_mut(&id).and_then(|member| member.stdin.as_mut()) {
            let _ = stdin.write_all(format!("{line}\n").as_bytes());
        }
    }

    /// The next line of a child that has to answer.
    ///
    /// # Errors
    /// When it or a child that everybody needs ends, when such a one speaks, when nothing comes within `limit`, and on ^C.
    pub(crate) fn answer(&mut self, id: Id, limit: Duration) -> Result<String, Failure> {
        match self.line_or_end(id, limit)? {
            Some(line) => Ok(line),
            None => Err(Failure::Silent(self.obituary(id))),
        }
    }

    /// The same of a child that may also end: then `None`.
    pub(crate) fn line_or_end(&mut self, id: Id, limit: Duration) -> Result<Option<String>, Failure> {
        let deadline = Instant::now() + limit;
        while !self.fallen.contains_key(&id) {
            match self.event(deadline) {
                Ok(Event::Interrupted) => return Err(Failure::Interrupted),
                Ok(Event::Line(speaker, line)) if speaker == id => return Ok(Some(line)),
                Ok(Event::Line(speaker, line)) => {
                    let Some(member) = self.members.get(&speaker) else { continue };
                    let reason = format!("{} spoke without being asked: {line}", member.name);
                    self.lose(speaker, |processes| {
                        processes.kill(speaker);
                        reason
                    })?;
                }
                Ok(Event::Ended(ended)) if self.members.contains_key(&ended) => {
                    self.interrupted_meanwhile()?;
                    if ended == id {
                        return Ok(None);
                    }
                    self.lose(ended, |processes| processes.obituary(ended))?;
                }
                Ok(Event::Ended(_)) => {}
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                    let name = self.members.get(&id).map_or("a process", |member| &member.name);
                    return Err(Failure::Silent(format!("{name} did not answer within {} s", limit.as_secs())));
                }
            }
        }
        Ok(None)
    }

    /// A child fell away while another one was listened to: an engine is told of when its turn comes, anything else is the
    /// end of all.
    fn lose(&mut self, id: Id, reason: impl FnOnce(&mut Processes) -> String) -> Result<(), Failure> {
        let role = self.members[&id].role;
        let reason = reason(self);
        match role {
            Role::Engine => _ = self.fallen.insert(id, reason),
            Role::Shared | Role::Tool => return Err(Failure::Died(reason)),
        }
        Ok(())
    }

    fn event(&mut self, deadline: Instant) -> Result<Event, RecvTimeoutError> {
        match self.held.pop_front() {
            Some(event) => Ok(event),
            None => self.events.recv_timeout(deadline.saturating_duration_since(Instant::now())),
        }
    }

    /// Closes a child's standard input and waits for its end; after ten seconds it is killed.
    pub(crate) fn stop(&mut self, id: Id) -> Option<ExitStatus> {
        let mut member = self.members.remove(&id)?;
        member.stdin = None;
        member.end(PATIENCE)
    }

    /// Ends a child that can no longer be trusted to end by itself.
    pub(crate) fn kill(&mut self, id: Id) {
        if let Some(mut member) = self.members.remove(&id) {
            member.stdin = None;
            member.end(Duration::ZERO);
        }
    }

    /// A terminal's ^C reaches the children as well, and they may be faster: their end is then no accident.
    fn interrupted_meanwhile(&mut self) -> Result<(), Failure> {
        let deadline = Instant::now() + GRACE;
        loop {
            match self.events.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(Event::Interrupted) => return Err(Failure::Interrupted),
                Ok(event) => self.held.push_back(event),
                Err(_) => return Ok(()),
            }
        }
    }

    fn obituary(&mut self, id: Id) -> String {
        if let Some(reason) = self.fallen.remove(&id) {
            return reason;
        }
        let Some(mut member) = self.members.remove(&id) else { return "a process ended".into() };
        member.stdin = None;
        let status = member.end(GRACE).map_or_else(|| "without a status".to_owned(), |status| format!("with {status}"));
        // What it wrote last may still be in the pipe. A grandchild may hold that pipe open, so the wait is bounded.
        let deadline = Instant::now() + GRACE;
        while member.ear.as_ref().is_some_and(|ear| !ear.is_finished()) && Instant::now() < deadline {
            thread::sleep(Duration::from_millis(2));
        }
        let words = member.last_words.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let words: Vec<String> = words.iter().map(|line| format!("\n  | {line}")).collect();
        let said = if words.is_empty() { "; it said nothing on standard error" } else { "; its last words:" };
        format!("{} ended unasked, {status}{said}{}", member.name, words.concat())
    }

    fn adopt(&mut self, name: &str, command: &mut Command, role: Role) -> Result<Id, Failure> {
        let program = command.get_program().to_string_lossy().into_owned();
        let mut child =
            command.spawn().map_err(|error| Failure::io(format_args!("cannot start {name} ({program})"), &error))?;
        let id = Id(self.next);
        self.next += 1;
        let last_words = Arc::default();
        let ear = child.stderr.take().map(|stderr| keep_last_words(stderr, Arc::clone(&last_words)));
        if let Some(stdout) = child.stdout.take() {
            forward_lines(stdout, id, self.sender.clone());
        }
        let stdin = child.stdin.take();
        self.members.insert(id, Member { name: name.to_owned(), child, stdin, last_words, ear, role });
        Ok(id)
    }
}

impl Drop for Processes {
    fn drop(&mut self) {
        // All are asked before the first is waited for, so that together they take as long as the slowest.
        for member in self.members.values_mut() {
            member.stdin = None;
            member.interrupt_group();
        }
        for member in self.members.values_mut() {
            member.end(GRACE);
            // A tool may have started somebody in the background, who does not hear an interrupt.
            member.kill_group();
        }
    }
}
