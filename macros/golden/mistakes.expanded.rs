#[automatically_derived]
#[allow(deprecated)]
impl ::wirebond::__private::WireContract for App {
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
    fn write_data<__S: ::wirebond::__private::SerializeStruct>(
        &self,
        __fields: &mut ::wirebond::__private::Fields<'_, __S>,
    ) -> ::core::result::Result<(), __S::Error> {
        match self {
            Self::Chat(__data) => {
                <Chat as ::wirebond::__private::Payload>::write(__data, __fields)
            }
            #[allow(unreachable_patterns)]
            _ => ::core::unreachable!(),
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
            _ => ::core::result::Result::Err(::wirebond::__private::no_payload()),
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
impl ::wirebond::__private::Contract for App {
    const NAME: &'static ::core::primitive::str = "App";
    const VERSION: &'static ::core::primitive::str = "0.0.0";
    const DESCRIPTION: &'static ::core::primitive::str = "";
    const MESSAGES: &'static [::wirebond::__private::MessageInfo] = &[
        ::wirebond::__private::MessageInfo::carrying(
            "chat",
            "Chat",
            ::wirebond::__private::Direction::Both,
            <Chat as ::wirebond::__private::Payload>::SCHEMA,
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
    fn contract() -> ::core::result::Result<
        ::wirebond::__private::Document,
        ::wirebond::__private::GenerateError,
    > {
        <Self as ::wirebond::__private::ContractDocument>::contract()
    }
}
with_client! {
    ///The typed client of [`App`]: a cheap handle that may be cloned.
    #[derive(::core::clone::Clone, ::core::fmt::Debug)]
    struct AppClient(::wirebond::__private::client::Client);
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
        fn builder<__M>(
            __url: impl ::wirebond::__private::client::UrlSource<__M>,
        ) -> ::wirebond::__private::client::Builder<Self> {
            ::wirebond::__private::client::builder(__url)
        }
        ///Sends `chat`: queued now, written as soon as a connection is open.
        #[inline]
        fn send_chat(&self, __payload: &Chat) -> ::wirebond::__private::client::Sending {
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
        #[inline]
        fn try_send_chat(
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
        fn on_chat<__R, __M>(
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
        #[inline]
        fn off_chat(&self) {
            ::wirebond::__private::client::off(&self.0, 0);
        }
        ///Every `chat` that arrives, as a stream.
        #[inline]
        fn stream_chat(&self) -> ::wirebond::__private::client::MessageStream<Chat> {
            ::wirebond::__private::client::stream(
                &self.0,
                0,
                <Chat as ::wirebond::__private::Payload>::decode,
            )
        }
        /// Sends a payload as the one message that carries it.
        ///
        /// Where two messages carry the payload's type, call the one that is meant:
        /// `send_joined(&user)`.
        fn send<
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
        fn try_send<
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
        fn messages(&self) -> ::wirebond::__private::client::MessageStream<App> {
            ::wirebond::__private::client::messages(&self.0)
        }
        /// A handle that doesn't keep the client alive, for handlers that want to send.
        fn downgrade(&self) -> ::wirebond::__private::client::WeakClient<Self> {
            ::wirebond::__private::client::downgrade(&self.0)
        }
        /// The client below, for names that are known only at run time.
        fn untyped(&self) -> &::wirebond::__private::client::Client {
            &self.0
        }
        ///Calls the method of a [`AppHandler`] for every message, in arrival order.
        fn handle(
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
                            #[allow(unreachable_patterns)]
                            _ => {}
                        }
                    }
                },
            )
        }
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
}
::core::compile_error! {
    "`contract` has no key `flavour`: there are `version`, `name`, `rename_all`, `client`, `handler`, `crate`, `server`"
}
::core::compile_error! {
    "a version is SemVer, such as \"1.2.0\" (unexpected character 'o' while parsing major version number); see semver.org"
}
::core::compile_error! {
    "a message has one payload: give these 2 fields a type of their own, `struct Two { … }`, and write `Two(Two)`"
}
::core::compile_error! {
    "the wire name \"ping\" is reserved (it is the built-in heartbeat): choose another with `#[message(name = \"…\")]`"
}
