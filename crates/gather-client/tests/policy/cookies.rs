//! The jar: what it takes, what it gives, what it never grows beyond; and the public suffix list it relies on.

use std::time::{Duration, SystemTime};

use gather_client::Url;
use gather_client::cookies::{CookieLimits, Jar, Rejected, is_public_suffix, registrable_domain};
use gather_core::http::header::{HeaderMap, HeaderValue, SET_COOKIE};

fn url(text: &str) -> Url {
    Url::parse(text).expect(text)
}

/// 1994-11-06 08:49:37, in a past that the machine's clock never shows.
fn start() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777)
}

fn after(seconds: u64) -> SystemTime {
    start() + Duration::from_secs(seconds)
}

fn answer<T: AsRef<[u8]>>(cookies: impl IntoIterator<Item = T>) -> HeaderMap {
    cookies.into_iter().map(|cookie| (SET_COOKIE, HeaderValue::from_bytes(cookie.as_ref()).expect("a value"))).collect()
}

fn set(jar: &Jar, from: &str, cookie: &str) -> Result<(), Rejected> {
    let stored = jar.store(&url(from), &answer([cookie]), start());
    assert_eq!(stored.accepted + stored.rejected.len(), 1);
    stored.rejected.first().map_or(Ok(()), |why| Err(*why))
}

fn sent(jar: &Jar, to: &str, now: SystemTime) -> String {
    jar.header(&url(to), now).map_or(String::new(), |header| {
        assert!(header.is_sensitive());
        String::from_utf8(header.as_bytes().to_vec()).expect("UTF-8")
    })
}

#[test]
fn the_outside_public_suffix_cases() {
    let Some(suites) = crate::suites() else { return };
    let text = std::fs::read_to_string(suites.join("psl/tests.txt")).expect("the suite");
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with("//"));
    let mut cases = 0;
    for line in lines.clone() {
        let (name, expected) = line.split_once(' ').expect("two columns");
        if name != "null" {
            assert_eq!(registrable_domain(name).as_deref().unwrap_or("null"), expected, "{name}");
            cases += 1;
        }
    }
    assert!(cases >= 70, "{cases}");

    // The older form of the same suite.
    let text = std::fs::read_to_string(suites.join("psl/test_psl.txt")).expect("the suite");
    for line in text.lines().filter(|line| line.starts_with("checkPublicSuffix('")) {
        let parts: Vec<_> = line.split('\'').collect();
        assert_eq!(registrable_domain(parts[1]).as_deref(), parts.get(3).copied(), "{line}");
    }
    println!("{cases} public suffix cases");
}

#[test]
fn no_cookie_covers_a_public_suffix() {
    let Some(suites) = crate::suites() else { return };
    let text = std::fs::read_to_string(suites.join("psl/tests.txt")).expect("the suite");
    for line in text.lines().filter(|line| !line.starts_with("//")) {
        let Some((name, expected)) = line.split_once(' ') else { continue };
        let Ok(from) = Url::parse(&format!("http://{name}/")) else { continue };
        if name == "null" || name.starts_with('.') {
            continue;
        }
        let jar = Jar::default();
        let host = from.host_str().expect("a host").to_owned();
        // What the whole suffix would see must not be taken; what the registrable domain sees may.
        let above = host.split_once('.').map(|(_, above)| above);
        if let Some(above) = above {
            let taken = jar.store(&from, &answer([format!("a=1; Domain={above}")]), start()).accepted == 1;
            assert_eq!(taken, registrable_domain(above).is_some(), "{host} for {above}");
        }
        jar.clear();
        assert_eq!(jar.store(&from, &answer([format!("a=1; Domain={host}")]), start()).accepted, 1, "{host}");
        let below = format!("http://below.{host}/");
        assert_eq!(sent(&jar, &below, start()).is_empty(), expected == "null", "{below} of {host}");
    }
}

