//! A receipt for one message resolves in every state, with the right outcome.

use tokio::time::{sleep, timeout};
use wirebond_client::{
    Client, Delivery, DropReason, Overflow, Receipt, SendErrorKind, State, Unconfirmed,
};

use crate::support::{Peer, adds_up, millis, open, peer, reaches, secs};

async fn tracked(client: &Client, name: &str) -> Receipt {
    let receipt = client.send(name, &1).tracked().await.unwrap();
    assert_eq!(receipt.name(), name);
    receipt
}

/// The outcome; the test fails if it doesn't come in time.
async fn outcome(receipt: Receipt) -> Delivery {
    timeout(secs(600), receipt).await.expect("a receipt ends")
}

fn dead() -> wirebond_client::Builder {
    Client::builder("ws://peer.test").connector(|_| async {
        Err::<tokio::io::DuplexStream, _>(std::io::ErrorKind::ConnectionRefused.into())
    })
}

#[tokio::test(start_paused = true)]
async fn field_d3_a_message_that_is_confirmed() {
    for choice in [Unconfirmed::Report, Unconfirmed::Redeliver] {
        let (mut peer, builder) = peer();
        let (client, mut wire, _) = open(builder.unconfirmed(choice), &mut peer).await;
        let mut receipt = tracked(&client, "chat").await;
        client.send("chat", &2).await.unwrap();
        let late = tracked(&client, "late").await;
        assert_eq!(receipt.outcome(), None, "it waits");
        tokio::spawn(async move { wire.next().await.len() + wire.serve().await.len() });
        assert_eq!((&mut receipt).await, Delivery::Confirmed);
        assert_eq!(
            (receipt.outcome(), receipt.await),
            (Some(Delivery::Confirmed), Delivery::Confirmed)
        );
        assert_eq!(outcome(late).await, Delivery::Confirmed);
        adds_up(&client);
    }
}

