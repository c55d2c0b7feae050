//! The contract of the scripts in `tests/typescript` that make calls: its document is made here.
#![allow(dead_code, reason = "only the schemas of these types count")]

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use wirebond::Contract;

/// Calls in both directions.
#[derive(Debug, Contract)]
#[contract(version = "1.0.0")]
enum Market {
    /// Is not answered.
    Note(String),
    /// Orders something.
    #[message(from = "client", reply = Placed, error = Refused)]
    PlaceOrder(Order),
    #[message(from = "client", reply = (), timeout = "5s")]
    Refresh,
    /// Asks the person at the client.
    #[message(from = "server", reply = bool, error = Refused)]
    Confirm(Question),
    #[message(from = "server", reply = ())]
    Report,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
struct Order {
    item: String,
    qty: u32,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
struct Placed {
    number: u64,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum Refused {
    SoldOut,
    Closed,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
struct Question {
    text: String,
}

#[test]
fn the_contract_of_the_scripts_is_up_to_date() {
    wirebond::assert_contract!(Market, "cli/tests/typescript/calls.json");
}
