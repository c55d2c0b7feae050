//! No name, trait, macro, prelude setting or lint of the user's conflicts with what `#[contract(server)]`
//! generates.
#![allow(dead_code, non_camel_case_types, non_upper_case_globals, non_snake_case)]
#![allow(unreachable_pub, missing_debug_implementations, reason = "not what this is about")]
#![allow(clippy::all, clippy::pedantic, reason = "the names are the point, not the code")]

/// A payload.
pub type Payload = std::collections::BTreeMap<String, u8>;

/// Constants, which a pattern of the same name would match instead of binding.
mod values {
    use super::Payload;

    const data: u8 = 1;
    const builder: u8 = 1;
    const reason: u8 = 1;
    const code: u8 = 1;
    static handler: u8 = 1;
    static room: u8 = 1;
    static user: u8 = 1;
    struct peer;
    struct service;
    struct server;
    struct change;

    #[derive(wirebond::Contract)]
    #[contract(server)]
    pub(super) enum App {
        Chat(Payload),
        #[message(from = "server")]
        Shown(u8),
        #[message(from = "client")]
        Leave,
    }
}

/// Methods of every type, which method call syntax would find first.
mod traits {
    use super::Payload;

    macro_rules! everywhere {
        ($($by_value:ident)*; $($by_reference:ident)*) => {
            trait Everywhere: Sized {
                $(fn $by_value(self) {})*
                $(fn $by_reference(&self) {})*
            }
            impl<T> Everywhere for T {}
        };
    }
    everywhere! {
        map into from await_ unwrap build settings connected disconnected errors except;
        clone send try_send encode decode builder service chat shown leave id user state join room
        everyone server close is_connected untyped deref as_ref
    }

    #[derive(wirebond::Contract)]
    #[contract(server)]
    pub(super) enum App {
        Chat(Payload),
        #[message(from = "server")]
        Shown(u8),
        #[message(from = "client")]
        Leave,
    }
}

/// Macros with the names of the standard library's.
mod macros {
    #![allow(unused_macros)]

    macro_rules! taken {
        ($dollar:tt $($name:ident)*) => {
            $(macro_rules! $name { ($dollar($dollar any:tt)*) => { compile_error!("the user's own") }; })*
        };
    }
    taken! {
        $ unreachable panic concat vec write matches format assert debug_assert todo with_server
        peer_methods server_methods builder_methods target_methods
    }

    #[derive(wirebond::Contract)]
    #[contract(server)]
    pub(super) enum App {
        Chat(super::Payload),
        Leave,
    }
}

/// Without a prelude: every name has to be imported.
#[no_implicit_prelude]
mod no_prelude {
    #[derive(::wirebond::Contract)]
    #[contract(version = "1.0.0", server)]
    pub(super) enum App {
        /// Words.
        Chat(super::Payload),
        #[message(from = "server")]
        Shown(::core::primitive::u8),
        #[message(from = "client")]
        #[deprecated]
        Leave,
        Joined(::std::vec::Vec<super::Payload>),
    }
}

/// Modules with the names of crates.
mod crates {
    mod core {}
    mod std {}
    mod alloc {}
    mod wirebond {}
    mod wirebond_server {}

    #[derive(::wirebond::Contract)]
    #[contract(server)]
    pub(super) enum App {
        Chat(super::Payload),
        Leave,
    }
}

/// Payloads and contracts with the names of types, primitives and parameters.
macro_rules! names {
    ($($name:ident)*) => {
        mod each {
            $(pub(super) mod $name {
                use super::super::Payload as $name;

                #[derive(::wirebond::Contract)]
                #[contract(server)]
                pub(crate) enum App {
                    $name($name),
                    #[message(from = "server")]
                    Other($name),
                    #[message(from = "client")]
                    Third([$name; 1]),
                    #[message(from = "client", reply = $name, error = [$name; 2])]
                    Call($name),
                    #[message(from = "server", reply = [$name; 3], error = $name)]
                    Asked($name),
                    #[message(from = "server", reply = ())]
                    Touched,
                    Unit,
                }
            })*
        }
        mod contracts {
            $(mod $name {
                #[derive(::wirebond::Contract)]
                #[contract(client = "Talk", handler = "Ear", server)]
                pub(crate) enum $name {
                    $name(super::super::Payload),
                    #[message(from = "server")]
                    Shown(super::super::Payload),
                    #[message(from = "client")]
                    Leave,
                }
            })*
        }
    };
}
names! {
    Option Result Ok Err Some None Vec Box String Send Sync Sized Fn FnOnce Clone Debug Arc Future Outcome
    Peer Server Target Builder Service Sent Sending SendError FromPeer FromServer Identity Disconnect
    Received R M T S E str u8 u16 bool usize data peer builder service
}

