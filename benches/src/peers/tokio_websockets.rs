//! tokio-websockets with serde's adjacently tagged enum and a `match`.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use futures_util::{SinkExt, StreamExt};
use tokio_websockets::{ClientBuilder, Message, WebSocketStream};

use super::{Held, Job, Load, Peer};
use crate::{
    app::Tagged,
    frames::chat,
    recorder::Recorder,
    stream::{Counted, Target},
};

#[derive(Debug)]
pub struct TokioWebsockets;

async fn open(at: &Target) -> WebSocketStream<Counted> {
    let stream = at.dial().await.expect("the server is there");
    let builder = ClientBuilder::new().uri(&at.url()).expect("a URL");
    builder.connect_on(stream).await.expect("an upgrade").0
}

/// Reads until the last message.
async fn each(socket: &mut WebSocketStream<Counted>, mut take: impl FnMut(&str) -> bool) {
    while let Some(message) = socket.next().await {
        if let Some(text) = message.expect("a sound connection").as_text()
            && take(text)
        {
            return;
        }
    }
}

async fn send(socket: &mut WebSocketStream<Counted>, message: &Tagged) {
    let text = serde_json::to_string(message).expect("plain data");
    socket.send(Message::text(text)).await.expect("a sound connection");
}

impl Peer for TokioWebsockets {
    fn name(&self) -> &'static str {
        "tokio-websockets"
    }

    fn receive(&self, at: &Target, recorder: &Arc<Recorder>) -> Option<Job<()>> {
        let (at, recorder) = (at.clone(), Arc::clone(recorder));
        Some(Box::pin(async move {
            let mut socket = open(&at).await;
            each(&mut socket, |text| match serde_json::from_str::<Tagged>(text) {
                Ok(message) => recorder.take(message),
                Err(_) => false,
            })
            .await;
        }))
    }

    fn send(&self, at: &Target, load: Load) -> Option<Job<()>> {
        if load.tasks > 1 {
            return None;
        }
        let at = at.clone();
        Some(Box::pin(async move {
            let mut socket = open(&at).await;
            let message = Tagged::Chat(chat());
            for _ in 0..load.count {
                send(&mut socket, &message).await;
            }
            each(&mut socket, |text| text.contains("done")).await;
        }))
    }

    fn round_trip(&self, at: &Target, count: usize) -> Option<Job<Vec<Duration>>> {
        let at = at.clone();
        Some(Box::pin(async move {
            let mut socket = open(&at).await;
            let mut times = Vec::with_capacity(count);
            let mut message = Tagged::Chat(chat());
            for _ in 0..count {
                let sent = Instant::now();
                send(&mut socket, &message).await;
                each(&mut socket, |text| {
                    message = serde_json::from_str(text).expect("a message");
                    true
                })
                .await;
                times.push(sent.elapsed());
            }
            times
        }))
    }

    fn idle(&self, at: &Target, count: usize, beat: Duration) -> Option<Job<Held>> {
        let at = at.clone();
        Some(Box::pin(async move {
            let mut tasks = tokio::task::JoinSet::new();
            for _ in 0..count {
                let mut socket = open(&at).await;
                tasks.spawn(async move {
                    let mut beats = tokio::time::interval(beat);
                    beats.tick().await;
                    loop {
                        tokio::select! {
                            message = socket.next() => match message {
                                Some(Ok(_)) => {}
                                _ => return,
                            },
                            _ = beats.tick() => {
                                if socket.send(Message::ping("1")).await.is_err() {
                                    return;
                                }
                            }
                        }
                    }
                });
            }
            Box::new(tasks) as Held
        }))
    }
}
