//! The protocols of `examples/wires`, each against a server that plays what is documented of it.

#![cfg(feature = "client")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::items_after_statements, reason = "a test's types stand where they are used")]
#![allow(
    clippy::too_many_lines,
    clippy::large_futures,
    clippy::unnecessary_wraps,
    reason = "a test plays one conversation from its beginning to its end, with callbacks as they are wanted"
)]
#![allow(
    dead_code,
    unreachable_pub,
    missing_debug_implementations,
    clippy::struct_field_names,
    reason = "the examples are written as a crate would have them, and a test uses a part of each"
)]

mod support;

mod alpaca_stream;
mod coinbase_advanced;
mod discord_gateway;
mod graphql_transport_ws;
mod home_assistant;
mod hyperliquid;
mod json_rpc_2;
mod kraken_v2;
mod obs_websocket_v5;
mod openai_realtime;
mod phoenix;
mod pusher;
mod slack_socket_mode;
mod twitch_eventsub;

/// The lines of Rust that docs/wires.md says each protocol has.
#[test]
fn the_table_of_the_docs_has_the_lines_of_the_examples() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = std::fs::read_to_string(root.join("docs/wires.md")).unwrap();
    let mut protocols = 0;
    for entry in std::fs::read_dir(root.join("examples/wires")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if name == "main.rs" {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        let is_code = |line: &&str| !line.trim().is_empty() && !line.trim().starts_with("//");
        let lines = text.lines().filter(is_code).count();
        let row = format!("| [{name}](../examples/wires/{name}) | {lines} |");
        assert!(page.contains(&row), "docs/wires.md lacks `{row}`");
        protocols += 1;
    }
    assert_eq!(protocols, 14);
}
