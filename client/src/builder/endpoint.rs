//! Settings of what a connection is made with: headers, credentials, TLS, the byte stream.

use std::io;
#[cfg(feature = "tls")]
use std::sync::Arc;

use super::Builder;
use crate::{
    connect::{
        dial::{Endpoint, connector},
        provider::Source,
    },
    transport::Io,
};

impl<C> Builder<C> {
    /// Adds a header to the upgrade request.
    ///
    /// Of several `Authorization`, `Origin` or `User-Agent` headers only the last is sent; those of
    /// [`headers`](Self::headers) take precedence. `User-Agent` is `wirebond/` and the version unless it
    /// is set; an empty one is not sent.
    ///
    /// ```
    /// use wirebond_client::Client;
    ///
    /// let client = Client::builder("ws://127.0.0.1:9001/ws")
    ///     .header("Authorization", "Bearer t0ken")
    ///     .build()?;
    /// # Ok::<(), wirebond_client::BuildError>(())
    /// ```
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Sets headers of the upgrade request: pairs of names and values, or a provider of them that is called
    /// for every attempt. Those of [`header`](Self::header) are sent as well.
    ///
    /// ```
    /// use wirebond_client::{Attempt, Client, Unauthorized};
    ///
    /// let client = Client::builder("ws://127.0.0.1:9001/ws")
    ///     .headers(|attempt: Attempt| async move {
    ///         let token = if attempt.refused { "fresh" } else { "cached" };
    ///         Ok::<_, Unauthorized>([("Authorization", format!("Bearer {token}"))])
    ///     })
    ///     .build()?;
    /// # Ok::<(), wirebond_client::BuildError>(())
    /// ```
    pub fn headers<M>(mut self, headers: impl Source<Vec<(String, String)>, M>) -> Self {
        self.header_provider = Some(headers.into_provider().0);
        self
    }

    /// Offers subprotocols, the preferred one first: a list, or a provider of one that is called for every
    /// attempt. If the server selects none of them, the attempt fails (RFC 6455, section 4.1).
    ///
    /// ```
    /// use wirebond_client::Client;
    ///
    /// let client = Client::builder("ws://127.0.0.1:9001/ws")
    ///     .subprotocols(["chat.v2", "chat.v1"])
    ///     .build()?;
    /// # Ok::<(), wirebond_client::BuildError>(())
    /// ```
    pub fn subprotocols<M>(mut self, subprotocols: impl Source<Vec<String>, M>) -> Self {
        self.subprotocols = subprotocols.into_provider().0;
        self
    }

    /// Fetches a one-time code for every attempt and adds it to the URL's query: from a URL, or a
    /// [`BindCodeEndpoint`](crate::connect::bind_code::BindCodeEndpoint). A code is used for one attempt
    /// only, and no log, error or `Debug` form contains it.
    ///
    /// If the endpoint answers 401 or 403, the client stops; any other failure is one failed attempt. Like
    /// the WebSocket, the request ignores `HTTP_PROXY`, `HTTPS_PROXY` and `ALL_PROXY`; a
    /// `reqwest::Client` of your own may use a proxy.
    ///
    /// ```
    /// use wirebond_client::Client;
    ///
    /// let client = Client::builder("ws://127.0.0.1:9001/ws")
    ///     .bind_code("http://127.0.0.1:9001/bind-code")
    ///     .build()?;
    /// # Ok::<(), wirebond_client::BuildError>(())
    /// ```
    #[cfg(feature = "bind-code")]
    pub fn bind_code(
        mut self,
        endpoint: impl Into<crate::connect::bind_code::BindCodeEndpoint>,
    ) -> Self {
        self.bind_code = Some(endpoint.into());
        self
    }

    /// Replaces TCP by another byte stream: through a proxy or a tunnel, over a Unix socket, or in memory
    /// for a test. TLS runs over it if the URL is `wss://`.
    ///
    /// ```
    /// use wirebond_client::{Client, Endpoint};
    ///
    /// let client = Client::builder("ws://127.0.0.1:9001/ws")
    ///     .connector(|endpoint: Endpoint| async move {
    ///         tokio::net::TcpStream::connect((endpoint.host, endpoint.port)).await
    ///     })
    ///     .build()?;
    /// # Ok::<(), wirebond_client::BuildError>(())
    /// ```
    pub fn connector<F, A, S>(mut self, connect: F) -> Self
    where
        F: Fn(Endpoint) -> A + Send + Sync + 'static,
        A: Future<Output = io::Result<S>> + Send + 'static,
        S: Io + 'static,
    {
        self.connector = Some(connector(connect));
        self
    }

    /// Sets the root certificates that a `wss://` connection trusts. Default: those of the platform.
    /// [`build`](Self::build) fails if the PEM is invalid.
    ///
    /// ```no_run
    /// use wirebond_client::{Client, Roots};
    ///
    /// let client = Client::builder("wss://127.0.0.1:9001/ws")
    ///     .tls_roots(Roots::Pem(std::fs::read("ca.pem")?))
    ///     .build()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[cfg(feature = "tls")]
    pub fn tls_roots(mut self, roots: crate::Roots) -> Self {
        self.tls.rustls.roots = roots;
        self
    }

    /// Sets the client's own certificate, for servers that ask for one: the chain and its key, as PEM.
    /// [`build`](Self::build) fails if they are invalid.
    ///
    /// ```no_run
    /// use wirebond_client::Client;
    ///
    /// let client = Client::builder("wss://127.0.0.1:9001/ws")
    ///     .client_certificate(std::fs::read("client.pem")?, std::fs::read("client.key")?)
    ///     .build()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[cfg(feature = "tls")]
    pub fn client_certificate(
        mut self,
        chain: impl Into<Vec<u8>>,
        key: impl Into<Vec<u8>>,
    ) -> Self {
        self.tls.rustls.identity = Some((chain.into(), key.into()));
        self
    }

    /// Sets the whole configuration of rustls, which may have another crypto provider. It replaces
    /// [`tls_roots`](Self::tls_roots) and [`client_certificate`](Self::client_certificate).
    ///
    /// ```
    /// use std::sync::Arc;
    /// use wirebond_client::{
    ///     Client,
    ///     rustls::{ClientConfig, RootCertStore, crypto::ring},
    /// };
    ///
    /// let provider = Arc::new(ring::default_provider());
    /// let config = ClientConfig::builder_with_provider(provider)
    ///     .with_safe_default_protocol_versions()?
    ///     .with_root_certificates(RootCertStore::empty()) // trusts nobody
    ///     .with_no_client_auth();
    /// let client =
    ///     Client::builder("wss://127.0.0.1:9001/ws").tls_config(Arc::new(config)).build()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[cfg(feature = "tls")]
    pub fn tls_config(mut self, config: Arc<crate::rustls::ClientConfig>) -> Self {
        self.tls.rustls = crate::connect::tls::by_rustls::Rustls::with(config);
        self
    }

    /// Uses native-tls, the platform's own implementation, with this connector. The settings for rustls
    /// have no effect then.
    ///
    /// ```
    /// use wirebond_client::{Client, native_tls::TlsConnector};
    ///
    /// let connector = TlsConnector::builder().danger_accept_invalid_hostnames(true).build()?;
    /// let client = Client::builder("wss://127.0.0.1:9001/ws").native_tls(connector).build()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[cfg(feature = "tls-native")]
    pub fn native_tls(mut self, connector: crate::native_tls::TlsConnector) -> Self {
        self.tls.native = Some(crate::connect::tls::by_native::Native::with(connector));
        self
    }
}
