//! What a session changes: its messages are kept until the server acknowledges them.

use tokio::time::Instant;
use wirebond_connection::{
    call::Stage,
    session::{self, Control, Desync, Renewed, ServerHello},
};

use super::{OutboxState, report};
use crate::{
    error::FlushErrorKind,
    event::DropReason,
    outbox::{
        message::{CountsByName, Dropped, Lost, Queued},
        redelivery::{DELIVERY, NETWORK},
        session_queue::{Controlled, Plain, SessionQueue},
    },
    receipt::Delivery,
    settings::Sessions,
};

/// Whether it is the request of a call that has its answer.
fn is_answered(queued: &Queued) -> bool {
    queued.call().is_some_and(|call| call.stage() == Stage::Answered)
}

impl OutboxState {
    /// Whether a session is offered on the next connection.
    pub(in crate::outbox) fn offers_session(&self) -> bool {
        self.sessions == Sessions::Require
            || (self.sessions == Sessions::Prefer && !self.is_known_plain)
    }

    /// Whether there is a session that the next connection would resume.
    pub(in crate::outbox) fn has_session(&self) -> bool {
        self.session.as_ref().is_some_and(|session| session.client.id().is_some())
    }

    /// A connection is open whose server may have sessions: nothing is written until that is known.
    pub(in crate::outbox) fn negotiate(&mut self) {
        self.is_negotiating = true;
    }

    /// The open connection has a session. Returns whether an older one is to be resumed.
    pub(in crate::outbox) fn begin_session(&mut self, hello: ServerHello) -> Result<bool, Desync> {
        (self.is_negotiating, self.was_plain) = (false, false);
        // Nothing is written beside the messages of a session.
        self.aside.clear();
        let settings = self.session_settings;
        let session = self.session.get_or_insert_with(|| Box::new(SessionQueue::new(settings)));
        while let Some(queued) = self.queue.pop_front() {
            session.adopt(queued);
        }
        session.greet(hello, self.contract.as_deref())
    }

    /// The open connection has none. With `remember`, none is offered to this server any more.
    pub(in crate::outbox) fn plain(&mut self, remember: bool) -> Plain {
        self.is_negotiating = false;
        self.is_known_plain |= remember;
        let is_news = !std::mem::replace(&mut self.was_plain, true);
        let had_one = self.has_session();
        let lost = self.end_session();
        Plain { lost: had_one.then_some(lost), is_news }
    }

    /// The session is over, and the next connection may have none: its messages wait in the queue again.
    pub(in crate::outbox) fn end_session(&mut self) -> Lost {
        let lost = self.give_up_session();
        if let Some(session) = self.session.take() {
            session.into_queued().for_each(|queued| self.queue.push_back(queued));
        }
        lost
    }

    /// The session can't continue; the next connection begins another.
    pub(in crate::outbox) fn give_up_session(&mut self) -> Lost {
        let Some(session) = &mut self.session else { return Lost::default() };
        session.disconnected();
        if session.client.id().is_none() {
            return Lost::default();
        }
        self.charge_in_doubt();
        let Some(session) = &mut self.session else { return Lost::default() };
        let renewed = session.client.renew(is_answered);
        self.settle_renewed(renewed)
    }

    /// So many messages of so many bytes have arrived.
    pub(in crate::outbox) fn received(&mut self, count: u64, bytes: usize) -> Result<(), Desync> {
        self.session.as_mut().ok_or(Desync)?.client.received_all(count, bytes)
    }

    /// A frame of the session has arrived.
    pub(in crate::outbox) fn control(
        &mut self,
        control: Control,
        now: Instant,
    ) -> Result<Controlled, Desync> {
        let session = self.session.as_mut().ok_or(Desync)?;
        let client = &mut session.client;
        Ok(match control {
            Control::Ack(ack) => {
                let confirmed = session.acknowledged(ack)?;
                self.settle_confirmed(confirmed, now);
                Controlled::Nothing
            }
            Control::Gap(gap) => {
                client.gap(gap.n)?;
                Controlled::Gap(gap)
            }
            Control::Resumed(resumed) => {
                let confirmed = client.resumed(resumed)?;
                self.settle_confirmed(confirmed, now);
                Controlled::Resumed
            }
            Control::Gone(gone) => {
                if gone.done.is_none() && client.phase() == session::Phase::Resuming {
                    self.charge_in_doubt();
                }
                let client = &mut self.session.as_mut().ok_or(Desync)?.client;
                let renewed = client.gone(&gone, is_answered)?;
                Controlled::Gone(gone.why, self.settle_renewed(renewed))
            }
            _ => Controlled::Nothing,
        })
    }

