//! The messages of a session, from acceptance to acknowledgement, and what is due on its connection. Pure.

use std::{fmt, time::Duration};

use bytes::Bytes;
use tokio::time::Instant;
use wirebond_connection::{
    call::Stage,
    session::{
        Ack, Client, Control, Desync, Gap, GoneReason, Kept, Limits, Overflow, Phase, ServerHello,
        Write,
    },
};

use super::{
    lane::Lane,
    message::{Lost, Queued},
    rate_limit::RateLimit,
};
use crate::settings::{self, QueueLimits, Tuning, Unconfirmed};

/// When messages that were received are acknowledged at the latest.
const ACK_DELAY: Duration = Duration::from_secs(1);
/// How long after it asked, the client asks again about what the answer didn't cover: the server acknowledges
/// at once what it has handled, and may be handling the rest. A question that waits for its answer isn't repeated.
const ASK_AGAIN: Duration = Duration::from_millis(100);

/// What a frame of the session means for the application.
#[derive(Debug)]
pub(crate) enum Controlled {
    /// Nothing.
    Nothing,
    /// The session continues.
    Resumed,
    /// It is gone, and the offered one has begun.
    Gone(GoneReason, Lost),
    /// Messages of the server will not come.
    Gap(Gap),
}

/// What it means that a connection has no session.
#[derive(Debug)]
pub(crate) struct Plain {
    /// The outcome of the messages of the session that there was.
    pub(crate) lost: Option<Lost>,
    /// Whether the application doesn't know it yet.
    pub(crate) is_news: bool,
}

/// What a session needs of the settings.
#[derive(Debug, Clone, Copy)]
pub(super) struct SessionSettings {
    limits: Limits,
    overflow: Overflow,
    redelivers: bool,
    /// How long what was written stays without a mark.
    heartbeat: Duration,
}

impl SessionSettings {
    pub(super) fn new(tuning: &Tuning) -> Self {
        let QueueLimits { messages, bytes } = tuning.queue;
        Self {
            limits: Limits { messages, bytes },
            overflow: match tuning.overflow {
                settings::Overflow::DropOldest => Overflow::DropOldest,
                settings::Overflow::Reject | settings::Overflow::Wait => Overflow::Refuse,
            },
            redelivers: tuning.unconfirmed == Unconfirmed::Redeliver,
            heartbeat: tuning.heartbeat_interval,
        }
    }
}

/// The session's end, and what is to be written besides its messages.
pub(super) struct SessionQueue {
    pub(super) client: Client<Queued>,
    heartbeat: Duration,
    /// Our `$hello`, until it is written. It contains the session's secret.
    hello: Option<Bytes>,
    /// Since when an acknowledgement would contain something new.
    useful_since: Option<Instant>,
    /// The last request to acknowledge.
    asked: Option<Asked>,
    /// Whether nothing waited to be written at the last look.
    is_all_written: bool,
}

/// A request to acknowledge.
#[derive(Debug, Clone, Copy)]
struct Asked {
    at: Instant,
    /// How far had been written then.
    cursor: u64,
    is_answered: bool,
}

impl SessionQueue {
    pub(super) fn new(settings: SessionSettings) -> Self {
        let SessionSettings { limits, overflow, redelivers, heartbeat } = settings;
        Self {
            client: Client::new(limits, overflow, redelivers),
            heartbeat,
            hello: None,
            useful_since: None,
            asked: None,
            is_all_written: false,
        }
    }

    /// Takes over a message that waited for a session.
    pub(super) fn adopt(&mut self, mut queued: Queued) {
        let (size, class) = (queued.size(), queued.message.class);
        let again = queued.again.take().map(|id| *id);
        self.client.adopt(Kept { message: queued, size, class, again });
    }

    /// Gives the messages back. None is written: the session was given up.
    pub(super) fn into_queued(self) -> impl Iterator<Item = Queued> {
        self.client.into_kept().map(|Kept { mut message, again, .. }| {
            message.again = again.map(Box::new);
            message
        })
    }

    /// A connection's server says `$hello`. Returns whether an older session is to be resumed.
    pub(super) fn greet(
        &mut self,
        hello: ServerHello,
        contract: Option<&str>,
    ) -> Result<bool, Desync> {
        self.disconnected();
        self.client.connected();
        let mut answer = self.client.hello(hello)?;
        answer.contract = contract.map(str::to_owned);
        self.hello = Some(answer.encode().into());
        Ok(answer.resume.is_some())
    }

    pub(super) fn disconnected(&mut self) {
        self.client.disconnected();
        (self.hello, self.useful_since, self.asked) = (None, None, None);
    }

    /// How much more may be queued. `None` where the limits are exceeded: adopted messages may do that.
    pub(super) fn room(&self, settings: SessionSettings) -> Option<QueueLimits> {
        let (limits, held) = (settings.limits, self.client.outgoing());
        Some(QueueLimits {
            messages: limits.messages.checked_sub(held.messages())?,
            bytes: limits.bytes.checked_sub(held.bytes())?,
        })
    }

    /// How many messages were written and aren't acknowledged.
    pub(super) fn in_flight(&self) -> usize {
        self.client.outgoing().iter().filter(|(_, was_written)| *was_written).count()
    }

