//! Where mutations begin: inputs that are what real servers send, or that somebody has thought of as evil.
//!
//! What the outside suites have is read from `$GATHER_SUITES` and never copied; without them there is what stands here.

use std::path::{Path, PathBuf};
use std::{env, fs};

mod compressed;
mod written;

/// The folder of the outside suites: `$GATHER_SUITES`, or where it lies beside the repository. `None`, said in a line,
/// where it is not there.
pub fn suites() -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/suites");
    let folder = env::var_os("GATHER_SUITES").map_or_else(beside, PathBuf::from);
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("fewer seeds: the outside suites are not at {}; set GATHER_SUITES", folder.display());
    None
}

/// The seeds of a target, in an order that stays.
pub fn of(target: &str, suites: Option<&Path>) -> Vec<Vec<u8>> {
    let mut seeds = written::of(target);
    if let Some(suites) = suites {
        seeds.extend(from(target, suites));
    }
    seeds
}

fn from(target: &str, suites: &Path) -> Vec<Vec<u8>> {
    match target {
        "decoding" => compressed::of(&texts(suites)),
        "charset" => documents(suites).into_iter().map(|page| [&[0, 0, 7][..], &page].concat()).collect(),
        "html" => documents(suites).into_iter().map(|page| [&[0, 2, 0][..], &page].concat()).collect(),
        "tokenizer" => documents(suites).into_iter().map(|page| [&[0, 1, 0][..], &page].concat()).collect(),
        "addresses" => addresses(suites),
        "cookies" => domains(suites),
        // A page of the suites that is JSON: the cases themselves.
        "json" => {
            files(&suites.join("html5lib/tokenizer")).into_iter().map(|file| [&[0, 3][..], &file].concat()).collect()
        }
        _ => Vec::new(),
    }
}

/// Plain texts: sitemaps, and lists of names.
fn texts(suites: &Path) -> Vec<Vec<u8>> {
    let mut texts = files(&suites.join("sitemaps"));
    texts.extend(files(&suites.join("psl")));
    texts.iter_mut().for_each(|text| text.truncate(3000));
    texts
}

/// The cases of html5lib for encodings and for tokenizers.
fn documents(suites: &Path) -> Vec<Vec<u8>> {
    let mut documents: Vec<Vec<u8>> = Vec::new();
    for file in files(&suites.join("html5lib/encoding")) {
        let cases = String::from_utf8_lossy(&file).into_owned();
        documents
            .extend(cases.split("#data\n").skip(1).map(|case| case.split("\n#encoding").next().unwrap_or(case).into()));
    }
    for file in files(&suites.join("html5lib/tokenizer")) {
        let Ok(json) = serde_json::from_slice::<serde_json::Value>(&file) else { continue };
        let cases = json["tests"].as_array().into_iter().flatten();
        documents.extend(cases.filter_map(|case| case["input"].as_str()).map(|input| input.into()));
    }
    documents.retain(|document| document.len() <= 4096);
    // There are thousands of entities, all alike.
    thin(documents, 400)
}

/// Base and reference of the WHATWG's cases.
fn addresses(suites: &Path) -> Vec<Vec<u8>> {
    let Ok(file) = fs::read(suites.join("urls/urltestdata.json")) else { return Vec::new() };
    let Ok(json) = serde_json::from_slice::<serde_json::Value>(&file) else { return Vec::new() };
    let cases = json.as_array().into_iter().flatten();
    let pair = |case: &serde_json::Value| {
        let input = case["input"].as_str()?;
        Some(format!("{}\n{input}", case["base"].as_str().unwrap_or("https://example.com/a/b?c#d")).into_bytes())
    };
    cases.filter_map(pair).collect()
}

/// Cookies for the domains of the public suffix list's cases.
fn domains(suites: &Path) -> Vec<Vec<u8>> {
    let Ok(list) = fs::read_to_string(suites.join("psl/test_psl.txt")) else { return Vec::new() };
    let names: Vec<_> = list.split('\'').skip(1).step_by(2).collect();
    let cookies = |names: &[&str]| {
        let lines = names.iter().map(|name| format!("a=1; Domain={name}; Max-Age=60\n"));
        [&[1, 1, 0][..], lines.collect::<String>().as_bytes()].concat()
    };
    names.chunks(6).map(cookies).collect()
}

/// The contents of the files in a folder, by name; none where there is no folder.
fn files(folder: &Path) -> Vec<Vec<u8>> {
    let mut paths: Vec<_> = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    paths.sort();
    paths.iter().filter_map(|path| fs::read(path).ok()).collect()
}

/// At most about so many, evenly chosen.
fn thin(seeds: Vec<Vec<u8>>, most: usize) -> Vec<Vec<u8>> {
    let step = seeds.len().div_ceil(most).max(1);
    seeds.into_iter().step_by(step).collect()
}
