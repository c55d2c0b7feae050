//! The way from a frame to those who subscribed to it.

use std::{
    sync::{Arc, atomic::Ordering},
    task::Waker,
};

use wirebond_core::wire::{DecodeError, RawMessage};

use super::{Receiver, Registry, Table, Unread};
use crate::{
    delivery::hub::{Counters, Hub},
    delivery::inbox::lock,
    delivery::subscription::Entry,
    delivery::warnings::Warning,
    error::{Error, ErrorKind},
    event::{Event, Name},
};

/// What a frame asks of the connection itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asks {
    Nothing,
    /// The peer's heartbeat wants its answer.
    Pong,
}

/// A frame on its way to those who want it.
struct Handing<'a> {
    frame: &'a RawMessage<'a>,
    index: usize,
    hub: &'a Arc<Hub>,
    session: u64,
    full: &'a mut Vec<Arc<dyn Entry>>,
    /// Whether there was anybody to hand it to.
    any: bool,
    failed: Option<Unread>,
}

impl<'a> Handing<'a> {
    fn new(
        frame: &'a RawMessage<'a>,
        index: usize,
        hub: &'a Arc<Hub>,
        session: u64,
        full: &'a mut Vec<Arc<dyn Entry>>,
    ) -> Self {
        Self { frame, index, hub, session, full, any: false, failed: None }
    }

    fn to(&mut self, receiver: &Arc<dyn Receiver>) {
        // A handler before this one may have taken longer than `disconnect()` waits.
        if self.any && self.hub.session() != self.session {
            return;
        }
        self.any = true;
        match receiver.receive(self.frame, self.index, self.hub) {
            Ok(false) => {}
            Ok(true) => self.full.push(receiver.entry()),
            // Receivers of one type fail alike: one report is enough.
            Err(error) => {
                self.failed.get_or_insert(error);
            }
        }
    }
}

/// The connection's side of the registry.
pub(crate) struct Dispatcher {
    registry: Arc<Registry>,
    hub: Arc<Hub>,
    table: Arc<Table>,
    version: u64,
    /// The session that it works for.
    session: u64,
    /// Subscriptions that have no room for another message.
    full: Vec<Arc<dyn Entry>>,
}

impl Dispatcher {
    pub(crate) fn new(registry: Arc<Registry>, hub: Arc<Hub>) -> Self {
        let session = hub.session();
        Self { registry, hub, table: Arc::default(), version: u64::MAX, session, full: Vec::new() }
    }

    /// The same for the session with this number.
    pub(crate) fn of_session(self, session: u64) -> Self {
        Self { session, ..self }
    }

    /// Whether its session is over: a handler took longer than `disconnect()` waits.
    pub(crate) fn is_over(&self) -> bool {
        self.hub.session() != self.session
    }

    /// Looks at the subscriptions anew.
    fn look(&mut self, version: u64) {
        let table = if self.is_over() {
            Arc::new(Table::empty(self.registry.contents.messages.len()))
        } else {
            Arc::clone(&lock(&self.registry.table))
        };
        // Bound first: the old one may drop a handler, which may own a subscription and want the lock.
        (self.table, self.version) = (table, version);
    }

