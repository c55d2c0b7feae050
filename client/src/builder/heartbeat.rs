//! Settings of the heartbeat.

use std::{sync::Arc, time::Duration};

use wirebond_core::wire::encode_as_client;

use super::Builder;
use crate::{runtime::TypedClient, settings::HeartbeatKind};

impl<C> Builder<C> {
    /// Sets how often a heartbeat is sent, whatever the traffic. Default: 30 s.
    ///
    /// Must be longer than zero. [`set_heartbeat_interval`](crate::Client::set_heartbeat_interval) changes it for
    /// one connection.
    ///
    /// ```
    /// use std::time::Duration;
    /// use wirebond_client::Client;
    ///
    /// let client = Client::builder("ws://127.0.0.1:9001/ws")
    ///     .heartbeat_interval(Duration::from_secs(15))
    ///     .build()?;
    /// # Ok::<(), wirebond_client::BuildError>(())
    /// ```
    pub fn heartbeat_interval(mut self, interval: Duration) -> Self {
        self.tuning.heartbeat_interval = interval;
        self
    }

    /// Sets how long the client waits after a heartbeat. If nothing at all is received by then, the
    /// connection is dead and is dropped. Default: 10 s, or the interval if that is shorter.
    ///
    /// Must be longer than zero, and not longer than
    /// [`heartbeat_interval`](Self::heartbeat_interval).
    ///
    /// ```
    /// use std::time::Duration;
    /// use wirebond_client::Client;
    ///
    /// let client = Client::builder("ws://127.0.0.1:9001/ws")
    ///     .heartbeat_timeout(Duration::from_secs(5))
    ///     .build()?;
    /// # Ok::<(), wirebond_client::BuildError>(())
    /// ```
    pub fn heartbeat_timeout(mut self, timeout: Duration) -> Self {
        self.tuning.heartbeat_timeout = Some(timeout);
        self
    }

    /// Sets what a heartbeat consists of. Default: a message `ping` and a WebSocket Ping (RFC 6455,
    /// section 5.5.2); the Ping alone where the contract declares a form of its own, which has no such
    /// message.
    ///
    /// Whatever arrives shows that the server is alive. Pings that confirm messages are sent besides:
    /// [`confirm_interval`](Self::confirm_interval) switches them off.
    ///
    /// ```
    /// use wirebond_client::{Client, HeartbeatKind};
    ///
    /// let client = Client::builder("ws://127.0.0.1:9001/ws")
    ///     .heartbeat(HeartbeatKind::Ping)
    ///     .build()?;
    /// # Ok::<(), wirebond_client::BuildError>(())
    /// ```
    pub fn heartbeat(mut self, kind: HeartbeatKind) -> Self {
        self.tuning.heartbeat = Some(kind);
        self
    }

    /// Sets the heartbeat to a literal text, as a text frame that needn't be a message of the contract. The closure
    /// is called for each heartbeat.
    ///
    /// The kind becomes [`HeartbeatKind::Message`]: the text alone. [`heartbeat`](Self::heartbeat) may set another
    /// afterwards: [`Both`](HeartbeatKind::Both) for a Ping as well. What the server answers is ignored with
    /// [`ignore_text`](Self::ignore_text).
    ///
    /// The closure is called on the client's task and must not block. If it panics, that is reported as an
    /// [`ErrorKind::HandlerPanic`](crate::ErrorKind::HandlerPanic), and a Ping takes the heartbeat's place, so that a
    /// dead connection is still found. The same happens to a text larger than
    /// [`max_outgoing_message_size`](Self::max_outgoing_message_size), which is an
    /// [`ErrorKind::Heartbeat`](crate::ErrorKind::Heartbeat). With [`sessions`](Self::sessions),
    /// [`build`](Self::build) fails: they number every message but the default heartbeat.
    ///
    /// ```
    /// use wirebond_client::Client;
    ///
    /// let client = Client::builder("ws://127.0.0.1:9001/ws")
    ///     .heartbeat_text(|| "ping".into())
    ///     .ignore_text(["pong"])
    ///     .build()?;
    /// # Ok::<(), wirebond_client::BuildError>(())
    /// ```
    pub fn heartbeat_text(mut self, text: impl Fn() -> String + Send + Sync + 'static) -> Self {
        self.make_heartbeat = Some(Arc::new(move || Ok(text().into_bytes())));
        self.heartbeat(HeartbeatKind::Message)
    }

    /// Ignores text frames that are exactly one of these: they show that the server is alive, and nothing else. They
    /// count in [`Stats::received`](crate::Stats::received), but not as malformed or unknown. Default: none.
    ///
    /// Calls add up. The text is compared before it is read as JSON. Can't be combined with
    /// [`sessions`](Self::sessions), which number every message.
    ///
    /// ```
    /// use wirebond_client::Client;
    ///
    /// let client =
    ///     Client::builder("ws://127.0.0.1:9001/ws").ignore_text(["pong", "0"]).build()?;
    /// # Ok::<(), wirebond_client::BuildError>(())
    /// ```
    pub fn ignore_text<T: Into<String>>(mut self, texts: impl IntoIterator<Item = T>) -> Self {
        self.tuning.ignore_text.extend(texts.into_iter().map(Into::into));
        self
    }
}

impl<C: TypedClient> Builder<C> {
    /// Sets the heartbeat to a message of the contract. The closure is called for each heartbeat, so that the message
    /// may say how far the client has read.
    ///
    /// As with [`heartbeat_text`](Self::heartbeat_text), the kind becomes [`HeartbeatKind::Message`], the closure must
    /// not block, and a Ping takes the place of a heartbeat that can't be made. A message that can't be serialized,
    /// or that only the server sends, is reported as an [`ErrorKind::Heartbeat`](crate::ErrorKind::Heartbeat).
    ///
    /// ```
    /// use wirebond_client::{Builder, TypedClient};
    ///
    /// /// A client whose heartbeat is what `message` returns.
    /// fn with_heartbeat<C: TypedClient>(
    ///     builder: Builder<C>,
    ///     message: impl Fn() -> C::Contract + Send + Sync + 'static,
    /// ) -> Builder<C> {
    ///     builder.heartbeat_message(message)
    /// }
    /// ```
    pub fn heartbeat_message(
        mut self,
        message: impl Fn() -> C::Contract + Send + Sync + 'static,
    ) -> Self {
        self.make_heartbeat = Some(Arc::new(move || encode_as_client(&message())));
        self.heartbeat(HeartbeatKind::Message)
    }
}
