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
        UserStatus,
        #[cfg(feature = "beta")]
        Move,
    }
    struct __Place;
    #[allow(dead_code)]
    impl __Place {
        const UserStatus: usize = __Order::UserStatus as usize;
        #[cfg(feature = "beta")]
        const Move: usize = __Order::Move as usize;
    }
    #[automatically_derived]
    impl ::my_api::wirebond::__private::WireContract for Api {
        fn position(name: &str) -> ::core::option::Option<usize> {
            ::core::option::Option::Some(
                match name {
                    "user-status" => __Place::UserStatus,
                    #[cfg(feature = "beta")]
                    "move" => __Place::Move,
                    _ => return ::core::option::Option::None,
                },
            )
        }
        fn index(&self) -> usize {
            match self {
                Self::UserStatus(..) => __Place::UserStatus,
                #[cfg(feature = "beta")]
                Self::Move(..) => __Place::Move,
            }
        }
        fn write_data<S: ::my_api::wirebond::__private::SerializeStruct>(
            &self,
            fields: &mut ::my_api::wirebond::__private::Fields<'_, S>,
        ) -> ::core::result::Result<(), S::Error> {
            match self {
                Self::UserStatus(data) => {
                    <UserStatus as ::my_api::wirebond::__private::Payload>::write(
                        data,
                        fields,
                    )
                }
                #[cfg(feature = "beta")]
                Self::Move(data) => {
                    <Vec<
                        u8,
                    > as ::my_api::wirebond::__private::Payload>::write(data, fields)
                }
            }
        }
        fn read_data<'de, D: ::my_api::wirebond::__private::Deserializer<'de>>(
            index: usize,
            data: D,
        ) -> ::core::result::Result<Self, D::Error> {
            match index {
                __Place::UserStatus => {
                    <UserStatus as ::my_api::wirebond::__private::Payload>::read(data)
                        .map(Self::UserStatus)
                }
                #[cfg(feature = "beta")]
                __Place::Move => {
                    <Vec<u8> as ::my_api::wirebond::__private::Payload>::read(data)
                        .map(Self::Move)
                }
                _ => {
                    ::core::result::Result::Err(
                        ::my_api::wirebond::__private::no_payload(),
                    )
                }
            }
        }
        fn unit(index: usize) -> ::core::option::Option<Self> {
            match index {
                _ => ::core::option::Option::None,
            }
        }
    }
    #[automatically_derived]
    impl ::my_api::wirebond::__private::Contract for Api {
        const NAME: &'static str = "Shop API";
        const VERSION: &'static str = "2.1.0-beta.1";
        const DESCRIPTION: &'static str = "";
        const MESSAGES: &'static [::my_api::wirebond::__private::MessageInfo] = &[
            ::my_api::wirebond::__private::MessageInfo::carrying(
                "user-status",
                "UserStatus",
                ::my_api::wirebond::__private::Direction::Server,
                <UserStatus as ::my_api::wirebond::__private::Payload>::SCHEMA,
            ),
            #[cfg(feature = "beta")]
            ::my_api::wirebond::__private::MessageInfo::carrying(
                    "move",
                    "Move",
                    ::my_api::wirebond::__private::Direction::Client,
                    <Vec<u8> as ::my_api::wirebond::__private::Payload>::SCHEMA,
                )
                .deprecated(),
        ];
    }
};
with_client! {
    ///The typed client of [`Api`]: a cheap handle that may be cloned.
    #[derive(::core::clone::Clone, ::core::fmt::Debug)]
    pub(crate) struct Shop(::my_api::wirebond::__private::client::Client);
    #[automatically_derived]
    impl ::core::ops::Deref for Shop {
        type Target = ::my_api::wirebond::__private::client::Client;
        fn deref(&self) -> &Self::Target {
            &self.0
        }
    }
    #[automatically_derived]
    #[allow(deprecated)]
    impl ::my_api::wirebond::__private::client::TypedClient for Shop {
        type Contract = Api;
        fn from_client(client: ::my_api::wirebond::__private::client::Client) -> Self {
            Self(client)
        }
    }
    #[automatically_derived]
    #[allow(dead_code, deprecated, clippy::all, clippy::pedantic, clippy::nursery)]
    impl Shop {
        ///Starts to describe a client that speaks [`Api`] with `url`.
        pub(crate) fn builder<M>(
            url: impl ::my_api::wirebond::__private::client::UrlSource<M>,
        ) -> ::my_api::wirebond::__private::client::Builder<Self> {
            ::my_api::wirebond::__private::client::builder(url)
        }
        ///Calls `handler` with every `user-status` that arrives, one at a time, in order.
        ///
        pub(crate) fn on_presence<R, M>(
            &self,
            handler: impl ::core::ops::FnMut(
                UserStatus,
            ) -> R + ::core::marker::Send + 'static,
        ) -> ::my_api::wirebond::__private::client::Subscription
        where
            R: ::my_api::wirebond::__private::client::Outcome<
                    M,
                    Settled: ::core::marker::Send + 'static,
                > + 'static,
            M: 'static,
        {
            ::my_api::wirebond::__private::client::on(
                &self.0,
                ::my_api::wirebond::__private::place::<Api>("user-status"),
                <UserStatus as ::my_api::wirebond::__private::Payload>::decode,
                handler,
            )
        }
        ///Removes every handler of `user-status`.
        ///
        #[inline]
        pub(crate) fn off_presence(&self) {
            ::my_api::wirebond::__private::client::off(
                &self.0,
                ::my_api::wirebond::__private::place::<Api>("user-status"),
            );
        }
        ///Every `user-status` that arrives, as a stream.
        ///
        #[inline]
        pub(crate) fn stream_presence(
            &self,
        ) -> ::my_api::wirebond::__private::client::MessageStream<UserStatus> {
            ::my_api::wirebond::__private::client::stream(
                &self.0,
                ::my_api::wirebond::__private::place::<Api>("user-status"),
                <UserStatus as ::my_api::wirebond::__private::Payload>::decode,
            )
        }
        #[cfg(feature = "beta")]
        ///Sends `move`: queued now, written as soon as a connection is open.
        ///
        #[deprecated(note = "use UserStatus")]
        #[inline]
        pub(crate) fn send_move(
            &self,
            payload: &Vec<u8>,
        ) -> ::my_api::wirebond::__private::client::Sending {
            ::my_api::wirebond::__private::client::send(
                &self.0,
                "move",
                <Vec<
                    u8,
                > as ::my_api::wirebond::__private::Payload>::encode(
                    payload,
                    "{\"type\":\"move\"",
                ),
            )
        }
        #[cfg(feature = "beta")]
        ///Sends `move` without waiting: `QueueFull` where `send_move` would wait.
        ///
        #[deprecated(note = "use UserStatus")]
        #[inline]
        pub(crate) fn try_send_move(
            &self,
            payload: &Vec<u8>,
        ) -> ::core::result::Result<(), ::my_api::wirebond::__private::client::SendError> {
            ::my_api::wirebond::__private::client::try_send(
                &self.0,
                "move",
                <Vec<
                    u8,
                > as ::my_api::wirebond::__private::Payload>::encode(
                    payload,
                    "{\"type\":\"move\"",
                ),
            )
        }
        /// Sends a payload as the one message that carries it.
        ///
        /// Where two messages carry the payload's type, call the one that is meant:
        /// `send_joined(&user)`.
        pub(crate) fn send<
            T: ::my_api::wirebond::__private::client::Outgoing<Api, M>
                + ?::core::marker::Sized,
            M,
        >(&self, payload: &T) -> ::my_api::wirebond::__private::client::Sending {
            ::my_api::wirebond::__private::client::send(&self.0, T::NAME, T::encode(payload))
        }
        /// The same as `send`, without waiting: `QueueFull` where that would wait.
        pub(crate) fn try_send<
            T: ::my_api::wirebond::__private::client::Outgoing<Api, M>
                + ?::core::marker::Sized,
            M,
        >(
            &self,
            payload: &T,
        ) -> ::core::result::Result<(), ::my_api::wirebond::__private::client::SendError> {
            ::my_api::wirebond::__private::client::try_send(
                &self.0,
                T::NAME,
                T::encode(payload),
            )
        }
        /// Every message of the server, in arrival order across types.
        pub(crate) fn messages(
            &self,
        ) -> ::my_api::wirebond::__private::client::MessageStream<Api> {
            ::my_api::wirebond::__private::client::messages(&self.0)
        }
        ///Calls the method of a [`ApiHandler`] for every message, in arrival order.
        pub(crate) fn handle(
            &self,
            handler: impl ApiHandler,
        ) -> ::my_api::wirebond::__private::client::Subscription {
            let handler = ::std::sync::Arc::new(
                ::my_api::wirebond::__private::client::AsyncMutex::new(handler),
            );
            ::my_api::wirebond::__private::client::on_message(
                &self.0,
                move |message: Api| {
                    let handler = ::std::sync::Arc::clone(&handler);
                    async move {
                        #[allow(unused_mut, unused_variables)]
                        let mut handler = handler.lock().await;
                        #[allow(unreachable_patterns)]
                        match message {
                            Api::UserStatus(data) => {
                                ApiHandler::presence(&mut *handler, data).await
                            }
                            _ => {}
                        }
                    }
                },
            )
        }
        /// A handle that doesn't keep the client alive, for handlers that want to send.
        pub(crate) fn downgrade(
            &self,
        ) -> ::my_api::wirebond::__private::client::WeakClient<Self> {
            ::my_api::wirebond::__private::client::downgrade(&self.0)
        }
        /// The client below, for names that are known only at run time.
        pub(crate) fn untyped(&self) -> &::my_api::wirebond::__private::client::Client {
            &self.0
        }
    }
    ///Handles every message that the server side of [`Api`] may send: see `Shop::handle`. Write each method as `async fn`.
    #[allow(deprecated, dead_code)]
    pub(crate) trait ApiHandler: ::core::marker::Send + 'static {
        ///Called with every `user-status`.
        ///
        fn presence(
            &mut self,
            data: UserStatus,
        ) -> impl ::core::future::Future<Output = ()> + ::core::marker::Send;
    }
    const _: () = {
        #[allow(non_camel_case_types, unreachable_pub)]
        pub enum __UserStatus {}
        #[automatically_derived]
        #[allow(deprecated)]
        impl<'never> ::my_api::wirebond::__private::client::Outgoing<Api, __UserStatus>
        for UserStatus
        where
            ::my_api::wirebond::__private::client::ClientSide<
                'never,
            >: ::my_api::wirebond::__private::client::MaySend<UserStatus>,
        {
            const NAME: &'static str = "user-status";
            #[inline]
            fn encode(&self) -> ::my_api::wirebond::__private::client::Encoded {
                <UserStatus as ::my_api::wirebond::__private::Payload>::encode(
                    self,
                    "{\"type\":\"user-status\"",
                )
            }
        }
    };
    #[cfg(feature = "beta")]
    const _: () = {
        #[allow(non_camel_case_types, unreachable_pub)]
        pub enum __Move {}
        #[automatically_derived]
        #[allow(deprecated)]
        impl ::my_api::wirebond::__private::client::Outgoing<Api, __Move> for Vec<u8> {
            const NAME: &'static str = "move";
            #[inline]
            fn encode(&self) -> ::my_api::wirebond::__private::client::Encoded {
                <Vec<
                    u8,
                > as ::my_api::wirebond::__private::Payload>::encode(
                    self,
                    "{\"type\":\"move\"",
                )
            }
        }
    };
}
