//! Limits of what goes out: sizes, fragments, the rate.

use std::time::Duration;

use super::Builder;
use crate::settings::RateLimit;

impl<C> Builder<C> {
    /// Sets the size of the largest message that is sent, in bytes of JSON; `None` for no other limit than
    /// [`queue_bytes`](Self::queue_bytes). A `send` of a larger one fails with
    /// [`SendErrorKind::TooLarge`](crate::SendErrorKind::TooLarge). Default: `None`.
    ///
    /// Must be greater than zero. It applies to calls and to heartbeats of your own, too. A larger answer to a call of the server's
    /// is dropped and reported as [`DropReason::Undeliverable`](crate::DropReason::Undeliverable).
    ///
    /// ```
    /// use wirebond_client::{Client, SendErrorKind};
    ///
    /// let client = Client::builder("ws://127.0.0.1:9001/ws")
    ///     .max_outgoing_message_size(4_096)
    ///     .build()?;
    /// let error = client.try_send("note", &"x".repeat(4_096)).unwrap_err();
    /// assert_eq!(*error.kind(), SendErrorKind::TooLarge);
    /// # Ok::<(), wirebond_client::BuildError>(())
    /// ```
    pub fn max_outgoing_message_size(mut self, bytes: impl Into<Option<usize>>) -> Self {
        self.tuning.max_outgoing_message_size = bytes.into();
        self
    }

    /// Sets how many bytes of a message one WebSocket frame holds; `None` for no limit. A larger message is written as
    /// fragments (RFC 6455, section 5.4), for servers and gateways that limit the size of a frame. Default: `None`.
    ///
    /// Must be greater than zero. The header of a frame, at most 14 bytes, is not counted. A Pong may come between two
    /// fragments.
    ///
    /// ```
    /// use wirebond_client::Client;
    ///
    /// let client =
    ///     Client::builder("ws://127.0.0.1:9001/ws").fragment_size(32 * 1024).build()?;
    /// # Ok::<(), wirebond_client::BuildError>(())
    /// ```
    pub fn fragment_size(mut self, bytes: impl Into<Option<usize>>) -> Self {
        self.tuning.fragment_size = bytes.into();
        self
    }

    /// Limits how many messages are written within a time: `messages` in any window of `per`, over reconnects too.
    /// Messages beyond that wait in the queue, where [`Stats::queued`](crate::Stats::queued) counts them. Default: no
    /// limit.
    ///
    /// Both must be greater than zero. All `messages` may go out at once; each makes room for another one `per` later,
    /// or up to a thousandth of that after it. Heartbeats, the Pings that confirm messages, and a session's own frames
    /// don't wait. Heartbeats and Pings are counted all the same, so messages wait longer; if they alone would use up
    /// the limit, [`build`](Self::build) fails.
    ///
    /// [`message_ttl`](Self::message_ttl) applies to what waits, and [`flush`](crate::Client::flush) waits for it.
    /// [`disconnect`](crate::Client::disconnect) doesn't: what is queued then waits for the next `connect()`.
    ///
    /// ```
    /// use std::time::Duration;
    /// use wirebond_client::Client;
    ///
    /// // 120 messages a minute.
    /// let client = Client::builder("ws://127.0.0.1:9001/ws")
    ///     .rate_limit(120, Duration::from_secs(60))
    ///     .build()?;
    /// # Ok::<(), wirebond_client::BuildError>(())
    /// ```
    pub fn rate_limit(mut self, messages: u32, per: Duration) -> Self {
        self.tuning.rate_limit = Some(RateLimit { messages, per });
        self
    }
}
