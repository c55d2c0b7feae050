//! Messages that are sent on every connection until they are released.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use tokio::time::sleep;
use wirebond_client::{ErrorKind, SendErrorKind, State, Unconfirmed};

use crate::support::{adds_up, millis, next_error, open, peer, reaches, secs};

#[tokio::test(start_paused = true)]
async fn held_messages_come_first_on_each_connection_in_the_order_in_which_they_were_made() {
    let (mut peer, builder) = peer();
    let builder = builder.unconfirmed(Unconfirmed::Redeliver);
    let client = builder.build().unwrap();
    client.send("queued", &1).await.unwrap();
    let a = client.hold("a", &1).unwrap();
    let b = client.hold("b", &1).unwrap();
    assert_eq!((client.stats().holds, client.stats().accepted), (2, 1));
    let connecting = tokio::spawn({
        let client = client.clone();
        async move { client.connect().await }
    });
    let mut wire = peer.open().await;
    for name in ["a", "b", "queued"] {
        assert_eq!(wire.next_name().await, name);
    }
    connecting.await.unwrap().unwrap();
    let c = client.hold("c", &1).unwrap();
    assert_eq!(wire.next_name().await, "c", "now");
    assert!(a.is_sent() && c.is_sent());
    let (flushed, ()) = tokio::join!(client.flush(), async {
        for _ in 0..2 {
            wire.next_or_ping().await;
        }
    });
    flushed.unwrap();
    b.release();
    drop(wire);
    reaches(&client, State::Reconnecting { attempt: 1 }).await;
    assert!(!a.is_sent());
    client.send("later", &1).await.unwrap();
    let d = client.hold("d", &1).unwrap();
    let mut wire = peer.open().await;
    for name in ["a", "c", "d", "later"] {
        assert_eq!(wire.next_name().await, name, "each once");
    }
    adds_up(&client);
    // A client that has stopped keeps them.
    client.disconnect().await;
    drop((c, wire));
    assert_eq!(client.stats().holds, 2);
    let (connected, mut wire) = tokio::join!(client.connect(), peer.open());
    connected.unwrap();
    for name in ["a", "d", "later"] {
        assert_eq!(wire.next_name().await, name);
    }
    drop((a, d));
    client.send("last", &1).await.unwrap();
    assert_eq!(wire.next_name().await, "last", "and nothing more");
    assert_eq!(client.stats().holds, 0);
}

#[tokio::test(start_paused = true)]
async fn it_is_released_with_a_message_only_where_it_was_sent() {
    let (mut peer, builder) = peer();
    let (client, mut wire, _) = open(builder, &mut peer).await;
    let hold = client.hold("subscribe", &1).unwrap();
    assert_eq!(wire.next_name().await, "subscribe");
    hold.release_with("unsubscribe", &1).unwrap();
    assert_eq!(wire.next_name().await, "unsubscribe");
    // Not written yet: neither is sent.
    client.hold("subscribe", &1).unwrap().release_with("unsubscribe", &1).unwrap();
    client.send("marker", &1).await.unwrap();
    assert_eq!(wire.next_name().await, "marker");
    let hold = client.hold("subscribe", &1).unwrap();
    assert_eq!(wire.next_name().await, "subscribe");
    drop(wire);
    reaches(&client, State::Reconnecting { attempt: 1 }).await;
    hold.release_with("unsubscribe", &1).unwrap();
    client.send("marker", &1).await.unwrap();
    let mut wire = peer.open().await;
    assert_eq!(wire.next_name().await, "marker", "the new connection has nothing to end");
    assert_eq!(client.stats().holds, 0);
    adds_up(&client);
}

#[tokio::test(start_paused = true)]
async fn it_is_not_counted_against_the_queue_and_its_errors_return_at_once() {
    let (mut peer, builder) = peer();
    let builder = builder.queue_messages(1).queue_bytes(200);
    let client = builder.build().unwrap();
    client.send("queued", &1).await.unwrap();
    let holds: Vec<_> = (0..50).map(|number| client.hold("held", &number).unwrap()).collect();
    assert_eq!(*client.try_send("full", &1).unwrap_err().kind(), SendErrorKind::QueueFull);
    for (error, kind) in [
        (client.hold("nan", &f64::NAN).unwrap_err(), SendErrorKind::Payload),
        (client.hold("large", &"x".repeat(300)).unwrap_err(), SendErrorKind::TooLarge),
        (client.hold("$mine", &1).unwrap_err(), SendErrorKind::Reserved),
        (client.hold_with("nan", || f64::NAN).unwrap_err(), SendErrorKind::Payload),
    ] {
        assert_eq!(*error.kind(), kind);
    }
    assert_eq!(client.stats().holds, 50);
    let (connected, mut wire) = tokio::join!(client.connect(), peer.open());
    connected.unwrap();
    for _ in &holds {
        assert_eq!(wire.next_name().await, "held");
    }
    assert_eq!(wire.next_name().await, "queued");
    let unsent = holds.into_iter().next().unwrap().release_with("nan", &f64::NAN);
    assert_eq!(*unsent.unwrap_err().kind(), SendErrorKind::Payload);
    assert_eq!(client.stats().holds, 0, "it has ended all the same");
}

#[tokio::test(start_paused = true)]
async fn a_payload_is_made_anew_for_each_connection_and_its_failure_is_reported() {
    let (mut peer, builder) = peer();
    let client = builder.build().unwrap();
    let mut events = client.events();
    let calls = Arc::new(AtomicU32::new(0));
    let count = Arc::clone(&calls);
    let hold = client.hold_with("subscribe", move || match count.fetch_add(1, Ordering::Relaxed) {
        2 => f64::NAN,
        3 => panic!("no token"),
        number => f64::from(number),
    });
    let hold = hold.unwrap();
    let other = client.hold("other", &1).unwrap();
    let connecting = tokio::spawn({
        let client = client.clone();
        async move { client.connect().await }
    });
    for (number, kind) in
        [(1, None), (2, Some(ErrorKind::Payload)), (3, Some(ErrorKind::HandlerPanic)), (4, None)]
    {
        let mut wire = peer.open().await;
        if let Some(kind) = kind {
            loop {
                let error = next_error(&mut events).await;
                if *error.kind() == kind {
                    assert_eq!(error.message_name(), Some("subscribe"));
                    break;
                }
            }
        } else {
            let text = wire.next().await;
            assert!(text.contains(&format!("\"data\":{number}.0")), "{text}");
        }
        assert_eq!(wire.next_name().await, "other");
        assert_eq!(hold.is_sent(), kind.is_none());
        // One that is made while the other can't be goes out alone.
        let third = client.hold("third", &1).unwrap();
        assert_eq!(wire.next_name().await, "third");
        drop(third);
        sleep(millis(10)).await;
        drop(wire);
        sleep(secs(1)).await;
    }
    connecting.await.unwrap().unwrap();
    assert_eq!(calls.load(Ordering::Relaxed), 5);
    drop(other);
}