#[test]
fn domains_match_as_the_rfc_says() {
    use Rejected::{Domain, PublicSuffix};
    for (from, attribute, expected) in [
        ("http://a.example.com/", "", Ok(())),
        ("http://a.example.com/", "Domain=example.com", Ok(())),
        ("http://a.example.com/", "Domain=.example.com", Ok(())),
        ("http://a.example.com/", "domain=EXAMPLE.com", Ok(())),
        ("http://a.example.com/", "Domain=a.example.com", Ok(())),
        ("http://a.example.com/", "Domain=b.example.com", Err(Domain)),
        ("http://a.example.com/", "Domain=x.a.example.com", Err(Domain)),
        ("http://a.example.com/", "Domain=ample.com", Err(Domain)),
        ("http://a.example.com/", "Domain=com", Err(PublicSuffix)),
        ("http://a.co.uk/", "Domain=co.uk", Err(PublicSuffix)),
        ("http://me.github.io/", "Domain=github.io", Err(PublicSuffix)),
        ("http://a.intranet/", "Domain=intranet", Err(PublicSuffix)),
        ("http://intranet/", "Domain=intranet", Ok(())),
        ("http://127.0.0.1/", "Domain=127.0.0.1", Ok(())),
        ("http://127.0.0.1/", "Domain=0.0.1", Err(Domain)),
        ("http://[::1]/", "Domain=[::1]", Ok(())),
        ("http://[::1]/", "", Ok(())),
    ] {
        assert_eq!(set(&Jar::default(), from, &format!("a=1; {attribute}")), expected, "{from} {attribute}");
    }
    let jar = Jar::default();
    set(&jar, "http://www.example.com/", "domain=1; Domain=example.com").unwrap();
    set(&jar, "http://www.example.com/", "host=1").unwrap();
    for (to, expected) in [
        ("http://www.example.com/", "domain=1; host=1"),
        ("http://example.com/", "domain=1"),
        ("http://a.www.example.com/", "domain=1"),
        ("http://notexample.com/", ""),
        ("http://example.com.evil.test/", ""),
        ("https://www.example.com:8443/", "domain=1; host=1"),
    ] {
        assert_eq!(sent(&jar, to, start()), expected, "{to}");
    }
    set(&jar, "http://127.0.0.1/", "ip=1; Domain=127.0.0.1").unwrap();
    assert_eq!(sent(&jar, "http://127.0.0.1/", start()), "ip=1");
    assert_eq!(sent(&jar, "http://127.0.0.2/", start()), "");
}

#[test]
fn paths_match_as_the_rfc_says() {
    for (from, attribute, to, matches) in [
        ("/a/b/c", "", "/a/b/c", true),
        ("/a/b/c", "", "/a/b", true),
        ("/a/b/c", "", "/a/bc", false),
        ("/a", "", "/x", true),
        ("/", "Path=/a", "/a", true),
        ("/", "Path=/a", "/a/b", true),
        ("/", "Path=/a", "/ab", false),
        ("/", "Path=/a/", "/a", false),
        ("/x/y", "Path=relative", "/x/z", true),
        ("/x/y", "Path=", "/x/z", true),
        ("/", "Path=/é", "/%C3%A9", false),
    ] {
        let jar = Jar::default();
        set(&jar, &format!("http://a.test{from}"), &format!("a=1; {attribute}")).unwrap();
        assert_eq!(!sent(&jar, &format!("http://a.test{to}"), start()).is_empty(), matches, "{from} {attribute} {to}");
    }
}

#[test]
fn longer_paths_come_first_then_older_cookies() {
    let jar = Jar::default();
    for cookie in ["a=1; Path=/", "b=2; Path=/x/y", "c=3; Path=/x", "d=4; Path=/"] {
        set(&jar, "http://a.test/", cookie).unwrap();
    }
    set(&jar, "http://a.test/", "a=5; Path=/").unwrap();
    assert_eq!(sent(&jar, "http://a.test/x/y/z", start()), "b=2; c=3; a=5; d=4", "a changed cookie keeps its age");
    assert_eq!(jar.len(), 4);
}

#[test]
fn time_is_the_callers() {
    let date = |text: &str| format!("a=1; Expires={text}");
    for (cookie, alive, dead) in [
        ("a=1; Max-Age=60".to_owned(), 59, Some(60)),
        ("a=1; Max-Age=60; Expires=Thu, 01 Jan 1970 00:00:00 GMT".to_owned(), 59, Some(60)),
        (date("Sun, 06 Nov 1994 08:50:37 GMT"), 59, Some(60)),
        (date("Sunday, 06-Nov-94 08:50:37 GMT"), 59, Some(60)),
        (date("Sun, 06-Nov-1994 08:50:37 GMT"), 59, Some(60)),
        (date("Sun Nov  6 08:50:37 1994"), 59, Some(60)),
        ("a=1".to_owned(), 1_000_000_000, None),
        (date("nonsense"), 1_000_000_000, None),
        ("a=1; Max-Age=1e9".to_owned(), 1_000_000_000, None),
        ("a=1; Max-Age=99999999999999999999".to_owned(), 34_559_999, Some(34_560_000)),
        (date("Fri, 31 Dec 9999 23:59:59 GMT"), 34_559_999, Some(34_560_000)),
    ] {
        let jar = Jar::default();
        set(&jar, "http://a.test/", &cookie).unwrap();
        assert_eq!(sent(&jar, "http://a.test/", after(alive)), "a=1", "{cookie} after {alive}");
        if let Some(dead) = dead {
            assert_eq!(sent(&jar, "http://a.test/", after(dead)), "", "{cookie} after {dead}");
        }
    }
}

