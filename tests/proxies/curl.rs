//! The same variables, the same addresses: does curl go through a proxy where we do? The oracle is the machine's own curl.

use std::process::{Command, Stdio};

use gather_conformance::origin::Origin;
use gather_conformance::proxy::ProxyServer;
use gather_http::Proxies;

/// Variables beside `http_proxy`, and the host that is asked for.
const CASES: &[(&[(&str, &str)], &str)] = &[
    (&[], "a.test"),
    (&[], "127.0.0.1"),
    (&[("no_proxy", "a.test")], "a.test"),
    (&[("NO_PROXY", "a.test")], "a.test"),
    (&[("no_proxy", "b.test"), ("NO_PROXY", "*")], "a.test"),
    (&[("no_proxy", ""), ("NO_PROXY", "*")], "a.test"),
    (&[("no_proxy", "a.test")], "www.a.test"),
    (&[("no_proxy", ".a.test")], "a.test"),
    (&[("no_proxy", ".a.test")], "www.a.test"),
    (&[("no_proxy", "a.test.")], "www.a.test"),
    (&[("no_proxy", "A.Test")], "a.TEST"),
    (&[("no_proxy", "a.test")], "a.test."),
    (&[("no_proxy", "a.test")], "not-a.test"),
    (&[("no_proxy", "a.test")], "a.test.b"),
    (&[("no_proxy", "*")], "a.test"),
    (&[("no_proxy", "*")], "10.0.0.1"),
    (&[("no_proxy", "*,b.test")], "a.test"),
    (&[("no_proxy", "*.a.test")], "www.a.test"),
    (&[("no_proxy", " b.test , a.test ")], "a.test"),
    (&[("no_proxy", "b.test,,,,a.test")], "a.test"),
    // Not asked: blanks without a comma, about which curl's versions disagree.
    (&[("no_proxy", "10.0.0.1")], "10.0.0.1"),
    (&[("no_proxy", "10.0.0.1")], "10.0.0.2"),
    (&[("no_proxy", "10.0.0.0/8")], "10.1.2.3"),
    (&[("no_proxy", "10.9.9.9/8")], "10.1.2.3"),
    (&[("no_proxy", "10.0.0.0/30")], "10.0.0.4"),
    (&[("no_proxy", "10.0.0.0/33")], "10.0.0.0"),
    (&[("no_proxy", "0.0.0.0/0")], "10.0.0.1"),
    // Not asked: an IPv6 address inside of a network, which curl 7.88 compares as if it were a name.
    (&[("no_proxy", "fd00::/16")], "[fd01::7]"),
    (&[("no_proxy", "fd00::7")], "[fd00:0::7]"),
    (&[("no_proxy", "127.0.0.1")], "[::ffff:127.0.0.1]"),
    (&[("no_proxy", "10.0.0.1")], "x.10.0.0.1.test"),
];

#[test]
fn curl_agrees_on_no_proxy() {
    let Some(version) = version() else {
        return eprintln!("skipped: no curl on this machine, or one older than 7.86, which had other rules");
    };
    let origin = Origin::start();
    let mut differ = Vec::new();
    for (variables, host) in CASES {
        let server = ProxyServer::http();
        let proxy = server.url("http");
        let url = format!("http://{host}/say/x");
        let curl = Command::new("curl")
            .args(["--silent", "--globoff", "--max-time", "20", "--disable"])
            // Whatever is asked for directly is asked for here, so that no name is looked up.
            .args(["--connect-to", &format!("::127.0.0.1:{}", origin.addr().port()), &url])
            .env_clear()
            .env("http_proxy", &proxy)
            .envs(variables.iter().copied())
            .stdout(Stdio::null())
            .status();
        assert!(curl.is_ok(), "{curl:?}");
        let theirs = !server.asked().is_empty();
        let ours = Proxies::from_variables(|name| {
            let found = variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
            found.or_else(|| (name == "http_proxy").then(|| proxy.clone()))
        });
        let ours = ours.of(&url.parse().expect("an address")).expect("a proxy").is_some();
        if ours != theirs {
            differ.push(format!("{url} with {variables:?}: curl {theirs}, we {ours}"));
        }
    }
    assert!(differ.is_empty(), "{version}: {differ:#?}");
}

/// curl's version, from 7.86 on.
fn version() -> Option<String> {
    let output = Command::new("curl").arg("--version").output().ok()?;
    let version = String::from_utf8_lossy(&output.stdout).split_whitespace().nth(1)?.to_owned();
    let mut numbers = version.split('.').map(|number| number.parse::<u32>().unwrap_or(0));
    let (major, minor) = (numbers.next()?, numbers.next()?);
    ((major, minor) >= (7, 86)).then_some(version)
}
