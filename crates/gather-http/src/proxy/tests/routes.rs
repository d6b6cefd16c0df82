//! The way to a host: for every kind of proxy, every judge, every host and policy.

use gather_core::addresses::AddressPolicy;
use gather_core::{FetchErrorKind, Phase};
use http::Uri;

use super::super::route::{Destination, Route};
use super::super::{JudgedBy, Proxies};

/// The route in a word: `direct`, `forward`, `name`, `address`, `forbidden`, `invalid`.
fn route(proxies: &Proxies, url: &str, policy: &AddressPolicy, only_tunnels: bool) -> &'static str {
    let url: Uri = url.parse().expect("an address");
    match Route::choose(proxies, &url, policy, only_tunnels) {
        Ok(Route::Direct) => "direct",
        Ok(Route::Forward(_)) => "forward",
        Ok(Route::Tunnel(_, Destination::AsGiven)) => "name",
        Ok(Route::Tunnel(_, Destination::LookedUp)) => "address",
        Err(error) if error.kind() == FetchErrorKind::Forbidden => {
            assert_eq!(error.phase(), Phase::Connect, "{error:?}");
            "forbidden"
        }
        Err(error) => {
            assert_eq!((error.phase(), error.kind()), (Phase::Request, FetchErrorKind::Invalid), "{error:?}");
            "invalid"
        }
    }
}

fn through(scheme: &str) -> Proxies {
    Proxies::all(format!("{scheme}://proxy.test").parse().expect("a proxy"))
}

#[test]
fn unrestricted_requests_go_as_their_proxy_has_it() {
    let any = AddressPolicy::Any;
    for (scheme, plain, secure) in [
        ("http", "forward", "name"),
        ("https", "forward", "name"),
        ("socks5", "address", "address"),
        ("socks5h", "name", "name"),
    ] {
        for host in ["a.test", "127.0.0.1", "[::1]", "localhost", "2130706433"] {
            assert_eq!(route(&through(scheme), &format!("http://{host}/"), &any, false), plain, "{scheme} {host}");
            assert_eq!(route(&through(scheme), &format!("https://{host}/"), &any, false), secure, "{scheme} {host}");
        }
    }
    assert_eq!(route(&through("http"), "http://a.test/", &any, true), "name", "HTTP/2 cannot be sent to a proxy");
    assert_eq!(route(&Proxies::none(), "http://a.test/", &any, false), "direct");
}

#[test]
fn restricted_requests_are_judged_by_the_client() {
    let public = AddressPolicy::public();
    for (scheme, name, address) in [
        ("http", "address", "forward"),
        ("https", "address", "forward"),
        ("socks5", "address", "address"),
        ("socks5h", "forbidden", "name"),
    ] {
        assert_eq!(route(&through(scheme), "http://a.test/", &public, false), name, "{scheme}");
        assert_eq!(route(&through(scheme), "http://8.8.8.8/", &public, false), address, "{scheme}");
        assert_eq!(route(&through(scheme), "http://[2600::1]/", &public, false), address, "{scheme}");
        if scheme != "socks5" {
            for url in ["http://127.0.0.1/", "https://[::1]/", "http://[::ffff:8.8.8.8]/", "http://localhost/"] {
                assert_eq!(route(&through(scheme), url, &public, false), "forbidden", "{scheme} {url}");
            }
        }
    }
}

#[test]
fn restricted_requests_are_judged_by_a_proxy_that_is_trusted() {
    let public = AddressPolicy::public();
    for (scheme, name) in [("http", "forward"), ("socks5", "address"), ("socks5h", "name")] {
        let proxies = through(scheme).judged_by(JudgedBy::Proxy);
        for host in ["a.test", "8.8.8.8", "0x.test", "1.2.3.4.test"] {
            assert_eq!(route(&proxies, &format!("http://{host}/"), &public, false), name, "{scheme} {host}");
        }
        for host in
            ["127.0.0.1", "[fd00::1]", "localhost", "LOCALHOST.", "a.localhost", "2130706433", "0x7f.1", "1.2.3.0x"]
        {
            let expected = if scheme == "socks5" { "address" } else { "forbidden" };
            assert_eq!(route(&proxies, &format!("http://{host}/"), &public, false), expected, "{scheme} {host}");
        }
    }
}

#[test]
fn what_is_allowed_by_name_is_allowed() {
    let policy = AddressPolicy::public().allowing("127.0.0.0/8".parse().expect("a network"));
    assert_eq!(route(&through("http"), "http://127.0.0.1/", &policy, false), "forward");
    assert_eq!(route(&through("socks5h"), "http://127.0.0.1/", &policy, false), "name");
    assert_eq!(route(&through("http"), "http://10.0.0.1/", &policy, false), "forbidden");
}

#[test]
fn broken_variable_stops_what_it_is_for_and_nothing_else() {
    let proxies = Proxies::from_variables(|name| match name {
        "https_proxy" => Some("gopher://proxy.test".to_owned()),
        "no_proxy" => Some("b.test".to_owned()),
        _ => None,
    });
    for policy in [AddressPolicy::Any, AddressPolicy::public()] {
        assert_eq!(route(&proxies, "https://a.test/", &policy, false), "invalid");
        assert_eq!(route(&proxies, "https://b.test/", &policy, false), "direct");
        assert_eq!(route(&proxies, "http://a.test/", &policy, false), "direct");
    }
}
