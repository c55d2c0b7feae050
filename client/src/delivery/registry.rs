//! Who subscribed to what.

use std::{
    collections::HashMap,
    marker::PhantomData,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
};

use wirebond_core::{
    MessageInfo,
    wire::{DecodeError, RawMessage},
};

use crate::{
    delivery::hub::Hub,
    delivery::inbox::lock,
    delivery::subscription::{Entry, Owner, Sink},
};

mod dispatcher;

pub(crate) use dispatcher::{Asks, Dispatcher};

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
    fn receive(&self, frame: &RawMessage<'_>, index: usize, hub: &Arc<Hub>)
    -> Result<bool, Unread>;
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
    D: Fn(&RawMessage<'_>, usize) -> Result<T, DecodeError> + Send + Sync,
{
    fn receive(
        &self,
        frame: &RawMessage<'_>,
        index: usize,
        hub: &Arc<Hub>,
    ) -> Result<bool, Unread> {
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
