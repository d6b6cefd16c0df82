//! The environment's variables: which counts for what, and what a broken one does.

use gather_http::{InvalidProxy, Proxies};

/// The proxies for `http://a.test/` and `https://a.test/` with these variables.
fn read(variables: &[(&str, &str)]) -> [Option<String>; 2] {
    let proxies = proxies(variables);
    ["http://a.test/", "https://a.test/"].map(|url| {
        let url = url.parse().expect("an address");
        proxies.of(&url).expect("proxies").map(ToString::to_string)
    })
}

fn proxies(variables: &[(&str, &str)]) -> Proxies {
    Proxies::from_variables(|asked| {
        let found = variables.iter().find(|(name, _)| *name == asked);
        found.map(|(_, value)| (*value).to_owned())
    })
}

fn at(port: u16) -> Option<String> {
    Some(format!("http://p.test:{port}"))
}

#[test]
fn nothing_said_is_no_proxy() {
    assert_eq!(read(&[]), [None, None]);
    assert_eq!(read(&[("http_proxy", ""), ("HTTPS_PROXY", ""), ("all_proxy", "")]), [None, None]);
}

#[test]
fn each_variable_counts_for_what_it_is_for() {
    for (variables, http, https) in [
        (&[("http_proxy", "p.test:1")][..], at(1), None),
        (&[("https_proxy", "p.test:2")], None, at(2)),
        (&[("HTTPS_PROXY", "p.test:3")], None, at(3)),
        (&[("all_proxy", "p.test:4")], at(4), at(4)),
        (&[("ALL_PROXY", "p.test:5")], at(5), at(5)),
        (&[("https_proxy", "p.test:2"), ("HTTPS_PROXY", "p.test:3")], None, at(2)),
        (&[("https_proxy", ""), ("HTTPS_PROXY", "p.test:3")], None, at(3)),
        (&[("all_proxy", "p.test:4"), ("ALL_PROXY", "p.test:5")], at(4), at(4)),
        (&[("http_proxy", "p.test:1"), ("all_proxy", "p.test:4")], at(1), at(4)),
        (&[("http_proxy", ""), ("all_proxy", "p.test:4")], at(4), at(4)),
    ] {
        assert_eq!(read(variables), [http, https], "{variables:?}");
    }
}

#[test]
fn header_of_a_cgi_request_is_no_proxy() {
    assert_eq!(read(&[("HTTP_PROXY", "http://attacker.test:1")]), [None, None]);
    assert_eq!(read(&[("HTTP_PROXY", "http://attacker.test:1"), ("all_proxy", "p.test:4")]), [at(4), at(4)]);
}

#[test]
fn no_proxy_counts_for_all() {
    for name in ["no_proxy", "NO_PROXY"] {
        assert_eq!(read(&[("all_proxy", "p.test:4"), (name, "a.test")]), [None, None]);
        assert_eq!(read(&[("all_proxy", "p.test:4"), (name, "*")]), [None, None]);
        assert_eq!(read(&[("all_proxy", "p.test:4"), (name, "b.test")]), [at(4), at(4)]);
    }
    assert_eq!(read(&[("all_proxy", "p.test:4"), ("no_proxy", "b.test"), ("NO_PROXY", "*")]), [at(4), at(4)]);
    assert_eq!(read(&[("all_proxy", "p.test:4"), ("no_proxy", ""), ("NO_PROXY", "*")]), [None, None]);
}

#[test]
fn broken_variable_is_named_and_nothing_goes_past_it() {
    for (value, error) in [
        ("socks4://p.test", InvalidProxy::Scheme("socks4".to_owned())),
        ("http://", InvalidProxy::Host),
        ("p.test:0", InvalidProxy::Port),
        ("p.\u{FFFD}test", InvalidProxy::NotUnicode),
    ] {
        let proxies = proxies(&[("all_proxy", value), ("http_proxy", "p.test:1"), ("no_proxy", "b.test")]);
        let failed = proxies.check().expect_err("a broken variable");
        assert_eq!((failed.name, &failed.error), ("all_proxy", &error), "{value}");
        assert_eq!(proxies.of(&"https://a.test/".parse().expect("an address")), Err(failed));
        assert!(proxies.of(&"https://b.test/".parse().expect("an address")).expect("it is not for this").is_none());
        assert!(proxies.of(&"http://a.test/".parse().expect("an address")).expect("it is not for this").is_some());
    }
}

#[test]
fn the_process_has_an_environment() {
    // Whatever it says: reading it neither fails nor panics.
    let proxies = Proxies::from_environment();
    assert!(format!("{proxies:?}").starts_with("Proxies"));
}
