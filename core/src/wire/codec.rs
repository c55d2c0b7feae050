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
    form: &'static WireForm,
    received: Layout<'static>,
    sent: Layout<'static>,
}

static DEFAULT: WireForm = WireForm::DEFAULT;

impl Codec {
    /// Either end of a connection in wirebond's own form.
    pub const DEFAULT: Self =
        Self { form: &DEFAULT, received: Layout::DEFAULT, sent: Layout::DEFAULT };

    /// The client's end.
    pub const fn of_client(form: &'static WireForm) -> Self {
        Self { form, received: Layout::of_server(form), sent: Layout::of_client(form) }
    }

    /// The server's end.
    pub const fn of_server(form: &'static WireForm) -> Self {
        Self { form, received: Layout::of_client(form), sent: Layout::of_server(form) }
    }

    /// Whether the form is wirebond's own, in which alone `ping`, `pong` and names that begin with `$` are not
    /// the user's.
    pub const fn is_default(&self) -> bool {
        self.received.is_default()
    }

    /// Whether a received frame may be an array of messages.
    pub const fn has_batches(&self) -> bool {
        self.form.batch
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
        self.form.calls.as_ref()
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

    /// Writes a message by its name. `known` finds the message in the contract, if there is one: wirebond's own form
    /// doesn't ask.
    ///
    /// # Errors
    ///
    /// The payload can't be serialized, or the form can't express it.
    pub fn encode<'m, T: Serialize + ?Sized>(
        &self,
        name: &str,
        known: impl FnOnce() -> Option<&'m MessageInfo>,
        payload: &T,
    ) -> Result<Vec<u8>, serde_json::Error> {
        let known = if self.is_default() { None } else { known() };
        let head = NamedHead::new(self.sent, name, known)?;
        encode(&head.head(), Some(payload), now_millis())
    }
}
