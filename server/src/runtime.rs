//! What generated code calls. Not part of the public API.

use std::marker::PhantomData;
pub use std::{string::String, sync::Arc};

use wirebond_connection::call::{Decode, EncodeAnswer};
pub use wirebond_connection::{
    call::{Answers, Encode, Encoded, answer_reply, answer_result, decode_never, decode_unit},
    outcome::Outcome,
};
use wirebond_core::{
    CallInfo,
    wire::{DecodeError, Head, RawMessage},
};
pub use wirebond_core::{
    Contract, MessageInfo, Received,
    codegen::WireContract,
    wire::{encode_unit, form::WireForm},
};

pub use crate::{
    __builder_methods as builder_methods, __peer_methods as peer_methods,
    __server_methods as server_methods, __target_methods as target_methods, Builder, Call,
    FromPeer, FromServer, Peer, SendError, Sending, Sent, Server, Target,
};

/// The message at `index` of the contract `C`.
pub fn encoded<C: Contract, T: ?Sized>(index: usize, payload: &T, encode: Encode<T>) -> Encoded {
    encode(payload, &Head::of_server::<C>(index))
}

/// The message without payload at `index` of the contract `C`.
pub fn encoded_unit<C: Contract>(index: usize) -> Encoded {
    encode_unit(&(), &Head::of_server::<C>(index))
}

