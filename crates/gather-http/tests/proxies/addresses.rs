//! A proxy's address: what is read, what is refused, and that no secret is ever shown.

use gather_http::{InvalidProxy, Proxies, Proxy, ProxyKind};

fn parse(text: &str) -> Result<Proxy, InvalidProxy> {
    text.parse()
}

#[test]
fn addresses_are_read_as_curl_reads_them() {
    for (text, shown) in [
        ("p.test", "http://p.test:1080"),
        ("p.test:3128", "http://p.test:3128"),
        ("http://p.test", "http://p.test:1080"),
        ("HTTP://p.test:3128/", "http://p.test:3128"),
        ("http://p.test:3128/path?query#fragment", "http://p.test:3128"),
        ("https://p.test", "https://p.test:443"),
        ("socks5://p.test", "socks5://p.test:1080"),
        ("socks5h://p.test:9050", "socks5h://p.test:9050"),
        ("http://127.0.0.1:80", "http://127.0.0.1:80"),
        ("[::1]:80", "http://[::1]:80"),
        ("socks5://[2001:db8::1]", "socks5://[2001:db8::1]:1080"),
        ("http://ada:secret@p.test:1", "http://p.test:1"),
        ("http://ada@p.test:1", "http://p.test:1"),
        ("http://ada:se@cret@p.test:1", "http://p.test:1"),
        ("socks5://ada:@p.test:1", "socks5://p.test:1"),
        ("my_proxy-1.test:1", "http://my_proxy-1.test:1"),
    ] {
        let proxy = parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(proxy.to_string(), shown, "{text}");
        assert_eq!(proxy.has_credentials(), text.contains('@'), "{text}");
        assert_eq!(parse(&proxy.to_string()).map(|again| again.to_string()).as_deref(), Ok(shown));
    }
    assert_eq!(parse("socks5h://p.test").map(|proxy| proxy.kind()), Ok(ProxyKind::Socks5h));
}

#[test]
fn what_is_no_proxy_is_refused() {
    use InvalidProxy::{Credentials, Host, Port, Scheme};
    let scheme = |scheme: &str| Scheme(scheme.to_owned());
    for (text, error) in [
        ("ftp://p.test", scheme("ftp")),
        ("socks4://p.test", scheme("socks4")),
        ("socks4a://p.test", scheme("socks4a")),
        ("socks://p.test", scheme("socks")),
        ("://p.test", scheme("")),
        ("ada:secret@http://p.test", scheme("?")),
        ("", Host),
        ("http://", Host),
        ("http://:80", Host),
        ("http://ada@", Host),
        ("::1", Host),
        ("[::1", Host),
        ("[::1]80", Host),
        ("[127.0.0.1]", Host),
        ("pröxy.test", Host),
        ("p test", Host),
        ("p.test\r\nx: y", Host),
        ("p.test:", Port),
        ("p.test:0", Port),
        ("p.test:65536", Port),
        ("p.test:+80", Port),
        ("p.test:http", Port),
        ("p.test:1:2", Port),
        ("http://a%3Ab:c@p.test", Credentials("a user name must not have a colon")),
        ("http://a:%0D%0A@p.test", Credentials("they must not have control characters")),
        ("socks5://:secret@p.test", Credentials("SOCKS needs a user name")),
    ] {
        assert_eq!(parse(text), Err(error), "{text}");
    }
    let long = "x".repeat(256);
    for text in [format!("socks5://{long}:a@p.test"), format!("socks5h://a:{long}@p.test")] {
        assert!(matches!(parse(&text), Err(Credentials(_))));
    }
    assert!(parse(&format!("http://{long}:{long}@p.test")).is_ok());
    assert_eq!(parse(&"x".repeat(254)), Err(Host));
}

#[test]
fn no_secret_is_shown() {
    let secret = "hunter2";
    for text in
        ["http://ada:hunter2@p.test:1", "socks5://ada:hunter2@p.test", "https://hunter2@p.test", "hunter2:x@p.test"]
    {
        let proxy = parse(text).expect("a proxy");
        for shown in [proxy.to_string(), format!("{proxy:?}"), format!("{:?}", Proxies::all(proxy.clone()))] {
            assert!(!shown.contains(secret) && shown.contains("p.test"), "{shown}");
            // Nor in the form in which it is sent.
            assert!(!shown.contains("aHVudGVyMg") && !shown.contains("Basic"), "{shown}");
        }
    }
    for text in [
        "http://ada:hunter2@",
        "ada:hunter2@http://p.test",
        "http://ada:hunter2@p.test:port",
        "socks4://ada:hunter2@p.test",
        "http://ada:hunter2",
        "http://ada:hunter2%00@p.test",
    ] {
        let error = parse(text).expect_err("no proxy");
        let proxies = Proxies::from_variables(|name| (name == "all_proxy").then(|| text.to_owned()));
        let variable = proxies.check().expect_err("no proxy");
        for shown in [format!("{error} {error:?}"), format!("{variable} {variable:?}"), format!("{proxies:?}")] {
            assert!(!shown.contains(secret), "{text}: {shown}");
        }
    }
}
