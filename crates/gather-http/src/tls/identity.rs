//! Certificates and keys as files hold them: PEM, checked before they are used.

use std::fmt;

use rustls::client::WantsClientCert;
use rustls::pki_types::pem::{Error as PemError, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::ParsedCertificate;
use rustls::{ClientConfig, ConfigBuilder};

use crate::tls::{TlsSetupError, TlsSetupErrorKind};

/// The certificates of a PEM text (RFC 7468), in their order. What else is in it, keys and comments, is skipped.
///
/// ```no_run
/// # fn example<R: gather_http::Connect>(runtime: R) -> Result<(), Box<dyn std::error::Error>> {
/// let company = gather_http::certificates_from_pem(&std::fs::read("company-ca.pem")?)?;
/// let client = gather_http::Builder::new().extra_root_certificates(company).build(runtime)?;
/// # drop(client); Ok(()) }
/// ```
///
/// # Errors
///
/// [`Pem`](TlsSetupErrorKind::Pem) at the first one that is malformed, [`NoCertificate`](TlsSetupErrorKind::NoCertificate)
/// when there is none. That they are certificates is looked at when the client is built.
pub fn certificates_from_pem(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, TlsSetupError> {
    let mut certificates = Vec::new();
    for certificate in CertificateDer::pem_slice_iter(pem) {
        let index = certificates.len();
        let malformed = |error| TlsSetupError::caused_by(TlsSetupErrorKind::Pem { index }, error);
        certificates.push(certificate.map_err(malformed)?);
    }
    if certificates.is_empty() {
        return Err(TlsSetupError::new(TlsSetupErrorKind::NoCertificate));
    }
    Ok(certificates)
}

/// Who the client is, for servers that ask: a chain of certificates, its own first, and the private key of that one.
///
/// Any server that asks is told, which is to say also one that a redirect or a page led to: give it to a client that talks to
/// the servers that it is meant for.
///
/// ```no_run
/// # fn example<R: gather_http::Connect>(runtime: R) -> Result<(), Box<dyn std::error::Error>> {
/// let identity = gather_http::ClientIdentity::from_pem(&std::fs::read("me.pem")?, &std::fs::read("me.key")?)?;
/// let client = gather_http::Builder::new().client_identity(identity).build(runtime)?;
/// # drop(client); Ok(()) }
/// ```
pub struct ClientIdentity {
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
}

impl ClientIdentity {
    /// From a text with the chain and one with the key (PKCS #1, PKCS #8 or SEC 1); it may be the same text.
    ///
    /// # Errors
    ///
    /// Those of [`certificates_from_pem`], and [`NoKey`](TlsSetupErrorKind::NoKey) or
    /// [`KeyPem`](TlsSetupErrorKind::KeyPem) for the key, of which no byte is in the error.
    pub fn from_pem(chain: &[u8], key: &[u8]) -> Result<Self, TlsSetupError> {
        let chain = certificates_from_pem(chain)?;
        let key = PrivateKeyDer::from_pem_slice(key).map_err(|error| {
            // The source would quote the line that it stumbled over, which may be one of the key.
            TlsSetupError::new(match error {
                PemError::NoItemsFound => TlsSetupErrorKind::NoKey,
                _ => TlsSetupErrorKind::KeyPem,
            })
        })?;
        Ok(ClientIdentity { chain, key })
    }

    /// From DER. Whether they are what they should be is looked at when the client is built.
    pub fn from_der(
        chain: impl IntoIterator<Item = CertificateDer<'static>>,
        key: impl Into<PrivateKeyDer<'static>>,
    ) -> Self {
        ClientIdentity { chain: chain.into_iter().collect(), key: key.into() }
    }

    /// The last step of a configuration that presents this identity.
    pub(super) fn present(
        self,
        builder: ConfigBuilder<ClientConfig, WantsClientCert>,
    ) -> Result<ClientConfig, TlsSetupError> {
        let ClientIdentity { chain, key } = self;
        if chain.is_empty() {
            return Err(TlsSetupError::new(TlsSetupErrorKind::NoCertificate));
        }
        for (index, certificate) in chain.iter().enumerate() {
            ParsedCertificate::try_from(certificate)
                .map_err(|error| TlsSetupError::caused_by(TlsSetupErrorKind::ClientCertificate { index }, error))?;
        }
        let unfit = |error| TlsSetupError::caused_by(TlsSetupErrorKind::ClientKey, error);
        builder.with_client_auth_cert(chain, key).map_err(unfit)
    }
}

impl Clone for ClientIdentity {
    fn clone(&self) -> Self {
        ClientIdentity { chain: self.chain.clone(), key: self.key.clone_key() }
    }
}

impl fmt::Debug for ClientIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientIdentity").field("certificates", &self.chain.len()).finish_non_exhaustive()
    }
}
