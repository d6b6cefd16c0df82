//! Every target over its seeds, over what was ever found, and over some thousand mutations of both, the same in every run.
//!
//! `GATHER_MUTATIONS` is another number of them for each target; a failure prints the input, to be put into `found/`.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::{env, fs};

use gather_properties::{seeds, target};

/// As many as a debug build does in some seconds, all targets together.
const MUTATIONS: usize = 1_000;

/// The longest input: what is longer is slower, and shows no more.
const LONGEST: usize = 8 << 10;

fn run(name: &str) {
    let property = target(name).expect("a target");
    let suites = seeds::suites();
    let mut inputs = found(name);
    inputs.extend(seeds::of(name, suites.as_deref()));
    assert!(!inputs.is_empty(), "{name} has nothing to begin with");
    inputs.iter().for_each(|input| holds(name, property, input));

    inputs.retain(|input| input.len() <= LONGEST);
    let mutations = env::var("GATHER_MUTATIONS").map_or(MUTATIONS, |text| text.parse().expect("a number"));
    let mut random = fastrand::Rng::with_seed(name.bytes().map(u64::from).sum());
    for _ in 0..mutations {
        let input = mutation(&inputs, &mut random);
        holds(name, property, &input);
    }
}

fn holds(name: &str, property: fn(&[u8]), input: &[u8]) {
    if let Err(panic) = catch_unwind(AssertUnwindSafe(|| property(input))) {
        eprintln!("{name} does not hold for b\"{}\"", input.escape_ascii());
        std::panic::resume_unwind(panic);
    }
}

/// Inputs that have once shown a fault: a file for each, in a folder for the target.
fn found(name: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("found").join(name);
    let mut paths: Vec<_> = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    paths.sort();
    paths.iter().map(|path| fs::read(path).expect("a file")).collect()
}

/// One of `inputs`, changed in a few places.
fn mutation(inputs: &[Vec<u8>], random: &mut fastrand::Rng) -> Vec<u8> {
    let mut input = random.choice(inputs).expect("at least one").clone();
    for _ in 0..random.usize(1..=6) {
        let at = random.usize(0..=input.len());
        let end = random.usize(at..=(at + 20).min(input.len()));
        match random.u8(0..8) {
            0 if at < input.len() => input[at] = random.u8(..),
            1 if at < input.len() => input[at] ^= 1 << random.u8(0..8),
            2 => input.truncate(at),
            3 => drop(input.drain(at..end)),
            4 => drop(input.splice(at..at, *random.choice(TELLING).expect("some"))),
            5 => drop(input.splice(at..at, input[at..end].to_vec())),
            6 => {
                // The end of another one: what both mean apart they may not mean together.
                let other = random.choice(inputs).expect("at least one");
                let from = random.usize(0..=other.len());
                input.truncate(at);
                input.extend_from_slice(&other[from..]);
            }
            _ => input.insert(at, random.u8(..)),
        }
    }
    input.truncate(LONGEST);
    input
}

/// Bytes that mean something to one parser or another.
const TELLING: &[[u8; 2]] = &[
    *b"\r\n",
    *b"; ",
    *b"//",
    *b"..",
    *b"\"\"",
    *b"\\\"",
    *b"<!",
    *b"&#",
    *b"%0",
    *b"@:",
    *b", ",
    *b"=\n",
    *b"*,",
    *b"\0\0",
    [0xff, 0xfe],
    [0xef, 0xbb],
    [0x7f, 0x80],
    [0xff, 0xff],
    [0x1f, 0x8b],
    [0x28, 0xb5],
];

macro_rules! targets {
    ($($name:ident)+) => {
        $(
            #[test]
            fn $name() {
                run(stringify!($name));
            }
        )+

        #[test]
        fn every_target_is_run() {
            assert_eq!(gather_properties::TARGETS.map(|(name, _)| name), [$(stringify!($name)),+]);
        }
    };
}

targets!(decoding charset cookies fields caching disk_entry addresses redirects client html tokenizer json);
