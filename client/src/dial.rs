//! From a URL to an open WebSocket: providers, DNS, TCP, TLS and the upgrade, under one deadline.

use std::{fmt, future::Future, io, sync::Arc, time::Duration};

use http::{HeaderMap, HeaderName, HeaderValue};
use tokio::net::TcpStream;

use crate::{
    error::{BuildError, BuildErrorKind, ConnectError, ConnectErrorKind, Error},
    handshake::{self, Refused, Request},
    provider::{Attempt, BoxFuture, Provider, caught},
    tls::Tls,
    transport::{Io, Role, Socket},
    url::Url,
};

/// Where a custom connector is to connect to.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Endpoint {
    /// The URL's host, an IPv6 address without brackets.
    pub host: String,
    /// The URL's port, or the scheme's.
    pub port: u16,
    /// Whether TLS will be put over what the connector returns: the URL is `wss://`.
    pub secure: bool,
}

/// Makes the byte stream under a connection.
pub(crate) type Connector =
    Arc<dyn Fn(Endpoint) -> BoxFuture<io::Result<Box<dyn Io>>> + Send + Sync>;

/// Turns a closure into a [`Connector`].
pub(crate) fn connector<F, A, S>(connect: F) -> Connector
where
    F: Fn(Endpoint) -> A + Send + Sync + 'static,
    A: Future<Output = io::Result<S>> + Send + 'static,
    S: Io + 'static,
{
    Arc::new(move |endpoint| {
        let stream = connect(endpoint);
        Box::pin(async move { Ok(Box::new(stream.await?) as Box<dyn Io>) })
    })
}

/// All that an attempt needs.
pub(crate) struct Dialer {
    pub(crate) url: Provider<String>,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) header_provider: Option<Provider<Vec<(String, String)>>>,
    pub(crate) subprotocols: Provider<Vec<String>>,
    #[cfg(feature = "bind-code")]
    pub(crate) bind_code: Option<crate::bind_code::BindCodes>,
    pub(crate) connector: Option<Connector>,
    pub(crate) tls: Tls,
    pub(crate) timeout: Duration,
    pub(crate) max_message_size: usize,
    /// The largest message that may be sent.
    pub(crate) max_sent: usize,
}

/// An open connection.
#[derive(Debug)]
pub(crate) struct Dialled {
    pub(crate) socket: Socket,
    pub(crate) subprotocol: Option<String>,
}

impl Dialer {
    /// Whether another attempt may bring other credentials.
    pub(crate) fn can_refresh(&self) -> bool {
        let headers = self.header_provider.as_ref().is_some_and(Provider::is_asked);
        #[cfg(feature = "bind-code")]
        let bind_code = self.bind_code.is_some();
        #[cfg(not(feature = "bind-code"))]
        let bind_code = false;
        self.url.is_asked() || headers || self.subprotocols.is_asked() || bind_code
    }

    /// One attempt, within the deadline.
    pub(crate) async fn dial(&self, attempt: Attempt) -> Result<Dialled, Refused> {
        if let Ok(result) = tokio::time::timeout(self.timeout, self.try_dial(attempt)).await {
            result
        } else {
            let words = format!("nothing within {:?}", self.timeout);
            Err(Error::new(ConnectErrorKind::Timeout).context(words).into())
        }
    }

    async fn try_dial(&self, attempt: Attempt) -> Result<Dialled, Refused> {
        let url = parse(&self.url.get(attempt).await?)?;
        #[cfg(feature = "bind-code")]
        let url = match &self.bind_code {
            Some(codes) => {
                let (name, code) = codes.for_attempt(&self.tls).await?;
                url.with_query(name, &code)
            }
            None => url,
        };
        let mut headers = self.headers.clone();
        if let Some(provider) = &self.header_provider {
            headers.extend(provider.get(attempt).await?);
        }
        let headers = header_map(&headers).map_err(provided)?;
        let subprotocols = self.subprotocols.get(attempt).await?;
        check_subprotocols(&subprotocols).map_err(provided)?;
        let mut stream = self.connect(&url).await?;
        let request = Request { url: &url, headers: &headers, subprotocols: &subprotocols };
        let upgraded = handshake::upgrade(&mut stream, request).await?;
        let socket =
            Socket::new(Role::Client, stream, upgraded.rest, self.max_message_size, self.max_sent);
        Ok(Dialled { socket, subprotocol: upgraded.subprotocol })
    }

    async fn connect(&self, url: &Url) -> Result<Box<dyn Io>, ConnectError> {
        let unreachable =
            |error: io::Error| Error::new(ConnectErrorKind::Io).context(format!("{url}: {error}"));
        let stream = if let Some(connect) = &self.connector {
            let (host, port, secure) = (url.host.clone(), url.port, url.secure);
            let panicked = || Error::new(ConnectErrorKind::Io).context("the connector panicked");
            let stream = caught(|| connect(Endpoint { host, port, secure })).await;
            stream.ok_or_else(panicked)?.map_err(unreachable)?
        } else {
            let stream = TcpStream::connect((&*url.host, url.port)).await.map_err(unreachable)?;
            // With Nagle's algorithm two small writes before a read cost 40 ms; all that waits
            // is written at once anyway.
            stream.set_nodelay(true).map_err(unreachable)?;
            Box::new(stream)
        };
        if !url.secure {
            return Ok(stream);
        }
        self.tls.wrap(stream, &url.host).await
    }
}

/// A provider's URL that can't be used is the provider's failure.
fn parse(url: &str) -> Result<Url, ConnectError> {
    Url::parse(url).map_err(|why| {
        Error::new(ConnectErrorKind::Provider).context(format!("the URL can't be used: {why}"))
    })
}

fn provided(error: BuildError) -> ConnectError {
    error.map(|_| ConnectErrorKind::Provider)
}

fn refuse(words: String) -> BuildError {
    Error::new(BuildErrorKind::Header).context(words)
}

/// Checks headers; says which is wrong, never its value.
pub(crate) fn header_map(headers: &[(String, String)]) -> Result<HeaderMap, BuildError> {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        let key = HeaderName::try_from(name)
            .map_err(|_| refuse(format!("{name:?} is not a header's name")))?;
        if handshake::is_reserved(&key) {
            return Err(refuse(format!("the handshake sets {name:?} itself")));
        }
        let mut value = HeaderValue::try_from(value).map_err(|_| {
            refuse(format!("the value of {name:?} has characters that HTTP forbids"))
        })?;
        value.set_sensitive(true);
        map.append(key, value);
    }
    Ok(map)
}

/// A subprotocol is a token, and stands once in the list (RFC 6455, section 4.1).
pub(crate) fn check_subprotocols(offered: &[String]) -> Result<(), BuildError> {
    for (index, name) in offered.iter().enumerate() {
        let is_token = HeaderName::try_from(name).is_ok();
        if !is_token || offered[..index].contains(name) {
            return Err(refuse(format!("{name:?} is not a subprotocol, or stands there twice")));
        }
    }
    Ok(())
}

impl fmt::Debug for Dialer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dialer").field("timeout", &self.timeout).finish_non_exhaustive()
    }
}
