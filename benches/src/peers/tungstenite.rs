//! Written by hand on tokio-tungstenite: a `next()` loop, serde's adjacently tagged enum, a `match`.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use futures_util::{SinkExt, StreamExt};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    sync::mpsc,
};
use tokio_tungstenite::{
    WebSocketStream, client_async_with_config,
    tungstenite::{Message, protocol::WebSocketConfig},
};

use super::{Held, Job, Load, Peer};
use crate::{
    app::{Stamped, Tagged},
    frames::chat,
    process::monotonic,
    recorder::Recorder,
    stream::{Counted, Target},
};

/// As one writes it, with the defaults.
#[derive(Debug)]
pub struct HandWritten;

/// The same with the envelope's timestamp kept by `#[serde(flatten)]`.
#[derive(Debug)]
pub struct Flatten;

/// The same as the first, with a wait for each message: what a loop that awaits pays.
#[derive(Debug)]
pub struct Yielding;

/// The same as the first, with a read buffer of 4 KiB: for idle connections.
#[derive(Debug)]
pub struct SmallBuffer;

async fn open(at: &Target, config: WebSocketConfig) -> WebSocketStream<Counted> {
    let stream = at.dial().await.expect("the server is there");
    client_async_with_config(at.url(), stream, Some(config)).await.expect("an upgrade").0
}

/// Reads until the last message; `take` returns whether it is that one.
async fn each<S: AsyncRead + AsyncWrite + Unpin>(
    socket: &mut WebSocketStream<S>,
    mut take: impl FnMut(&str) -> bool,
) {
    while let Some(message) = socket.next().await {
        if let Message::Text(text) = message.expect("a sound connection")
            && take(&text)
        {
            return;
        }
    }
}

/// The whole client: reads until the last message.
pub async fn hand_written<S: AsyncRead + AsyncWrite + Unpin>(
    socket: &mut WebSocketStream<S>,
    recorder: &Recorder,
) {
    each(socket, |text| match serde_json::from_str::<Tagged>(text) {
        Ok(message) => recorder.take(message),
        Err(_) => false,
    })
    .await;
}

/// Sends so many messages, each as its own `send`, and waits for `done`.
pub async fn hand_written_flood<S: AsyncRead + AsyncWrite + Unpin>(
    socket: &mut WebSocketStream<S>,
    count: u64,
) {
    let message = Tagged::Chat(chat());
    for _ in 0..count {
        let text = serde_json::to_string(&message).expect("plain data");
        socket.send(Message::text(text)).await.expect("a sound connection");
    }
    each(socket, |text| text.contains("done")).await;
}

impl Peer for HandWritten {
    fn name(&self) -> &'static str {
        "hand-written"
    }

    fn receive(&self, at: &Target, recorder: &Arc<Recorder>) -> Option<Job<()>> {
        let (at, recorder) = (at.clone(), Arc::clone(recorder));
        Some(Box::pin(async move {
            let mut socket = open(&at, WebSocketConfig::default()).await;
            hand_written(&mut socket, &recorder).await;
        }))
    }

    fn send(&self, at: &Target, load: Load) -> Option<Job<()>> {
        let at = at.clone();
        Some(Box::pin(async move {
            let mut socket = open(&at, WebSocketConfig::default()).await;
            if load.tasks == 1 {
                hand_written_flood(&mut socket, load.count).await;
                return;
            }
            // Several tasks share a socket through a channel to the one that writes.
            let (messages, mut waiting) = mpsc::channel::<String>(1_024);
            let senders = tokio::spawn(super::in_tasks(load, move |count| {
                let messages = messages.clone();
                async move {
                    let message = Tagged::Chat(chat());
                    for _ in 0..count {
                        let text = serde_json::to_string(&message).expect("plain data");
                        messages.send(text).await.expect("a reader");
                    }
                }
            }));
            while let Some(text) = waiting.recv().await {
                socket.send(Message::text(text)).await.expect("a sound connection");
            }
            senders.await.expect("no panic");
            each(&mut socket, |text| text.contains("done")).await;
        }))
    }

    fn round_trip(&self, at: &Target, count: usize) -> Option<Job<Vec<Duration>>> {
        let at = at.clone();
        Some(Box::pin(async move {
            let mut socket = open(&at, WebSocketConfig::default()).await;
            let mut times = Vec::with_capacity(count);
            let mut message = Tagged::Chat(chat());
            for _ in 0..count {
                let sent = Instant::now();
                let text = serde_json::to_string(&message).expect("plain data");
                socket.send(Message::text(text)).await.expect("a sound connection");
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
        Some(Box::pin(idle(at, count, beat, WebSocketConfig::default())))
    }

    fn reconnect(
        &self,
        at: &Target,
        interval: Duration,
        opened: mpsc::UnboundedSender<Duration>,
    ) -> Option<Job<Held>> {
        let at = at.clone();
        Some(Box::pin(async move {
            let task = tokio::spawn(async move {
                loop {
                    if let Ok(stream) = at.dial().await
                        && let Ok((mut socket, _)) =
                            tokio_tungstenite::client_async(at.url(), stream).await
                    {
                        if opened.send(monotonic()).is_err() {
                            return;
                        }
                        while let Some(Ok(_)) = socket.next().await {}
                    }
                    tokio::time::sleep(interval).await;
                }
            });
            Box::new(task) as Held
        }))
    }
}

impl Peer for Flatten {
    fn name(&self) -> &'static str {
        "hand-written, timestamp by flatten"
    }

    fn receive(&self, at: &Target, recorder: &Arc<Recorder>) -> Option<Job<()>> {
        let (at, recorder) = (at.clone(), Arc::clone(recorder));
        Some(Box::pin(async move {
            let mut socket = open(&at, WebSocketConfig::default()).await;
            each(&mut socket, |text| match serde_json::from_str::<Stamped>(text) {
                Ok(stamped) => recorder.take(stamped.message),
                Err(_) => false,
            })
            .await;
        }))
    }
}

impl Peer for Yielding {
    fn name(&self) -> &'static str {
        "hand-written, a wait for each message"
    }

    fn receive(&self, at: &Target, recorder: &Arc<Recorder>) -> Option<Job<()>> {
        let (at, recorder) = (at.clone(), Arc::clone(recorder));
        Some(Box::pin(async move {
            let mut socket = open(&at, WebSocketConfig::default()).await;
            while let Some(message) = socket.next().await {
                let Message::Text(text) = message.expect("a sound connection") else { continue };
                let Ok(message) = serde_json::from_str::<Tagged>(&text) else { continue };
                tokio::task::yield_now().await;
                if recorder.take(message) {
                    return;
                }
            }
        }))
    }
}

impl Peer for SmallBuffer {
    fn name(&self) -> &'static str {
        "hand-written, 4 KiB read buffer"
    }

    fn idle(&self, at: &Target, count: usize, beat: Duration) -> Option<Job<Held>> {
        let config = WebSocketConfig::default().read_buffer_size(4 * 1024);
        Some(Box::pin(idle(at.clone(), count, beat, config)))
    }
}

async fn idle(at: Target, count: usize, beat: Duration, config: WebSocketConfig) -> Held {
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..count {
        let mut socket = open(&at, config).await;
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
                        if socket.send(Message::Ping("1".into())).await.is_err() {
                            return;
                        }
                    }
                }
            }
        });
    }
    Box::new(tasks)
}
