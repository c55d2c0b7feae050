//! The builder: every setting with its default and its range.

use std::{
    fmt, io,
    marker::PhantomData,
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::sync::{Notify, watch};

use crate::{
    client::Client,
    connect::dial::{Connector, Dialer, Endpoint, check_subprotocols, connector, header_map},
    connect::provider::{Provider, Source, UrlInput, UrlKind},
    connect::tls::{Tls, WITHOUT},
    connect::url::Url,
    delivery::hub::Hub,
    delivery::registry::Registry,
    error::{BuildError, BuildErrorKind, Error},
    event::State,
    outbox::queue::Outbox,
    runtime::FromClient,
    session::backoff::Backoff,
    session::close_rules::Ruling,
    session::disconnect::{Disconnect, Overrule},
    session::shared::{Control, Core},
    settings::{HeartbeatKind, Inbox, Overflow, QueueLimits, Settings, Tuning, Unconfirmed},
    transport::Io,
};

/// Describes a client before it is built. All durations but `min_uptime` and those of
/// `restart_delay` must be longer than zero, and all are at most a century.
#[must_use = "nothing exists before `build()`"]
pub struct Builder<C = Client> {
    tuning: Tuning,
    url: Provider<String>,
    headers: Vec<(String, String)>,
    header_provider: Option<Provider<Vec<(String, String)>>>,
    subprotocols: Provider<Vec<String>>,
    #[cfg(feature = "bind-code")]
    bind_code: Option<crate::connect::bind_code::BindCodeEndpoint>,
    connector: Option<Connector>,
    overrule: Option<Overrule>,
    tls: Tls,
    client: PhantomData<fn() -> C>,
}

impl<C> Builder<C> {
    pub(crate) fn new(url: UrlInput) -> Self {
        let (tuning, url) = match url.0 {
            UrlKind::Url(url) => (Tuning::default(), url),
            UrlKind::Settings(settings) => {
                let Settings(tuning) = *settings;
                let url = Provider::Fixed(tuning.url.clone());
                (tuning, url)
            }
        };
        Self {
            tuning,
            url,
            headers: Vec::new(),
            header_provider: None,
            subprotocols: Provider::Fixed(Vec::new()),
            #[cfg(feature = "bind-code")]
            bind_code: None,
            connector: None,
            overrule: None,
            tls: Tls::default(),
            client: PhantomData,
        }
    }

    /// How often a heartbeat is sent, whatever the traffic. Default: 30 s.
    pub fn heartbeat_interval(mut self, interval: Duration) -> Self {
        self.tuning.heartbeat_interval = interval;
        self
    }

    /// If nothing at all is received for this long after a heartbeat, the connection is dead.
    /// Default: 10 s, or the interval where that is shorter, which is also the most.
    pub fn heartbeat_timeout(mut self, timeout: Duration) -> Self {
        self.tuning.heartbeat_timeout = Some(timeout);
        self
    }

    /// What a heartbeat consists of. Default: a message and a WebSocket Ping.
    pub fn heartbeat(mut self, kind: HeartbeatKind) -> Self {
        self.tuning.heartbeat = kind;
        self
    }

    /// The delay before an attempt to reconnect. Default: 5 s.
    pub fn reconnect_interval(mut self, interval: Duration) -> Self {
        self.tuning.reconnect_interval = interval;
        self
    }

    /// How that delay grows. Default: not at all.
    pub fn backoff(mut self, backoff: Backoff) -> Self {
        self.tuning.backoff = backoff;
        self
    }

    /// How many attempts an outage gets; `None` for no limit. Default: 5.
    pub fn max_reconnect_attempts(mut self, attempts: impl Into<Option<u32>>) -> Self {
        self.tuning.max_reconnect_attempts = attempts.into();
        self
    }

    /// How long a connection must stay open before the attempts are counted afresh. Default: 5 s.
    pub fn min_uptime(mut self, uptime: Duration) -> Self {
        self.tuning.min_uptime = uptime;
        self
    }

    /// After a server's restart (close codes 1012 and 1013) the delay is random between these two, so
    /// that clients don't come back all at once. Default: 5 s and 30 s.
    pub fn restart_delay(mut self, shortest: Duration, longest: Duration) -> Self {
        self.tuning.restart_delay = (shortest, longest);
        self
    }

    /// One deadline for an attempt: provider, DNS, TCP, TLS and upgrade. Default: 10 s.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.tuning.connect_timeout = timeout;
        self
    }

    /// How long `disconnect()` takes at most. Default: 2 s.
    pub fn close_timeout(mut self, timeout: Duration) -> Self {
        self.tuning.close_timeout = timeout;
        self
    }

    /// How long an asynchronous handler or a stream may hold the connection back before the oldest
    /// messages in its inbox make room. Default: 60 s.
    pub fn stall_timeout(mut self, timeout: Duration) -> Self {
        self.tuning.stall_timeout = timeout;
        self
    }

    /// Whether a first `connect()` that fails is retried like a reconnect. Default: no.
    pub fn retry_first_connect(mut self, retry: bool) -> Self {
        self.tuning.retry_first_connect = retry;
        self
    }

    /// How many messages, and bytes of JSON, may wait to be written, on line and off line alike.
    /// Default: 1,024 messages and 1 MiB.
    pub fn queue(mut self, messages: usize, bytes: usize) -> Self {
        self.tuning.queue = QueueLimits { messages, bytes };
        self
    }

    /// What happens to a message for which the queue has no room. Default: its `send` fails.
    pub fn overflow(mut self, overflow: Overflow) -> Self {
        self.tuning.overflow = overflow;
        self
    }

    /// While written messages are unconfirmed, a numbered Ping asks about them at most this often;
    /// `None` for never. Default: 1 s.
    pub fn confirm_interval(mut self, interval: impl Into<Option<Duration>>) -> Self {
        self.tuning.confirm_interval = interval.into();
        self
    }

    /// What happens to messages that were not confirmed when their connection died. Default: they
    /// are reported.
    pub fn unconfirmed(mut self, unconfirmed: Unconfirmed) -> Self {
        self.tuning.unconfirmed = unconfirmed;
        self
    }

    /// With [`Unconfirmed::Redeliver`], how many deliveries of a message may fail; `None` for no limit,
    /// at least 1. A delivery fails where the connection ends while the message is in flight. A reset or
    /// silence while others are in flight, too, is most likely the network's fault and counts a third of a
    /// delivery. A message that has used up its deliveries is dropped and reported as
    /// [`DropReason::Undeliverable`](crate::DropReason::Undeliverable), so that a message that the server
    /// refuses each time doesn't keep the others from getting out. A last delivery that isn't the first is
    /// made alone: nothing else is in flight meanwhile. After a Close 1009, "message too big" (RFC 6455,
    /// section 7.4.1), the largest message in flight is dropped at once, whatever this says, and the others
    /// are charged nothing. Default: 3.
    ///
    /// ```
    /// # use wirebond_client::{Client, Unconfirmed};
    /// let client = Client::builder("ws://localhost/ws")
    ///     .unconfirmed(Unconfirmed::Redeliver)
    ///     .max_deliveries(5)
    ///     .build()?;
    /// # Ok::<(), wirebond_client::BuildError>(())
    /// ```
    pub fn max_deliveries(mut self, deliveries: impl Into<Option<u32>>) -> Self {
        self.tuning.max_deliveries = deliveries.into();
        self
    }

    /// A message that has waited longer than this is dropped and reported. Default: never.
    pub fn message_ttl(mut self, ttl: impl Into<Option<Duration>>) -> Self {
        self.tuning.message_ttl = ttl.into();
        self
    }

    /// The inbox of each asynchronous handler and stream that doesn't have one of its own. Default:
    /// 1,024 messages, then the connection is held back.
    pub fn inbox(mut self, inbox: Inbox) -> Self {
        self.tuning.inbox = inbox;
        self
    }

    /// The largest message that is accepted, in bytes; a larger one closes the connection with 1009.
    /// Default: 1 MiB.
    pub fn max_message_size(mut self, bytes: usize) -> Self {
        self.tuning.max_message_size = bytes;
        self
    }

    /// Adds a header to the upgrade request.
    ///
    /// `Authorization`, `Origin` and `User-Agent` stand once: of several, the last counts, and one of
    /// [`headers`](Self::headers) before one given here. `User-Agent` is `wirebond/` with the version
    /// unless it is set; an empty one is not sent.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Gives the headers of the upgrade request: pairs of names and values, or a provider of them that
    /// is asked at every attempt. Those of [`header`](Self::header) are sent, too.
    pub fn headers<M>(mut self, headers: impl Source<Vec<(String, String)>, M>) -> Self {
        self.header_provider = Some(headers.into_provider().0);
        self
    }

    /// Offers subprotocols, the preferred first: a list, or a provider of one. The server must choose
    /// one of them.
    pub fn subprotocols<M>(mut self, subprotocols: impl Source<Vec<String>, M>) -> Self {
        self.subprotocols = subprotocols.into_provider().0;
        self
    }

    /// Fetches a one-time code for every attempt and adds it to the URL's query: from a URL, or a
    /// [`BindCodeEndpoint`](crate::connect::bind_code::BindCodeEndpoint). A used or expired code is never sent
    /// again, and none is shown in a log, an error or a `Debug` form.
    ///
    /// The endpoint's 401 or 403 stops the client; any other failure is one failed attempt. Like the
    /// WebSocket, the request goes through no proxy, whatever `HTTP_PROXY`, `HTTPS_PROXY` and
    /// `ALL_PROXY` say, unless a `reqwest::Client` of your own does.
    #[cfg(feature = "bind-code")]
    pub fn bind_code(
        mut self,
        endpoint: impl Into<crate::connect::bind_code::BindCodeEndpoint>,
    ) -> Self {
        self.bind_code = Some(endpoint.into());
        self
    }

    /// Makes the byte stream in another way than by TCP: through a proxy or a tunnel, over a Unix
    /// socket, or in memory for a test. TLS is put over it if the URL is `wss://`.
    pub fn connector<F, A, S>(mut self, connect: F) -> Self
    where
        F: Fn(Endpoint) -> A + Send + Sync + 'static,
        A: Future<Output = io::Result<S>> + Send + 'static,
        S: Io + 'static,
    {
        self.connector = Some(connector(connect));
        self
    }

    /// Overrules what the client does after a connection ended or an attempt failed;
    /// [`Disconnect::ruling`] is what it would do by itself.
    pub fn on_disconnect(
        mut self,
        overrule: impl Fn(&Disconnect) -> Ruling + Send + Sync + 'static,
    ) -> Self {
        self.overrule = Some(Arc::new(overrule));
        self
    }

    /// Whose certificates a `wss://` connection trusts. Default: those that the platform trusts.
    /// [`build`](Self::build) refuses PEM that can't be used.
    #[cfg(feature = "tls")]
    pub fn tls_roots(mut self, roots: crate::Roots) -> Self {
        self.tls.rustls.roots = roots;
        self
    }

    /// The client's own certificate, for servers that ask for one: the chain and its key, as PEM.
    /// [`build`](Self::build) refuses what can't be used.
    #[cfg(feature = "tls")]
    pub fn client_certificate(
        mut self,
        chain: impl Into<Vec<u8>>,
        key: impl Into<Vec<u8>>,
    ) -> Self {
        self.tls.rustls.identity = Some((chain.into(), key.into()));
        self
    }

    /// Uses a whole configuration of rustls instead of [`tls_roots`](Self::tls_roots) and
    /// [`client_certificate`](Self::client_certificate), another crypto provider included.
    #[cfg(feature = "tls")]
    pub fn tls_config(mut self, config: Arc<crate::rustls::ClientConfig>) -> Self {
        self.tls.rustls = crate::connect::tls::by_rustls::Rustls::with(config);
        self
    }

    /// Uses native-tls, the platform's own implementation, with this connector; settings of rustls
    /// have no effect then.
    #[cfg(feature = "tls-native")]
    pub fn native_tls(mut self, connector: crate::native_tls::TlsConnector) -> Self {
        self.tls.native = Some(crate::connect::tls::by_native::Native::with(connector));
        self
    }

    /// Checks the settings. No I/O happens before `connect()`.
    pub fn build(self) -> Result<C, BuildError>
    where
        C: FromClient,
    {
        let Self {
            tuning,
            url,
            headers,
            header_provider,
            subprotocols,
            connector,
            overrule,
            tls,
            ..
        } = self;
        tuning.check()?;
        #[cfg(feature = "tls")]
        tls.rustls.check()?;
        if let Provider::Fixed(url) = &url {
            let url =
                Url::parse(url).map_err(|why| Error::new(BuildErrorKind::Url).context(why))?;
            if url.secure && !Tls::IS_THERE {
                return Err(Error::new(BuildErrorKind::Url).context(WITHOUT));
            }
        }
        header_map(&headers)?;
        if let Some(Provider::Fixed(more)) = &header_provider {
            header_map(more)?;
        }
        if let Provider::Fixed(offered) = &subprotocols {
            check_subprotocols(offered)?;
        }
        let dialer = Dialer {
            url,
            headers,
            header_provider,
            subprotocols,
            #[cfg(feature = "bind-code")]
            bind_code: self.bind_code.map(crate::connect::bind_code::BindCodes::new).transpose()?,
            connector,
            tls,
            timeout: tuning.connect_timeout,
            max_message_size: tuning.max_message_size,
            max_sent: tuning.queue.bytes,
        };
        let client = Client::new(Core {
            outbox: Arc::new(Outbox::new(&tuning)),
            registry: Arc::new(Registry::new(C::CONTENTS)),
            hub: Arc::new(Hub::default()),
            state: watch::Sender::new(State::Idle),
            control: Mutex::new(Control::default()),
            farewells: Mutex::default(),
            redial: Notify::new(),
            tuning,
            dialer,
            overrule,
        });
        Ok(C::from_client(client))
    }
}

impl<C> fmt::Debug for Builder<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder").field("tuning", &self.tuning).finish_non_exhaustive()
    }
}
