//! The server against clients that aren't ours: tokio-tungstenite, and raw bytes.

#[cfg(feature = "axum")]
mod axum;
mod ends;
mod handlers;
mod life;
mod limits;
mod support;
mod targets;
mod upgrade;
