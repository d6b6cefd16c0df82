//! Addresses are what a full parse makes of them, whether one was needed or not.

use std::path::Path;
use std::{env, fs};

use fastrand::Rng;
use gather_core::parse_page;
use gather_html::{Kinds, Resolver, Url, extract};

const BASES: [&str; 12] = [
    "http://h/",
    "http://h/d/p",
    "https://example.org/a/b/c/?d#e",
    "https://example.org:8443/a/b/c.html?d=/x/y#e/f",
    "http://user:pass@h/a//b/",
    "http://h?q",
    "http://h//",
    "http://[::1]/x/",
    "file:///a/b",
    "mailto:a@b",
    "data:,x",
    "foo://h/a/b",
];

#[track_caller]
fn check(base: Option<&Url>, reference: &str) {
    let expected = match base {
        Some(base) if matches!(base.scheme(), "http" | "https") => base.join(&without_a_third_slash(reference)).ok(),
        Some(base) => base.join(reference).ok(),
        None => Url::parse(reference).ok(),
    };
    let resolver = Resolver::new(base);
    let mut found = String::from("before ");
    let is_address = resolver.resolve_into(reference, &mut found);
    let expected_text = expected.as_ref().map_or("", Url::as_str);
    assert_eq!(found.strip_prefix("before "), Some(expected_text), "{reference:?} against {base:?}");
    assert_eq!(is_address, expected.is_some(), "{reference:?} against {base:?}");
    assert_eq!(resolver.resolve(reference), expected, "{reference:?} against {base:?}");
}

/// As the URL standard has it for addresses that are fetched; `Url::join` takes a third slash for the end of an empty host.
fn without_a_third_slash(reference: &str) -> String {
    let mut bare: String = reference.trim_start_matches(|letter| letter <= ' ').to_owned();
    bare.retain(|letter| !matches!(letter, '\t' | '\n' | '\r'));
    let rest = bare.trim_start_matches(['/', '\\']);
    if bare.len() - rest.len() > 2 { format!("//{rest}") } else { reference.to_owned() }
}

#[test]
fn slashes_before_a_host_are_two_however_many_there_are() {
    let (web, file) = ["https://one.test/a/b?c", "file:///a/b"].map(|base| Url::parse(base).unwrap()).into();
    for (reference, expected) in [
        ("///two.test/x", Some("https://two.test/x")),
        ("//////two.test", Some("https://two.test/")),
        ("\\/\\two.test/x", Some("https://two.test/x")),
        (" /\t//two.test/x", Some("https://two.test/x")),
        ("/x//y", Some("https://one.test/x//y")),
        ("x///y", Some("https://one.test/a/x///y")),
        ("///", None),
    ] {
        let found = Resolver::new(Some(&web)).resolve(reference);
        assert_eq!(found.as_ref().map(Url::as_str), expected, "{reference:?}");
        check(Some(&web), reference);
    }
    assert_eq!(Resolver::new(Some(&file)).resolve("///c").unwrap().as_str(), "file:///c");
}

#[test]
fn written_references() {
    for base in BASES.map(|base| Url::parse(base).unwrap()) {
        for reference in [
            "",
            "x",
            "x/",
            "x/y.html",
            "../x",
            "../../x",
            "../../../../x",
            "../",
            "..",
            ".",
            "./x",
            "../.x",
            "x/../y",
            "x/./y",
            "x/.y",
            "/",
            "/x",
            "//h2/x",
            "///x",
            "/../x",
            "..//x",
            "..///x",
            "x//y",
            "?",
            "?q",
            "?q?r#s",
            "#",
            "#f",
            "#f#g",
            "?'",
            "x'y",
            "x?y'z",
            "x#y'z",
            "x:y",
            "x/y:z",
            "../x:y",
            "?x:y",
            "#x:y",
            ":x",
            "http:x",
            "http:/x",
            "http://x",
            "https://x",
            "HTTP://x",
            "http://X",
            "http://x.y",
            "http://x.y/",
            "http://x.y?q",
            "http://x.y#f",
            "http://x..y/",
            "http://x./",
            "http://.x/",
            "http://1.2.3.4/",
            "http://1.2/",
            "http://x.1/",
            "http://x.0x1/",
            "http://xn--zca/",
            "http://xn--a/",
            "http://a--b.c/",
            "http://ab--c.d/",
            "http://-a.b/",
            "http://a-.b/",
            "http://a.b-/",
            "http://a_b/",
            "http://a:80/",
            "https://a:443/x",
            "http://a@b/",
            "http://",
            "http:///x",
            "https://a/../b",
            "https://a/b/../c",
            "https://a/%2e/b",
            "https://a/%2E%2e/b",
            "%2e%2e/x",
            "x/%2e",
            "%2f",
            "%",
            "%zz",
            "a b",
            "a\tb",
            " x ",
            "a\\b",
            "\\x",
            "ü",
            "?ü",
            "#ü",
            "javascript:void(0)",
            "mailto:a@b",
            "a|b",
            "a^b",
            "a`b",
            "a{b}",
            "[a]",
            "a~b",
            "a\"b",
            "<a>",
            "a;b=c,d!$&()*+@",
        ] {
            check(Some(&base), reference);
            check(None, reference);
        }
    }
}

