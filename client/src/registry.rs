//! Who subscribed to what, and the way from a frame to them.

use std::{
    collections::HashMap,
    marker::PhantomData,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    task::Waker,
};

use wirebond_schema::{
    MessageInfo,
    runtime::{DecodeError, Frame},
};

use crate::{
    error::{Error, ErrorKind},
    event::{Event, Name},
    hub::{Counters, Hub},
    inbox::lock,
    subscription::{Entry, Owner, Sink},
    warnings::Warning,
};

/// The contract that a client speaks, if it was made for one.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct Contents {
    pub(crate) messages: &'static [MessageInfo],
    pub(crate) position: fn(&str) -> Option<usize>,
}

impl Contents {
    /// For names that are known only at run time.
    pub(crate) const NONE: Self = Self { messages: &[], position: |_| None };

    /// The place of a message that the server may send.
    fn find(&self, name: &str) -> Option<usize> {
        (self.position)(name).filter(|&index| self.messages[index].direction().server_sends())
    }
}

/// Which frames a subscription wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Topic {
    /// One message of the contract.
    Index(usize),
    /// A name that the contract doesn't know.
    Name(String),
    /// Every message of the contract.
    Contract,
    /// Every message that nobody else is there for because the contract doesn't know it.
    Unknown,
}

