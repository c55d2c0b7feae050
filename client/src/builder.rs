//! The builder: settings are checked, and a client is made of them.

use std::{
    fmt,
    marker::PhantomData,
    sync::{Arc, Mutex, atomic::AtomicBool},
};

use tokio::sync::{Notify, watch};

mod endpoint;
mod heartbeat;
mod lifecycle;
mod messages;
mod opening;
mod outgoing;
mod sessions;

use crate::{
    call::answering::AnswersOut,
    caller::Id,
    client::Client,
    connect::dial::{Connector, Dialer},
    connect::headers::{check_subprotocols, header_map},
    connect::provider::{Provider, UrlInput, UrlKind, UrlSource},
    connect::tls::{Tls, WITHOUT},
    connect::url::Url,
    delivery::events::Emitter,
    delivery::registrations::Registrations,
    delivery::registry::Registry,
    delivery::tasks::Tasks,
    error::{BuildError, BuildErrorKind, Error},
    event::State,
    outbox::{Outbox, heartbeat::MakeHeartbeat},
    reconnect::disconnect::{Disconnect, ReconnectPolicy},
    reconnect::opening::{Open, Openings},
    reconnect::shared::{Control, Core},
    request::Requests,
    settings::{ReconnectDecision, Sessions, Settings, Tuning},
    stats::Counters,
    typed::FromClient,
};

/// The settings of a client, before it is built. See [`Client::builder`].
///
/// A duration is at most a century.
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
    policy: Option<ReconnectPolicy>,
    make_heartbeat: Option<MakeHeartbeat>,
    open: Option<Open>,
    tls: Tls,
    client: PhantomData<fn() -> C>,
}