#[test]
fn a_cookie_that_has_expired_removes_its_namesake() {
    for gone in ["Max-Age=0", "Max-Age=-1", "Expires=Thu, 01 Jan 1970 00:00:00 GMT", "Max-Age=-99999999999999999999"] {
        let jar = Jar::default();
        set(&jar, "http://a.test/", "a=1").unwrap();
        set(&jar, "http://a.test/", "b=1").unwrap();
        set(&jar, "http://a.test/", &format!("a=; {gone}")).unwrap();
        assert_eq!((sent(&jar, "http://a.test/", start()).as_str(), jar.len()), ("b=1", 1), "{gone}");
        set(&jar, "http://a.test/", &format!("c=; {gone}")).unwrap();
        assert_eq!(jar.len(), 1, "nothing to remove");
    }
}

#[test]
fn secure_means_secure() {
    use Rejected::Insecure;
    let jar = Jar::default();
    assert_eq!(set(&jar, "http://a.test/", "s=1; Secure"), Err(Insecure));
    set(&jar, "https://a.test/login/x", "s=1; Secure; Domain=a.test").unwrap();
    assert_eq!(sent(&jar, "http://a.test/login/", start()), "");
    assert_eq!(sent(&jar, "https://a.test/login/", start()), "s=1");
    for (from, cookie) in [
        ("http://a.test/", "s=2; Path=/login"),
        ("http://a.test/", "s=2; Path=/login/deeper"),
        ("http://b.a.test/", "s=2; Path=/login"),
        ("http://a.test/", "s=; Path=/login; Max-Age=0"),
    ] {
        assert_eq!(set(&jar, from, cookie), Err(Insecure), "{from} {cookie}");
    }
    set(&jar, "http://a.test/", "s=other; Path=/").expect("it is not sent where the secure one is meant to be");
    set(&jar, "http://a.test/", "t=1; Path=/login").expect("another name");
    for local in ["http://localhost/", "http://127.0.0.1:8080/", "http://[::1]/"] {
        set(&jar, local, "s=1; Secure").unwrap_or_else(|why| panic!("{local}: {why}"));
        assert_eq!(sent(&jar, local, start()), "s=1");
    }
}

#[test]
fn prefixes_keep_their_promises() {
    use Rejected::{Insecure, Prefix};
    for (from, cookie, expected) in [
        ("https://a.test/", "__Secure-a=1; Secure", Ok(())),
        ("https://a.test/", "__Secure-a=1", Err(Prefix)),
        ("https://a.test/", "__SECURE-a=1", Err(Prefix)),
        ("http://a.test/", "__Secure-a=1; Secure", Err(Insecure)),
        ("https://a.test/", "__Host-a=1; Secure; Path=/", Ok(())),
        ("https://a.test/", "__host-a=1; Secure; Path=/", Ok(())),
        ("https://a.test/", "__Host-a=1; Secure", Err(Prefix)),
        ("https://a.test/", "__Host-a=1; Path=/", Err(Prefix)),
        ("https://a.test/", "__Host-a=1; Secure; Path=/x", Err(Prefix)),
        ("https://a.test/", "__Host-a=1; Secure; Path=/; Domain=a.test", Err(Prefix)),
        ("http://a.test/", "__Hos=1", Ok(())),
        ("http://a.test/", "é__Host-=1", Ok(())),
    ] {
        assert_eq!(set(&Jar::default(), from, cookie), expected, "{from} {cookie}");
    }
}

