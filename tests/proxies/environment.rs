//! The process's own environment: the client asks it, the engine does not. Each case is a process of its own, since a process
//! has one environment: this test runs itself again.

use std::process::Command;

use gather_conformance::origin::Origin;
use gather_conformance::proxy::{Asked, ProxyServer};
use gather_core::Host;
use gather_tokio::{Client, HyperFetch, Tokio, TokioHandle};

use super::{chain, page, request};

/// Where the child is to ask; without it, there is nothing for it to do.
const ORIGIN: &str = "GATHER_TEST_ORIGIN";

/// What the child prints, run with these variables and no others of proxies.
fn run(origin: &Origin, variables: &[(&str, &str)]) -> String {
    let mut child = Command::new(std::env::current_exe().expect("this test"));
    child.args(["--exact", "environment::child", "--nocapture"]).env(ORIGIN, origin.url(""));
    for name in ["http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY"] {
        child.env_remove(name);
    }
    let output = child.envs(variables.iter().copied()).output().expect("the child runs");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    said
}

#[test]
fn child() {
    let Ok(origin) = std::env::var(ORIGIN) else { return };
    Tokio::current_thread().expect("a runtime").run(async |runtime: TokioHandle| {
        let engine = page(&runtime, &HyperFetch::new(runtime.clone()), request(&format!("{origin}/say/engine"))).await;
        println!("[engine {:?}]", engine.expect("a page").body);
        match Client::new().get(format!("{origin}/say/client")).await {
            Ok(page) => println!("[client {:?}]", page.text().text),
            Err(error) => println!("[error {}]", chain(&error)),
        }
    });
}

#[test]
fn client_goes_through_the_environments_proxy_and_the_engine_does_not() {
    let (origin, server) = (Origin::start(), ProxyServer::http());
    for name in ["http_proxy", "ALL_PROXY"] {
        let before = server.asked().len();
        let said = run(&origin, &[(name, &server.url("http"))]);
        assert!(said.contains("[engine b\"engine\"]") && said.contains("[client \"client\"]"), "{said}");
        assert_eq!(server.asked()[before..], [Asked::Request(origin.url("/say/client"), None)], "{name}");
    }
}

#[test]
fn client_goes_directly_where_the_environment_says_so() {
    let (origin, server) = (Origin::start(), ProxyServer::http());
    let url = server.url("http");
    for variables in [&[][..], &[("HTTP_PROXY", &*url)], &[("http_proxy", &url), ("no_proxy", "127.0.0.1")]] {
        let said = run(&origin, variables);
        assert!(said.contains("[client \"client\"]"), "{said}");
        assert_eq!(server.accepted(), 0, "{variables:?}");
    }
}

#[test]
fn client_does_not_go_past_a_variable_that_is_broken() {
    let origin = Origin::start();
    let said = run(&origin, &[("http_proxy", "socks4://ada:hunter2@127.0.0.1:1")]);
    assert!(said.contains("[error ") && said.contains("`http_proxy`") && !said.contains("hunter2"), "{said}");
    assert_eq!(origin.counts().requests, 1, "the engine's");
}
