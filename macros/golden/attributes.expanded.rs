#[automatically_derived]
#[allow(deprecated)]
impl ::my_api::wirebond::__private::WireContract for Api {
    fn position(
        __name: &::core::primitive::str,
    ) -> ::core::option::Option<::core::primitive::usize> {
        ::core::option::Option::Some(
            match __name {
                "user-status" => 0,
                "move" => 1,
                "jump" => 2,
                "land" => 3,
                _ => return ::core::option::Option::None,
            },
        )
    }
    fn index(&self) -> ::core::primitive::usize {
        match self {
            Self::UserStatus(..) => 0,
            Self::Move(..) => 1,
            Self::Jump(..) => 2,
            Self::Land(..) => 3,
        }
    }
    fn write_data<__S: ::my_api::wirebond::__private::SerializeStruct>(
        &self,
        __fields: &mut ::my_api::wirebond::__private::Fields<'_, __S>,
    ) -> ::core::result::Result<(), __S::Error> {
        match self {
            Self::UserStatus(__data) => {
                <UserStatus as ::my_api::wirebond::__private::Payload>::write(
                    __data,
                    __fields,
                )
            }
            Self::Move(__data) => {
                <Vec<
                    Api,
                > as ::my_api::wirebond::__private::Payload>::write(__data, __fields)
            }
            Self::Jump(__data) => {
                <Piece as ::my_api::wirebond::__private::Payload>::write(
                    __data,
                    __fields,
                )
            }
            Self::Land(__data) => {
                <Piece as ::my_api::wirebond::__private::Payload>::write(
                    __data,
                    __fields,
                )
            }
        }
    }
    fn read_data<'__de, __D: ::my_api::wirebond::__private::Deserializer<'__de>>(
        __index: ::core::primitive::usize,
        __data: __D,
    ) -> ::core::result::Result<Self, __D::Error> {
        match __index {
            0 => {
                ::core::result::Result::map(
                    <UserStatus as ::my_api::wirebond::__private::Payload>::read(__data),
                    Self::UserStatus,
                )
            }
            1 => {
                ::core::result::Result::map(
                    <Vec<Api> as ::my_api::wirebond::__private::Payload>::read(__data),
                    Self::Move,
                )
            }
            2 => {
                ::core::result::Result::map(
                    <Piece as ::my_api::wirebond::__private::Payload>::read(__data),
                    Self::Jump,
                )
            }
            3 => {
                ::core::result::Result::map(
                    <Piece as ::my_api::wirebond::__private::Payload>::read(__data),
                    Self::Land,
                )
            }
            _ => ::core::result::Result::Err(::my_api::wirebond::__private::no_payload()),
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
impl ::my_api::wirebond::__private::Contract for Api {
    const NAME: &'static ::core::primitive::str = "Shop API";
    const VERSION: &'static ::core::primitive::str = "2.1.0-beta.1";
    const DESCRIPTION: &'static ::core::primitive::str = "Everything that the shop says.";
    const MESSAGES: &'static [::my_api::wirebond::__private::MessageInfo] = &[
        ::my_api::wirebond::__private::MessageInfo::carrying(
            "user-status",
            "UserStatus",
            ::my_api::wirebond::__private::Direction::Server,
            <UserStatus as ::my_api::wirebond::__private::Payload>::SCHEMA,
        ),
        ::my_api::wirebond::__private::MessageInfo::carrying(
                "move",
                "Move",
                ::my_api::wirebond::__private::Direction::Client,
                <Vec<Api> as ::my_api::wirebond::__private::Payload>::SCHEMA,
            )
            .described("Moves a piece.\n\nNot like [`Self::Jump`] of [`Self`].")
            .deprecated()
            .lenient(),
        ::my_api::wirebond::__private::MessageInfo::carrying(
                "jump",
                "Jump",
                ::my_api::wirebond::__private::Direction::Both,
                <Piece as ::my_api::wirebond::__private::Payload>::SCHEMA,
            )
            .described(
                ::core::primitive::str::trim_ascii(
                    ::core::concat!(include_str!("jump.md")),
                ),
            ),
        ::my_api::wirebond::__private::MessageInfo::carrying(
            "land",
            "Land",
            ::my_api::wirebond::__private::Direction::Both,
            <Piece as ::my_api::wirebond::__private::Payload>::SCHEMA,
        ),
    ];
}
#[automatically_derived]
impl Api {
    /// The contract as a document: what `contract.json` holds.
    ///
    /// Fails where no document could describe it; the error says which types or fields are in the
    /// way.
    #[allow(dead_code, unreachable_pub)]
    #[inline]
    pub(crate) fn contract() -> ::core::result::Result<
        ::my_api::wirebond::__private::Document,
        ::my_api::wirebond::__private::GenerateError,
    > {
        <Self as ::my_api::wirebond::__private::ContractDocument>::contract()
    }
}
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
        fn from_client(__client: ::my_api::wirebond::__private::client::Client) -> Self {
            Self(__client)
        }
    }
    #[allow(dead_code, deprecated, clippy::all, clippy::pedantic, clippy::nursery)]
    impl Shop {
        ///Starts to describe a client that speaks [`Api`] with `url`.
        pub(crate) fn builder<__M>(
            __url: impl ::my_api::wirebond::__private::client::UrlSource<__M>,
        ) -> ::my_api::wirebond::__private::client::Builder<Self> {
            ::my_api::wirebond::__private::client::builder(__url)
        }
        #[doc(hidden)]
        pub(crate) fn send_presence<'__n>(
            &self,
            _: &UserStatus,
        ) -> ::my_api::wirebond::__private::client::Sending
        where
            ::my_api::wirebond::__private::client::ClientSide<
                '__n,
            >: ::my_api::wirebond::__private::client::Sends<Api>,
        {
            ::core::unreachable!()
        }
        #[doc(hidden)]
        pub(crate) fn try_send_presence<'__n>(
            &self,
            _: &UserStatus,
        ) -> ::core::result::Result<(), ::my_api::wirebond::__private::client::SendError>
        where
            ::my_api::wirebond::__private::client::ClientSide<
                '__n,
            >: ::my_api::wirebond::__private::client::Sends<Api>,
        {
            ::core::unreachable!()
        }
        ///Calls `handler` with every `user-status` that arrives, one at a time, in order.
        pub(crate) fn on_presence<__R, __M>(
            &self,
            __handler: impl ::core::ops::FnMut(
                UserStatus,
            ) -> __R + ::core::marker::Send + 'static,
        ) -> ::my_api::wirebond::__private::client::Subscription
        where
            __R: ::my_api::wirebond::__private::client::Outcome<
                    __M,
                    Settled: ::core::marker::Send + 'static,
                > + 'static,
            __M: 'static,
        {
            ::my_api::wirebond::__private::client::on(
                &self.0,
                0,
                <UserStatus as ::my_api::wirebond::__private::Payload>::decode,
                __handler,
            )
        }
        ///Removes every handler of `user-status`.
        #[inline]
        pub(crate) fn off_presence(&self) {
            ::my_api::wirebond::__private::client::off(&self.0, 0);
        }
        ///Every `user-status` that arrives, as a stream.
        #[inline]
        pub(crate) fn stream_presence(
            &self,
        ) -> ::my_api::wirebond::__private::client::MessageStream<UserStatus> {
            ::my_api::wirebond::__private::client::stream(
                &self.0,
                0,
                <UserStatus as ::my_api::wirebond::__private::Payload>::decode,
            )
        }
        ///Sends `move`: queued now, written as soon as a connection is open.
        #[cfg_attr(
            not(doctest),
            doc = "",
            doc = "Moves a piece.\n\nNot like [`Api::Jump`] of [`Api`]."
        )]
        #[deprecated(note = "use UserStatus")]
        #[inline]
        pub(crate) fn send_move(
            &self,
            __payload: &Vec<Api>,
        ) -> ::my_api::wirebond::__private::client::Sending {
            ::my_api::wirebond::__private::client::send(
                &self.0,
                "move",
                <Vec<
                    Api,
                > as ::my_api::wirebond::__private::Payload>::encode(
                    __payload,
                    "{\"type\":\"move\"",
                ),
            )
        }
        ///Sends `move` without waiting: `QueueFull` where `send_move` would wait.
        #[cfg_attr(
            not(doctest),
            doc = "",
            doc = "Moves a piece.\n\nNot like [`Api::Jump`] of [`Api`]."
        )]
        #[deprecated(note = "use UserStatus")]
        #[inline]
        pub(crate) fn try_send_move(
            &self,
            __payload: &Vec<Api>,
        ) -> ::core::result::Result<(), ::my_api::wirebond::__private::client::SendError> {
            ::my_api::wirebond::__private::client::try_send(
                &self.0,
                "move",
                <Vec<
                    Api,
                > as ::my_api::wirebond::__private::Payload>::encode(
                    __payload,
                    "{\"type\":\"move\"",
                ),
            )
        }
        #[doc(hidden)]
        pub(crate) fn on_move<'__n, __R>(
            &self,
            _: impl ::core::ops::FnMut(Vec<Api>) -> __R,
        ) -> ::my_api::wirebond::__private::client::Subscription
        where
            ::my_api::wirebond::__private::client::ClientSide<
                '__n,
            >: ::my_api::wirebond::__private::client::Receives<Api>,
        {
            ::core::unreachable!()
        }
        #[doc(hidden)]
        pub(crate) fn off_move<'__n>(&self)
        where
            ::my_api::wirebond::__private::client::ClientSide<
                '__n,
            >: ::my_api::wirebond::__private::client::Receives<Api>,
        {}
        #[doc(hidden)]
        pub(crate) fn stream_move<'__n>(
            &self,
        ) -> ::my_api::wirebond::__private::client::MessageStream<Vec<Api>>
        where
            ::my_api::wirebond::__private::client::ClientSide<
                '__n,
            >: ::my_api::wirebond::__private::client::Receives<Api>,
        {
            ::core::unreachable!()
        }
        ///Sends `jump`: queued now, written as soon as a connection is open.
        #[cfg_attr(not(doctest), doc = "", doc = include_str!("jump.md"))]
        #[inline]
        pub(crate) fn send_jump(
            &self,
            __payload: &Piece,
        ) -> ::my_api::wirebond::__private::client::Sending {
            ::my_api::wirebond::__private::client::send(
                &self.0,
                "jump",
                <Piece as ::my_api::wirebond::__private::Payload>::encode(
                    __payload,
                    "{\"type\":\"jump\"",
                ),
            )
        }
        ///Sends `jump` without waiting: `QueueFull` where `send_jump` would wait.
        #[cfg_attr(not(doctest), doc = "", doc = include_str!("jump.md"))]
        #[inline]
        pub(crate) fn try_send_jump(
            &self,
            __payload: &Piece,
        ) -> ::core::result::Result<(), ::my_api::wirebond::__private::client::SendError> {
            ::my_api::wirebond::__private::client::try_send(
                &self.0,
                "jump",
                <Piece as ::my_api::wirebond::__private::Payload>::encode(
                    __payload,
                    "{\"type\":\"jump\"",
                ),
            )
        }
        ///Calls `handler` with every `jump` that arrives, one at a time, in order.
        #[cfg_attr(not(doctest), doc = "", doc = include_str!("jump.md"))]
        pub(crate) fn on_jump<__R, __M>(
            &self,
            __handler: impl ::core::ops::FnMut(Piece) -> __R + ::core::marker::Send + 'static,
        ) -> ::my_api::wirebond::__private::client::Subscription
        where
            __R: ::my_api::wirebond::__private::client::Outcome<
                    __M,
                    Settled: ::core::marker::Send + 'static,
                > + 'static,
            __M: 'static,
        {
            ::my_api::wirebond::__private::client::on(
                &self.0,
                2,
                <Piece as ::my_api::wirebond::__private::Payload>::decode,
                __handler,
            )
        }
        ///Removes every handler of `jump`.
        #[cfg_attr(not(doctest), doc = "", doc = include_str!("jump.md"))]
        #[inline]
        pub(crate) fn off_jump(&self) {
            ::my_api::wirebond::__private::client::off(&self.0, 2);
        }
        ///Every `jump` that arrives, as a stream.
        #[cfg_attr(not(doctest), doc = "", doc = include_str!("jump.md"))]
        #[inline]
        pub(crate) fn stream_jump(
            &self,
        ) -> ::my_api::wirebond::__private::client::MessageStream<Piece> {
            ::my_api::wirebond::__private::client::stream(
                &self.0,
                2,
                <Piece as ::my_api::wirebond::__private::Payload>::decode,
            )
        }
        ///Sends `land`: queued now, written as soon as a connection is open.
        #[inline]
        pub(crate) fn send_land(
            &self,
            __payload: &Piece,
        ) -> ::my_api::wirebond::__private::client::Sending {
            ::my_api::wirebond::__private::client::send(
                &self.0,
                "land",
                <Piece as ::my_api::wirebond::__private::Payload>::encode(
                    __payload,
                    "{\"type\":\"land\"",
                ),
            )
        }
        ///Sends `land` without waiting: `QueueFull` where `send_land` would wait.
        #[inline]
        pub(crate) fn try_send_land(
            &self,
            __payload: &Piece,
        ) -> ::core::result::Result<(), ::my_api::wirebond::__private::client::SendError> {
            ::my_api::wirebond::__private::client::try_send(
                &self.0,
                "land",
                <Piece as ::my_api::wirebond::__private::Payload>::encode(
                    __payload,
                    "{\"type\":\"land\"",
                ),
            )
        }
        ///Calls `handler` with every `land` that arrives, one at a time, in order.
        pub(crate) fn on_land<__R, __M>(
            &self,
            __handler: impl ::core::ops::FnMut(Piece) -> __R + ::core::marker::Send + 'static,
        ) -> ::my_api::wirebond::__private::client::Subscription
        where
            __R: ::my_api::wirebond::__private::client::Outcome<
                    __M,
                    Settled: ::core::marker::Send + 'static,
                > + 'static,
            __M: 'static,
        {
            ::my_api::wirebond::__private::client::on(
                &self.0,
                3,
                <Piece as ::my_api::wirebond::__private::Payload>::decode,
                __handler,
            )
        }
        ///Removes every handler of `land`.
        #[inline]
        pub(crate) fn off_land(&self) {
            ::my_api::wirebond::__private::client::off(&self.0, 3);
        }
        ///Every `land` that arrives, as a stream.
        #[inline]
        pub(crate) fn stream_land(
            &self,
        ) -> ::my_api::wirebond::__private::client::MessageStream<Piece> {
            ::my_api::wirebond::__private::client::stream(
                &self.0,
                3,
                <Piece as ::my_api::wirebond::__private::Payload>::decode,
            )
        }
        /// Sends a payload as the one message that carries it.
        ///
        /// Where two messages carry the payload's type, call the one that is meant:
        /// `send_joined(&user)`.
        pub(crate) fn send<
            __T: ::my_api::wirebond::__private::client::Outgoing<Api, __WhichMessage>
                + ?::core::marker::Sized,
            __WhichMessage,
        >(&self, __payload: &__T) -> ::my_api::wirebond::__private::client::Sending {
            ::my_api::wirebond::__private::client::send(
                &self.0,
                <__T as ::my_api::wirebond::__private::client::Outgoing<
                    Api,
                    __WhichMessage,
                >>::NAME,
                <__T as ::my_api::wirebond::__private::client::Outgoing<
                    Api,
                    __WhichMessage,
                >>::encode(__payload),
            )
        }
        /// The same as `send`, without waiting: `QueueFull` where that would wait.
        pub(crate) fn try_send<
            __T: ::my_api::wirebond::__private::client::Outgoing<Api, __WhichMessage>
                + ?::core::marker::Sized,
            __WhichMessage,
        >(
            &self,
            __payload: &__T,
        ) -> ::core::result::Result<(), ::my_api::wirebond::__private::client::SendError> {
            ::my_api::wirebond::__private::client::try_send(
                &self.0,
                <__T as ::my_api::wirebond::__private::client::Outgoing<
                    Api,
                    __WhichMessage,
                >>::NAME,
                <__T as ::my_api::wirebond::__private::client::Outgoing<
                    Api,
                    __WhichMessage,
                >>::encode(__payload),
            )
        }
        /// Every message of the server, in arrival order across types.
        pub(crate) fn messages(
            &self,
        ) -> ::my_api::wirebond::__private::client::MessageStream<Api> {
            ::my_api::wirebond::__private::client::messages(&self.0)
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
        ///Calls the method of a [`Desk`] for every message, in arrival order.
        pub(crate) fn handle(
            &self,
            __handler: impl Desk,
        ) -> ::my_api::wirebond::__private::client::Subscription {
            let __handler = ::my_api::wirebond::__private::client::Arc::new(
                ::my_api::wirebond::__private::client::AsyncMutex::new(__handler),
            );
            ::my_api::wirebond::__private::client::on_message(
                &self.0,
                move |__message: Api| {
                    let __handler = ::core::clone::Clone::clone(&__handler);
                    async move {
                        let mut __handler = ::my_api::wirebond::__private::client::AsyncMutex::lock(
                                &*__handler,
                            )
                            .await;
                        match __message {
                            Api::UserStatus(__data) => {
                                Desk::presence(&mut *__handler, __data).await
                            }
                            Api::Jump(__data) => Desk::jump(&mut *__handler, __data).await,
                            Api::Land(__data) => Desk::land(&mut *__handler, __data).await,
                            _ => {}
                        }
                    }
                },
            )
        }
    }
    ///Handles every message that the server side of [`Api`] may send: see `Shop::handle`. Write each method as `async fn`.
    #[allow(dead_code, deprecated, clippy::all, clippy::pedantic, clippy::nursery)]
    pub(crate) trait Desk: ::core::marker::Send + 'static {
        ///Called with every `user-status`.
        fn presence(
            &mut self,
            data: UserStatus,
        ) -> impl ::core::future::Future<Output = ()> + ::core::marker::Send;
        ///Called with every `jump`.
        #[cfg_attr(not(doctest), doc = "", doc = include_str!("jump.md"))]
        fn jump(
            &mut self,
            data: Piece,
        ) -> impl ::core::future::Future<Output = ()> + ::core::marker::Send;
        ///Called with every `land`.
        fn land(
            &mut self,
            data: Piece,
        ) -> impl ::core::future::Future<Output = ()> + ::core::marker::Send;
    }
    #[automatically_derived]
    #[allow(deprecated)]
    impl<
        '__n,
    > ::my_api::wirebond::__private::client::Outgoing<
        Api,
        ::my_api::wirebond::__private::client::At<0>,
    > for UserStatus
    where
        ::my_api::wirebond::__private::client::ClientSide<
            '__n,
        >: ::my_api::wirebond::__private::client::MaySend<UserStatus>,
    {
        const NAME: &'static ::core::primitive::str = "user-status";
        #[inline]
        fn encode(&self) -> ::my_api::wirebond::__private::client::Encoded {
            <UserStatus as ::my_api::wirebond::__private::Payload>::encode(
                self,
                "{\"type\":\"user-status\"",
            )
        }
    }
    #[automatically_derived]
    #[allow(deprecated)]
    impl ::my_api::wirebond::__private::client::Outgoing<
        Api,
        ::my_api::wirebond::__private::client::At<1>,
    > for Vec<Api> {
        const NAME: &'static ::core::primitive::str = "move";
        #[inline]
        fn encode(&self) -> ::my_api::wirebond::__private::client::Encoded {
            <Vec<
                Api,
            > as ::my_api::wirebond::__private::Payload>::encode(self, "{\"type\":\"move\"")
        }
    }
    const _: () = {
        #[allow(dead_code, non_camel_case_types)]
        enum send_jump {}
        #[allow(dead_code, non_camel_case_types)]
        enum send_land {}
        #[automatically_derived]
        #[allow(deprecated)]
        impl<
            '__n,
        > ::my_api::wirebond::__private::client::Outgoing<
            Api,
            ::my_api::wirebond::__private::client::At<2>,
        > for Piece
        where
            ::my_api::wirebond::__private::client::ClientSide<
                '__n,
            >: ::my_api::wirebond::__private::client::Unshared<
                Piece,
                (send_jump, send_land),
            >,
        {
            const NAME: &'static ::core::primitive::str = "jump";
            #[inline]
            fn encode(&self) -> ::my_api::wirebond::__private::client::Encoded {
                <Piece as ::my_api::wirebond::__private::Payload>::encode(
                    self,
                    "{\"type\":\"jump\"",
                )
            }
        }
    };
}
