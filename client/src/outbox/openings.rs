//! What goes out before the queue: the part of the outbox for openings and held messages.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use tokio::sync::oneshot;

use super::{
    Outbox,
    lane::{Calling, Hold, Refresh, Text},
    message::Message,
    release,
    state::OutboxState,
    wake,
};
use crate::{
    error::{Error, ErrorKind, SendErrorKind},
    event::Name,
};

impl Outbox {
    /// A connection is being opened: until [`open`](Self::open), only what its opening sends is written.
    pub(crate) fn begin_opening(&self) {
        self.lock().lane.is_opening = true;
    }

    /// Adds a message of the opening. Returns what resolves when it is written; `None` if the opening is over.
    pub(crate) fn push_opening(
        &self,
        name: Name,
        text: Text,
    ) -> Result<Option<oneshot::Receiver<()>>, SendErrorKind> {
        self.while_opening(text.text.len(), |state| state.lane.push_opening(name, text))
    }

    /// Adds the request of a call that the opening makes. Returns `None` if the opening is over.
    pub(crate) fn push_opening_call(&self, message: Message) -> Result<Option<()>, SendErrorKind> {
        self.while_opening(message.text.len(), |state| state.push_opening_call(message))
    }

    fn while_opening<T>(
        &self,
        size: usize,
        push: impl FnOnce(&mut OutboxState) -> T,
    ) -> Result<Option<T>, SendErrorKind> {
        self.change(|state| {
            if !state.lane.is_opening {
                return Ok(None);
            }
            if size > state.max_bytes() {
                return Err(state.refuse(SendErrorKind::TooLarge));
            }
            Ok(Some(push(state)))
        })
    }

    /// A connection is open: held messages that it doesn't have yet are written before the queue. Returns
    /// those that can't be made.
    pub(crate) fn open(&self) -> Vec<Error> {
        let to_refresh = self.lock().lane.to_refresh();
        let (mut refreshed, mut errors) = (Vec::new(), Vec::new());
        // The lock isn't held: this is the user's code.
        for (id, name, refresh) in to_refresh {
            let made = made(&name, &refresh).and_then(|text| {
                let too_large = self
                    .too_large(text.text.len())
                    .map(|why| Error::new(ErrorKind::Payload).about(&name).context(why));
                too_large.map_or(Ok(text), Err)
            });
            refreshed.push((id, made.as_ref().ok().cloned()));
            errors.extend(made.err());
        }
        self.change(|state| state.lane.open(refreshed));
        errors
    }

    /// Holds a message: it is written on an open connection now, and on each new one. Returns its number.
    pub(crate) fn hold(&self, hold: Hold) -> Result<u64, SendErrorKind> {
        self.change(|state| {
            if hold.text.text.len() > state.max_bytes() {
                return Err(state.refuse(SendErrorKind::TooLarge));
            }
            Ok(state.lane.hold(hold))
        })
    }

    /// Ends a held message. Returns whether this connection, or this session, has it.
    pub(crate) fn release(&self, id: u64) -> bool {
        let (was_sent, hold) = self.lock().release_hold(id);
        released(hold);
        was_sent
    }

    /// Ends a held message, and sends this if the connection, or the session, has it.
    pub(crate) fn release_with(
        &self,
        id: u64,
        name: Name,
        text: Text,
        call: Option<Arc<dyn Calling>>,
    ) -> Result<(), SendErrorKind> {
        let mut state = self.lock();
        let (was_sent, hold) = state.release_hold(id);
        let pushed = if was_sent { state.push_release(name, text, call) } else { Ok(()) };
        let writer = state.take_writer();
        release(state);
        released(hold);
        wake(writer);
        pushed
    }

    /// Whether this connection, or this session, has a held message.
    pub(crate) fn is_held_sent(&self, id: u64) -> bool {
        self.lock().lane.is_sent(id)
    }
}

/// A hold has ended. The lock isn't held: dropping it may run the user's code.
fn released(hold: Option<Hold>) {
    let Some(hold) = hold else { return };
    if let Some(call) = &hold.call {
        call.release();
    }
}

/// Makes a held message.
fn made(name: &Name, refresh: &Refresh) -> Result<Text, Error> {
    match catch_unwind(AssertUnwindSafe(|| refresh())) {
        Ok(Ok(text)) => Ok(text),
        Ok(Err(error)) => Err(Error::new(ErrorKind::Payload).about(name).caused_by(error)),
        Err(_) => {
            let error = Error::new(ErrorKind::HandlerPanic).about(name);
            Err(error.context("it panicked while it made a held message"))
        }
    }
}
