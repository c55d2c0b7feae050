//! A contract in each form.

use std::collections::HashMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use wirebond::Contract;
use wirebond_core::{
    MessageInfo, Recognition,
    codegen::{Fields, WireContract},
    form::{CallForm, KeyedName, Member, SideForm, WireForm},
};

/// A contract whose messages are those of another, in another form.
macro_rules! formed {
    ($name:ident of $inner:ident, $form:expr $(, $at:literal: $recognition:expr)*) => {
        #[derive(Debug)]
        pub(crate) struct $name($inner);

        impl WireContract for $name {
            const FORM: &'static WireForm = &$form;
            const HEADS: &'static [&'static str] = $inner::HEADS;

            fn position(name: &str) -> Option<usize> {
                $inner::position(name)
            }

            fn index(&self) -> usize {
                self.0.index()
            }

            fn write_data<S: serde::ser::SerializeStruct>(
                &self,
                fields: &mut Fields<'_, S>,
            ) -> Result<(), S::Error> {
                self.0.write_data(fields)
            }

            fn read_data<'de, D: serde::Deserializer<'de>>(
                index: usize,
                data: D,
            ) -> Result<Self, D::Error> {
                $inner::read_data(index, data).map(Self)
            }

            fn unit(index: usize) -> Option<Self> {
                $inner::unit(index).map(Self)
            }
        }

        impl Contract for $name {
            const NAME: &'static str = stringify!($name);
            const VERSION: &'static str = "1.0.0";
            const DESCRIPTION: &'static str = $inner::DESCRIPTION;
            const MESSAGES: &'static [MessageInfo] = &{
                let mut messages = [MessageInfo::unit("", "", wirebond_core::Direction::Both); $inner::MESSAGES.len()];
                let mut at = 0;
                while at < messages.len() {
                    messages[at] = $inner::MESSAGES[at];
                    at += 1;
                }
                $(messages[$at] = messages[$at].recognised_by($recognition);)*
                messages
            };
        }
    };
}

use std::borrow::Cow::Borrowed;

const NONE: SideForm = SideForm {
    tag: None,
    content: None,
    timestamp: None,
    integers: false,
    constants: Borrowed(&[]),
    keys: Borrowed(&[]),
    untagged: None,
};
const TYPE: SideForm = SideForm { tag: Some(Borrowed("type")), ..NONE };

