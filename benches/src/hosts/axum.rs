//! axum's `WebSocket` with serde's adjacently tagged enum, a `match`, and a channel for each member of
//! the room.

use std::sync::Arc;

use ::axum::{
    Router,
    extract::{
        State, WebSocketUpgrade,
        ws::{Message, Utf8Bytes, WebSocket},
    },
    routing::any,
    serve::ListenerExt,
};
use futures_util::{SinkExt, StreamExt};
use tokio::net::TcpListener;

use super::{Host, Shared};
use crate::{app::Tagged, peers::Job, recorder::Recorder};

#[derive(Debug)]
pub struct Axum;

type Room = Shared<Utf8Bytes>;

async fn talk(mut socket: WebSocket, room: Arc<Room>) {
    while let Some(Ok(message)) = socket.recv().await {
        let Message::Text(text) = message else { continue };
        let Ok(message) = serde_json::from_str::<Tagged>(&text) else { continue };
        let joins = matches!(message, Tagged::Joined(_));
        if let Some(answer) = room.handle(message)
            && socket.send(Message::Text(answer)).await.is_err()
        {
            return;
        }
        if joins {
            return talk_in_room(socket, room).await;
        }
    }
}

/// A member's connection: a task writes what the others say.
async fn talk_in_room(socket: WebSocket, room: Arc<Room>) {
    let mut inbox = room.join();
    let (mut sink, mut stream) = socket.split();
    let (answers, mut answered) = tokio::sync::mpsc::channel(16);
    let writer = tokio::spawn(async move {
        loop {
            let text = tokio::select! {
                Some(text) = inbox.recv() => text,
                Some(text) = answered.recv() => text,
                else => return,
            };
            if sink.send(Message::Text(text)).await.is_err() {
                return;
            }
        }
    });
    while let Some(Ok(message)) = stream.next().await {
        let Message::Text(text) = message else { continue };
        let Ok(message) = serde_json::from_str::<Tagged>(&text) else { continue };
        if let Some(answer) = room.handle(message)
            && answers.send(answer).await.is_err()
        {
            break;
        }
    }
    writer.abort();
}

impl Host for Axum {
    fn name(&self) -> &'static str {
        "axum, by hand"
    }

    fn serve(&self, listener: TcpListener, recorder: Arc<Recorder>) -> Job<()> {
        let upgrade = |upgrade: WebSocketUpgrade, State(room): State<Arc<Room>>| async move {
            upgrade.on_upgrade(move |socket| talk(socket, room))
        };
        let router = Router::new().route("/ws", any(upgrade)).with_state(Room::new(recorder));
        Box::pin(async move {
            let listener = listener.tap_io(|tcp| tcp.set_nodelay(true).expect("an open stream"));
            ::axum::serve(listener, router).await.expect("it goes on");
        })
    }
}
