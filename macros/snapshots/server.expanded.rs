const _: () = {
    #[allow(unused_imports)]
    use ::wirebond::__private::v0_1 as __private;
    #[automatically_derived]
    #[allow(deprecated)]
    impl __private::WireContract for App {
        const HEADS: &'static [&'static ::core::primitive::str] = &[
            __private::head!("\"chat\""),
            __private::head!("\"user-status\""),
            __private::head!("\"closing\""),
            __private::head!("\"leave\""),
        ];
        fn position(
            __name: &::core::primitive::str,
        ) -> ::core::option::Option<::core::primitive::usize> {
            ::core::option::Option::Some(
                match __name {
                    "chat" => 0,
                    "user-status" => 1,
                    "closing" => 2,
                    "leave" => 3,
                    _ => return ::core::option::Option::None,
                },
            )
        }
        fn index(&self) -> ::core::primitive::usize {
            match self {
                Self::Chat(..) => 0,
                Self::Presence(..) => 1,
                Self::Closing => 2,
                Self::Leave => 3,
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
                Self::Presence(__data) => {
                    <UserStatus as __private::Payload>::write(__data, __fields)
                }
                Self::Closing => ::core::result::Result::Ok(()),
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
                        <UserStatus as __private::Payload>::read(__data),
                        Self::Presence,
                    )
                }
                _ => ::core::result::Result::Err(__private::no_payload()),
            }
        }
        fn unit(__index: ::core::primitive::usize) -> ::core::option::Option<Self> {
            match __index {
                2 => ::core::option::Option::Some(Self::Closing),
                3 => ::core::option::Option::Some(Self::Leave),
                _ => ::core::option::Option::None,
            }
        }
    }
    #[automatically_derived]
    #[allow(deprecated)]
    impl __private::Contract for App {
        const NAME: &'static ::core::primitive::str = "App";
        const VERSION: &'static ::core::primitive::str = "1.0.0";
        const DESCRIPTION: &'static ::core::primitive::str = "What is said in a room.";
        const MESSAGES: &'static [__private::MessageInfo] = &[
            __private::MessageInfo::carrying(
                    "chat",
                    "Chat",
                    __private::Direction::Both,
                    <Chat as __private::Payload>::SCHEMA,
                )
                .described("A line."),
            __private::MessageInfo::carrying(
                    "user-status",
                    "Presence",
                    __private::Direction::Server,
                    <UserStatus as __private::Payload>::SCHEMA,
                )
                .deprecated(),
            __private::MessageInfo::unit(
                "closing",
                "Closing",
                __private::Direction::Server,
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
        #[cfg_attr(not(doctest), doc = "", doc = "A line.")]
        fn chat(
            &mut self,
            data: Chat,
        ) -> impl ::core::future::Future<Output = ()> + ::core::marker::Send;
        ///Called with every `user-status`.
        fn presence(
            &mut self,
            data: UserStatus,
        ) -> impl ::core::future::Future<Output = ()> + ::core::marker::Send;
        ///Called with every `closing`.
        fn closing(
            &mut self,
        ) -> impl ::core::future::Future<Output = ()> + ::core::marker::Send;
    }
    const _: () = {
        #[allow(unused_imports)]
        use ::wirebond::__private::v0_1 as __private;
        use ::wirebond::__private::v0_1::client as __client;
        #[allow(dead_code, deprecated, clippy::all, clippy::pedantic, clippy::nursery)]
        impl AppClient {
            ///Sends `chat`: queued now, written as soon as a connection is open.
            #[cfg_attr(not(doctest), doc = "", doc = "A line.")]
            #[inline]
            pub fn send_chat(&self, __payload: &Chat) -> __client::Sending {
                __client::send::<
                    App,
                    _,
                >(&self.0, 0, __payload, <Chat as __private::Payload>::encode)
            }
            ///Sends `chat` without waiting: `QueueFull` where `send_chat` would wait.
            #[cfg_attr(not(doctest), doc = "", doc = "A line.")]
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
            #[cfg_attr(not(doctest), doc = "", doc = "A line.")]
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
            #[cfg_attr(not(doctest), doc = "", doc = "A line.")]
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
            #[cfg_attr(not(doctest), doc = "", doc = "A line.")]
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
            #[cfg_attr(not(doctest), doc = "", doc = "A line.")]
            #[inline]
            pub fn off_chat(&self) {
                __client::off(&self.0, 0);
            }
            ///Every `chat` that arrives, as a stream.
            #[cfg_attr(not(doctest), doc = "", doc = "A line.")]
            #[inline]
            pub fn stream_chat(&self) -> __client::MessageStream<Chat> {
                __client::stream(&self.0, 0, <Chat as __private::Payload>::decode)
            }
            ///Every `chat` that `takes` takes, as a stream.
            #[cfg_attr(not(doctest), doc = "", doc = "A line.")]
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
            pub fn send_presence<'__n>(&self, _: &UserStatus) -> __client::Sending
            where
                __client::ClientSide<'__n>: __client::Sends<App>,
            {
                ::core::unreachable!()
            }
            #[doc(hidden)]
            pub fn try_send_presence<'__n>(
                &self,
                _: &UserStatus,
            ) -> ::core::result::Result<(), __client::SendError>
            where
                __client::ClientSide<'__n>: __client::Sends<App>,
            {
                ::core::unreachable!()
            }
            ///Calls `handler` with every `user-status` that arrives, one at a time, in order.
            #[deprecated]
            pub fn on_presence<__R, __M>(
                &self,
                __handler: impl ::core::ops::FnMut(
                    UserStatus,
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
                    <UserStatus as __private::Payload>::decode,
                    __handler,
                )
            }
            ///Removes every handler of `user-status`.
            #[deprecated]
            #[inline]
            pub fn off_presence(&self) {
                __client::off(&self.0, 1);
            }
            ///Every `user-status` that arrives, as a stream.
            #[deprecated]
            #[inline]
            pub fn stream_presence(&self) -> __client::MessageStream<UserStatus> {
                __client::stream(&self.0, 1, <UserStatus as __private::Payload>::decode)
            }
            ///Every `user-status` that `takes` takes, as a stream.
            #[deprecated]
            pub fn stream_presence_where(
                &self,
                __takes: impl ::core::ops::Fn(
                    &UserStatus,
                ) -> ::core::primitive::bool + ::core::marker::Send + ::core::marker::Sync + 'static,
            ) -> __client::MessageStream<UserStatus> {
                __client::stream_where(
                    &self.0,
                    1,
                    <UserStatus as __private::Payload>::decode,
                    __takes,
                )
            }
            #[doc(hidden)]
            pub fn send_closing<'__n>(&self) -> __client::Sending
            where
                __client::ClientSide<'__n>: __client::Sends<App>,
            {
                ::core::unreachable!()
            }
            #[doc(hidden)]
            pub fn try_send_closing<'__n>(
                &self,
            ) -> ::core::result::Result<(), __client::SendError>
            where
                __client::ClientSide<'__n>: __client::Sends<App>,
            {
                ::core::unreachable!()
            }
            ///Calls `handler` with every `closing` that arrives, one at a time, in order.
            pub fn on_closing<__R, __M>(
                &self,
                __handler: impl ::core::ops::FnMut() -> __R + ::core::marker::Send + 'static,
            ) -> __client::Subscription
            where
                __R: __client::Outcome<__M, Settled: ::core::marker::Send + 'static>
                    + 'static,
                __M: 'static,
            {
                __client::on_unit(&self.0, 2, __handler)
            }
            ///Removes every handler of `closing`.
            #[inline]
            pub fn off_closing(&self) {
                __client::off(&self.0, 2);
            }
            ///Every `closing` that arrives, as a stream.
            #[inline]
            pub fn stream_closing(&self) -> __client::MessageStream<()> {
                __client::stream_unit(&self.0, 2)
            }
            ///Sends `leave`: queued now, written as soon as a connection is open.
            #[inline]
            pub fn send_leave(&self) -> __client::Sending {
                __client::send_unit::<App>(&self.0, 3)
            }
            ///Sends `leave` without waiting: `QueueFull` where `send_leave` would wait.
            #[inline]
            pub fn try_send_leave(&self) -> ::core::result::Result<(), __client::SendError> {
                __client::try_send_unit::<App>(&self.0, 3)
            }
            ///Sends `leave` on every connection, until the hold is released or dropped.
            pub fn hold_leave(
                &self,
            ) -> ::core::result::Result<__client::Hold<App>, __client::SendError> {
                __client::hold_unit::<App>(&self.0, 3)
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
                            App::Presence(__data) => {
                                AppHandler::presence(&mut *__handler, __data).await
                            }
                            App::Closing => AppHandler::closing(&mut *__handler).await,
                            _ => {}
                        }
                    },
                )
            }
        }
        #[allow(dead_code, deprecated, clippy::all, clippy::pedantic, clippy::nursery)]
        impl AppOpening {
            ///Sends `chat`, before the queue.
            #[cfg_attr(not(doctest), doc = "", doc = "A line.")]
            pub fn send_chat(&self, __payload: &Chat) -> __client::OpeningSend {
                __client::send_opening::<
                    App,
                    _,
                >(&self.0, 0, __payload, <Chat as __private::Payload>::encode)
            }
            ///Waits for the next message, which must be `chat`.
            #[cfg_attr(not(doctest), doc = "", doc = "A line.")]
            pub fn expect_chat(&self) -> __client::Expecting<Chat> {
                __client::expect::<App, _>(&self.0, 0, <Chat as __private::Payload>::decode)
            }
            ///Waits for the next message, which must be `user-status`.
            #[deprecated]
            pub fn expect_presence(&self) -> __client::Expecting<UserStatus> {
                __client::expect::<
                    App,
                    _,
                >(&self.0, 1, <UserStatus as __private::Payload>::decode)
            }
            ///Waits for the next message, which must be `closing`.
            pub fn expect_closing(&self) -> __client::Expecting<()> {
                __client::expect_unit::<App>(&self.0, 2)
            }
            ///Sends `leave`, before the queue.
            pub fn send_leave(&self) -> __client::OpeningSend {
                __client::send_opening_unit::<App>(&self.0, 3)
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
        impl<'__n> __client::Outgoing<App, __client::At<1>> for UserStatus
        where
            __client::ClientSide<'__n>: __client::MaySend<UserStatus>,
        {
            const INDEX: ::core::primitive::usize = 1;
            const ENCODE: __client::Encode<Self> = <UserStatus as __private::Payload>::encode;
        }
    };
}
::wirebond::__private::v0_1::with_server! {
    #[doc = "A client that speaks [`App`]: a cheap handle that may be cloned."]
    #[derive(::core::clone::Clone, ::core::fmt::Debug)] pub struct
    AppPeer(::wirebond::__private::v0_1::server::Peer);
    ::wirebond::__private::v0_1::server::peer_methods! { pub AppPeer AppTarget AppServer
    } #[doc =
    r" Peers to send one message to. It is encoded once, and they share its bytes."]
    #[derive(::core::clone::Clone, ::core::fmt::Debug)] pub struct
    AppTarget(::wirebond::__private::v0_1::server::Target);
    ::wirebond::__private::v0_1::server::target_methods! { pub AppPeer AppTarget } #[doc
    = "The server's side of [`App`]: a cheap handle that may be cloned."]
    #[derive(::core::clone::Clone, ::core::fmt::Debug)] pub struct
    AppServer(::wirebond::__private::v0_1::server::Server);
    ::wirebond::__private::v0_1::server::server_methods! { pub AppServer AppTarget
    AppServerBuilder App } #[doc =
    "Describes a [`AppServer`]: a handler for each message of the client, one at a time for each peer."]
    #[derive(::core::fmt::Debug)] #[must_use = "`build()` makes the server"] pub struct
    AppServerBuilder(::wirebond::__private::v0_1::server::Builder < AppServer >);
    ::wirebond::__private::v0_1::server::builder_methods! { pub AppServerBuilder AppPeer
    AppServer } #[doc =
    "Handles every message that the client side of [`App`] may send: see `AppServerBuilder::service`. Write each method as `async fn`. One value serves all peers, so it is shared."]
    #[allow(dead_code, deprecated, clippy::all, clippy::pedantic, clippy::nursery)] pub
    trait AppService : ::core::marker::Send + ::core::marker::Sync + 'static { #[doc =
    "Called with every `chat`."] #[cfg_attr(not(doctest), doc = "", doc = "A line.")] fn
    chat(& self, peer : & AppPeer, data : Chat) -> impl ::core::future::Future < Output =
    () > + ::core::marker::Send; #[doc = "Called with every `leave`."] fn leave(& self,
    peer : & AppPeer) -> impl ::core::future::Future < Output = () > +
    ::core::marker::Send; } const _ : () = { #[allow(unused_imports)] use
    ::wirebond::__private::v0_1 as __private; use ::wirebond::__private::v0_1::server as
    __server; #[allow(dead_code, deprecated, clippy::all, clippy::pedantic,
    clippy::nursery)] impl AppPeer { #[doc =
    "Sends `chat`: resolves when it is queued, and waits while the queue is full."]
    #[cfg_attr(not(doctest), doc = "", doc = "A line.")] pub fn send_chat(& self,
    __payload : & Chat) -> __server::Sending { __server::Peer::send_encoded(& self.0,
    __server::encoded:: < App, _ > (0, __payload, < Chat as __private::Payload >
    ::encode)) } #[doc =
    "Sends `chat` without waiting: `QueueFull` where `send_chat` would wait."]
    #[cfg_attr(not(doctest), doc = "", doc = "A line.")] pub fn try_send_chat(& self,
    __payload : & Chat) -> ::core::result::Result < (), __server::SendError > {
    __server::Peer::try_send_encoded(& self.0, __server::encoded:: < App, _ > (0,
    __payload, < Chat as __private::Payload > ::encode)) } #[doc =
    "Sends `user-status`: resolves when it is queued, and waits while the queue is full."]
    #[deprecated] pub fn send_presence(& self, __payload : & UserStatus) ->
    __server::Sending { __server::Peer::send_encoded(& self.0, __server::encoded:: < App,
    _ > (1, __payload, < UserStatus as __private::Payload > ::encode)) } #[doc =
    "Sends `user-status` without waiting: `QueueFull` where `send_presence` would wait."]
    #[deprecated] pub fn try_send_presence(& self, __payload : & UserStatus) ->
    ::core::result::Result < (), __server::SendError > {
    __server::Peer::try_send_encoded(& self.0, __server::encoded:: < App, _ > (1,
    __payload, < UserStatus as __private::Payload > ::encode)) } #[doc =
    "Sends `closing`: resolves when it is queued, and waits while the queue is full."]
    pub fn send_closing(& self,) -> __server::Sending { __server::Peer::send_encoded(&
    self.0, __server::encoded_unit:: < App > (2)) } #[doc =
    "Sends `closing` without waiting: `QueueFull` where `send_closing` would wait."] pub
    fn try_send_closing(& self,) -> ::core::result::Result < (), __server::SendError > {
    __server::Peer::try_send_encoded(& self.0, __server::encoded_unit:: < App > (2)) }
    #[doc(hidden)] pub fn send_leave < '__n > (& self,) -> __server::Sending where
    __server::ServerSide < '__n > : __server::Sends < App > { ::core::unreachable!() }
    #[doc(hidden)] pub fn try_send_leave < '__n > (& self,) -> ::core::result::Result <
    (), __server::SendError > where __server::ServerSide < '__n > : __server::Sends < App
    > { ::core::unreachable!() } } #[allow(dead_code, deprecated, clippy::all,
    clippy::pedantic, clippy::nursery)] impl AppTarget { #[doc =
    "Sends `chat` to all of them. It never waits: a peer whose queue is full is closed with 4408."]
    #[cfg_attr(not(doctest), doc = "", doc = "A line.")] pub fn send_chat(& self,
    __payload : & Chat) -> ::core::result::Result < __server::Sent, __server::SendError >
    { __server::Target::send_encoded(& self.0, __server::encoded:: < App, _ > (0,
    __payload, < Chat as __private::Payload > ::encode)) } #[doc =
    "Sends `user-status` to all of them. It never waits: a peer whose queue is full is closed with 4408."]
    #[deprecated] pub fn send_presence(& self, __payload : & UserStatus) ->
    ::core::result::Result < __server::Sent, __server::SendError > {
    __server::Target::send_encoded(& self.0, __server::encoded:: < App, _ > (1,
    __payload, < UserStatus as __private::Payload > ::encode)) } #[doc =
    "Sends `closing` to all of them. It never waits: a peer whose queue is full is closed with 4408."]
    pub fn send_closing(& self,) -> ::core::result::Result < __server::Sent,
    __server::SendError > { __server::Target::send_encoded(& self.0,
    __server::encoded_unit:: < App > (2)) } #[doc(hidden)] pub fn send_leave < '__n > (&
    self,) -> ::core::result::Result < __server::Sent, __server::SendError > where
    __server::ServerSide < '__n > : __server::Sends < App > { ::core::unreachable!() } }
    #[allow(dead_code, deprecated, clippy::all, clippy::pedantic, clippy::nursery)] impl
    AppServerBuilder { #[doc =
    "Calls `handler` with the peer and every `chat` that it sends."]
    #[cfg_attr(not(doctest), doc = "", doc = "A line.")] pub fn on_chat < __R, __M >
    (self, __handler : impl ::core::ops::Fn(AppPeer, Chat) -> __R + ::core::marker::Send
    + ::core::marker::Sync + 'static,) -> Self where __R : __server::Outcome < __M,
    Settled : ::core::marker::Send + 'static >, { Self(__server::on(self.0, "chat", <
    Chat as __private::Payload > ::decode, __handler)) } #[doc =
    "Calls `handler` with the peer and every `leave` that it sends."] pub fn on_leave <
    __R, __M > (self, __handler : impl ::core::ops::Fn(AppPeer,) -> __R +
    ::core::marker::Send + ::core::marker::Sync + 'static,) -> Self where __R :
    __server::Outcome < __M, Settled : ::core::marker::Send + 'static >, {
    Self(__server::on_unit(self.0, "leave", __handler)) } #[doc(hidden)] pub fn
    on_presence < '__n, __R > (self, _ : impl ::core::ops::Fn(AppPeer, UserStatus) ->
    __R) -> Self where __server::ServerSide < '__n > : __server::Receives < App > {
    ::core::unreachable!() } #[doc(hidden)] pub fn on_closing < '__n, __R > (self, _ :
    impl ::core::ops::Fn(AppPeer,) -> __R) -> Self where __server::ServerSide < '__n > :
    __server::Receives < App > { ::core::unreachable!() } #[doc =
    r" Handles every message with the method of that name. A new message then breaks the build"]
    #[doc = r" until it is handled."] pub fn service(self, __service : impl AppService)
    -> Self { let __service = __server::Arc::new(__service); let __builder = self.0; let
    __builder = __server::serve(__builder, & __service, "chat", < Chat as
    __private::Payload > ::decode, | __service, __peer : AppPeer, __data | async move {
    AppService::chat(& * __service, & __peer, __data). await },); let __builder =
    __server::serve_unit(__builder, & __service, "leave", | __service, __peer : AppPeer |
    async move { AppService::leave(& * __service, & __peer). await },); let _ =
    __service; Self(__builder) } } };
}
