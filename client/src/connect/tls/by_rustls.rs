//! TLS by rustls, with ring.

use std::{
    io,
    sync::{Arc, OnceLock},
};

use tokio_rustls::{
    TlsConnector,
    rustls::{
        self, ClientConfig, RootCertStore,
        pki_types::{CertificateDer, PrivateKeyDer, ServerName, pem::PemObject},
    },
};

use crate::{
    error::{BuildError, BuildErrorKind, ConnectError, ConnectErrorKind, Error},
    transport::Io,
};

/// The root certificates that a `wss://` connection by rustls trusts. See
/// [`Builder::tls_roots`](crate::Builder::tls_roots).
#[derive(Clone, Default)]
#[non_exhaustive]
pub enum Roots {
    /// Those of the platform.
    #[default]
    Platform,
    /// Mozilla's, built into the program.
    #[cfg(feature = "tls-webpki-roots")]
    Mozilla,
    /// Only these, as PEM: for a server with a certificate of your own.
    Pem(Vec<u8>),
}

impl std::fmt::Debug for Roots {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Platform => "Platform",
            #[cfg(feature = "tls-webpki-roots")]
            Self::Mozilla => "Mozilla",
            Self::Pem(_) => "Pem(…)",
        })
    }
}

/// What the user set, and the configuration that comes of it.
#[derive(Default)]
pub(crate) struct Rustls {
    pub(crate) roots: Roots,
    /// The client's own certificate chain and key, as PEM.
    pub(crate) identity: Option<(Vec<u8>, Vec<u8>)>,
    /// The user's own, or the one made at the first use.
    config: OnceLock<Arc<ClientConfig>>,
}

impl Rustls {
    pub(crate) fn with(config: Arc<ClientConfig>) -> Self {
        Self { config: config.into(), ..Self::default() }
    }

    /// Reads the user's certificates, so that what is wrong with them is known before a connection.
    pub(crate) fn check(&self) -> Result<(), BuildError> {
        let offered =
            self.config.get().map(|config| &config.alpn_protocols[..]).unwrap_or_default();
        let offers = |name: &[u8]| offered.iter().any(|offered| offered == name);
        if offers(HTTP_2) && !offers(HTTP_1) {
            return Err(refuse(format!("`tls_config` offers h2 alone by ALPN. {NO_H2}")));
        }
        if let Roots::Pem(pem) = &self.roots {
            pem_roots(pem).map_err(refuse)?;
        }
        if self.identity.is_some() {
            self.finish(RootCertStore::empty()).map_err(refuse)?;
        }
        Ok(())
    }

    pub(crate) fn config(&self) -> Result<Arc<ClientConfig>, ConnectError> {
        if let Some(config) = self.config.get() {
            return Ok(Arc::clone(config));
        }
        let roots = match &self.roots {
            Roots::Platform => platform_roots(),
            #[cfg(feature = "tls-webpki-roots")]
            Roots::Mozilla => Ok(webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect()),
            Roots::Pem(pem) => pem_roots(pem),
        };
        let config = roots
            .and_then(|roots| self.finish(roots))
            .map_err(|message| Error::new(ConnectErrorKind::Certificate).context(message))?;
        Ok(Arc::clone(self.config.get_or_init(|| Arc::new(config))))
    }

    fn finish(&self, roots: RootCertStore) -> Result<ClientConfig, String> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| error.to_string())?
            .with_root_certificates(roots);
        let Some((chain, key)) = &self.identity else { return Ok(builder.with_no_client_auth()) };
        let chain = certificates(chain)?;
        let key = PrivateKeyDer::from_pem_slice(key)
            .map_err(|error| format!("the client's key is not PEM ({error})"))?;
        builder
            .with_client_auth_cert(chain, key)
            .map_err(|error| format!("the client's certificate can't be used: {error}"))
    }

    /// Wraps a stream in TLS for `host`.
    pub(crate) async fn wrap(
        &self,
        stream: Box<dyn Io>,
        host: &str,
    ) -> Result<Box<dyn Io>, ConnectError> {
        let name = ServerName::try_from(host.to_owned()).map_err(|_| {
            Error::new(ConnectErrorKind::Tls).context("the host is not a name that TLS can check")
        })?;
        let connector = TlsConnector::from(self.config()?);
        let stream = connector.connect(name, stream).await.map_err(|error| explain(&error))?;
        if stream.get_ref().1.alpn_protocol() == Some(HTTP_2) {
            let message =
                format!("the server chose h2, which `tls_config` offers by ALPN. {NO_H2}");
            return Err(Error::new(ConnectErrorKind::Tls).context(message));
        }
        Ok(Box::new(stream))
    }
}

impl std::fmt::Debug for Rustls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rustls").field("roots", &self.roots).finish_non_exhaustive()
    }
}

/// The protocols as ALPN names them (RFC 7301, section 6).
pub(crate) const HTTP_1: &[u8] = b"http/1.1";
const HTTP_2: &[u8] = b"h2";
/// What to do about the latter.
const NO_H2: &str =
    "WebSocket needs http/1.1: remove `h2` from its `alpn_protocols`, or leave them empty";

fn refuse(message: String) -> BuildError {
    Error::new(BuildErrorKind::Tls).context(message)
}

fn platform_roots() -> Result<RootCertStore, String> {
    let mut roots = RootCertStore::empty();
    let found = rustls_native_certs::load_native_certs();
    roots.add_parsable_certificates(found.certs);
    if roots.is_empty() {
        return Err(
            "no root certificates were found on this machine; install them (on Debian: the \
                    package ca-certificates) or pass your own with `tls_roots`"
                .to_owned(),
        );
    }
    Ok(roots)
}

fn pem_roots(pem: &[u8]) -> Result<RootCertStore, String> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(pem)? {
        roots
            .add(certificate)
            .map_err(|error| format!("a root certificate can't be used: {error}"))?;
    }
    Ok(roots)
}

/// All certificates in a PEM text; there must be one.
fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, String> {
    let all: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    match all {
        Ok(all) if all.is_empty() => {
            Err("there is no certificate in the PEM text (-----BEGIN CERTIFICATE-----)".to_owned())
        }
        Ok(all) => Ok(all),
        Err(error) => Err(format!("the certificates are not PEM ({error})")),
    }
}

fn explain(error: &io::Error) -> ConnectError {
    let tls = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    let kind = match tls {
        Some(rustls::Error::InvalidCertificate(_)) => ConnectErrorKind::Certificate,
        Some(_) => ConnectErrorKind::Tls,
        None => ConnectErrorKind::Io,
    };
    let what_to_do = match tls {
        Some(rustls::Error::InvalidMessage(_)) => {
            ": it may not speak TLS at this port; is it ws://, or another port?"
        }
        Some(rustls::Error::AlertReceived(rustls::AlertDescription::NoApplicationProtocol)) => {
            ": it takes none of the `alpn_protocols` of `tls_config`; WebSocket needs http/1.1"
        }
        _ => "",
    };
    Error::new(kind).context(format!("{error}{what_to_do}"))
}
