//! What a message says about its answer: `reply`, `error`, `idempotent`, `timeout`.

use proc_macro2::{Ident, Span};
use syn::{LitStr, Type, ext::IdentExt};

use crate::attr::Errors;

/// The answer to a message that is a call.
pub(crate) struct Call {
    /// Where it says that it is one.
    pub(crate) span: Span,
    /// The reply's payload; `None` for one without data.
    pub(crate) reply: Option<Type>,
    /// The error, if there is one of the contract's own.
    pub(crate) error: Option<Error>,
    pub(crate) idempotent: bool,
    /// How long a caller waits by default, in milliseconds.
    pub(crate) timeout: Option<u64>,
}

/// A call's error, and its payload, if it has one.
pub(crate) struct Error(pub(crate) Option<Type>);

impl Call {
    /// The types that the answers carry.
    pub(crate) fn types(&self) -> impl Iterator<Item = &Type> {
        self.reply.iter().chain(self.error.iter().filter_map(|error| error.0.as_ref()))
    }
}

/// What of it was written, and where.
#[derive(Default)]
pub(crate) struct CallSettings {
    reply: Option<(Ident, Option<Type>)>,
    error: Option<(Ident, Option<Type>)>,
    idempotent: Option<Ident>,
    timeout: Option<(Ident, Option<u64>)>,
}

impl CallSettings {
    pub(crate) fn reply(&mut self, key: Ident, ty: Option<Type>) {
        self.reply = Some((key, ty));
    }

    pub(crate) fn error(&mut self, key: Ident, ty: Option<Type>) {
        self.error = Some((key, ty));
    }

    pub(crate) fn idempotent(&mut self, key: Ident) {
        self.idempotent = Some(key);
    }

    pub(crate) fn timeout(&mut self, key: Ident, value: &LitStr, errors: &mut Errors) {
        let millis = millis(&value.value());
        if millis.is_none() {
            let text = "a timeout is a whole number with a unit, `ms`, `s`, `m` or `h`, above zero and \
                        at most a day: `timeout = \"5s\"`";
            errors.push(value.span(), text);
        }
        self.timeout = Some((key, millis));
    }

    /// The call, if it is one. `has_direction` is whether only one side sends the message.
    pub(crate) fn finish(self, has_direction: bool, errors: &mut Errors) -> Option<Call> {
        let Self { reply, error, idempotent, timeout } = self;
        let Some((key, reply)) = reply else {
            let (error, timeout) = (error.map(|(key, _)| key), timeout.map(|(key, _)| key));
            for key in [error, idempotent, timeout].into_iter().flatten() {
                let text = format!(
                    "`{}` is about the answer to a call, and this message has none: add the reply's \
                     type, `reply = Type` (`reply = ()` without data), or remove it",
                    key.unraw()
                );
                errors.push(key.span(), text);
            }
            return None;
        };
        if !has_direction {
            let text = "only one side can make a call: add `from = \"client\"` if the client calls and \
                        the server replies, or `from = \"server\"`";
            errors.push(key.span(), text);
        }
        let (error, idempotent) = (error.map(|(_, ty)| Error(ty)), idempotent.is_some());
        let timeout = timeout.and_then(|(_, millis)| millis);
        Some(Call { span: key.span(), reply, error, idempotent, timeout })
    }
}

/// The milliseconds of `5s` and the like.
fn millis(text: &str) -> Option<u64> {
    const DAY: u64 = 24 * 60 * 60 * 1_000;
    let digits = text.find(|letter: char| !letter.is_ascii_digit())?;
    let (number, unit) = text.split_at(digits);
    let unit = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => return None,
    };
    let millis = number.parse::<u64>().ok()?.checked_mul(unit)?;
    (1..=DAY).contains(&millis).then_some(millis)
}
