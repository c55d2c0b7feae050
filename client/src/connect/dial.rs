//! From a URL to an open WebSocket: providers, DNS, TCP, TLS and the upgrade, under one deadline.

use std::{fmt, future::Future, io, net::SocketAddr, sync::Arc, time::Duration};

use tokio::{net::TcpStream, time::Instant};
use tracing::{Instrument, Span};
use wirebond_connection::session::SUBPROTOCOL;

use crate::{
    connect::addresses,
    connect::drivers,
    connect::handshake::{self, FailedAttempt, Request},
    connect::headers::{check_subprotocols, header_map},
    connect::provider::{Attempt, BoxFuture, Provider, caught},
    connect::span,
    connect::tls::Tls,
    connect::url::Url,
    error::{BuildError, ConnectError, ConnectErrorKind, Error},
    response::UpgradeResponse,
    transport::{Io, Role, Socket},
};

/// The endpoint that a custom connector connects to. See [`Builder::connector`](crate::Builder::connector).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Endpoint {
    /// The URL's host. An IPv6 address has no brackets.
    pub host: String,
    /// The URL's port, or the default port of its scheme.
    pub port: u16,
    /// Whether the client runs TLS over what the connector returns: the URL is `wss://`.
    pub secure: bool,
}

impl Endpoint {
    /// Makes an endpoint without TLS, for a test of your own connector.
    ///
    /// ```
    /// use wirebond_client::Endpoint;
    ///
    /// let endpoint = Endpoint::new("api.example.com", 80);
    /// assert_eq!((endpoint.host.as_str(), endpoint.secure), ("api.example.com", false));
    /// ```
    pub fn new(host: impl Into<String>, port: u16) -> Self {
        Self { host: host.into(), port, secure: false }
    }
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
    pub(crate) bind_code: Option<crate::connect::bind_code::BindCodes>,
    pub(crate) connector: Option<Connector>,
    pub(crate) tls: Tls,
    pub(crate) timeout: Duration,
    pub(crate) max_message_size: usize,
    /// The largest message that may be sent.
    pub(crate) max_sent: usize,
    /// How much of a message one frame holds.
    pub(crate) fragment_size: Option<usize>,
    pub(crate) binary_as_text: bool,
}

/// What became of the offer of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SessionOffer {
    /// None was made.
    None,
    /// The server selected no subprotocol.
    Ignored,
    /// The server selected one: it may speak the session protocol.
    Answered,
}

/// An open connection.
#[derive(Debug)]
pub(crate) struct Dialled {
    pub(crate) socket: Socket,
    pub(crate) session: SessionOffer,
    /// The user's.
    pub(crate) subprotocol: Option<String>,
    /// What the server answered.
    pub(crate) response: UpgradeResponse,
    pub(crate) url: Url,
    /// The other end of the TCP connection.
    pub(crate) peer: Option<SocketAddr>,
}

impl Dialled {
    /// Frees the box at once: one that is taken apart in place keeps its memory until the end of the scope, which
    /// for a connection is its own end.
    pub(crate) fn unbox(self: Box<Self>) -> Self {
        *self
    }
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

    /// Makes one attempt, within the deadline and in a span of its own.
    pub(crate) async fn dial(
        &self,
        attempt: Attempt,
        offers_session: bool,
        deadline: Instant,
    ) -> Result<Box<Dialled>, FailedAttempt> {
        let span = span::attempt(attempt.number);
        let dialling =
            self.try_dial(attempt, offers_session, deadline, &span).instrument(span.clone());
        let result = tokio::time::timeout_at(deadline, dialling).await.unwrap_or_else(|_| {
            let message = format!("nothing within {:?}", self.timeout);
            Err(Error::new(ConnectErrorKind::Timeout).context(message).into())
        });
        if let Err(failed) = &result {
            span::record_failure(&span, &failed.error);
        }
        result
    }

    async fn try_dial(
        &self,
        attempt: Attempt,
        offers_session: bool,
        deadline: Instant,
        span: &Span,
    ) -> Result<Box<Dialled>, FailedAttempt> {
        let url = parse(&self.url.get(attempt).await?)?;
        #[cfg(feature = "bind-code")]
        let url = match &self.bind_code {
            Some(codes) => {
                let (name, code) = codes.for_attempt(&self.tls).await?;
                url.with_query(name, &code)
            }
            None => url,
        };
        span::record_server(span, &url);
        let mut headers = self.headers.clone();
        if let Some(provider) = &self.header_provider {
            headers.extend(provider.get(attempt).await?);
        }
        let headers = header_map(&headers).map_err(provided)?;
        let subprotocols = self.subprotocols.get(attempt).await?;
        check_subprotocols(&subprotocols).map_err(provided)?;
        let (mut stream, peer) = self.connect(&url, span).await?;
        let request =
            Request { url: &url, headers: &headers, subprotocols: &subprotocols, offers_session };
        let upgraded = handshake::upgrade(&mut stream, request, deadline).await?;
        let socket =
            Socket::new(Role::Client, stream, upgraded.rest, self.max_message_size, self.max_sent);
        let socket = match self.fragment_size {
            Some(size) => socket.with_fragments(size, self.max_sent),
            None => socket,
        };
        let socket = if self.binary_as_text { socket.with_binary_as_text() } else { socket };
        let (subprotocol, response) = (upgraded.subprotocol, upgraded.response);
        let session = match &subprotocol {
            _ if !offers_session => SessionOffer::None,
            None => SessionOffer::Ignored,
            Some(_) => SessionOffer::Answered,
        };
        let subprotocol = subprotocol.filter(|chosen| !offers_session || chosen != SUBPROTOCOL);
        // Boxed, because the futures that pass it on would have room for it each.
        Ok(Box::new(Dialled { socket, session, subprotocol, response, url, peer }))
    }

    /// Makes the stream. Returns also the other end of the TCP connection, if it is one.
    async fn connect(
        &self,
        url: &Url,
        span: &Span,
    ) -> Result<(Box<dyn Io>, Option<SocketAddr>), ConnectError> {
        let unreachable =
            |error: io::Error| Error::new(ConnectErrorKind::Io).context(format!("{url}: {error}"));
        let (stream, peer) = if let Some(connect) = &self.connector {
            let (host, port, secure) = (url.host.clone(), url.port, url.secure);
            let panicked = || Error::new(ConnectErrorKind::Io).context("the connector panicked");
            let stream = caught(|| connect(Endpoint { host, port, secure })).await;
            (stream.ok_or_else(panicked)?.map_err(unreachable)?, None)
        } else {
            let (host, port, timeout) = (url.host.clone(), url.port, self.timeout);
            // tokio panics where its I/O is off.
            let connecting = || {
                Box::pin(async move { addresses::connect(&host, port, timeout).await })
                    as BoxFuture<io::Result<TcpStream>>
            };
            let stream = caught(connecting).await.ok_or_else(|| drivers::missing("I/O"))?;
            let stream = stream.map_err(unreachable)?;
            let peer = stream.peer_addr().ok();
            (Box::new(stream) as Box<dyn Io>, peer)
        };
        span::record_peer(span, peer);
        if !url.secure {
            return Ok((stream, peer));
        }
        Ok((self.tls.wrap(stream, &url.host).await?, peer))
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

impl fmt::Debug for Dialer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dialer").field("timeout", &self.timeout).finish_non_exhaustive()
    }
}
