//! A server that plays a protocol frame by frame, and tables of frames.

use std::{fmt::Debug, time::Duration};

use futures_util::StreamExt;
use serde_json::Value;
use tokio::sync::watch;
use tokio_tungstenite::tungstenite::{
    Message,
    protocol::{CloseFrame, frame::coding::CloseCode},
};
use wirebond::{
    Builder, Contract, Direction, FromClient, MessageStream, State,
    schema::{ContractDocument, validate::Validator},
};

#[path = "../it/support/server.rs"]
mod server;

pub(crate) use server::{Connection, Server, in_time};

impl Connection {
    /// Sends a frame as it stands there.
    pub(crate) async fn send(&mut self, frame: &str) {
        self.send_text(frame).await;
    }

    /// The next text frame, whatever is in it.
    pub(crate) async fn text(&mut self) -> String {
        loop {
            let frame = in_time(self.0.next()).await.expect("a frame").unwrap();
            if let Message::Text(text) = frame {
                return text.as_str().to_owned();
            }
        }
    }

    /// The next text frame is exactly this JSON.
    pub(crate) async fn expect(&mut self, frame: &str) {
        assert_eq!(json(&self.text().await), json(frame));
    }

    /// Closes with a code.
    pub(crate) async fn close(mut self, code: u16) {
        let frame = CloseFrame { code: CloseCode::from(code), reason: "".into() };
        in_time(self.0.close(Some(frame))).await.unwrap();
        self.until_closed().await;
    }
}

/// A frame as a value.
pub(crate) fn json(frame: &str) -> Value {
    serde_json::from_str(frame).unwrap_or_else(|error| panic!("{error} in {frame}"))
}

/// Sends each frame, and expects the message of the enum's variant that is named beside it.
pub(crate) async fn arrives<C: Debug + Send + 'static>(
    peer: &mut Connection,
    messages: &mut MessageStream<C>,
    frames: &[(&str, &str)],
) {
    for (frame, variant) in frames {
        peer.send(frame).await;
        let message = in_time(messages.next()).await.expect("a message");
        let shown = format!("{:?}", message.data);
        let is_it = shown.strip_prefix(variant).is_some_and(|rest| {
            !rest.starts_with(|next: char| next.is_alphanumeric() || next == '_')
        });
        assert!(is_it, "{frame} became {shown}, not {variant}");
    }
}

/// Builds a client that comes back at once.
pub(crate) fn soon<C: FromClient>(builder: Builder<C>) -> C {
    builder.reconnect_interval(Duration::from_millis(10)).build().unwrap()
}

/// The contract's document takes these frames of the server.
pub(crate) fn document_takes<C: Contract>(frames: &[(&str, &str)]) {
    let validator = Validator::new(&C::contract().unwrap()).unwrap();
    for (frame, _) in frames {
        for checked in validator.check_frame(frame, Direction::Server) {
            checked.unwrap_or_else(|rejection| panic!("{rejection:?} in {frame}"));
        }
    }
}

/// Waits for a state.
pub(crate) async fn reaches(mut states: watch::Receiver<State>, state: State) {
    in_time(states.wait_for(|now| *now == state)).await.unwrap();
}
