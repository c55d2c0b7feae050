//! The server against clients that aren't ours: tokio-tungstenite, and raw bytes.

#[cfg(feature = "axum")]
mod axum;
mod broadcasts;
mod endings;
mod foreign;
mod handlers;
mod limits;
#[path = "../../../client/tests/it/support/lines.rs"]
mod lines;
mod logs;
mod races;
mod sessions;
mod support;
mod targets;
mod upgrade;
