//! No name, trait, macro or prelude setting of the user's conflicts with what the derive generates.
#![allow(dead_code, unused_parens, unused_qualifications, reason = "it has only to compile")]

mod names;

use wirebond::{Contract, Envelope};

#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
struct Payload {
    x: u8,
}

fn names_of<C: Contract>() -> Vec<&'static str> {
    C::MESSAGES.iter().map(wirebond::MessageInfo::name).collect()
}

/// Constants, which a pattern of the same name would match instead of binding.
mod values {
    #![allow(non_upper_case_globals, non_camel_case_types)]
    use super::Payload;

    const data: u8 = 1;
    const fields: u8 = 1;
    const index: u8 = 1;
    static name: u8 = 1;
    static message: u8 = 1;
    struct payload;
    struct client;
    struct handler;
    struct url;

    #[derive(wirebond::Contract)]
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
    #![allow(clippy::wrong_self_convention, clippy::new_ret_no_self, reason = "not ours to choose")]
    use super::Payload;

    macro_rules! everywhere {
        ($($by_value:ident)*; $($by_reference:ident)*) => {
            trait Everywhere: Sized {
                const NAME: u8 = 0;
                const SCHEMA: u8 = 0;
                const MESSAGES: u8 = 0;
                $(fn $by_value(self) {})*
                $(fn $by_reference(&self) {})*
            }
            impl<T> Everywhere for T {}
        };
    }
    everywhere! {
        lock map into from clone await_ described deprecated lenient unwrap as_ref borrow deref trim_ascii;
        send try_send encode decode write read position index write_data unit builder handle messages new
    }

    #[derive(wirebond::Contract)]
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
    use super::Payload;

    macro_rules! taken {
        ($dollar:tt $($name:ident)*) => {
            $(macro_rules! $name { ($dollar($dollar any:tt)*) => { compile_error!("the user's own") }; })*
        };
    }
    taken! {
        $ unreachable panic concat include_str vec write matches format assert debug_assert todo with_client
        stringify line env
    }

    #[derive(wirebond::Contract)]
    pub(super) enum App {
        /// Words.
        Chat(Payload),
        #[message(from = "server")]
        Shown(u8),
        #[message(from = "client")]
        Leave(u8),
    }
}

/// Without a prelude: every name has to be imported.
#[no_implicit_prelude]
mod no_prelude {
    #[derive(::wirebond::Contract)]
    #[contract(version = "1.0.0")]
    pub(super) enum App {
        /// Words.
        Chat(super::Payload),
        #[message(from = "server")]
        Shown(::core::primitive::u8),
        #[message(from = "client")]
        #[deprecated]
        Leave,
        #[doc = ::core::concat!("a", "b")]
        Joined(::std::vec::Vec<super::Payload>),
        Left(::std::vec::Vec<super::Payload>),
    }
}

/// Modules with the names of crates.
mod crates {
    mod core {}
    mod std {}
    mod alloc {}
    mod wirebond {}
    mod serde {}

    #[derive(::wirebond::Contract)]
    pub(super) enum App {
        Chat(super::Payload),
        Leave,
    }
}

/// Payloads of every form that a type has.
mod types {
    use std::{borrow::Cow, collections::BTreeMap};

    #[derive(Debug, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
    pub(super) struct Pair<A, B>(pub(super) A, pub(super) B);

    mod deep {
        pub(in super::super) type Alias = super::Pair<u8, Option<bool>>;
    }

    #[derive(wirebond::Contract)]
    pub(super) enum App {
        Generic(Pair<u8, Vec<Pair<String, i64>>>),
        Path(self::deep::Alias),
        Absolute(::std::string::String),
        Array([u8; 4]),
        Tuple((u8, String, [bool; 2])),
        Map(BTreeMap<String, Vec<Option<u8>>>),
        Static(Cow<'static, str>),
        Boxed(Box<Pair<u8, u8>>),
        Parenthesized((u8)),
        #[message(from = "server")]
        Same(Vec<u8>),
        #[message(from = "client")]
        Again(Vec<u8>),
    }

    /// A type without values has no message; its code is generated all the same.
    #[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
    pub(super) enum Never {}

