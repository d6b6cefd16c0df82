//! Many hosts: one port on many addresses of the loopback, and who of them was asked.

use std::net::{SocketAddr, TcpListener};

use super::support::{Client, Running, number};
use crate::args::Settings;
use crate::listeners;
use crate::origin::Origin;
use crate::page::Pages;

fn of(hosts: u16) -> Running {
    Running::with(Settings { hosts, ..Settings::default() })
}

#[test]
fn every_host_serves_the_same_and_is_counted_when_it_was_asked() {
    let origin = of(300);
    let host = |number| SocketAddr::from((listeners::address(number), origin.address.port()));
    assert_eq!(host(299).ip().to_string(), "127.0.1.44");
    let mut clients: Vec<_> = [0, 1, 255, 299].map(|number| Client::new(host(number))).into_iter().collect();
    for client in &mut clients {
        assert_eq!(client.get("/fixed/100").body.len(), 100);
    }
    clients.push(Client::new(host(1)));
    clients[4].get("/page/0");
    let stats = origin.stats();
    assert_eq!((number(&stats, "hosts_seen"), number(&stats, "accepted"), number(&stats, "served")), (4, 5, 5));

    origin.get("/_reset");
    clients[0].get("/page/0");
    let stats = origin.stats();
    assert_eq!((number(&stats, "hosts_seen"), number(&stats, "accepted")), (0, 0), "nobody was accepted since");
    Client::new(host(7)).get("/page/0");
    Client::new(host(8)).get("/_stats");
    assert_eq!(number(&origin.stats(), "hosts_seen"), 1, "the lab's own conversation is not counted");
}

#[test]
fn a_port_that_is_taken_on_any_host_is_named() {
    // The second of two hosts is taken, the first is free.
    let taken = TcpListener::bind((listeners::address(1), 0)).expect("a free port");
    let port = taken.local_addr().expect("an address").port();
    let settings = Settings { port, hosts: 3, ..Settings::default() };
    let error = Origin::bind(settings, Pages::new("generated", vec![vec![]])).expect_err("the port is taken");
    assert!(error.to_string().starts_with(&format!("cannot listen on 127.0.0.2:{port}: ")), "{error}");
}