/// A subscription as the dispatcher sees it.
pub(crate) trait Receiver: Send + Sync {
    /// Decodes the frame and hands it on. Returns whether there is no room for another.
    fn receive(&self, frame: &Frame<'_>, index: usize, hub: &Arc<Hub>) -> Result<bool, Unread>;
    fn entry(&self) -> Arc<dyn Entry>;
    /// Whether it is a handler, which `off` removes, rather than a stream.
    fn is_handler(&self) -> bool;
}

/// Why a subscription did not get a frame.
pub(crate) enum Unread {
    Failed(DecodeError),
    /// The user's `Deserialize` panicked.
    Panicked,
}

/// Decodes for a sink.
pub(crate) struct Decoding<T, S, D> {
    decode: D,
    sink: Arc<S>,
    is_handler: bool,
    value: PhantomData<fn() -> T>,
}

impl<T, S, D> Decoding<T, S, D> {
    pub(crate) fn new(decode: D, sink: Arc<S>, is_handler: bool) -> Self {
        Self { decode, sink, is_handler, value: PhantomData }
    }
}

impl<T, S, D> Receiver for Decoding<T, S, D>
where
    T: Send + 'static,
    S: Sink<T> + 'static,
    D: Fn(&Frame<'_>, usize) -> Result<T, DecodeError> + Send + Sync,
{
    fn receive(&self, frame: &Frame<'_>, index: usize, hub: &Arc<Hub>) -> Result<bool, Unread> {
        let decode = AssertUnwindSafe(|| (self.decode)(frame, index));
        // A payload's type is foreign code, and a peer chooses what it is fed.
        let value = catch_unwind(decode).map_err(|_| Unread::Panicked)?;
        Ok(self.sink.put(value.map_err(Unread::Failed)?, hub))
    }

    fn entry(&self) -> Arc<dyn Entry> {
        Arc::clone(&self.sink) as Arc<dyn Entry>
    }

    fn is_handler(&self) -> bool {
        self.is_handler
    }
}

type Receivers = Vec<Arc<dyn Receiver>>;

/// All subscriptions at one moment.
#[derive(Clone, Default)]
struct Table {
    by_index: Vec<Receivers>,
    by_name: HashMap<String, Receivers>,
    contract: Receivers,
    unknown: Receivers,
}

impl Table {
    fn topic(&mut self, topic: &Topic) -> &mut Receivers {
        match topic {
            Topic::Index(index) => &mut self.by_index[*index],
            Topic::Name(name) => self.by_name.entry(name.clone()).or_default(),
            Topic::Contract => &mut self.contract,
            Topic::Unknown => &mut self.unknown,
        }
    }

    /// Without a subscription.
    fn empty(messages: usize) -> Self {
        Self { by_index: vec![Receivers::new(); messages], ..Self::default() }
    }

    fn all(&self) -> impl Iterator<Item = &Arc<dyn Receiver>> {
        let lists = self.by_index.iter().chain(self.by_name.values());
        lists.chain([&self.contract, &self.unknown]).flatten()
    }

    fn retain(&mut self, keep: impl Fn(&Arc<dyn Receiver>) -> bool) {
        let Self { by_index, by_name, contract, unknown } = self;
        let lists = by_index.iter_mut().chain(by_name.values_mut()).chain([contract, unknown]);
        lists.for_each(|list| list.retain(&keep));
        by_name.retain(|_, list| !list.is_empty());
    }
}

pub(crate) struct Registry {
    pub(crate) contents: Contents,
    table: Mutex<Arc<Table>>,
    /// Counts changes, so that the dispatcher looks at the table only after one.
    version: AtomicU64,
}

impl Registry {
    pub(crate) fn new(contents: Contents) -> Self {
        let table = Table::empty(contents.messages.len());
        Self { contents, table: Mutex::new(Arc::new(table)), version: AtomicU64::new(0) }
    }

    /// The topic of a wire name.
    pub(crate) fn topic(&self, name: &str) -> Topic {
        match self.contents.find(name) {
            Some(index) => Topic::Index(index),
            None => Topic::Name(name.to_owned()),
        }
    }

    fn change<T>(&self, change: impl FnOnce(&mut Table) -> T) -> T {
        let mut table = lock(&self.table);
        let result = change(Arc::make_mut(&mut table));
        self.version.fetch_add(1, Ordering::Release);
        result
    }

    pub(crate) fn add(&self, topic: &Topic, receiver: Arc<dyn Receiver>) {
        self.change(|table| table.topic(topic).push(receiver));
    }

    /// Ends every handler of a topic; streams stay.
    pub(crate) fn off(&self, topic: &Topic) {
        let removed: Receivers = self.change(|table| {
            let list = table.topic(topic);
            let removed = list.iter().filter(|receiver| receiver.is_handler()).cloned().collect();
            list.retain(|receiver| !receiver.is_handler());
            if let Topic::Name(name) = topic
                && list.is_empty()
            {
                // A name that nobody listens to is unknown again.
                table.by_name.remove(name);
            }
            removed
        });
        for receiver in &removed {
            receiver.entry().close();
        }
    }

    /// Every subscription.
    pub(crate) fn entries(&self) -> Vec<Arc<dyn Entry>> {
        let table = Arc::clone(&lock(&self.table));
        table.all().map(|receiver| receiver.entry()).collect()
    }

    /// Drops what waits for handlers; returns how much that was.
    pub(crate) fn discard(&self) -> u64 {
        self.entries().iter().map(|entry| entry.discard()).sum()
    }

    /// A dispatcher of a session that is over finds out at its next frame.
    pub(crate) fn retire(&self) {
        self.version.fetch_add(1, Ordering::Release);
    }

    /// Ends everything: the client is gone.
    pub(crate) fn close(&self) {
        let closed = self.change(|table| {
            let empty = Table::empty(table.by_index.len());
            std::mem::replace(table, empty)
        });
        let Table { by_index, by_name, contract, unknown } = closed;
        let lists = by_index.into_iter().chain(by_name.into_values()).chain([contract, unknown]);
        lists.flatten().for_each(|receiver| receiver.entry().close());
    }
}

impl Owner for Registry {
    fn remove(&self, entry: &Arc<dyn Entry>) {
        self.change(|table| table.retain(|receiver| !Arc::ptr_eq(&receiver.entry(), entry)));
    }
}

impl std::fmt::Debug for Registry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Registry")
            .field("messages", &self.contents.messages.len())
            .finish_non_exhaustive()
    }
}

/// What a frame asks of the connection itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asks {
    Nothing,
    /// The peer's heartbeat wants its answer.
    Pong,
}

/// A frame on its way to those who want it.
struct Handing<'a> {
    frame: &'a Frame<'a>,
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
        frame: &'a Frame<'a>,
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
        let frame = match Frame::open(text) {
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
    fn report_unread(&self, frame: &Frame<'_>, why: Unread) {
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
