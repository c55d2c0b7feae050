//! One message a read and many, over a connection in memory: the client's own share alone. Processor
//! time: there is nothing to wait for, and another process's turn doesn't count.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use futures_util::StreamExt;
use tokio::sync::Notify;
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::protocol::{Role, WebSocketConfig},
};

use super::{Scale, nanos_each};
use crate::{
    app::AppClient,
    frames::{First, chat, envelope, note},
    memory::{Drip, Reads},
    peers::{Subscribing, hand_written, hand_written_flood, subscribe},
    recorder::{Mark, Recorder},
    rounds::{Entry, Results, alternate},
};

pub const RAW: &str = "tokio-tungstenite, frames alone";
pub const RAW_16: &str = "the same with a 16 KiB read buffer";
pub const RAW_4: &str = "the same with a 4 KiB read buffer";
pub const HAND_WRITTEN: &str = "hand-written";
pub const NOBODY: &str = "wirebond, nobody subscribed";
pub const SYNC: &str = "wirebond";
pub const ASYNC: &str = "wirebond, async handler";
pub const STREAM: &str = "wirebond, stream";

pub const WHO: &[&str] = &[RAW, RAW_16, RAW_4, HAND_WRITTEN, NOBODY, SYNC, ASYNC, STREAM];

fn block_on<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
    runtime.expect("a runtime").block_on(future)
}

/// A client over this connection in memory.
fn over(drip: Drip) -> AppClient {
    let once = Mutex::new(Some(drip));
    AppClient::builder("ws://127.0.0.1:1")
        .overflow(wirebond::Overflow::Wait)
        .connector(move |_| {
            let drip = once.lock().expect("unpoisoned").take();
            async { drip.ok_or_else(|| std::io::ErrorKind::NotConnected.into()) }
        })
        .build()
        .expect("sound settings")
}

async fn raw(drip: Drip, buffer: usize) -> WebSocketStream<Drip> {
    let config = WebSocketConfig::default().read_buffer_size(buffer);
    WebSocketStream::from_raw_socket(drip.upgraded(), Role::Client, Some(config)).await
}

/// The usual message.
pub fn small() -> String {
    envelope("chat", &chat(), First::Type)
}

/// Receives so many messages; returns how long that took from the first to the last.
pub fn receive(who: &str, reads: Reads, text: &str, count: u64) -> Duration {
    let drip = Drip::new(reads, text, count);
    let how = match who {
        NOBODY => Some(Subscribing::Nobody),
        SYNC => Some(Subscribing::Sync),
        ASYNC => Some(Subscribing::Async),
        STREAM => Some(Subscribing::Stream),
        _ => None,
    };
    let expected = if how == Some(Subscribing::Nobody) { u64::MAX } else { count };
    let recorder = Arc::new(Recorder::expecting(expected));
    block_on(async {
        if let Some(how) = how {
            let app = over(drip);
            subscribe(&app, how, &recorder);
            app.connect().await.expect("memory is there");
            recorder.over().await;
            return recorder.span().unwrap_or_default().cpu;
        }
        let buffer = match who {
            RAW_16 => 16 << 10,
            RAW_4 => 4 << 10,
            _ => 128 << 10,
        };
        let mut socket = raw(drip, buffer).await;
        if who == HAND_WRITTEN {
            hand_written(&mut socket, &recorder).await;
            return recorder.span().unwrap_or_default().cpu;
        }
        let began = Mark::now();
        for _ in 0..count + 2 {
            socket.next().await.expect("a frame").expect("a sound connection");
        }
        began.span().cpu
    })
}

/// Sends so many messages to a sink in memory: hand-written, or wirebond.
pub fn send(who: &str, count: u64) {
    let drip = Drip::sink(count);
    block_on(async {
        if who == HAND_WRITTEN {
            let mut socket = raw(drip, 128 << 10).await;
            hand_written_flood(&mut socket, count).await;
            return;
        }
        let app = over(drip);
        let over = Arc::new(Notify::new());
        let done = Arc::clone(&over);
        app.on_done(move || done.notify_one());
        app.connect().await.expect("memory is there");
        let chat = chat();
        for _ in 0..count {
            app.send_chat(&chat).await.expect("room");
        }
        over.notified().await;
    });
}

pub fn run(results: &mut Results, scale: Scale) {
    let large = envelope("note", &note(256 << 10), First::Type);
    let (count, few) = (scale.count(80_000), scale.count(400));
    let everybody = WHO;
    // Handlers of the small one receive nothing of the large.
    let frames_alone = &WHO[..3];
    let settings = [
        ("reads/one", "150 B, one message a read", Reads::One, small(), count, everybody),
        ("reads/full", "150 B, full reads", Reads::Full, small(), count, everybody),
        ("reads/large", "256 KiB, full reads", Reads::Full, large, few, frames_alone),
    ];
    for (id, setting, reads, text, count, who) in settings {
        results.table(id, &format!("Receive in memory, {setting}"), "ns a message", RAW);
        let text = &text;
        let others = (who.len() < WHO.len()).then_some(&NOBODY);
        let entries = who.iter().chain(others).map(|&who| {
            let run = move || {
                let took = receive(who, reads, text, count);
                vec![(id.to_owned(), nanos_each(took, count))]
            };
            Entry { who: who.to_owned(), run: Box::new(run) }
        });
        let entries = entries.collect();
        alternate(results, scale.rounds, entries);
    }
}
