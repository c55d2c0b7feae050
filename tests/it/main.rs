//! What holds across crates: the derive, the documents, the typed client on real sockets, other
//! languages' tools, and this repository itself.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::items_after_statements, reason = "a test's types stand where they are used")]

mod architecture;
mod arrows;
mod asyncapi;
#[cfg(feature = "client")]
mod calls;
mod cases;
#[path = "../../examples/chat/contract.rs"]
#[allow(dead_code, reason = "the example uses all of it")]
mod chat;
#[cfg(feature = "client")]
mod client;
#[cfg(feature = "client")]
mod client_page;
mod compiled_by_hand;
mod consumers;
mod consumers_shapes;
mod contract;
mod contract_command;
mod contract_enums;
#[cfg(feature = "client")]
mod contract_exchange;
mod contract_generate;
mod contract_read;
mod contract_refused;
mod contract_shapes;
#[cfg(feature = "client")]
mod delivery;
mod derive;
mod docs_page;
mod envelope;
#[cfg(feature = "client")]
mod examples;
#[cfg(feature = "client")]
mod foreign;
mod forms;
mod hygiene;
#[cfg(feature = "client")]
mod opening;
#[cfg(feature = "client")]
mod outgoing;
mod public_api;
#[cfg(feature = "client")]
mod schema_and_client;
#[cfg(feature = "client")]
mod server_page;
mod session_schema;
#[cfg(feature = "client")]
mod sessions;
#[cfg(feature = "client")]
mod shared_tags;
mod support;
#[cfg(feature = "client")]
mod typescript;
mod typescript_calls;
mod typescript_forms;
#[cfg(feature = "client")]
mod typescript_sessions;
mod typescript_shapes;
