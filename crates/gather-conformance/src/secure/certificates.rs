//! The secure origin's papers: an authority made on the spot, a server certified by it, a client too.

use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, date_time_ymd};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig, SupportedProtocolVersion};

/// What kind of an origin it is to be.
pub(super) struct Plan<'a> {
    pub(super) protocols: &'a [&'a [u8]],
    pub(super) name: &'a str,
    pub(super) validity: Validity,
    pub(super) clients: Clients,
    pub(super) versions: &'static [&'static SupportedProtocolVersion],
    pub(super) tls: bool,
}

/// Whether the server's certificate is still valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Validity {
    Current,
    Over,
}

/// Who is let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Clients {
    Anybody,
    Certified,
}

impl Default for Plan<'_> {
    fn default() -> Self {
        Plan {
            protocols: &[b"h2", b"http/1.1"],
            name: "127.0.0.1",
            validity: Validity::Current,
            clients: Clients::Anybody,
            versions: rustls::ALL_VERSIONS,
            tls: true,
        }
    }
}

/// What came of it; certificates and keys in DER.
pub(super) struct Certified {
    pub(super) config: ServerConfig,
    pub(super) authority: Vec<u8>,
    pub(super) client: (Vec<u8>, Vec<u8>),
}

/// An authority, a server certified by it, and a client.
pub(super) fn certify(plan: &Plan<'_>) -> Result<Certified, Box<dyn std::error::Error>> {
    let authority_key = KeyPair::generate()?;
    let mut authority = CertificateParams::new([])?;
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority_certificate = authority.self_signed(&authority_key)?;
    let issuer = Issuer::new(authority, authority_key);

    let client_key = KeyPair::generate()?;
    let client = CertificateParams::new(["client.test".to_owned()])?.signed_by(&client_key, &issuer)?;
    let key = KeyPair::generate()?;
    let mut server = CertificateParams::new([plan.name.to_owned()])?;
    if plan.validity == Validity::Over {
        server.not_after = date_time_ymd(2001, 1, 1);
    }
    let certificate = server.signed_by(&key, &issuer)?;

    let chain = vec![CertificateDer::from(certificate.der().to_vec())];
    let key = PrivateKeyDer::try_from(key.serialize_der())?;
    // By name: with two providers in one program rustls does not choose.
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider.clone()).with_protocol_versions(plan.versions)?;
    let config = match plan.clients {
        Clients::Anybody => config.with_no_client_auth(),
        Clients::Certified => {
            let mut roots = RootCertStore::empty();
            roots.add(authority_certificate.der().clone())?;
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
            config.with_client_cert_verifier(verifier.build()?)
        }
    };
    let mut config = config.with_single_cert(chain, key)?;
    config.alpn_protocols = plan.protocols.iter().map(|protocol| protocol.to_vec()).collect();
    let client = (client.der().to_vec(), client_key.serialize_der());
    Ok(Certified { config, authority: authority_certificate.der().to_vec(), client })
}