#[tokio::test(start_paused = true)]
async fn field_d3_a_message_whose_connection_dies() {
    // Reported: the outcome is there. Redelivered: it is pending until it has one.
    let (mut peer, builder) = peer();
    let (client, mut wire, _) = open(builder, &mut peer).await;
    let receipt = tracked(&client, "chat").await;
    assert_eq!(wire.next_name().await, "chat");
    drop(wire);
    assert_eq!(outcome(receipt).await, Delivery::Unconfirmed);

    let (mut peer, builder) = crate::support::peer();
    let (client, mut wire, _) = open(builder.unconfirmed(Unconfirmed::Redeliver), &mut peer).await;
    let [mut good, mut bad] = [tracked(&client, "good").await, tracked(&client, "bad").await];
    assert_eq!(wire.next_name().await, "good");
    drop(wire);
    let mut wire = peer.open().await;
    assert_eq!(wire.next_name().await, "good");
    assert_eq!((good.outcome(), bad.outcome()), (None, None), "they are redelivered");
    wire.close(1009, "").await;
    assert_eq!(
        outcome(good).await,
        Delivery::Dropped(DropReason::Undeliverable),
        "first of a size"
    );
    reaches(&client, State::Closed).await;
    assert_eq!(outcome(bad).await, Delivery::Kept);

    let (mut peer, builder) = crate::support::peer();
    let (client, mut wire, _) = open(builder.unconfirmed(Unconfirmed::Redeliver), &mut peer).await;
    let mut receipt = tracked(&client, "chat").await;
    assert_eq!(wire.next_name().await, "chat");
    drop(wire);
    sleep(secs(1)).await;
    assert_eq!(receipt.outcome(), None, "between two connections");
    let (wire, ()) = tokio::join!(async { peer.open().await.serve().await }, async {
        assert_eq!(outcome(receipt).await, Delivery::Confirmed);
        client.disconnect().await;
    });
    assert_eq!(wire.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn field_d3_a_server_that_confirms_nothing() {
    let (mut peer, builder) = peer();
    let (client, wire, _) = open(builder.confirm_interval(None), &mut peer).await;
    assert_eq!(outcome(tracked(&client, "chat").await).await, Delivery::Unconfirmed);
    drop(wire);
    for choice in [Unconfirmed::Report, Unconfirmed::Redeliver] {
        let (mut peer, builder) = crate::support::peer();
        let (client, mut wire, _) = open(builder.unconfirmed(choice), &mut peer).await;
        let receipt = tracked(&client, "chat").await;
        sleep(secs(2)).await;
        // It sends messages, and leaves Pings unanswered.
        for _ in 0..4 {
            sleep(secs(9)).await;
            wire.message("news", "1").await;
        }
        assert_eq!(outcome(receipt).await, Delivery::Unconfirmed, "{choice:?}");
        assert_eq!(outcome(tracked(&client, "chat").await).await, Delivery::Unconfirmed);
        adds_up(&client);
    }
}

#[tokio::test(start_paused = true)]
async fn field_d3_a_message_that_is_dropped_from_the_queue() {
    let client = dead().message_ttl(secs(1)).retry_first_connect(true).build().unwrap();
    let receipt = tracked(&client, "chat").await;
    let connecting = client.clone();
    tokio::spawn(async move { connecting.connect().await });
    assert_eq!(outcome(receipt).await, Delivery::Dropped(DropReason::Expired));

    let client =
        dead().queue_messages(1).queue_bytes(1_000).overflow(Overflow::DropOldest).build().unwrap();
    let [old, new] = [tracked(&client, "old").await, tracked(&client, "new").await];
    assert_eq!(outcome(old).await, Delivery::Dropped(DropReason::Overflowed));
    drop(client);
    assert_eq!(outcome(new).await, Delivery::Dropped(DropReason::Closed));
}

#[tokio::test(start_paused = true)]
async fn field_d3_a_client_that_stops() {
    // Attempts exhausted; turned away; disconnected; and each with the last handle dropped after it.
    let client = dead().retry_first_connect(true).max_reconnect_attempts(1).build().unwrap();
    let receipt = tracked(&client, "chat").await;
    client.connect().await.unwrap_err();
    assert_eq!((client.state(), outcome(receipt).await), (State::Failed, Delivery::Kept));

    let (mut peer, builder) = peer();
    let (client, mut wire, _) = open(builder, &mut peer).await;
    let receipt = tracked(&client, "chat").await;
    wire.close(4404, "").await;
    reaches(&client, State::Closed).await;
    assert_eq!(outcome(receipt).await, Delivery::Unconfirmed, "it had been written");

    let (peer, builder) = crate::support::peer();
    let client = builder.build().unwrap();
    let receipt = tracked(&client, "chat").await;
    let connecting = client.clone();
    let connecting = tokio::spawn(async move { connecting.connect().await });
    sleep(millis(1)).await;
    client.disconnect().await;
    connecting.await.unwrap().unwrap_err();
    assert_eq!(outcome(receipt).await, Delivery::Kept);
    drop(peer);

    for answers in [true, false] {
        let (mut peer, builder) = crate::support::peer();
        let (client, mut wire, _) = open(builder, &mut peer).await;
        let receipt = tracked(&client, "chat").await;
        let server = tokio::spawn(async move {
            if answers { wire.serve().await.len() } else { wire.next().await.len().min(1) }
        });
        client.disconnect().await;
        let expected = if answers { Delivery::Confirmed } else { Delivery::Unconfirmed };
        assert_eq!(outcome(receipt).await, expected, "{answers}");
        drop(server.await);
    }

    let (mut peer, builder) = crate::support::peer();
    let (client, wire, events) = open(builder, &mut peer).await;
    let receipt = tracked(&client, "chat").await;
    drop((client, events));
    drop(wire);
    assert_eq!(outcome(receipt).await, Delivery::Unconfirmed);
}

#[test]
fn field_d3_a_runtime_that_is_shut_down() {
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    for connect in [true, false] {
        let first = runtime();
        let (client, mut receipt, peer): (_, _, Peer) = first.block_on(async {
            let (mut peer, builder) = peer();
            if connect {
                let (client, mut wire, _) = open(builder, &mut peer).await;
                let receipt = tracked(&client, "chat").await;
                assert_eq!(wire.next_name().await, "chat");
                (client, receipt, peer)
            } else {
                let client = builder.build().unwrap();
                let receipt = tracked(&client, "chat").await;
                let connecting = client.clone();
                tokio::spawn(async move { connecting.connect().await });
                tokio::task::yield_now().await;
                (client, receipt, peer)
            }
        });
        drop(first);
        let expected = if connect { Delivery::Unconfirmed } else { Delivery::Kept };
        assert_eq!(receipt.outcome(), Some(expected), "{connect}");
        assert_eq!(runtime().block_on(receipt), expected);
        adds_up(&client);
        drop(peer);
    }
}

#[tokio::test(start_paused = true)]
async fn field_d3_a_send_that_fails_gives_no_receipt() {
    let client = dead().queue_messages(1).queue_bytes(100).build().unwrap();
    let kind = |sent: Result<Receipt, wirebond_client::SendError>| *sent.unwrap_err().kind();
    let unencodable = std::collections::BTreeMap::from([((1, 2), 3)]);
    assert_eq!(kind(client.send("x", &unencodable).try_tracked()), SendErrorKind::Payload);
    assert_eq!(kind(client.send("x", &unencodable).tracked().await), SendErrorKind::Payload);
    assert_eq!(kind(client.send("x", &"x".repeat(100)).tracked().await), SendErrorKind::TooLarge);
    let receipt = client.send("x", &1).try_tracked().unwrap();
    assert_eq!(kind(client.send("x", &1).try_tracked()), SendErrorKind::QueueFull);
    assert_eq!(kind(client.send("x", &1).tracked().await), SendErrorKind::QueueFull);
    assert_eq!(client.stats().accepted, 1);
    drop(receipt);
    adds_up(&client);
    // One that was polled to its end before it is asked for.
    let client = dead().build().unwrap();
    let mut sending = client.send("x", &1);
    (&mut sending).await.unwrap();
    assert_eq!(outcome(sending.tracked().await.unwrap()).await, Delivery::Unconfirmed);
    assert_eq!(client.stats().accepted, 1);
}

#[tokio::test(start_paused = true)]
async fn field_d3_one_that_waits_for_room_may_be_cancelled() {
    let (mut peer, builder) = peer();
    let client =
        builder.queue_messages(1).queue_bytes(1_000).overflow(Overflow::Wait).build().unwrap();
    let first = tracked(&client, "first").await;
    assert!(timeout(secs(1), client.send("never", &1).tracked()).await.is_err());
    let waiting = tokio::spawn({
        let client = client.clone();
        async move { client.send("second", &1).tracked().await.unwrap().await }
    });
    let (connected, wire) = tokio::join!(client.connect(), peer.open());
    connected.unwrap();
    let server = tokio::spawn(wire.serve());
    assert_eq!(outcome(first).await, Delivery::Confirmed);
    assert_eq!(waiting.await.unwrap(), Delivery::Confirmed);
    client.disconnect().await;
    let names: Vec<_> =
        server.await.unwrap().iter().map(|text| crate::support::name(text)).collect();
    assert_eq!(names, ["first", "second"]);
}

#[tokio::test(start_paused = true)]
async fn field_d3_a_queue_that_is_cleared() {
    // Before the first connect, while attempts go on, and within a connection: what waits is dropped.
    let client = dead().retry_first_connect(true).build().unwrap();
    let receipt = tracked(&client, "idle").await;
    assert_eq!(client.clear_queue(), 1);
    assert_eq!(outcome(receipt).await, Delivery::Dropped(DropReason::Cleared));
    let connecting = client.clone();
    let connecting = tokio::spawn(async move { connecting.connect().await });
    sleep(millis(1)).await;
    let receipt = tracked(&client, "connecting").await;
    assert_eq!(client.clear_queue(), 1);
    assert_eq!(outcome(receipt).await, Delivery::Dropped(DropReason::Cleared));
    client.disconnect().await;
    connecting.await.unwrap().unwrap_err();
    adds_up(&client);
    // One that never connected is stopped like any other.
    let never = dead().build().unwrap();
    let receipt = tracked(&never, "never").await;
    never.disconnect().await;
    assert_eq!((never.state(), outcome(receipt).await), (State::Closed, Delivery::Kept));
    // A stopped client accepts no more messages, so that no receipt stays pending.
    let stopped = client.send("late", &1).tracked().await.unwrap_err();
    assert_eq!(*stopped.kind(), SendErrorKind::Stopped);
    let stopped = client.send("late", &1).try_tracked().unwrap_err();
    assert_eq!(*stopped.kind(), SendErrorKind::Stopped);
}
