//! `no_proxy`, in the reading of curl.

use gather_http::Proxies;

#[track_caller]
fn check(list: &str, direct: &[&str], through: &[&str]) {
    let proxies = Proxies::all("http://proxy.test".parse().expect("a proxy")).bypassing(list);
    for (hosts, expected) in [(direct, false), (through, true)] {
        for host in hosts {
            for scheme in ["http", "https"] {
                let url = format!("{scheme}://{host}/path").parse().expect("an address");
                let found = proxies.of(&url).expect("no variable is involved").is_some();
                assert_eq!(found, expected, "{url} with `{list}`");
            }
        }
    }
}

#[test]
fn empty_list_bypasses_nothing() {
    check("", &[], &["example.com", "localhost", "127.0.0.1", "[::1]"]);
    check(",,  ,", &[], &["example.com", "localhost", "127.0.0.1"]);
}

#[test]
fn name_covers_itself_and_what_is_below() {
    for list in ["example.com", ".example.com", "example.com.", ".example.com.", "EXAMPLE.com", "x.test,example.com"] {
        check(
            list,
            &[
                "example.com",
                "www.example.com",
                "a.b.example.com",
                "WWW.Example.COM",
                "example.com.",
                "www.example.com.",
            ],
            &["nonexample.com", "example.com.test", "com", "example.org", "xample.com", "127.0.0.1"],
        );
    }
}

#[test]
fn asterisk_is_everything_only_alone() {
    check("*", &["example.com", "127.0.0.1", "[::1]", "a"], &[]);
    check("*,x.test", &["x.test"], &["example.com", "127.0.0.1"]);
    check("*.example.com", &[], &["example.com", "www.example.com"]);
    check("127.*", &[], &["127.0.0.1"]);
}

#[test]
fn entries_are_separated_by_commas_and_blanks_around_them() {
    check("a.test,b.test", &["a.test", "b.test"], &["c.test"]);
    check(" a.test ,\tb.test,,, c.test ,", &["a.test", "b.test", "c.test"], &["d.test"]);
    check("a.test b.test,c.test", &["a.test", "b.test", "c.test"], &["d.test"]);
}

#[test]
fn addresses_and_networks() {
    check("127.0.0.1", &["127.0.0.1"], &["127.0.0.2", "1.127.0.0.1.test", "[::1]", "localhost"]);
    check("192.168.0.0/16", &["192.168.0.1", "192.168.255.255"], &["192.169.0.1", "192.168.0.1.test"]);
    check("192.168.7.9/16", &["192.168.0.1"], &["192.169.0.1"]);
    check("192.168.0.0/24", &["192.168.0.1"], &["192.168.1.1"]);
    check("10.0.0.1/31", &["10.0.0.0", "10.0.0.1"], &["10.0.0.2"]);
    check("10.0.0.1/32", &["10.0.0.1"], &["10.0.0.0"]);
    check("fd00::/8", &["[fd00::1]", "[fdff::1]"], &["[fe00::1]", "10.0.0.1"]);
    check("::1/64", &["[::1]", "[::ffff:1]"], &["[0:0:0:1::1]"]);
    check("0:0::1", &["[::1]", "[0::0:1]"], &["[::2]"]);
    check("[::1]", &["[::1]"], &["[::2]"]);
    check("x.test, 10.0.0.0/8", &["10.1.2.3", "x.test"], &["11.1.2.3"]);
    // No mapped address is the address that is mapped: it is another way to write it, for a policy to judge.
    check("127.0.0.1", &[], &["[::ffff:127.0.0.1]"]);
}

#[test]
fn prefix_of_nothing_is_read_as_one_address() {
    check("0.0.0.0/0", &["0.0.0.0"], &["1.2.3.4"]);
    check("::1/0", &["[::1]"], &["[::2]"]);
}

#[test]
fn nonsense_matches_nothing() {
    check("10.0.0.1/33,10.0.0.1/x,10.0.0.1/,10.0.0.1/-1,10.0.0/8,::1/129", &[], &["10.0.0.1", "[::1]"]);
    check(".,..,:80,/8,[::1", &[], &["example.com", "[::1]", "10.0.0.1"]);
}

#[test]
fn entry_with_a_port_is_confined_to_it() {
    check("a.test:8080", &["a.test:8080", "b.a.test:8080"], &["a.test", "a.test:80"]);
    check("10.0.0.0/8:81,[::1]:82", &["10.1.1.1:81", "[::1]:82"], &["10.1.1.1", "[::1]"]);
    let proxies = Proxies::all("http://proxy.test".parse().expect("a proxy")).bypassing("a.test:443");
    assert!(proxies.of(&"https://a.test/".parse().expect("an address")).expect("a choice").is_none(), "its own port");
    assert!(proxies.of(&"http://a.test/".parse().expect("an address")).expect("a choice").is_some());
}
