//! Settings of the messages: the queue, confirmation, inboxes, sizes.

use std::time::Duration;

use super::Builder;
use crate::settings::{Inbox, Overflow, Unconfirmed};

impl<C> Builder<C> {
    /// Sets how long a call may take from its first poll, the time in the queue included. Default: 30 s.
    ///
    /// Must be greater than zero. The contract's `timeout` for a call comes first, and
    /// [`Call::timeout`](crate::Call::timeout) before that.
    ///
    /// ```
    /// use std::time::Duration;
    /// use wirebond_client::Client;
    ///
    /// let client = Client::builder("ws://127.0.0.1:9001/ws")
    ///     .call_timeout(Duration::from_secs(10))
    ///     .build()?;
    /// # Ok::<(), wirebond_client::BuildError>(())
    /// ```
    pub fn call_timeout(mut self, timeout: Duration) -> Self {
        self.tuning.call_timeout = timeout;
        self
    }

    /// Sets how many messages may wait to be written, whether connected or not. Default: 1,024.
    ///
    /// Must be greater than zero. What happens beyond it is set by [`overflow`](Self::overflow).
    ///
    /// ```
    /// use wirebond_client::Client;
    ///
    /// let client = Client::builder("ws://127.0.0.1:9001/ws")
    ///     .queue_messages(10_000)
    ///     .queue_bytes(16 << 20)
    ///     .build()?;
    /// # Ok::<(), wirebond_client::BuildError>(())
    /// ```
    pub fn queue_messages(mut self, messages: usize) -> Self {
        self.tuning.queue.messages = messages;
        self
    }

    /// Sets how many bytes of JSON may wait to be written, whether connected or not. Default: 1 MiB.
    ///
    /// Must be greater than zero. No message may be larger than this. With [`Unconfirmed::Redeliver`],
    /// messages that are not confirmed count as well.
    ///
    /// ```
    /// use wirebond_client::{Client, SendErrorKind};
    ///
    /// let client = Client::builder("ws://127.0.0.1:9001/ws").queue_bytes(1_000).build()?;
    /// let error = client.try_send("note", &"x".repeat(1_000)).unwrap_err();
    /// assert_eq!(*error.kind(), SendErrorKind::TooLarge);
    /// # Ok::<(), wirebond_client::BuildError>(())
    /// ```
    pub fn queue_bytes(mut self, bytes: usize) -> Self {
        self.tuning.queue.bytes = bytes;
        self
    }

    /// Sets [`queue_messages`](Self::queue_messages) and [`queue_bytes`](Self::queue_bytes).
    #[deprecated(since = "0.1.0", note = "use `queue_messages` and `queue_bytes`")]
    pub fn queue(self, messages: usize, bytes: usize) -> Self {
        self.queue_messages(messages).queue_bytes(bytes)
    }

    /// Sets what happens to a message when the queue is full. Default: its `send` fails.
    ///
    /// ```
    /// use wirebond_client::{Client, Overflow};
    ///
    /// let client = Client::builder("ws://127.0.0.1:9001/ws")
    ///     .queue_messages(100)
    ///     .overflow(Overflow::DropOldest)
    ///     .build()?;
    /// # Ok::<(), wirebond_client::BuildError>(())
    /// ```
    pub fn overflow(mut self, overflow: Overflow) -> Self {
        self.tuning.overflow = overflow;
        self
    }

    /// Sets how often the client asks, at most, whether written messages have arrived; `None` for never.
    /// It asks with a numbered Ping, and only while messages are unconfirmed. Default: 1 s.
    ///
    /// Must be longer than zero. With `None`, [`flush`](crate::Client::flush) fails and
    /// [`Unconfirmed::Redeliver`] is an error of [`build`](Self::build).
    ///
    /// ```
    /// use std::time::Duration;
    /// use wirebond_client::Client;
    ///
    /// let client = Client::builder("ws://127.0.0.1:9001/ws")
    ///     .confirm_interval(Duration::from_millis(200))
    ///     .build()?;
    /// # Ok::<(), wirebond_client::BuildError>(())
    /// ```
    pub fn confirm_interval(mut self, interval: impl Into<Option<Duration>>) -> Self {
        self.tuning.confirm_interval = interval.into();
        self
    }

