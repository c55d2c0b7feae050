//! Settings of the connection over time: reconnecting, deadlines.

use std::{ops::RangeInclusive, time::Duration};

use super::Builder;
use crate::settings::{Backoff, CloseRules};

impl<C> Builder<C> {
    /// Sets the delay before an attempt to reconnect, which [`backoff`](Self::backoff) varies.
    /// Default: 5 s.
    ///
    /// Must be longer than zero.
    ///
    /// ```
    /// use std::time::Duration;
    /// use wirebond_client::Client;
    ///
    /// let client = Client::builder("ws://127.0.0.1:9001/ws")
    ///     .reconnect_interval(Duration::from_secs(1))
    ///     .build()?;
    /// # Ok::<(), wirebond_client::BuildError>(())
    /// ```
    pub fn reconnect_interval(mut self, interval: Duration) -> Self {
        self.tuning.reconnect_interval = interval;
        self
    }

    /// Sets how the delay before an attempt grows. Default: [`Backoff::Fixed`].
    ///
    /// ```
    /// use std::time::Duration;
    /// use wirebond_client::{Backoff, Client};
    ///
    /// let client = Client::builder("ws://127.0.0.1:9001/ws")
    ///     .reconnect_interval(Duration::from_secs(1))
    ///     .backoff(Backoff::exponential(Duration::from_secs(30)))
    ///     .build()?;
    /// # Ok::<(), wirebond_client::BuildError>(())
    /// ```
    pub fn backoff(mut self, backoff: Backoff) -> Self {
        self.tuning.backoff = backoff;
        self
    }

    /// Sets how many attempts are made after a disconnect; `None` for no limit. Default: 5.
    ///
    /// After the last, the state is [`State::Failed`](crate::State::Failed).
    ///
    /// ```
    /// use wirebond_client::Client;
    ///
    /// let client = Client::builder("ws://127.0.0.1:9001/ws")
    ///     .max_reconnect_attempts(None)
    ///     .build()?;
    /// # Ok::<(), wirebond_client::BuildError>(())
    /// ```
    pub fn max_reconnect_attempts(mut self, attempts: impl Into<Option<u32>>) -> Self {
        self.tuning.max_reconnect_attempts = attempts.into();
        self
    }

    /// Sets how long a connection must stay open before the attempts are counted from 1 again.
    /// Default: 5 s.
    ///
    /// ```
    /// use std::time::Duration;
    /// use wirebond_client::Client;
    ///
    /// let client = Client::builder("ws://127.0.0.1:9001/ws")
    ///     .min_uptime(Duration::from_secs(30))
    ///     .build()?;
    /// # Ok::<(), wirebond_client::BuildError>(())
    /// ```
    pub fn min_uptime(mut self, uptime: Duration) -> Self {
        self.tuning.min_uptime = uptime;
        self
    }

    /// Sets the range of the delay after a server's restart: close codes 1012 and 1013 (RFC 6455's
    /// registry of close codes). The delay is random within it, so that clients don't all reconnect at
    /// once. Default: 5 s to 30 s.
    ///
    /// ```
    /// use std::time::Duration;
    /// use wirebond_client::Client;
    ///
    /// let client = Client::builder("ws://127.0.0.1:9001/ws")
    ///     .restart_delay(Duration::from_secs(1)..=Duration::from_secs(60))
    ///     .build()?;
    /// # Ok::<(), wirebond_client::BuildError>(())
    /// ```
    pub fn restart_delay(mut self, range: RangeInclusive<Duration>) -> Self {
        self.tuning.restart_delay = range.into_inner();
        self
    }

    /// Sets what follows the server's close codes, on top of the client's own rules. The last rule that names a code
    /// counts; for a code without one the client's own apply. [`reconnect_policy`](Self::reconnect_policy) sees the
    /// result as [`Disconnect::decision`](crate::Disconnect::decision).
    ///
    /// Calls add up, and add to the rules of [`Settings`](crate::Settings). Codes are 1000 to 4999, and a range must
    /// not be empty.
    ///
    /// ```
    /// use std::time::Duration;
    /// use wirebond_client::Client;
    ///
    /// let client = Client::builder("ws://127.0.0.1:9001/ws")
    ///     .close_rules(|rules| {
    ///         rules
    ///             .stop(4004..=4014)
    ///             .refresh(4009)
    ///             .retry_after(4100..=4199, Duration::from_secs(5))
    ///     })
    ///     .build()?;
    /// # Ok::<(), wirebond_client::BuildError>(())
    /// ```
    pub fn close_rules(mut self, add: impl FnOnce(CloseRules) -> CloseRules) -> Self {
        self.tuning.close_rules = add(std::mem::take(&mut self.tuning.close_rules));
        self
    }

    /// Sets the deadline of an attempt: for providers, DNS, TCP, TLS and the upgrade together.
    /// Default: 10 s.
    ///
    /// Must be longer than zero.
    ///
    /// ```
    /// use std::time::Duration;
    /// use wirebond_client::Client;
    ///
    /// let client = Client::builder("ws://127.0.0.1:9001/ws")
    ///     .connect_timeout(Duration::from_secs(3))
    ///     .build()?;
    /// # Ok::<(), wirebond_client::BuildError>(())
    /// ```
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.tuning.connect_timeout = timeout;
        self
    }

    /// Sets how long [`disconnect`](crate::Client::disconnect) takes at most. Default: 2 s.
    ///
    /// Must be longer than zero.
    ///
    /// ```
    /// use std::time::Duration;
    /// use wirebond_client::Client;
    ///
    /// let client = Client::builder("ws://127.0.0.1:9001/ws")
    ///     .close_timeout(Duration::from_secs(5))
    ///     .build()?;
    /// # Ok::<(), wirebond_client::BuildError>(())
    /// ```
    pub fn close_timeout(mut self, timeout: Duration) -> Self {
        self.tuning.close_timeout = timeout;
        self
    }

    /// Sets how long an asynchronous handler or a stream may apply back-pressure to the connection. After
    /// that, the oldest messages in its inbox are dropped. Default: 60 s.
    ///
    /// Must be longer than zero.
    ///
    /// ```
    /// use std::time::Duration;
    /// use wirebond_client::Client;
    ///
    /// let client = Client::builder("ws://127.0.0.1:9001/ws")
    ///     .stall_timeout(Duration::from_secs(20))
    ///     .build()?;
    /// # Ok::<(), wirebond_client::BuildError>(())
    /// ```
    pub fn stall_timeout(mut self, timeout: Duration) -> Self {
        self.tuning.stall_timeout = timeout;
        self
    }

    /// Sets whether a first [`connect`](crate::Client::connect) that fails is retried like a reconnect.
    /// Default: no.
    ///
    /// ```
    /// use wirebond_client::Client;
    ///
    /// let client = Client::builder("ws://127.0.0.1:9001/ws")
    ///     .retry_first_connect(true)
    ///     .build()?;
    /// # Ok::<(), wirebond_client::BuildError>(())
    /// ```
    pub fn retry_first_connect(mut self, retry: bool) -> Self {
        self.tuning.retry_first_connect = retry;
        self
    }
}
