//! What a client can be told about TLS and HTTP versions, against an origin with papers of its own making.

use std::error::Error;
use std::net::{Ipv4Addr, TcpListener};
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use gather_conformance::secure::SecureOrigin;
use gather_core::http::Version;
use gather_core::{ConnectDeadline, FetchError, FetchErrorKind, Host, Limits, Page, Phase, fetch_page, get};
use gather_http::rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use gather_http::{Builder, ClientIdentity, Connect, Overrides, TlsSetupErrorKind, TlsVersion, certificates_from_pem};
use gather_tokio::{Tokio, TokioHandle};

gather_tests::on_each_runtime!(
    unknown_root_is_refused_by_default,
    extra_root_is_trusted,
    certificate_is_for_the_name_and_not_for_the_address,
    any_certificate_will_do_when_told_so,
    client_identity_is_shown_to_who_asks,
    client_without_identity_is_turned_away,
    client_of_another_authority_is_turned_away,
    older_version_than_the_oldest_is_refused,
    http1_alone_is_offered_when_told_so,
    http2_is_spoken_unasked,
    connect_deadline_in_the_handshake_says_so,
);

fn authority(origin: &SecureOrigin) -> CertificateDer<'static> {
    origin.authority().to_vec().into()
}

fn identity(origin: &SecureOrigin) -> ClientIdentity {
    let (certificate, key) = origin.client();
    ClientIdentity::from_der([certificate.to_vec().into()], PrivatePkcs8KeyDer::from(key.to_vec()))
}

fn pem(label: &str, der: &[u8]) -> String {
    let text = BASE64_STANDARD.encode(der);
    let lines: Vec<&str> = text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).expect("ASCII")).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}

async fn page<R: Connect>(runtime: &R, settings: Builder, url: &str) -> Result<Page, FetchError> {
    let client = settings.build(runtime.clone()).expect("TLS");
    let page = fetch_page(&client, runtime, get(url).expect("an address"), Limits::default()).await;
    client.close().await;
    page
}

#[track_caller]
fn assert_refused(page: Result<Page, FetchError>) {
    let error = page.expect_err("no trust");
    assert_eq!((error.phase(), error.kind()), (Phase::Tls, FetchErrorKind::Refused), "{}", chain(&error));
}

fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text = format!("{text}: {error}");
        source = error.source();
    }
    text
}

async fn unknown_root_is_refused_by_default<R: Connect>(runtime: R) {
    let origin = SecureOrigin::start();
    assert_refused(page(&runtime, Builder::new(), &origin.url("/say/x")).await);
    assert_eq!(origin.requests().get(), 0);
}

async fn extra_root_is_trusted<R: Connect>(runtime: R) {
    let (origin, other) = (SecureOrigin::start(), SecureOrigin::start());
    let text = pem("CERTIFICATE", origin.authority());
    let extra = certificates_from_pem(text.as_bytes()).expect("a certificate");
    let answer = page(&runtime, Builder::new().extra_root_certificates(extra.clone()), &origin.url("/say/x")).await;
    assert_eq!(answer.expect("a page").body, "x");
    // Besides other roots as well, in whichever order they were given.
    let settings = Builder::new().extra_root_certificates(extra).root_certificates([authority(&other)]);
    for trusted in [&origin, &other] {
        assert_eq!(page(&runtime, settings.clone(), &trusted.url("/say/x")).await.expect("a page").body, "x");
    }
}

async fn certificate_is_for_the_name_and_not_for_the_address<R: Connect>(runtime: R) {
    let origin = SecureOrigin::named("named.test");
    let trusting = Builder::new().root_certificates([authority(&origin)]);
    let pinned = Overrides::new()
        .pin("named.test", [Ipv4Addr::LOCALHOST.into()])
        .pin("other.test", [Ipv4Addr::LOCALHOST.into()]);
    let trusting = trusting.resolver(pinned);
    let port = origin.addr().port();
    let answer = page(&runtime, trusting.clone(), &format!("https://named.test:{port}/say/x")).await;
    assert_eq!(answer.expect("a page").body, "x");
    assert_refused(page(&runtime, trusting.clone(), &format!("https://other.test:{port}/say/x")).await);
    assert_refused(page(&runtime, trusting, &origin.url("/say/x")).await);
    assert_eq!(origin.requests().get(), 1);
}

async fn any_certificate_will_do_when_told_so<R: Connect>(runtime: R) {
    for origin in [SecureOrigin::start(), SecureOrigin::misnamed(), SecureOrigin::expired(), SecureOrigin::tls12_only()]
    {
        assert_refused(page(&runtime, Builder::new(), &origin.url("/say/x")).await);
        let answer = page(&runtime, Builder::new().danger_accept_any_certificate(), &origin.url("/say/x")).await;
        assert_eq!(answer.unwrap_or_else(|error| panic!("{}", chain(&error))).body, "x");
    }
}

