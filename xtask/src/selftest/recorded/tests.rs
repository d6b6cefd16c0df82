//! Findings that are what their tries say, findings that are not, and files that are none.

use super::*;

const HEADER: &str = r#"{"schema":"gather-selftest/1","utc":"2026-01-01T00:00:00Z","command":"cargo xtask selftest","environment":{"cpu_model":"a","kernel":"k"}}"#;
const CAUGHT: &str =
    r#"{"finding":"one link too many","text":"links","found":1,"tries":1,"wanted":"caught","held":true}"#;
const TIES: &str = r#"{"try":"identical","delta":0.02,"valid":true,"control":{"ratio":1.0,"low":0.99,"high":1.01}}"#;
const APART: &str = r#"{"try":"identical","delta":0.02,"valid":false,"control":{"ratio":1.05,"low":1.03,"high":1.07}}"#;
const BURDENED: &str = r#"{"try":"injected","delta":0.02,"valid":true,"control":null,"injected":{"ratio":0.95,"low":0.94,"high":0.96},"verdict":"slower"}"#;

fn parse(lines: &[&str]) -> Result<Recorded, (usize, String)> {
    Recorded::parse(Path::new("selftest.ndjson"), &lines.iter().map(|line| format!("{line}\n")).collect::<String>())
}

fn counted(what: &str, found: u64, tries: u64) -> String {
    format!(r#"{{"finding":"{what}","text":"t","found":{found},"tries":{tries},"wanted":"w","held":true}}"#)
}

#[test]
fn findings_are_held_against_their_tries() {
    let identical = counted(IDENTICAL, 1, 2);
    let injected = counted(INJECTED, 1, 1);
    let recorded = parse(&[HEADER, CAUGHT, TIES, APART, BURDENED, &identical, &injected]).unwrap();
    assert_eq!(recorded.recount("identical"), (1, 2));
    assert_eq!(recorded.recount("injected"), (1, 1));
    assert!(recorded.check().is_ok());
    assert_eq!((recorded.held(), recorded.environment("kernel")), (3, "k"));
    let refused = |lines: &[&str]| parse(lines).unwrap().check().unwrap_err().to_string();
    let flattering = counted(IDENTICAL, 0, 2);
    assert!(refused(&[HEADER, TIES, APART, &flattering]).contains("says 0 of 2, and its tries come to 1 of 2"));
    assert!(refused(&[HEADER, TIES, &identical]).contains("says 1 of 2, and its tries come to 0 of 1"));
}

#[test]
fn one_that_was_cut_short_is_no_record() {
    let refused = |lines: &[&str]| parse(lines).unwrap().check().unwrap_err().to_string();
    assert!(refused(&[HEADER]).contains("cut short"));
    assert!(refused(&[HEADER, CAUGHT, TIES]).contains("is missing after 1 tries"));
    let torn = format!("{HEADER}\n{CAUGHT}\n{{\"try\":\"iden");
    assert_eq!(Recorded::parse(Path::new("f"), &torn).unwrap().findings.len(), 1);
}

#[test]
fn what_is_no_self_test_names_its_line() {
    assert_eq!(parse(&[]).unwrap_err().0, 1);
    let other = parse(&[r#"{"schema":"gather-selftest/9"}"#]).unwrap_err();
    assert!(other.1.contains("the schema is gather-selftest/9; this program reads gather-selftest/1"), "{other:?}");
    assert_eq!(parse(&[HEADER, "[]"]).unwrap_err(), (2, "is not a JSON object".into()));
    assert_eq!(parse(&[HEADER, CAUGHT, "{}"]).unwrap_err().0, 3);
    let headless = parse(&[HEADER, r#"{"finding":"x","text":"t","wanted":"w"}"#]).unwrap_err();
    assert_eq!(headless, (2, "`held` is missing".into()));
}

#[test]
fn the_newest_whole_one_of_the_machine_is_taken() {
    let root = std::env::temp_dir().join(format!("gather-selftests-{}", std::process::id()));
    let put = |name: &str, utc: &str, machine: &str, lines: &[&str]| {
        let folder = root.join(name);
        fs::create_dir_all(&folder).unwrap();
        let header = HEADER.replace("2026-01-01", utc).replace("\"a\"", &format!("\"{machine}\""));
        fs::write(folder.join(FILE), format!("{header}\n{}\n", lines.join("\n"))).unwrap();
    };
    put("old", "2026-01-02", "a", &[CAUGHT]);
    put("new", "2026-01-03", "a", &[CAUGHT]);
    put("cut", "2026-01-04", "a", &[CAUGHT, TIES]);
    put("another", "2026-01-05", "b", &[CAUGHT]);
    let found =
        |cpu, kernel| newest(std::slice::from_ref(&root), cpu, kernel).map(|found| found.text("utc").to_owned());
    assert_eq!(found("a", "k").as_deref(), Some("2026-01-03T00:00:00Z"));
    assert_eq!(found("b", "k").as_deref(), Some("2026-01-05T00:00:00Z"));
    assert_eq!(found("a", "another"), None);
    fs::remove_dir_all(root).unwrap();
}