    #[derive(wirebond::Contract)]
    pub(super) enum Quiet {
        Never(Never),
        Leave,
    }
}

/// `Self` in a payload is the contract, not the client.
mod recursive {
    #[derive(
        Debug,
        PartialEq,
        serde::Serialize,
        serde::Deserialize,
        schemars::JsonSchema,
        wirebond::Contract,
    )]
    pub(super) enum Tree {
        Node(Vec<Self>),
        #[message(from = "server")]
        Pair(Box<(Self, Self)>),
        Leaf,
    }
}

/// Enums that a macro writes, with each kind of fragment.
mod written {
    pub(super) use ::wirebond as bonds;

    macro_rules! contract {
        (
            $(#[$meta:meta])* $vis:vis enum $name:ident($client:ident) as $wire:literal $docs:expr; {
                $($(#[$of:meta])* $variant:ident($payload:ty)),* ; $($unit:ident),*
            }
        ) => {
            #[derive(wirebond::Contract)]
            #[contract(name = $wire, crate = $crate::hygiene::written::bonds)]
            #[doc = $docs]
            $(#[$meta])*
            $vis enum $name {
                $($(#[$of])* $variant($payload),)*
                $($unit,)*
            }
            fn uses(client: &$client) {
                client.on_chat(|chat| assert_ne!(chat.x, 0));
                drop(client.send(&$crate::hygiene::Payload { x: 1 }));
                drop(client.send_many(&vec![]));
            }
        };
    }
    contract! {
        /// Of the whole.
        #[contract(rename_all = "UPPERCASE")]
        pub(super) enum App(AppClient) as "Written" "Words."; {
            /// Of one.
            #[message(from = "both")]
            Chat(crate::hygiene::Payload),
            /** Of
              * two. */
            Many(Vec<u8>),
            Pair((u8, u8)),
            #[message(lenient, name = "it")]
            #[deprecated = "gone"]
            Own(Box<str>)
            ; Leave
        }
    }
}

/// The generated types' names can be chosen, both of them.
mod chosen {
    use super::Payload;

    pub(super) mod types {
        pub(in super::super) use super::super::Payload as AppHandler;
        pub(in super::super) use super::super::Payload as AppClient;
    }
    use types::*;

    #[derive(wirebond::Contract)]
    #[contract(client = "Talk", handler = "Ear")]
    pub(super) enum App {
        Shown(AppHandler),
        Chat(AppClient),
    }

    pub(super) struct Desk;
    impl Ear for Desk {
        async fn shown(&mut self, shown: Payload) {
            assert_eq!(shown.x, 1);
        }
        async fn chat(&mut self, _: AppClient) {}
    }

    pub(super) fn uses(talk: &Talk) {
        talk.handle(Desk);
        talk.on_shown(|shown: AppHandler| assert_eq!(shown.x, 1));
    }
}

/// Variants whose names begin with other characters than methods do.
mod odd {
    #[derive(wirebond::Contract)]
    pub(super) enum App {
        _1(u8),
        _X,
        Größe(u8),
        Ελλάδα,
    }

    pub(super) struct Desk;
    impl AppHandler for Desk {
        async fn _1(&mut self, _: u8) {}
        async fn x(&mut self) {}
        async fn größe(&mut self, _: u8) {}
        async fn ελλάδα(&mut self) {}
    }
}

/// Clippy's lints don't fire. (The compiler's: `tests/ui/pass/lints.rs`.)
mod lints {
    #![deny(clippy::all, clippy::pedantic, clippy::nursery)]
    #![allow(clippy::option_option, clippy::box_collection, reason = "of the enum itself")]
    #![allow(clippy::type_complexity, reason = "of the enum itself")]
    #![allow(clippy::redundant_pub_crate, reason = "the pub(super) is the test's")]
    use super::Payload;

    /// A contract.
    #[derive(wirebond::Contract)]
    enum App {
        /// With a description.
        Chat(Payload),
        #[message(from = "server")]
        Shown(u8),
        #[message(from = "client")]
        Line(u8),
        Joined(Vec<Option<Option<u8>>>),
        #[deprecated]
        Left(Box<Vec<u8>>),
        Borrowed(std::borrow::Cow<'static, str>),
        Complex([Box<(Vec<(u8, Option<String>)>, Vec<(u8, Option<String>)>, Vec<(u8, u8)>)>; 2]),
        Leave,
    }
}

#[test]
fn field_b1_no_name_of_the_users_meets_ours() {
    #[derive(Contract)]
    enum M {
        R(R),
        M(R),
    }
    type R = Payload;

    assert_eq!(names_of::<M>(), ["r", "m"]);
    assert_eq!(
        names_of::<names::each::M::App>(),
        ["m", "other", "third", "call", "asked", "touched", "unit"]
    );
    assert_eq!(names_of::<names::contracts::R::R>(), ["r", "shown", "leave"]);
    assert_eq!(names_of::<names::units::App>().len(), names_of::<names::together::App>().len());
    assert_eq!(names_of::<written::App>(), ["CHAT", "MANY", "PAIR", "it", "LEAVE"]);
    let [chat, many, _, it, _] = written::App::MESSAGES else { panic!("five messages") };
    assert_eq!(
        (written::App::NAME, written::App::DESCRIPTION),
        ("Written", "Words.\nOf the whole.")
    );
    assert_eq!((chat.description(), many.description()), ("Of one.", "Of\ntwo."));
    assert!(it.is_lenient() && it.is_deprecated() && !chat.is_lenient());
    assert_eq!(names_of::<odd::App>(), ["-1", "--x", "größe", "Ελλάδα"]);
}

/// The compiled code also has to work.
#[test]
fn field_b1_what_is_generated_works_under_every_name() -> Result<(), serde_json::Error> {
    fn round<C: Contract>(text: &str) -> Result<String, serde_json::Error> {
        serde_json::to_string(&serde_json::from_str::<Envelope<C>>(text)?)
    }

    let text = r#"{"type":"chat","data":{"x":1}}"#;
    assert_eq!(round::<values::App>(text)?, text);
    assert_eq!(round::<traits::App>(text)?, text);
    assert_eq!(round::<macros::App>(text)?, text);
    assert_eq!(round::<no_prelude::App>(text)?, text);
    assert_eq!(round::<crates::App>(text)?, text);
    assert_eq!(round::<chosen::App>(text)?, text);
    let text = r#"{"type":"node","data":["Leaf",{"Node":[]}]}"#;
    assert_eq!(round::<recursive::Tree>(text)?, text);
    for text in [
        r#"{"type":"generic","data":[1,[["a",2]]]}"#,
        r#"{"type":"path","data":[1,null]}"#,
        r#"{"type":"array","data":[1,2,3,4]}"#,
        r#"{"type":"tuple","data":[1,"a",[true,false]]}"#,
        r#"{"type":"map","data":{"a":[null,1]}}"#,
        r#"{"type":"static","data":"a"}"#,
    ] {
        assert_eq!(round::<types::App>(text)?, text);
    }
    assert_eq!(round::<types::Quiet>(r#"{"type":"leave"}"#)?, r#"{"type":"leave"}"#);
    assert!(round::<types::Quiet>(r#"{"type":"never","data":1}"#).is_err());
    let text = r#"{"type":"option","data":{"x":1}}"#;
    assert_eq!(round::<names::together::App>(text)?, text);
    assert_eq!(round::<names::each::Option::App>(text)?, text);
    Ok(())
}

#[cfg(feature = "client")]
#[test]
fn field_b1_the_clients_of_all_these_contracts_send() -> Result<(), Box<dyn std::error::Error>> {
    let payload = Payload { x: 1 };
    let client = values::AppClient::builder("ws://localhost").build()?;
    client.try_send(&payload)?;
    client.try_send_leave()?;
    let client = traits::AppClient::builder("ws://localhost").build()?;
    client.try_send_chat(&payload)?;
    let client = no_prelude::AppClient::builder("ws://localhost").build()?;
    client.try_send_joined(&vec![payload.clone()])?;
    // One of the two that carry it is the client's to send.
    let client = types::AppClient::builder("ws://localhost").build()?;
    client.try_send(&vec![1_u8])?;
    assert_eq!(client.stats().accepted, 1);
    let client = recursive::TreeClient::builder("ws://localhost").build()?;
    client.try_send_node(&vec![recursive::Tree::Leaf])?;
    client.on_pair(|pair| assert_ne!(*pair, (recursive::Tree::Leaf, recursive::Tree::Leaf)));
    let client = chosen::Talk::builder("ws://localhost").build()?;
    chosen::uses(&client);
    let client = odd::AppClient::builder("ws://localhost").build()?;
    client.try_send__1(&1)?;
    client.try_send_ελλάδα()?;
    client.handle(odd::Desk);
    Ok(())
}
