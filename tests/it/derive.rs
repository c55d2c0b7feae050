//! What an enum becomes: names, directions, documentation, and what its attributes change.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use wirebond::{Contract, Direction, Envelope};

mod forms;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
struct Chat {
    content: String,
}

fn names<C: Contract>() -> Vec<&'static str> {
    C::MESSAGES.iter().map(wirebond::MessageInfo::name).collect()
}

#[test]
fn without_attributes_there_are_sound_defaults() {
    #[derive(Debug, Contract)]
    enum App {
        Chat(Chat),
        OrderUpdate(Chat),
        HTTPError(Chat),
        Leave,
    }

    assert_eq!((App::NAME, App::VERSION, App::DESCRIPTION), ("App", "0.0.0", ""));
    assert_eq!(names::<App>(), ["chat", "order-update", "h-t-t-p-error", "leave"]);
    assert!(App::MESSAGES.iter().all(|message| message.direction() == Direction::Both));
    let payloads: Vec<_> = App::MESSAGES.iter().map(wirebond::MessageInfo::has_payload).collect();
    assert_eq!(payloads, [true, true, true, false]);
}

#[test]
fn attributes_say_otherwise() {
    /// Of the whole.
    ///
    /// In two parts.
    #[derive(Debug, Contract)]
    #[contract(version = "1.2.0-rc.1", name = "Shop API")]
    enum App {
        /// Of one message.
        #[message(from = "server", name = "user status/v2", method = "presence")]
        UserStatus(Chat),
        #[message(from = "client")]
        #[deprecated]
        Leave,
        #[message(from = "both", name = "\"quoted\\\"")]
        Odd(Chat),
    }

    assert_eq!((App::NAME, App::VERSION), ("Shop API", "1.2.0-rc.1"));
    assert_eq!(App::DESCRIPTION, "Of the whole.\n\nIn two parts.");
    let [status, leave, odd] = App::MESSAGES else { panic!("three messages") };
    assert_eq!((status.name(), status.variant()), ("user status/v2", "UserStatus"));
    assert_eq!((status.direction(), status.description()), (Direction::Server, "Of one message."));
    assert_eq!((leave.direction(), leave.is_deprecated()), (Direction::Client, true));
    assert_eq!((odd.direction(), odd.is_deprecated()), (Direction::Both, false));
    let text = serde_json::to_string(&Envelope {
        message: App::Odd(Chat { content: "x".into() }),
        timestamp: None,
    });
    assert_eq!(text.unwrap(), r#"{"type":"\"quoted\\\"","data":{"content":"x"}}"#);
}

/// Enums of the same variants, once with our `rename_all` and once with serde's.
macro_rules! renamed {
    ($($case:literal)*) => {$({
        #[derive(Debug, Contract)]
        #[contract(rename_all = $case)]
        #[allow(dead_code, non_camel_case_types, reason = "only its names count")]
        #[rustfmt::skip]
        enum App { OrderUpdate, HTTPError, UserID, OAuth2Token, X, XY, #[message(method = "abc")] Abc_Def, V2, Utf8, Ünder, GrÖße, AI_Chat, r#Type, IPv4Address, A1B2 }

        #[derive(Debug, Serialize)]
        #[serde(rename_all = $case)]
        #[rustfmt::skip]
        #[expect(non_camel_case_types, reason = "that is the point")]
        enum Serde { OrderUpdate, HTTPError, UserID, OAuth2Token, X, XY, Abc_Def, V2, Utf8, Ünder, GrÖße, AI_Chat, r#Type, IPv4Address, A1B2 }

        use Serde::*;
        let expected = [
            OrderUpdate, HTTPError, UserID, OAuth2Token, X, XY, Abc_Def, V2, Utf8, Ünder, GrÖße, AI_Chat, r#Type, IPv4Address, A1B2,
        ];
        let expected = expected.map(|variant| match serde_json::to_value(variant).unwrap() {
            serde_json::Value::String(name) => name,
            other => panic!("{other}"),
        });
        assert_eq!(names::<App>(), expected, $case);
    })*};
}

/// Names that begin with an ASCII letter: serde's camelCase panics on others.
macro_rules! camel {
    ($($variant:ident)*) => {{
        #[derive(Debug, Contract)]
        #[contract(rename_all = "camelCase")]
        #[allow(dead_code, reason = "only its names count")]
        enum App { $($variant,)* }
        #[derive(Debug, Serialize)]
        #[serde(rename_all = "camelCase")]
        enum Serde { $($variant,)* }

        let expected = [$(Serde::$variant,)*];
        let expected = expected.map(|variant| serde_json::to_value(variant).unwrap());
        assert_eq!(serde_json::json!(names::<App>()), serde_json::json!(expected));
    }};
}

#[test]
fn field_b12_rename_all_gives_the_names_that_serde_gives() {
    renamed! {
        "kebab-case" "snake_case" "PascalCase" "lowercase" "UPPERCASE" "SCREAMING_SNAKE_CASE"
        "SCREAMING-KEBAB-CASE"
    }
    camel! { OrderUpdate HTTPError UserID OAuth2Token X XY V2 Utf8 GrÖße IPv4Address A1B2 }
}

#[test]
fn field_b12_the_default_is_kebab_case_as_serde_has_it_and_methods_keep_their_words() {
    #[derive(Debug, Contract)]
    #[allow(dead_code, reason = "only its names count")]
    enum App {
        OrderUpdate,
        HTTPError,
        UserID(Chat),
    }
    #[derive(Debug, Contract)]
    #[contract(rename_all = "kebab-case")]
    #[allow(dead_code, reason = "only its names count")]
    enum Named {
        OrderUpdate,
        HTTPError,
        UserID(Chat),
    }

    assert_eq!(names::<App>(), ["order-update", "h-t-t-p-error", "user-i-d"]);
    assert_eq!(names::<Named>(), names::<App>());
    #[cfg(feature = "client")]
    {
        let app = AppClient::builder("ws://localhost").build().unwrap();
        app.try_send_http_error().unwrap();
        app.on_user_id(|chat| drop(chat.content));
    }
}

#[test]
fn field_b13_docs_come_as_rustdoc_reads_them() {
    /**
     * A block
     *
     *   with a margin.
     *
     * * and a list
     */
    #[derive(Debug, Contract)]
    enum App {
        /** One line. */
        One,
        /** Two
        lines. */
        Two,
        /**
         ****
         * Stars *
         ****
         */
        Framed,
        ///   Indented
        ///     further
        Indented,
        #[doc = "As an attribute"]
        #[doc = "  of two"]
        Attribute,
        /// A comment
        #[doc = "and an attribute"]
        Mixed,
        #[doc = include_str!("../ui/docs.md")]
        Included,
        #[doc = concat!("a ", "b", 1)]
        Concatenated,
        /// Before
        #[doc = include_str!("../ui/docs.md")]
        /// after
        Both,
        #[doc(alias = "nothing")]
        Without,
    }

    assert_eq!(App::DESCRIPTION, "A block\n\n  with a margin.\n\n* and a list");
    let docs: Vec<_> = App::MESSAGES.iter().map(wirebond::MessageInfo::description).collect();
    assert_eq!(
        docs,
        [
            "One line.",
            "Two\n       lines.",
            "***\n Stars *\n***",
            "Indented\n  further",
            "As an attribute\n  of two",
            "A comment\nand an attribute",
            "From a *file*.",
            "a b1",
            "Before\nFrom a *file*.\n\nafter",
            "",
        ]
    );
}

#[test]
fn field_b7_a_message_may_be_marked_as_lenient() {
    #[derive(Debug, Contract)]
    enum App {
        #[message(lenient, from = "server")]
        Loose(Chat),
        Strict(Chat),
    }

    let lenient: Vec<_> = App::MESSAGES.iter().map(wirebond::MessageInfo::is_lenient).collect();
    assert_eq!(lenient, [true, false]);
}

#[test]
fn a_variant_that_is_configured_away_leaves_no_trace() {
    #[derive(Debug, Contract)]
    enum App {
        #[cfg(any())]
        Absent(Missing),
        Chat(Chat),
        #[cfg(not(any()))]
        Leave,
    }

    assert_eq!(names::<App>(), ["chat", "leave"]);
    let read: Envelope<App> = serde_json::from_str(r#"{"type":"leave"}"#).unwrap();
    assert!(matches!(read.message, App::Leave));
    assert!(serde_json::from_str::<Envelope<App>>(r#"{"type":"absent","data":1}"#).is_err());
}

mod api {
    //! A crate that re-exports the facade under another name.
    pub(crate) use ::wirebond as bonds;

    use super::Chat;

    #[derive(Debug, ::wirebond::Contract)]
    #[contract(crate = "crate::derive::api::bonds")]
    pub(crate) enum Inner {
        Chat(Chat),
    }
}

#[test]
fn the_facade_may_be_reexported_and_visibility_follows_the_enum() {
    assert_eq!(names::<api::Inner>(), ["chat"]);
    #[cfg(feature = "client")]
    drop(api::InnerClient::builder("ws://localhost").build().unwrap());
}

#[test]
fn two_contracts_live_side_by_side_and_share_payloads() {
    #[derive(Debug, Contract)]
    enum Left {
        Chat(Chat),
    }
    #[derive(Debug, Contract)]
    enum Right {
        Chat(Chat),
        Second(Chat),
    }

    let text = r#"{"type":"chat","data":{"content":"x"}}"#;
    let left: Envelope<Left> = serde_json::from_str(text).unwrap();
    let right: Envelope<Right> = serde_json::from_str(text).unwrap();
    let Left::Chat(left) = left.message;
    let (Right::Chat(right) | Right::Second(right)) = right.message;
    assert_eq!(left, right);
}

#[test]
fn names_may_be_keywords_or_those_of_the_expansion() {
    #[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
    struct Order(u8);

    #[derive(Debug, Contract)]
    enum App {
        Order(Order),
        Place(Order),
        Type,
        r#Async,
        Move(Vec<Order>),
        Result(Option<u8>),
    }

    assert_eq!(names::<App>(), ["order", "place", "type", "async", "move", "result"]);
    #[cfg(feature = "client")]
    {
        let app = AppClient::builder("ws://localhost").build().unwrap();
        app.try_send_type().unwrap();
        app.try_send_move(&vec![Order(1)]).unwrap();
        app.try_send_result(&Some(1)).unwrap();
        app.on_async(|| {});
        assert_eq!(app.stats().accepted, 3);
    }
}

/// A contract of the size that a large product has.
#[test]
fn two_hundred_variants_are_no_trouble() {
    macro_rules! large {
        ($($variant:ident)*) => {
            #[derive(Debug, Contract)]
            enum Large { $($variant(Chat),)* }
        };
    }
    large! {
        A0 A1 A2 A3 A4 A5 A6 A7 A8 A9 B0 B1 B2 B3 B4 B5 B6 B7 B8 B9 C0 C1 C2 C3 C4 C5 C6 C7 C8 C9
        D0 D1 D2 D3 D4 D5 D6 D7 D8 D9 E0 E1 E2 E3 E4 E5 E6 E7 E8 E9 F0 F1 F2 F3 F4 F5 F6 F7 F8 F9
        G0 G1 G2 G3 G4 G5 G6 G7 G8 G9 H0 H1 H2 H3 H4 H5 H6 H7 H8 H9 I0 I1 I2 I3 I4 I5 I6 I7 I8 I9
        J0 J1 J2 J3 J4 J5 J6 J7 J8 J9 K0 K1 K2 K3 K4 K5 K6 K7 K8 K9 L0 L1 L2 L3 L4 L5 L6 L7 L8 L9
        M0 M1 M2 M3 M4 M5 M6 M7 M8 M9 N0 N1 N2 N3 N4 N5 N6 N7 N8 N9 O0 O1 O2 O3 O4 O5 O6 O7 O8 O9
        P0 P1 P2 P3 P4 P5 P6 P7 P8 P9 Q0 Q1 Q2 Q3 Q4 Q5 Q6 Q7 Q8 Q9 R0 R1 R2 R3 R4 R5 R6 R7 R8 R9
        S0 S1 S2 S3 S4 S5 S6 S7 S8 S9 T0 T1 T2 T3 T4 T5 T6 T7 T8 T9
    }
    assert_eq!(Large::MESSAGES.len(), 200);
    let message = Large::T9(Chat { content: "last".into() });
    let text = serde_json::to_string(&Envelope { message, timestamp: None }).unwrap();
    let read: Envelope<Large> = serde_json::from_str(&text).unwrap();
    assert!(matches!(read.message, Large::T9(chat) if chat.content == "last"));
}

/// The derive refuses variants that collide with the client's own methods: its list is what the runtime
/// generates and what the docs say.
#[test]
fn the_list_of_the_clients_own_methods_is_complete() {
    use std::collections::BTreeSet;

    let reserved = include_str!("../../macros/src/reserved.rs");
    let list = reserved.split("const CLIENT_METHODS").nth(1).unwrap().split(';').nth(1).unwrap();
    let listed: BTreeSet<_> = list.split('"').skip(1).step_by(2).collect();

    let runtime = include_str!("../../client/src/runtime/methods.rs");
    let runtime = runtime.split("macro_rules! __client_events").next().unwrap();
    let methods = runtime.split("fn ").skip(1).filter_map(|rest| rest.split(['<', '(']).next());
    let events = runtime.split("__client_events! {").nth(1).unwrap();
    let events = events.lines().map(str::trim).filter(|line| line.starts_with("on_"));
    let events = events.filter_map(|line| line.split('(').next());
    let hidden = ["from_untyped", "identity"];
    let generated: BTreeSet<_> =
        methods.chain(events).chain(["handle"]).filter(|name| !hidden.contains(name)).collect();
    assert_eq!(generated, listed);

    let docs = include_str!("../../src/derive.md");
    let docs = docs.split("# The client's own methods").nth(1).unwrap();
    let docs = docs.split("The set is fixed").next().unwrap();
    let documented: BTreeSet<_> = docs.split('`').skip(1).step_by(2).collect();
    assert_eq!(documented, listed);
}

/// A message replaces a deprecated alias of its name; the other aliases stay.
#[test]
#[expect(deprecated, reason = "the aliases are what this is about")]
fn aliases_make_room_for_messages() {
    #[derive(Debug, Contract)]
    enum Jobs {
        Dropped(String),
    }
    let jobs = JobsClient::builder("ws://localhost/ws").build().unwrap();
    jobs.on_dropped(|job| println!("{job}"));
    jobs.on_kept(|count| println!("{count}"));
    jobs.on_unconfirmed(|name, count| println!("{count} of {name}"));
    jobs.on("dropped", |job: String| println!("{job}"));
    assert_eq!(jobs.clear_queue(), 0);
    assert!(!jobs.reconnect_now());
    assert!(jobs.next_attempt().is_none());
    assert!(jobs.upgrade_response().is_none());
}
