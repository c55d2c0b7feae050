//! What was found in the frames.

use wirebond_schema::Direction;

use super::{
    captured::Captured,
    echo::{self, Echo},
    form::{self, Form, Side, Told},
    json::{Json, Object},
    tag::Name,
    variants::{self, Variant},
};

/// What was found in the frames.
pub(super) struct Found<'a> {
    pub(super) client: Side<'a>,
    pub(super) server: Side<'a>,
    pub(super) constants: Vec<(String, Json)>,
    pub(super) has_batches: bool,
    pub(super) variants: Vec<Variant<'a>>,
    /// How many messages were left out because their names are wirebond's own.
    pub(super) reserved: usize,
    /// What the server repeats, and what the client does.
    pub(super) echoes: [Option<Echo>; 2],
}

impl Found<'_> {
    /// Whether the payload of a message stands under a key of its own.
    pub(super) fn is_content(&self, variant: &Variant<'_>) -> bool {
        let has = |form: &Form| form.content.is_some() && matches!(variant.told, Told::Name(_));
        variant.from.client_sends() && has(&self.client.form)
            || variant.from.server_sends() && has(&self.server.form)
    }
}

/// Finds the form and the messages.
pub(super) fn find(captured: &Captured) -> Found<'_> {
    let client = captured.side(Direction::client_sends);
    let server = captured.side(Direction::server_sends);
    let clients: Vec<&Object> = client.iter().map(|(_, object)| *object).collect();
    let servers: Vec<&Object> = server.iter().map(|(_, object)| *object).collect();
    let constants = form::constants(&clients, &servers);
    let (mut from_client, mut from_server) =
        (Side::of(&clients, &constants), Side::of(&servers, &constants));
    // A side of which nothing was captured is like the other one.
    if clients.is_empty() {
        from_client.form = from_server.form.clone();
    } else if servers.is_empty() {
        from_server.form = from_client.form.clone();
    }
    let mut variants = Vec::new();
    variants::add(&mut variants, &from_client, Direction::Client, &constants);
    variants::add(&mut variants, &from_server, Direction::Server, &constants);
    let is_own = from_client.form.is_default() && from_server.form.is_default();
    variants::join(&mut variants, !is_own);
    let reserved = if is_own { leave_out_reserved(&mut variants) } else { 0 };
    let tags: Vec<_> =
        [&from_client.form, &from_server.form].into_iter().flat_map(|form| &form.tag).collect();
    variants::name(&mut variants, &tags);
    let echoes = [echo::find(&client, &server), echo::find(&server, &client)];
    let has_batches = captured.batches > 0;
    Found {
        client: from_client,
        server: from_server,
        constants,
        has_batches,
        variants,
        reserved,
        echoes,
    }
}

/// In wirebond's own form the heartbeat and names with `$` are no messages of a contract. How many were left
/// out.
fn leave_out_reserved(variants: &mut Vec<Variant<'_>>) -> usize {
    let before = variants.len();
    variants.retain(|variant| match &variant.told {
        Told::Name(Name::Text(name)) => {
            !(name == "ping" || name == "pong" || name.starts_with('$'))
        }
        _ => true,
    });
    before - variants.len()
}