    /// Sets what happens to messages that were not confirmed when their connection ended. Default: they
    /// are reported.
    ///
    /// ```
    /// use wirebond_client::{Client, Unconfirmed};
    ///
    /// let client = Client::builder("ws://127.0.0.1:9001/ws")
    ///     .unconfirmed(Unconfirmed::Redeliver)
    ///     .build()?;
    /// # Ok::<(), wirebond_client::BuildError>(())
    /// ```
    pub fn unconfirmed(mut self, unconfirmed: Unconfirmed) -> Self {
        self.tuning.unconfirmed = unconfirmed;
        self
    }

    /// Sets how many deliveries of a message may fail with [`Unconfirmed::Redeliver`]; `None` for no
    /// limit. Default: 3.
    ///
    /// Must be at least 1. A delivery fails if the connection ends while the message is in flight. If the
    /// connection was reset or timed out while several messages were in flight, the network is the likely
    /// cause, and each of them is charged a third of a delivery.
    ///
    /// A message without deliveries left is dropped and reported as
    /// [`DropReason::Undeliverable`](crate::DropReason::Undeliverable), so that a message which the server
    /// rejects each time doesn't block the others. The last of several deliveries is made alone: nothing
    /// else is in flight meanwhile. After a Close 1009, "message too big" (RFC 6455, section 7.4.1), the
    /// largest message in flight is dropped at once, and the others are charged nothing.
    ///
    /// ```
    /// use wirebond_client::{Client, Unconfirmed};
    ///
    /// let client = Client::builder("ws://127.0.0.1:9001/ws")
    ///     .unconfirmed(Unconfirmed::Redeliver)
    ///     .max_deliveries(5)
    ///     .build()?;
    /// # Ok::<(), wirebond_client::BuildError>(())
    /// ```
    pub fn max_deliveries(mut self, deliveries: impl Into<Option<u32>>) -> Self {
        self.tuning.max_deliveries = deliveries.into();
        self
    }

    /// Sets how long a message may wait in the queue; `None` for no limit. A message that waited longer is
    /// dropped and reported. Default: no limit.
    ///
    /// Must be longer than zero.
    ///
    /// ```
    /// use std::time::Duration;
    /// use wirebond_client::Client;
    ///
    /// let client = Client::builder("ws://127.0.0.1:9001/ws")
    ///     .message_ttl(Duration::from_secs(60))
    ///     .build()?;
    /// # Ok::<(), wirebond_client::BuildError>(())
    /// ```
    pub fn message_ttl(mut self, ttl: impl Into<Option<Duration>>) -> Self {
        self.tuning.message_ttl = ttl.into();
        self
    }

    /// Sets the inbox of each asynchronous handler and stream that doesn't have one of its own. Default:
    /// 1,024 messages, and back-pressure when they are reached.
    ///
    /// ```
    /// use wirebond_client::{Client, Inbox};
    ///
    /// let client = Client::builder("ws://127.0.0.1:9001/ws")
    ///     .inbox(Inbox::drop_oldest(100))
    ///     .build()?;
    /// # Ok::<(), wirebond_client::BuildError>(())
    /// ```
    pub fn inbox(mut self, inbox: Inbox) -> Self {
        self.tuning.inbox = inbox;
        self
    }

    /// Sets the size of the largest message that is accepted, in bytes. A larger one closes the connection
    /// with 1009 (RFC 6455, section 7.4.1). Default: 1 MiB.
    ///
    /// Must be greater than zero.
    ///
    /// ```
    /// use wirebond_client::Client;
    ///
    /// let client = Client::builder("ws://127.0.0.1:9001/ws")
    ///     .max_message_size(64 * 1024)
    ///     .build()?;
    /// # Ok::<(), wirebond_client::BuildError>(())
    /// ```
    pub fn max_message_size(mut self, bytes: usize) -> Self {
        self.tuning.max_message_size = bytes;
        self
    }

    /// Sets whether binary messages are read as text, for a server that sends its JSON in them. Default: no.
    ///
    /// One that isn't UTF-8 is an [`ErrorKind::Binary`](crate::ErrorKind::Binary) as before. What the client sends
    /// stays text.
    ///
    /// ```
    /// use wirebond_client::Client;
    ///
    /// let client = Client::builder("ws://127.0.0.1:9001/ws").binary_as_text(true).build()?;
    /// # Ok::<(), wirebond_client::BuildError>(())
    /// ```
    pub fn binary_as_text(mut self, takes: bool) -> Self {
        self.tuning.binary_as_text = takes;
        self
    }
}
