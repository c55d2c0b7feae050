//! A contract as an AsyncAPI 3.0.0 document: one WebSocket with its messages, who sends which, and the
//! schemas, for the tools that read AsyncAPI.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use wirebond_schema::{Direction, Document, Message};

mod call;
mod error;
mod keys;
mod schema;
mod text;

use call::Calls;
pub use error::Error;
use keys::{CHANNEL, keys, reference};

/// Whose operations the document describes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Perspective {
    /// The backend's: it receives what clients send.
    #[default]
    Server,
    /// A client's: it receives what the server sends.
    Client,
}

/// What the contract itself doesn't contain.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Whose operations are described.
    pub perspective: Perspective,
    /// Where the server listens: a `ws://` or `wss://` URL.
    pub server: Option<String>,
    /// One example by wire name, or by the name of its definition: the whole message. It must be valid, or
    /// readers refuse the document.
    pub examples: BTreeMap<String, Value>,
    /// Parameters of the URL's query that a client gives when it connects, by name.
    pub query: Vec<String>,
    /// Headers of the request that it opens the connection with, by name.
    pub headers: Vec<String>,
    /// How a client says who it is: one of these. Only with a `server`, where that is written.
    pub security: Vec<Security>,
}

/// How a client says who it is.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Security {
    /// `Authorization: Bearer …`.
    Bearer,
    /// `Authorization: Basic …`.
    Basic,
    /// A key in a header of this name.
    Header(String),
    /// A key in a parameter of the URL's query of this name.
    Query(String),
}

impl Security {
    /// Its name in the document, and what stands there.
    fn scheme(&self) -> (String, Value) {
        let key = |name: &str, place: &str| {
            let value = json!({ "type": "httpApiKey", "name": name, "in": place });
            (format!("{place}-{}", component_key(name)), value)
        };
        match self {
            Self::Bearer => ("bearer".to_owned(), json!({ "type": "http", "scheme": "bearer" })),
            Self::Basic => ("basic".to_owned(), json!({ "type": "http", "scheme": "basic" })),
            Self::Header(name) => key(name, "header"),
            Self::Query(name) => key(name, "query"),
        }
    }
}

/// A name in the letters that AsyncAPI allows for keys.
fn component_key(name: &str) -> String {
    let is_legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    name.chars().map(|c| if is_legal(c) { c } else { '_' }).collect()
}

/// Strings by these names, all of which must be there.
fn named(names: &[String]) -> Value {
    let fields: Map<String, Value> =
        names.iter().map(|name| (name.clone(), json!({ "type": "string" }))).collect();
    json!({ "type": "object", "properties": fields, "required": names })
}

/// An AsyncAPI document.
#[derive(Debug, Clone, PartialEq)]
pub struct AsyncApi {
    value: Value,
    notes: Vec<String>,
}

impl AsyncApi {
    /// The document as JSON. Its keys are in no certain order; the texts' are.
    pub fn value(&self) -> &Value {
        &self.value
    }

    /// What AsyncAPI's schemas can't express and was left out, by place. What was left out only loosens
    /// the schema, unless it stood under a `not`.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// The document as JSON text: the same bytes for the same contract.
    pub fn to_json(&self) -> Result<String, Error> {
        text::json(&self.value)
    }

    /// The document as YAML text: the same bytes for the same contract, and the same document as
    /// [`AsyncApi::to_json`] for readers of YAML 1.1 as well as 1.2.
    pub fn to_yaml(&self) -> Result<String, Error> {
        text::yaml(&self.value)
    }
}

/// The contract's name, version and description.
fn info(document: &Document) -> Value {
    let mut info = json!({ "title": document.name(), "version": document.version() });
    if !document.description().is_empty() {
        info["description"] = json!(document.description());
    }
    info
}

