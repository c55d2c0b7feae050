//! TLS by rustls, with ring and the platform's root certificates unless the user brings a
//! configuration.

use std::{io, sync::Arc};

use tokio_rustls::{
    TlsConnector,
    rustls::{self, ClientConfig, RootCertStore, pki_types::ServerName},
};

use crate::{
    error::{ConnectError, ConnectErrorKind, Error},
    transport::Io,
};

/// The TLS side of a client.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tls {
    /// The user's own, or the one made at the first use.
    config: Arc<std::sync::OnceLock<Arc<ClientConfig>>>,
}

impl Tls {
    pub(crate) fn with(config: Arc<ClientConfig>) -> Self {
        Self { config: Arc::new(config.into()) }
    }

    fn config(&self) -> Result<Arc<ClientConfig>, ConnectError> {
        if let Some(config) = self.config.get() {
            return Ok(Arc::clone(config));
        }
        let config = Arc::new(default_config()?);
        Ok(Arc::clone(self.config.get_or_init(|| config)))
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
        Ok(Box::new(stream))
    }
}

fn default_config() -> Result<ClientConfig, ConnectError> {
    let mut roots = RootCertStore::empty();
    let found = rustls_native_certs::load_native_certs();
    roots.add_parsable_certificates(found.certs);
    if roots.is_empty() {
        let words = "no root certificates were found on this machine; install them (on Debian: the \
                     package ca-certificates) or pass your own with `tls_config`";
        return Err(Error::new(ConnectErrorKind::Certificate).context(words));
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| Error::new(ConnectErrorKind::Tls).context(error.to_string()))?;
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}

fn explain(error: &io::Error) -> ConnectError {
    let tls = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    let kind = match tls {
        Some(rustls::Error::InvalidCertificate(_)) => ConnectErrorKind::Certificate,
        Some(_) => ConnectErrorKind::Tls,
        None => ConnectErrorKind::Io,
    };
    Error::new(kind).context(error.to_string())
}
