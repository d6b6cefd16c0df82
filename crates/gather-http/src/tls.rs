//! TLS for all runtimes: rustls inside hyper-rustls, verified against Mozilla's roots until it is told otherwise.

mod danger;
mod error;
mod identity;

use std::sync::Arc;

use rustls::crypto::CryptoProvider;
use rustls::pki_types::CertificateDer;
use rustls::{ALL_VERSIONS, ClientConfig, RootCertStore, SupportedProtocolVersion};

pub use error::{TlsSetupError, TlsSetupErrorKind};
pub use identity::{ClientIdentity, certificates_from_pem};

/// A version of TLS. Older ones than these are not spoken at all (RFC 8996).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[non_exhaustive]
pub enum TlsVersion {
    /// TLS 1.2, RFC 5246.
    #[default]
    Tls12,
    /// TLS 1.3, RFC 8446.
    Tls13,
}

/// How connections are to be secured, as the [`Builder`](crate::Builder) was told.
#[derive(Debug, Clone, Default)]
pub(crate) struct TlsOptions {
    pub(crate) roots: Roots,
    pub(crate) extra_roots: Vec<CertificateDer<'static>>,
    pub(crate) identity: Option<ClientIdentity>,
    pub(crate) min_version: TlsVersion,
    pub(crate) verification: Verification,
}

/// Whose certificates are trusted to begin with.
#[derive(Debug, Clone, Default)]
pub(crate) enum Roots {
    #[default]
    Mozilla,
    #[cfg(feature = "platform-roots")]
    Platform,
    Given(Vec<CertificateDer<'static>>),
}

/// Whether the other side has to be who it says it is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Verification {
    #[default]
    Full,
    /// Any certificate of any name will do.
    Off,
}

impl TlsOptions {
    /// The configuration that these options come to.
    ///
    /// # Errors
    ///
    /// When a certificate is none, a key does not fit, or there would be nobody to trust.
    pub(crate) fn config(self) -> Result<ClientConfig, TlsSetupError> {
        let TlsOptions { roots, extra_roots, identity, min_version, verification } = self;
        // The provider is always named. `ClientConfig::builder()` guesses it from rustls's features, and panics as soon as
        // some other crate of the program has turned on a second one.
        let provider = provider();
        let builder =
            ClientConfig::builder_with_provider(provider.clone()).with_protocol_versions(versions_from(min_version));
        let builder = builder.map_err(|error| TlsSetupError::caused_by(TlsSetupErrorKind::Versions, error))?;
        let builder = match verification {
            Verification::Full => builder.with_root_certificates(trusted(roots, extra_roots)?),
            Verification::Off => {
                builder.dangerous().with_custom_certificate_verifier(danger::any_certificate(&provider))
            }
        };
        match identity {
            Some(identity) => identity.present(builder),
            None => Ok(builder.with_no_client_auth()),
        }
    }
}

fn versions_from(min_version: TlsVersion) -> &'static [&'static SupportedProtocolVersion] {
    match min_version {
        TlsVersion::Tls12 => ALL_VERSIONS,
        TlsVersion::Tls13 => NEWEST,
    }
}

static NEWEST: &[&SupportedProtocolVersion] = &[&rustls::version::TLS13];

fn trusted(roots: Roots, extra: Vec<CertificateDer<'static>>) -> Result<RootCertStore, TlsSetupError> {
    let mut store = RootCertStore::empty();
    match roots {
        Roots::Mozilla => store.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned()),
        #[cfg(feature = "platform-roots")]
        Roots::Platform => add_platform_roots(&mut store)?,
        Roots::Given(given) => add(&mut store, given, |index| TlsSetupErrorKind::RootCertificate { index })?,
    }
    add(&mut store, extra, |index| TlsSetupErrorKind::ExtraRootCertificate { index })?;
    if store.is_empty() {
        return Err(TlsSetupError::new(TlsSetupErrorKind::NoRoots));
    }
    Ok(store)
}

fn add(
    store: &mut RootCertStore,
    certificates: Vec<CertificateDer<'static>>,
    kind: impl Fn(usize) -> TlsSetupErrorKind,
) -> Result<(), TlsSetupError> {
    for (index, certificate) in certificates.into_iter().enumerate() {
        store.add(certificate).map_err(|error| TlsSetupError::caused_by(kind(index), error))?;
    }
    Ok(())
}

/// A system's store has been collected by many hands: what cannot be read in it is left out, as every program does, as long
/// as something is left.
#[cfg(feature = "platform-roots")]
fn add_platform_roots(store: &mut RootCertStore) -> Result<(), TlsSetupError> {
    let found = rustls_native_certs::load_native_certs();
    store.add_parsable_certificates(found.certs);
    match (store.is_empty(), found.errors.into_iter().next()) {
        (false, _) => Ok(()),
        (true, Some(error)) => Err(TlsSetupError::caused_by(TlsSetupErrorKind::NoPlatformRoots, error)),
        (true, None) => Err(TlsSetupError::new(TlsSetupErrorKind::NoPlatformRoots)),
    }
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
