const _: () = {
    #[allow(unused_imports)]
    use ::my_api::wirebond::__private::v0_1 as __private;
    #[automatically_derived]
    #[allow(deprecated)]
    impl __private::WireContract for Api {
        const HEADS: &'static [&'static ::core::primitive::str] = &[
            __private::head!("\"user-status\""),
            __private::head!("\"move\""),
            __private::head!("\"jump\""),
            __private::head!("\"land\""),
        ];
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
        fn write_data<__S: __private::SerializeStruct>(
            &self,
            __fields: &mut __private::Fields<'_, __S>,
        ) -> ::core::result::Result<(), __S::Error> {
            match self {
                Self::UserStatus(__data) => {
                    <UserStatus as __private::Payload>::write(__data, __fields)
                }
                Self::Move(__data) => {
                    <Vec<Api> as __private::Payload>::write(__data, __fields)
                }
                Self::Jump(__data) => {
                    <Piece as __private::Payload>::write(__data, __fields)
                }
                Self::Land(__data) => {
                    <Piece as __private::Payload>::write(__data, __fields)
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
                        <UserStatus as __private::Payload>::read(__data),
                        Self::UserStatus,
                    )
                }
                1 => {
                    ::core::result::Result::map(
                        <Vec<Api> as __private::Payload>::read(__data),
                        Self::Move,
                    )
                }
                2 => {
                    ::core::result::Result::map(
                        <Piece as __private::Payload>::read(__data),
                        Self::Jump,
                    )
                }
                3 => {
                    ::core::result::Result::map(
                        <Piece as __private::Payload>::read(__data),
                        Self::Land,
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
    impl __private::Contract for Api {
        const NAME: &'static ::core::primitive::str = "Shop API";
        const VERSION: &'static ::core::primitive::str = "2.1.0-beta.1";
        const DESCRIPTION: &'static ::core::primitive::str = "Everything that the shop says.";
        const MESSAGES: &'static [__private::MessageInfo] = &[
            __private::MessageInfo::carrying(
                "user-status",
                "UserStatus",
                __private::Direction::Server,
                <UserStatus as __private::Payload>::SCHEMA,
            ),
            __private::MessageInfo::carrying(
                    "move",
                    "Move",
                    __private::Direction::Client,
                    <Vec<Api> as __private::Payload>::SCHEMA,
                )
                .described("Moves a piece.\n\nNot like [`Self::Jump`] of [`Self`].")
                .deprecated()
                .lenient(),
            __private::MessageInfo::carrying(
                    "jump",
                    "Jump",
                    __private::Direction::Both,
                    <Piece as __private::Payload>::SCHEMA,
                )
                .described(
                    ::core::primitive::str::trim_ascii(
                        ::core::concat!(include_str!("jump.md")),
                    ),
                ),
            __private::MessageInfo::carrying(
                "land",
                "Land",
                __private::Direction::Both,
                <Piece as __private::Payload>::SCHEMA,
            ),
        ];
    }
    #[automatically_derived]
    #[allow(deprecated)]
    impl Api {
        /// The contract as a document: what `contract.json` holds.
        ///
        /// Fails where no document could describe it; the error says which types or fields are in the
        /// way.
        #[allow(dead_code)]
        #[inline]
        pub(crate) fn contract() -> ::core::result::Result<
            __private::Document,
            __private::GenerateError,
        > {
            <Self as __private::ContractDocument>::contract()
        }
    }
};
with_client! {
    ///The typed client of [`Api`]: a cheap handle that may be cloned.
    #[derive(::core::clone::Clone, ::core::fmt::Debug)]
    pub(crate) struct Shop(::my_api::wirebond::__private::v0_1::client::Client);
    ::my_api::wirebond::__private::v0_1::client::client_methods! {
        pub (crate) Shop ApiOpening Api::my_api::wirebond::__private::v0_1::identity:: < Api
        >
    }
    ///A connection of [`Shop`] that is not open yet: see `Builder::opening`.
    #[derive(::core::clone::Clone, ::core::fmt::Debug)]
    pub(crate) struct ApiOpening(::my_api::wirebond::__private::v0_1::client::Opening);
    ::my_api::wirebond::__private::v0_1::client::opening_methods! {
        pub (crate) ApiOpening Api
    }
    ::my_api::wirebond::__private::v0_1::client::client_aliases! {
        pub (crate) Shop unconfirmed dropped kept
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
    const _: () = {
        #[allow(unused_imports)]
        use ::my_api::wirebond::__private::v0_1 as __private;
        use ::my_api::wirebond::__private::v0_1::client as __client;
        #[allow(dead_code, deprecated, clippy::all, clippy::pedantic, clippy::nursery)]
        impl Shop {
            #[doc(hidden)]
            pub(crate) fn send_presence<'__n>(&self, _: &UserStatus) -> __client::Sending
            where
                __client::ClientSide<'__n>: __client::Sends<Api>,
            {
                ::core::unreachable!()
            }
            #[doc(hidden)]
            pub(crate) fn try_send_presence<'__n>(
                &self,
                _: &UserStatus,
            ) -> ::core::result::Result<(), __client::SendError>
            where
                __client::ClientSide<'__n>: __client::Sends<Api>,
            {
                ::core::unreachable!()
            }
            ///Calls `handler` with every `user-status` that arrives, one at a time, in order.
            pub(crate) fn on_presence<__R, __M>(
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
                    0,
                    <UserStatus as __private::Payload>::decode,
                    __handler,
                )
            }
            ///Removes every handler of `user-status`.
            #[inline]
            pub(crate) fn off_presence(&self) {
                __client::off(&self.0, 0);
            }
            ///Every `user-status` that arrives, as a stream.
            #[inline]
            pub(crate) fn stream_presence(&self) -> __client::MessageStream<UserStatus> {
                __client::stream(&self.0, 0, <UserStatus as __private::Payload>::decode)
            }
            ///Every `user-status` that `takes` takes, as a stream.
            pub(crate) fn stream_presence_where(
                &self,
                __takes: impl ::core::ops::Fn(
                    &UserStatus,
                ) -> ::core::primitive::bool + ::core::marker::Send + ::core::marker::Sync + 'static,
            ) -> __client::MessageStream<UserStatus> {
                __client::stream_where(
                    &self.0,
                    0,
                    <UserStatus as __private::Payload>::decode,
                    __takes,
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
            pub(crate) fn send_move(&self, __payload: &Vec<Api>) -> __client::Sending {
                __client::send::<
                    Api,
                    _,
                >(&self.0, 1, __payload, <Vec<Api> as __private::Payload>::encode)
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
            ) -> ::core::result::Result<(), __client::SendError> {
                __client::try_send::<
                    Api,
                    _,
                >(&self.0, 1, __payload, <Vec<Api> as __private::Payload>::encode)
            }
            ///Sends `move` on every connection, until the hold is released or dropped.
            #[cfg_attr(
                not(doctest),
                doc = "",
                doc = "Moves a piece.\n\nNot like [`Api::Jump`] of [`Api`]."
            )]
            #[deprecated(note = "use UserStatus")]
            pub(crate) fn hold_move(
                &self,
                __payload: &Vec<Api>,
            ) -> ::core::result::Result<__client::Hold<Api>, __client::SendError> {
                __client::hold::<
                    Api,
                    _,
                >(&self.0, 1, __payload, <Vec<Api> as __private::Payload>::encode)
            }
            ///As `hold_move`, with a payload that is made whenever it is sent.
            #[cfg_attr(
                not(doctest),
                doc = "",
                doc = "Moves a piece.\n\nNot like [`Api::Jump`] of [`Api`]."
            )]
            #[deprecated(note = "use UserStatus")]
            pub(crate) fn hold_move_with(
                &self,
                __payload: impl ::core::ops::Fn(
                ) -> Vec<Api> + ::core::marker::Send + ::core::marker::Sync + 'static,
            ) -> ::core::result::Result<__client::Hold<Api>, __client::SendError> {
                __client::hold_with::<
                    Api,
                    _,
                >(&self.0, 1, __payload, <Vec<Api> as __private::Payload>::encode)
            }
            #[doc(hidden)]
            pub(crate) fn on_move<'__n, __R>(
                &self,
                _: impl ::core::ops::FnMut(Vec<Api>) -> __R,
            ) -> __client::Subscription
            where
                __client::ClientSide<'__n>: __client::Receives<Api>,
            {
                ::core::unreachable!()
            }
            #[doc(hidden)]
            pub(crate) fn off_move<'__n>(&self)
            where
                __client::ClientSide<'__n>: __client::Receives<Api>,
            {}
            #[doc(hidden)]
            pub(crate) fn stream_move<'__n>(&self) -> __client::MessageStream<Vec<Api>>
            where
                __client::ClientSide<'__n>: __client::Receives<Api>,
            {
                ::core::unreachable!()
            }
            ///Sends `jump`: queued now, written as soon as a connection is open.
            #[cfg_attr(not(doctest), doc = "", doc = include_str!("jump.md"))]
            #[inline]
            pub(crate) fn send_jump(&self, __payload: &Piece) -> __client::Sending {
                __client::send::<
                    Api,
                    _,
                >(&self.0, 2, __payload, <Piece as __private::Payload>::encode)
            }
            ///Sends `jump` without waiting: `QueueFull` where `send_jump` would wait.
            #[cfg_attr(not(doctest), doc = "", doc = include_str!("jump.md"))]
            #[inline]
            pub(crate) fn try_send_jump(
                &self,
                __payload: &Piece,
            ) -> ::core::result::Result<(), __client::SendError> {
                __client::try_send::<
                    Api,
                    _,
                >(&self.0, 2, __payload, <Piece as __private::Payload>::encode)
            }
            ///Sends `jump` on every connection, until the hold is released or dropped.
            #[cfg_attr(not(doctest), doc = "", doc = include_str!("jump.md"))]
            pub(crate) fn hold_jump(
                &self,
                __payload: &Piece,
            ) -> ::core::result::Result<__client::Hold<Api>, __client::SendError> {
                __client::hold::<
                    Api,
                    _,
                >(&self.0, 2, __payload, <Piece as __private::Payload>::encode)
            }
            ///As `hold_jump`, with a payload that is made whenever it is sent.
            #[cfg_attr(not(doctest), doc = "", doc = include_str!("jump.md"))]
            pub(crate) fn hold_jump_with(
                &self,
                __payload: impl ::core::ops::Fn(
                ) -> Piece + ::core::marker::Send + ::core::marker::Sync + 'static,
            ) -> ::core::result::Result<__client::Hold<Api>, __client::SendError> {
                __client::hold_with::<
                    Api,
                    _,
                >(&self.0, 2, __payload, <Piece as __private::Payload>::encode)
            }
            ///Calls `handler` with every `jump` that arrives, one at a time, in order.
            #[cfg_attr(not(doctest), doc = "", doc = include_str!("jump.md"))]
            pub(crate) fn on_jump<__R, __M>(
                &self,
                __handler: impl ::core::ops::FnMut(
                    Piece,
                ) -> __R + ::core::marker::Send + 'static,
            ) -> __client::Subscription
            where
                __R: __client::Outcome<__M, Settled: ::core::marker::Send + 'static>
                    + 'static,
                __M: 'static,
            {
                __client::on(&self.0, 2, <Piece as __private::Payload>::decode, __handler)
            }
            ///Removes every handler of `jump`.
            #[cfg_attr(not(doctest), doc = "", doc = include_str!("jump.md"))]
            #[inline]
            pub(crate) fn off_jump(&self) {
                __client::off(&self.0, 2);
            }
            ///Every `jump` that arrives, as a stream.
            #[cfg_attr(not(doctest), doc = "", doc = include_str!("jump.md"))]
            #[inline]
            pub(crate) fn stream_jump(&self) -> __client::MessageStream<Piece> {
                __client::stream(&self.0, 2, <Piece as __private::Payload>::decode)
            }
            ///Every `jump` that `takes` takes, as a stream.
            #[cfg_attr(not(doctest), doc = "", doc = include_str!("jump.md"))]
            pub(crate) fn stream_jump_where(
                &self,
                __takes: impl ::core::ops::Fn(
                    &Piece,
                ) -> ::core::primitive::bool + ::core::marker::Send + ::core::marker::Sync + 'static,
            ) -> __client::MessageStream<Piece> {
                __client::stream_where(
                    &self.0,
                    2,
                    <Piece as __private::Payload>::decode,
                    __takes,
                )
            }
            ///Sends `land`: queued now, written as soon as a connection is open.
            #[inline]
            pub(crate) fn send_land(&self, __payload: &Piece) -> __client::Sending {
                __client::send::<
                    Api,
                    _,
                >(&self.0, 3, __payload, <Piece as __private::Payload>::encode)
            }
            ///Sends `land` without waiting: `QueueFull` where `send_land` would wait.
            #[inline]
            pub(crate) fn try_send_land(
                &self,
                __payload: &Piece,
            ) -> ::core::result::Result<(), __client::SendError> {
                __client::try_send::<
                    Api,
                    _,
                >(&self.0, 3, __payload, <Piece as __private::Payload>::encode)
            }
            ///Sends `land` on every connection, until the hold is released or dropped.
            pub(crate) fn hold_land(
                &self,
                __payload: &Piece,
            ) -> ::core::result::Result<__client::Hold<Api>, __client::SendError> {
                __client::hold::<
                    Api,
                    _,
                >(&self.0, 3, __payload, <Piece as __private::Payload>::encode)
            }
            ///As `hold_land`, with a payload that is made whenever it is sent.
            pub(crate) fn hold_land_with(
                &self,
                __payload: impl ::core::ops::Fn(
                ) -> Piece + ::core::marker::Send + ::core::marker::Sync + 'static,
            ) -> ::core::result::Result<__client::Hold<Api>, __client::SendError> {
                __client::hold_with::<
                    Api,
                    _,
                >(&self.0, 3, __payload, <Piece as __private::Payload>::encode)
            }
            ///Calls `handler` with every `land` that arrives, one at a time, in order.
            pub(crate) fn on_land<__R, __M>(
                &self,
                __handler: impl ::core::ops::FnMut(
                    Piece,
                ) -> __R + ::core::marker::Send + 'static,
            ) -> __client::Subscription
            where
                __R: __client::Outcome<__M, Settled: ::core::marker::Send + 'static>
                    + 'static,
                __M: 'static,
            {
                __client::on(&self.0, 3, <Piece as __private::Payload>::decode, __handler)
            }
            ///Removes every handler of `land`.
            #[inline]
            pub(crate) fn off_land(&self) {
                __client::off(&self.0, 3);
            }
            ///Every `land` that arrives, as a stream.
            #[inline]
            pub(crate) fn stream_land(&self) -> __client::MessageStream<Piece> {
                __client::stream(&self.0, 3, <Piece as __private::Payload>::decode)
            }
            ///Every `land` that `takes` takes, as a stream.
            pub(crate) fn stream_land_where(
                &self,
                __takes: impl ::core::ops::Fn(
                    &Piece,
                ) -> ::core::primitive::bool + ::core::marker::Send + ::core::marker::Sync + 'static,
            ) -> __client::MessageStream<Piece> {
                __client::stream_where(
                    &self.0,
                    3,
                    <Piece as __private::Payload>::decode,
                    __takes,
                )
            }
            ///Calls the method of a [`Desk`] for every message, in arrival order.
            pub(crate) fn handle(&self, __handler: impl Desk) -> __client::Subscription {
                __client::handle(
                    &self.0,
                    __handler,
                    |mut __handler, __message| async move {
                        match __message {
                            Api::UserStatus(__data) => {
                                Desk::presence(&mut *__handler, __data).await
                            }
                            Api::Jump(__data) => Desk::jump(&mut *__handler, __data).await,
                            Api::Land(__data) => Desk::land(&mut *__handler, __data).await,
                            _ => {}
                        }
                    },
                )
            }
        }
        #[allow(dead_code, deprecated, clippy::all, clippy::pedantic, clippy::nursery)]
        impl ApiOpening {
            ///Waits for the next message, which must be `user-status`.
            pub(crate) fn expect_presence(&self) -> __client::Expecting<UserStatus> {
                __client::expect::<
                    Api,
                    _,
                >(&self.0, 0, <UserStatus as __private::Payload>::decode)
            }
            ///Sends `move`, before the queue.
            #[cfg_attr(
                not(doctest),
                doc = "",
                doc = "Moves a piece.\n\nNot like [`Api::Jump`] of [`Api`]."
            )]
            #[deprecated(note = "use UserStatus")]
            pub(crate) fn send_move(&self, __payload: &Vec<Api>) -> __client::OpeningSend {
                __client::send_opening::<
                    Api,
                    _,
                >(&self.0, 1, __payload, <Vec<Api> as __private::Payload>::encode)
            }
            ///Sends `jump`, before the queue.
            #[cfg_attr(not(doctest), doc = "", doc = include_str!("jump.md"))]
            pub(crate) fn send_jump(&self, __payload: &Piece) -> __client::OpeningSend {
                __client::send_opening::<
                    Api,
                    _,
                >(&self.0, 2, __payload, <Piece as __private::Payload>::encode)
            }
            ///Waits for the next message, which must be `jump`.
            #[cfg_attr(not(doctest), doc = "", doc = include_str!("jump.md"))]
            pub(crate) fn expect_jump(&self) -> __client::Expecting<Piece> {
                __client::expect::<Api, _>(&self.0, 2, <Piece as __private::Payload>::decode)
            }
            ///Sends `land`, before the queue.
            pub(crate) fn send_land(&self, __payload: &Piece) -> __client::OpeningSend {
                __client::send_opening::<
                    Api,
                    _,
                >(&self.0, 3, __payload, <Piece as __private::Payload>::encode)
            }
            ///Waits for the next message, which must be `land`.
            pub(crate) fn expect_land(&self) -> __client::Expecting<Piece> {
                __client::expect::<Api, _>(&self.0, 3, <Piece as __private::Payload>::decode)
            }
        }
        #[automatically_derived]
        #[allow(deprecated)]
        impl<'__n> __client::Outgoing<Api, __client::At<0>> for UserStatus
        where
            __client::ClientSide<'__n>: __client::MaySend<UserStatus>,
        {
            const INDEX: ::core::primitive::usize = 0;
            const ENCODE: __client::Encode<Self> = <UserStatus as __private::Payload>::encode;
        }
        #[automatically_derived]
        #[allow(deprecated)]
        impl __client::Outgoing<Api, __client::At<1>> for Vec<Api> {
            const INDEX: ::core::primitive::usize = 1;
            const ENCODE: __client::Encode<Self> = <Vec<Api> as __private::Payload>::encode;
        }
    };
    const _: () = {
        #[allow(unused_imports)]
        use ::my_api::wirebond::__private::v0_1 as __private;
        use ::my_api::wirebond::__private::v0_1::client as __client;
        #[allow(dead_code, non_camel_case_types)]
        enum send_jump {}
        #[allow(dead_code, non_camel_case_types)]
        enum send_land {}
        #[automatically_derived]
        #[allow(deprecated)]
        impl<'__n> __client::Outgoing<Api, __client::At<2>> for Piece
        where
            __client::ClientSide<'__n>: __client::Unshared<Piece, (send_jump, send_land)>,
        {
            const INDEX: ::core::primitive::usize = 2;
            const ENCODE: __client::Encode<Self> = <Piece as __private::Payload>::encode;
        }
    };
}