/// See the generated `on_…`.
pub fn on<S, P, T, R, M>(
    builder: Builder<S>,
    name: &str,
    decode: fn(&RawMessage<'_>) -> Result<Received<T>, DecodeError>,
    handler: impl Fn(P, T) -> R + Send + Sync + 'static,
) -> Builder<S>
where
    S: FromServer,
    P: FromPeer,
    T: 'static,
    R: Outcome<M, Settled: Send + 'static>,
{
    builder.on_decoded(name, decode, move |peer, payload| handler(P::from_peer(peer), payload))
}

/// See the generated `on_…` of a message without payload.
pub fn on_unit<S, P, R, M>(
    builder: Builder<S>,
    name: &str,
    handler: impl Fn(P) -> R + Send + Sync + 'static,
) -> Builder<S>
where
    S: FromServer,
    P: FromPeer,
    R: Outcome<M, Settled: Send + 'static>,
{
    let decode = |frame: &RawMessage<'_>| frame.unit();
    builder.on_decoded(name, decode, move |peer, ()| handler(P::from_peer(peer)))
}

/// See the generated `service`: `call` gets the service, which all peers share.
pub fn serve<S, P, V, T, R, M>(
    builder: Builder<S>,
    service: &Arc<V>,
    name: &str,
    decode: fn(&RawMessage<'_>) -> Result<Received<T>, DecodeError>,
    call: impl Fn(Arc<V>, P, T) -> R + Send + Sync + 'static,
) -> Builder<S>
where
    S: FromServer,
    P: FromPeer,
    V: Send + Sync + 'static,
    T: 'static,
    R: Outcome<M, Settled: Send + 'static>,
{
    let service = Arc::clone(service);
    on(builder, name, decode, move |peer, payload| call(Arc::clone(&service), peer, payload))
}

/// See the generated `service`, for a message without payload.
pub fn serve_unit<S, P, V, R, M>(
    builder: Builder<S>,
    service: &Arc<V>,
    name: &str,
    call: impl Fn(Arc<V>, P) -> R + Send + Sync + 'static,
) -> Builder<S>
where
    S: FromServer,
    P: FromPeer,
    V: Send + Sync + 'static,
    R: Outcome<M, Settled: Send + 'static>,
{
    let service = Arc::clone(service);
    on_unit(builder, name, move |peer| call(Arc::clone(&service), peer))
}

/// See the generated `on_…` of a call.
pub fn on_call<S, P, T, V, H, M>(
    builder: Builder<S>,
    name: &str,
    decode: Decode<T>,
    encode: EncodeAnswer<V>,
    handler: impl Fn(P, T) -> H + Send + Sync + 'static,
) -> Builder<S>
where
    S: FromServer,
    P: FromPeer,
    T: 'static,
    V: 'static,
    H: Answers<V, M, Running: Send + 'static>,
{
    let handler = move |peer, payload| handler(P::from_peer(peer), payload);
    builder.on_call_decoded(name, decode, encode, handler)
}

/// See the generated `on_…` of a call without payload.
pub fn on_call_unit<S, P, V, H, M>(
    builder: Builder<S>,
    name: &str,
    encode: EncodeAnswer<V>,
    handler: impl Fn(P) -> H + Send + Sync + 'static,
) -> Builder<S>
where
    S: FromServer,
    P: FromPeer,
    V: 'static,
    H: Answers<V, M, Running: Send + 'static>,
{
    on_call(builder, name, decode_unit, encode, move |peer, ()| handler(peer))
}

/// See the generated `service`: `call` gets the service, which all peers share.
pub fn serve_call<S, P, I, T, V, H, M>(
    builder: Builder<S>,
    service: &Arc<I>,
    name: &str,
    decode: Decode<T>,
    encode: EncodeAnswer<V>,
    call: impl Fn(Arc<I>, P, T) -> H + Send + Sync + 'static,
) -> Builder<S>
where
    S: FromServer,
    P: FromPeer,
    I: Send + Sync + 'static,
    T: 'static,
    V: 'static,
    H: Answers<V, M, Running: Send + 'static>,
{
    let service = Arc::clone(service);
    let handler = move |peer, payload| call(Arc::clone(&service), peer, payload);
    on_call(builder, name, decode, encode, handler)
}

/// See the generated `service`, for a call without payload.
pub fn serve_call_unit<S, P, I, V, H, M>(
    builder: Builder<S>,
    service: &Arc<I>,
    name: &str,
    encode: EncodeAnswer<V>,
    call: impl Fn(Arc<I>, P) -> H + Send + Sync + 'static,
) -> Builder<S>
where
    S: FromServer,
    P: FromPeer,
    I: Send + Sync + 'static,
    V: 'static,
    H: Answers<V, M, Running: Send + 'static>,
{
    let service = Arc::clone(service);
    on_call_unit(builder, name, encode, move |peer| call(Arc::clone(&service), peer))
}

/// Calls the message at `index` of the contract `C`.
pub fn call<C, T, R, E>(
    peer: &Peer,
    index: usize,
    payload: &T,
    encode: Encode<T>,
    reply: Decode<R>,
    error: Decode<E>,
) -> Call<R, E>
where
    C: Contract,
    T: ?Sized,
    R: Send + 'static,
    E: Send + 'static,
{
    let info = &C::MESSAGES[index];
    let timeout = info.call().and_then(CallInfo::timeout);
    let encode = |head: &Head<'_>| encode(payload, head);
    let head = Head::of_server::<C>(index);
    Call::new(peer, info.name(), &head, timeout, encode, (reply, error))
}

/// Calls the message without payload at `index` of the contract `C`.
pub fn call_unit<C: Contract, R: Send + 'static, E: Send + 'static>(
    peer: &Peer,
    index: usize,
    reply: Decode<R>,
    error: Decode<E>,
) -> Call<R, E> {
    call::<C, (), R, E>(peer, index, &(), encode_unit, reply, error)
}

/// What a server never does with a message of the client's: the bound of the hidden methods
/// `send_leave(…)` for such a message.
#[diagnostic::on_unimplemented(
    message = "only the client sends this message: its variant of `{C}` is marked `from = \"client\"`",
    label = "the server can't send this message",
    note = "the server receives it: `on_…` of the builder, or the method of the service",
    note = "remove `from = \"client\"` from its variant if both sides may send it"
)]
pub trait Sends<C> {}

