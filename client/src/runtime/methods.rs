//! The typed client's own methods: a fixed set, the same for every contract.
//!
//! Methods of messages begin with `send_`, `try_send_`, `on_`, `off_` and `stream_`. The derive refuses a
//! variant with a method of this set, so the set doesn't grow by a name with such a beginning: a new event
//! is reached through `events()` and `untyped()`. `macros/src/reserved.rs` lists the set.

/// The own methods of a generated client.
#[doc(hidden)]
#[macro_export]
macro_rules! __client_methods {
    ($vis:vis $client:ident $opening:ident $contract:ident $identity:expr) => {
        // A contract may be deprecated: that concerns its users.
        #[allow(deprecated)]
        impl $crate::TypedClient for $client {
            type Contract = $contract;
            type Opening = $opening;

            fn untyped(&self) -> &$crate::Client {
                &self.0
            }
            fn from_untyped(__client: $crate::Client) -> Self {
                Self(__client)
            }
            fn identity()
            -> ::core::option::Option<&'static $crate::runtime::ContractIdentity> {
                static __IDENTITY: $crate::runtime::Identity = $crate::runtime::Identity::new();
                __IDENTITY.get(::core::stringify!($contract), $identity)
            }
        }

        // The lints of the crate that declares the contract judge its own code, not this.
        #[allow(dead_code, deprecated, clippy::all, clippy::pedantic, clippy::nursery)]
        impl $client {
            /// Starts to describe a client for `url`: a string, `Settings`, or a provider that is asked for
            /// the URL of every attempt.
            $vis fn builder<__M>(__url: impl $crate::UrlSource<__M>) -> $crate::Builder<Self> {
                $crate::runtime::builder(__url)
            }
            /// Connects, and resolves when the connection is open or the first try has failed.
            ///
            /// # Errors
            ///
            /// Why the first try failed, or why the attempts that this joined ended. Cancelling stops the
            /// waiting, not the connecting: `disconnect()` stops that.
            $vis async fn connect(&self) -> ::core::result::Result<(), $crate::ConnectError> {
                $crate::Client::connect(&self.0).await
            }
            /// Writes what is queued, closes the connection with 1000 and stops reconnecting, all within
            /// `close_timeout`. Cancelling stops the waiting, not the closing.
            $vis async fn disconnect(&self) {
                $crate::Client::disconnect(&self.0).await;
            }
            /// Waits until the server's WebSocket layer has read everything accepted so far.
            ///
            /// # Errors
            ///
            /// The connection is lost or stalled, or confirmation is off or unavailable. Cancelling changes
            /// nothing else.
            $vis async fn flush(&self) -> ::core::result::Result<(), $crate::FlushError> {
                $crate::Client::flush(&self.0).await
            }
            /// Sends a payload as the one message that carries it.
            ///
            /// Where two messages carry the payload's type, call the one that is meant:
            /// `send_joined(&user)`.
            $vis fn send<__T, __WhichMessage>(&self, __payload: &__T) -> $crate::runtime::Sending
            where
                __T: $crate::runtime::Outgoing<$contract, __WhichMessage> + ?::core::marker::Sized,
            {
                $crate::runtime::send_payload(&self.0, __payload)
            }
            /// The same as `send`, without waiting.
            ///
            /// # Errors
            ///
            /// `QueueFull` where `send` would wait, and otherwise as `send` fails.
            $vis fn try_send<__T, __WhichMessage>(
                &self,
                __payload: &__T,
            ) -> ::core::result::Result<(), $crate::SendError>
            where
                __T: $crate::runtime::Outgoing<$contract, __WhichMessage> + ?::core::marker::Sized,
            {
                $crate::runtime::try_send_payload(&self.0, __payload)
            }
            /// Every message of the server as a stream, in arrival order across types.
            $vis fn messages(&self) -> $crate::MessageStream<$contract> {
                $crate::runtime::messages(&self.0)
            }
            /// Every event from now on as a stream, in order.
            $vis fn events(&self) -> $crate::Events {
                $crate::Client::events(&self.0)
            }
            /// The state of the connection.
            $vis fn state(&self) -> $crate::State {
                $crate::Client::state(&self.0)
            }
            /// The state as a channel: its present value and every change.
            $vis fn watch_state(&self) -> $crate::runtime::watch::Receiver<$crate::State> {
                $crate::Client::watch_state(&self.0)
            }
            /// Whether a connection is open.
            $vis fn is_connected(&self) -> ::core::primitive::bool {
                $crate::Client::is_connected(&self.0)
            }
            /// What became of every message so far.
            $vis fn stats(&self) -> $crate::Stats {
                $crate::Client::stats(&self.0)
            }
            /// The subprotocol that the server chose, while a connection is open.
            $vis fn subprotocol(&self) -> ::core::option::Option<$crate::runtime::String> {
                $crate::Client::subprotocol(&self.0)
            }
            /// A handle that doesn't keep the client alive, for handlers that send.
            $vis fn downgrade(&self) -> $crate::WeakClient<Self> {
                $crate::runtime::downgrade(&self.0)
            }
            /// The untyped client, with what has no method here, and for names that are known only at run
            /// time.
            $vis fn untyped(&self) -> &$crate::Client {
                &self.0
            }
        }

        $crate::__client_events! {
            $vis $client
            /// Calls `handler` whenever a connection is open; at once if one is.
            on_open();
            /// Calls `handler` whenever a connection has ended.
            on_close($crate::CloseInfo);
            /// Calls `handler` with everything that failed: attempts, connections, frames that are no
            /// message, payloads of another type, handlers. The client goes on by its rules.
            on_error($crate::Error);
            /// Calls `handler` with the number of every attempt to reconnect, counted from 1, right before
            /// it is made.
            on_reconnect(::core::primitive::u32);
            /// Calls `handler` when the attempts to reconnect are exhausted. The state is `Failed` and the
            /// queue is kept; `connect()` starts afresh.
            on_reconnect_failed();
            /// Calls `handler` with the name and the whole text of every message that the contract doesn't
            /// know. Escape the name before you print it: a peer may put anything there.
            on_unknown($crate::runtime::String, $crate::runtime::String);
        }
    };
}

