//! What a contract says about the answer to a message.

use std::{fmt, time::Duration};

use schemars::{Schema, SchemaGenerator};

/// How a type's schema is made.
type MakeSchema = fn(&mut SchemaGenerator) -> Schema;

/// The answer to a message that is a call: `#[message(reply = Type, …)]`.
///
/// In wirebond's own form the answers have wire names of their own: `place-order.reply` and `place-order.error`
/// for the call `place-order`. No other message of the contract may have them.
#[derive(Clone, Copy)]
pub struct CallInfo {
    reply: Option<MakeSchema>,
    has_error: bool,
    error: Option<MakeSchema>,
    idempotent: bool,
    timeout: Option<Duration>,
}

impl CallInfo {
    /// A call whose reply has this schema; `None` for one without data. The derive calls this.
    #[doc(hidden)]
    pub const fn new(reply: Option<MakeSchema>) -> Self {
        Self { reply, has_error: false, error: None, idempotent: false, timeout: None }
    }

    /// Adds the error with this schema; `None` for one without data.
    #[doc(hidden)]
    #[must_use]
    pub const fn failing(mut self, error: Option<MakeSchema>) -> Self {
        (self.has_error, self.error) = (true, error);
        self
    }

    /// Marks the call as one that may run twice.
    #[doc(hidden)]
    #[must_use]
    pub const fn idempotent(mut self) -> Self {
        self.idempotent = true;
        self
    }

    /// Sets how long a caller waits for the answer.
    #[doc(hidden)]
    #[must_use]
    pub const fn within_millis(mut self, millis: u64) -> Self {
        self.timeout = Some(Duration::from_millis(millis));
        self
    }

    /// Returns whether the reply has data: not for `reply = ()`.
    ///
    /// ```
    /// # fn example(call: &wirebond_core::CallInfo) {
    /// if !call.reply_has_payload() {
    ///     println!("the reply only says that it is done");
    /// }
    /// # }
    /// ```
    pub const fn reply_has_payload(&self) -> bool {
        self.reply.is_some()
    }

    /// Returns the schema of the reply's payload, as
    /// [`payload_schema`](crate::MessageInfo::payload_schema) does; `None` for a reply without data.
    ///
    /// ```
    /// # fn example(call: &wirebond_core::CallInfo) {
    /// let mut generator = schemars::SchemaGenerator::default();
    /// println!("{:?}", call.reply_schema(&mut generator));
    /// # }
    /// ```
    pub fn reply_schema(&self, generator: &mut SchemaGenerator) -> Option<Schema> {
        self.reply.map(|schema| schema(generator))
    }

    /// Returns whether the contract declares an error of its own: `#[message(error = Type)]`.
    ///
    /// ```
    /// # fn example(call: &wirebond_core::CallInfo) {
    /// if !call.has_error() {
    ///     println!("only `$error` ends it without a reply");
    /// }
    /// # }
    /// ```
    pub const fn has_error(&self) -> bool {
        self.has_error
    }

    /// Returns whether the error has data: not for `error = ()`, and not where there is none.
    ///
    /// ```
    /// # fn example(call: &wirebond_core::CallInfo) {
    /// assert!(call.has_error() || !call.error_has_payload());
    /// # }
    /// ```
    pub const fn error_has_payload(&self) -> bool {
        self.error.is_some()
    }

    /// Returns the schema of the error's payload; `None` where there is no error, or one without data.
    ///
    /// ```
    /// # fn example(call: &wirebond_core::CallInfo) {
    /// let mut generator = schemars::SchemaGenerator::default();
    /// println!("{:?}", call.error_schema(&mut generator));
    /// # }
    /// ```
    pub fn error_schema(&self, generator: &mut SchemaGenerator) -> Option<Schema> {
        self.error.map(|schema| schema(generator))
    }

    /// Returns whether the call may run twice: `#[message(idempotent)]`. One whose connection ends before
    /// the answer is then sent again.
    ///
    /// ```
    /// # fn example(call: &wirebond_core::CallInfo) {
    /// println!("{}", if call.is_idempotent() { "sent again" } else { "never sent twice" });
    /// # }
    /// ```
    pub const fn is_idempotent(&self) -> bool {
        self.idempotent
    }

    /// Returns how long a caller waits for the answer by default: `#[message(timeout = "5s")]`. `None`
    /// leaves it to the caller's own default.
    ///
    /// ```
    /// # fn example(call: &wirebond_core::CallInfo) {
    /// if let Some(timeout) = call.timeout() {
    ///     println!("{} ms", timeout.as_millis());
    /// }
    /// # }
    /// ```
    pub const fn timeout(&self) -> Option<Duration> {
        self.timeout
    }
}

impl fmt::Debug for CallInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallInfo")
            .field("reply_has_payload", &self.reply_has_payload())
            .field("has_error", &self.has_error())
            .field("idempotent", &self.idempotent)
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}
