//! The frames of sessions and calls: text messages whose names begin with `$`.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::{Value, json};
use wirebond_core::wire::form;
use wirebond_schema::{
    Direction, Document,
    validate::{Reason, Rejection, Validator},
};

use super::Failure;

/// The frames' schema. `docs/session.schema.json` is a copy of it.
const SCHEMA: &str = include_str!("session.schema.json");

/// Checks such frames.
pub(super) struct Session {
    names: BTreeSet<String>,
    client: Validator,
    server: Validator,
}

impl Session {
    pub(super) fn new() -> Result<Self, Failure> {
        let of = |without| {
            frames(without).map_err(|error| Failure(format!("the schema of sessions: {error}")))
        };
        let (client, server) = (of("ServerHelloMessage")?, of("ClientHelloMessage")?);
        let names = [&client.1, &server.1].into_iter().flatten().cloned().collect();
        Ok(Self { names, client: client.0, server: server.0 })
    }

    /// The name of such a frame, or what is wrong with it; `None` for a text that is none. One that isn't
    /// known is no fault, because peers ignore it.
    pub(super) fn check(&self, text: &str, from: Direction) -> Option<Result<String, Rejection>> {
        let name = name(text)?;
        if !self.names.contains(&name) {
            return Some(Ok(name));
        }
        let client = || self.client.check(text, Direction::Client).map(str::to_owned);
        let server = || self.server.check(text, Direction::Server).map(str::to_owned);
        Some(match from {
            Direction::Client => client(),
            Direction::Server => server(),
            // One name may be a frame of either side, with other data.
            Direction::Both => server().or_else(|of_server| {
                client().map_err(|of_client| match of_server.reason() {
                    Reason::Unknown => of_client,
                    _ => of_server,
                })
            }),
        })
    }
}

/// The name of a text that is such a frame.
pub(super) fn name(text: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Envelope {
        r#type: String,
    }

    // Most lines have no such sign at all.
    if !text.contains(form::OWN) || !text.trim_start().starts_with('{') {
        return None;
    }
    let Envelope { r#type: name } = serde_json::from_str(text).ok()?;
    name.starts_with(form::OWN).then_some(name)
}

/// All frames with one of the two that are called `$hello`: `without` is the other one's definition.
fn frames(without: &str) -> Result<(Validator, Vec<String>), String> {
    let mut schema: Value = serde_json::from_str(SCHEMA).map_err(|error| error.to_string())?;
    let without = json!({ "$ref": format!("#/$defs/{without}") });
    for side in ["ClientMessage", "ServerMessage"] {
        if let Some(listed) = schema["$defs"][side]["oneOf"].as_array_mut() {
            listed.retain(|frame| *frame != without);
        }
    }
    let document = Document::parse(&schema.to_string()).map_err(|error| error.to_string())?;
    let names = document.messages().map(|frame| frame.name().to_owned()).collect();
    Ok((Validator::new(&document).map_err(|error| error.to_string())?, names))
}
