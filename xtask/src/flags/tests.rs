//! What documents, help texts, the CI and the action tell people to type is understood, and what help explains exists.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use super::{COMMANDS, Command, parse};
use crate::definitions::Definitions;

#[test]
fn every_command_that_a_document_shows_is_understood() {
    let definitions = Definitions::load(&root().join("benches")).unwrap();
    let mut seen = 0;
    for file in files() {
        let text = fs::read_to_string(&file).unwrap();
        for words in text.match_indices("cargo xtask ").filter_map(|(at, _)| typed(&text, at)) {
            let shown = format!("{}: cargo xtask {}", file.display(), words.join(" "));
            let command = parse(words.iter().map(OsString::from));
            let command = command.unwrap_or_else(|failure| panic!("{shown}: {failure}"));
            let (workloads, engines) = named(&command);
            for name in workloads {
                let known = definitions.workloads.iter().any(|workload| workload.name == *name);
                assert!(known, "{shown}: there is no workload `{name}`");
            }
            for name in engines.iter().filter(|name| *name != OWN) {
                assert!(definitions.engine(name).is_some(), "{shown}: there is no engine `{name}`");
            }
            seen += 1;
        }
    }
    assert!(seen > 60, "only {seen} commands were found in the documents");
}

#[test]
fn every_flag_that_a_help_explains_is_understood() {
    let mut seen = 0;
    for (command, text) in COMMANDS {
        // Those of its synopsis, and those that begin a line which explains them.
        let lines = text.lines().filter(|line| line.starts_with("cargo xtask") || line.trim_start().starts_with("--"));
        let lines = lines.filter_map(|line| line.trim_start().split("  ").next());
        let words =
            lines.flat_map(|line| line.split(|letter: char| !(letter.is_ascii_alphanumeric() || letter == '-')));
        for flag in words.filter(|word| word.len() > 2 && word.starts_with("--")) {
            if let Err(failure) = parse([command, flag, "1"].map(OsString::from).into_iter()) {
                let failure = failure.to_string();
                assert!(!failure.contains("invalid option"), "cargo xtask {command} {flag}: {failure}");
            }
            seen += 1;
        }
    }
    assert!(seen > 100, "only {seen} flags were found in the help texts");
}

#[test]
fn what_nobody_would_understand_is_found() {
    let words = |text: &str| typed(text, text.find("cargo xtask ").unwrap());
    let owned = |words: &[&str]| Some(words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>());
    assert_eq!(words("run: cargo xtask bench --quick || [ $? -eq 4 ]"), owned(&["bench", "--quick"]));
    assert_eq!(words("see `cargo xtask advise --latency\n80ms` there"), owned(&["advise", "--latency", "80ms"]));
    assert_eq!(words("    cargo xtask cmp A B    what changed"), owned(&["cmp", "A", "B"]));
    assert_eq!(words("cargo xtask report \"$A/b\" >> \"$C\""), owned(&["report", "$A/b"]));
    assert_eq!(words("(`cargo xtask gate`)"), owned(&["help", "gate"]), "a name alone is a mention");
    assert_eq!(words("cargo xtask bench [--quick | --all]"), None);
    assert!(parse(["bench", "--qiuck"].map(OsString::from).into_iter()).is_err());
    assert!(parse(["help", "bensh"].map(OsString::from).into_iter()).is_err());
}

/// The engine that BYOR.md shows how to write.
const OWN: &str = "mine";

/// Begins a sentence of the overview, in which it is no command.
const PROSE: &str = "measures";

/// Where the arguments of a command end that stands in a line.
const ENDS: [&str; 8] = ["  ", " #", " && ", " || ", " | ", " > ", " >> ", "; "];

/// The arguments of the command at a place of a text: up to the closing backtick, or to the end of its line. `None` where it
/// shows what can be typed in general, or passes on what it was given.
fn typed(text: &str, at: usize) -> Option<Vec<String>> {
    let rest = &text[at + "cargo xtask ".len()..];
    let end = if text[..at].ends_with('`') { rest.find('`') } else { rest.find(['\n', '`']) };
    let line = rest[..end.unwrap_or(rest.len())].replace('\n', " ");
    let end = ENDS.iter().filter_map(|end| line.find(end)).min().unwrap_or(line.len());
    let line = &line[..end];
    let words: Vec<String> = line.split_whitespace().map(|word| word.trim_matches(['"', '\'']).to_owned()).collect();
    match &words[..] {
        [] => None,
        [first, ..] if first == PROSE || line.contains('[') || first.chars().all(|letter| letter.is_uppercase()) => {
            None
        }
        [help, topic] if help == "help" && topic.chars().all(|letter| letter.is_uppercase()) => None,
        [name] if name != "help" => Some(vec!["help".to_owned(), name.trim_end_matches(['.', ',', ')']).to_owned()]),
        _ => Some(words),
    }
}

/// The workloads and the engines that a command names.
fn named(command: &Command) -> (&[String], &[String]) {
    match command {
        Command::Bench(flags) => (&flags.workloads, &flags.engines),
        Command::Diff(flags) => (&flags.bench.workloads, &flags.bench.engines),
        Command::Gate(flags) => (&flags.workloads, &flags.engines),
        Command::Cmp(flags) => (&flags.workloads, &flags.engines),
        Command::Rank(flags) | Command::Cost(flags) => (&flags.workloads, &[]),
        Command::Show(flags) => (&flags.workloads, &[]),
        _ => (&[], &[]),
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_path_buf()
}

/// Everything that tells people, or a machine, what to type.
fn files() -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders: Vec<PathBuf> = [".github", ".ci", "benches", "crates", "examples", "xtask/src/help"]
        .map(|folder| root().join(folder))
        .to_vec();
    found.extend(listed(&root()).into_iter().filter(|path| path.extension().is_some_and(|kind| kind == "md")));
    while let Some(folder) = folders.pop() {
        for path in listed(&folder) {
            // What was recorded was typed at another time, and to another version.
            if path.is_dir() && !path.ends_with("record") && !path.ends_with("target") {
                folders.push(path);
            } else if path.extension().is_none_or(|kind| KINDS.iter().any(|known| kind == *known)) && path.is_file() {
                found.push(path);
            }
        }
    }
    found
}

const KINDS: [&str; 6] = ["md", "txt", "toml", "yml", "sh", "py"];

fn listed(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    entries.map(|entry| entry.unwrap().path()).collect()
}
