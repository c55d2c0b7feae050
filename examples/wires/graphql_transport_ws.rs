//! [graphql-transport-ws](https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md): queries and subscriptions
//! of a GraphQL server.
//!
//! Both sides have the name at `type`; what belongs to an operation has its id beside it, a string of the client's. A
//! query or mutation is a call, whose id is a number. A subscription is held, with an id of its own that isn't one;
//! after a reconnect it begins anew. Each side answers the other's pings, even before the server has accepted.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use wirebond::{Builder, Contract, OpeningError};

#[derive(Debug, Contract)]
#[contract(
    version = "1.0.0",
    rename_all = "snake_case",
    tag = "type",
    id = "id",
    ids = "string",
    result = "payload"
)]
pub enum Graphql {
    #[message(from = "client")]
    ConnectionInit(Payload),
    #[message(from = "server")]
    ConnectionAck(Payload),
    #[message(from = "client", reply = Answer)]
    Subscribe(Subscribe),
    #[message(from = "server")]
    Next(Next),
    /// Ends the operation.
    #[message(from = "server", method = "operation_error")]
    Error(Errors),
    /// The server's ends the operation, the client's cancels it.
    Complete(Operation),
    Ping(Payload),
    Pong(Payload),
}

#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
pub struct Payload {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payload: Option<Map<String, Value>>,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
pub struct Subscribe {
    /// That of a subscription. A call has its number instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    pub payload: Request,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Request {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation_name: Option<String>,
    pub query: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variables: Option<Map<String, Value>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extensions: Option<Map<String, Value>>,
}

/// Of a query or mutation.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Answer {
    /// It can't be executed.
    Errors(Vec<Failure>),
    Result(ExecutionResult),
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Next {
    pub id: String,
    pub payload: ExecutionResult,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct ExecutionResult {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<Map<String, Value>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<Failure>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extensions: Option<Map<String, Value>>,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Errors {
    pub id: String,
    pub payload: Vec<Failure>,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Failure {
    pub message: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub path: Vec<Segment>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub locations: Vec<Location>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extensions: Option<Map<String, Value>>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Segment {
    Field(String),
    Index(u64),
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Location {
    pub line: u32,
    pub column: u32,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Operation {
    pub id: String,
}

/// The settings of a client that asks `init` for what each new connection begins with, such as a token.
pub fn builder<F>(url: &str, init: F) -> Builder<GraphqlClient>
where
    F: Fn() -> Option<Map<String, Value>> + Send + Sync + 'static,
{
    GraphqlClient::builder(url)
        .subprotocols(["graphql-transport-ws"])
        .opening(move |peer| {
            let init = Payload { payload: init() };
            async move {
                peer.send_connection_init(&init).await?;
                loop {
                    match peer.next().await? {
                        Graphql::ConnectionAck(_) => return Ok(()),
                        Graphql::Ping(ping) => peer.send_pong(&ping).await?,
                        Graphql::Pong(_) => {}
                        _ => return Err(OpeningError::unexpected("a message before the ack")),
                    }
                }
            }
        })
        // A mistake of the client's, or of the server's. 4403, with another token, and 4504 may succeed.
        .close_rules(|rules| {
            rules
                .stop(1002..=1011)
                .retry(1005)
                .stop(4004..=4005)
                .stop(4400..=4401)
                .retry(4403)
                .stop(4406)
                .stop(4409)
                .stop(4429)
                .retry(4504)
        })
        .max_reconnect_attempts(None)
}

/// Answers the server's pings on an open connection.
pub fn answer_pings(app: &GraphqlClient) {
    let weak = app.downgrade();
    app.on_ping(move |ping: Payload| match weak.upgrade() {
        Some(app) => app.try_send_pong(&ping),
        None => Ok(()),
    });
}