const fn both(side: SideForm, server: SideForm) -> WireForm {
    WireForm { client: side, server, batch: false, calls: None }
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Item {
    pub(crate) name: String,
    pub(crate) count: u32,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub(crate) enum Shape {
    Circle { radius: f64 },
    Square { side: f64 },
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Closed {
    pub(crate) only: String,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Open {
    pub(crate) title: String,
    #[serde(flatten)]
    pub(crate) rest: HashMap<String, u32>,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Said {
    /// Who said it.
    pub(crate) user: String,
    pub(crate) text: Option<String>,
}

#[derive(Debug, Contract)]
pub(crate) enum FlatMessages {
    /// An item.
    Item(Item),
    /// A shape, which has a tag of its own.
    Drawn(Shape),
    Closed(Closed),
    Titled(Open),
    /// Nothing but its name.
    #[message(from = "client")]
    Bye,
    #[message(from = "server")]
    Counts(HashMap<String, u32>),
    #[message(from = "server")]
    Said(Said),
}
formed!(Flat of FlatMessages, both(TYPE, TYPE));

/// Other keys, and the time under a key of its own.
#[derive(Debug, Contract)]
pub(crate) enum AdjacentMessages {
    Item(Item),
    Drawn(Shape),
    #[message(from = "client")]
    Number(u32),
    #[message(from = "server", name = "list/of")]
    List(Vec<Item>),
    #[message(from = "client")]
    Bye,
}
const EVENT: SideForm = SideForm {
    tag: Some(Borrowed("event")),
    content: Some(Borrowed("payload")),
    timestamp: Some(Borrowed("ts")),
    ..NONE
};
formed!(Adjacent of AdjacentMessages, both(EVENT, EVENT));

#[derive(Debug, Contract)]
pub(crate) enum PerSideMessages {
    #[message(from = "client")]
    Subscribe(Item),
    /// Either side.
    Poke,
    Item(Item),
    #[message(from = "server")]
    Trades(Vec<Item>),
}
formed!(PerSide of PerSideMessages, both(
    SideForm { tag: Some(Borrowed("method")), content: Some(Borrowed("params")), ..NONE },
    SideForm { tag: Some(Borrowed("channel")), content: Some(Borrowed("data")), ..NONE }
));

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Head {
    pub(crate) message_id: String,
    /// Which message it is.
    pub(crate) message_type: String,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Welcome {
    pub(crate) metadata: Head,
    pub(crate) payload: Item,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Keepalive {
    pub(crate) metadata: Head,
}

#[derive(Debug, Contract)]
pub(crate) enum PointerMessages {
    #[message(from = "server", name = "session_welcome")]
    Welcome(Welcome),
    #[message(from = "server", name = "session_keepalive")]
    Keepalive(Keepalive),
}
formed!(Pointer of PointerMessages, both(
    NONE,
    SideForm { tag: Some(Borrowed("/metadata/message_type")), ..NONE }
));

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Hello {
    pub(crate) heartbeat_interval: u32,
}

#[derive(Debug, Contract)]
pub(crate) enum IntegerMessages {
    #[message(from = "server", name = "10")]
    Hello(Hello),
    #[message(from = "client", name = "1")]
    Heartbeat(Option<u64>),
    #[message(from = "server", name = "11")]
    Ack,
}
const OP: SideForm =
    SideForm { tag: Some(Borrowed("op")), content: Some(Borrowed("d")), integers: true, ..NONE };
formed!(
    Integers of IntegerMessages,
    both(OP, OP),
    0: Recognition::Integer,
    1: Recognition::Integer,
    2: Recognition::Integer
);

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Failure {
    pub(crate) code: i32,
    pub(crate) message: String,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Push {
    pub(crate) subscription: String,
    pub(crate) result: Item,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Failed {
    pub(crate) error: Failure,
}

/// JSON-RPC 2.0: pushes have a method, what answers has keys.
#[derive(Debug, Contract)]
pub(crate) enum RpcMessages {
    #[message(from = "client", name = "eth_subscribe", reply = String, error = Failure)]
    Subscribe(Vec<String>),
    #[message(from = "client", name = "eth_blockNumber", reply = Item, error = Failure)]
    BlockNumber,
    #[message(from = "server", name = "eth_subscription")]
    Subscription(Push),
    /// An answer without a request.
    #[message(from = "server", name = "failed")]
    Failed(Failed),
}
const RPC: SideForm = SideForm {
    tag: Some(Borrowed("method")),
    content: Some(Borrowed("params")),
    constants: Borrowed(&[Member { key: Borrowed("jsonrpc"), json: Borrowed("\"2.0\"") }]),
    ..NONE
};
formed!(
    Rpc of RpcMessages,
    WireForm {
        client: RPC,
        server: SideForm {
            keys: Borrowed(&[KeyedName { key: Borrowed("error"), name: Borrowed("failed") }]),
            ..RPC
        },
        batch: true,
        calls: Some(CallForm {
            id: Borrowed("id"),
            re: Borrowed("id"),
            strings: false,
            result: Some(Borrowed("result")),
            error: Some(Borrowed("error")),
            success: None,
        }),
    },
    3: Recognition::Key("error")
);

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Ack {
    pub(crate) envelope_id: String,
}

#[derive(Debug, Contract)]
pub(crate) enum UntaggedMessages {
    #[message(from = "client")]
    Ack(Ack),
    #[message(from = "client")]
    Note(Said),
    #[message(from = "server")]
    Event(Item),
    #[message(from = "server")]
    Other(Open),
}
formed!(
    Untagged of UntaggedMessages,
    both(
        SideForm { untagged: None, ..NONE },
        SideForm { untagged: Some(Borrowed("other")), ..TYPE }
    ),
    0: Recognition::Untagged,
    1: Recognition::Untagged,
    3: Recognition::Untagged
);

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Request {
    #[serde(rename = "requestType")]
    pub(crate) request_type: String,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Status {
    pub(crate) code: u32,
}

/// Calls whose numbers stand within the content, as strings.
#[derive(Debug, Contract)]
pub(crate) enum NestedMessages {
    #[message(from = "server", name = "0")]
    Hello(Hello),
    #[message(from = "client", name = "6", reply = Item, error = Status)]
    Request(Request),
}
formed!(
    Nested of NestedMessages,
    WireForm {
        client: OP,
        server: OP,
        batch: false,
        calls: Some(CallForm {
            id: Borrowed("/d/requestId"),
            re: Borrowed("/d/requestId"),
            strings: true,
            result: Some(Borrowed("/d/responseData")),
            error: Some(Borrowed("/d/requestStatus")),
            success: Some(Borrowed("/d/requestStatus/result")),
        }),
    },
    0: Recognition::Integer,
    1: Recognition::Integer
);