/// `Self` in a payload is the contract, not the service or the peer.
mod recursive {
    #[derive(
        Debug, serde::Serialize, serde::Deserialize, schemars::JsonSchema, wirebond::Contract,
    )]
    #[contract(server)]
    pub(super) enum Tree {
        Node(Vec<Self>),
        #[message(from = "server")]
        Pair(Box<(Self, Self)>),
        Leaf,
    }
}

/// Methods that are keywords, and a service whose implementor has other methods of these names.
mod methods {
    #[derive(wirebond::Contract)]
    #[contract(server)]
    pub(super) enum App {
        Type(u8),
        Gen,
        Clone,
        Into(u8),
        Service,
        Build,
        Settings,
        Connected,
        Errors,
        Untyped,
    }

    #[derive(Clone)]
    pub(super) struct Desk;

    impl Desk {
        fn service(&self) -> u8 {
            1
        }
    }

    impl AppService for Desk {
        async fn r#type(&self, _: &AppPeer, _: u8) {}
        async fn r#gen(&self, _: &AppPeer) {}
        async fn clone(&self, _: &AppPeer) {}
        async fn into(&self, _: &AppPeer, _: u8) {}
        async fn service(&self, _: &AppPeer) {
            assert_eq!(Self::service(self), 1);
        }
        async fn build(&self, _: &AppPeer) {}
        async fn settings(&self, _: &AppPeer) {}
        async fn connected(&self, _: &AppPeer) {}
        async fn errors(&self, _: &AppPeer) {}
        async fn untyped(&self, _: &AppPeer) {}
    }
}

/// One side that sends nothing, and units alone.
mod sides {
    #[derive(wirebond::Contract)]
    #[contract(server)]
    pub(super) enum Down {
        #[message(from = "server")]
        Stop,
    }

    #[derive(wirebond::Contract)]
    #[contract(server)]
    pub(super) enum Up {
        #[message(from = "client")]
        Stop,
    }
}

/// Neither the compiler's lints nor Clippy's fire.
pub mod lints {
    #![deny(warnings, nonstandard_style, unused, rust_2018_idioms)]
    #![deny(missing_docs, missing_debug_implementations, unreachable_pub, unused_qualifications)]
    #![deny(unused_results, single_use_lifetimes, trivial_casts, unused_lifetimes)]
    #![deny(let_underscore_drop, impl_trait_redundant_captures, unit_bindings)]
    #![deny(clippy::all, clippy::pedantic, clippy::nursery, clippy::unwrap_used, clippy::panic)]
    #![allow(unreachable_pub, clippy::redundant_pub_crate, reason = "the test is no library")]

    /// A contract.
    #[derive(Debug, wirebond::Contract)]
    #[contract(server)]
    #[non_exhaustive]
    pub enum App {
        /// With a description.
        Chat(String),
        /// For one side.
        #[message(from = "server")]
        OrderUpdate(u8),
        /// For the other.
        #[message(from = "client")]
        Line(Vec<u8>),
        /// Gone.
        #[deprecated]
        Joined(Vec<u8>),
        /// Alone.
        Leave,
    }

    /// In private, with nobody who uses it.
    mod private {
        #[deprecated]
        type Old = u8;

        #[allow(deprecated)]
        mod old {
            #[derive(wirebond::Contract)]
            #[contract(server)]
            #[deprecated]
            pub(super) enum App {
                Chat(super::Old),
                #[message(from = "server")]
                Shown(super::Old),
            }
        }
        #[allow(deprecated)]
        const _: fn(old::App) = drop::<old::App>;
    }
}

#[test]
fn field_b1_no_name_of_the_users_meets_the_servers() -> Result<(), wirebond::server::BuildError> {
    let values =
        values::AppServer::builder().on_chat(|_, chat| assert!(chat.is_empty())).build()?;
    assert_eq!(values.everyone().send_shown(&1).map(|sent| sent.local), Ok(0));
    traits::AppServer::builder().on_leave(|_| {}).build()?;
    macros::AppServer::builder().on_chat(|peer, chat| peer.try_send_chat(&chat)).build()?;
    no_prelude::AppServer::builder().on_joined(|peer, all| peer.try_send_joined(&all)).build()?;
    crates::AppServer::builder().on_leave(|peer| async move { peer.send_leave().await }).build()?;
    recursive::TreeServer::builder()
        .on_node(|peer, node| {
            assert!(node.is_empty());
            peer.try_send_pair(&Box::new((recursive::Tree::Leaf, recursive::Tree::Leaf)))
        })
        .build()?;
    methods::AppServer::builder().service(methods::Desk).build()?;
    let down = sides::DownServer::builder().build()?;
    assert_eq!(down.everyone().send_stop().map(|sent| sent.local), Ok(0));
    sides::UpServer::builder().on_stop(|peer| peer.close(1000, "")).build()?;
    lints::AppServer::builder().on_line(|_, _| {}).build()?;
    Ok(())
}