#[test]
fn more_folders_than_are_looked_at() {
    for depth in [1, 2, 31, 32, 33, 40] {
        let base = Url::parse(&format!("http://h/{}p", "a/".repeat(depth))).unwrap();
        for above in [0, 1, 30, 31, 32, 33, 39, 40, 41] {
            check(Some(&base), &format!("{}x", "../".repeat(above)));
        }
    }
}

#[test]
fn arbitrary_references() {
    let mut random = Rng::with_seed(6);
    let pieces = "../|./|/|//|.|..|a|b.c|%2e|%2E.|%20|%|?|#|:|@|&|=|'|\\|http://|https://|HTTP://|h|xn--|-|1|0x|;|+|~|!|(|)|*|,|$|_|ü| |\t|[|]|^||Z";
    let pieces: Vec<&str> = pieces.split('|').collect();
    let bases = BASES.map(|base| Url::parse(base).unwrap());
    for _ in 0..30_000 {
        let reference: String = (0..random.usize(..8)).map(|_| pieces[random.usize(..pieces.len())]).collect();
        check(Some(&bases[random.usize(..bases.len())]), &reference);
    }
}

/// References of every length that is treated differently, with everything that means something at every place.
fn every_byte_at_every_place() -> Vec<String> {
    let mut references = Vec::new();
    for length in [1, 2, 3, 4, 7, 8, 15, 16, 17, 31, 32, 33, 48, 63, 64, 65, 80] {
        for at in 0..length {
            for piece in ["%", "/.", "..", "#", "?", "'", "~", "|", "/", ":"] {
                let reference = format!("{}{piece}{}", "x".repeat(at), "x".repeat(length - at));
                references.push(format!("#{reference}"));
                references.push(reference);
            }
        }
        for byte in 0..128 {
            let (byte, before) = (char::from(byte), "x".repeat(length));
            references.extend([
                format!("{before}{byte}"),
                format!("{before}{byte}x#?{byte}"),
                format!("?{before}{byte}"),
            ]);
        }
    }
    references
}

#[test]
fn alone() {
    let base = Url::parse("https://example.org/a/b?c#d").unwrap();
    every_byte_at_every_place().iter().for_each(|reference| check(Some(&base), reference));
}

/// What stands behind a value in memory is none of it.
#[test]
fn behind_each_other_on_a_page() {
    let references = every_byte_at_every_place();
    let escaped = |reference: &String| reference.replace('&', "&amp;").replace('"', "&quot;").replace('\r', "&#13;");
    let page: String = references.iter().map(|reference| format!("<a href=\"{}\">", escaped(reference))).collect();
    for long in ["", "/long/".repeat(20).as_str()] {
        let base = Url::parse(&format!("https://example.org{long}/a/b?c")).unwrap();
        let mut page = crate::page(page.clone());
        page.head.url = base.as_str().parse().unwrap();
        let found = parse_page(&extract(Kinds::ANCHORS), &page).unwrap();
        assert_eq!(found.links().len(), references.len());
        for (link, reference) in found.links().zip(&references) {
            // The page has no NUL.
            let reference = reference.replace('\0', "\u{FFFD}");
            let expected = base.join(&reference).ok();
            assert_eq!(link.value, reference);
            assert_eq!(link.address, expected.as_ref().map(Url::as_str), "{reference:?} against {base}");
        }
    }
}

#[test]
fn the_cases_of_the_url_standard() {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/suites");
    let suites = env::var_os("GATHER_SUITES").map_or_else(beside, Into::into);
    let Ok(file) = fs::read(suites.join("urls/urltestdata.json")) else {
        return crate::notice("skipped: the cases of the URL standard are not there; set GATHER_SUITES");
    };
    let cases: serde_json::Value = serde_json::from_slice(&file).unwrap();
    let cases: Vec<_> = cases.as_array().unwrap().iter().filter(|case| case.is_object()).collect();
    for case in &cases {
        // Half of a surrogate pair is no text.
        let Some(reference) = case["input"].as_str() else { continue };
        check(case["base"].as_str().and_then(|base| Url::parse(base).ok()).as_ref(), reference);
        check(Some(&Url::parse("https://example.org/a/b?c#d").unwrap()), reference);
    }
    assert!(cases.len() > 500, "{} cases", cases.len());
}
