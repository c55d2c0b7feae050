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
        OrderUpdate,
        Leave,
    }
    struct __Place;
    #[allow(dead_code)]
    impl __Place {
        const Chat: usize = __Order::Chat as usize;
        const OrderUpdate: usize = __Order::OrderUpdate as usize;
        const Leave: usize = __Order::Leave as usize;
    }
    #[automatically_derived]
    impl ::wirebond::__private::WireContract for App {
        fn position(name: &str) -> ::core::option::Option<usize> {
            ::core::option::Option::Some(
                match name {
                    "chat" => __Place::Chat,
                    "order-update" => __Place::OrderUpdate,
                    "leave" => __Place::Leave,
                    _ => return ::core::option::Option::None,
                },
            )
        }
        fn index(&self) -> usize {
            match self {
                Self::Chat(..) => __Place::Chat,
                Self::OrderUpdate(..) => __Place::OrderUpdate,
                Self::Leave => __Place::Leave,
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
                Self::OrderUpdate(data) => {
                    <OrderUpdate as ::wirebond::__private::Payload>::write(data, fields)
                }
                Self::Leave => ::core::result::Result::Ok(()),
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
                __Place::OrderUpdate => {
                    <OrderUpdate as ::wirebond::__private::Payload>::read(data)
                        .map(Self::OrderUpdate)
                }
                _ => ::core::result::Result::Err(::wirebond::__private::no_payload()),
            }
        }
        fn unit(index: usize) -> ::core::option::Option<Self> {
            match index {
                __Place::Leave => ::core::option::Option::Some(Self::Leave),
                _ => ::core::option::Option::None,
            }
        }
    }
    #[automatically_derived]
    impl ::wirebond::__private::Contract for App {
        const NAME: &'static str = "App";
        const VERSION: &'static str = "1.0.0";
        const DESCRIPTION: &'static str = "Everything the app and its backend say to each other.";
        const MESSAGES: &'static [::wirebond::__private::MessageInfo] = &[
            ::wirebond::__private::MessageInfo::carrying(
                    "chat",
                    "Chat",
                    ::wirebond::__private::Direction::Both,
                    <Chat as ::wirebond::__private::Payload>::SCHEMA,
                )
                .described("A line that somebody typed."),
            ::wirebond::__private::MessageInfo::carrying(
                "order-update",
                "OrderUpdate",
                ::wirebond::__private::Direction::Server,
                <OrderUpdate as ::wirebond::__private::Payload>::SCHEMA,
            ),
            ::wirebond::__private::MessageInfo::unit(
                "leave",
                "Leave",
                ::wirebond::__private::Direction::Client,
            ),
        ];
    }
};
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
        fn from_client(client: ::wirebond::__private::client::Client) -> Self {
            Self(client)
        }
    }
    #[automatically_derived]
    #[allow(dead_code, deprecated, clippy::all, clippy::pedantic, clippy::nursery)]
    impl AppClient {
        ///Starts to describe a client that speaks [`App`] with `url`.
        pub fn builder<M>(
            url: impl ::wirebond::__private::client::UrlSource<M>,
        ) -> ::wirebond::__private::client::Builder<Self> {
            ::wirebond::__private::client::builder(url)
        }
        ///Sends `chat`: queued now, written as soon as a connection is open.
        ///
        /// A line that somebody typed.
        #[inline]
        pub fn send_chat(&self, payload: &Chat) -> ::wirebond::__private::client::Sending {
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
        /// A line that somebody typed.
        #[inline]
        pub fn try_send_chat(
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
        /// A line that somebody typed.
        pub fn on_chat<R, M>(
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
        /// A line that somebody typed.
        #[inline]
        pub fn off_chat(&self) {
            ::wirebond::__private::client::off(
                &self.0,
                ::wirebond::__private::place::<App>("chat"),
            );
        }
        ///Every `chat` that arrives, as a stream.
        ///
        /// A line that somebody typed.
        #[inline]
        pub fn stream_chat(&self) -> ::wirebond::__private::client::MessageStream<Chat> {
            ::wirebond::__private::client::stream(
                &self.0,
                ::wirebond::__private::place::<App>("chat"),
                <Chat as ::wirebond::__private::Payload>::decode,
            )
        }
        ///Calls `handler` with every `order-update` that arrives, one at a time, in order.
        ///
        pub fn on_order_update<R, M>(
            &self,
            handler: impl ::core::ops::FnMut(
                OrderUpdate,
            ) -> R + ::core::marker::Send + 'static,
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
                ::wirebond::__private::place::<App>("order-update"),
                <OrderUpdate as ::wirebond::__private::Payload>::decode,
                handler,
            )
        }
        ///Removes every handler of `order-update`.
        ///
        #[inline]
        pub fn off_order_update(&self) {
            ::wirebond::__private::client::off(
                &self.0,
                ::wirebond::__private::place::<App>("order-update"),
            );
        }
        ///Every `order-update` that arrives, as a stream.
        ///
        #[inline]
        pub fn stream_order_update(
            &self,
        ) -> ::wirebond::__private::client::MessageStream<OrderUpdate> {
            ::wirebond::__private::client::stream(
                &self.0,
                ::wirebond::__private::place::<App>("order-update"),
                <OrderUpdate as ::wirebond::__private::Payload>::decode,
            )
        }
        ///Sends `leave`: queued now, written as soon as a connection is open.
        ///
        #[inline]
        pub fn send_leave(&self) -> ::wirebond::__private::client::Sending {
            ::wirebond::__private::client::send(
                &self.0,
                "leave",
                ::wirebond::__private::client::encode_unit("{\"type\":\"leave\""),
            )
        }
        ///Sends `leave` without waiting: `QueueFull` where `send_leave` would wait.
        ///
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
        /// Sends a payload as the one message that carries it.
        ///
        /// Where two messages carry the payload's type, call the one that is meant:
        /// `send_joined(&user)`.
        pub fn send<
            T: ::wirebond::__private::client::Outgoing<App, M> + ?::core::marker::Sized,
            M,
        >(&self, payload: &T) -> ::wirebond::__private::client::Sending {
            ::wirebond::__private::client::send(&self.0, T::NAME, T::encode(payload))
        }
        /// The same as `send`, without waiting: `QueueFull` where that would wait.
        pub fn try_send<
            T: ::wirebond::__private::client::Outgoing<App, M> + ?::core::marker::Sized,
            M,
        >(
            &self,
            payload: &T,
        ) -> ::core::result::Result<(), ::wirebond::__private::client::SendError> {
            ::wirebond::__private::client::try_send(&self.0, T::NAME, T::encode(payload))
        }
        /// Every message of the server, in arrival order across types.
        pub fn messages(&self) -> ::wirebond::__private::client::MessageStream<App> {
            ::wirebond::__private::client::messages(&self.0)
        }
        ///Calls the method of a [`AppHandler`] for every message, in arrival order.
        pub fn handle(
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
                            App::OrderUpdate(data) => {
                                AppHandler::order_update(&mut *handler, data).await
                            }
                            _ => {}
                        }
                    }
                },
            )
        }
        /// A handle that doesn't keep the client alive, for handlers that want to send.
        pub fn downgrade(&self) -> ::wirebond::__private::client::WeakClient<Self> {
            ::wirebond::__private::client::downgrade(&self.0)
        }
        /// The client below, for names that are known only at run time.
        pub fn untyped(&self) -> &::wirebond::__private::client::Client {
            &self.0
        }
    }
    ///Handles every message that the server side of [`App`] may send: see `AppClient::handle`. Write each method as `async fn`.
    #[allow(deprecated, dead_code)]
    pub trait AppHandler: ::core::marker::Send + 'static {
        ///Called with every `chat`.
        ///
        /// A line that somebody typed.
        fn chat(
            &mut self,
            data: Chat,
        ) -> impl ::core::future::Future<Output = ()> + ::core::marker::Send;
        ///Called with every `order-update`.
        ///
        fn order_update(
            &mut self,
            data: OrderUpdate,
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
    const _: () = {
        #[allow(non_camel_case_types, unreachable_pub)]
        pub enum __OrderUpdate {}
        #[automatically_derived]
        #[allow(deprecated)]
        impl<'never> ::wirebond::__private::client::Outgoing<App, __OrderUpdate>
        for OrderUpdate
        where
            ::wirebond::__private::client::ClientSide<
                'never,
            >: ::wirebond::__private::client::MaySend<OrderUpdate>,
        {
            const NAME: &'static str = "order-update";
            #[inline]
            fn encode(&self) -> ::wirebond::__private::client::Encoded {
                <OrderUpdate as ::wirebond::__private::Payload>::encode(
                    self,
                    "{\"type\":\"order-update\"",
                )
            }
        }
    };
}