    fn settle_confirmed(&mut self, confirmed: Vec<Queued>, now: Instant) {
        if confirmed.is_empty() {
            return;
        }
        self.settle_handled(confirmed);
        self.flushes.record_progress(now);
        self.flushes.complete(self.oldest());
    }

    /// With redelivery, a session that ends with its server's memory is a delivery that failed. One
    /// message alone is charged in full; of several, only one can be the cause.
    fn charge_in_doubt(&mut self) {
        let (Some(_), Some(session)) = (self.redelivery, &mut self.session) else { return };
        let charge = if session.in_flight() == 1 { DELIVERY } else { NETWORK };
        for (queued, was_written) in session.client.messages_mut() {
            if was_written {
                queued.charge = queued.charge.saturating_add(charge);
            }
        }
    }

    /// The session is gone. What is kept is first in the next one.
    fn settle_renewed(&mut self, renewed: Renewed<Queued>) -> Lost {
        let Renewed { confirmed, unconfirmed, .. } = renewed;
        self.settle_handled(confirmed);
        self.lane.session_lost();
        let answers = self.drop_answers();
        if let Some(session) = &mut self.session {
            // What is kept is written again.
            session.client.messages_mut().for_each(|(queued, _)| queued.set_stage(Stage::Queued));
        }
        let mut counts = CountsByName::default();
        self.stats.unconfirmed += unconfirmed.len() as u64;
        for queued in unconfirmed {
            if !queued.message.is_about_a_call() {
                counts.add(&queued.message.name, 1);
            }
            self.settle(queued.message.receipt, Delivery::Unconfirmed);
        }
        let mut dropped = self.drop_undeliverable();
        if counts.is_empty() && dropped.is_empty() {
            self.flushes.complete(self.oldest());
        } else {
            self.flushes.fail(FlushErrorKind::Lost);
        }
        dropped.extend(answers);
        Lost { unconfirmed: counts, dropped }
    }

    /// The server has handled these.
    fn settle_handled(&mut self, confirmed: Vec<Queued>) {
        self.stats.confirmed += confirmed.len() as u64;
        for queued in confirmed {
            queued.set_stage(Stage::Handled);
            self.settle(queued.message.receipt, Delivery::Confirmed);
        }
    }

    fn drop_undeliverable(&mut self) -> Dropped {
        let (Some(redelivery), Some(session)) = (self.redelivery, &mut self.session) else {
            return Dropped::new();
        };
        let is_used_up = |queued: &Queued| redelivery.is_used_up(queued.charge);
        let dropped = session.client.expire(is_used_up);
        self.report_dropped(dropped, DropReason::Undeliverable)
    }

    /// The server has refused a message as too large: the largest that was written. Its number stays.
    pub(super) fn drop_too_large(&mut self) -> Dropped {
        let largest = self.session.as_mut().and_then(|session| session.client.drop_largest());
        self.report_dropped(largest, DropReason::Undeliverable)
    }

    /// Drops messages of the session that have waited too long.
    pub(super) fn expire_in_session(&mut self, is_old: impl Fn(&Queued) -> bool) -> Dropped {
        let Some(session) = &mut self.session else { return Dropped::new() };
        // They are in order of age.
        if !session.client.outgoing().first_unwritten().is_some_and(&is_old) {
            return Dropped::new();
        }
        let expired = session.client.expire(is_old);
        self.report_dropped(expired, DropReason::Expired)
    }

    /// Drops the messages of the session that were never written.
    pub(super) fn clear_session(&mut self) -> Dropped {
        let Some(session) = &mut self.session else { return Dropped::new() };
        let cleared = session.client.expire(|_| true);
        self.report_dropped(cleared, DropReason::Cleared)
    }

    /// Counts messages that left a gap.
    pub(super) fn report_dropped(
        &mut self,
        dropped: impl IntoIterator<Item = session::Dropped<Queued>>,
        reason: DropReason,
    ) -> Dropped {
        let mut counts = CountsByName::default();
        for session::Dropped { message, .. } in dropped {
            self.flushes.fail_for(message.seq);
            self.drop_message(message, reason, &mut counts);
        }
        report(reason, counts)
    }
}