/// What a server never does with a message of its own: see [`Sends`].
#[diagnostic::on_unimplemented(
    message = "only the server sends this message: its variant of `{C}` is marked `from = \"server\"`",
    label = "the server never receives this message",
    note = "the server sends it: `send_…` of a peer or of a target",
    note = "remove `from = \"server\"` from its variant if both sides may send it"
)]
pub trait Receives<C> {}

/// Stands for the server in [`Sends`] and [`Receives`].
#[derive(Debug)]
pub struct ServerSide<'a>(PhantomData<&'a ()>);

/// What every generated peer has.
#[doc(hidden)]
#[macro_export]
macro_rules! __peer_methods {
    ($vis:vis $peer:ident $target:ident $server:ident) => {
        impl $crate::FromPeer for $peer {
            fn from_peer(__peer: $crate::Peer) -> Self {
                Self(__peer)
            }
        }

        // The lints of the crate that declares the contract judge its own code, not this.
        #[allow(dead_code, deprecated, clippy::all, clippy::pedantic, clippy::nursery)]
        impl $peer {
            /// The connection's number.
            $vis fn id(&self) -> $crate::PeerId {
                self.0.id()
            }
            /// The user, if authentication named one.
            $vis fn user(&self) -> ::core::option::Option<&::core::primitive::str> {
                self.0.user()
            }
            /// A value that authentication put into the `Identity`.
            $vis fn state<__T: ::core::clone::Clone + ::core::marker::Send + ::core::marker::Sync + 'static>(
                &self,
            ) -> ::core::option::Option<&__T> {
                self.0.state()
            }
            /// Joins a room: what is sent to the room is sent to this peer from now on. Returns whether
            /// the peer is in the room: not if it is gone, or in as many rooms as it may be.
            $vis fn join(&self, __room: &::core::primitive::str) -> ::core::primitive::bool {
                self.0.join(__room)
            }
            /// Leaves a room.
            $vis fn leave(&self, __room: &::core::primitive::str) {
                self.0.leave(__room);
            }
            /// Everybody in a room.
            $vis fn room(&self, __room: &::core::primitive::str) -> $target {
                $target(self.0.room(__room))
            }
            /// Everybody.
            $vis fn everyone(&self) -> $target {
                $target(self.0.everyone())
            }
            /// The server, as long as anybody has its handle.
            $vis fn server(&self) -> ::core::option::Option<$server> {
                ::core::option::Option::map(self.0.server(), $server)
            }
            /// Ends the connection once what was received is handled and what waits is written.
            $vis fn close(&self, __code: ::core::primitive::u16, __reason: &::core::primitive::str) {
                self.0.close(__code, __reason);
            }
            /// Whether the connection takes messages.
            $vis fn is_connected(&self) -> ::core::primitive::bool {
                self.0.is_connected()
            }
            /// The peer below, with what has no method here.
            $vis fn untyped(&self) -> &$crate::Peer {
                &self.0
            }
        }
    };
}

/// What every generated target has.
#[doc(hidden)]
#[macro_export]
macro_rules! __target_methods {
    ($vis:vis $peer:ident $target:ident) => {
        // The lints of the crate that declares the contract judge its own code, not this.
        #[allow(dead_code, deprecated, clippy::all, clippy::pedantic, clippy::nursery)]
        impl $target {
            /// Without this peer, such as the sender.
            $vis fn except(self, __peer: &$peer) -> Self {
                Self(self.0.except(&__peer.0))
            }
            /// The target below, with what has no method here.
            $vis fn untyped(&self) -> &$crate::Target {
                &self.0
            }
        }
    };
}

