//! What a generated method takes for a payload: the type itself, or text for a `String`.

use std::{borrow::Cow, rc::Rc, sync::Arc};

use wirebond_core::{
    Payload,
    wire::{Head, encode, now_millis},
};

use crate::runtime::Encoded;

/// What `send_x` takes for a payload of type `T`: a `T`, or text where that is a `String`.
///
/// ```
/// # fn takes<T>(_: &(impl wirebond_client::AsPayload<T> + ?Sized)) {}
/// takes::<String>("text");
/// takes::<String>(&String::from("text"));
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not the payload, which is `{T}`",
    label = "expected `{T}`"
)]
pub trait AsPayload<T> {
    /// Writes a whole message; see `runtime::encode`.
    #[doc(hidden)]
    fn encode_message(&self, head: &Head<'_>) -> Encoded;
}

impl<T: Payload> AsPayload<T> for T {
    #[inline]
    fn encode_message(&self, head: &Head<'_>) -> Encoded {
        Payload::encode(self, head)
    }
}

impl AsPayload<String> for str {
    fn encode_message(&self, head: &Head<'_>) -> Encoded {
        encode(head, Some(self), now_millis())
    }
}

impl AsPayload<String> for Cow<'_, str> {
    fn encode_message(&self, head: &Head<'_>) -> Encoded {
        encode(head, Some(self), now_millis())
    }
}

/// References and smart pointers to text.
macro_rules! references {
    ($($reference:ty),*) => {
        $(
            impl<S: AsPayload<String> + ?Sized> AsPayload<String> for $reference {
                fn encode_message(&self, head: &Head<'_>) -> Encoded {
                    S::encode_message(self, head)
                }
            }
        )*
    };
}

references!(&S, &mut S, Box<S>, Rc<S>, Arc<S>);
