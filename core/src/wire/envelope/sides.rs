//! Envelopes of contracts whose two sides have forms of their own.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use super::{foreign, write::write};
use crate::{
    contract::{Contract, Direction},
    form::Layout,
    wire::{clock::now_millis, head::Head},
};

/// Defines an envelope of one side.
macro_rules! sided {
    ($(#[$doc:meta])* $name:ident, $layout:path, $head:path, $sends:path) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub struct $name<M> {
            /// The message.
            pub message: M,
            /// When the sender wrote the message, in milliseconds since the Unix epoch, if the sender included
            /// it. A form without a key for it has none.
            pub timestamp: Option<u64>,
        }

        impl<M> $name<M> {
            /// Makes an envelope with the current time as its timestamp.
            ///
            /// ```
            #[doc = concat!("use wirebond_core::", stringify!($name), ";")]
            ///
            #[doc = concat!("assert!(", stringify!($name), "::now(\"a message\").timestamp.is_some());")]
            /// ```
            pub fn now(message: M) -> Self {
                Self { message, timestamp: Some(now_millis()) }
            }
        }

        impl<M> From<M> for $name<M> {
            /// An envelope without a timestamp.
            fn from(message: M) -> Self {
                Self { message, timestamp: None }
            }
        }

        impl<M: Contract> Serialize for $name<M> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                write(&self.message, self.timestamp, $head, serializer)
            }
        }

        impl<'de, M: Contract> Deserialize<'de> for $name<M> {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let (message, timestamp) = foreign::read::<M, D>($layout(M::FORM), deserializer)?;
                let info = &M::MESSAGES[message.index()];
                if !$sends(info.direction()) {
                    let name = info.name();
                    return Err(D::Error::custom(format_args!("{name:?} is sent by the other side")));
                }
                Ok(Self { message, timestamp })
            }
        }
    };
}

sided! {
    /// One message of the client's as it stands on the wire, for a contract whose client and server have forms
    /// of their own. Otherwise as [`Envelope`](crate::Envelope); it takes `serde_json`, and reads no message that only the
    /// server sends.
    ///
    /// ```
    /// # use wirebond_core::Contract;
    /// use wirebond_core::{ClientEnvelope, ServerEnvelope};
    ///
    /// # fn answer<App: Contract>(text: &str, handle: fn(App) -> App) -> serde_json::Result<String> {
    /// // At the server.
    /// let request: ClientEnvelope<App> = serde_json::from_str(text)?;
    /// let answer = ServerEnvelope::now(handle(request.message));
    /// serde_json::to_string(&answer)
    /// # }
    /// ```
    ClientEnvelope, Layout::of_client, Head::of_client::<M>, Direction::client_sends
}

sided! {
    /// One message of the server's as it stands on the wire. See [`ClientEnvelope`].
    ServerEnvelope, Layout::of_server, Head::of_server::<M>, Direction::server_sends
}