/// What every generated server has.
#[doc(hidden)]
#[macro_export]
macro_rules! __server_methods {
    ($vis:vis $server:ident $target:ident $builder:ident $contract:ident $($contracts:expr)?) => {
        // A contract may be deprecated: that concerns its users.
        #[allow(deprecated)]
        impl $crate::FromServer for $server {
            const MESSAGES: &'static [$crate::runtime::MessageInfo] =
                <$contract as $crate::runtime::Contract>::MESSAGES;
            const FORM: &'static $crate::runtime::WireForm =
                <$contract as $crate::runtime::WireContract>::FORM;

            fn from_server(__server: $crate::Server) -> Self {
                Self(__server)
            }
            $(
                fn contracts() -> ::core::option::Option<
                    ::core::result::Result<$crate::Contracts, $crate::runtime::String>,
                > {
                    ::core::option::Option::Some($contracts)
                }
            )?
        }

        // The lints of the crate that declares the contract judge its own code, not this.
        #[allow(dead_code, deprecated, clippy::all, clippy::pedantic, clippy::nursery)]
        impl $server {
            /// Begins to describe a server.
            $vis fn builder() -> $builder {
                $builder($crate::Server::builder_of())
            }
            /// Everybody.
            $vis fn everyone(&self) -> $target {
                $target(self.0.everyone())
            }
            /// Everybody in a room.
            $vis fn room(&self, __room: &::core::primitive::str) -> $target {
                $target(self.0.room(__room))
            }
            /// All connections of a user.
            $vis fn user(&self, __user: &::core::primitive::str) -> $target {
                $target(self.0.user(__user))
            }
            /// The server below, which accepts connections and shuts down.
            $vis fn untyped(&self) -> &$crate::Server {
                &self.0
            }
        }
    };
}

/// What every generated builder has.
#[doc(hidden)]
#[macro_export]
macro_rules! __builder_methods {
    ($vis:vis $builder:ident $peer:ident $server:ident) => {
        // The lints of the crate that declares the contract judge its own code, not this.
        #[allow(dead_code, deprecated, clippy::all, clippy::pedantic, clippy::nursery)]
        impl $builder {
            /// Changes settings: `.settings(|settings| settings.max_peers(1_000))`.
            $vis fn settings(
                self,
                __change: impl ::core::ops::FnOnce($crate::Builder<$server>) -> $crate::Builder<$server>,
            ) -> Self {
                Self(__change(self.0))
            }
            /// Calls `handler` with every new peer, before its first message.
            $vis fn connected<__R, __M>(
                self,
                __handler: impl ::core::ops::Fn($peer) -> __R
                + ::core::marker::Send
                + ::core::marker::Sync
                + 'static,
            ) -> Self
            where
                __R: $crate::Outcome<__M, Settled: ::core::marker::Send + 'static>,
            {
                Self(self.0.connected(__handler))
            }
            /// Calls `handler` when a peer is gone, after its last message was handled.
            $vis fn disconnected<__R, __M>(
                self,
                __handler: impl ::core::ops::Fn($peer, $crate::Disconnect) -> __R
                + ::core::marker::Send
                + ::core::marker::Sync
                + 'static,
            ) -> Self
            where
                __R: $crate::Outcome<__M, Settled: ::core::marker::Send + 'static>,
            {
                Self(self.0.disconnected(__handler))
            }
            /// Calls `handler` with what failed: frames that are no message, payloads of another type,
            /// handlers. The connection goes on.
            $vis fn errors(
                self,
                __handler: impl ::core::ops::Fn($peer, $crate::Error)
                + ::core::marker::Send
                + ::core::marker::Sync
                + 'static,
            ) -> Self {
                Self(self.0.errors(__handler))
            }
            /// Makes the server. It does nothing until it is given connections.
            ///
            /// # Errors
            ///
            /// A setting that can't work, or a message with two handlers.
            $vis fn build(self) -> ::core::result::Result<$server, $crate::BuildError> {
                self.0.build()
            }
        }
    };
}

/// What a conformance suite reaches, in builds made for it.
#[cfg(fuzzing)]
pub mod fuzzing {
    /// Sends every text back on each connection to `listener`.
    pub async fn serve(
        listener: tokio::net::TcpListener,
        max_message_size: usize,
    ) -> std::io::Result<()> {
        crate::conformance::serve(listener, max_message_size).await
    }
}
