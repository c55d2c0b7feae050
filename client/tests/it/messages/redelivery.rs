//! Messages that are delivered again, and messages that no server accepts.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
};

use tokio::io::AsyncReadExt;
use wirebond_client::{Builder, Client, State, Stats, Unconfirmed};

use crate::support::{Peer, adds_up, millis, name, peer, secs, so_far};

/// What the server does with a message that it refuses.
#[derive(Debug, Clone, Copy)]
enum Refusal {
    /// It reads the message, and closes with this code.
    Close(u16),
    /// It closes by the message's length alone, before the payload has arrived, and drops the connection.
    ByLength,
    /// It reads the message and drops the connection.
    Cut,
}

/// The names that arrived on each connection.
type Arrived = Arc<Mutex<Vec<Vec<String>>>>;

/// A server that refuses every message whose name begins with `bad`, or that is longer than 64 KiB if
/// it goes by the length.
async fn serve(mut peer: Peer, refusal: Refusal, arrived: Arrived) {
    loop {
        let mut wire = peer.open().await;
        arrived.lock().unwrap().push(Vec::new());
        loop {
            if matches!(refusal, Refusal::ByLength) {
                let Ok(first) = wire.stream.read_u8().await else { break };
                let Ok(second) = wire.stream.read_u8().await else { break };
                if second & 0x7f == 127 {
                    wire.close(1009, "too big").await;
                    break;
                }
                let length = match second & 0x7f {
                    126 => usize::from(wire.stream.read_u16().await.unwrap()),
                    length => usize::from(length),
                };
                let mut rest = vec![0; 4 + length];
                wire.stream.read_exact(&mut rest).await.unwrap();
                let (mask, payload) = rest.split_at(4);
                let payload =
                    payload.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask);
                let payload: Vec<u8> = payload.collect();
                match first & 0x0f {
                    1 => arrived.lock().unwrap().last_mut().unwrap().extend(beatless(&payload)),
                    9 => wire.frame(10, &payload).await,
                    _ => break,
                }
                continue;
            }
            let Some(frame) = wire.read_frame().await else { break };
            match frame.opcode {
                1 if frame.payload.starts_with(b"{\"type\":\"bad") => match refusal {
                    Refusal::Close(code) => {
                        wire.close(code, "no").await;
                        break;
                    }
                    _ => break,
                },
                1 => arrived.lock().unwrap().last_mut().unwrap().extend(beatless(&frame.payload)),
                9 => wire.frame(10, &frame.payload).await,
                _ => {
                    wire.frame(8, &frame.payload).await;
                    break;
                }
            }
        }
    }
}

/// The name of a message that is no heartbeat.
fn beatless(payload: &[u8]) -> Option<String> {
    let name = name(std::str::from_utf8(payload).unwrap());
    (name != "ping").then_some(name)
}

struct Played {
    /// The names that arrived, each as often as it did.
    arrived: Vec<String>,
    connections: usize,
    events: Vec<String>,
    stats: Stats,
}

/// Sends messages of these names and sizes to such a server, and connects until all is settled.
async fn play(
    refusal: Refusal,
    messages: &[(&str, usize)],
    change: impl FnOnce(Builder) -> Builder,
) -> Played {
    let (peer, builder) = peer();
    if matches!(refusal, Refusal::ByLength) {
        peer.set_buffer(1_024);
    }
    let builder = builder.unconfirmed(Unconfirmed::Redeliver).confirm_interval(millis(100));
    let client = change(builder.max_reconnect_attempts(None)).build().unwrap();
    let mut events = client.events();
    let arrived = Arrived::default();
    let server = tokio::spawn(serve(peer, refusal, Arc::clone(&arrived)));
    for (name, size) in messages {
        client.send(name, &"x".repeat(*size)).await.unwrap();
    }
    for _ in 0..20 {
        client.connect().await.unwrap();
        tokio::time::sleep(secs(20)).await;
        adds_up(&client);
        if client.stats().queued + client.stats().in_flight == 0 {
            break;
        }
    }
    let stats = client.stats();
    client.disconnect().await;
    let events = so_far(&mut events).await;
    server.abort();
    let arrived = arrived.lock().unwrap();
    let connections = arrived.len();
    Played { arrived: arrived.iter().flatten().cloned().collect(), connections, events, stats }
}

fn dropped(events: &[String]) -> Vec<&str> {
    let dropped = events.iter().map(String::as_str).filter(|event| event.starts_with("dropped"));
    dropped.collect()
}

