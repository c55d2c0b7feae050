//! Who subscribed to what.

use std::{
    collections::HashMap,
    marker::PhantomData,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, LazyLock, Mutex,
        atomic::{AtomicU64, Ordering},
    },
};

use serde::Serialize;
use wirebond_connection::{call::Encoded, session::ContractIdentity};
use wirebond_core::{
    MessageInfo,
    wire::{Codec, DecodeError, RawMessage, form},
};

use crate::{
    delivery::subscription::{Owner, Sink, Subscriber},
    delivery::turn::Turn,
    event::Name,
    sync::lock,
};

/// The contract of a client, if it was made for one.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct Contents {
    /// Its name and version.
    pub(crate) contract: Option<(&'static str, &'static str)>,
    pub(crate) messages: &'static [MessageInfo],
    pub(crate) position: fn(&str) -> Option<usize>,
    /// What identifies it to servers. It is computed at the first call.
    pub(crate) identity: fn() -> Option<&'static ContractIdentity>,
    pub(crate) codec: Codec,
}

impl Contents {
    /// For names that are known only at run time.
    pub(crate) const NONE: Self = Self {
        contract: None,
        messages: &[],
        position: |_| None,
        identity: || None,
        codec: Codec::DEFAULT,
    };

    /// The position of a message that the server may send.
    pub(crate) fn find(&self, name: &str) -> Option<usize> {
        (self.position)(name).filter(|&position| self.messages[position].direction().server_sends())
    }

    /// The name of the message at `index`.
    pub(crate) fn name(&self, index: usize) -> Name {
        Name::Borrowed(self.messages[index].name())
    }

    /// Writes a message in the form of the contract.
    pub(crate) fn encode<T: Serialize + ?Sized>(&self, name: &str, payload: &T) -> Encoded {
        self.codec.encode(name, || self.find_sent(name), payload)
    }

    /// Whether no message may have this name: it is one of wirebond's own.
    pub(crate) fn is_reserved(&self, name: &str) -> bool {
        self.codec.is_default() && form::is_reserved(name)
    }

    /// A message that the client may send.
    pub(crate) fn find_sent(&self, name: &str) -> Option<&'static MessageInfo> {
        let message = &self.messages[(self.position)(name)?];
        message.direction().client_sends().then_some(message)
    }
}

/// The position of a message that the contract doesn't have. No message is there.
pub(crate) const OUTSIDE: usize = usize::MAX;

/// Which frames a subscription receives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Topic {
    /// One message of the contract.
    Position(usize),
    /// A name that the contract doesn't know.
    Name(String),
    /// Every message of the contract.
    Contract,
    /// Every message that the contract doesn't know and that has no other subscriber.
    Unknown,
}

/// A subscription as the dispatcher sees it.
pub(crate) trait Receiver: Send + Sync {
    /// Decodes the frame and passes it on. Returns whether there is no room for another.
    /// `position` is the message's in the contract, or [`OUTSIDE`].
    fn receive(
        &self,
        frame: &RawMessage<'_>,
        position: usize,
        turn: &mut Turn,
    ) -> Result<bool, Unread>;
    fn subscriber(&self) -> Arc<dyn Subscriber>;
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
    value: PhantomData<fn() -> T>,
}

impl<T, S, D> Decoding<T, S, D> {
    pub(crate) fn new(decode: D, sink: Arc<S>) -> Self {
        Self { decode, sink, value: PhantomData }
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
        position: usize,
        turn: &mut Turn,
    ) -> Result<bool, Unread> {
        let decode = AssertUnwindSafe(|| (self.decode)(frame, position));
        // A payload's type is foreign code, and the peer chooses its input.
        let value = catch_unwind(decode).map_err(|_| Unread::Panicked)?;
        Ok(self.sink.put(value.map_err(Unread::Failed)?, turn))
    }

    fn subscriber(&self) -> Arc<dyn Subscriber> {
        Arc::clone(&self.sink) as Arc<dyn Subscriber>
    }
}

type Receivers = Vec<Arc<dyn Receiver>>;

/// All subscriptions at one moment.
#[derive(Clone, Default)]
pub(crate) struct Table {
    /// Of each message of the contract.
    pub(crate) by_position: Vec<Receivers>,
    pub(crate) by_name: HashMap<String, Receivers>,
    /// Of every message of the contract.
    pub(crate) contract: Receivers,
    /// Of what the contract doesn't know.
    pub(crate) unknown: Receivers,
}

impl Table {
    fn topic(&mut self, topic: &Topic) -> &mut Receivers {
        match topic {
            Topic::Position(position) => &mut self.by_position[*position],
            Topic::Name(name) => self.by_name.entry(name.clone()).or_default(),
            Topic::Contract => &mut self.contract,
            Topic::Unknown => &mut self.unknown,
        }
    }

