//! What calls need of the outbox: requests that are taken back or written again, and answers.

use std::sync::{Arc, atomic::Ordering};

use bytes::Bytes;
use tokio::time::Instant;
use wirebond_connection::{
    call::{Stage, Waiting},
    session::Class,
};
use wirebond_core::wire::numbered;

use super::{OutboxState, report};
use crate::{
    event::{DropReason, Name},
    outbox::{
        link_state::LinkState,
        message::{CountsByName, Dropped, Message, Queued},
    },
    receipt::Reporter,
};

/// How many answers may wait to be written. More come only of a server that calls and doesn't read.
const MAX_ANSWERS: usize = 1_024;
/// How many frames aside.
const MAX_ASIDE: usize = 256;

impl OutboxState {
    /// Takes the request of a call back. Returns whether it was still queued.
    pub(in crate::outbox) fn withdraw(&mut self, call: u64) -> bool {
        if self.withdraw_from_lane(call) {
            return true;
        }
        let is_it = |queued: &Queued| queued.call().is_some_and(|other| other.id() == call);
        let session = self.session.as_mut();
        let held = session.and_then(|session| session.client.withdraw(is_it));
        let held = held.map(|dropped| dropped.message);
        let Some(queued) = held.or_else(|| self.queue.remove(is_it)) else { return false };
        // Nothing is reported: the caller did it.
        self.stats.dropped_withdrawn += 1;
        let oldest = self.oldest();
        self.flushes.complete(oldest);
        drop(queued);
        true
    }

    /// Queues requests again, first of all and in order: their connection has ended.
    pub(in crate::outbox) fn push_again(&mut self, calls: Vec<Arc<dyn Waiting>>, now: Instant) {
        for call in calls {
            // It may have ended, or be queued by now.
            if call.stage() != Stage::Written {
                continue;
            }
            let Some(text) = call.text() else { continue };
            self.stats.accepted += 1;
            let seq = call.order().load(Ordering::Relaxed);
            self.requeue(request(call, text), seq, now);
        }
    }

    pub(super) fn requeue(&mut self, message: Message, seq: u64, accepted: Instant) {
        let queued = Queued { message, seq, accepted, charge: 0, again: None };
        queued.set_stage(Stage::Queued);
        match &mut self.session {
            Some(session) => session.adopt(queued),
            None => self.queue.insert(queued),
        }
    }

    /// Gives a request the next number of this connection, on a backend's own wire. Numbers rise in the order in
    /// which requests are written: some backends refuse others. They are larger than those that openings and holds wrote
    /// themselves.
    pub(super) fn number(&mut self, queued: &mut Queued) {
        let Some(call) = queued.message.receipt.as_ref().and_then(Reporter::call) else { return };
        let Some(place) = call.placeholder() else { return };
        self.number = self.number.max(self.lane.number()) + 1;
        queued.message.text = numbered(&queued.message.text, place, self.number).into();
        self.calls.written(&**call, self.number);
    }

    /// Which connection an answer is for, if it is written.
    pub(in crate::outbox) fn epoch(&self) -> u64 {
        self.epoch
    }

    /// Queues the answer to a call that came in this epoch. Returns whether it was accepted: it is not if
    /// its connection has ended.
    pub(in crate::outbox) fn push_answer(
        &mut self,
        name: Name,
        text: Bytes,
        epoch: u64,
        now: Instant,
    ) -> bool {
        if !self.takes_answers(epoch) || self.answers() >= MAX_ANSWERS {
            return false;
        }
        let message = Message { name, text, receipt: None, class: Class::Reply };
        // A reply makes nothing else go.
        let accepted = self.accept(message, now, &mut Dropped::new());
        accepted.map(|writer| self.writer = writer).is_ok()
    }

    /// Writes a frame about a call, of this name: in a session among the messages, otherwise beside them if
    /// this epoch's connection is open.
    pub(in crate::outbox) fn push_aside(
        &mut self,
        name: &'static str,
        text: Bytes,
        epoch: Option<u64>,
        now: Instant,
    ) -> bool {
        if self.session.is_some() {
            return self.push_answer(name.into(), text, epoch.unwrap_or(self.epoch), now);
        }
        let takes = self.takes_answers(epoch.unwrap_or(self.epoch)) && self.aside.len() < MAX_ASIDE;
        if takes {
            self.aside.push_back(text);
        }
        takes
    }

    fn takes_answers(&self, epoch: u64) -> bool {
        let is_open = match self.link {
            LinkState::Up | LinkState::Stalled => true,
            // A session goes on.
            LinkState::Down => self.session.is_some(),
            LinkState::Closing | LinkState::Stopped => false,
        };
        is_open && epoch == self.epoch && !self.abandoned
    }

    fn answers(&self) -> usize {
        let is_answer = |queued: &&Queued| queued.message.class == Class::Reply;
        let held = self.session.iter().flat_map(|session| session.client.outgoing().iter());
        let held = held.map(|(queued, _)| queued);
        self.queue.iter().chain(held).filter(is_answer).count()
    }

    /// The connection has ended: answers to its calls are nobody's.
    pub(super) fn drop_answers(&mut self) -> Dropped {
        self.epoch += 1;
        self.number = 0;
        self.has_lost_calls = true;
        self.aside.clear();
        let is_answer = |queued: &Queued| queued.message.class == Class::Reply;
        let mut counts = CountsByName::default();
        while let Some(queued) = self.queue.remove(is_answer).or_else(|| {
            let dropped = self.session.as_mut()?.client.withdraw(is_answer)?;
            Some(dropped.message)
        }) {
            self.drop_message(queued, DropReason::Withdrawn, &mut counts);
        }
        report(DropReason::Withdrawn, counts)
    }
}

/// The request of a call that is made again.
pub(super) fn request(call: Arc<dyn Waiting>, text: Bytes) -> Message {
    let (name, class) = (call.name().to_owned().into(), call.class());
    Message { name, text, class, receipt: Some(Reporter::Call(call)) }
}