async fn client_identity_is_shown_to_who_asks<R: Connect>(runtime: R) {
    for origin in [SecureOrigin::mutual_tls12(), SecureOrigin::mutual_tls13()] {
        let (certificate, key) = origin.client();
        let both = format!("{}{}", pem("CERTIFICATE", certificate), pem("PRIVATE KEY", key));
        let from_pem = ClientIdentity::from_pem(both.as_bytes(), both.as_bytes()).expect("certificate and key");
        for identity in [identity(&origin), from_pem] {
            let settings = Builder::new().root_certificates([authority(&origin)]).client_identity(identity);
            assert_eq!(page(&runtime, settings, &origin.url("/say/x")).await.expect("a page").body, "x");
        }
    }
}

async fn client_without_identity_is_turned_away<R: Connect>(runtime: R) {
    turned_away(runtime, |origin| Builder::new().root_certificates([authority(origin)])).await;
}

async fn client_of_another_authority_is_turned_away<R: Connect>(runtime: R) {
    let other = SecureOrigin::start();
    let settings =
        |origin: &SecureOrigin| Builder::new().root_certificates([authority(origin)]).client_identity(identity(&other));
    turned_away(runtime, settings).await;
}

async fn turned_away<R: Connect>(runtime: R, settings: impl Fn(&SecureOrigin) -> Builder) {
    let origin = SecureOrigin::mutual_tls12();
    assert_refused(page(&runtime, settings(&origin), &origin.url("/say/x")).await);
    assert_eq!(origin.requests().get(), 0);

    // The verdict of TLS 1.3 may come after the request was sent; and it is the same by either version of HTTP.
    let origin = SecureOrigin::mutual_tls13();
    for settings in [settings(&origin).http1_only(), settings(&origin)] {
        assert_refused(page(&runtime, settings, &origin.url("/say/x")).await);
    }
    assert_eq!(origin.requests().get(), 0);
}

async fn older_version_than_the_oldest_is_refused<R: Connect>(runtime: R) {
    let origin = SecureOrigin::tls12_only();
    let trusting = Builder::new().root_certificates([authority(&origin)]);
    assert_eq!(page(&runtime, trusting.clone(), &origin.url("/say/x")).await.expect("a page").body, "x");
    let newer = page(&runtime, trusting.min_tls_version(TlsVersion::Tls13), &origin.url("/say/x")).await;
    assert_eq!(newer.expect_err("too old").phase(), Phase::Tls);
    assert_eq!(origin.requests().get(), 1);
}

async fn http1_alone_is_offered_when_told_so<R: Connect>(runtime: R) {
    let origin = SecureOrigin::start();
    let trusting = Builder::new().root_certificates([authority(&origin)]);
    for (settings, version) in [(trusting.clone(), Version::HTTP_2), (trusting.http1_only(), Version::HTTP_11)] {
        let answer = page(&runtime, settings, &origin.url("/say/x")).await.expect("a page");
        assert_eq!((answer.head.version, &answer.body[..]), (version, &b"x"[..]));
    }
}

async fn http2_is_spoken_unasked<R: Connect>(runtime: R) {
    let (plain, secure) = (SecureOrigin::cleartext(), SecureOrigin::start());
    let unasked = Builder::new().root_certificates([authority(&secure)]).http2_prior_knowledge();
    for origin in [&plain, &secure] {
        let answer = page(&runtime, unasked.clone(), &origin.url("/bytes/100000")).await;
        let answer = answer.unwrap_or_else(|error| panic!("{}", chain(&error)));
        assert_eq!((answer.head.version, answer.body.len()), (Version::HTTP_2, 100_000));
    }
    // Unless it is asked to, a client does not try.
    let answer = page(&runtime, Builder::new(), &plain.url("/say/x")).await.expect("a page");
    assert_eq!(answer.head.version, Version::HTTP_11);
    // A server that speaks HTTP/1.1 alone is an error, and not an exchange in something else.
    let origin = SecureOrigin::http1_only();
    let unasked = unasked.root_certificates([authority(&origin)]);
    page(&runtime, unasked, &origin.url("/say/x")).await.expect_err("no HTTP/2 there");
}

