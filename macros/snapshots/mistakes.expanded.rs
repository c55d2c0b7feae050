const _: () = {
    #[allow(unused_imports)]
    use ::wirebond::__private::v0_1 as __private;
    #[automatically_derived]
    #[allow(deprecated)]
    impl __private::WireContract for App {
        const HEADS: &'static [&'static ::core::primitive::str] = &[
            __private::head!("\"chat\""),
        ];
        fn position(
            __name: &::core::primitive::str,
        ) -> ::core::option::Option<::core::primitive::usize> {
            ::core::option::Option::Some(
                match __name {
                    "chat" => 0,
                    _ => return ::core::option::Option::None,
                },
            )
        }
        fn index(&self) -> ::core::primitive::usize {
            match self {
                Self::Chat(..) => 0,
                #[allow(unreachable_patterns)]
                _ => ::core::unreachable!(),
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
                #[allow(unreachable_patterns)]
                _ => ::core::unreachable!(),
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
                _ => ::core::result::Result::Err(__private::no_payload()),
            }
        }
        fn unit(__index: ::core::primitive::usize) -> ::core::option::Option<Self> {
            match __index {
                _ => ::core::option::Option::None,
            }
        }
    }
    #[automatically_derived]
    #[allow(deprecated)]
    impl __private::Contract for App {
        const NAME: &'static ::core::primitive::str = "App";
        const VERSION: &'static ::core::primitive::str = "0.0.0";
        const DESCRIPTION: &'static ::core::primitive::str = "";
        const MESSAGES: &'static [__private::MessageInfo] = &[
            __private::MessageInfo::carrying(
                "chat",
                "Chat",
                __private::Direction::Both,
                <Chat as __private::Payload>::SCHEMA,
            ),
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
        fn contract() -> ::core::result::Result<
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
    struct AppClient(::wirebond::__private::v0_1::client::Client);
    ::wirebond::__private::v0_1::client::client_methods! {
        AppClient AppOpening App::wirebond::__private::v0_1::identity:: < App >
    }
    ///A connection of [`AppClient`] that is not open yet: see `Builder::opening`.
    #[derive(::core::clone::Clone, ::core::fmt::Debug)]
    struct AppOpening(::wirebond::__private::v0_1::client::Opening);
    ::wirebond::__private::v0_1::client::opening_methods! {
        AppOpening App
    }
    ::wirebond::__private::v0_1::client::client_aliases! {
        AppClient unconfirmed dropped kept
    }
    ///Handles every message that the server side of [`App`] may send: see `AppClient::handle`. Write each method as `async fn`.
    #[allow(dead_code, deprecated, clippy::all, clippy::pedantic, clippy::nursery)]
    trait AppHandler: ::core::marker::Send + 'static {
        ///Called with every `chat`.
        fn chat(
            &mut self,
            data: Chat,
        ) -> impl ::core::future::Future<Output = ()> + ::core::marker::Send;
    }
    const _: () = {
        #[allow(unused_imports)]
        use ::wirebond::__private::v0_1 as __private;
        use ::wirebond::__private::v0_1::client as __client;
        #[allow(dead_code, deprecated, clippy::all, clippy::pedantic, clippy::nursery)]
        impl AppClient {
            ///Sends `chat`: queued now, written as soon as a connection is open.
            #[inline]
            fn send_chat(&self, __payload: &Chat) -> __client::Sending {
                __client::send::<
                    App,
                    _,
                >(&self.0, 0, __payload, <Chat as __private::Payload>::encode)
            }
            ///Sends `chat` without waiting: `QueueFull` where `send_chat` would wait.
            #[inline]
            fn try_send_chat(
                &self,
                __payload: &Chat,
            ) -> ::core::result::Result<(), __client::SendError> {
                __client::try_send::<
                    App,
                    _,
                >(&self.0, 0, __payload, <Chat as __private::Payload>::encode)
            }
            ///Sends `chat` on every connection, until the hold is released or dropped.
            fn hold_chat(
                &self,
                __payload: &Chat,
            ) -> ::core::result::Result<__client::Hold<App>, __client::SendError> {
                __client::hold::<
                    App,
                    _,
                >(&self.0, 0, __payload, <Chat as __private::Payload>::encode)
            }
            ///As `hold_chat`, with a payload that is made whenever it is sent.
            fn hold_chat_with(
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
            fn on_chat<__R, __M>(
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
            #[inline]
            fn off_chat(&self) {
                __client::off(&self.0, 0);
            }
            ///Every `chat` that arrives, as a stream.
            #[inline]
            fn stream_chat(&self) -> __client::MessageStream<Chat> {
                __client::stream(&self.0, 0, <Chat as __private::Payload>::decode)
            }
            ///Every `chat` that `takes` takes, as a stream.
            fn stream_chat_where(
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
            ///Calls the method of a [`AppHandler`] for every message, in arrival order.
            fn handle(&self, __handler: impl AppHandler) -> __client::Subscription {
                __client::handle(
                    &self.0,
                    __handler,
                    |mut __handler, __message| async move {
                        match __message {
                            App::Chat(__data) => {
                                AppHandler::chat(&mut *__handler, __data).await
                            }
                            #[allow(unreachable_patterns)]
                            _ => {}
                        }
                    },
                )
            }
        }
        #[allow(dead_code, deprecated, clippy::all, clippy::pedantic, clippy::nursery)]
        impl AppOpening {
            ///Sends `chat`, before the queue.
            fn send_chat(&self, __payload: &Chat) -> __client::OpeningSend {
                __client::send_opening::<
                    App,
                    _,
                >(&self.0, 0, __payload, <Chat as __private::Payload>::encode)
            }
            ///Waits for the next message, which must be `chat`.
            fn expect_chat(&self) -> __client::Expecting<Chat> {
                __client::expect::<App, _>(&self.0, 0, <Chat as __private::Payload>::decode)
            }
        }
        #[automatically_derived]
        #[allow(deprecated)]
        impl __client::Outgoing<App, __client::At<0>> for Chat {
            const INDEX: ::core::primitive::usize = 0;
            const ENCODE: __client::Encode<Self> = <Chat as __private::Payload>::encode;
        }
    };
}
::core::compile_error! {
    "`contract` has no key `flavour`: there are `version`, `name`, `rename_all`, `client`, `handler`, `opening`, `crate`, `server`, `history`, `tag`, `content`, `timestamp`, `constant`, `batch`, `id`, `re`, `ids`, `result`, `error`, `success`"
}
::core::compile_error! {
    "a version follows SemVer, such as \"1.2.0\" (unexpected character 'o' while parsing major version number); see semver.org"
}
::core::compile_error! {
    "a message has one payload: give these 2 fields a type of their own, `struct Two { … }`, and write `Two(Two)`"
}
::core::compile_error! {
    "the wire name \"ping\" is reserved (it is the built-in heartbeat): choose another with `#[message(name = \"…\")]`"
}
