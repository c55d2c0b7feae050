#[automatically_derived]
#[allow(deprecated)]
impl ::wirebond::__private::WireContract for App {
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
    fn write_data<__S: ::wirebond::__private::SerializeStruct>(
        &self,
        __fields: &mut ::wirebond::__private::Fields<'_, __S>,
    ) -> ::core::result::Result<(), __S::Error> {
        match self {
            Self::Chat(__data) => {
                <Chat as ::wirebond::__private::Payload>::write(__data, __fields)
            }
            Self::Presence(__data) => {
                <UserStatus as ::wirebond::__private::Payload>::write(__data, __fields)
            }
            Self::Closing => ::core::result::Result::Ok(()),
            Self::Leave => ::core::result::Result::Ok(()),
        }
    }
    fn read_data<'__de, __D: ::wirebond::__private::Deserializer<'__de>>(
        __index: ::core::primitive::usize,
        __data: __D,
    ) -> ::core::result::Result<Self, __D::Error> {
        match __index {
            0 => {
                ::core::result::Result::map(
                    <Chat as ::wirebond::__private::Payload>::read(__data),
                    Self::Chat,
                )
            }
            1 => {
                ::core::result::Result::map(
                    <UserStatus as ::wirebond::__private::Payload>::read(__data),
                    Self::Presence,
                )
            }
            _ => ::core::result::Result::Err(::wirebond::__private::no_payload()),
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
impl ::wirebond::__private::Contract for App {
    const NAME: &'static ::core::primitive::str = "App";
    const VERSION: &'static ::core::primitive::str = "1.0.0";
    const DESCRIPTION: &'static ::core::primitive::str = "What is said in a room.";
    const MESSAGES: &'static [::wirebond::__private::MessageInfo] = &[
        ::wirebond::__private::MessageInfo::carrying(
                "chat",
                "Chat",
                ::wirebond::__private::Direction::Both,
                <Chat as ::wirebond::__private::Payload>::SCHEMA,
            )
            .described("A line."),
        ::wirebond::__private::MessageInfo::carrying(
                "user-status",
                "Presence",
                ::wirebond::__private::Direction::Server,
                <UserStatus as ::wirebond::__private::Payload>::SCHEMA,
            )
            .deprecated(),
        ::wirebond::__private::MessageInfo::unit(
            "closing",
            "Closing",
            ::wirebond::__private::Direction::Server,
        ),
        ::wirebond::__private::MessageInfo::unit(
            "leave",
            "Leave",
            ::wirebond::__private::Direction::Client,
        ),
    ];
}
#[automatically_derived]
impl App {
    /// The contract as a document: what `contract.json` holds.
    ///
    /// Fails where no document could describe it; the error says which types or fields are in the
    /// way.
    #[allow(dead_code, unreachable_pub)]
    #[inline]
    pub fn contract() -> ::core::result::Result<
        ::wirebond::__private::Document,
        ::wirebond::__private::GenerateError,
    > {
        <Self as ::wirebond::__private::ContractDocument>::contract()
    }
}
with_client! {
    ///The typed client of [`App`]: a cheap handle that may be cloned.
    #[derive(::core::clone::Clone, ::core::fmt::Debug)]
    pub struct AppClient(::wirebond::__private::client::Client);
    #[automatically_derived]
    impl ::core::ops::Deref for AppClient {
        type Target = ::wirebond::__private::client::Client;
        fn deref(&self) -> &Self::Target {
            &self.0
        }
    }
    #[automatically_derived]
    #[allow(deprecated)]
    impl ::wirebond::__private::client::TypedClient for AppClient {
        type Contract = App;
        fn from_client(__client: ::wirebond::__private::client::Client) -> Self {
            Self(__client)
        }
    }
    #[allow(dead_code, deprecated, clippy::all, clippy::pedantic, clippy::nursery)]
    impl AppClient {
        ///Starts to describe a client that speaks [`App`] with `url`.
        pub fn builder<__M>(
            __url: impl ::wirebond::__private::client::UrlSource<__M>,
        ) -> ::wirebond::__private::client::Builder<Self> {
            ::wirebond::__private::client::builder(__url)
        }
        ///Sends `chat`: queued now, written as soon as a connection is open.
        #[cfg_attr(not(doctest), doc = "", doc = "A line.")]
        #[inline]
        pub fn send_chat(&self, __payload: &Chat) -> ::wirebond::__private::client::Sending {
            ::wirebond::__private::client::send(
                &self.0,
                "chat",
                <Chat as ::wirebond::__private::Payload>::encode(
                    __payload,
                    "{\"type\":\"chat\"",
                ),
            )
        }
        ///Sends `chat` without waiting: `QueueFull` where `send_chat` would wait.
        #[cfg_attr(not(doctest), doc = "", doc = "A line.")]
        #[inline]
        pub fn try_send_chat(
            &self,
            __payload: &Chat,
        ) -> ::core::result::Result<(), ::wirebond::__private::client::SendError> {
            ::wirebond::__private::client::try_send(
                &self.0,
                "chat",
                <Chat as ::wirebond::__private::Payload>::encode(
                    __payload,
                    "{\"type\":\"chat\"",
                ),
            )
        }
        ///Calls `handler` with every `chat` that arrives, one at a time, in order.
        #[cfg_attr(not(doctest), doc = "", doc = "A line.")]
        pub fn on_chat<__R, __M>(
            &self,
            __handler: impl ::core::ops::FnMut(Chat) -> __R + ::core::marker::Send + 'static,
        ) -> ::wirebond::__private::client::Subscription
        where
            __R: ::wirebond::__private::client::Outcome<
                    __M,
                    Settled: ::core::marker::Send + 'static,
                > + 'static,
            __M: 'static,
        {
            ::wirebond::__private::client::on(
                &self.0,
                0,
                <Chat as ::wirebond::__private::Payload>::decode,
                __handler,
            )
        }
        ///Removes every handler of `chat`.
        #[cfg_attr(not(doctest), doc = "", doc = "A line.")]
        #[inline]
        pub fn off_chat(&self) {
            ::wirebond::__private::client::off(&self.0, 0);
        }
        ///Every `chat` that arrives, as a stream.
        #[cfg_attr(not(doctest), doc = "", doc = "A line.")]
        #[inline]
        pub fn stream_chat(&self) -> ::wirebond::__private::client::MessageStream<Chat> {
            ::wirebond::__private::client::stream(
                &self.0,
                0,
                <Chat as ::wirebond::__private::Payload>::decode,
            )
        }
        #[doc(hidden)]
        pub fn send_presence<'__n>(
            &self,
            _: &UserStatus,
        ) -> ::wirebond::__private::client::Sending
        where
            ::wirebond::__private::client::ClientSide<
                '__n,
            >: ::wirebond::__private::client::Sends<App>,
        {
            ::core::unreachable!()
        }
        #[doc(hidden)]
        pub fn try_send_presence<'__n>(
            &self,
            _: &UserStatus,
        ) -> ::core::result::Result<(), ::wirebond::__private::client::SendError>
        where
            ::wirebond::__private::client::ClientSide<
                '__n,
            >: ::wirebond::__private::client::Sends<App>,
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
        ) -> ::wirebond::__private::client::Subscription
        where
            __R: ::wirebond::__private::client::Outcome<
                    __M,
                    Settled: ::core::marker::Send + 'static,
                > + 'static,
            __M: 'static,
        {
            ::wirebond::__private::client::on(
                &self.0,
                1,
                <UserStatus as ::wirebond::__private::Payload>::decode,
                __handler,
            )
        }
        ///Removes every handler of `user-status`.
        #[deprecated]
        #[inline]
        pub fn off_presence(&self) {
            ::wirebond::__private::client::off(&self.0, 1);
        }
        ///Every `user-status` that arrives, as a stream.
        #[deprecated]
        #[inline]
        pub fn stream_presence(
            &self,
        ) -> ::wirebond::__private::client::MessageStream<UserStatus> {
            ::wirebond::__private::client::stream(
                &self.0,
                1,
                <UserStatus as ::wirebond::__private::Payload>::decode,
            )
        }
        #[doc(hidden)]
        pub fn send_closing<'__n>(&self) -> ::wirebond::__private::client::Sending
        where
            ::wirebond::__private::client::ClientSide<
                '__n,
            >: ::wirebond::__private::client::Sends<App>,
        {
            ::core::unreachable!()
        }
        #[doc(hidden)]
        pub fn try_send_closing<'__n>(
            &self,
        ) -> ::core::result::Result<(), ::wirebond::__private::client::SendError>
        where
            ::wirebond::__private::client::ClientSide<
                '__n,
            >: ::wirebond::__private::client::Sends<App>,
        {
            ::core::unreachable!()
        }
        ///Calls `handler` with every `closing` that arrives, one at a time, in order.
        pub fn on_closing<__R, __M>(
            &self,
            __handler: impl ::core::ops::FnMut() -> __R + ::core::marker::Send + 'static,
        ) -> ::wirebond::__private::client::Subscription
        where
            __R: ::wirebond::__private::client::Outcome<
                    __M,
                    Settled: ::core::marker::Send + 'static,
                > + 'static,
            __M: 'static,
        {
            ::wirebond::__private::client::on_unit(&self.0, 2, __handler)
        }
        ///Removes every handler of `closing`.
        #[inline]
        pub fn off_closing(&self) {
            ::wirebond::__private::client::off(&self.0, 2);
        }
        ///Every `closing` that arrives, as a stream.
        #[inline]
        pub fn stream_closing(&self) -> ::wirebond::__private::client::MessageStream<()> {
            ::wirebond::__private::client::stream_unit(&self.0, 2)
        }
        ///Sends `leave`: queued now, written as soon as a connection is open.
        #[inline]
        pub fn send_leave(&self) -> ::wirebond::__private::client::Sending {
            ::wirebond::__private::client::send(
                &self.0,
                "leave",
                ::wirebond::__private::client::encode_unit("{\"type\":\"leave\""),
            )
        }
        ///Sends `leave` without waiting: `QueueFull` where `send_leave` would wait.
        #[inline]
        pub fn try_send_leave(
            &self,
        ) -> ::core::result::Result<(), ::wirebond::__private::client::SendError> {
            ::wirebond::__private::client::try_send(
                &self.0,
                "leave",
                ::wirebond::__private::client::encode_unit("{\"type\":\"leave\""),
            )
        }
        #[doc(hidden)]
        pub fn on_leave<'__n, __R>(
            &self,
            _: impl ::core::ops::FnMut() -> __R,
        ) -> ::wirebond::__private::client::Subscription
        where
            ::wirebond::__private::client::ClientSide<
                '__n,
            >: ::wirebond::__private::client::Receives<App>,
        {
            ::core::unreachable!()
        }
        #[doc(hidden)]
        pub fn off_leave<'__n>(&self)
        where
            ::wirebond::__private::client::ClientSide<
                '__n,
            >: ::wirebond::__private::client::Receives<App>,
        {}
        #[doc(hidden)]
        pub fn stream_leave<'__n>(&self) -> ::wirebond::__private::client::MessageStream<()>
        where
            ::wirebond::__private::client::ClientSide<
                '__n,
            >: ::wirebond::__private::client::Receives<App>,
        {
            ::core::unreachable!()
        }
        /// Sends a payload as the one message that carries it.
        ///
        /// Where two messages carry the payload's type, call the one that is meant:
        /// `send_joined(&user)`.
        pub fn send<
            __T: ::wirebond::__private::client::Outgoing<App, __WhichMessage>
                + ?::core::marker::Sized,
            __WhichMessage,
        >(&self, __payload: &__T) -> ::wirebond::__private::client::Sending {
            ::wirebond::__private::client::send(
                &self.0,
                <__T as ::wirebond::__private::client::Outgoing<App, __WhichMessage>>::NAME,
                <__T as ::wirebond::__private::client::Outgoing<
                    App,
                    __WhichMessage,
                >>::encode(__payload),
            )
        }
        /// The same as `send`, without waiting: `QueueFull` where that would wait.
        pub fn try_send<
            __T: ::wirebond::__private::client::Outgoing<App, __WhichMessage>
                + ?::core::marker::Sized,
            __WhichMessage,
        >(
            &self,
            __payload: &__T,
        ) -> ::core::result::Result<(), ::wirebond::__private::client::SendError> {
            ::wirebond::__private::client::try_send(
                &self.0,
                <__T as ::wirebond::__private::client::Outgoing<App, __WhichMessage>>::NAME,
                <__T as ::wirebond::__private::client::Outgoing<
                    App,
                    __WhichMessage,
                >>::encode(__payload),
            )
        }
        /// Every message of the server, in arrival order across types.
        pub fn messages(&self) -> ::wirebond::__private::client::MessageStream<App> {
            ::wirebond::__private::client::messages(&self.0)
        }
        /// A handle that doesn't keep the client alive, for handlers that want to send.
        pub fn downgrade(&self) -> ::wirebond::__private::client::WeakClient<Self> {
            ::wirebond::__private::client::downgrade(&self.0)
        }
        /// The client below, for names that are known only at run time.
        pub fn untyped(&self) -> &::wirebond::__private::client::Client {
            &self.0
        }
        ///Calls the method of a [`AppHandler`] for every message, in arrival order.
        pub fn handle(
            &self,
            __handler: impl AppHandler,
        ) -> ::wirebond::__private::client::Subscription {
            let __handler = ::wirebond::__private::client::Arc::new(
                ::wirebond::__private::client::AsyncMutex::new(__handler),
            );
            ::wirebond::__private::client::on_message(
                &self.0,
                move |__message: App| {
                    let __handler = ::core::clone::Clone::clone(&__handler);
                    async move {
                        let mut __handler = ::wirebond::__private::client::AsyncMutex::lock(
                                &*__handler,
                            )
                            .await;
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
                    }
                },
            )
        }
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
    #[automatically_derived]
    #[allow(deprecated)]
    impl ::wirebond::__private::client::Outgoing<App, ::wirebond::__private::client::At<0>>
    for Chat {
        const NAME: &'static ::core::primitive::str = "chat";
        #[inline]
        fn encode(&self) -> ::wirebond::__private::client::Encoded {
            <Chat as ::wirebond::__private::Payload>::encode(self, "{\"type\":\"chat\"")
        }
    }
    #[automatically_derived]
    #[allow(deprecated)]
    impl<
        '__n,
    > ::wirebond::__private::client::Outgoing<App, ::wirebond::__private::client::At<1>>
    for UserStatus
    where
        ::wirebond::__private::client::ClientSide<
            '__n,
        >: ::wirebond::__private::client::MaySend<UserStatus>,
    {
        const NAME: &'static ::core::primitive::str = "user-status";
        #[inline]
        fn encode(&self) -> ::wirebond::__private::client::Encoded {
            <UserStatus as ::wirebond::__private::Payload>::encode(
                self,
                "{\"type\":\"user-status\"",
            )
        }
    }
}
::wirebond::__private::with_server! {
    #[doc = "A client that speaks [`App`]: a cheap handle that may be cloned."]
    #[derive(::core::clone::Clone, ::core::fmt::Debug)] pub struct
    AppPeer(::wirebond::__private::server::Peer);
    ::wirebond::__private::server::peer_methods! { pub AppPeer AppTarget AppServer }
    #[allow(dead_code, deprecated, clippy::all, clippy::pedantic, clippy::nursery)] impl
    AppPeer { #[doc =
    "Sends `chat`: resolves when it is queued, and waits while the queue is full."]
    #[cfg_attr(not(doctest), doc = "", doc = "A line.")] pub fn send_chat(& self,
    __payload : & Chat) -> ::wirebond::__private::server::Sending {
    ::wirebond::__private::server::Peer::send_encoded(& self.0, < Chat as
    ::wirebond::__private::Payload > ::encode(__payload, "{\"type\":\"chat\"")) } #[doc =
    "Sends `chat` without waiting: `QueueFull` where `send_chat` would wait."]
    #[cfg_attr(not(doctest), doc = "", doc = "A line.")] pub fn try_send_chat(& self,
    __payload : & Chat) -> ::core::result::Result < (),
    ::wirebond::__private::server::SendError > {
    ::wirebond::__private::server::Peer::try_send_encoded(& self.0, < Chat as
    ::wirebond::__private::Payload > ::encode(__payload, "{\"type\":\"chat\"")) } #[doc =
    "Sends `user-status`: resolves when it is queued, and waits while the queue is full."]
    #[deprecated] pub fn send_presence(& self, __payload : & UserStatus) ->
    ::wirebond::__private::server::Sending {
    ::wirebond::__private::server::Peer::send_encoded(& self.0, < UserStatus as
    ::wirebond::__private::Payload > ::encode(__payload, "{\"type\":\"user-status\"")) }
    #[doc =
    "Sends `user-status` without waiting: `QueueFull` where `send_presence` would wait."]
    #[deprecated] pub fn try_send_presence(& self, __payload : & UserStatus) ->
    ::core::result::Result < (), ::wirebond::__private::server::SendError > {
    ::wirebond::__private::server::Peer::try_send_encoded(& self.0, < UserStatus as
    ::wirebond::__private::Payload > ::encode(__payload, "{\"type\":\"user-status\"")) }
    #[doc =
    "Sends `closing`: resolves when it is queued, and waits while the queue is full."]
    pub fn send_closing(& self,) -> ::wirebond::__private::server::Sending {
    ::wirebond::__private::server::Peer::send_encoded(& self.0,
    ::wirebond::__private::server::encode_unit("{\"type\":\"closing\"")) } #[doc =
    "Sends `closing` without waiting: `QueueFull` where `send_closing` would wait."] pub
    fn try_send_closing(& self,) -> ::core::result::Result < (),
    ::wirebond::__private::server::SendError > {
    ::wirebond::__private::server::Peer::try_send_encoded(& self.0,
    ::wirebond::__private::server::encode_unit("{\"type\":\"closing\"")) } } #[doc =
    "Peers to send one message to. It is encoded once, and they share its bytes."]
    #[derive(::core::clone::Clone, ::core::fmt::Debug)] pub struct
    AppTarget(::wirebond::__private::server::Target);
    ::wirebond::__private::server::target_methods! { pub AppPeer AppTarget }
    #[allow(dead_code, deprecated, clippy::all, clippy::pedantic, clippy::nursery)] impl
    AppTarget { #[doc =
    "Sends `chat` to all of them. It never waits: a peer whose queue is full is closed with 4408."]
    #[cfg_attr(not(doctest), doc = "", doc = "A line.")] pub fn send_chat(& self,
    __payload : & Chat) -> ::core::result::Result < ::wirebond::__private::server::Sent,
    ::wirebond::__private::server::SendError > {
    ::wirebond::__private::server::Target::send_encoded(& self.0, < Chat as
    ::wirebond::__private::Payload > ::encode(__payload, "{\"type\":\"chat\"")) } #[doc =
    "Sends `user-status` to all of them. It never waits: a peer whose queue is full is closed with 4408."]
    #[deprecated] pub fn send_presence(& self, __payload : & UserStatus) ->
    ::core::result::Result < ::wirebond::__private::server::Sent,
    ::wirebond::__private::server::SendError > {
    ::wirebond::__private::server::Target::send_encoded(& self.0, < UserStatus as
    ::wirebond::__private::Payload > ::encode(__payload, "{\"type\":\"user-status\"")) }
    #[doc =
    "Sends `closing` to all of them. It never waits: a peer whose queue is full is closed with 4408."]
    pub fn send_closing(& self,) -> ::core::result::Result <
    ::wirebond::__private::server::Sent, ::wirebond::__private::server::SendError > {
    ::wirebond::__private::server::Target::send_encoded(& self.0,
    ::wirebond::__private::server::encode_unit("{\"type\":\"closing\"")) } } #[doc =
    "The server's side of [`App`]: a cheap handle that may be cloned."]
    #[derive(::core::clone::Clone, ::core::fmt::Debug)] pub struct
    AppServer(::wirebond::__private::server::Server);
    ::wirebond::__private::server::server_methods! { pub AppServer AppTarget
    AppServerBuilder } #[doc =
    "Describes a [`AppServer`]: a handler for each message of the client, one at a time for each peer."]
    #[derive(::core::fmt::Debug)] #[must_use = "`build()` makes the server"] pub struct
    AppServerBuilder(::wirebond::__private::server::Builder < AppServer >);
    ::wirebond::__private::server::builder_methods! { pub AppServerBuilder AppPeer
    AppServer } #[allow(dead_code, deprecated, clippy::all, clippy::pedantic,
    clippy::nursery)] impl AppServerBuilder { #[doc =
    "Calls `handler` with the peer and every `chat` that it sends."]
    #[cfg_attr(not(doctest), doc = "", doc = "A line.")] pub fn on_chat < __R, __M >
    (self, __handler : impl ::core::ops::Fn(AppPeer, Chat) -> __R + ::core::marker::Send
    + ::core::marker::Sync + 'static,) -> Self where __R :
    ::wirebond::__private::server::Outcome < __M, Settled : ::core::marker::Send +
    'static >, { Self(::wirebond::__private::server::on(self.0, "chat", < Chat as
    ::wirebond::__private::Payload > ::decode, __handler)) } #[doc =
    "Calls `handler` with the peer and every `leave` that it sends."] pub fn on_leave <
    __R, __M > (self, __handler : impl ::core::ops::Fn(AppPeer,) -> __R +
    ::core::marker::Send + ::core::marker::Sync + 'static,) -> Self where __R :
    ::wirebond::__private::server::Outcome < __M, Settled : ::core::marker::Send +
    'static >, { Self(::wirebond::__private::server::on_unit(self.0, "leave", __handler))
    } #[doc =
    r" Handles every message with the method of that name. A new message then breaks the build"]
    #[doc = r" until it is handled."] pub fn service(self, __service : impl AppService)
    -> Self { let __service = ::wirebond::__private::server::Arc::new(__service); let
    __builder = self.0; let __builder = ::wirebond::__private::server::on(__builder,
    "chat", < Chat as ::wirebond::__private::Payload > ::decode, { let __service =
    ::core::clone::Clone::clone(& __service); move | __peer : AppPeer, __data : Chat | {
    let __service = ::core::clone::Clone::clone(& __service); async move {
    AppService::chat(& * __service, & __peer, __data). await } } }); let __builder =
    ::wirebond::__private::server::on_unit(__builder, "leave", { let __service =
    ::core::clone::Clone::clone(& __service); move | __peer : AppPeer | { let __service =
    ::core::clone::Clone::clone(& __service); async move { AppService::leave(& *
    __service, & __peer). await } } }); let _ = __service; Self(__builder) } } #[doc =
    "Handles every message that the client side of [`App`] may send: see `AppServerBuilder::service`. Write each method as `async fn`. One value serves all peers, so it is shared."]
    #[allow(dead_code, deprecated, clippy::all, clippy::pedantic, clippy::nursery)] pub
    trait AppService : ::core::marker::Send + ::core::marker::Sync + 'static { #[doc =
    "Called with every `chat`."] #[cfg_attr(not(doctest), doc = "", doc = "A line.")] fn
    chat(& self, peer : & AppPeer, data : Chat) -> impl ::core::future::Future < Output =
    () > + ::core::marker::Send; #[doc = "Called with every `leave`."] fn leave(& self,
    peer : & AppPeer) -> impl ::core::future::Future < Output = () > +
    ::core::marker::Send; }
}