/// Methods for events and unknown messages: each is the untyped client's of the same name.
#[doc(hidden)]
#[macro_export]
macro_rules! __client_events {
    ($vis:vis $client:ident $($(#[$attribute:meta])* $on:ident($($argument:ty),*);)*) => {
        // The lints of the crate that declares the contract judge its own code, not this.
        #[allow(dead_code, deprecated, clippy::all, clippy::pedantic, clippy::nursery)]
        impl $client {
            $(
                $(#[$attribute])*
                $vis fn $on<__R, __M>(
                    &self,
                    __handler: impl ::core::ops::FnMut($($argument),*) -> __R
                    + ::core::marker::Send
                    + 'static,
                ) -> $crate::Subscription
                where
                    __R: $crate::Outcome<__M, Settled: ::core::marker::Send + 'static> + 'static,
                    __M: 'static,
                {
                    $crate::Client::$on(&self.0, __handler)
                }
            )*
        }
    };
}

/// What a typed client had when it dereferenced to the untyped one, for one version.
///
/// The names come from the derive, which leaves out those that a message has.
#[doc(hidden)]
#[macro_export]
macro_rules! __client_aliases {
    ($vis:vis $client:ident $($event:ident)*) => {
        // The lints of the crate that declares the contract judge its own code, not this.
        #[allow(dead_code, deprecated, clippy::all, clippy::pedantic, clippy::nursery)]
        impl $client {
            #[doc(hidden)]
            #[deprecated(note = "call `untyped().on(…)`")]
            $vis fn on<__T, __R, __M>(
                &self,
                __name: &::core::primitive::str,
                __handler: impl ::core::ops::FnMut(__T) -> __R + ::core::marker::Send + 'static,
            ) -> $crate::Subscription
            where
                __T: $crate::runtime::DeserializeOwned + ::core::marker::Send + 'static,
                __R: $crate::Outcome<__M, Settled: ::core::marker::Send + 'static> + 'static,
                __M: 'static,
            {
                $crate::Client::on(&self.0, __name, __handler)
            }
            #[doc(hidden)]
            #[deprecated(note = "call `untyped().off(…)`")]
            $vis fn off(&self, __name: &::core::primitive::str) {
                $crate::Client::off(&self.0, __name);
            }
            #[doc(hidden)]
            #[deprecated(note = "call `untyped().stream(…)`")]
            $vis fn stream<__T: $crate::runtime::DeserializeOwned + ::core::marker::Send + 'static>(
                &self,
                __name: &::core::primitive::str,
            ) -> $crate::MessageStream<__T> {
                $crate::Client::stream(&self.0, __name)
            }
            #[doc(hidden)]
            #[deprecated(note = "call `untyped().upgrade_response()`")]
            $vis fn upgrade_response(&self) -> ::core::option::Option<$crate::UpgradeResponse> {
                $crate::Client::upgrade_response(&self.0)
            }
            #[doc(hidden)]
            #[deprecated(note = "call `untyped().next_attempt()`")]
            $vis fn next_attempt(&self) -> ::core::option::Option<$crate::NextAttempt> {
                $crate::Client::next_attempt(&self.0)
            }
            #[doc(hidden)]
            #[deprecated(note = "call `untyped().reconnect_now()`")]
            $vis fn reconnect_now(&self) -> ::core::primitive::bool {
                $crate::Client::reconnect_now(&self.0)
            }
            #[doc(hidden)]
            #[deprecated(note = "call `untyped().clear_queue()`")]
            $vis fn clear_queue(&self) -> ::core::primitive::u64 {
                $crate::Client::clear_queue(&self.0)
            }
        }
        $($crate::__client_alias! { $vis $client $event })*
    };
}

/// One of [`__client_aliases`], for an event that has no method of its own in a typed client.
#[doc(hidden)]
#[macro_export]
macro_rules! __client_alias {
    ($vis:vis $client:ident unconfirmed) => {
        $crate::__client_events! {
            $vis $client
            #[doc(hidden)]
            #[deprecated(note = "call `untyped().on_unconfirmed(…)`, or use `events()`")]
            on_unconfirmed($crate::runtime::String, ::core::primitive::u64);
        }
    };
    ($vis:vis $client:ident dropped) => {
        $crate::__client_events! {
            $vis $client
            #[doc(hidden)]
            #[deprecated(note = "call `untyped().on_dropped(…)`, or use `events()`")]
            on_dropped($crate::runtime::String, ::core::primitive::u64, $crate::DropReason);
        }
    };
    ($vis:vis $client:ident kept) => {
        $crate::__client_events! {
            $vis $client
            #[doc(hidden)]
            #[deprecated(note = "call `untyped().on_kept(…)`, or use `events()`")]
            on_kept(::core::primitive::u64);
        }
    };
}