    /// That of a dispatcher which has not looked yet: one for all, since most connections are idle.
    pub(crate) fn none() -> Arc<Self> {
        static NONE: LazyLock<Arc<Table>> = LazyLock::new(Arc::default);
        Arc::clone(&NONE)
    }

    /// Without a subscription.
    fn empty(messages: usize) -> Self {
        Self { by_position: vec![Receivers::new(); messages], ..Self::default() }
    }

    /// Every subscription.
    pub(crate) fn subscribers(&self) -> impl Iterator<Item = Arc<dyn Subscriber>> {
        let lists = self.by_position.iter().chain(self.by_name.values());
        lists.chain([&self.contract, &self.unknown]).flatten().map(|receiver| receiver.subscriber())
    }

    fn retain(&mut self, keep: impl Fn(&Arc<dyn Receiver>) -> bool) {
        let Self { by_position, by_name, contract, unknown } = self;
        let lists = by_position.iter_mut().chain(by_name.values_mut()).chain([contract, unknown]);
        lists.for_each(|list| list.retain(&keep));
        by_name.retain(|_, list| !list.is_empty());
    }
}

pub(crate) struct Registry {
    pub(crate) contents: Contents,
    table: Mutex<Arc<Table>>,
    /// Counts changes, so that the dispatcher looks at the table only after one.
    version: AtomicU64,
    /// The number of the present driver: the dispatcher of an older one, which comes back from a handler
    /// that blocked it, delivers nothing any more.
    driver: AtomicU64,
}

impl Registry {
    pub(crate) fn new(contents: Contents) -> Self {
        let table = Table::empty(contents.messages.len());
        Self {
            contents,
            table: Mutex::new(Arc::new(table)),
            version: AtomicU64::new(0),
            driver: AtomicU64::new(0),
        }
    }

    /// The topic of a wire name.
    pub(crate) fn topic(&self, name: &str) -> Topic {
        match self.contents.find(name) {
            Some(position) => Topic::Position(position),
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
            let is_handler = |one: &mut Arc<dyn Receiver>| one.subscriber().is_handler();
            let removed = list.extract_if(.., is_handler).collect();
            if let Topic::Name(name) = topic
                && list.is_empty()
            {
                // A name that nobody listens to is unknown again.
                table.by_name.remove(name);
            }
            removed
        });
        for receiver in &removed {
            receiver.subscriber().close();
        }
    }

    /// Every subscription.
    pub(crate) fn subscribers(&self) -> Vec<Arc<dyn Subscriber>> {
        self.table().subscribers().collect()
    }

    /// Drops the messages that wait for handlers; returns how many there were.
    pub(crate) fn discard(&self) -> u64 {
        self.table().subscribers().map(|subscriber| subscriber.discard()).sum()
    }

    /// The number of the present driver.
    pub(crate) fn driver(&self) -> u64 {
        self.driver.load(Ordering::Acquire)
    }

    /// Another driver begins, or the present one was given up. Its dispatcher finds out at the next frame.
    pub(crate) fn set_driver(&self, number: u64) {
        self.driver.store(number, Ordering::Release);
        self.version.fetch_add(1, Ordering::Release);
    }

    /// The subscriptions at this moment.
    pub(crate) fn table(&self) -> Arc<Table> {
        Arc::clone(&lock(&self.table))
    }

    /// A table without a subscription.
    pub(crate) fn empty_table(&self) -> Arc<Table> {
        Arc::new(Table::empty(self.contents.messages.len()))
    }

    /// Counts the changes of the table.
    pub(crate) fn version(&self) -> u64 {
        self.version.load(Ordering::Acquire)
    }

    /// Ends everything: the client is gone.
    pub(crate) fn close(&self) {
        let closed = self.change(|table| {
            let empty = Table::empty(table.by_position.len());
            std::mem::replace(table, empty)
        });
        let Table { by_position, by_name, contract, unknown } = closed;
        let lists = by_position.into_iter().chain(by_name.into_values()).chain([contract, unknown]);
        lists.flatten().for_each(|receiver| receiver.subscriber().close());
    }
}

impl Owner for Registry {
    fn remove(&self, subscriber: &Arc<dyn Subscriber>) {
        let keep = |other: &Arc<dyn Receiver>| !Arc::ptr_eq(&other.subscriber(), subscriber);
        self.change(|table| table.retain(keep));
    }
}

impl std::fmt::Debug for Registry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Registry")
            .field("messages", &self.contents.messages.len())
            .finish_non_exhaustive()
    }
}
