//! Why TLS cannot be set up as asked: found when the client is made, not at its first request.

use std::fmt;

use gather_core::BoxError;

/// TLS cannot be set up as asked. No connection was opened.
///
/// ```
/// use gather_http::{TlsSetupErrorKind, certificates_from_pem};
///
/// let error = certificates_from_pem(b"not a certificate").expect_err("there is none");
/// assert_eq!(error.kind(), TlsSetupErrorKind::NoCertificate);
/// ```
#[derive(Debug)]
pub struct TlsSetupError {
    kind: TlsSetupErrorKind,
    source: Option<BoxError>,
}

/// What is wrong. Each `index` counts from 0, in the order in which the certificates were given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum TlsSetupErrorKind {
    /// This certificate of a PEM text is not well-formed PEM.
    Pem {
        /// Which of the text's certificates.
        index: usize,
    },
    /// There is no certificate where one is needed.
    NoCertificate,
    /// There is no private key in a PEM text, or only one that is encrypted.
    NoKey,
    /// The private key is not well-formed PEM.
    KeyPem,
    /// This one of the roots is not a certificate.
    RootCertificate {
        /// Which of those given.
        index: usize,
    },
    /// This one of the extra roots is not a certificate.
    ExtraRootCertificate {
        /// Which of those given.
        index: usize,
    },
    /// This one of the client's own certificates is not a certificate.
    ClientCertificate {
        /// Which of the chain; 0 is the client's own.
        index: usize,
    },
    /// The client's key cannot be used, or is not the one of its certificate.
    ClientKey,
    /// There is no root certificate, so that every server would be refused.
    NoRoots,
    /// The system has no root certificate that can be read.
    NoPlatformRoots,
    /// A configuration of rustls was given, and options that it would not heed.
    Conflict,
    /// The provider of cryptography supports none of the versions of TLS.
    Versions,
}

impl TlsSetupError {
    pub(crate) fn new(kind: TlsSetupErrorKind) -> Self {
        TlsSetupError { kind, source: None }
    }

    pub(crate) fn caused_by(kind: TlsSetupErrorKind, source: impl Into<BoxError>) -> Self {
        TlsSetupError { kind, source: Some(source.into()) }
    }

    /// What is wrong.
    pub fn kind(&self) -> TlsSetupErrorKind {
        self.kind
    }
}

impl fmt::Display for TlsSetupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use TlsSetupErrorKind as Kind;

        f.write_str("TLS cannot be set up: ")?;
        match self.kind {
            Kind::Pem { index } => write!(f, "certificate {index} of the PEM text is malformed"),
            Kind::NoCertificate => f.write_str("there is no certificate"),
            Kind::NoKey => f.write_str("there is no private key that is not encrypted"),
            Kind::KeyPem => f.write_str("the private key's PEM is malformed"),
            Kind::RootCertificate { index } => write!(f, "root certificate {index} is not a certificate"),
            Kind::ExtraRootCertificate { index } => write!(f, "extra root certificate {index} is not a certificate"),
            Kind::ClientCertificate { index } => write!(f, "client certificate {index} is not a certificate"),
            Kind::ClientKey => f.write_str("the client's key does not fit its certificate"),
            Kind::NoRoots => f.write_str("there is no root certificate to trust"),
            Kind::NoPlatformRoots => f.write_str("the system has no root certificate that can be read"),
            Kind::Conflict => f.write_str("a configuration of one's own leaves nothing for other options of TLS"),
            Kind::Versions => f.write_str("the cryptography does not support the versions asked for"),
        }
    }
}

impl std::error::Error for TlsSetupError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}
