//! TLS by native-tls: the platform's own.

use tokio_native_tls::{TlsConnector, native_tls};

use crate::{
    error::{ConnectError, ConnectErrorKind, Error},
    transport::Io,
};

/// The user's connector, or the platform's defaults.
#[derive(Default)]
pub(crate) struct Native(Option<TlsConnector>);

impl Native {
    pub(crate) fn with(connector: native_tls::TlsConnector) -> Self {
        Self(Some(connector.into()))
    }

    /// Wraps a stream in TLS for `host`.
    pub(crate) async fn wrap(
        &self,
        stream: Box<dyn Io>,
        host: &str,
    ) -> Result<Box<dyn Io>, ConnectError> {
        let connector = match &self.0 {
            Some(connector) => connector.clone(),
            None => native_tls::TlsConnector::new().map_err(|error| explain(&error))?.into(),
        };
        let stream = connector.connect(host, stream).await.map_err(|error| explain(&error))?;
        Ok(Box::new(stream))
    }
}

impl std::fmt::Debug for Native {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Native")
    }
}

/// native-tls doesn't expose the kind of an error, so it is read from the message.
fn explain(error: &native_tls::Error) -> ConnectError {
    let message = error.to_string();
    let lower = message.to_lowercase();
    let kind = if lower.contains("certificate") || lower.contains("hostname") {
        ConnectErrorKind::Certificate
    } else {
        ConnectErrorKind::Tls
    };
    Error::new(kind).context(message)
}
