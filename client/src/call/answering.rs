//! The way of answers to the server's calls.

use std::sync::Arc;

use wirebond_connection::call::{Answering, Answers, Decode, EncodeAnswer};
use wirebond_core::wire::{DecodeError, RawMessage, form};

use crate::{
    client::Client,
    delivery::{events::Emitter, registry::Topic, subscription::Subscription},
    event::{DropReason, Event, Name},
    outbox::Outbox,
    request::AnswerSink,
};

/// The outbox, which takes answers for the connection that their call came by.
pub(crate) struct AnswersOut {
    pub(crate) outbox: Arc<Outbox>,
    pub(crate) events: Arc<Emitter>,
}

impl AnswerSink for AnswersOut {
    fn answer(&self, name: Name, text: Vec<u8>, epoch: u64) -> bool {
        if self.outbox.is_over_limit(text.len()) {
            let reason = DropReason::Undeliverable;
            self.events.emit(Event::Dropped { name, count: 1, reason });
            return false;
        }
        if !self.outbox.push_answer(name.clone(), text.into(), epoch) {
            let reason = DropReason::Withdrawn;
            self.events.emit(Event::Dropped { name, count: 1, reason });
        }
        true
    }

    fn fault(&self, text: Vec<u8>, epoch: u64) {
        // The handler was reported; who called learns of the end by itself.
        let _ = self.outbox.push_aside(form::ERROR, text.into(), Some(epoch));
    }

    fn epoch(&self) -> u64 {
        self.outbox.epoch()
    }
}

impl Client {
    /// Registers a handler that answers calls.
    pub(crate) fn answer_topic<T, V, H, M>(
        &self,
        topic: &Topic,
        name: Name,
        decode: Decode<T>,
        encode: EncodeAnswer<V>,
        mut handler: impl FnMut(T) -> H + Send + 'static,
    ) -> Subscription
    where
        T: Send + 'static,
        V: 'static,
        H: Answers<V, M, Running: Send + 'static> + 'static,
        M: 'static,
    {
        let requests = Arc::clone(&self.core.requests);
        let decode = move |frame: &RawMessage<'_>, _| {
            let replier = requests.current();
            let decoded: Result<_, DecodeError> = decode(frame);
            match decoded {
                Ok(received) => Ok((received.data, replier)),
                Err(error) => {
                    replier.fail_to_read(&error);
                    Err(error)
                }
            }
        };
        self.handle_topic(topic, name, decode, move |(data, replier)| {
            replier.begin();
            Answering { outcome: handler(data), responder: replier, encode }
        })
    }
}
