//! The laws of a transport, and of TLS, with a proxy of each kind in the way: what it adds takes nothing away.
//!
//! One proxy of each kind serves all laws of the process.

use std::sync::LazyLock;

use gather_conformance::proxy::ProxyServer;
use gather_conformance::{fetch_laws, tls_laws};
use gather_http::{Builder, Connect, HyperFetch};
use gather_smol::Smol;
use gather_tokio::Tokio;

use super::through;

static HTTP: LazyLock<ProxyServer> = LazyLock::new(ProxyServer::http);
static SOCKS: LazyLock<ProxyServer> = LazyLock::new(ProxyServer::socks5);

fn client<R: Connect>(runtime: R, server: &ProxyServer, scheme: &str) -> HyperFetch<R> {
    super::client(&runtime, through(server, scheme))
}

fn trusting<R: Connect>(runtime: R, authority: &[u8], server: &ProxyServer, scheme: &str) -> HyperFetch<R> {
    let builder = Builder::new().root_certificates([authority.to_vec().into()]);
    builder.proxies(through(server, scheme)).build(runtime).expect("TLS")
}

fn tokio() -> Tokio {
    Tokio::current_thread().expect("a runtime")
}

fn smol() -> Smol {
    Smol::with_threads(2).expect("an executor")
}

mod requests_sent_to_a_proxy {
    use super::*;
    fetch_laws!(
        tokio(),
        |rt| client(rt, &HTTP, "http"),
        except { refused_is_an_error: "the proxy tells of it with a status, which is no error" }
    );
}

mod socks_with_addresses {
    use super::*;
    fetch_laws!(smol(), |rt| client(rt, &SOCKS, "socks5"));
}

mod socks_with_names {
    use super::*;
    fetch_laws!(tokio(), |rt| client(rt, &SOCKS, "socks5h"));
}

mod tls_in_a_tunnel {
    use super::*;
    tls_laws!(smol(), |rt, authority: &[u8]| trusting(rt, authority, &HTTP, "http"));
}

mod tls_through_socks {
    use super::*;
    tls_laws!(tokio(), |rt, authority: &[u8]| trusting(rt, authority, &SOCKS, "socks5h"));
}
