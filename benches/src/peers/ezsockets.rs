//! ezsockets' client.

use std::{
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use async_trait::async_trait;
use ezsockets::{Client, ClientConfig, ClientExt, Error, SocketConfig, client::ClientConnector};
use tokio::sync::{Notify, mpsc, oneshot};
use tokio_tungstenite_026::{
    WebSocketStream,
    tungstenite::{self, Utf8Bytes},
};

use super::{Held, Job, Load, Peer, in_tasks};
use crate::{
    app::Tagged,
    frames::chat,
    process::monotonic,
    recorder::Recorder,
    stream::{Counted, Target},
};

#[derive(Debug)]
pub struct Ezsockets;

type OnText = Box<dyn FnMut(&str) + Send>;

/// Its client calls this with what arrives.
struct Ears {
    text: OnText,
    opened: Box<dyn FnMut() + Send>,
}

#[async_trait]
impl ClientExt for Ears {
    type Call = ();

    async fn on_text(&mut self, text: Utf8Bytes) -> Result<(), Error> {
        (self.text)(&text);
        Ok(())
    }

    async fn on_binary(&mut self, _: bytes::Bytes) -> Result<(), Error> {
        Ok(())
    }

    async fn on_call(&mut self, (): ()) -> Result<(), Error> {
        Ok(())
    }

    async fn on_connect(&mut self) -> Result<(), Error> {
        (self.opened)();
        Ok(())
    }
}

/// What its own connector does, over a stream that counts.
struct Connector(Target, tokio::runtime::Handle);

#[async_trait]
impl ClientConnector for Connector {
    type Handle = enfync::builtin::native::TokioHandle;
    type Message = tungstenite::Message;
    type WSError = tungstenite::Error;
    type Socket = WebSocketStream<Counted>;

    fn handle(&self) -> Self::Handle {
        self.1.clone().into()
    }

    async fn connect(&self, config: &ClientConfig) -> Result<Self::Socket, Self::WSError> {
        // Its default leaves Nagle's algorithm on.
        let mut target = self.0.clone();
        target.nodelay = Some(target.nodelay.unwrap_or(false));
        let stream = target.dial().await?;
        let request = config.connect_http_request();
        Ok(tokio_tungstenite_026::client_async(request, stream).await?.0)
    }
}

/// Connects; returns the client once it is open.
async fn open(at: &Target, config: ClientConfig, text: OnText) -> Client<Ears> {
    let (report, opened) = oneshot::channel();
    let mut report = Some(report);
    let opened_once = Box::new(move || {
        if let Some(report) = report.take() {
            let _ = report.send(());
        }
    });
    let receiver = Ears { text, opened: opened_once };
    let connector = Connector(at.clone(), tokio::runtime::Handle::current());
    let (client, _) = ezsockets::client::connect_with(|_| receiver, config, connector);
    opened.await.expect("the server is there");
    client
}

fn config(at: &Target) -> ClientConfig {
    ClientConfig::new(&*at.url())
}

impl Peer for Ezsockets {
    fn name(&self) -> &'static str {
        "ezsockets"
    }

    fn receive(&self, at: &Target, recorder: &Arc<Recorder>) -> Option<Job<()>> {
        let (at, recorder) = (at.clone(), Arc::clone(recorder));
        Some(Box::pin(async move {
            let receiver = Arc::clone(&recorder);
            let text = Box::new(move |text: &str| {
                if let Ok(message) = serde_json::from_str::<Tagged>(text) {
                    receiver.take(message);
                }
            });
            let client = open(&at, config(&at), text).await;
            recorder.over().await;
            drop(client.close(None));
        }))
    }

    fn send(&self, at: &Target, load: Load) -> Option<Job<()>> {
        let at = at.clone();
        Some(Box::pin(async move {
            let over = Arc::new(Notify::new());
            let done = Arc::clone(&over);
            let text = Box::new(move |text: &str| {
                if text.contains("done") {
                    done.notify_one();
                }
            });
            let client = open(&at, config(&at), text).await;
            let sender = client.clone();
            in_tasks(load, move |count| {
                let client = sender.clone();
                async move {
                    let message = Tagged::Chat(chat());
                    for _ in 0..count {
                        let text = serde_json::to_string(&message).expect("plain data");
                        drop(client.text(text).expect("its task runs"));
                    }
                }
            })
            .await;
            over.notified().await;
            drop(client.close(None));
        }))
    }

    fn round_trip(&self, at: &Target, count: usize) -> Option<Job<Vec<Duration>>> {
        let at = at.clone();
        Some(Box::pin(async move {
            let over = Arc::new(Notify::new());
            let times = Arc::new(Mutex::new(Vec::with_capacity(count)));
            let own: Arc<Mutex<Option<Client<Ears>>>> = Arc::default();
            let (done, taken, client) = (Arc::clone(&over), Arc::clone(&times), Arc::clone(&own));
            let mut sent = None;
            let text = Box::new(move |text: &str| {
                let message: Tagged = serde_json::from_str(text).expect("a message");
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
                let text = serde_json::to_string(&message).expect("plain data");
                if let Some(client) = &*client.lock().expect("unpoisoned") {
                    drop(client.text(text).expect("its task runs"));
                }
            });
            let client = open(&at, config(&at), text).await;
            *own.lock().expect("unpoisoned") = Some(client.clone());
            let text = serde_json::to_string(&Tagged::Chat(chat())).expect("plain data");
            drop(client.text(text).expect("its task runs"));
            over.notified().await;
            own.lock().expect("unpoisoned").take();
            drop(client.close(None));
            std::mem::take(&mut *times.lock().expect("unpoisoned"))
        }))
    }

    fn idle(&self, at: &Target, count: usize, beat: Duration) -> Option<Job<Held>> {
        let at = at.clone();
        Some(Box::pin(async move {
            let mut clients = Vec::with_capacity(count);
            let socket = SocketConfig { heartbeat: beat, ..SocketConfig::default() };
            for _ in 0..count {
                let config = config(&at).socket_config(socket.clone());
                clients.push(open(&at, config, Box::new(|_| ())).await);
            }
            Box::new(clients) as Held
        }))
    }

    fn reconnect(
        &self,
        at: &Target,
        interval: Duration,
        opened: mpsc::UnboundedSender<Duration>,
    ) -> Option<Job<Held>> {
        let at = at.clone();
        Some(Box::pin(async move {
            let receiver = Ears {
                text: Box::new(|_| ()),
                opened: Box::new(move || {
                    // Nobody listens any more at the end.
                    let _ = opened.send(monotonic());
                }),
            };
            let connector = Connector(at.clone(), tokio::runtime::Handle::current());
            let config = config(&at).reconnect_interval(interval);
            let (client, _) = ezsockets::client::connect_with(|_| receiver, config, connector);
            Box::new(client) as Held
        }))
    }
}