async fn connect_deadline_in_the_handshake_says_so<R: Connect>(runtime: R) {
    // The kernel opens the connection, and nobody answers what is said on it.
    let mute = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    let url = format!("https://{}/", mute.local_addr().expect("an address"));
    // On a machine so busy that even the connection takes longer, a longer deadline shows what is to be shown.
    for limit in [60, 600, 6000].map(Duration::from_millis) {
        let mut request = get(&url).expect("an address");
        request.extensions_mut().insert(ConnectDeadline(limit));
        let client = Builder::new().build(runtime.clone()).expect("TLS");
        let error = fetch_page(&client, &runtime, request, Limits::default()).await.expect_err("nobody answers");
        assert_eq!(error.kind(), FetchErrorKind::Timeout(limit), "{}", chain(&error));
        if error.phase() == Phase::Tls {
            return;
        }
    }
    panic!("the deadline never struck in the handshake");
}

/// What is wrong with settings is said when the client is made, by name.
mod settings {
    use super::*;

    #[track_caller]
    fn refused(settings: Builder) -> TlsSetupErrorKind {
        Tokio::current_thread().expect("a runtime").run(async |runtime: TokioHandle| {
            let error = settings.build(runtime).expect_err("settings that cannot be");
            assert!(error.to_string().starts_with("TLS cannot be set up: "), "{error}");
            error.kind()
        })
    }

    #[test]
    fn root_that_is_none_is_named() {
        let origin = SecureOrigin::start();
        let good = authority(&origin);
        let bad = CertificateDer::from(b"not a certificate".to_vec());
        let cut = CertificateDer::from(origin.authority()[..origin.authority().len() - 1].to_vec());
        for (roots, index) in
            [(vec![bad.clone()], 0), (vec![good.clone(), bad.clone()], 1), (vec![good.clone(), cut, bad], 1)]
        {
            let kind = refused(Builder::new().root_certificates(roots.clone()));
            assert_eq!(kind, TlsSetupErrorKind::RootCertificate { index });
            let kind = refused(Builder::new().extra_root_certificates(roots));
            assert_eq!(kind, TlsSetupErrorKind::ExtraRootCertificate { index });
        }
    }

    #[test]
    fn nobody_to_trust_is_an_error() {
        assert_eq!(refused(Builder::new().root_certificates([])), TlsSetupErrorKind::NoRoots);
    }

    #[test]
    fn identity_that_does_not_fit_is_an_error() {
        let (origin, other) = (SecureOrigin::start(), SecureOrigin::start());
        let (certificate, key) = (origin.client().0, other.client().1);
        let key = || PrivatePkcs8KeyDer::from(key.to_vec());
        let bad = || CertificateDer::from(b"not a certificate".to_vec());
        let good = || CertificateDer::from(certificate.to_vec());
        let given = |chain: Vec<CertificateDer<'static>>, key: PrivatePkcs8KeyDer<'static>| {
            refused(Builder::new().client_identity(ClientIdentity::from_der(chain, key)))
        };
        assert_eq!(given(vec![good()], key()), TlsSetupErrorKind::ClientKey);
        assert_eq!(given(vec![good()], b"no key".to_vec().into()), TlsSetupErrorKind::ClientKey);
        assert_eq!(given(vec![], key()), TlsSetupErrorKind::NoCertificate);
        assert_eq!(given(vec![bad()], key()), TlsSetupErrorKind::ClientCertificate { index: 0 });
        assert_eq!(given(vec![good(), bad()], key()), TlsSetupErrorKind::ClientCertificate { index: 1 });
    }

    #[test]
    fn configuration_of_ones_own_leaves_nothing_to_options() {
        let provider = gather_http::rustls::crypto::ring::default_provider().into();
        let config = gather_http::rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_root_certificates(gather_http::rustls::RootCertStore::empty())
            .with_no_client_auth();
        let own = Builder::new().tls(config.into());
        assert_eq!(refused(own.clone().danger_accept_any_certificate()), TlsSetupErrorKind::Conflict);
        assert_eq!(refused(own.clone().min_tls_version(TlsVersion::Tls12)), TlsSetupErrorKind::Conflict);
        Tokio::current_thread().expect("a runtime").run(async |runtime| own.build(runtime).map(drop)).expect("TLS");
    }