#[test]
fn what_is_no_cookie_is_not_taken() {
    let jar = Jar::default();
    for bytes in [b"".as_slice(), b"a", b"=a", b";a=1", b"; Secure", b"a=\xff", b" =__Host-a=1"] {
        let stored = jar.store(&url("http://a.test/"), &answer([bytes]), start());
        assert_eq!((stored.accepted, stored.rejected), (0, vec![Rejected::Malformed]), "{bytes:?}");
    }
    assert!(jar.is_empty());
    assert_eq!(jar.header(&url("http://a.test/"), start()), None);
}

#[test]
fn every_limit_holds() {
    let limits = CookieLimits { per_site: 5, total: 12, bytes: 10, per_response: 3, header_bytes: 20 };
    let jar = Jar::new(limits);
    assert_eq!(set(&jar, "http://a.test/", "name=1234567"), Err(Rejected::TooLarge(10)));
    assert_eq!(
        set(&jar, "http://a.test/", &format!("a=1; Path=/{}", "x".repeat(1_024))),
        Err(Rejected::TooLarge(1_024))
    );
    set(&jar, "http://a.test/", &format!("name=123456; Junk={}", "x".repeat(60_000))).expect("exactly the limit");

    let many = answer((0..10).map(|number| format!("n{number}=1")));
    let stored = jar.store(&url("http://b.test/"), &many, start());
    assert_eq!((stored.accepted, stored.rejected), (3, vec![Rejected::TooMany(3)]));

    for number in 0..8 {
        set(&jar, &format!("http://{number}.b.test/"), &format!("m{number}=1; Domain=b.test")).unwrap();
    }
    assert_eq!(jar.len(), 6, "five of one site, whatever its hosts, and one of the other");
    assert_eq!(
        sent(&jar, "http://b.test/", start()),
        "m3=1; m4=1; m5=1",
        "the oldest went; the header ends at 20 bytes"
    );

    for number in 0..50 {
        set(&jar, &format!("http://{number}.test/"), "a=1").unwrap();
        assert!(jar.len() <= 12);
    }
    assert_eq!(sent(&jar, "http://49.test/", start()), "a=1");
    assert_eq!(sent(&jar, "http://0.test/", start()), "");
}

#[test]
fn of_a_full_site_the_expired_go_first_and_the_secure_last() {
    let jar = Jar::new(CookieLimits { per_site: 3, ..CookieLimits::default() });
    for cookie in ["s=1; Secure", "plain=1", "dead=1; Max-Age=5"] {
        set(&jar, "https://a.test/", cookie).unwrap();
    }
    jar.store(&url("https://a.test/"), &answer(["new=1"]), after(10));
    assert_eq!(sent(&jar, "https://a.test/", after(10)), "s=1; plain=1; new=1");
    jar.store(&url("https://a.test/"), &answer(["newer=1"]), after(10));
    assert_eq!(sent(&jar, "https://a.test/", after(10)), "s=1; new=1; newer=1");
}

#[test]
fn clones_share_and_debug_is_silent() {
    let jar = Jar::default();
    set(&jar.clone(), "http://a.test/", "a=s3cret").unwrap();
    assert_eq!(jar.len(), 1);
    assert!(!format!("{jar:?}").contains("s3cret"));
    assert!(!format!("{:?}", jar.header(&url("http://a.test/"), start())).contains("s3cret"));
}

#[test]
fn saved_cookies_come_back_and_bad_lines_cost_themselves_only() {
    let jar = Jar::default();
    for (from, cookie) in [
        ("https://a.example.com/x/y", "keep=1; Max-Age=100; Secure; HttpOnly"),
        ("https://a.example.com/", "session=1"),
        ("https://a.example.com/", "all=é; Max-Age=100; Domain=example.com"),
        ("https://b.test/", "soon=1; Max-Age=10"),
        ("http://127.0.0.1/", "ip=1; Max-Age=100"),
        ("http://[::1]/", "six=1; Max-Age=100"),
    ] {
        set(&jar, from, cookie).unwrap();
    }
    let mut file = Vec::new();
    jar.save(&mut file, start()).unwrap();
    assert_eq!(file.iter().filter(|&&byte| byte == b'\n').count(), 5, "the session's is not saved");

    let good = String::from_utf8(file.clone()).unwrap();
    let of = |name: &str| good.lines().find(|line| line.contains(name)).expect(name).to_owned();
    let bad = [
        "not JSON".to_owned(),
        "{}".to_owned(),
        of("all=").replace("example.com", "co.uk"),
        of("keep=").replace("a.example.com", "a/../b"),
        of("keep=").replace("keep=1", "keep=1\\u0007"),
        of("keep=").replace("keep=1", &format!("keep={}", "1".repeat(5_000))),
    ];
    let mut mixed = bad.join("\n").into_bytes();
    mixed.extend(b"\n\n");
    mixed.extend(&file);
    mixed.extend(b"\xff\xfe");
    let later = Jar::default();
    let report = later.load(mixed.as_slice(), after(50)).unwrap();
    assert_eq!((report.loaded, report.expired), (4, 1), "{report:?}");
    assert_eq!(report.refused.iter().map(|refused| refused.line).collect::<Vec<_>>(), [1, 2, 3, 4, 5, 6, 13]);
    assert_eq!(sent(&later, "https://a.example.com/x/z", after(50)), "keep=1; all=é");
    assert_eq!(sent(&later, "http://a.example.com/x/z", after(50)), "all=é", "still secure");
    assert_eq!(sent(&later, "https://c.example.com/", after(50)), "all=é");
    assert_eq!(sent(&later, "http://127.0.0.1/", after(50)), "ip=1");
    assert_eq!(sent(&later, "http://[::1]/", after(50)), "six=1");
    assert_eq!(sent(&later, "https://c.example.com/", after(100)), "");
}

