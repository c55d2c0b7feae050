//! Calls on the wires of backends that are there already, against servers that write their frames by hand.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use wirebond::{CallError, Client, Contract, ErrorKind, Event, MessageStream, Ran, TypedClient};

use crate::support::server::{Connection, Server, in_time};

mod endings;
mod holds;
mod openings;
mod wires;

async fn open<C: TypedClient>(server: &Server) -> (C, Connection) {
    let client: C = C::builder(server.url())
        .reconnect_interval(Duration::from_millis(1))
        .max_reconnect_attempts(None)
        .build()
        .unwrap();
    let (connected, connection) = tokio::join!(client.untyped().connect(), server.accept());
    connected.unwrap();
    (client, connection)
}

/// The next message that a stream has.
async fn next<T: Send + 'static>(stream: &mut MessageStream<T>) -> T {
    in_time(stream.next()).await.expect("a message").data
}

/// Polls a call until its request is queued.
fn begin<T: Send + 'static>(
    call: impl Future<Output = T> + Send + 'static,
) -> tokio::task::JoinHandle<T> {
    tokio::spawn(call)
}

/// Waits for the report of an answer that came too late.
async fn late(client: &Client, mut events: wirebond::Events) {
    loop {
        if let Event::Error(error) = in_time(events.next()).await.expect("an event") {
            assert_eq!(*error.kind(), ErrorKind::LateAnswer, "{error}");
            break;
        }
    }
    assert_eq!(client.stats().late_answers, 1);
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
struct Subscribe {
    event_type: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
struct Unsubscribe {
    /// The number of the request that subscribed.
    subscription: u64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
struct Fired {
    /// The number of the request that subscribed to it.
    id: u64,
    event: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
struct Failure {
    code: String,
}

/// The flattened form of Home Assistant.
#[derive(Debug, Contract)]
#[contract(tag = "type", id = "id", result = "result", error = "error", success = "success")]
enum Home {
    #[message(from = "client", reply = Vec<String>, error = Failure, idempotent)]
    GetStates,
    #[message(from = "client", reply = Option<String>, error = Failure)]
    Subscribe(Subscribe),
    #[message(from = "client", reply = Option<String>)]
    Unsubscribe(Unsubscribe),
    #[message(from = "client", reply = ())]
    Touch,
    #[message(from = "server")]
    Event(Fired),
}