    #[test]
    fn pem_says_which_certificate_is_malformed() {
        let origin = SecureOrigin::start();
        let good = pem("CERTIFICATE", origin.authority());
        let cases = [
            (format!("{good}{good}"), Ok(2)),
            (format!("a comment\n{}{good}", pem("PRIVATE KEY", b"skipped")), Ok(1)),
            (String::new(), Err(TlsSetupErrorKind::NoCertificate)),
            (pem("PRIVATE KEY", b"skipped"), Err(TlsSetupErrorKind::NoCertificate)),
            (good.replacen("\nM", "\n*", 1), Err(TlsSetupErrorKind::Pem { index: 0 })),
            (format!("{good}{}", good.replacen("\nM", "\n*", 1)), Err(TlsSetupErrorKind::Pem { index: 1 })),
            (format!("{good}-----BEGIN CERTIFICATE----\n"), Err(TlsSetupErrorKind::Pem { index: 1 })),
            (good.replace("-----END CERTIFICATE-----", ""), Err(TlsSetupErrorKind::Pem { index: 0 })),
        ];
        for (text, expected) in cases {
            let found = certificates_from_pem(text.as_bytes());
            assert_eq!(found.map(|found| found.len()).map_err(|error| error.kind()), expected, "{text}");
        }
    }

    #[test]
    fn pem_of_a_key_is_checked_and_never_shown() {
        let origin = SecureOrigin::start();
        let (certificate, key) = origin.client();
        let (certificate, key) = (pem("CERTIFICATE", certificate), pem("PRIVATE KEY", key));
        let of = |chain: &str, key: &str| ClientIdentity::from_pem(chain.as_bytes(), key.as_bytes());
        let kind = |chain: &str, key: &str| of(chain, key).expect_err("no identity").kind();
        assert_eq!(kind(&key, &key), TlsSetupErrorKind::NoCertificate);
        assert_eq!(kind(&certificate, &certificate), TlsSetupErrorKind::NoKey);
        assert_eq!(kind(&certificate, &key.replace("PRIVATE", "ENCRYPTED PRIVATE")), TlsSetupErrorKind::NoKey);
        assert_eq!(kind(&certificate, "-----BEGIN SECRET"), TlsSetupErrorKind::KeyPem);
        let error = of(&certificate, "-----BEGIN SECRET").expect_err("no key");
        assert!(!format!("{error:?} {error}").contains("SECRET"), "{error:?}");
        let whole = of(&certificate, &key).expect("an identity");
        assert_eq!(format!("{whole:?}"), "ClientIdentity { certificates: 1, .. }");
    }
}

/// The system's roots, which are whatever the environment says: so each case is a process of its own.
mod platform {
    use std::process::Command;

    use super::*;

    const ROLE: &str = "GATHER_TEST_PLATFORM_ROOTS";

    #[test]
    #[ignore = "no test of its own: what the others run, each with another environment"]
    fn process() {
        let url = std::env::var(ROLE).expect("the address to ask for");
        Tokio::current_thread().expect("a runtime").run(async |runtime: TokioHandle| {
            match Builder::new().platform_roots().build(runtime.clone()) {
                Err(error) => println!("outcome: {:?}", error.kind()),
                Ok(client) => {
                    let page = fetch_page(&client, &runtime, get(url).expect("an address"), Limits::default()).await;
                    println!(
                        "outcome: {:?}",
                        page.map(|page| page.body).map_err(|error| (error.phase(), error.kind()))
                    );
                }
            }
        });
    }

    fn outcome(url: &str, roots: &str) -> String {
        static NUMBER: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let file = std::path::Path::new(env!("CARGO_TARGET_TMPDIR"))
            .join(format!("roots-{number}-{}.pem", std::process::id()));
        std::fs::write(&file, roots).expect("a file");
        let output = Command::new(std::env::current_exe().expect("this test"))
            .args(["--exact", "platform::process", "--ignored", "--nocapture"])
            .env(ROLE, url)
            .env("SSL_CERT_FILE", &file)
            .env_remove("SSL_CERT_DIR")
            .output()
            .expect("a process");
        std::fs::remove_file(file).expect("the file");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let line = text.lines().find_map(|line| line.split_once("outcome: "));
        line.unwrap_or_else(|| panic!("no outcome: {text}{}", String::from_utf8_lossy(&output.stderr))).1.to_owned()
    }

    #[test]
    fn roots_of_the_system_are_trusted_and_no_others() {
        let (origin, other) = (SecureOrigin::start(), SecureOrigin::start());
        let roots = format!("{}{}", pem("CERTIFICATE", b"rubbish"), pem("CERTIFICATE", origin.authority()));
        assert_eq!(outcome(&origin.url("/say/x"), &roots), "Ok(b\"x\")");
        assert_eq!(outcome(&other.url("/say/x"), &roots), "Err((Tls, Refused))");
        assert_eq!(other.requests().get(), 0);
    }

    #[test]
    fn system_without_roots_is_an_error() {
        assert_eq!(outcome("https://127.0.0.1/", ""), "NoPlatformRoots");
        assert_eq!(outcome("https://127.0.0.1/", &pem("CERTIFICATE", b"rubbish")), "NoPlatformRoots");
    }
}