#[tokio::test(start_paused = true)]
async fn case_62_a_message_that_is_refused_each_time_is_dropped_and_the_others_get_out() {
    use Refusal::{ByLength, Close, Cut};
    let refusals = [
        (Close(1009), 1),
        (ByLength, 1),
        (Close(1007), 3),
        (Close(1003), 3),
        (Close(1008), 3),
        (Close(1011), 3),
        (Close(1000), 3),
        (Close(4404), 3),
        (Cut, 3),
    ];
    let large = ("bad", 70_000);
    let orders: [&[(&str, usize)]; 3] = [
        &[large, ("good", 2), ("fine", 2)],
        &[("good", 2), large, ("fine", 2)],
        &[("good", 2), ("fine", 2), large],
    ];
    for (refusal, deliveries) in refusals {
        for messages in orders {
            let label = format!(
                "{refusal:?} {:?}",
                messages.iter().map(|(name, _)| *name).collect::<Vec<_>>()
            );
            let played = play(refusal, messages, |builder| builder).await;
            assert_eq!(dropped(&played.events), ["dropped bad 1 Undeliverable"], "{label}");
            let arrived: BTreeSet<&str> = played.arrived.iter().map(String::as_str).collect();
            assert_eq!(arrived, BTreeSet::from(["fine", "good"]), "{label}");
            assert_eq!(played.stats.dropped_undeliverable, 1, "{label}");
            assert_eq!(played.stats.confirmed, 2, "{label}");
            assert!(played.connections <= deliveries + 1, "{label}: {}", played.connections);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn case_62_several_large_ones_go_one_by_one_and_the_largest_first() {
    let messages = [("bad-1", 70_000), ("good", 10), ("bad-2", 90_000), ("bad-3", 70_000)];
    for refusal in [Refusal::Close(1009), Refusal::ByLength] {
        let played = play(refusal, &messages, |builder| builder).await;
        assert!(played.arrived.iter().any(|name| name == "good"), "{refusal:?}");
        assert_eq!(played.stats.dropped_undeliverable, 3, "{refusal:?}");
        assert_eq!(dropped(&played.events).len(), 3, "{refusal:?}: {:?}", played.events);
    }
    // When all three were in flight, the size decides, then the age.
    let messages = [("bad-1", 700), ("good", 10), ("bad-2", 900), ("bad-3", 700)];
    let played = play(Refusal::Close(1009), &messages, |builder| builder).await;
    let expected =
        ["bad-2", "bad-1", "bad-3"].map(|name| format!("dropped {name} 1 Undeliverable"));
    assert_eq!(dropped(&played.events), expected);
}

#[tokio::test(start_paused = true)]
async fn case_62_the_bound_is_a_setting() {
    for (max, connections) in [(1, 1), (2, 2), (5, 5)] {
        let played =
            play(Refusal::Cut, &[("bad", 10)], |builder| builder.max_deliveries(max)).await;
        assert_eq!(dropped(&played.events), ["dropped bad 1 Undeliverable"], "{max}");
        assert!((connections..=connections + 1).contains(&played.connections), "{max}");
    }
    let unlimited = |builder: Builder| builder.max_deliveries(None);
    let played = play(Refusal::Cut, &[("bad", 10)], unlimited).await;
    assert!(dropped(&played.events).is_empty());
    assert_eq!(played.stats.queued + played.stats.in_flight, 1, "it is tried for ever");
    let played = play(Refusal::Close(1009), &[("bad", 10)], unlimited).await;
    assert_eq!(dropped(&played.events), ["dropped bad 1 Undeliverable"], "the peer said it");
    let (_peer, builder) = peer();
    let error = builder.max_deliveries(0).build().unwrap_err().to_string();
    assert!(error.contains("max_deliveries"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn case_62_without_redelivery_nothing_is_sent_again() {
    let report = |builder: Builder| builder.unconfirmed(Unconfirmed::Report);
    for refusal in [Refusal::Close(1009), Refusal::ByLength, Refusal::Close(1008), Refusal::Cut] {
        let played = play(refusal, &[("bad", 70_000), ("good", 2)], report).await;
        assert!(dropped(&played.events).is_empty(), "{refusal:?}");
        let reported = played.events.iter().filter(|event| event.starts_with("unconfirmed bad"));
        assert_eq!(reported.count(), 1, "{refusal:?}");
        assert_eq!(played.stats.unconfirmed + played.stats.confirmed, 2, "{refusal:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn case_62_a_close_1009_during_disconnect_counts_as_well() {
    let (mut peer, builder) = peer();
    let builder = builder.unconfirmed(Unconfirmed::Redeliver);
    let (client, mut wire, mut events) = crate::support::open(builder, &mut peer).await;
    client.send("bad", &"x".repeat(1_000)).await.unwrap();
    client.send("good", &1).await.unwrap();
    let server = async {
        assert_eq!(wire.next_name().await, "bad");
        wire.close(1009, "").await;
    };
    tokio::join!(client.disconnect(), server);
    let events = so_far(&mut events).await;
    assert_eq!(dropped(&events), ["dropped bad 1 Undeliverable"]);
    assert_eq!((client.stats().queued, client.state()), (1, State::Closed));
    adds_up(&client);
}

#[tokio::test(start_paused = true)]
async fn case_62_honest_messages_survive_many_lost_connections() {
    // 20 in flight at each of two cuts: at their last delivery they go one by one, and arrive.
    let (mut peer, builder) = peer();
    let client: Client = builder.unconfirmed(Unconfirmed::Redeliver).build().unwrap();
    let mut events = client.events();
    for number in 0..20 {
        client.send(&number.to_string(), &()).await.unwrap();
    }
    let (connected, mut wire) = tokio::join!(client.connect(), peer.open());
    connected.unwrap();
    for _ in 0..2 {
        for number in 0..20 {
            assert_eq!(wire.read().await.map(|frame| name(frame.text())), Some(number.to_string()));
        }
        drop(wire);
        wire = peer.open().await;
    }
    for number in 0..20 {
        // One message, then its Ping, and nothing else until the Ping is answered.
        let frame = wire.read().await.unwrap();
        assert_eq!(name(frame.text()), number.to_string());
        let ping = wire.read().await.unwrap();
        assert!(ping.is_ping(), "{ping:?}");
        wire.frame(10, &ping.payload).await;
    }
    client.send("next", &()).await.unwrap();
    assert_eq!(wire.next_name().await, "next");
    tokio::time::sleep(millis(1)).await;
    assert!(!so_far(&mut events).await.iter().any(|event| event.starts_with("dropped")));
    assert_eq!(client.stats().confirmed, 20);
}
