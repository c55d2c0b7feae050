//! wirebond's generated client.

use std::{
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use tokio::sync::{Notify, mpsc};
use wirebond::{Builder, HeartbeatKind, Overflow};

use super::{Held, Job, Load, Peer, in_tasks};
use crate::{
    app::{App, AppClient},
    frames::chat,
    process::monotonic,
    recorder::Recorder,
    stream::Target,
};

/// Who listens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subscribing {
    /// A synchronous handler.
    Sync,
    /// One that returns a future, which is ready at once.
    Async,
    /// One whose future has to wait once for every message.
    Yields,
    /// A stream of one message's payloads.
    Stream,
    /// A stream of the whole enum.
    Messages,
    /// Nobody; only `begin` and `done` are recorded.
    Nobody,
}

#[derive(Debug, Clone, Copy)]
pub struct Wirebond(pub Subscribing);

fn builder(at: &Target) -> Builder<AppClient> {
    let target = at.clone();
    AppClient::builder(at.url()).overflow(Overflow::Wait).connector(move |_| {
        let target = target.clone();
        async move { target.dial().await }
    })
}

/// A client for a target.
pub fn app_for(at: &Target) -> AppClient {
    builder(at).build().expect("sound settings")
}

/// Subscribes as `how` determines; what it receives goes to `recorder`.
pub fn subscribe(app: &AppClient, how: Subscribing, recorder: &Arc<Recorder>) {
    if how == Subscribing::Messages {
        let (mut messages, recorder) = (app.messages(), Arc::clone(recorder));
        tokio::spawn(async move {
            while let Some(message) = messages.next().await {
                match message.data {
                    App::Begin => recorder.begin(),
                    App::Chat(chat) => recorder.chat(&chat),
                    App::Done => recorder.done(),
                    _ => {}
                }
            }
        });
        return;
    }
    let (begin, done, each) = (Arc::clone(recorder), Arc::clone(recorder), Arc::clone(recorder));
    app.on_begin(move || begin.begin());
    match how {
        Subscribing::Sync => drop(app.on_chat(move |chat| each.chat(&chat))),
        Subscribing::Async => {
            app.on_chat(move |chat| {
                let each = Arc::clone(&each);
                async move { each.chat(&chat) }
            });
        }
        Subscribing::Yields => {
            app.on_chat(move |chat| {
                let each = Arc::clone(&each);
                async move {
                    tokio::task::yield_now().await;
                    each.chat(&chat);
                }
            });
        }
        Subscribing::Stream => {
            let mut chats = app.stream_chat();
            tokio::spawn(async move {
                while let Some(chat) = chats.next().await {
                    each.chat(&chat.data);
                }
            });
        }
        Subscribing::Nobody | Subscribing::Messages => {}
    }
    // Handlers that wait are behind: the last message of theirs ends it.
    if matches!(how, Subscribing::Sync | Subscribing::Nobody) {
        app.on_done(move || done.done());
    }
}

impl Peer for Wirebond {
    fn name(&self) -> &'static str {
        match self.0 {
            Subscribing::Sync => "wirebond",
            Subscribing::Async => "wirebond, async handler",
            Subscribing::Yields => "wirebond, async handler that waits",
            Subscribing::Stream => "wirebond, stream",
            Subscribing::Messages => "wirebond, stream of the enum",
            Subscribing::Nobody => "wirebond, nobody subscribed",
        }
    }

    fn receive(&self, at: &Target, recorder: &Arc<Recorder>) -> Option<Job<()>> {
        let (app, recorder, how) = (app_for(at), Arc::clone(recorder), self.0);
        Some(Box::pin(async move {
            subscribe(&app, how, &recorder);
            app.connect().await.expect("the server is there");
            recorder.over().await;
            app.disconnect().await;
        }))
    }

    fn send(&self, at: &Target, load: Load) -> Option<Job<()>> {
        let app = app_for(at);
        Some(Box::pin(async move {
            let over = Arc::new(Notify::new());
            let done = Arc::clone(&over);
            app.on_done(move || done.notify_one());
            app.connect().await.expect("the server is there");
            let sender = app.clone();
            in_tasks(load, move |count| {
                let app = sender.clone();
                async move {
                    let chat = chat();
                    for _ in 0..count {
                        app.send_chat(&chat).await.expect("room");
                    }
                }
            })
            .await;
            over.notified().await;
            app.disconnect().await;
        }))
    }

    fn round_trip(&self, at: &Target, count: usize) -> Option<Job<Vec<Duration>>> {
        let app = app_for(at);
        Some(Box::pin(async move {
            let over = Arc::new(Notify::new());
            let times = Arc::new(Mutex::new(Vec::with_capacity(count)));
            let (weak, done, taken) = (app.downgrade(), Arc::clone(&over), Arc::clone(&times));
            let mut sent = None;
            app.on_chat(move |chat| {
                let now = Instant::now();
                if let Some(sent) = sent {
                    let mut taken = taken.lock().expect("unpoisoned");
                    taken.push(now - sent);
                    if taken.len() == count {
                        done.notify_one();
                        return;
                    }
                }
                sent = Some(now);
                if let Some(app) = weak.upgrade() {
                    app.try_send_chat(&chat).expect("room");
                }
            });
            app.connect().await.expect("the server is there");
            app.send_chat(&chat()).await.expect("room");
            over.notified().await;
            app.disconnect().await;
            std::mem::take(&mut *times.lock().expect("unpoisoned"))
        }))
    }

    fn idle(&self, at: &Target, count: usize, beat: Duration) -> Option<Job<Held>> {
        let at = at.clone();
        Some(Box::pin(async move {
            let mut apps = Vec::with_capacity(count);
            for _ in 0..count {
                let app = AppClient::builder(at.url())
                    .heartbeat(HeartbeatKind::Ping)
                    .heartbeat_interval(beat)
                    .build()
                    .expect("sound settings");
                app.on_chat(drop);
                app.connect().await.expect("the server is there");
                apps.push(app);
            }
            Box::new(apps) as Held
        }))
    }

    fn reconnect(
        &self,
        at: &Target,
        interval: Duration,
        opened: mpsc::UnboundedSender<Duration>,
    ) -> Option<Job<Held>> {
        let app: AppClient = builder(at)
            .reconnect_interval(interval)
            .max_reconnect_attempts(None)
            .build()
            .expect("sound settings");
        Some(Box::pin(async move {
            app.on_open(move || {
                // Nobody listens any more at the end.
                let _ = opened.send(monotonic());
            });
            app.connect().await.expect("the server is there");
            Box::new(app) as Held
        }))
    }
}
