//! Both directions of a form, as one end of a connection sees them.

use serde::Serialize;

use super::{
    clock::now_millis,
    decode::RawMessage,
    encode::encode,
    error::EnvelopeError,
    form::{CallForm, Layout, WireForm},
    head::NamedHead,
};
use crate::contract::MessageInfo;

/// What one end of a connection reads and writes.
#[derive(Debug, Clone, Copy)]
pub struct Codec {
    received: Layout<'static>,
    sent: Layout<'static>,
    calls: Option<&'static CallForm>,
    has_batches: bool,
    is_default: bool,
}

impl Codec {
    /// Either end of a connection in wirebond's own form.
    pub const DEFAULT: Self = Self {
        received: Layout::DEFAULT,
        sent: Layout::DEFAULT,
        calls: None,
        has_batches: false,
        is_default: true,
    };

    /// The client's end.
    pub const fn of_client(form: &'static WireForm) -> Self {
        let (received, sent) = (Layout::of_server(form), Layout::of_client(form));
        let calls = form.calls.as_ref();
        Self { received, sent, calls, has_batches: form.batch, is_default: form.is_default() }
    }

    /// The server's end.
    pub const fn of_server(form: &'static WireForm) -> Self {
        let (received, sent) = (Layout::of_client(form), Layout::of_server(form));
        let calls = form.calls.as_ref();
        Self { received, sent, calls, has_batches: form.batch, is_default: form.is_default() }
    }

    /// Whether the form is wirebond's own, in which alone `ping`, `pong` and names that begin with `$` are not
    /// the user's.
    pub const fn is_default(&self) -> bool {
        self.is_default
    }

    /// Whether a received frame may be an array of messages.
    pub const fn has_batches(&self) -> bool {
        self.has_batches
    }

    /// The messages that are received.
    pub const fn received(&self) -> Layout<'static> {
        self.received
    }

    /// The messages that are sent.
    pub const fn sent(&self) -> Layout<'static> {
        self.sent
    }

    /// How calls are told, where that isn't wirebond's own way.
    pub const fn calls(&self) -> Option<&'static CallForm> {
        self.calls
    }

    /// Reads the name of a received message.
    ///
    /// # Errors
    ///
    /// The text is no message.
    #[inline]
    pub fn open<'a>(&self, text: &'a str) -> Result<RawMessage<'a>, EnvelopeError> {
        RawMessage::open(self.received, text)
    }

    /// Writes a message by its name. `known` is the message in the contract, if there is one.
    ///
    /// # Errors
    ///
    /// The payload can't be serialized, or the form can't express it.
    pub fn encode<T: Serialize + ?Sized>(
        &self,
        name: &str,
        known: Option<&MessageInfo>,
        payload: &T,
    ) -> Result<Vec<u8>, serde_json::Error> {
        let head = NamedHead::new(self.sent, name, known)?;
        encode(&head.head(), Some(payload), now_millis())
    }
}
