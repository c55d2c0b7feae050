//! Case 60: every future that waits resolves in every state.

use std::time::Duration;

use tokio::{
    io::DuplexStream,
    task::JoinHandle,
    time::{sleep, timeout},
};
use wirebond_client::{Client, ConnectErrorKind, FlushErrorKind, SendError, SendErrorKind, State};

use crate::{
    states::{Stand, fill, stage},
    support::{Wire, adds_up, millis, secs},
};

/// A future as a task, with a short form of its result.
type Waits = (&'static str, JoinHandle<String>);

fn shown(sent: &Result<(), SendError>) -> String {
    sent.as_ref().map_or_else(|error| format!("{:?}", error.kind()), |()| "sent".to_owned())
}

/// One of each future, begun now.
fn all(client: &Client) -> Vec<Waits> {
    let send = client.send("waits", &"x".repeat(100_000));
    let sending = tokio::spawn(async move { shown(&send.await) });
    let own = client.clone();
    let flushing = tokio::spawn(async move {
        own.flush().await.map_or_else(|error| format!("{:?}", error.kind()), |()| "flushed".into())
    });
    let own = client.clone();
    let connecting = tokio::spawn(async move {
        own.connect().await.map_or_else(|error| format!("{:?}", error.kind()), |()| "open".into())
    });
    let tracked = client.send("tracked", &"x".repeat(100_000)).tracked();
    let tracking = tokio::spawn(async move {
        match tracked.await {
            Ok(receipt) => format!("settled {:?}", receipt.await),
            Err(error) => format!("{:?}", error.kind()),
        }
    });
    vec![("send", sending), ("tracked", tracking), ("flush", flushing), ("connect", connecting)]
}

/// The result, within this time.
async fn end((name, waits): Waits, stand: Stand, time: Duration) -> (&'static str, String) {
    let ended = timeout(time, waits).await;
    (name, ended.unwrap_or_else(|_| panic!("{stand:?}: {name} hangs")).unwrap())
}

fn one_of<K: std::fmt::Debug>(end: &str, kinds: &[K]) -> bool {
    kinds.iter().any(|kind| format!("{kind:?}") == end)
}

/// Futures that were pending before the state was reached, and those that start in it.
#[tokio::test(start_paused = true)]
async fn case_60_what_waits_ends_in_final_states() {
    for stand in Stand::ALL.into_iter().filter(|stand| stand.is_final()) {
        let (mut waiting, mut receipt) = (Vec::new(), None);
        let stage = stage(
            stand,
            |builder| builder,
            async |client, _| {
                receipt = Some(client.send("tracked", &1).try_tracked().unwrap());
                fill(client).await;
                waiting = all(client).into_iter().filter(|(name, _)| *name != "connect").collect();
                sleep(millis(1)).await;
            },
        )
        .await;
        let client = &stage.client;
        let outcome = timeout(secs(1), receipt.unwrap()).await;
        assert!(outcome.is_ok(), "{stand:?}: a receipt hangs");
        for waits in waiting {
            let (name, ended) = end(waits, stand, secs(3)).await;
            let stopped = match name {
                "send" | "tracked" => {
                    one_of(&ended, &[SendErrorKind::Stopped, SendErrorKind::Closed])
                }
                _ => one_of(&ended, &[FlushErrorKind::Lost, FlushErrorKind::NotOpen]),
            };
            // Before `disconnect()` was done, the peer took it.
            let taken = ["sent", "flushed"].contains(&&*ended) || ended.starts_with("settled");
            let stopped = stopped || (stand == Stand::Closed && taken);
            assert!(stopped, "{stand:?}: {name} ends with {ended}");
        }
        let sent = timeout(secs(1), client.send("late", &1)).await.expect("it ends");
        assert_eq!(shown(&sent), "Stopped", "{stand:?}");
        assert_eq!(shown(&client.try_send("late", &1)), "Stopped", "{stand:?}");
        let flushed = timeout(secs(1), client.flush()).await.expect("it ends").unwrap_err();
        assert_eq!(*flushed.kind(), FlushErrorKind::NotOpen, "{stand:?}");
        timeout(secs(3), client.disconnect()).await.expect("it ends");
        adds_up(client);
    }
}

#[tokio::test(start_paused = true)]
async fn case_60_what_waits_ends_with_disconnect() {
    for stand in Stand::ALL {
        let mut early = Vec::new();
        let stage = stage(
            stand,
            |builder| builder,
            async |client, wire| {
                fill(client).await;
                if wire.is_some() {
                    early = all(client);
                    sleep(millis(1)).await;
                }
            },
        )
        .await;
        let client = &stage.client;
        let late = if client.state() == State::Open { Vec::new() } else { all(client) };
        let late = late.into_iter().filter(|(name, _)| *name != "connect" || !stand.is_final());
        let late: Vec<_> = late.collect();
        sleep(millis(1)).await;
        timeout(secs(3), client.disconnect()).await.expect("disconnect ends");
        // A `connect()` that was called while closing connects again afterwards, as documented.
        let again = stand == Stand::Closing || client.state() == State::Connecting;
        for waits in early.into_iter().chain(late) {
            if again && waits.0 == "connect" {
                waits.1.abort();
                continue;
            }
            let (name, ended) = end(waits, stand, secs(3)).await;
            let right = match name {
                "send" | "tracked" => {
                    ended == "sent"
                        || ended.starts_with("settled")
                        || one_of(&ended, &[SendErrorKind::Stopped, SendErrorKind::Closed])
                }
                "flush" => {
                    ended == "flushed"
                        || one_of(&ended, &[FlushErrorKind::Lost, FlushErrorKind::NotOpen])
                }
                _ => {
                    ended == "open"
                        || one_of(&ended, &[ConnectErrorKind::Disconnected, ConnectErrorKind::Io])
                }
            };
            assert!(right, "{stand:?}: {name} ends with {ended}");
        }
        adds_up(client);
    }
}

#[tokio::test(start_paused = true)]
async fn case_60_flush_ends_while_closing() {
    for stand in [Stand::Waiting, Stand::Reconnecting, Stand::Connecting, Stand::OpenSilent] {
        let mut handling = None;
        let stage = stage(
            stand,
            |builder| builder,
            async |client, wire| {
                handling = Some(client.on("chat", |_: u8| sleep(secs(1))));
                if let Some(wire) = wire {
                    wire.message("chat", "1").await;
                    sleep(millis(1)).await;
                }
                fill(client).await;
            },
        )
        .await;
        let other = stage.client.clone();
        let disconnecting = tokio::spawn(async move { other.disconnect().await });
        tokio::task::yield_now().await;
        let flushed = timeout(secs(3), stage.client.flush()).await;
        assert!(flushed.expect("it ends").is_err(), "{stand:?}");
        timeout(secs(3), disconnecting).await.unwrap().unwrap();
    }
}

/// Futures that hold no client handle end with the last handle, and so do streams and events.
#[tokio::test(start_paused = true)]
async fn case_60_streams_and_sends_end_with_the_last_handle() {
    for stand in Stand::ALL {
        let mut sending = None;
        let stage = stage(
            stand,
            |builder| builder,
            async |client, wire| {
                fill(client).await;
                let send = client.send("waits", &"x".repeat(100_000));
                sending = Some(tokio::spawn(async move { shown(&send.await) }));
                if wire.is_some() {
                    sleep(millis(1)).await;
                }
            },
        )
        .await;
        let mut events = stage.client.events();
        let (client, wires) = (stage.client, stage.wires);
        drop(client);
        // A running `connect()` or `disconnect()` holds a handle until it ends.
        let patience = if stand.state() == State::Connecting { None } else { Some(secs(10)) };
        let Some(patience) = patience else { continue };
        let ended = timeout(patience, async { while events.next().await.is_some() {} }).await;
        assert!(ended.is_ok(), "{stand:?}: events hang");
        let ended = timeout(patience, sending.unwrap()).await.expect("send ends").unwrap();
        let right = one_of(&ended, &[SendErrorKind::Stopped, SendErrorKind::Closed]);
        assert!(right || ended == "sent", "{stand:?}: {ended}");
        drop(wires);
    }
}

#[test]
fn case_60_what_waits_ends_with_the_runtime() {
    for stand in Stand::ALL {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .start_paused(true)
            .build()
            .unwrap();
        let (client, send) = runtime.block_on(async {
            let full =
                async |client: &Client, _: Option<&mut Wire<DuplexStream>>| fill(client).await;
            let stage = stage(stand, |builder| builder, full).await;
            (stage.client.clone(), stage.client.send("waits", &"x".repeat(100_000)))
        });
        drop(runtime);
        let other = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .start_paused(true)
            .build()
            .unwrap();
        other.block_on(async {
            if stand == Stand::Idle {
                // It never had a runtime.
                timeout(secs(1), client.disconnect()).await.expect("it ends");
            }
            assert_eq!(
                client.state(),
                if stand == Stand::Failed { State::Failed } else { State::Closed }
            );
            let sent = timeout(secs(1), send).await.expect("it ends");
            assert_eq!(shown(&sent), "Stopped", "{stand:?}");
            timeout(secs(1), client.flush()).await.expect("it ends").unwrap_err();
            timeout(secs(3), client.disconnect()).await.expect("it ends");
            assert_eq!(client.state(), State::Closed);
            adds_up(&client);
        });
    }
}
