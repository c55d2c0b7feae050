//! A queue that is full, and sends that wait for room: cases 36 and 37.

use std::time::Duration;

use serde_json::Value;
use wirebond_client::{Overflow, SendErrorKind};

use crate::support::{adds_up, open, peer};

#[tokio::test(start_paused = true)]
async fn case_36_a_peer_that_stops_reading_fills_the_queue_and_no_more() {
    for overflow in [Overflow::Reject, Overflow::DropOldest] {
        let (mut peer, builder) = peer();
        peer.set_buffer(4 * 1024);
        let builder = builder.queue_messages(100).queue_bytes(1 << 20).overflow(overflow);
        let (client, wire, _events) = open(builder, &mut peer).await;
        let mut refused = 0;
        let line = "x".repeat(1_000);
        for _ in 0..1_000 {
            match client.send("chat", &line).await {
                Ok(()) => {}
                Err(error) => {
                    assert_eq!(*error.kind(), SendErrorKind::QueueFull);
                    refused += 1;
                }
            }
            tokio::task::yield_now().await;
            adds_up(&client);
            assert!(client.stats().queued <= 100);
        }
        let stats = client.stats();
        assert_eq!(stats.refused, refused);
        // The socket was given one chunk, and what the stream has accepted.
        assert!(stats.in_flight <= 150, "{stats:?}");
        match overflow {
            Overflow::Reject => assert!(refused > 700, "{stats:?}"),
            _ => assert_eq!(stats.accepted, 1_000, "{stats:?}"),
        }
        drop(wire);
    }
}

#[tokio::test(start_paused = true)]
async fn case_36_send_waits_for_room_in_turn() {
    let (mut peer, builder) = peer();
    peer.set_buffer(1 << 10);
    let builder = builder.queue_messages(2).queue_bytes(1 << 20).overflow(Overflow::Wait);
    let (client, mut wire, _events) = open(builder, &mut peer).await;
    let sending: Vec<_> = (0..200_u32)
        .map(|number| {
            let client = client.clone();
            let text = (number, "x".repeat(1_000));
            tokio::spawn(async move { client.send("chat", &text).await })
        })
        .collect();
    for number in 0..200_u32 {
        let message: Value = serde_json::from_str(&wire.next().await).unwrap();
        assert_eq!(message["data"][0], number, "first come, first served");
        adds_up(&client);
    }
    for send in sending {
        send.await.unwrap().unwrap();
    }
    assert_eq!(
        *client.try_send("chat", &"x".repeat(2 << 20)).unwrap_err().kind(),
        SendErrorKind::TooLarge
    );
}

#[tokio::test(start_paused = true)]
async fn case_37_a_cancelled_send_is_queued_whole_or_not_at_all() {
    let (mut peer, builder) = peer();
    peer.set_buffer(1 << 10);
    let builder = builder.queue_messages(4).queue_bytes(1 << 20).overflow(Overflow::Wait);
    let (client, mut wire, _events) = open(builder, &mut peer).await;
    let mut accepted = Vec::new();
    for number in 0..100_u32 {
        let send = client.send("chat", &(number, "x".repeat(500)));
        // Cancelled where it would wait.
        if tokio::time::timeout(Duration::ZERO, send).await.is_ok_and(|sent| sent.is_ok()) {
            accepted.push(number);
        }
        if number % 10 == 9 {
            let message: Value = serde_json::from_str(&wire.next().await).unwrap();
            assert_eq!(message["data"][0], accepted.remove(0));
        }
    }
    assert!(accepted.len() < 80, "some had to wait");
    for number in accepted {
        let message: Value = serde_json::from_str(&wire.next().await).unwrap();
        assert_eq!(message["data"][0], number);
    }
    client.flush().await.expect_err("nobody answers its Ping now, and the wire is gone soon");
}