    /// Brings one text frame to those who want it.
    pub(crate) fn dispatch(&mut self, text: &str) -> Asks {
        // Nobody else counts these, so that a load and a store do.
        let received = &self.hub.counters.received;
        received.store(received.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
        let version = self.registry.version.load(Ordering::Acquire);
        if version != self.version {
            self.look(version);
        }
        let frame = match RawMessage::open(text) {
            Ok(frame) => frame,
            Err(error) => {
                self.malformed(None, error.into());
                return Asks::Nothing;
            }
        };
        let Self { registry, hub, table, session, full, .. } = self;
        if let Some(index) = registry.contents.find(frame.name()) {
            let mut handing = Handing::new(&frame, index, hub, *session, full);
            table.by_index[index].iter().for_each(|receiver| handing.to(receiver));
            table.contract.iter().for_each(|receiver| handing.to(receiver));
            let Handing { any, failed, .. } = handing;
            if !any {
                let unhandled = &hub.counters.unhandled;
                unhandled.store(unhandled.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
            }
            if let Some(why) = failed {
                self.report_unread(&frame, why);
            }
            return Asks::Nothing;
        }
        let asks = if frame.name() == "ping" { Asks::Pong } else { Asks::Nothing };
        let is_reserved = matches!(frame.name(), "ping" | "pong");
        if is_reserved && !table.by_name.contains_key(frame.name()) {
            return asks;
        }
        if let Err(error) = frame.check() {
            self.malformed(None, error.into());
            return asks;
        }
        let named = table.by_name.get(frame.name());
        if named.is_none() {
            Counters::add(&hub.counters.unknown, 1);
            if table.unknown.is_empty() {
                hub.warn(Warning::unknown(frame.name()));
            }
        }
        let mut handing = Handing::new(&frame, 0, hub, *session, full);
        named.unwrap_or(&table.unknown).iter().for_each(|receiver| handing.to(receiver));
        if let Some(why) = handing.failed {
            self.report_unread(&frame, why);
        }
        asks
    }

    #[cold]
    fn report_unread(&self, frame: &RawMessage<'_>, why: Unread) {
        match why {
            Unread::Failed(error) => self.malformed(Some(frame.name()), error),
            Unread::Panicked => {
                Counters::add(&self.hub.counters.malformed, 1);
                // Without the panic's words: they may quote the payload.
                let error = Error::new(ErrorKind::Payload).about(frame.name());
                let error = error.context("its type panicked while it was read");
                self.hub.emit(Event::Error(error));
            }
        }
    }

    /// A binary frame came; the contract is JSON text.
    pub(crate) fn refuse_binary(&self) {
        Counters::add(&self.hub.counters.malformed, 1);
        self.hub.emit(Event::Error(Error::new(ErrorKind::Binary)));
    }

    #[cold]
    fn malformed(&self, name: Option<&str>, error: DecodeError) {
        if self.is_over() {
            return;
        }
        Counters::add(&self.hub.counters.malformed, 1);
        let error = match error {
            DecodeError::Envelope(error) => Error::new(ErrorKind::Envelope).caused_by(error),
            DecodeError::Payload(error) => Error::new(ErrorKind::Payload).caused_by(error),
        };
        let error = if let Some(name) = name { error.about(name) } else { error };
        self.hub.emit(Event::Error(error));
    }

    /// The first subscription that still has no room; the waker is called when it has.
    pub(crate) fn held_back_by(&mut self, waker: &Waker) -> Option<&Arc<dyn Entry>> {
        if !self.full.is_empty() {
            self.full.retain(|entry| entry.is_full(waker));
        }
        self.full.first()
    }

    /// Tells which subscriptions lost messages.
    pub(crate) fn report_lag(&self) {
        if !self.hub.take_loss() {
            return;
        }
        for receiver in self.table.all() {
            let entry = receiver.entry();
            let count = entry.take_lost();
            if count > 0 {
                self.hub.counters.discarded(count);
                self.hub.emit(Event::Lagged { name: entry.name().clone(), count });
            }
        }
    }

    /// Whose calls in a turn were not timed, in order.
    pub(crate) fn called_in(&self, turn: u32) -> Vec<Name> {
        let called = self.table.all().map(|receiver| receiver.entry());
        let called = called.filter(|entry| entry.was_called_in(turn));
        let mut names: Vec<_> = called.map(|entry| entry.name().clone()).collect();
        names.sort_unstable();
        names.dedup();
        names
    }
}

impl std::fmt::Debug for Dispatcher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Dispatcher").field("version", &self.version).finish_non_exhaustive()
    }
}
