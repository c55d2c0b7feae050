//! How handlers and streams of a client are registered.

use std::sync::{Arc, Weak};

use wirebond_core::{
    Received,
    wire::{DecodeError, RawMessage},
};

use crate::{
    client::Client,
    delivery::async_handler::AsyncHandler,
    delivery::events::Picking,
    delivery::handler::Class,
    delivery::registrations::Noting,
    delivery::registry::{Decoding, Registry, Topic},
    delivery::stream::{EVENTS, EVENTS_KEPT, Events, MessageStream, StreamInbox},
    delivery::subscription::{Owner, Sink, Subscriber, Subscription},
    delivery::sync_handler::SyncHandler,
    event::{Event, Name},
    outcome::Outcome,
    settings::Inbox,
};

impl Client {
    /// Returns a stream of all events from now on, in order: those of the `on_*` methods, and those
    /// without a method of their own, such as [`Event::Stalled`].
    ///
    /// ```
    /// use wirebond_client::Event;
    ///
    /// # async fn example(client: &wirebond_client::Client) {
    /// let mut events = client.events();
    /// while let Some(event) = events.next().await {
    ///     match event {
    ///         Event::Close(info) => println!("{info}"),
    ///         Event::Dropped { name, count, reason, .. } => println!("{count} of {name}: {reason}"),
    ///         _ => {}
    ///     }
    /// }
    /// # }
    /// ```
    pub fn events(&self) -> Events {
        let sink = StreamInbox::new(EVENTS, self.core.id, Inbox::drop_oldest(EVENTS_KEPT));
        let pick = |event: &Event| Some(event.clone());
        self.core.events.listen(Arc::new(Picking { pick, sink: Arc::clone(&sink) }), false);
        Events::new(sink, self.events_owner())
    }

    fn events_owner(&self) -> Weak<dyn Owner> {
        let owner: Arc<dyn Owner> = Arc::clone(&self.core.events) as Arc<dyn Owner>;
        Arc::downgrade(&owner)
    }

    pub(crate) fn listen<T, R, M>(
        &self,
        name: &'static str,
        pick: fn(&Event) -> Option<T>,
        catch_up: bool,
        mut handler: impl FnMut(T) -> R + Send + 'static,
    ) -> Subscription
    where
        T: Send + 'static,
        R: Outcome<M, Settled: Send + 'static> + 'static,
        M: 'static,
    {
        let registrations = Arc::clone(&self.core.registrations);
        let handler = move |value| Noting {
            outcome: registrations.within(|| handler(value)),
            registrations: Arc::clone(&registrations),
        };
        // Nothing can hold events back, and a peer decides how many errors there are.
        let limit = Inbox::drop_oldest(EVENTS_KEPT);
        let context = self.core.handler_context(name.into(), Class::Event);
        if <Noting<R> as Outcome<(M,)>>::AT_ONCE {
            self.add_listener(pick, SyncHandler::new(context, handler), catch_up)
        } else {
            self.add_listener(pick, AsyncHandler::new(context, limit, handler), catch_up)
        }
    }

    fn add_listener<T, S>(
        &self,
        pick: fn(&Event) -> Option<T>,
        sink: Arc<S>,
        catch_up: bool,
    ) -> Subscription
    where
        T: Send + 'static,
        S: Sink<T> + 'static,
    {
        let subscriber: Arc<dyn Subscriber> = Arc::clone(&sink) as Arc<dyn Subscriber>;
        self.core.registrations.note(&subscriber);
        self.core.events.listen(Arc::new(Picking { pick, sink }), catch_up);
        Subscription { subscriber, owner: self.events_owner() }
    }

    /// Registers a handler for frames.
    pub(crate) fn handle_topic<T, R, M>(
        &self,
        topic: &Topic,
        name: Name,
        decode: impl Fn(&RawMessage<'_>, usize) -> Result<T, DecodeError> + Send + Sync + 'static,
        handler: impl FnMut(T) -> R + Send + 'static,
    ) -> Subscription
    where
        T: Send + 'static,
        R: Outcome<M, Settled: Send + 'static> + 'static,
        M: 'static,
    {
        let context = self.core.handler_context(name, Class::Message);
        if R::AT_ONCE {
            self.subscribe(topic, decode, SyncHandler::new(context, handler))
        } else {
            let inbox = self.core.tuning.inbox;
            self.subscribe(topic, decode, AsyncHandler::new(context, inbox, handler))
        }
    }

    pub(crate) fn subscribe<T, S>(
        &self,
        topic: &Topic,
        decode: impl Fn(&RawMessage<'_>, usize) -> Result<T, DecodeError> + Send + Sync + 'static,
        sink: Arc<S>,
    ) -> Subscription
    where
        T: Send + 'static,
        S: Sink<T> + 'static,
    {
        let subscriber: Arc<dyn Subscriber> = Arc::clone(&sink) as Arc<dyn Subscriber>;
        if subscriber.is_handler() {
            self.core.registrations.note(&subscriber);
        }
        self.core.registry.add(topic, Arc::new(Decoding::new(decode, sink)));
        Subscription { subscriber, owner: self.messages_owner() }
    }

    pub(crate) fn messages_owner(&self) -> Weak<dyn Owner> {
        let registry: Arc<Registry> = Arc::clone(&self.core.registry);
        let owner: Arc<dyn Owner> = registry;
        Arc::downgrade(&owner)
    }

    /// Subscribes a stream to frames.
    pub(crate) fn stream_of<T: Send + 'static>(
        &self,
        topic: &Topic,
        name: Name,
        decode: impl Fn(&RawMessage<'_>, usize) -> Result<Received<T>, DecodeError>
        + Send
        + Sync
        + 'static,
    ) -> MessageStream<T> {
        let sink = StreamInbox::new(name, self.core.id, self.core.tuning.inbox);
        self.subscribe(topic, decode, Arc::clone(&sink));
        MessageStream::new(sink, self.messages_owner())
    }

    /// Subscribes a stream to those frames whose payload `takes` takes.
    pub(crate) fn stream_where_of<T: Send + 'static>(
        &self,
        topic: &Topic,
        name: Name,
        decode: fn(&RawMessage<'_>) -> Result<Received<T>, DecodeError>,
        takes: impl Fn(&T) -> bool + Send + Sync + 'static,
    ) -> MessageStream<T> {
        let sink = StreamInbox::new(name, self.core.id, self.core.tuning.inbox);
        let decode = move |frame: &RawMessage<'_>, _| {
            Ok(Some(decode(frame)?).filter(|received: &Received<T>| takes(&received.data)))
        };
        self.subscribe::<Option<Received<T>>, _>(topic, decode, Arc::clone(&sink));
        MessageStream::new(sink, self.messages_owner())
    }
}
