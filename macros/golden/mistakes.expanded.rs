#[allow(
    deprecated,
    non_upper_case_globals,
    unreachable_code,
    clippy::all,
    clippy::pedantic,
    clippy::nursery
)]
const _: () = {
    /// Counts the variants that are there. (The underscores keep it apart from payload types.)
    #[allow(dead_code, non_camel_case_types)]
    enum __Order {
        Chat,
    }
    struct __Place;
    #[allow(dead_code)]
    impl __Place {
        const Chat: usize = __Order::Chat as usize;
    }
    #[automatically_derived]
    impl ::wirebond::__private::WireContract for App {
        fn position(name: &str) -> ::core::option::Option<usize> {
            ::core::option::Option::Some(
                match name {
                    "chat" => __Place::Chat,
                    _ => return ::core::option::Option::None,
                },
            )
        }
        fn index(&self) -> usize {
            match self {
                Self::Chat(..) => __Place::Chat,
                #[allow(unreachable_patterns)]
                _ => ::core::unreachable!(),
            }
        }
        fn write_data<S: ::wirebond::__private::SerializeStruct>(
            &self,
            fields: &mut ::wirebond::__private::Fields<'_, S>,
        ) -> ::core::result::Result<(), S::Error> {
            match self {
                Self::Chat(data) => {
                    <Chat as ::wirebond::__private::Payload>::write(data, fields)
                }
                #[allow(unreachable_patterns)]
                _ => ::core::unreachable!(),
            }
        }
        fn read_data<'de, D: ::wirebond::__private::Deserializer<'de>>(
            index: usize,
            data: D,
        ) -> ::core::result::Result<Self, D::Error> {
            match index {
                __Place::Chat => {
                    <Chat as ::wirebond::__private::Payload>::read(data).map(Self::Chat)
                }
                _ => ::core::result::Result::Err(::wirebond::__private::no_payload()),
            }
        }
        fn unit(index: usize) -> ::core::option::Option<Self> {
            match index {
                _ => ::core::option::Option::None,
            }
        }
    }
    #[automatically_derived]
    impl ::wirebond::__private::Contract for App {
        const NAME: &'static str = "App";
        const VERSION: &'static str = "0.0.0";
        const DESCRIPTION: &'static str = "";
        const MESSAGES: &'static [::wirebond::__private::MessageInfo] = &[
            ::wirebond::__private::MessageInfo::carrying(
                "chat",
                "Chat",
                ::wirebond::__private::Direction::Both,
                <Chat as ::wirebond::__private::Payload>::SCHEMA,
            ),
        ];
    }
};
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
        fn from_client(client: ::wirebond::__private::client::Client) -> Self {
            Self(client)
        }
    }
    #[automatically_derived]
    #[allow(dead_code, deprecated, clippy::all, clippy::pedantic, clippy::nursery)]
    impl AppClient {
        ///Starts to describe a client that speaks [`App`] with `url`.
        fn builder<M>(
            url: impl ::wirebond::__private::client::UrlSource<M>,
        ) -> ::wirebond::__private::client::Builder<Self> {
            ::wirebond::__private::client::builder(url)
        }
        ///Sends `chat`: queued now, written as soon as a connection is open.
        ///
        #[inline]
        fn send_chat(&self, payload: &Chat) -> ::wirebond::__private::client::Sending {
            ::wirebond::__private::client::send(
                &self.0,
                "chat",
                <Chat as ::wirebond::__private::Payload>::encode(
                    payload,
                    "{\"type\":\"chat\"",
                ),
            )
        }
        ///Sends `chat` without waiting: `QueueFull` where `send_chat` would wait.
        ///
        #[inline]
        fn try_send_chat(
            &self,
            payload: &Chat,
        ) -> ::core::result::Result<(), ::wirebond::__private::client::SendError> {
            ::wirebond::__private::client::try_send(
                &self.0,
                "chat",
                <Chat as ::wirebond::__private::Payload>::encode(
                    payload,
                    "{\"type\":\"chat\"",
                ),
            )
        }
        ///Calls `handler` with every `chat` that arrives, one at a time, in order.
        ///
        fn on_chat<R, M>(
            &self,
            handler: impl ::core::ops::FnMut(Chat) -> R + ::core::marker::Send + 'static,
        ) -> ::wirebond::__private::client::Subscription
        where
            R: ::wirebond::__private::client::Outcome<
                    M,
                    Settled: ::core::marker::Send + 'static,
                > + 'static,
            M: 'static,
        {
            ::wirebond::__private::client::on(
                &self.0,
                ::wirebond::__private::place::<App>("chat"),
                <Chat as ::wirebond::__private::Payload>::decode,
                handler,
            )
        }
        ///Removes every handler of `chat`.
        ///
        #[inline]
        fn off_chat(&self) {
            ::wirebond::__private::client::off(
                &self.0,
                ::wirebond::__private::place::<App>("chat"),
            );
        }
        ///Every `chat` that arrives, as a stream.
        ///
        #[inline]
        fn stream_chat(&self) -> ::wirebond::__private::client::MessageStream<Chat> {
            ::wirebond::__private::client::stream(
                &self.0,
                ::wirebond::__private::place::<App>("chat"),
                <Chat as ::wirebond::__private::Payload>::decode,
            )
        }
        /// Sends a payload as the one message that carries it.
        ///
        /// Where two messages carry the payload's type, call the one that is meant:
        /// `send_joined(&user)`.
        fn send<
            T: ::wirebond::__private::client::Outgoing<App, M> + ?::core::marker::Sized,
            M,
        >(&self, payload: &T) -> ::wirebond::__private::client::Sending {
            ::wirebond::__private::client::send(&self.0, T::NAME, T::encode(payload))
        }
        /// The same as `send`, without waiting: `QueueFull` where that would wait.
        fn try_send<
            T: ::wirebond::__private::client::Outgoing<App, M> + ?::core::marker::Sized,
            M,
        >(
            &self,
            payload: &T,
        ) -> ::core::result::Result<(), ::wirebond::__private::client::SendError> {
            ::wirebond::__private::client::try_send(&self.0, T::NAME, T::encode(payload))
        }
        /// Every message of the server, in arrival order across types.
        fn messages(&self) -> ::wirebond::__private::client::MessageStream<App> {
            ::wirebond::__private::client::messages(&self.0)
        }
        ///Calls the method of a [`AppHandler`] for every message, in arrival order.
        fn handle(
            &self,
            handler: impl AppHandler,
        ) -> ::wirebond::__private::client::Subscription {
            let handler = ::std::sync::Arc::new(
                ::wirebond::__private::client::AsyncMutex::new(handler),
            );
            ::wirebond::__private::client::on_message(
                &self.0,
                move |message: App| {
                    let handler = ::std::sync::Arc::clone(&handler);
                    async move {
                        #[allow(unused_mut, unused_variables)]
                        let mut handler = handler.lock().await;
                        #[allow(unreachable_patterns)]
                        match message {
                            App::Chat(data) => AppHandler::chat(&mut *handler, data).await,
                            _ => {}
                        }
                    }
                },
            )
        }
        /// A handle that doesn't keep the client alive, for handlers that want to send.
        fn downgrade(&self) -> ::wirebond::__private::client::WeakClient<Self> {
            ::wirebond::__private::client::downgrade(&self.0)
        }
        /// The client below, for names that are known only at run time.
        fn untyped(&self) -> &::wirebond::__private::client::Client {
            &self.0
        }
    }
    ///Handles every message that the server side of [`App`] may send: see `AppClient::handle`. Write each method as `async fn`.
    #[allow(deprecated, dead_code)]
    trait AppHandler: ::core::marker::Send + 'static {
        ///Called with every `chat`.
        ///
        fn chat(
            &mut self,
            data: Chat,
        ) -> impl ::core::future::Future<Output = ()> + ::core::marker::Send;
    }
    const _: () = {
        #[allow(non_camel_case_types, unreachable_pub)]
        pub enum __Chat {}
        #[automatically_derived]
        #[allow(deprecated)]
        impl ::wirebond::__private::client::Outgoing<App, __Chat> for Chat {
            const NAME: &'static str = "chat";
            #[inline]
            fn encode(&self) -> ::wirebond::__private::client::Encoded {
                <Chat as ::wirebond::__private::Payload>::encode(self, "{\"type\":\"chat\"")
            }
        }
    };
}
::core::compile_error! {
    "`contract` has no key `flavour`: there are `version`, `name`, `rename_all`, `client`, `crate`"
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