#[test]
fn whatever_a_header_can_have_comes_back_from_a_file() {
    let jar = Jar::default();
    // A tab, and a control character beyond ASCII: neither is one that RFC 6265bis section 5.6 refuses.
    for cookie in ["tab=a\tb; Max-Age=100", "c1=a\u{85}b; Max-Age=100"] {
        set(&jar, "http://a.test/", cookie).unwrap();
    }
    let mut file = Vec::new();
    jar.save(&mut file, start()).unwrap();
    let later = Jar::default();
    let report = later.load(file.as_slice(), start()).unwrap();
    assert_eq!((report.loaded, &report.refused[..]), (2, &[][..]));
    assert_eq!(sent(&later, "http://a.test/", start()), "tab=a\tb; c1=a\u{85}b");
}

#[test]
fn arbitrary_cookies_never_panic_and_never_reach_another_site() {
    let pieces = [
        "a",
        "=",
        ";",
        " ",
        "Domain=",
        "Path=",
        "/",
        ".",
        "example.com",
        "test",
        "a.test",
        "Max-Age=",
        "-",
        "9",
        "é",
        "Expires=",
        "Sun, 06 Nov 1994 08:49:37 GMT",
        "Secure",
        "Sunday, ",
        "06-Nov-",
        "94 ",
        "99999",
        "08:49:37",
        " GMT",
        "Nov",
        "HttpOnly",
        "__Host-",
        "xn--",
        "[::1]",
        ",",
        "\t",
        "%",
    ];
    let hosts =
        ["http://a.test/", "https://b.a.test/x/y", "http://127.0.0.1/", "http://[::1]/", "https://example.com/"];
    let mut random = fastrand::Rng::with_seed(6);
    let mut accepted = 0;
    for _ in 0..8_000 {
        let jar = Jar::default();
        let from = *random.choice(&hosts).unwrap();
        let mut one = || (0..random.usize(1..14)).map(|_| *random.choice(&pieces).unwrap()).collect::<String>();
        let cookies = answer([one(), one(), one()]);
        let far = SystemTime::UNIX_EPOCH + Duration::from_secs(random.u64(..1 << 60));
        let now = if random.bool() { start() } else { far };
        accepted += jar.store(&url(from), &cookies, now).accepted;
        let site =
            |host: &Url| registrable_domain(host.host_str().unwrap()).unwrap_or(host.host_str().unwrap().to_owned());
        for to in hosts.map(url).iter().filter(|to| site(to) != site(&url(from))) {
            assert_eq!(jar.header(to, now), None);
        }
        jar.header(&url(from), now);
    }
    assert!(accepted > 4_000, "{accepted}: hardly anything was tested");
}

#[test]
fn suffixes_of_odd_names() {
    for (name, expected) in [
        ("", None),
        (".", None),
        ("a..com", None),
        ("127.0.0.1", None),
        ("[::1]", None),
        ("com.", None),
        ("example.com.", Some("example.com")),
        ("-.com", Some("-.com")),
    ] {
        assert_eq!(registrable_domain(name).as_deref(), expected, "{name}");
    }
    assert!(!is_public_suffix("10.0.0.1") && is_public_suffix("github.io"));
}
