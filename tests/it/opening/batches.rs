//! Frames that hold several messages, when their connection ends before all of them were delivered.

use std::{future::pending, time::Duration};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::sync::mpsc;
use wirebond::{Contract, Event, Events, Inbox, State};

use crate::support::server::{Connection, Server, in_time};

#[derive(Debug, Contract)]
#[contract(tag = "T", batch)]
enum Feed {
    #[message(from = "client")]
    Ping,
    #[message(from = "server")]
    Success,
    #[message(from = "server")]
    Trade(Trade),
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
struct Trade {
    price: u32,
}

/// How an opening goes on after the first message of the frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Error,
    Unauthorized,
    Panic,
    Timeout,
    Cut,
    Disconnect,
}

const ENDS: [End; 6] =
    [End::Error, End::Unauthorized, End::Panic, End::Timeout, End::Cut, End::Disconnect];

/// The messages that were lost, by the name of the report.
async fn lost(events: &mut Events) -> Vec<(String, u64)> {
    let mut lost = Vec::new();
    while let Some(event) = in_time(events.next()).await {
        if let Event::Lagged { name, count, .. } = event {
            lost.push((name.to_string(), count));
        }
    }
    lost
}

fn feed(server: &Server, end: End, inbox: usize, begun: mpsc::UnboundedSender<()>) -> FeedClient {
    FeedClient::builder(server.url())
        .inbox(Inbox::wait(inbox))
        .connect_timeout(Duration::from_millis(if end == End::Timeout { 300 } else { 30_000 }))
        .opening(move |peer: FeedOpening| {
            let begun = begun.clone();
            async move {
                peer.expect_success().await?;
                // Two more have arrived by then, or wait in the frame.
                peer.send_ping().await?;
                begun.send(()).unwrap();
                match end {
                    End::Error => Err("no".into()),
                    End::Unauthorized => Err(wirebond::Unauthorized::new("no").into()),
                    End::Panic => panic!("no"),
                    End::Timeout | End::Cut | End::Disconnect => pending().await,
                }
            }
        })
        .build()
        .unwrap()
}

async fn serve(mut connection: Connection) -> Connection {
    connection.send_text(r#"[{"T":"success"},{"T":"success"},{"T":"success"},7,{"T":"x"}]"#).await;
    assert_eq!(connection.next_message().await, json!({"T": "ping"}));
    connection
}

#[tokio::test]
async fn the_rest_of_a_frame_is_reported_when_its_opening_fails() {
    for end in ENDS {
        // With room for one, most of the frame was never taken apart.
        for (inbox, waiting) in [(1, 4), (2, 4), (256, 2)] {
            let server = Server::start().await;
            let (begun, mut has_begun) = mpsc::unbounded_channel();
            let feed = feed(&server, end, inbox, begun);
            let mut events = feed.events();
            let connect = tokio::spawn({
                let feed = feed.clone();
                async move { feed.connect().await }
            });
            let connection = serve(server.accept().await).await;
            in_time(has_begun.recv()).await.unwrap();
            match end {
                End::Disconnect => {
                    let ((), ()) = tokio::join!(connection.until_closed(), feed.disconnect());
                }
                End::Cut if inbox < 256 => {
                    // It is held back, so that it doesn't see the end: only time tells.
                    drop(connection);
                    feed.disconnect().await;
                }
                End::Cut => drop(connection),
                _ => connection.until_closed().await,
            }
            in_time(connect).await.unwrap().unwrap_err();
            let stats = feed.untyped().stats();
            drop(feed);
            let what = format!("{end:?} {inbox}");
            assert_eq!(lost(&mut events).await, [("$opening".to_owned(), waiting)], "{what}");
            assert_eq!((stats.received, stats.lagged), (5, waiting), "{what}");
        }
    }
}

#[tokio::test]
async fn the_rest_of_a_frame_is_reported_when_an_open_connection_ends() {
    let server = Server::start().await;
    let feed = FeedClient::builder(server.url()).inbox(Inbox::wait(2)).build().unwrap();
    let mut events = feed.events();
    let mut trades = feed.stream_trade();
    let (connected, mut connection) = tokio::join!(in_time(feed.connect()), server.accept());
    connected.unwrap();
    let trades_of = |count: u32| {
        let trades: Vec<_> =
            (0..count).map(|n| format!(r#"{{"T":"trade","price":{n}}}"#)).collect();
        format!("[{}]", trades.join(","))
    };
    connection.send_text(&trades_of(10)).await;
    in_time(async {
        while feed.untyped().stats().received < 2 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    tokio::join!(in_time(feed.disconnect()), connection.until_closed());
    assert_eq!(feed.state(), State::Closed);
    let stats = feed.untyped().stats();
    let mut delivered = 0;
    while trades.try_next().is_some() {
        delivered += 1;
    }
    assert_eq!((stats.received, delivered + stats.lagged), (10, 10), "{stats:?}");
    assert!(stats.lagged > 0, "{stats:?}");
    drop((feed, trades));
    assert_eq!(lost(&mut events).await, [("$batch".to_owned(), stats.lagged)]);
}
