//! fastwebsockets with serde's adjacently tagged enum and a `match`.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use fastwebsockets::{Frame, OpCode, Payload, Role, WebSocket};

use super::{Held, Job, Load, Peer};
use crate::{
    app::Tagged,
    frames::chat,
    recorder::Recorder,
    stream::{Counted, Target},
};

#[derive(Debug)]
pub struct Fastwebsockets;

async fn open(at: &Target) -> WebSocket<Counted> {
    let stream = at.upgraded().await.expect("an upgrade");
    WebSocket::after_handshake(stream, Role::Client)
}

/// Reads until the last message.
async fn each(socket: &mut WebSocket<Counted>, mut take: impl FnMut(&str) -> bool) {
    loop {
        let frame = socket.read_frame().await.expect("a sound connection");
        if frame.opcode == OpCode::Text && take(std::str::from_utf8(&frame.payload).expect("UTF-8"))
        {
            return;
        }
    }
}

async fn send(socket: &mut WebSocket<Counted>, message: &Tagged) {
    let text = serde_json::to_string(message).expect("plain data");
    let frame = Frame::text(Payload::Owned(text.into_bytes()));
    socket.write_frame(frame).await.expect("a sound connection");
}

impl Peer for Fastwebsockets {
    fn name(&self) -> &'static str {
        "fastwebsockets"
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
                    // Its reads can't be cancelled, so a Ping goes out and its Pong is awaited.
                    loop {
                        tokio::time::sleep(beat).await;
                        let ping = Frame::new(true, OpCode::Ping, None, Payload::Borrowed(b"1"));
                        let sent = socket.write_frame(ping).await;
                        if sent.is_err() || socket.read_frame().await.is_err() {
                            return;
                        }
                    }
                });
            }
            Box::new(tasks) as Held
        }))
    }
}
