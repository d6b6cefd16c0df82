//! The encoding cases of html5lib-tests, from `$GATHER_SUITES`.

use std::path::PathBuf;

use gather_client::charset::encoding_rs::{Encoding, WINDOWS_1252};
use gather_client::charset::{CharsetSource, Declared, SniffLimits, prescan, sniff};

struct Case {
    name: String,
    data: Vec<u8>,
    encoding: &'static Encoding,
}

/// The cases of all files; `None` where there is no suite.
fn cases() -> Option<Vec<Case>> {
    let suites = std::env::var_os("GATHER_SUITES")
        .map_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/suites")), PathBuf::from);
    let folder = suites.join("html5lib/encoding");
    let Ok(files) = std::fs::read_dir(&folder) else {
        eprintln!("not run: the encoding suite, because {} is not there; set GATHER_SUITES", folder.display());
        return None;
    };
    let mut cases = Vec::new();
    for file in files {
        let path = file.unwrap().path();
        let file = std::fs::read(&path).unwrap();
        for (number, case) in split(&file, b"#data\n").into_iter().skip(1).enumerate() {
            let name = format!("{} {number}", path.file_name().unwrap().to_string_lossy());
            let parts = split(case, b"\n#encoding\n");
            let [data, encoding] = parts[..] else { panic!("{name}: {} parts", parts.len()) };
            let encoding = Encoding::for_label(encoding).unwrap_or_else(|| panic!("{name}: unknown encoding"));
            cases.push(Case { name, data: data.to_vec(), encoding });
        }
    }
    assert!(cases.len() >= 82, "{} cases", cases.len());
    Some(cases)
}

fn split<'a>(mut bytes: &'a [u8], separator: &[u8]) -> Vec<&'a [u8]> {
    let mut pieces = Vec::new();
    while let Some(at) = bytes.windows(separator.len()).position(|window| window == separator) {
        pieces.push(&bytes[..at]);
        bytes = &bytes[at + separator.len()..];
    }
    pieces.push(bytes);
    pieces
}

/// Where nothing declares an encoding the suite expects the default of the standard's table.
fn sniffed(data: &[u8], limits: SniffLimits) -> &'static Encoding {
    let charset = sniff(&Declared::content_type("text/html"), data, &limits);
    if charset.source == CharsetSource::Detected { WINDOWS_1252 } else { charset.encoding }
}

#[test]
fn all_cases_agree() {
    let Some(cases) = cases() else { return };
    let mut late = Vec::new();
    for Case { name, data, encoding } in &cases {
        if sniffed(data, SniffLimits::default()) == *encoding {
            continue;
        }
        // The suite is for whole parsers too, which change the encoding when they meet a `meta` element later on
        // (13.2.3.4). The prescan looks at the first 1,024 bytes (13.2.3.2), and there is nothing in those.
        late.push(name);
        assert_eq!(prescan(&data[..1024]), None, "{name}");
        assert_eq!(sniffed(data, SniffLimits::default().prescan(data.len())), *encoding, "{name}");
    }
    // Comments of 1,024 to 8,193 characters before the `meta` element.
    assert_eq!(late.len(), 7, "{late:?}");
}
