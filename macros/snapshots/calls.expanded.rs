const _: () = {
    #[allow(unused_imports)]
    use ::wirebond::__private::v0_1 as __private;
    #[automatically_derived]
    #[allow(deprecated)]
    impl __private::WireContract for Desk {
        const HEADS: &'static [&'static ::core::primitive::str] = &[
            __private::head!("\"place-order\""),
            __private::head!("\"touch\""),
            __private::head!("\"confirm\""),
        ];
        fn position(
            __name: &::core::primitive::str,
        ) -> ::core::option::Option<::core::primitive::usize> {
            ::core::option::Option::Some(
                match __name {
                    "place-order" => 0,
                    "touch" => 1,
                    "confirm" => 2,
                    _ => return ::core::option::Option::None,
                },
            )
        }
        fn index(&self) -> ::core::primitive::usize {
            match self {
                Self::PlaceOrder(..) => 0,
                Self::Touch => 1,
                Self::Confirm(..) => 2,
            }
        }
        fn write_data<__S: __private::SerializeStruct>(
            &self,
            __fields: &mut __private::Fields<'_, __S>,
        ) -> ::core::result::Result<(), __S::Error> {
            match self {
                Self::PlaceOrder(__data) => {
                    <Order as __private::Payload>::write(__data, __fields)
                }
                Self::Touch => ::core::result::Result::Ok(()),
                Self::Confirm(__data) => {
                    <String as __private::Payload>::write(__data, __fields)
                }
            }
        }
        fn read_data<'__de, __D: __private::Deserializer<'__de>>(
            __index: ::core::primitive::usize,
            __data: __D,
        ) -> ::core::result::Result<Self, __D::Error> {
            match __index {
                0 => {
                    ::core::result::Result::map(
                        <Order as __private::Payload>::read(__data),
                        Self::PlaceOrder,
                    )
                }
                2 => {
                    ::core::result::Result::map(
                        <String as __private::Payload>::read(__data),
                        Self::Confirm,
                    )
                }
                _ => ::core::result::Result::Err(__private::no_payload()),
            }
        }
        fn unit(__index: ::core::primitive::usize) -> ::core::option::Option<Self> {
            match __index {
                1 => ::core::option::Option::Some(Self::Touch),
                _ => ::core::option::Option::None,
            }
        }
    }
    #[automatically_derived]
    #[allow(deprecated)]
    impl __private::Contract for Desk {
        const NAME: &'static ::core::primitive::str = "Desk";
        const VERSION: &'static ::core::primitive::str = "1.0.0";
        const DESCRIPTION: &'static ::core::primitive::str = "What an order desk is asked, and what it asks.";
        const MESSAGES: &'static [__private::MessageInfo] = &[
            __private::MessageInfo::carrying(
                    "place-order",
                    "PlaceOrder",
                    __private::Direction::Client,
                    <Order as __private::Payload>::SCHEMA,
                )
                .described("Places an order.")
                .answered(
                    __private::CallInfo::new(
                            ::core::option::Option::Some(
                                <OrderPlaced as __private::Payload>::SCHEMA,
                            ),
                        )
                        .failing(
                            ::core::option::Option::Some(
                                <OrderError as __private::Payload>::SCHEMA,
                            ),
                        )
                        .within_millis(5000u64),
                ),
            __private::MessageInfo::unit("touch", "Touch", __private::Direction::Client)
                .answered(
                    __private::CallInfo::new(::core::option::Option::None).idempotent(),
                ),
            __private::MessageInfo::carrying(
                    "confirm",
                    "Confirm",
                    __private::Direction::Server,
                    <String as __private::Payload>::SCHEMA,
                )
                .answered(
                    __private::CallInfo::new(
                            ::core::option::Option::Some(
                                <bool as __private::Payload>::SCHEMA,
                            ),
                        )
                        .failing(::core::option::Option::None),
                ),
        ];
    }
    #[automatically_derived]
    #[allow(deprecated)]
    impl Desk {
        /// The contract as a document: what `contract.json` holds.
        ///
        /// Fails where no document could describe it; the error says which types or fields are in the
        /// way.
        #[allow(dead_code)]
        #[inline]
        pub fn contract() -> ::core::result::Result<
            __private::Document,
            __private::GenerateError,
        > {
            <Self as __private::ContractDocument>::contract()
        }
    }
};
with_client! {
    ///The typed client of [`Desk`]: a cheap handle that may be cloned.
    #[derive(::core::clone::Clone, ::core::fmt::Debug)]
    pub struct DeskClient(::wirebond::__private::v0_1::client::Client);
    ::wirebond::__private::v0_1::client::client_methods! {
        pub DeskClient DeskOpening Desk::wirebond::__private::v0_1::identity:: < Desk >
    }
    ///A connection of [`DeskClient`] that is not open yet: see `Builder::opening`.
    #[derive(::core::clone::Clone, ::core::fmt::Debug)]
    pub struct DeskOpening(::wirebond::__private::v0_1::client::Opening);
    ::wirebond::__private::v0_1::client::opening_methods! {
        pub DeskOpening Desk
    }
    ::wirebond::__private::v0_1::client::client_aliases! {
        pub DeskClient unconfirmed dropped kept
    }
    ///Handles every message that the server side of [`Desk`] may send: see `DeskClient::handle`. Write each method as `async fn`.
    #[allow(dead_code, deprecated, clippy::all, clippy::pedantic, clippy::nursery)]
    pub trait DeskHandler: ::core::marker::Send + 'static {
        ///Called with every `confirm`. What it returns is the answer.
        fn confirm(
            &mut self,
            data: String,
        ) -> impl ::core::future::Future<
            Output = ::core::result::Result<bool, ()>,
        > + ::core::marker::Send;
    }
    const _: () = {
        #[allow(unused_imports)]
        use ::wirebond::__private::v0_1 as __private;
        use ::wirebond::__private::v0_1::client as __client;
        #[allow(dead_code, deprecated, clippy::all, clippy::pedantic, clippy::nursery)]
        impl DeskClient {
            ///Sends `place-order`: queued now, written as soon as a connection is open.
            #[cfg_attr(not(doctest), doc = "", doc = "Places an order.")]
            #[inline]
            pub fn send_place_order(&self, __payload: &Order) -> __client::Sending {
                __client::send::<
                    Desk,
                    _,
                >(&self.0, 0, __payload, <Order as __private::Payload>::encode)
            }
            ///Sends `place-order` without waiting: `QueueFull` where `send_place_order` would wait.
            #[cfg_attr(not(doctest), doc = "", doc = "Places an order.")]
            #[inline]
            pub fn try_send_place_order(
                &self,
                __payload: &Order,
            ) -> ::core::result::Result<(), __client::SendError> {
                __client::try_send::<
                    Desk,
                    _,
                >(&self.0, 0, __payload, <Order as __private::Payload>::encode)
            }
            ///Sends `place-order` on every connection, until the hold is released or dropped.
            #[cfg_attr(not(doctest), doc = "", doc = "Places an order.")]
            pub fn hold_place_order(
                &self,
                __payload: &Order,
            ) -> ::core::result::Result<__client::Hold<Desk>, __client::SendError> {
                __client::hold::<
                    Desk,
                    _,
                >(&self.0, 0, __payload, <Order as __private::Payload>::encode)
            }
            ///As `hold_place_order`, with a payload that is made whenever it is sent.
            #[cfg_attr(not(doctest), doc = "", doc = "Places an order.")]
            pub fn hold_place_order_with(
                &self,
                __payload: impl ::core::ops::Fn(
                ) -> Order + ::core::marker::Send + ::core::marker::Sync + 'static,
            ) -> ::core::result::Result<__client::Hold<Desk>, __client::SendError> {
                __client::hold_with::<
                    Desk,
                    _,
                >(&self.0, 0, __payload, <Order as __private::Payload>::encode)
            }
            ///Calls `place-order`: resolves to the reply.
            #[cfg_attr(not(doctest), doc = "", doc = "Places an order.")]
            #[inline]
            pub fn call_place_order(
                &self,
                __payload: &Order,
            ) -> __client::Call<OrderPlaced, OrderError> {
                __client::call::<
                    Desk,
                    _,
                    _,
                    _,
                >(
                    &self.0,
                    0,
                    __payload,
                    <Order as __private::Payload>::encode,
                    <OrderPlaced as __private::Payload>::decode,
                    <OrderError as __private::Payload>::decode,
                )
            }
            #[doc(hidden)]
            pub fn on_place_order<'__n, __R>(
                &self,
                _: impl ::core::ops::FnMut(Order) -> __R,
            ) -> __client::Subscription
            where
                __client::ClientSide<'__n>: __client::Receives<Desk>,
            {
                ::core::unreachable!()
            }
            #[doc(hidden)]
            pub fn off_place_order<'__n>(&self)
            where
                __client::ClientSide<'__n>: __client::Receives<Desk>,
            {}
            #[doc(hidden)]
            pub fn stream_place_order<'__n>(&self) -> __client::MessageStream<Order>
            where
                __client::ClientSide<'__n>: __client::Receives<Desk>,
            {
                ::core::unreachable!()
            }
            ///Sends `touch`: queued now, written as soon as a connection is open.
            #[inline]
            pub fn send_touch(&self) -> __client::Sending {
                __client::send_unit::<Desk>(&self.0, 1)
            }
            ///Sends `touch` without waiting: `QueueFull` where `send_touch` would wait.
            #[inline]
            pub fn try_send_touch(&self) -> ::core::result::Result<(), __client::SendError> {
                __client::try_send_unit::<Desk>(&self.0, 1)
            }
            ///Sends `touch` on every connection, until the hold is released or dropped.
            pub fn hold_touch(
                &self,
            ) -> ::core::result::Result<__client::Hold<Desk>, __client::SendError> {
                __client::hold_unit::<Desk>(&self.0, 1)
            }
            ///Calls `touch`: resolves to the reply.
            #[inline]
            pub fn call_touch(&self) -> __client::Call<(), ::core::convert::Infallible> {
                __client::call_unit::<
                    Desk,
                    _,
                    _,
                >(&self.0, 1, __client::decode_unit, __client::decode_never)
            }
            #[doc(hidden)]
            pub fn on_touch<'__n, __R>(
                &self,
                _: impl ::core::ops::FnMut() -> __R,
            ) -> __client::Subscription
            where
                __client::ClientSide<'__n>: __client::Receives<Desk>,
            {
                ::core::unreachable!()
            }
            #[doc(hidden)]
            pub fn off_touch<'__n>(&self)
            where
                __client::ClientSide<'__n>: __client::Receives<Desk>,
            {}
            #[doc(hidden)]
            pub fn stream_touch<'__n>(&self) -> __client::MessageStream<()>
            where
                __client::ClientSide<'__n>: __client::Receives<Desk>,
            {
                ::core::unreachable!()
            }
            #[doc(hidden)]
            pub fn send_confirm<'__n>(
                &self,
                _: &(impl __client::AsPayload<String> + ?::core::marker::Sized),
            ) -> __client::Sending
            where
                __client::ClientSide<'__n>: __client::Sends<Desk>,
            {
                ::core::unreachable!()
            }
            #[doc(hidden)]
            pub fn try_send_confirm<'__n>(
                &self,
                _: &(impl __client::AsPayload<String> + ?::core::marker::Sized),
            ) -> ::core::result::Result<(), __client::SendError>
            where
                __client::ClientSide<'__n>: __client::Sends<Desk>,
            {
                ::core::unreachable!()
            }
            #[doc(hidden)]
            pub fn call_confirm<'__n>(
                &self,
                _: &(impl __client::AsPayload<String> + ?::core::marker::Sized),
            ) -> __client::Call<bool, ()>
            where
                __client::ClientSide<'__n>: __client::Sends<Desk>,
            {
                ::core::unreachable!()
            }
            ///Calls `handler` with every `confirm` that arrives, one at a time, in order. What it returns is the answer.
            pub fn on_confirm<__R, __M>(
                &self,
                __handler: impl ::core::ops::FnMut(
                    String,
                ) -> __R + ::core::marker::Send + 'static,
            ) -> __client::Subscription
            where
                __R: __client::Answers<
                        ::core::result::Result<bool, ()>,
                        __M,
                        Running: ::core::marker::Send + 'static,
                    > + 'static,
                __M: 'static,
            {
                __client::on_call(
                    &self.0,
                    2,
                    <String as __private::Payload>::decode,
                    |__answer: &::core::result::Result<bool, ()>, __to| __client::answer_result(
                        __answer,
                        __to,
                        <bool as __private::Payload>::encode,
                        __client::encode_unit,
                    ),
                    __handler,
                )
            }
            ///Removes every handler of `confirm`.
            #[inline]
            pub fn off_confirm(&self) {
                __client::off(&self.0, 2);
            }
            ///Every `confirm` that arrives, as a stream.
            #[inline]
            pub fn stream_confirm(&self) -> __client::MessageStream<String> {
                __client::stream(&self.0, 2, <String as __private::Payload>::decode)
            }
            ///Every `confirm` that `takes` takes, as a stream.
            pub fn stream_confirm_where(
                &self,
                __takes: impl ::core::ops::Fn(
                    &String,
                ) -> ::core::primitive::bool + ::core::marker::Send + ::core::marker::Sync + 'static,
            ) -> __client::MessageStream<String> {
                __client::stream_where(
                    &self.0,
                    2,
                    <String as __private::Payload>::decode,
                    __takes,
                )
            }
            ///Calls the method of a [`DeskHandler`] for every message, in arrival order.
            pub fn handle(&self, __handler: impl DeskHandler) -> __client::Subscription {
                __client::handle_calls(
                    &self.0,
                    __handler,
                    |mut __handler, __message, __replier| async move {
                        match __message {
                            Desk::Confirm(__data) => {
                                return __replier
                                    .send(
                                        &DeskHandler::confirm(&mut *__handler, __data).await,
                                        |__answer: &::core::result::Result<bool, ()>, __to| __client::answer_result(
                                            __answer,
                                            __to,
                                            <bool as __private::Payload>::encode,
                                            __client::encode_unit,
                                        ),
                                    );
                            }
                            _ => {}
                        }
                        ::core::result::Result::Ok(())
                    },
                )
            }
        }
        #[allow(dead_code, deprecated, clippy::all, clippy::pedantic, clippy::nursery)]
        impl DeskOpening {
            ///Sends `place-order`, before the queue.
            #[cfg_attr(not(doctest), doc = "", doc = "Places an order.")]
            pub fn send_place_order(&self, __payload: &Order) -> __client::OpeningSend {
                __client::send_opening::<
                    Desk,
                    _,
                >(&self.0, 0, __payload, <Order as __private::Payload>::encode)
            }
            ///Calls `place-order`, before the queue: resolves to the reply.
            #[cfg_attr(not(doctest), doc = "", doc = "Places an order.")]
            #[inline]
            pub fn call_place_order(
                &self,
                __payload: &Order,
            ) -> __client::Call<OrderPlaced, OrderError> {
                __client::call_opening::<
                    Desk,
                    _,
                    _,
                    _,
                >(
                    &self.0,
                    0,
                    __payload,
                    <Order as __private::Payload>::encode,
                    <OrderPlaced as __private::Payload>::decode,
                    <OrderError as __private::Payload>::decode,
                )
            }
            ///Sends `touch`, before the queue.
            pub fn send_touch(&self) -> __client::OpeningSend {
                __client::send_opening_unit::<Desk>(&self.0, 1)
            }
            ///Calls `touch`, before the queue: resolves to the reply.
            #[inline]
            pub fn call_touch(&self) -> __client::Call<(), ::core::convert::Infallible> {
                __client::call_opening_unit::<
                    Desk,
                    _,
                    _,
                >(&self.0, 1, __client::decode_unit, __client::decode_never)
            }
            ///Waits for the next message, which must be `confirm`.
            pub fn expect_confirm(&self) -> __client::Expecting<String> {
                __client::expect::<
                    Desk,
                    _,
                >(&self.0, 2, <String as __private::Payload>::decode)
            }
        }
        #[automatically_derived]
        #[allow(deprecated)]
        impl __client::Outgoing<Desk, __client::At<0>> for Order {
            const INDEX: ::core::primitive::usize = 0;
            const ENCODE: __client::Encode<Self> = <Order as __private::Payload>::encode;
        }
        #[automatically_derived]
        #[allow(deprecated)]
        impl<'__n> __client::Outgoing<Desk, __client::At<2>> for String
        where
            __client::ClientSide<'__n>: __client::MaySend<String>,
        {
            const INDEX: ::core::primitive::usize = 2;
            const ENCODE: __client::Encode<Self> = <String as __private::Payload>::encode;
        }
        #[automatically_derived]
        #[allow(deprecated)]
        impl<'__n> __client::Outgoing<Desk, __client::At<2>> for ::core::primitive::str
        where
            __client::ClientSide<'__n>: __client::MaySend<String>,
        {
            const INDEX: ::core::primitive::usize = 2;
            const ENCODE: __client::Encode<Self> = __client::encode_text;
        }
    };
}
::wirebond::__private::v0_1::with_server! {
    #[doc = "A client that speaks [`Desk`]: a cheap handle that may be cloned."]
    #[derive(::core::clone::Clone, ::core::fmt::Debug)] pub struct
    DeskPeer(::wirebond::__private::v0_1::server::Peer);
    ::wirebond::__private::v0_1::server::peer_methods! { pub DeskPeer DeskTarget
    DeskServer } #[doc =
    r" Peers to send one message to. It is encoded once, and they share its bytes."]
    #[derive(::core::clone::Clone, ::core::fmt::Debug)] pub struct
    DeskTarget(::wirebond::__private::v0_1::server::Target);
    ::wirebond::__private::v0_1::server::target_methods! { pub DeskPeer DeskTarget }
    #[doc = "The server's side of [`Desk`]: a cheap handle that may be cloned."]
    #[derive(::core::clone::Clone, ::core::fmt::Debug)] pub struct
    DeskServer(::wirebond::__private::v0_1::server::Server);
    ::wirebond::__private::v0_1::server::server_methods! { pub DeskServer DeskTarget
    DeskServerBuilder Desk } #[doc =
    "Describes a [`DeskServer`]: a handler for each message of the client, one at a time for each peer."]
    #[derive(::core::fmt::Debug)] #[must_use = "`build()` makes the server"] pub struct
    DeskServerBuilder(::wirebond::__private::v0_1::server::Builder < DeskServer >);
    ::wirebond::__private::v0_1::server::builder_methods! { pub DeskServerBuilder
    DeskPeer DeskServer } #[doc =
    "Handles every message that the client side of [`Desk`] may send: see `DeskServerBuilder::service`. Write each method as `async fn`. One value serves all peers, so it is shared."]
    #[allow(dead_code, deprecated, clippy::all, clippy::pedantic, clippy::nursery)] pub
    trait DeskService : ::core::marker::Send + ::core::marker::Sync + 'static { #[doc =
    "Called with every `place-order`. What it returns is the answer."]
    #[cfg_attr(not(doctest), doc = "", doc = "Places an order.")] fn place_order(& self,
    peer : & DeskPeer, data : Order) -> impl ::core::future::Future < Output =
    ::core::result::Result < OrderPlaced, OrderError > > + ::core::marker::Send; #[doc =
    "Called with every `touch`. What it returns is the answer."] fn touch(& self, peer :
    & DeskPeer) -> impl ::core::future::Future < Output = () > + ::core::marker::Send; }
    const _ : () = { #[allow(unused_imports)] use ::wirebond::__private::v0_1 as
    __private; use ::wirebond::__private::v0_1::server as __server; #[allow(dead_code,
    deprecated, clippy::all, clippy::pedantic, clippy::nursery)] impl DeskPeer { #[doc =
    "Sends `confirm`: resolves when it is queued, and waits while the queue is full."]
    pub fn send_confirm(& self, __payload : & String) -> __server::Sending {
    __server::Peer::send_encoded(& self.0, __server::encoded:: < Desk, _ > (2, __payload,
    < String as __private::Payload > ::encode)) } #[doc =
    "Sends `confirm` without waiting: `QueueFull` where `send_confirm` would wait."] pub
    fn try_send_confirm(& self, __payload : & String) -> ::core::result::Result < (),
    __server::SendError > { __server::Peer::try_send_encoded(& self.0,
    __server::encoded:: < Desk, _ > (2, __payload, < String as __private::Payload >
    ::encode)) } #[doc = "Calls `confirm`: resolves to the reply."] pub fn call_confirm(&
    self, __payload : & String) -> __server::Call < bool, () > { __server::call:: < Desk,
    _, _, _ > (& self.0, 2, __payload, < String as __private::Payload > ::encode, < bool
    as __private::Payload > ::decode, __server::decode_unit) } #[doc(hidden)] pub fn
    send_place_order < '__n > (& self, _ : & Order) -> __server::Sending where
    __server::ServerSide < '__n > : __server::Sends < Desk > { ::core::unreachable!() }
    #[doc(hidden)] pub fn try_send_place_order < '__n > (& self, _ : & Order) ->
    ::core::result::Result < (), __server::SendError > where __server::ServerSide < '__n
    > : __server::Sends < Desk > { ::core::unreachable!() } #[doc(hidden)] pub fn
    call_place_order < '__n > (& self, _ : & Order) -> __server::Call < OrderPlaced, () >
    where __server::ServerSide < '__n > : __server::Sends < Desk > {
    ::core::unreachable!() } #[doc(hidden)] pub fn send_touch < '__n > (& self,) ->
    __server::Sending where __server::ServerSide < '__n > : __server::Sends < Desk > {
    ::core::unreachable!() } #[doc(hidden)] pub fn try_send_touch < '__n > (& self,) ->
    ::core::result::Result < (), __server::SendError > where __server::ServerSide < '__n
    > : __server::Sends < Desk > { ::core::unreachable!() } #[doc(hidden)] pub fn
    call_touch < '__n > (& self,) -> __server::Call < (), () > where __server::ServerSide
    < '__n > : __server::Sends < Desk > { ::core::unreachable!() } } #[allow(dead_code,
    deprecated, clippy::all, clippy::pedantic, clippy::nursery)] impl DeskTarget { #[doc
    =
    "Sends `confirm` to all of them. It never waits: a peer whose queue is full is closed with 4408."]
    pub fn send_confirm(& self, __payload : & String) -> ::core::result::Result <
    __server::Sent, __server::SendError > { __server::Target::send_encoded(& self.0,
    __server::encoded:: < Desk, _ > (2, __payload, < String as __private::Payload >
    ::encode)) } #[doc(hidden)] pub fn send_place_order < '__n > (& self, _ : & Order) ->
    ::core::result::Result < __server::Sent, __server::SendError > where
    __server::ServerSide < '__n > : __server::Sends < Desk > { ::core::unreachable!() }
    #[doc(hidden)] pub fn send_touch < '__n > (& self,) -> ::core::result::Result <
    __server::Sent, __server::SendError > where __server::ServerSide < '__n > :
    __server::Sends < Desk > { ::core::unreachable!() } } #[allow(dead_code, deprecated,
    clippy::all, clippy::pedantic, clippy::nursery)] impl DeskServerBuilder { #[doc =
    "Calls `handler` with the peer and every `place-order` that it sends. What it returns is the answer."]
    #[cfg_attr(not(doctest), doc = "", doc = "Places an order.")] pub fn on_place_order <
    __R, __M > (self, __handler : impl ::core::ops::Fn(DeskPeer, Order) -> __R +
    ::core::marker::Send + ::core::marker::Sync + 'static,) -> Self where __R :
    __server::Answers < ::core::result::Result < OrderPlaced, OrderError >, __M, Running
    : ::core::marker::Send + 'static >, { Self(__server::on_call(self.0, "place-order", <
    Order as __private::Payload > ::decode, | __answer : & ::core::result::Result <
    OrderPlaced, OrderError >, __to | __server::answer_result(__answer, __to, <
    OrderPlaced as __private::Payload > ::encode, < OrderError as __private::Payload >
    ::encode), __handler)) } #[doc =
    "Calls `handler` with the peer and every `touch` that it sends. What it returns is the answer."]
    pub fn on_touch < __R, __M > (self, __handler : impl ::core::ops::Fn(DeskPeer,) ->
    __R + ::core::marker::Send + ::core::marker::Sync + 'static,) -> Self where __R :
    __server::Answers < (), __M, Running : ::core::marker::Send + 'static >, {
    Self(__server::on_call_unit(self.0, "touch", | __answer : & (), __to |
    __server::answer_reply(__answer, __to, __server::encode_unit,), __handler)) }
    #[doc(hidden)] pub fn on_confirm < '__n, __R > (self, _ : impl
    ::core::ops::Fn(DeskPeer, String) -> __R) -> Self where __server::ServerSide < '__n >
    : __server::Receives < Desk > { ::core::unreachable!() } #[doc =
    r" Handles every message with the method of that name. A new message then breaks the build"]
    #[doc = r" until it is handled."] pub fn service(self, __service : impl DeskService)
    -> Self { let __service = __server::Arc::new(__service); let __builder = self.0; let
    __builder = __server::serve_call(__builder, & __service, "place-order", < Order as
    __private::Payload > ::decode, | __answer : & ::core::result::Result < OrderPlaced,
    OrderError >, __to | __server::answer_result(__answer, __to, < OrderPlaced as
    __private::Payload > ::encode, < OrderError as __private::Payload > ::encode), |
    __service, __peer : DeskPeer, __data | async move { DeskService::place_order(& *
    __service, & __peer, __data). await },); let __builder =
    __server::serve_call_unit(__builder, & __service, "touch", | __answer : & (), __to |
    __server::answer_reply(__answer, __to, __server::encode_unit,), | __service, __peer :
    DeskPeer | async move { DeskService::touch(& * __service, & __peer). await },); let _
    = __service; Self(__builder) } } };
}
