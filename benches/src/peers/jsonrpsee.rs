//! jsonrpsee's client: a subscription for what arrives, notifications for what is sent.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use jsonrpsee::{
    client_transport::ws::{Url, WsTransportClientBuilder},
    core::client::{
        Client, ClientBuilder, ClientT, Subscription, SubscriptionClientT, async_client::PingConfig,
    },
    rpc_params,
};
use serde_json::Value;

use super::{Held, Job, Load, Peer, in_tasks};
use crate::{
    app::{Chat, Tagged},
    frames::chat,
    recorder::Recorder,
    stream::Target,
};

#[derive(Debug)]
pub struct Jsonrpsee;

async fn open(at: &Target, builder: ClientBuilder) -> Client {
    let at = at.with("rpc=1");
    let stream = at.dial().await.expect("the server is there");
    let url = Url::parse(&at.url()).expect("a URL");
    let transport = WsTransportClientBuilder::default().build_with_stream(url, stream);
    let (sender, receiver) = transport.await.expect("an upgrade");
    builder.build_with_tokio(sender, receiver)
}

impl Peer for Jsonrpsee {
    fn name(&self) -> &'static str {
        "jsonrpsee"
    }

    fn receive(&self, at: &Target, recorder: &Arc<Recorder>) -> Option<Job<()>> {
        let (at, recorder) = (at.clone(), Arc::clone(recorder));
        Some(Box::pin(async move {
            // Its default of 1,024 drops the subscription when the consumer lags.
            let room = ClientBuilder::default().max_buffer_capacity_per_subscription(1 << 22);
            let client = open(&at, room).await;
            let mut messages: Subscription<Tagged> = client
                .subscribe("subscribe", rpc_params![], "unsubscribe")
                .await
                .expect("a subscription");
            while let Some(message) = messages.next().await {
                if recorder.take(message.expect("a message")) {
                    break;
                }
            }
        }))
    }

    fn send(&self, at: &Target, load: Load) -> Option<Job<()>> {
        let at = at.clone();
        Some(Box::pin(async move {
            let client = Arc::new(open(&at, ClientBuilder::default()).await);
            let sender = Arc::clone(&client);
            in_tasks(load, move |count| {
                let client = Arc::clone(&sender);
                async move {
                    let chat = chat();
                    for _ in 0..count {
                        client.notification("chat", rpc_params![&chat]).await.expect("open");
                    }
                }
            })
            .await;
            let _: Value = client.request("done", rpc_params![]).await.expect("an answer");
        }))
    }

    fn round_trip(&self, at: &Target, count: usize) -> Option<Job<Vec<Duration>>> {
        let at = at.clone();
        Some(Box::pin(async move {
            let client = open(&at, ClientBuilder::default()).await;
            let mut times = Vec::with_capacity(count);
            let mut message = (chat(),);
            for _ in 0..count {
                let sent = Instant::now();
                let answer: Result<(Chat,), _> =
                    client.request("echo", rpc_params![&message.0]).await;
                message = answer.expect("an answer");
                times.push(sent.elapsed());
            }
            times
        }))
    }

    fn idle(&self, at: &Target, count: usize, beat: Duration) -> Option<Job<Held>> {
        let at = at.clone();
        Some(Box::pin(async move {
            let mut clients = Vec::with_capacity(count);
            for _ in 0..count {
                let pings = PingConfig::new().ping_interval(beat).inactive_limit(beat * 10);
                clients.push(open(&at, ClientBuilder::default().enable_ws_ping(pings)).await);
            }
            Box::new(clients) as Held
        }))
    }
}
