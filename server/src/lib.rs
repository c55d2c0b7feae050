//! The server side of typed WebSocket messages.
//!
//! A [`Server`] accepts connections and calls handlers with a [`Peer`] for each: the client at the other
//! end. It answers heartbeats, bounds the queue of a slow peer, sends messages to rooms, users or all
//! peers, and shuts down gracefully.
//!
//! Names are strings here. What `#[derive(Contract)]` generates has typed methods for each message.
//!
//! ```no_run
//! use wirebond_server::{Identity, Peer, Server};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let server = Server::builder()
//!     .connected(|peer: Peer| { peer.join("lobby"); })
//!     .on("chat", |peer: Peer, line: String| peer.room("lobby").send("chat", &line).map(drop))
//!     .build()?;
//! let listener = tokio::net::TcpListener::bind("127.0.0.1:9001").await?;
//! server.serve(listener, |_request| async { Ok(Identity::anonymous()) }).await;
//! # Ok(())
//! # }
//! ```
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod answer;
mod auto_traits;
mod builder;
mod call;
#[cfg(fuzzing)]
mod conformance;
mod connection;
mod contracts;
mod core;
mod error;
mod handler;
mod handshake;
mod identity;
mod log;
mod origin;
mod outbox;
mod peer;
#[doc(hidden)]
pub mod runtime;
mod secret;
mod server;
mod sessions;
mod settings;
mod target;
mod upgrade;
mod wire;

pub use builder::Builder;
pub use call::{Call, CallError};
pub use contracts::{ContractPolicy, Contracts};
pub use error::{BuildError, Error, ErrorKind, SendError};
pub use identity::Identity;
pub use peer::{Disconnect, EndedBy, FromPeer, Missed, Peer, PeerId, PeerStats, Sending};
pub use server::{FromServer, Server, SessionStats, Stats};
pub use settings::{Sessions, SlowPeer};
pub use target::{Sent, Target};
pub use upgrade::{Request, Upgrade, UpgradeError};
pub use wirebond_connection::{
    call::{Answers, Ran},
    outcome::Outcome,
    session::{ContractNotice, ContractVerdict, GapReason, MessageId},
    transport::Io,
};
pub use wirebond_core::ErrorCode;