    /// The number of the oldest message.
    pub(super) fn oldest(&self) -> Option<u64> {
        self.client.outgoing().iter().next().map(|(queued, _)| queued.seq)
    }

    /// Whether everything is acknowledged.
    pub(super) fn is_settled(&self) -> bool {
        self.hello.is_none() && self.client.outgoing().is_empty()
    }

    /// Whether the server hasn't been informed yet how much was received. It would report that as unconfirmed if the
    /// session ended now.
    pub(super) fn owes_ack(&self) -> bool {
        self.client.is_behind()
    }

    /// Takes frames of up to about `budget` bytes, in order. With `asks`, the server is asked to
    /// acknowledge once all is written. With `is_last`, the session is about to end. Messages wait for the
    /// rate limit, the session's own frames don't. Returns whether there was a message.
    pub(super) fn take(
        &mut self,
        budget: usize,
        out: &mut Vec<Bytes>,
        now: Instant,
        (asks, is_last): (bool, bool),
        (lane, accepted): (&mut Lane, &mut u64),
        mut rate_limit: Option<&mut RateLimit>,
    ) -> bool {
        out.extend(self.hello.take());
        let mut taken = 0;
        self.is_all_written = loop {
            if taken >= budget {
                break false;
            }
            if let Some(limit) = &mut rate_limit
                && self.client.phase() == Phase::Live
                && !limit.has_token(now)
            {
                break self.client.outgoing().is_written() && lane.is_empty();
            }
            if !self.take_first(lane, accepted, now) {
                break true;
            }
            let Some(frame) = self.client.next_frame() else { break true };
            let text = match frame {
                Write::Message { message, again, .. } => {
                    if let Some(limit) = &mut rate_limit {
                        limit.take(now);
                    }
                    message.set_stage(Stage::Written);
                    message.text(again)
                }
                Write::Gap { n, why } => Control::Gap(Gap { n, why }).encode().into(),
            };
            taken += text.len();
            out.push(text);
        };
        if self.client.phase() != Phase::Live {
            return false;
        }
        let asks = self.wants_to_ask(asks) && self.may_ask(now);
        let is_late = self.ack_is_late_at().is_some_and(|at| now >= at);
        if asks || is_late || self.client.ack_is_due() || (is_last && self.owes_ack()) {
            if asks {
                let cursor = self.client.outgoing().cursor();
                self.asked = Some(Asked { at: now, cursor, is_answered: false });
            }
            out.push(Control::Ack(self.client.take_ack(asks)).encode().into());
            self.useful_since = None;
        } else if self.client.ack_is_useful() {
            self.useful_since.get_or_insert(now);
        }
        taken > 0
    }

    /// Puts the next message of the lane before those that were never written. False: nothing else may be
    /// written at present.
    fn take_first(&mut self, lane: &mut Lane, accepted: &mut u64, now: Instant) -> bool {
        if self.client.phase() != Phase::Live || !self.client.outgoing().is_caught_up() {
            return true;
        }
        let Some(message) = lane.pop() else { return !lane.is_opening };
        let next = self.client.outgoing().first_unwritten().map(|queued| queued.seq);
        *accepted += 1;
        // It has the place of the first that was never written: a flush waits for both.
        let seq = next.unwrap_or(*accepted);
        let (size, class) = (message.text.len(), message.class);
        let queued = Queued { message, seq, accepted: now, charge: 0, again: None };
        self.client.send_first(queued, size, class);
        true
    }

    fn wants_to_ask(&self, asks: bool) -> bool {
        asks && self.is_all_written && !self.client.outgoing().is_empty()
    }

    /// The last question, if it was about all that is written.
    fn asked_before(&self) -> Option<Asked> {
        self.asked.filter(|asked| asked.cursor == self.client.outgoing().cursor())
    }

    fn may_ask(&self, now: Instant) -> bool {
        self.asked_before().is_none_or(|asked| asked.is_answered && now >= asked.at + ASK_AGAIN)
    }

    /// The server has acknowledged something.
    pub(super) fn acknowledged(&mut self, ack: Ack) -> Result<Vec<Queued>, Desync> {
        if let Some(asked) = &mut self.asked {
            asked.is_answered = true;
        }
        self.client.acknowledged(ack)
    }

    fn ack_is_late_at(&self) -> Option<Instant> {
        let delay = if self.client.is_behind() { ACK_DELAY } else { self.heartbeat };
        self.useful_since.map(|since| since + delay)
    }

    /// When [`take`](Self::take) has something to write besides messages.
    pub(super) fn due(&self, asks: bool) -> Option<Instant> {
        if self.client.phase() != Phase::Live {
            return None;
        }
        let answered = self.asked_before().filter(|asked| asked.is_answered);
        let question = answered.filter(|_| self.wants_to_ask(asks));
        [question.map(|asked| asked.at + ASK_AGAIN), self.ack_is_late_at()]
            .into_iter()
            .flatten()
            .min()
    }
}

impl fmt::Debug for SessionQueue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Not the `$hello`, which contains the session's secret.
        f.debug_struct("SessionQueue").field("phase", &self.client.phase()).finish_non_exhaustive()
    }
}
