//! The settings of TLS: whom to trust, who we are, which versions.

use std::sync::Arc;

use rustls::ClientConfig;
use rustls::pki_types::CertificateDer;

use crate::builder::Builder;
use crate::tls::{ClientIdentity, Roots, TlsOptions, TlsSetupError, TlsSetupErrorKind, TlsVersion, Verification};

/// Options, or a configuration that leaves nothing to them.
#[derive(Debug, Clone, Default)]
pub(super) struct Tls {
    options: Option<TlsOptions>,
    config: Option<Arc<ClientConfig>>,
}

impl Tls {
    pub(super) fn into_config(self) -> Result<ClientConfig, TlsSetupError> {
        match (self.options, self.config) {
            (Some(_), Some(_)) => Err(TlsSetupError::new(TlsSetupErrorKind::Conflict)),
            (None, Some(config)) => Ok(Arc::unwrap_or_clone(config)),
            (options, None) => options.unwrap_or_default().config(),
        }
    }
}

/// # TLS
///
/// Certificates are verified, against Mozilla's roots as they were when this crate was built, by the same code on every
/// platform. What is wrong with a certificate or a key is an error of [`build`](Builder::build) that names it.
impl Builder {
    /// Trusts these certificates too, besides Mozilla's roots or whichever roots were chosen: the authority of a company, or of
    /// a proxy that looks inside. [`certificates_from_pem`](crate::certificates_from_pem) reads them from a file.
    ///
    /// ```no_run
    /// # fn example<R: gather_http::Connect>(runtime: R) -> Result<(), Box<dyn std::error::Error>> {
    /// let company = gather_http::certificates_from_pem(&std::fs::read("company-ca.pem")?)?;
    /// let client = gather_http::Builder::new().extra_root_certificates(company).build(runtime)?;
    /// # drop(client); Ok(()) }
    /// ```
    #[must_use]
    pub fn extra_root_certificates(mut self, certificates: impl IntoIterator<Item = CertificateDer<'static>>) -> Self {
        self.tls_options().extra_roots.extend(certificates);
        self
    }

    /// Trusts these certificates, and only these (with [extra ones](Builder::extra_root_certificates), if there are), as
    /// roots.
    ///
    /// ```no_run
    /// # fn example<R: gather_http::Connect>(runtime: R) -> Result<(), Box<dyn std::error::Error>> {
    /// let own = gather_http::certificates_from_pem(&std::fs::read("own-ca.pem")?)?;
    /// let client = gather_http::Builder::new().root_certificates(own).build(runtime)?;
    /// # drop(client); Ok(()) }
    /// ```
    #[must_use]
    pub fn root_certificates(mut self, certificates: impl IntoIterator<Item = CertificateDer<'static>>) -> Self {
        self.tls_options().roots = Roots::Given(certificates.into_iter().collect());
        self
    }

    /// Trusts the roots that the system has, instead of Mozilla's: on Linux the files where OpenSSL looks for them, or what
    /// the environment variables `SSL_CERT_FILE` and `SSL_CERT_DIR` name. Needs the feature `platform-roots`.
    ///
    /// They are read by [`build`](Builder::build), which blocks for some milliseconds, and only their certificates are used:
    /// verification stays the same code everywhere. What else a platform's own verifier may do (fetch a revocation list in
    /// the middle of a handshake, for one) would block the thread that runs the connection.
    ///
    /// ```no_run
    /// # fn example<R: gather_http::Connect>(runtime: R) -> Result<(), gather_http::TlsSetupError> {
    /// let client = gather_http::Builder::new().platform_roots().build(runtime)?;
    /// # drop(client); Ok(()) }
    /// ```
    #[cfg(feature = "platform-roots")]
    #[must_use]
    pub fn platform_roots(mut self) -> Self {
        self.tls_options().roots = Roots::Platform;
        self
    }

    /// Says who the client is to every server that asks (mutual TLS); see [`ClientIdentity`].
    ///
    /// ```no_run
    /// # fn example<R: gather_http::Connect>(runtime: R) -> Result<(), Box<dyn std::error::Error>> {
    /// let both = std::fs::read("certificate-and-key.pem")?;
    /// let identity = gather_http::ClientIdentity::from_pem(&both, &both)?;
    /// let client = gather_http::Builder::new().client_identity(identity).build(runtime)?;
    /// # drop(client); Ok(()) }
    /// ```
    #[must_use]
    pub fn client_identity(mut self, identity: ClientIdentity) -> Self {
        self.tls_options().identity = Some(identity);
        self
    }

    /// The oldest version of TLS to speak. TLS 1.2 by default.
    ///
    /// ```
    /// # fn example<R: gather_http::Connect>(runtime: R) -> Result<(), gather_http::TlsSetupError> {
    /// let client = gather_http::Builder::new().min_tls_version(gather_http::TlsVersion::Tls13).build(runtime)?;
    /// # drop(client); Ok(()) }
    /// ```
    #[must_use]
    pub fn min_tls_version(mut self, version: TlsVersion) -> Self {
        self.tls_options().min_version = version;
        self
    }

    /// Accepts whatever certificate a server shows: made by anybody, for any name, expired or not.
    ///
    /// What this gives up is all of what TLS is for but hiding from those who only listen: anybody on the way can take the
    /// server's place, read what is sent (credentials and cookies included), and answer whatever they like. It holds for every
    /// request of the client, redirects included. To reach one server with a certificate of its own making, trust that
    /// certificate with [`root_certificates`](Builder::root_certificates).
    ///
    /// ```
    /// # fn example<R: gather_http::Connect>(runtime: R) -> Result<(), gather_http::TlsSetupError> {
    /// let gullible = gather_http::Builder::new().danger_accept_any_certificate().build(runtime)?;
    /// # drop(gullible); Ok(()) }
    /// ```
    #[must_use]
    pub fn danger_accept_any_certificate(mut self) -> Self {
        self.tls_options().verification = Verification::Off;
        self
    }

    /// Uses a rustls configuration of your own, which leaves nothing to the other options of TLS: together with one of them
    /// it is a [`Conflict`](TlsSetupErrorKind::Conflict). Its ALPN protocols are set by the client.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use gather_http::rustls::ClientConfig;
    /// # fn example<R: gather_http::Connect>(runtime: R, config: ClientConfig) -> Result<(), gather_http::TlsSetupError> {
    /// let client = gather_http::Builder::new().tls(Arc::new(config)).build(runtime)?;
    /// # drop(client); Ok(()) }
    /// ```
    #[must_use]
    pub fn tls(mut self, config: Arc<ClientConfig>) -> Self {
        self.tls.config = Some(config);
        self
    }

    fn tls_options(&mut self) -> &mut TlsOptions {
        self.tls.options.get_or_insert_default()
    }
}
