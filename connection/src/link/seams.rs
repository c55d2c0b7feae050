//! What a link needs of its owner: where messages go, and where they come from.

use std::{fmt, task::Context, time::Duration};

use bytes::Bytes;
use tokio::time::Instant;

/// What a message asks of the link itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reply {
    /// Nothing.
    Nothing,
    /// The peer's heartbeat message has to be answered.
    Pong,
}

/// The message of a heartbeat that consists of one.
#[derive(Clone, PartialEq, Eq)]
pub enum HeartbeatMessage {
    /// wirebond's own: `ping`, with the time.
    Standard,
    /// This text.
    Text(Bytes),
    /// The owner has one of its own, and couldn't make it. A Ping takes its place.
    Failed,
}

impl fmt::Debug for HeartbeatMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Not the text, which is the application's.
        f.write_str(match self {
            Self::Standard => "Standard",
            Self::Text(_) => "Text",
            Self::Failed => "Failed",
        })
    }
}

/// What a [`MessageSource`] needs of the link.
#[derive(Debug, Clone, Copy, Default)]
pub struct Needs {
    /// Whether written messages wait for a Ping behind them.
    pub ping: bool,
    /// Whether the Ping should be sent without delay.
    pub urgent: bool,
    /// When [`pass_time`](MessageSource::pass_time) has to be called.
    pub deadline: Option<Instant>,
    /// The heartbeat's interval and timeout, where they are to be others than the link was made with.
    pub heartbeat: Option<(Duration, Duration)>,
}

/// Where received messages go.
pub trait MessageSink {
    /// A turn of reading begins. Returns whether handlers ran, so that something may have been sent.
    fn begin_turn(&mut self, cx: &mut Context<'_>) -> bool;

    /// A text message arrived.
    fn dispatch(&mut self, text: &str) -> Reply;

    /// Delivers the next message of a frame that held several. `None` once none is left: such a frame is
    /// taken as one by [`dispatch`](Self::dispatch), and no other is read before its end.
    fn dispatch_next(&mut self) -> Option<Reply> {
        None
    }

    /// A binary message arrived.
    fn refuse_binary(&mut self);

    /// Whether there is no room for another message. Nothing is read then; the waker is called when
    /// there is room.
    fn is_held_back(&mut self, now: Instant, cx: &mut Context<'_>) -> bool;

    /// Ends the turn, in which so many frames were read.
    fn end_turn(&mut self, frames: u32, now: Instant, cx: &mut Context<'_>);

    /// Adds messages of the sink's own, such as acknowledgements, behind those that the source gave. `beat`:
    /// a heartbeat goes out with them.
    fn append(&mut self, _texts: &mut Vec<Bytes>, _beat: bool, _now: Instant) {}

    /// Whether no received message waits for its handler.
    fn is_idle(&self) -> bool;

    /// Does what is due.
    fn pass_time(&mut self, now: Instant);

    /// When [`pass_time`](Self::pass_time) or a poll is due.
    fn due(&self, now: Instant) -> Option<Instant>;

    /// Whether the owner has given up the link. Nothing may be delivered or reported from then on.
    fn is_over(&self) -> bool {
        false
    }

    /// Counts the bytes that were read and written.
    fn count_bytes(&mut self, _read: u64, _written: u64) {}
}

/// Where messages come from that are to be sent.
pub trait MessageSource {
    /// Takes messages of up to about `budget` bytes, in order; at least one if there is any. If there is
    /// none, the waker is called when there is.
    fn take(&mut self, budget: usize, texts: &mut Vec<Bytes>, now: Instant, cx: &mut Context<'_>);

    /// The message of the heartbeat that is being sent.
    fn heartbeat(&mut self) -> HeartbeatMessage {
        HeartbeatMessage::Standard
    }

    /// The link wrote a frame of its own beside the messages: a heartbeat or its answer, or a Ping that confirms.
    fn record_own_frame(&mut self, _now: Instant) {}

    /// Whether nothing waits and nothing is in flight.
    fn is_settled(&self) -> bool;

    /// Whether it acknowledges what the sink receives.
    fn acknowledges(&self) -> bool {
        false
    }

    /// What is needed of the link.
    fn needs(&self) -> Needs {
        Needs::default()
    }

    /// A Ping with this number was handed to the socket, after everything that was taken before.
    fn mark(&mut self, _ping: u64) {}

    /// The Ping with this number was answered after `round_trip`.
    fn confirm(&mut self, _ping: u64, _round_trip: Duration, _now: Instant) {}

    /// The peer answers no Pings.
    fn give_up_confirming(&mut self) {}

    /// The peer has ended the connection.
    fn ended_by_peer(&mut self) {}

    /// Does what is due.
    fn pass_time(&mut self, _now: Instant) {}
}
