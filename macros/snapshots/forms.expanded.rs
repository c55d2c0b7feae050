const _: () = {
    #[allow(unused_imports)]
    use ::wirebond::__private::v0_1 as __private;
    #[automatically_derived]
    #[allow(deprecated)]
    impl __private::WireContract for Desk {
        const FORM: &'static __private::form::WireForm = &__private::form::WireForm {
            client: __private::form::SideForm {
                tag: ::core::option::Option::Some(
                    ::std::borrow::Cow::Borrowed("method"),
                ),
                content: ::core::option::Option::Some(
                    ::std::borrow::Cow::Borrowed("params"),
                ),
                timestamp: ::core::option::Option::None,
                integers: false,
                tags: ::std::borrow::Cow::Borrowed(&[]),
                constants: ::std::borrow::Cow::Borrowed(
                    &[
                        __private::form::Member {
                            key: ::std::borrow::Cow::Borrowed("jsonrpc"),
                            json: ::std::borrow::Cow::Borrowed("\"2.0\""),
                        },
                        __private::form::Member {
                            key: ::std::borrow::Cow::Borrowed("v"),
                            json: ::std::borrow::Cow::Borrowed("2"),
                        },
                        __private::form::Member {
                            key: ::std::borrow::Cow::Borrowed("strict mode"),
                            json: ::std::borrow::Cow::Borrowed("true"),
                        },
                    ],
                ),
                keys: ::std::borrow::Cow::Borrowed(&[]),
                untagged: ::core::option::Option::None,
            },
            server: __private::form::SideForm {
                tag: ::core::option::Option::Some(::std::borrow::Cow::Borrowed("op")),
                content: ::core::option::Option::None,
                timestamp: ::core::option::Option::None,
                integers: true,
                tags: ::std::borrow::Cow::Borrowed(
                    &[
                        __private::form::TaggedName {
                            tag: ::std::borrow::Cow::Borrowed("7"),
                            name: ::std::borrow::Cow::Borrowed("placed"),
                        },
                    ],
                ),
                constants: ::std::borrow::Cow::Borrowed(&[]),
                keys: ::std::borrow::Cow::Borrowed(
                    &[
                        __private::form::KeyedName {
                            key: ::std::borrow::Cow::Borrowed("error"),
                            name: ::std::borrow::Cow::Borrowed("failed"),
                        },
                    ],
                ),
                untagged: ::core::option::Option::Some(
                    ::std::borrow::Cow::Borrowed("banner"),
                ),
            },
            batch: true,
            calls: ::core::option::Option::Some(__private::form::CallForm {
                id: ::std::borrow::Cow::Borrowed("/params/ref"),
                re: ::std::borrow::Cow::Borrowed("/meta/ref"),
                strings: true,
                result: ::core::option::Option::Some(
                    ::std::borrow::Cow::Borrowed("/meta/response"),
                ),
                error: ::core::option::Option::Some(
                    ::std::borrow::Cow::Borrowed("/meta/response"),
                ),
                success: ::core::option::Option::Some(
                    ::std::borrow::Cow::Borrowed("/meta/status"),
                ),
            }),
        };
        const HEADS: &'static [&'static ::core::primitive::str] = &[
            "{\"method\":\"order/place\",\"jsonrpc\":\"2.0\",\"v\":2,\"strict mode\":true",
            "{\"method\":\"ping\",\"jsonrpc\":\"2.0\",\"v\":2,\"strict mode\":true",
            "{\"jsonrpc\":\"2.0\",\"v\":2,\"strict mode\":true",
            "{\"jsonrpc\":\"2.0\",\"v\":2,\"strict mode\":true",
            "{\"method\":-10,\"jsonrpc\":\"2.0\",\"v\":2,\"strict mode\":true",
            "{\"method\":7,\"jsonrpc\":\"2.0\",\"v\":2,\"strict mode\":true",
            "{\"jsonrpc\":\"2.0\",\"v\":2,\"strict mode\":true",
            "{\"jsonrpc\":\"2.0\",\"v\":2,\"strict mode\":true",
        ];
        const SERVER_HEADS: &'static [&'static ::core::primitive::str] = &[
            "{\"op\":\"order/place\"",
            "{\"op\":\"ping\"",
            "{",
            "{",
            "{\"op\":-10",
            "{\"op\":7",
            "{",
            "{",
        ];
        fn position(
            __name: &::core::primitive::str,
        ) -> ::core::option::Option<::core::primitive::usize> {
            ::core::option::Option::Some(
                match __name {
                    "order/place" => 0,
                    "ping" => 1,
                    "raw" => 2,
                    "ack" => 3,
                    "-10" => 4,
                    "placed" => 5,
                    "failed" => 6,
                    "banner" => 7,
                    _ => return ::core::option::Option::None,
                },
            )
        }
        fn index(&self) -> ::core::primitive::usize {
            match self {
                Self::Place(..) => 0,
                Self::Ping => 1,
                Self::Raw(..) => 2,
                Self::Ack(..) => 3,
                Self::Hello(..) => 4,
                Self::Placed(..) => 5,
                Self::Failed(..) => 6,
                Self::Banner(..) => 7,
            }
        }
        fn write_data<__S: __private::SerializeStruct>(
            &self,
            __fields: &mut __private::Fields<'_, __S>,
        ) -> ::core::result::Result<(), __S::Error> {
            match self {
                Self::Place(__data) => {
                    <Order as __private::Payload>::write(__data, __fields)
                }
                Self::Ping => ::core::result::Result::Ok(()),
                Self::Raw(__data) => {
                    <Vec<u8> as __private::Payload>::write(__data, __fields)
                }
                Self::Ack(__data) => <Ack as __private::Payload>::write(__data, __fields),
                Self::Hello(__data) => {
                    <Hello as __private::Payload>::write(__data, __fields)
                }
                Self::Placed(__data) => {
                    <OrderPlaced as __private::Payload>::write(__data, __fields)
                }
                Self::Failed(__data) => {
                    <Failure as __private::Payload>::write(__data, __fields)
                }
                Self::Banner(__data) => {
                    <Banner as __private::Payload>::write(__data, __fields)
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
                        Self::Place,
                    )
                }
                2 => {
                    ::core::result::Result::map(
                        <Vec<u8> as __private::Payload>::read(__data),
                        Self::Raw,
                    )
                }
                3 => {
                    ::core::result::Result::map(
                        <Ack as __private::Payload>::read(__data),
                        Self::Ack,
                    )
                }
                4 => {
                    ::core::result::Result::map(
                        <Hello as __private::Payload>::read(__data),
                        Self::Hello,
                    )
                }
                5 => {
                    ::core::result::Result::map(
                        <OrderPlaced as __private::Payload>::read(__data),
                        Self::Placed,
                    )
                }
                6 => {
                    ::core::result::Result::map(
                        <Failure as __private::Payload>::read(__data),
                        Self::Failed,
                    )
                }
                7 => {
                    ::core::result::Result::map(
                        <Banner as __private::Payload>::read(__data),
                        Self::Banner,
                    )
                }
                _ => ::core::result::Result::Err(__private::no_payload()),
            }
        }
        fn unit(__index: ::core::primitive::usize) -> ::core::option::Option<Self> {
            match __index {
                1 => ::core::option::Option::Some(Self::Ping),
                _ => ::core::option::Option::None,
            }
        }
    }
    #[automatically_derived]
    #[allow(deprecated)]
    impl __private::Contract for Desk {
        const NAME: &'static ::core::primitive::str = "Desk";
        const VERSION: &'static ::core::primitive::str = "1.0.0";
        const DESCRIPTION: &'static ::core::primitive::str = "A backend with a form of its own on each side.";
        const MESSAGES: &'static [__private::MessageInfo] = &[
            __private::MessageInfo::carrying(
                    "order/place",
                    "Place",
                    __private::Direction::Client,
                    <Order as __private::Payload>::SCHEMA,
                )
                .answered(
                    __private::CallInfo::new(
                            ::core::option::Option::Some(
                                <OrderPlaced as __private::Payload>::SCHEMA,
                            ),
                        )
                        .failing(
                            ::core::option::Option::Some(
                                <Failure as __private::Payload>::SCHEMA,
                            ),
                        ),
                ),
            __private::MessageInfo::unit("ping", "Ping", __private::Direction::Client),
            __private::MessageInfo::carrying(
                    "raw",
                    "Raw",
                    __private::Direction::Client,
                    <Vec<u8> as __private::Payload>::SCHEMA,
                )
                .recognised_by(__private::Recognition::Untagged),
            __private::MessageInfo::carrying(
                    "ack",
                    "Ack",
                    __private::Direction::Client,
                    <Ack as __private::Payload>::SCHEMA,
                )
                .recognised_by(__private::Recognition::Untagged),
            __private::MessageInfo::carrying(
                    "-10",
                    "Hello",
                    __private::Direction::Server,
                    <Hello as __private::Payload>::SCHEMA,
                )
                .recognised_by(__private::Recognition::Integer),
            __private::MessageInfo::carrying(
                    "placed",
                    "Placed",
                    __private::Direction::Server,
                    <OrderPlaced as __private::Payload>::SCHEMA,
                )
                .described("Not called like the integer that tells it.")
                .recognised_by(__private::Recognition::IntegerTag("7")),
            __private::MessageInfo::carrying(
                    "failed",
                    "Failed",
                    __private::Direction::Server,
                    <Failure as __private::Payload>::SCHEMA,
                )
                .recognised_by(__private::Recognition::Key("error")),
            __private::MessageInfo::carrying(
                    "banner",
                    "Banner",
                    __private::Direction::Server,
                    <Banner as __private::Payload>::SCHEMA,
                )
                .recognised_by(__private::Recognition::Untagged),
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
        ///Called with every `-10`.
        fn hello(
            &mut self,
            data: Hello,
        ) -> impl ::core::future::Future<Output = ()> + ::core::marker::Send;
        ///Called with every `placed`.
        #[cfg_attr(
            not(doctest),
            doc = "",
            doc = "Not called like the integer that tells it."
        )]
        fn placed(
            &mut self,
            data: OrderPlaced,
        ) -> impl ::core::future::Future<Output = ()> + ::core::marker::Send;
        ///Called with every `failed`.
        fn failed(
            &mut self,
            data: Failure,
        ) -> impl ::core::future::Future<Output = ()> + ::core::marker::Send;
        ///Called with every `banner`.
        fn banner(
            &mut self,
            data: Banner,
        ) -> impl ::core::future::Future<Output = ()> + ::core::marker::Send;
    }
    const _: () = {
        #[allow(unused_imports)]
        use ::wirebond::__private::v0_1 as __private;
        use ::wirebond::__private::v0_1::client as __client;
        #[allow(dead_code, deprecated, clippy::all, clippy::pedantic, clippy::nursery)]
        impl DeskClient {
            ///Sends `order/place`: queued now, written as soon as a connection is open.
            #[inline]
            pub fn send_place(&self, __payload: &Order) -> __client::Sending {
                __client::send::<
                    Desk,
                    _,
                >(&self.0, 0, __payload, <Order as __private::Payload>::encode)
            }
            ///Sends `order/place` without waiting: `QueueFull` where `send_place` would wait.
            #[inline]
            pub fn try_send_place(
                &self,
                __payload: &Order,
            ) -> ::core::result::Result<(), __client::SendError> {
                __client::try_send::<
                    Desk,
                    _,
                >(&self.0, 0, __payload, <Order as __private::Payload>::encode)
            }
            ///Sends `order/place` on every connection, until the hold is released or dropped.
            pub fn hold_place(
                &self,
                __payload: &Order,
            ) -> ::core::result::Result<__client::Hold<Desk>, __client::SendError> {
                __client::hold_call::<
                    Desk,
                    _,
                    _,
                    _,
                >(
                    &self.0,
                    0,
                    __payload,
                    <Order as __private::Payload>::encode,
                    <OrderPlaced as __private::Payload>::decode_any,
                    <Failure as __private::Payload>::decode_any,
                )
            }
            ///As `hold_place`, with a payload that is made whenever it is sent, and an answer that is there for each connection.
            pub fn hold_place_with(
                &self,
                __payload: impl ::core::ops::Fn(
                ) -> Order + ::core::marker::Send + ::core::marker::Sync + 'static,
                __answer: &__client::HeldAnswer<OrderPlaced, Failure>,
            ) -> ::core::result::Result<__client::Hold<Desk>, __client::SendError> {
                __client::hold_call_with::<
                    Desk,
                    _,
                    _,
                    _,
                >(
                    &self.0,
                    0,
                    __payload,
                    <Order as __private::Payload>::encode,
                    (
                        <OrderPlaced as __private::Payload>::decode_any,
                        <Failure as __private::Payload>::decode_any,
                    ),
                    __answer,
                )
            }
            ///Calls `order/place`: resolves to the reply.
            #[inline]
            pub fn call_place(
                &self,
                __payload: &Order,
            ) -> __client::Call<OrderPlaced, Failure> {
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
                    <OrderPlaced as __private::Payload>::decode_any,
                    <Failure as __private::Payload>::decode_any,
                )
            }
            #[doc(hidden)]
            pub fn on_place<'__n, __R>(
                &self,
                _: impl ::core::ops::FnMut(Order) -> __R,
            ) -> __client::Subscription
            where
                __client::ClientSide<'__n>: __client::Receives<Desk>,
            {
                ::core::unreachable!()
            }
            #[doc(hidden)]
            pub fn off_place<'__n>(&self)
            where
                __client::ClientSide<'__n>: __client::Receives<Desk>,
            {}
            #[doc(hidden)]
            pub fn stream_place<'__n>(&self) -> __client::MessageStream<Order>
            where
                __client::ClientSide<'__n>: __client::Receives<Desk>,
            {
                ::core::unreachable!()
            }
            ///Sends `ping`: queued now, written as soon as a connection is open.
            #[inline]
            pub fn send_ping(&self) -> __client::Sending {
                __client::send_unit::<Desk>(&self.0, 1)
            }
            ///Sends `ping` without waiting: `QueueFull` where `send_ping` would wait.
            #[inline]
            pub fn try_send_ping(&self) -> ::core::result::Result<(), __client::SendError> {
                __client::try_send_unit::<Desk>(&self.0, 1)
            }
            ///Sends `ping` on every connection, until the hold is released or dropped.
            pub fn hold_ping(
                &self,
            ) -> ::core::result::Result<__client::Hold<Desk>, __client::SendError> {
                __client::hold_unit::<Desk>(&self.0, 1)
            }
            #[doc(hidden)]
            pub fn on_ping<'__n, __R>(
                &self,
                _: impl ::core::ops::FnMut() -> __R,
            ) -> __client::Subscription
            where
                __client::ClientSide<'__n>: __client::Receives<Desk>,
            {
                ::core::unreachable!()
            }
            #[doc(hidden)]
            pub fn off_ping<'__n>(&self)
            where
                __client::ClientSide<'__n>: __client::Receives<Desk>,
            {}
            #[doc(hidden)]
            pub fn stream_ping<'__n>(&self) -> __client::MessageStream<()>
            where
                __client::ClientSide<'__n>: __client::Receives<Desk>,
            {
                ::core::unreachable!()
            }
            ///Sends `raw`: queued now, written as soon as a connection is open.
            #[inline]
            pub fn send_raw(&self, __payload: &Vec<u8>) -> __client::Sending {
                __client::send::<
                    Desk,
                    _,
                >(&self.0, 2, __payload, <Vec<u8> as __private::Payload>::encode)
            }
            ///Sends `raw` without waiting: `QueueFull` where `send_raw` would wait.
            #[inline]
            pub fn try_send_raw(
                &self,
                __payload: &Vec<u8>,
            ) -> ::core::result::Result<(), __client::SendError> {
                __client::try_send::<
                    Desk,
                    _,
                >(&self.0, 2, __payload, <Vec<u8> as __private::Payload>::encode)
            }
            ///Sends `raw` on every connection, until the hold is released or dropped.
            pub fn hold_raw(
                &self,
                __payload: &Vec<u8>,
            ) -> ::core::result::Result<__client::Hold<Desk>, __client::SendError> {
                __client::hold::<
                    Desk,
                    _,
                >(&self.0, 2, __payload, <Vec<u8> as __private::Payload>::encode)
            }
            ///As `hold_raw`, with a payload that is made whenever it is sent.
            pub fn hold_raw_with(
                &self,
                __payload: impl ::core::ops::Fn(
                ) -> Vec<u8> + ::core::marker::Send + ::core::marker::Sync + 'static,
            ) -> ::core::result::Result<__client::Hold<Desk>, __client::SendError> {
                __client::hold_with::<
                    Desk,
                    _,
                >(&self.0, 2, __payload, <Vec<u8> as __private::Payload>::encode)
            }
            #[doc(hidden)]
            pub fn on_raw<'__n, __R>(
                &self,
                _: impl ::core::ops::FnMut(Vec<u8>) -> __R,
            ) -> __client::Subscription
            where
                __client::ClientSide<'__n>: __client::Receives<Desk>,
            {
                ::core::unreachable!()
            }
            #[doc(hidden)]
            pub fn off_raw<'__n>(&self)
            where
                __client::ClientSide<'__n>: __client::Receives<Desk>,
            {}
            #[doc(hidden)]
            pub fn stream_raw<'__n>(&self) -> __client::MessageStream<Vec<u8>>
            where
                __client::ClientSide<'__n>: __client::Receives<Desk>,
            {
                ::core::unreachable!()
            }
            ///Sends `ack`: queued now, written as soon as a connection is open.
            #[inline]
            pub fn send_ack(&self, __payload: &Ack) -> __client::Sending {
                __client::send::<
                    Desk,
                    _,
                >(&self.0, 3, __payload, <Ack as __private::Payload>::encode)
            }
            ///Sends `ack` without waiting: `QueueFull` where `send_ack` would wait.
            #[inline]
            pub fn try_send_ack(
                &self,
                __payload: &Ack,
            ) -> ::core::result::Result<(), __client::SendError> {
                __client::try_send::<
                    Desk,
                    _,
                >(&self.0, 3, __payload, <Ack as __private::Payload>::encode)
            }
            ///Sends `ack` on every connection, until the hold is released or dropped.
            pub fn hold_ack(
                &self,
                __payload: &Ack,
            ) -> ::core::result::Result<__client::Hold<Desk>, __client::SendError> {
                __client::hold::<
                    Desk,
                    _,
                >(&self.0, 3, __payload, <Ack as __private::Payload>::encode)
            }
            ///As `hold_ack`, with a payload that is made whenever it is sent.
            pub fn hold_ack_with(
                &self,
                __payload: impl ::core::ops::Fn(
                ) -> Ack + ::core::marker::Send + ::core::marker::Sync + 'static,
            ) -> ::core::result::Result<__client::Hold<Desk>, __client::SendError> {
                __client::hold_with::<
                    Desk,
                    _,
                >(&self.0, 3, __payload, <Ack as __private::Payload>::encode)
            }
            #[doc(hidden)]
            pub fn on_ack<'__n, __R>(
                &self,
                _: impl ::core::ops::FnMut(Ack) -> __R,
            ) -> __client::Subscription
            where
                __client::ClientSide<'__n>: __client::Receives<Desk>,
            {
                ::core::unreachable!()
            }
            #[doc(hidden)]
            pub fn off_ack<'__n>(&self)
            where
                __client::ClientSide<'__n>: __client::Receives<Desk>,
            {}
            #[doc(hidden)]
            pub fn stream_ack<'__n>(&self) -> __client::MessageStream<Ack>
            where
                __client::ClientSide<'__n>: __client::Receives<Desk>,
            {
                ::core::unreachable!()
            }
            #[doc(hidden)]
            pub fn send_hello<'__n>(&self, _: &Hello) -> __client::Sending
            where
                __client::ClientSide<'__n>: __client::Sends<Desk>,
            {
                ::core::unreachable!()
            }
            #[doc(hidden)]
            pub fn try_send_hello<'__n>(
                &self,
                _: &Hello,
            ) -> ::core::result::Result<(), __client::SendError>
            where
                __client::ClientSide<'__n>: __client::Sends<Desk>,
            {
                ::core::unreachable!()
            }
            ///Calls `handler` with every `-10` that arrives, one at a time, in order.
            pub fn on_hello<__R, __M>(
                &self,
                __handler: impl ::core::ops::FnMut(
                    Hello,
                ) -> __R + ::core::marker::Send + 'static,
            ) -> __client::Subscription
            where
                __R: __client::Outcome<__M, Settled: ::core::marker::Send + 'static>
                    + 'static,
                __M: 'static,
            {
                __client::on(
                    &self.0,
                    4,
                    <Hello as __private::Payload>::decode_any,
                    __handler,
                )
            }
            ///Removes every handler of `-10`.
            #[inline]
            pub fn off_hello(&self) {
                __client::off(&self.0, 4);
            }
            ///Every `-10` that arrives, as a stream.
            #[inline]
            pub fn stream_hello(&self) -> __client::MessageStream<Hello> {
                __client::stream(&self.0, 4, <Hello as __private::Payload>::decode_any)
            }
            ///Every `-10` that `takes` takes, as a stream.
            pub fn stream_hello_where(
                &self,
                __takes: impl ::core::ops::Fn(
                    &Hello,
                ) -> ::core::primitive::bool + ::core::marker::Send + ::core::marker::Sync + 'static,
            ) -> __client::MessageStream<Hello> {
                __client::stream_where(
                    &self.0,
                    4,
                    <Hello as __private::Payload>::decode_any,
                    __takes,
                )
            }
            #[doc(hidden)]
            pub fn send_placed<'__n>(&self, _: &OrderPlaced) -> __client::Sending
            where
                __client::ClientSide<'__n>: __client::Sends<Desk>,
            {
                ::core::unreachable!()
            }
            #[doc(hidden)]
            pub fn try_send_placed<'__n>(
                &self,
                _: &OrderPlaced,
            ) -> ::core::result::Result<(), __client::SendError>
            where
                __client::ClientSide<'__n>: __client::Sends<Desk>,
            {
                ::core::unreachable!()
            }
            ///Calls `handler` with every `placed` that arrives, one at a time, in order.
            #[cfg_attr(
                not(doctest),
                doc = "",
                doc = "Not called like the integer that tells it."
            )]
            pub fn on_placed<__R, __M>(
                &self,
                __handler: impl ::core::ops::FnMut(
                    OrderPlaced,
                ) -> __R + ::core::marker::Send + 'static,
            ) -> __client::Subscription
            where
                __R: __client::Outcome<__M, Settled: ::core::marker::Send + 'static>
                    + 'static,
                __M: 'static,
            {
                __client::on(
                    &self.0,
                    5,
                    <OrderPlaced as __private::Payload>::decode_any,
                    __handler,
                )
            }
            ///Removes every handler of `placed`.
            #[cfg_attr(
                not(doctest),
                doc = "",
                doc = "Not called like the integer that tells it."
            )]
            #[inline]
            pub fn off_placed(&self) {
                __client::off(&self.0, 5);
            }
            ///Every `placed` that arrives, as a stream.
            #[cfg_attr(
                not(doctest),
                doc = "",
                doc = "Not called like the integer that tells it."
            )]
            #[inline]
            pub fn stream_placed(&self) -> __client::MessageStream<OrderPlaced> {
                __client::stream(&self.0, 5, <OrderPlaced as __private::Payload>::decode_any)
            }
            ///Every `placed` that `takes` takes, as a stream.
            #[cfg_attr(
                not(doctest),
                doc = "",
                doc = "Not called like the integer that tells it."
            )]
            pub fn stream_placed_where(
                &self,
                __takes: impl ::core::ops::Fn(
                    &OrderPlaced,
                ) -> ::core::primitive::bool + ::core::marker::Send + ::core::marker::Sync + 'static,
            ) -> __client::MessageStream<OrderPlaced> {
                __client::stream_where(
                    &self.0,
                    5,
                    <OrderPlaced as __private::Payload>::decode_any,
                    __takes,
                )
            }
            #[doc(hidden)]
            pub fn send_failed<'__n>(&self, _: &Failure) -> __client::Sending
            where
                __client::ClientSide<'__n>: __client::Sends<Desk>,
            {
                ::core::unreachable!()
            }
            #[doc(hidden)]
            pub fn try_send_failed<'__n>(
                &self,
                _: &Failure,
            ) -> ::core::result::Result<(), __client::SendError>
            where
                __client::ClientSide<'__n>: __client::Sends<Desk>,
            {
                ::core::unreachable!()
            }
            ///Calls `handler` with every `failed` that arrives, one at a time, in order.
            pub fn on_failed<__R, __M>(
                &self,
                __handler: impl ::core::ops::FnMut(
                    Failure,
                ) -> __R + ::core::marker::Send + 'static,
            ) -> __client::Subscription
            where
                __R: __client::Outcome<__M, Settled: ::core::marker::Send + 'static>
                    + 'static,
                __M: 'static,
            {
                __client::on(
                    &self.0,
                    6,
                    <Failure as __private::Payload>::decode_any,
                    __handler,
                )
            }
            ///Removes every handler of `failed`.
            #[inline]
            pub fn off_failed(&self) {
                __client::off(&self.0, 6);
            }
            ///Every `failed` that arrives, as a stream.
            #[inline]
            pub fn stream_failed(&self) -> __client::MessageStream<Failure> {
                __client::stream(&self.0, 6, <Failure as __private::Payload>::decode_any)
            }
            ///Every `failed` that `takes` takes, as a stream.
            pub fn stream_failed_where(
                &self,
                __takes: impl ::core::ops::Fn(
                    &Failure,
                ) -> ::core::primitive::bool + ::core::marker::Send + ::core::marker::Sync + 'static,
            ) -> __client::MessageStream<Failure> {
                __client::stream_where(
                    &self.0,
                    6,
                    <Failure as __private::Payload>::decode_any,
                    __takes,
                )
            }
            #[doc(hidden)]
            pub fn send_banner<'__n>(&self, _: &Banner) -> __client::Sending
            where
                __client::ClientSide<'__n>: __client::Sends<Desk>,
            {
                ::core::unreachable!()
            }
            #[doc(hidden)]
            pub fn try_send_banner<'__n>(
                &self,
                _: &Banner,
            ) -> ::core::result::Result<(), __client::SendError>
            where
                __client::ClientSide<'__n>: __client::Sends<Desk>,
            {
                ::core::unreachable!()
            }
            ///Calls `handler` with every `banner` that arrives, one at a time, in order.
            pub fn on_banner<__R, __M>(
                &self,
                __handler: impl ::core::ops::FnMut(
                    Banner,
                ) -> __R + ::core::marker::Send + 'static,
            ) -> __client::Subscription
            where
                __R: __client::Outcome<__M, Settled: ::core::marker::Send + 'static>
                    + 'static,
                __M: 'static,
            {
                __client::on(
                    &self.0,
                    7,
                    <Banner as __private::Payload>::decode_any,
                    __handler,
                )
            }
            ///Removes every handler of `banner`.
            #[inline]
            pub fn off_banner(&self) {
                __client::off(&self.0, 7);
            }
            ///Every `banner` that arrives, as a stream.
            #[inline]
            pub fn stream_banner(&self) -> __client::MessageStream<Banner> {
                __client::stream(&self.0, 7, <Banner as __private::Payload>::decode_any)
            }
            ///Every `banner` that `takes` takes, as a stream.
            pub fn stream_banner_where(
                &self,
                __takes: impl ::core::ops::Fn(
                    &Banner,
                ) -> ::core::primitive::bool + ::core::marker::Send + ::core::marker::Sync + 'static,
            ) -> __client::MessageStream<Banner> {
                __client::stream_where(
                    &self.0,
                    7,
                    <Banner as __private::Payload>::decode_any,
                    __takes,
                )
            }
            ///Calls the method of a [`DeskHandler`] for every message, in arrival order.
            pub fn handle(&self, __handler: impl DeskHandler) -> __client::Subscription {
                __client::handle(
                    &self.0,
                    __handler,
                    |mut __handler, __message| async move {
                        match __message {
                            Desk::Hello(__data) => {
                                DeskHandler::hello(&mut *__handler, __data).await
                            }
                            Desk::Placed(__data) => {
                                DeskHandler::placed(&mut *__handler, __data).await
                            }
                            Desk::Failed(__data) => {
                                DeskHandler::failed(&mut *__handler, __data).await
                            }
                            Desk::Banner(__data) => {
                                DeskHandler::banner(&mut *__handler, __data).await
                            }
                            _ => {}
                        }
                    },
                )
            }
        }
        #[allow(dead_code, deprecated, clippy::all, clippy::pedantic, clippy::nursery)]
        impl DeskOpening {
            ///Sends `order/place`, before the queue.
            pub fn send_place(&self, __payload: &Order) -> __client::OpeningSend {
                __client::send_opening::<
                    Desk,
                    _,
                >(&self.0, 0, __payload, <Order as __private::Payload>::encode)
            }
            ///Calls `order/place`, before the queue: resolves to the reply.
            #[inline]
            pub fn call_place(
                &self,
                __payload: &Order,
            ) -> __client::Call<OrderPlaced, Failure> {
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
                    <OrderPlaced as __private::Payload>::decode_any,
                    <Failure as __private::Payload>::decode_any,
                )
            }
            ///Sends `ping`, before the queue.
            pub fn send_ping(&self) -> __client::OpeningSend {
                __client::send_opening_unit::<Desk>(&self.0, 1)
            }
            ///Sends `raw`, before the queue.
            pub fn send_raw(&self, __payload: &Vec<u8>) -> __client::OpeningSend {
                __client::send_opening::<
                    Desk,
                    _,
                >(&self.0, 2, __payload, <Vec<u8> as __private::Payload>::encode)
            }
            ///Sends `ack`, before the queue.
            pub fn send_ack(&self, __payload: &Ack) -> __client::OpeningSend {
                __client::send_opening::<
                    Desk,
                    _,
                >(&self.0, 3, __payload, <Ack as __private::Payload>::encode)
            }
            ///Waits for the next message, which must be `-10`.
            pub fn expect_hello(&self) -> __client::Expecting<Hello> {
                __client::expect::<
                    Desk,
                    _,
                >(&self.0, 4, <Hello as __private::Payload>::decode_any)
            }
            ///Waits for the next message, which must be `placed`.
            #[cfg_attr(
                not(doctest),
                doc = "",
                doc = "Not called like the integer that tells it."
            )]
            pub fn expect_placed(&self) -> __client::Expecting<OrderPlaced> {
                __client::expect::<
                    Desk,
                    _,
                >(&self.0, 5, <OrderPlaced as __private::Payload>::decode_any)
            }
            ///Waits for the next message, which must be `failed`.
            pub fn expect_failed(&self) -> __client::Expecting<Failure> {
                __client::expect::<
                    Desk,
                    _,
                >(&self.0, 6, <Failure as __private::Payload>::decode_any)
            }
            ///Waits for the next message, which must be `banner`.
            pub fn expect_banner(&self) -> __client::Expecting<Banner> {
                __client::expect::<
                    Desk,
                    _,
                >(&self.0, 7, <Banner as __private::Payload>::decode_any)
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
        impl __client::Outgoing<Desk, __client::At<2>> for Vec<u8> {
            const INDEX: ::core::primitive::usize = 2;
            const ENCODE: __client::Encode<Self> = <Vec<u8> as __private::Payload>::encode;
        }
        #[automatically_derived]
        #[allow(deprecated)]
        impl __client::Outgoing<Desk, __client::At<3>> for Ack {
            const INDEX: ::core::primitive::usize = 3;
            const ENCODE: __client::Encode<Self> = <Ack as __private::Payload>::encode;
        }
        #[automatically_derived]
        #[allow(deprecated)]
        impl<'__n> __client::Outgoing<Desk, __client::At<4>> for Hello
        where
            __client::ClientSide<'__n>: __client::MaySend<Hello>,
        {
            const INDEX: ::core::primitive::usize = 4;
            const ENCODE: __client::Encode<Self> = <Hello as __private::Payload>::encode;
        }
        #[automatically_derived]
        #[allow(deprecated)]
        impl<'__n> __client::Outgoing<Desk, __client::At<5>> for OrderPlaced
        where
            __client::ClientSide<'__n>: __client::MaySend<OrderPlaced>,
        {
            const INDEX: ::core::primitive::usize = 5;
            const ENCODE: __client::Encode<Self> = <OrderPlaced as __private::Payload>::encode;
        }
        #[automatically_derived]
        #[allow(deprecated)]
        impl<'__n> __client::Outgoing<Desk, __client::At<6>> for Failure
        where
            __client::ClientSide<'__n>: __client::MaySend<Failure>,
        {
            const INDEX: ::core::primitive::usize = 6;
            const ENCODE: __client::Encode<Self> = <Failure as __private::Payload>::encode;
        }
        #[automatically_derived]
        #[allow(deprecated)]
        impl<'__n> __client::Outgoing<Desk, __client::At<7>> for Banner
        where
            __client::ClientSide<'__n>: __client::MaySend<Banner>,
        {
            const INDEX: ::core::primitive::usize = 7;
            const ENCODE: __client::Encode<Self> = <Banner as __private::Payload>::encode;
        }
    };
}
