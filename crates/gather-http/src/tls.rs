//! TLS for all runtimes: rustls inside hyper-rustls, verified against Mozilla's roots.

use std::fmt;
use std::sync::Arc;

use rustls::crypto::CryptoProvider;
use rustls::{ClientConfig, RootCertStore};

/// The configuration that a client has until it is given another.
///
/// # Errors
///
/// Never with the providers that the features offer; an error rather than a panic all the same.
pub(crate) fn default_config() -> Result<ClientConfig, TlsSetupError> {
    let roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.into() };
    with_roots(roots)
}

pub(crate) fn with_roots(roots: RootCertStore) -> Result<ClientConfig, TlsSetupError> {
    // The provider is always named. `ClientConfig::builder()` guesses it from rustls's features, and panics as soon as some
    // other crate of the program has turned on a second one.
    let builder = ClientConfig::builder_with_provider(provider()).with_safe_default_protocol_versions();
    Ok(builder.map_err(TlsSetupError)?.with_root_certificates(roots).with_no_client_auth())
}

#[cfg(feature = "ring")]
fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

#[cfg(all(feature = "aws-lc-rs", not(feature = "ring")))]
fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::aws_lc_rs::default_provider())
}

#[cfg(not(any(feature = "ring", feature = "aws-lc-rs")))]
compile_error!("gather-http needs a provider of cryptography: enable the feature `ring` (the default) or `aws-lc-rs`");

/// TLS cannot be set up as asked.
#[derive(Debug)]
pub struct TlsSetupError(rustls::Error);

impl fmt::Display for TlsSetupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TLS cannot be set up: {}", self.0)
    }
}

impl std::error::Error for TlsSetupError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.0)
    }
}
