const _: () = {
    #[allow(unused_imports)]
    use ::wirebond::__private::v0_1 as __private;
    #[automatically_derived]
    #[allow(deprecated)]
    impl __private::WireContract for App {
        const HEADS: &'static [&'static ::core::primitive::str] = &[
            __private::head!("\"chat\""),
            __private::head!("\"order-update\""),
            __private::head!("\"leave\""),
        ];
        fn position(
            __name: &::core::primitive::str,
        ) -> ::core::option::Option<::core::primitive::usize> {
            ::core::option::Option::Some(
                match __name {
                    "chat" => 0,
                    "order-update" => 1,
                    "leave" => 2,
                    _ => return ::core::option::Option::None,
                },
            )
        }
        fn index(&self) -> ::core::primitive::usize {
            match self {
                Self::Chat(..) => 0,
                Self::OrderUpdate(..) => 1,
                Self::Leave => 2,
            }
        }
        fn write_data<__S: __private::SerializeStruct>(
            &self,
            __fields: &mut __private::Fields<'_, __S>,
        ) -> ::core::result::Result<(), __S::Error> {
            match self {
                Self::Chat(__data) => {
                    <Chat as __private::Payload>::write(__data, __fields)
                }
                Self::OrderUpdate(__data) => {
                    <OrderUpdate as __private::Payload>::write(__data, __fields)
                }
                Self::Leave => ::core::result::Result::Ok(()),
            }
        }
        fn read_data<'__de, __D: __private::Deserializer<'__de>>(
            __index: ::core::primitive::usize,
            __data: __D,
        ) -> ::core::result::Result<Self, __D::Error> {
            match __index {
                0 => {
                    ::core::result::Result::map(
                        <Chat as __private::Payload>::read(__data),
                        Self::Chat,
                    )
                }
                1 => {
                    ::core::result::Result::map(
                        <OrderUpdate as __private::Payload>::read(__data),
                        Self::OrderUpdate,
                    )
                }
                _ => ::core::result::Result::Err(__private::no_payload()),
            }
        }
        fn unit(__index: ::core::primitive::usize) -> ::core::option::Option<Self> {
            match __index {
                2 => ::core::option::Option::Some(Self::Leave),
                _ => ::core::option::Option::None,
            }
        }
    }
    #[automatically_derived]
    #[allow(deprecated)]
    impl __private::Contract for App {
        const NAME: &'static ::core::primitive::str = "App";
        const VERSION: &'static ::core::primitive::str = "1.0.0";
        const DESCRIPTION: &'static ::core::primitive::str = "Everything the app and its backend say to each other.";
        const MESSAGES: &'static [__private::MessageInfo] = &[
            __private::MessageInfo::carrying(
                    "chat",
                    "Chat",
                    __private::Direction::Both,
                    <Chat as __private::Payload>::SCHEMA,
                )
                .described("A line that somebody typed."),
            __private::MessageInfo::carrying(
                "order-update",
                "OrderUpdate",
                __private::Direction::Server,
                <OrderUpdate as __private::Payload>::SCHEMA,
            ),
            __private::MessageInfo::unit("leave", "Leave", __private::Direction::Client),
        ];
    }
    #[automatically_derived]
    #[allow(deprecated)]
    impl App {
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
    ///The typed client of [`App`]: a cheap handle that may be cloned.
    #[derive(::core::clone::Clone, ::core::fmt::Debug)]
    pub struct AppClient(::wirebond::__private::v0_1::client::Client);
    ::wirebond::__private::v0_1::client::client_methods! {
        pub AppClient AppOpening App::wirebond::__private::v0_1::identity:: < App >
    }
    ///A connection of [`AppClient`] that is not open yet: see `Builder::opening`.
    #[derive(::core::clone::Clone, ::core::fmt::Debug)]
    pub struct AppOpening(::wirebond::__private::v0_1::client::Opening);
    ::wirebond::__private::v0_1::client::opening_methods! {
        pub AppOpening App
    }
    ::wirebond::__private::v0_1::client::client_aliases! {
        pub AppClient unconfirmed dropped kept
    }
    ///Handles every message that the server side of [`App`] may send: see `AppClient::handle`. Write each method as `async fn`.
    #[allow(dead_code, deprecated, clippy::all, clippy::pedantic, clippy::nursery)]
    pub trait AppHandler: ::core::marker::Send + 'static {
        ///Called with every `chat`.
        #[cfg_attr(not(doctest), doc = "", doc = "A line that somebody typed.")]
        fn chat(
            &mut self,
            data: Chat,
        ) -> impl ::core::future::Future<Output = ()> + ::core::marker::Send;
        ///Called with every `order-update`.
        fn order_update(
            &mut self,
            data: OrderUpdate,
        ) -> impl ::core::future::Future<Output = ()> + ::core::marker::Send;
    }
    const _: () = {
        #[allow(unused_imports)]
        use ::wirebond::__private::v0_1 as __private;
        use ::wirebond::__private::v0_1::client as __client;
        #[allow(dead_code, deprecated, clippy::all, clippy::pedantic, clippy::nursery)]
        impl AppClient {
            ///Sends `chat`: queued now, written as soon as a connection is open.
            #[cfg_attr(not(doctest), doc = "", doc = "A line that somebody typed.")]
            #[inline]
            pub fn send_chat(&self, __payload: &Chat) -> __client::Sending {
                __client::send::<
                    App,
                    _,
                >(&self.0, 0, __payload, <Chat as __private::Payload>::encode)
            }
            ///Sends `chat` without waiting: `QueueFull` where `send_chat` would wait.
            #[cfg_attr(not(doctest), doc = "", doc = "A line that somebody typed.")]
            #[inline]
            pub fn try_send_chat(
                &self,
                __payload: &Chat,
            ) -> ::core::result::Result<(), __client::SendError> {
                __client::try_send::<
                    App,
                    _,
                >(&self.0, 0, __payload, <Chat as __private::Payload>::encode)
            }
            ///Sends `chat` on every connection, until the hold is released or dropped.
            #[cfg_attr(not(doctest), doc = "", doc = "A line that somebody typed.")]
            pub fn hold_chat(
                &self,
                __payload: &Chat,
            ) -> ::core::result::Result<__client::Hold<App>, __client::SendError> {
                __client::hold::<
                    App,
                    _,
                >(&self.0, 0, __payload, <Chat as __private::Payload>::encode)
            }
            ///As `hold_chat`, with a payload that is made whenever it is sent.
            #[cfg_attr(not(doctest), doc = "", doc = "A line that somebody typed.")]
            pub fn hold_chat_with(
                &self,
                __payload: impl ::core::ops::Fn(
                ) -> Chat + ::core::marker::Send + ::core::marker::Sync + 'static,
            ) -> ::core::result::Result<__client::Hold<App>, __client::SendError> {
                __client::hold_with::<
                    App,
                    _,
                >(&self.0, 0, __payload, <Chat as __private::Payload>::encode)
            }
            ///Calls `handler` with every `chat` that arrives, one at a time, in order.
            #[cfg_attr(not(doctest), doc = "", doc = "A line that somebody typed.")]
            pub fn on_chat<__R, __M>(
                &self,
                __handler: impl ::core::ops::FnMut(
                    Chat,
                ) -> __R + ::core::marker::Send + 'static,
            ) -> __client::Subscription
            where
                __R: __client::Outcome<__M, Settled: ::core::marker::Send + 'static>
                    + 'static,
                __M: 'static,
            {
                __client::on(&self.0, 0, <Chat as __private::Payload>::decode, __handler)
            }
            ///Removes every handler of `chat`.
            #[cfg_attr(not(doctest), doc = "", doc = "A line that somebody typed.")]
            #[inline]
            pub fn off_chat(&self) {
                __client::off(&self.0, 0);
            }
            ///Every `chat` that arrives, as a stream.
            #[cfg_attr(not(doctest), doc = "", doc = "A line that somebody typed.")]
            #[inline]
            pub fn stream_chat(&self) -> __client::MessageStream<Chat> {
                __client::stream(&self.0, 0, <Chat as __private::Payload>::decode)
            }
            ///Every `chat` that `takes` takes, as a stream.
            #[cfg_attr(not(doctest), doc = "", doc = "A line that somebody typed.")]
            pub fn stream_chat_where(
                &self,
                __takes: impl ::core::ops::Fn(
                    &Chat,
                ) -> ::core::primitive::bool + ::core::marker::Send + ::core::marker::Sync + 'static,
            ) -> __client::MessageStream<Chat> {
                __client::stream_where(
                    &self.0,
                    0,
                    <Chat as __private::Payload>::decode,
                    __takes,
                )
            }
            #[doc(hidden)]
            pub fn send_order_update<'__n>(&self, _: &OrderUpdate) -> __client::Sending
            where
                __client::ClientSide<'__n>: __client::Sends<App>,
            {
                ::core::unreachable!()
            }
            #[doc(hidden)]
            pub fn try_send_order_update<'__n>(
                &self,
                _: &OrderUpdate,
            ) -> ::core::result::Result<(), __client::SendError>
            where
                __client::ClientSide<'__n>: __client::Sends<App>,
            {
                ::core::unreachable!()
            }
            ///Calls `handler` with every `order-update` that arrives, one at a time, in order.
            pub fn on_order_update<__R, __M>(
                &self,
                __handler: impl ::core::ops::FnMut(
                    OrderUpdate,
                ) -> __R + ::core::marker::Send + 'static,
            ) -> __client::Subscription
            where
                __R: __client::Outcome<__M, Settled: ::core::marker::Send + 'static>
                    + 'static,
                __M: 'static,
            {
                __client::on(
                    &self.0,
                    1,
                    <OrderUpdate as __private::Payload>::decode,
                    __handler,
                )
            }
            ///Removes every handler of `order-update`.
            #[inline]
            pub fn off_order_update(&self) {
                __client::off(&self.0, 1);
            }
            ///Every `order-update` that arrives, as a stream.
            #[inline]
            pub fn stream_order_update(&self) -> __client::MessageStream<OrderUpdate> {
                __client::stream(&self.0, 1, <OrderUpdate as __private::Payload>::decode)
            }
            ///Every `order-update` that `takes` takes, as a stream.
            pub fn stream_order_update_where(
                &self,
                __takes: impl ::core::ops::Fn(
                    &OrderUpdate,
                ) -> ::core::primitive::bool + ::core::marker::Send + ::core::marker::Sync + 'static,
            ) -> __client::MessageStream<OrderUpdate> {
                __client::stream_where(
                    &self.0,
                    1,
                    <OrderUpdate as __private::Payload>::decode,
                    __takes,
                )
            }
            ///Sends `leave`: queued now, written as soon as a connection is open.
            #[inline]
            pub fn send_leave(&self) -> __client::Sending {
                __client::send_unit::<App>(&self.0, 2)
            }
            ///Sends `leave` without waiting: `QueueFull` where `send_leave` would wait.
            #[inline]
            pub fn try_send_leave(&self) -> ::core::result::Result<(), __client::SendError> {
                __client::try_send_unit::<App>(&self.0, 2)
            }
            ///Sends `leave` on every connection, until the hold is released or dropped.
            pub fn hold_leave(
                &self,
            ) -> ::core::result::Result<__client::Hold<App>, __client::SendError> {
                __client::hold_unit::<App>(&self.0, 2)
            }
            #[doc(hidden)]
            pub fn on_leave<'__n, __R>(
                &self,
                _: impl ::core::ops::FnMut() -> __R,
            ) -> __client::Subscription
            where
                __client::ClientSide<'__n>: __client::Receives<App>,
            {
                ::core::unreachable!()
            }
            #[doc(hidden)]
            pub fn off_leave<'__n>(&self)
            where
                __client::ClientSide<'__n>: __client::Receives<App>,
            {}
            #[doc(hidden)]
            pub fn stream_leave<'__n>(&self) -> __client::MessageStream<()>
            where
                __client::ClientSide<'__n>: __client::Receives<App>,
            {
                ::core::unreachable!()
            }
            ///Calls the method of a [`AppHandler`] for every message, in arrival order.
            pub fn handle(&self, __handler: impl AppHandler) -> __client::Subscription {
                __client::handle(
                    &self.0,
                    __handler,
                    |mut __handler, __message| async move {
                        match __message {
                            App::Chat(__data) => {
                                AppHandler::chat(&mut *__handler, __data).await
                            }
                            App::OrderUpdate(__data) => {
                                AppHandler::order_update(&mut *__handler, __data).await
                            }
                            _ => {}
                        }
                    },
                )
            }
        }
        #[allow(dead_code, deprecated, clippy::all, clippy::pedantic, clippy::nursery)]
        impl AppOpening {
            ///Sends `chat`, before the queue.
            #[cfg_attr(not(doctest), doc = "", doc = "A line that somebody typed.")]
            pub fn send_chat(&self, __payload: &Chat) -> __client::OpeningSend {
                __client::send_opening::<
                    App,
                    _,
                >(&self.0, 0, __payload, <Chat as __private::Payload>::encode)
            }
            ///Waits for the next message, which must be `chat`.
            #[cfg_attr(not(doctest), doc = "", doc = "A line that somebody typed.")]
            pub fn expect_chat(&self) -> __client::Expecting<Chat> {
                __client::expect::<App, _>(&self.0, 0, <Chat as __private::Payload>::decode)
            }
            ///Waits for the next message, which must be `order-update`.
            pub fn expect_order_update(&self) -> __client::Expecting<OrderUpdate> {
                __client::expect::<
                    App,
                    _,
                >(&self.0, 1, <OrderUpdate as __private::Payload>::decode)
            }
            ///Sends `leave`, before the queue.
            pub fn send_leave(&self) -> __client::OpeningSend {
                __client::send_opening_unit::<App>(&self.0, 2)
            }
        }
        #[automatically_derived]
        #[allow(deprecated)]
        impl __client::Outgoing<App, __client::At<0>> for Chat {
            const INDEX: ::core::primitive::usize = 0;
            const ENCODE: __client::Encode<Self> = <Chat as __private::Payload>::encode;
        }
        #[automatically_derived]
        #[allow(deprecated)]
        impl<'__n> __client::Outgoing<App, __client::At<1>> for OrderUpdate
        where
            __client::ClientSide<'__n>: __client::MaySend<OrderUpdate>,
        {
            const INDEX: ::core::primitive::usize = 1;
            const ENCODE: __client::Encode<Self> = <OrderUpdate as __private::Payload>::encode;
        }
    };
}