/// Writes the contract as an AsyncAPI 3.0.0 document.
///
/// Fails on a server's URL that is none, and on a schema with a reference to something other than one
/// of the contract's definitions.
pub fn document(document: &Document, options: &Options) -> Result<AsyncApi, Error> {
    let mut root = Map::new();
    root.insert("asyncapi".to_owned(), json!("3.0.0"));
    root.insert("info".to_owned(), info(document));
    root.insert("defaultContentType".to_owned(), json!("application/json"));

    let keys = keys(document.messages().map(|message| message.def()));
    let messages: Map<String, Value> = keys
        .values()
        .map(|key| (key.clone(), reference(&["components", "messages", key])))
        .collect();
    let mut channel = json!({
        "title": format!("{} over a WebSocket", document.name()),
        "messages": messages,
        "bindings": { "ws": { "bindingVersion": "0.1.0" } },
    });
    for (key, names) in [("query", &options.query), ("headers", &options.headers)] {
        if !names.is_empty() {
            channel["bindings"]["ws"][key] = named(names);
        }
    }
    let security: Map<String, Value> = options.security.iter().map(Security::scheme).collect();
    if !security.is_empty() && options.server.is_none() {
        return Err(Error("who a client is is said to a server: name one".to_owned()));
    }
    // Without a server there is no address. The specification has null for that; not all readers do.
    if let Some(url) = &options.server {
        let (mut server, path) = server(url)?;
        if !security.is_empty() {
            let all = security.keys().map(|key| reference(&["components", "securitySchemes", key]));
            server["security"] = all.collect();
        }
        root.insert("servers".to_owned(), json!({ "main": server }));
        channel["address"] = json!(path);
    }
    root.insert("channels".to_owned(), json!({ CHANNEL: channel }));
    let calls = Calls::of(document);
    let operations = operations(document, &keys, &calls, options.perspective);
    root.insert("operations".to_owned(), operations);

    let schemas = schema::convert(document)?;
    let messages: Map<String, Value> = document
        .messages()
        .filter_map(|message| {
            let (key, schema) = (keys.get(message.def())?, schemas.keys.get(message.def())?);
            let examples = &options.examples;
            let example = examples.get(message.def()).or_else(|| examples.get(message.name()));
            let mut component = component(message, schema, example);
            if let Some(id) = calls.part(&message) {
                component["correlationId"] = reference(&["components", "correlationIds", id]);
            }
            Some((key.clone(), component))
        })
        .collect();
    let mut components = json!({ "messages": messages, "schemas": schemas.components });
    if let Some(ids) = calls.correlations() {
        components["correlationIds"] = ids;
    }
    if !security.is_empty() {
        components["securitySchemes"] = Value::Object(security);
    }
    root.insert("components".to_owned(), components);
    Ok(AsyncApi { value: Value::Object(root), notes: schemas.notes })
}

/// What the perspective sends and receives. A direction without messages is no operation: one that
/// lists none would mean that all are.
fn operations(
    document: &Document,
    keys: &BTreeMap<&str, String>,
    calls: &Calls<'_>,
    perspective: Perspective,
) -> Value {
    let mut operations = Map::new();
    for (action, sender) in match perspective {
        Perspective::Server => [("receive", Direction::Client), ("send", Direction::Server)],
        Perspective::Client => [("receive", Direction::Server), ("send", Direction::Client)],
    } {
        let (name, summary) = match sender {
            Direction::Client => ("ClientMessages", "What clients send to the server."),
            _ => ("ServerMessages", "What the server sends to clients."),
        };
        let is_sent = |message: &Message<'_>| match sender {
            Direction::Client => message.direction().client_sends(),
            _ => message.direction().server_sends(),
        };
        for call in calls.iter().filter(|call| is_sent(&call.request)) {
            let operation = call::operation(call, keys, action);
            operations.extend(operation);
        }
        // Calls have operations of their own.
        let is_sent = |message: &Message<'_>| is_sent(message) && calls.part(message).is_none();
        let messages: Vec<_> = document
            .messages()
            .filter(is_sent)
            .filter_map(|message| keys.get(message.def()))
            .map(|key| reference(&["channels", CHANNEL, "messages", key]))
            .collect();
        if messages.is_empty() {
            continue;
        }
        operations.insert(
            format!("{action}{name}"),
            json!({
                "action": action,
                "channel": reference(&["channels", CHANNEL]),
                "summary": summary,
                "messages": messages,
            }),
        );
    }
    Value::Object(operations)
}

/// One message under `components`.
fn component(message: Message<'_>, schema: &str, example: Option<&Value>) -> Value {
    let mut component = json!({
        "name": message.name(),
        "title": message.def(),
        "contentType": "application/json",
        "payload": reference(&["components", "schemas", schema]),
    });
    let description = message.description();
    let summary = description.split("\n\n").next().unwrap_or_default();
    let summary = summary.split_whitespace().collect::<Vec<_>>().join(" ");
    if !summary.is_empty() {
        component["summary"] = json!(summary);
    }
    if description.trim().contains("\n\n") {
        component["description"] = json!(description);
    }
    // AsyncAPI knows `deprecated` for schemas alone; there it stands too.
    if message.is_deprecated() {
        component["tags"] = json!([{ "name": "deprecated", "description": "Not for new code." }]);
    }
    if let Some(example) = example {
        component["examples"] = json!([{ "name": message.name(), "payload": example }]);
    }
    component
}

/// A WebSocket URL as a server and the path of its channel.
fn server(url: &str) -> Result<(Value, String), Error> {
    let wrong = |why: &str| {
        Error(format!(
            "the server's URL {url:?} {why}: give one such as `wss://example.com/socket`"
        ))
    };
    let uri: http::Uri = url.parse().map_err(|error| wrong(&format!("is none ({error})")))?;
    let Some(protocol @ ("ws" | "wss")) = uri.scheme_str() else {
        return Err(wrong("is not one of a WebSocket"));
    };
    let host = uri.authority().map(http::uri::Authority::as_str).unwrap_or_default();
    if host.is_empty() {
        return Err(wrong("names no host"));
    }
    if host.contains('@') {
        return Err(wrong("holds a user's name, which doesn't belong into a document"));
    }
    if uri.query().is_some() || url.contains('#') {
        return Err(wrong("ends in a query or fragment"));
    }
    Ok((json!({ "host": host, "protocol": protocol }), uri.path().to_owned()))
}
