//! The opening of a connection, before anything else goes out.

mod ends;
mod holds;
mod sessions;

use std::{
    future::pending,
    sync::{Arc, Mutex},
};

use tokio::{sync::mpsc, time::sleep};
use wirebond_client::{
    Builder, Client, ConnectErrorKind, Error, ErrorKind, Event, Inbox, Opening, OpeningError,
    State, Unauthorized,
};

use crate::support::{
    Peer, adds_up, millis, next_error, open, peer, picked, reaches, secs, so_far, took,
};

/// A client whose opening says hello and waits for the answer.
fn greeting() -> (Peer, Builder) {
    let (peer, builder) = peer();
    let builder = builder.opening(|peer| async move {
        peer.send("hello", &1).await?;
        peer.expect::<()>("welcome").await
    });
    (peer, builder)
}

/// What the first attempt of a client with this opening fails with.
async fn failure<A>(opening: impl Fn(Opening) -> A + Send + Sync + 'static) -> (Client, Error)
where
    A: Future<Output = Result<(), OpeningError>> + Send + 'static,
{
    let (mut peer, builder) = peer();
    let client = builder.opening(opening).build().unwrap();
    let mut events = client.events();
    let (connected, mut wire) = tokio::join!(client.connect(), async {
        let mut wire = peer.open().await;
        wire.message("other", "1").await;
        wire
    });
    let error = connected.unwrap_err();
    assert_eq!(wire.next_close().await, 1000);
    let reported = next_error(&mut events).await;
    assert_eq!(*reported.kind(), ErrorKind::Connect(*error.kind()));
    assert_eq!(reported.to_string(), error.to_string());
    (client, reported)
}

#[tokio::test(start_paused = true)]
async fn nothing_goes_out_before_it_has_returned_and_the_rest_in_order() {
    let (mut peer, builder) = greeting();
    let client = builder.build().unwrap();
    let mut events = client.events();
    client.send("queued", &1).await.unwrap();
    let hold = client.hold("held", &1).unwrap();
    let weak = client.downgrade();
    client.on_open(move || {
        let sent = weak.upgrade().map(|client| client.try_send("on-open", &1));
        assert!(sent.is_none_or(|sent| sent.is_ok()));
    });
    let seen = Arc::new(Mutex::new(Vec::new()));
    let list = Arc::clone(&seen);
    client.on("news", move |number: u32| list.lock().unwrap().push(number));
    let connecting = tokio::spawn({
        let client = client.clone();
        async move { client.connect().await }
    });
    let mut wire = peer.open().await;
    assert_eq!(wire.next_name().await, "hello");
    sleep(secs(5)).await;
    assert_eq!(client.state(), State::Connecting);
    assert_eq!(client.stats().queued, 1);
    assert_eq!(client.upgrade_response().map(|response| response.status()), None);
    wire.message("welcome", "null").await;
    for number in 1..=3 {
        wire.message("news", &number.to_string()).await;
    }
    for name in ["held", "queued", "on-open"] {
        assert_eq!(wire.next_name().await, name);
    }
    connecting.await.unwrap().unwrap();
    sleep(millis(1)).await;
    assert_eq!(*seen.lock().unwrap(), [1, 2, 3]);
    assert_eq!(so_far(&mut events).await, ["open"]);
    assert!(hold.is_sent());
    let stats = client.stats();
    assert_eq!((stats.accepted, stats.received, stats.connections), (4, 4, 1));
    adds_up(&client);
}

#[tokio::test(start_paused = true)]
async fn what_came_meanwhile_is_delivered_in_order_and_what_cant_be_read_is_reported_and_skipped() {
    let (mut peer, builder) = greeting();
    let client = builder.build().unwrap();
    let mut events = client.events();
    let seen = Arc::new(Mutex::new(Vec::new()));
    for name in ["welcome", "news"] {
        let list = Arc::clone(&seen);
        client.on(name, move |number: Option<u32>| list.lock().unwrap().push((name, number)));
    }
    let mut wire = tokio::join!(client.connect(), async {
        let mut wire = peer.open().await;
        assert_eq!(wire.next_name().await, "hello");
        for text in ["no JSON", "{}", r#"{"type":"ping"}"#, r#"{"type":"$later"}"#] {
            wire.text(text).await;
        }
        wire.frame(2, b"binary").await;
        for _ in 0..2 {
            let error = next_error(&mut events).await;
            assert_eq!(*error.kind(), ErrorKind::Envelope);
        }
        assert_eq!(*next_error(&mut events).await.kind(), ErrorKind::Binary);
        assert_eq!(wire.next_name().await, "pong");
        assert_eq!(client.state(), State::Connecting);
        wire.message("welcome", "null").await;
        wire.message("news", "1").await;
        wire.message("welcome", "2").await;
        wire
    })
    .1;
    wire.message("news", "3").await;
    sleep(millis(1)).await;
    let seen = seen.lock().unwrap().clone();
    assert_eq!(seen, [("news", Some(1)), ("welcome", Some(2)), ("news", Some(3))]);
    assert_eq!(client.stats().malformed, 3);
}

#[tokio::test(start_paused = true)]
async fn one_deadline_covers_the_attempt_and_its_opening() {
    let (mut peer, builder) = peer();
    let builder = builder.opening(|_| pending()).connect_timeout(secs(7)).build().unwrap();
    let client = builder;
    let connecting = took(client.connect());
    let serving = async {
        let mut wire = peer.accept().await;
        sleep(secs(5)).await;
        wire.upgrade().await;
        wire.next_close().await
    };
    let ((connected, time), code) = tokio::join!(connecting, serving);
    let error = connected.unwrap_err();
    assert_eq!(*error.kind(), ConnectErrorKind::Timeout);
    assert_eq!((time.as_secs(), code), (7, 1000));
    assert_eq!(client.state(), State::Idle);
}

#[tokio::test(start_paused = true)]
async fn its_errors_are_reported_with_their_text_and_nothing_of_a_payload() {
    let secret = "s3cret";
    let texts = [
        "expected \"hello\", and \"other\" arrived",
        "busy",
        "invalid digit found in string",
        "it panicked: at the disco",
        "could not be serialized",
    ];
    for (case, text) in texts.into_iter().enumerate() {
        let opening = move |peer: Opening| async move {
            match case {
                0 => peer.expect("hello").await?,
                1 => return Err("busy".into()),
                2 => drop("x".parse::<u32>()?),
                3 => panic!("at the disco"),
                _ => peer.send("reading", &f64::NAN).await?,
            }
            Ok(())
        };
        let (client, error) = failure(opening).await;
        assert_eq!(*error.kind(), ErrorKind::Connect(ConnectErrorKind::Opening));
        assert!(error.to_string().contains(text), "{error}");
        assert_eq!(client.state(), State::Idle);
        assert_eq!(client.stats().connections, 0);
    }
    let (mut peer, builder) = peer();
    let builder = builder.opening(|peer| async move { peer.expect::<()>("hello").await });
    let client = builder.build().unwrap();
    let (connected, _wire) = tokio::join!(client.connect(), async {
        let mut wire = peer.open().await;
        wire.message("hello", &format!("{secret:?}")).await;
        wire
    });
    let error = connected.unwrap_err().to_string();
    assert!(error.contains("hello") && !error.contains(secret), "{error}");
    assert_eq!(client.stats().malformed, 1);
}

#[tokio::test(start_paused = true)]
async fn an_error_is_a_failed_attempt_and_unauthorized_and_stop_are_as_a_401() {
    let (client, error) = failure(|_| async { Err(Unauthorized::new("signed out").into()) }).await;
    assert_eq!(*error.kind(), ErrorKind::Connect(ConnectErrorKind::Unauthorized));
    assert!(error.to_string().contains("signed out"));
    assert_eq!(client.state(), State::Closed);
    let (client, _) = failure(|_| async { Err(OpeningError::stop("banned")) }).await;
    assert_eq!(client.state(), State::Closed);

    // With a provider, once.
    let (attempts, mut seen) = mpsc::unbounded_channel();
    let (mut peer, builder) = peer();
    let client = builder
        .headers(|_: wirebond_client::Attempt| async { Ok::<_, Unauthorized>([("a", "b")]) })
        .opening(move |peer| {
            attempts.send((peer.attempt(), peer.was_open())).unwrap();
            async { Err(Unauthorized::new("no").into()) }
        })
        .build()
        .unwrap();
    let (connected, ()) = tokio::join!(client.connect(), async {
        for _ in 0..2 {
            peer.open().await.next_close().await;
        }
    });
    assert_eq!(*connected.unwrap_err().kind(), ConnectErrorKind::Unauthorized);
    assert_eq!(client.state(), State::Closed);
    for (number, refused) in [(0, false), (1, true)] {
        let (attempt, was_open) = seen.recv().await.unwrap();
        assert_eq!((attempt.number, attempt.refused, was_open), (number, refused, false));
    }
    peer.expect_none_for(secs(600)).await;

    // The state of a reconnect stays, and the attempts are used up.
    let (mut peer, builder) = greeting();
    let builder = builder.max_reconnect_attempts(2).retry_first_connect(true);
    let client = builder.build().unwrap();
    let mut events = client.events();
    let (connected, ()) = tokio::join!(client.connect(), async {
        for _ in 0..3 {
            let mut wire = peer.open().await;
            wire.next_name().await;
            wire.message("go-away", "1").await;
            assert_eq!(wire.next_close().await, 1000);
        }
    });
    assert_eq!(*connected.unwrap_err().kind(), ConnectErrorKind::Opening);
    assert_eq!(client.state(), State::Failed);
    let failed = "error Connect(Opening)";
    let expected = [failed, "reconnect 1", failed, "reconnect 2", failed, "reconnect-failed"];
    assert_eq!(so_far(&mut events).await, expected);
}

#[tokio::test(start_paused = true)]
async fn a_close_meanwhile_is_ruled_by_its_code_and_no_close_is_reported_without_an_open() {
    for (code, state) in [(4401, State::Closed), (4000, State::Idle), (1008, State::Closed)] {
        let (mut peer, builder) = greeting();
        let client = builder.build().unwrap();
        let mut events = client.events();
        let (connected, ()) = tokio::join!(client.connect(), async {
            let mut wire = peer.open().await;
            wire.next_name().await;
            wire.close(code, "no").await;
        });
        let error = connected.unwrap_err();
        assert_eq!(*error.kind(), ConnectErrorKind::Opening);
        assert!(error.to_string().contains(&code.to_string()), "{error}");
        assert_eq!(client.state(), state);
        let events = so_far(&mut events).await;
        let is_refused = state == State::Closed;
        assert_eq!(events.contains(&format!("close {code}")), is_refused, "{events:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_isnt_asked_for_waits_up_to_the_inbox_and_then_holds_the_connection_back() {
    let (mut peer, builder) = peer();
    peer.set_buffer(512);
    let (go, going) = tokio::sync::oneshot::channel::<()>();
    let going = Arc::new(Mutex::new(Some(going)));
    let builder = builder.inbox(Inbox::wait(4)).connect_timeout(secs(3_600));
    let client = builder
        .opening(move |_| {
            let going = going.lock().unwrap().take();
            async move { Ok(going.ok_or("once")?.await?) }
        })
        .build()
        .unwrap();
    let mut news = client.stream::<u32>("news");
    let connecting = tokio::spawn({
        let client = client.clone();
        async move { client.connect().await }
    });
    let mut wire = peer.open().await;
    let sending = tokio::spawn(async move {
        for number in 0..1_000 {
            wire.message("news", &number.to_string()).await;
        }
        wire
    });
    // Longer than a heartbeat may go unanswered: unread bytes are activity.
    sleep(secs(300)).await;
    assert!(!sending.is_finished(), "it is held back");
    assert_eq!((client.state(), client.stats().received), (State::Connecting, 0));
    go.send(()).unwrap();
    connecting.await.unwrap().unwrap();
    for number in 0..1_000 {
        assert_eq!(news.next().await.unwrap().data, number);
    }
    drop(sending.await.unwrap());
}

#[tokio::test(start_paused = true)]
async fn what_waited_for_an_opening_that_failed_is_reported() {
    let (mut peer, builder) = peer();
    let client = builder
        .opening(|peer| async move {
            peer.expect::<u32>("first").await?;
            sleep(secs(1)).await;
            Err("no".into())
        })
        .build()
        .unwrap();
    let mut events = client.events();
    let (connected, ()) = tokio::join!(client.connect(), async {
        let mut wire = peer.open().await;
        for name in ["first", "second", "third"] {
            wire.message(name, "1").await;
        }
        wire.next_close().await;
    });
    connected.unwrap_err();
    let lagged = picked(&mut events, |event| match event {
        Event::Lagged { name, count, .. } => Some((name.to_string(), *count)),
        _ => None,
    });
    assert_eq!(lagged.await, ("$opening".to_owned(), 2));
    let stats = client.stats();
    assert_eq!((stats.received, stats.lagged), (3, 2));
}

#[tokio::test(start_paused = true)]
async fn it_sets_the_heartbeat_of_its_connection_alone() {
    let (mut peer, builder) = peer();
    let client = builder
        .opening(|peer| async move {
            let seconds: u64 = peer.expect("hello").await?;
            peer.heartbeat_interval(secs(seconds));
            Ok(())
        })
        .build()
        .unwrap();
    for seconds in [3, 40] {
        let connecting = client.clone();
        let connecting = tokio::spawn(async move { connecting.connect().await });
        let mut wire = peer.open().await;
        wire.message("hello", &seconds.to_string()).await;
        connecting.await.unwrap().unwrap();
        let (frame, time) = took(wire.read()).await;
        assert!(frame.unwrap().is_beat());
        assert_eq!(time.as_secs(), seconds);
        wire.close(4000, "").await;
        reaches(&client, State::Reconnecting { attempt: 1 }).await;
    }
}

#[tokio::test(start_paused = true)]
async fn heartbeats_go_on_meanwhile_and_a_silent_server_is_found_out() {
    let (mut peer, builder) = greeting();
    let builder = builder.heartbeat_interval(secs(10)).connect_timeout(secs(60));
    let client = builder.build().unwrap();
    let mut events = client.events();
    let (connected, _wire) = tokio::join!(took(client.connect()), async {
        let mut wire = peer.open().await;
        assert_eq!(wire.next_name().await, "hello");
        // A Ping that confirms comes first.
        while !wire.read().await.unwrap().is_beat() {}
        wire
    });
    assert_eq!(connected.1.as_secs(), 20);
    connected.0.unwrap_err();
    let error = next_error(&mut events).await;
    assert!(error.to_string().contains("after a heartbeat"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn its_handle_is_of_no_use_afterwards() {
    let (kept, mut openings) = mpsc::unbounded_channel();
    let (mut peer, builder) = peer();
    let builder = builder.opening(move |peer| {
        kept.send(peer).unwrap();
        async { Ok(()) }
    });
    let (client, mut wire, _) = open(builder, &mut peer).await;
    let opening = openings.recv().await.unwrap();
    for error in [
        opening.send("late", &1).await.unwrap_err(),
        opening.expect::<()>("late").await.unwrap_err(),
        opening.next().await.unwrap_err(),
    ] {
        assert_eq!(error.to_string(), "the opening is over");
    }
    opening.heartbeat_interval(millis(1));
    client.send("first", &1).await.unwrap();
    assert_eq!(wire.next_name().await, "first");
    let reserved = opening.send("$hello", &1).await.unwrap_err();
    assert!(reserved.to_string().contains("reserved"), "{reserved}");
}

#[tokio::test(start_paused = true)]
async fn what_it_sends_is_a_message_like_others_and_is_not_redelivered() {
    use wirebond_client::Unconfirmed;
    let (mut peer, builder) = greeting();
    let builder = builder.unconfirmed(Unconfirmed::Redeliver);
    let client = builder.build().unwrap();
    client.send("queued", &1).await.unwrap();
    let connecting = client.clone();
    let connecting = tokio::spawn(async move { connecting.connect().await });
    for attempt in 0..2 {
        let mut wire = peer.open().await;
        assert_eq!(wire.next_name().await, "hello");
        wire.message("welcome", "null").await;
        assert_eq!(wire.next_name().await, "queued");
        adds_up(&client);
        if attempt == 1 {
            let (flushed, ()) = tokio::join!(client.flush(), wire.next_or_ping());
            flushed.unwrap();
        }
    }
    connecting.await.unwrap().unwrap();
    let stats = client.stats();
    assert_eq!((stats.accepted, stats.queued), (3, 0), "{stats:?}");
}