impl Client {
    /// Returns a builder for a client of `url`: a string, [`Settings`](crate::Settings), or a provider
    /// that is called for the URL of every attempt.
    ///
    /// ```
    /// use wirebond_client::Client;
    ///
    /// let client = Client::builder("ws://127.0.0.1:9001/ws").max_reconnect_attempts(None).build()?;
    /// # Ok::<(), wirebond_client::BuildError>(())
    /// ```
    pub fn builder<M>(url: impl UrlSource<M>) -> Builder {
        Builder::new(url.into_url())
    }
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
            policy: None,
            make_heartbeat: None,
            open: None,
            tls: Tls::default(),
            client: PhantomData,
        }
    }

    /// Decides what the client does after a connection ended or an attempt failed, instead of the close
    /// rules. [`Disconnect::decision`] is what the client would do by itself. Default: it does that.
    ///
    /// The policy is called on the client's task, once for each disconnect, and must not block. If it
    /// panics, the panic is reported as an [`ErrorKind::HandlerPanic`](crate::ErrorKind::HandlerPanic)
    /// and the client does what it would do by itself.
    ///
    /// ```
    /// use wirebond_client::{Client, ReconnectDecision};
    ///
    /// let client = Client::builder("ws://127.0.0.1:9001/ws")
    ///     .reconnect_policy(|disconnect| match &disconnect.close {
    ///         Some(close) if close.code == 4001 => ReconnectDecision::Stop,
    ///         _ => disconnect.decision,
    ///     })
    ///     .build()?;
    /// # Ok::<(), wirebond_client::BuildError>(())
    /// ```
    pub fn reconnect_policy(
        mut self,
        policy: impl Fn(&Disconnect) -> ReconnectDecision + Send + Sync + 'static,
    ) -> Self {
        self.policy = Some(Arc::new(policy));
        self
    }

    /// The same as [`reconnect_policy`](Self::reconnect_policy).
    #[deprecated(since = "0.1.0", note = "renamed to `reconnect_policy`")]
    pub fn on_disconnect(
        self,
        policy: impl Fn(&Disconnect) -> ReconnectDecision + Send + Sync + 'static,
    ) -> Self {
        self.reconnect_policy(policy)
    }

    /// Checks the settings and makes the client. No I/O happens before
    /// [`connect`](Client::connect), and no runtime is needed.
    ///
    /// # Errors
    ///
    /// [`BuildErrorKind`] lists what is checked. The message says which setting is wrong and why.
    ///
    /// ```
    /// use std::time::Duration;
    /// use wirebond_client::{BuildErrorKind, Client};
    ///
    /// let builder = Client::builder("ws://127.0.0.1:9001/ws").connect_timeout(Duration::ZERO);
    /// let error = builder.build().unwrap_err();
    /// assert_eq!(*error.kind(), BuildErrorKind::Setting);
    /// ```
    pub fn build(self) -> Result<C, BuildError>
    where
        C: FromClient,
    {
        self.check()?;
        let Self { mut tuning, policy, open, make_heartbeat: heartbeat, .. } = self;
        if !C::CONTENTS.codec.is_default() {
            tuning.suit_foreign_form(heartbeat.is_some())?;
        }
        let openings = open.map(|open| Openings { open, was_open: AtomicBool::new(false) });
        if tuning.contract.is_none() && tuning.sessions != Sessions::Off {
            let identity = (C::CONTENTS.identity)().map(|identity| identity.contract().into());
            let version = || C::CONTENTS.contract.map(|(_, version)| version.into());
            tuning.contract = identity.or_else(version);
        }
        let dialer = Dialer {
            url: self.url,
            headers: self.headers,
            header_provider: self.header_provider,
            subprotocols: self.subprotocols,
            #[cfg(feature = "bind-code")]
            bind_code: self.bind_code.map(crate::connect::bind_code::BindCodes::new).transpose()?,
            connector: self.connector,
            tls: self.tls,
            timeout: tuning.connect_timeout,
            max_message_size: tuning.max_message_size,
            max_sent: tuning.queue.bytes,
            fragment_size: tuning.fragment_size,
            binary_as_text: tuning.binary_as_text,
        };
        let (id, counters) = (Id::default(), Arc::new(Counters::default()));
        let tasks = Arc::new(Tasks::new(id));
        let events = Emitter::new(id, Arc::clone(&tasks), Arc::clone(&counters));
        let (events, outbox) = (Arc::new(events), Arc::new(Outbox::new(&tuning)));
        let answers = AnswersOut { outbox: Arc::clone(&outbox), events: Arc::clone(&events) };
        let client = Client::new(Core {
            calls: Arc::clone(outbox.calls()),
            outbox,
            registry: Arc::new(Registry::new(C::CONTENTS)),
            id,
            events,
            requests: Arc::new(Requests::new(Arc::new(answers))),
            tasks,
            registrations: Arc::new(Registrations::new(id, Arc::clone(&counters))),
            counters,
            state: watch::Sender::new(State::Idle),
            control: Mutex::new(Control::default()),
            closing_handshakes: Mutex::default(),
            redial: Notify::new(),
            tuning,
            dialer,
            policy,
            heartbeat,
            openings,
        });
        Ok(C::from_client(client))
    }

    /// Checks everything but what a provider gives.
    fn check(&self) -> Result<(), BuildError> {
        self.tuning.check()?;
        if self.make_heartbeat.is_some() && self.tuning.sessions != Sessions::Off {
            let why =
                "sessions have the default form's heartbeat: any other message has a number there";
            return Err(Error::new(BuildErrorKind::Setting).context(why));
        }
        #[cfg(feature = "tls")]
        self.tls.rustls.check()?;
        if let Provider::Fixed(url) = &self.url {
            let url =
                Url::parse(url).map_err(|why| Error::new(BuildErrorKind::Url).context(why))?;
            if url.secure && !Tls::IS_THERE {
                return Err(Error::new(BuildErrorKind::Url).context(WITHOUT));
            }
        }
        header_map(&self.headers)?;
        if let Some(Provider::Fixed(more)) = &self.header_provider {
            header_map(more)?;
        }
        if let Provider::Fixed(offered) = &self.subprotocols {
            check_subprotocols(offered)?;
        }
        Ok(())
    }
}

impl<C> fmt::Debug for Builder<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder").field("tuning", &self.tuning).finish_non_exhaustive()
    }
}
