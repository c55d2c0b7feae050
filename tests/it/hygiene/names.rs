//! Names of the user's that are those of the prelude, of primitives, or of what generated code might
//! use. Compiled in more than one edition.
#![allow(dead_code, non_camel_case_types, non_upper_case_globals, non_snake_case)]
#![allow(unreachable_pub, missing_debug_implementations, reason = "not what this is about")]
#![allow(clippy::all, clippy::pedantic, reason = "the names are the point, not the code")]

/// A payload without derives: this file is also compiled by itself.
pub type Payload = std::collections::BTreeMap<std::string::String, u8>;

/// Each name as a payload's type and as a variant, in one contract of that name and in one for all.
macro_rules! names {
    ($($name:ident)*) => {
        pub mod each {
            $(pub mod $name {
                use super::super::Payload as $name;

                #[derive(::wirebond::Contract)]
                pub enum App {
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

        pub mod contracts {
            $(pub mod $name {
                #[derive(::wirebond::Contract)]
                #[contract(client = "Talk", handler = "Ear")]
                pub enum $name {
                    $name(super::super::Payload),
                    #[message(from = "server")]
                    Shown(super::super::Payload),
                    #[message(from = "client")]
                    Leave,
                }
            })*
        }

        pub mod together {
            $(use super::Payload as $name;)*

            #[derive(::wirebond::Contract)]
            pub enum App {
                $($name($name),)*
            }
        }

        pub mod units {
            #[derive(::wirebond::Contract)]
            #[contract(rename_all = "PascalCase")]
            pub enum App {
                $($name,)*
            }
        }
    };
}

names! {
    A B C D E F H I K M N O P R S T U V W X
    Option Some None Result Ok Err String Vec Box Rc Arc Cow Mutex
    Send Sync Sized Unpin Copy Clone Drop Fn FnMut FnOnce Debug Display Default Iterator IntoIterator
    From Into TryFrom TryInto AsRef AsMut ToOwned ToString Eq Ord PartialEq PartialOrd Hash Future
    Contract Client Builder Payload Envelope Direction MessageInfo Subscription Outcome Sending
    MessageStream WeakClient Deref Target Output Settled Outgoing At ClientSide Fields Serialize
    Deserialize Serializer Deserializer SerializeStruct JsonSchema Schema Place Order Shared
    u8 u16 u32 u64 u128 usize i8 i64 isize f32 f64 bool char str
    core std alloc wirebond serde data message name handler index url
}

/// Raw identifiers, and what is a keyword in one edition only.
pub mod keywords {
    #[derive(::wirebond::Contract)]
    pub enum App {
        r#Gen(u8),
        r#async,
        r#await(u8),
        r#dyn,
        r#try(u8),
        r#type(u8),
        r#fn,
        r#match(u8),
        r#union,
        r#static(u8),
        r#macro_rules,
        #[message(method = "raw")]
        r#raw(u8),
    }
    #[derive(::wirebond::Contract)]
    pub enum r#struct {
        Chat(u8),
        #[message(from = "server")]
        Shown(u8),
    }
}
