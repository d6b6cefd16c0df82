//! TLS by rustls with ring, verified against Mozilla's roots, as in the hyper engine.

use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::{ClientConfig, RootCertStore};

use crate::builder::SetupError;

#[derive(Debug, Clone)]
pub(crate) enum Tls {
    Roots(RootCertStore),
    Config(Box<ClientConfig>),
}

impl Default for Tls {
    fn default() -> Self {
        Tls::Roots(RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.into() })
    }
}

impl Tls {
    pub(crate) fn roots(certificates: impl IntoIterator<Item = CertificateDer<'static>>) -> Self {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(certificates);
        Tls::Roots(roots)
    }

    /// The configuration, which offers `protocols` by ALPN.
    pub(crate) fn config(&self, protocols: Vec<Vec<u8>>) -> Result<ClientConfig, SetupError> {
        let mut config = match self {
            Tls::Config(config) => (**config).clone(),
            Tls::Roots(roots) => {
                // The provider is named, because rustls, asked to guess, panics where a program has two.
                let provider = Arc::new(rustls::crypto::ring::default_provider());
                let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
                let builder = builder.map_err(|error| SetupError(error.into()))?;
                builder.with_root_certificates(roots.clone()).with_no_client_auth()
            }
        };
        config.alpn_protocols = protocols;
        Ok(config)
    }
}
