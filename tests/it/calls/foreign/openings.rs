//! Calls that an opening makes, and the numbers of those that come after it.

use tokio::sync::mpsc;
use wirebond::{ConnectErrorKind, HeartbeatKind, Inbox, OpeningError, State, Unauthorized};

use super::*;

/// A client with this opening.
fn client<A>(
    server: &Server,
    opening: impl Fn(HomeOpening) -> A + Send + Sync + 'static,
) -> HomeClient
where
    A: Future<Output = Result<(), OpeningError>> + Send + 'static,
{
    HomeClient::builder(server.url())
        .reconnect_interval(Duration::from_millis(1))
        .opening(opening)
        .build()
        .unwrap()
}

fn subscribe(event_type: &str) -> Subscribe {
    Subscribe { event_type: event_type.to_owned() }
}

#[tokio::test]
async fn an_opening_calls_before_anything_else_while_other_messages_wait() {
    let server = Server::start().await;
    let (replied, mut replies) = mpsc::unbounded_channel();
    let home = client(&server, move |peer| {
        let replied = replied.clone();
        async move {
            let topic = Subscribe { event_type: "all".to_owned() };
            replied.send(peer.call_subscribe(&topic).with_id().await?).unwrap();
            peer.call_touch().await?;
            assert_eq!(peer.expect_event().await?.event, "first");
            let untyped: Vec<String> =
                peer.untyped().call::<_, Failure>("get-states", &json!({})).await?;
            assert_eq!(untyped, ["on"]);
            Ok(())
        }
    });
    let mut events = home.stream_event();
    let states = begin(home.call_get_states().with_id());
    let connecting = begin({
        let home = home.clone();
        async move { home.connect().await }
    });
    let mut connection = server.accept().await;
    let request = json!({"type": "subscribe", "id": 1, "event_type": "all"});
    assert_eq!(connection.next_message().await, request);
    for text in [
        r#"{"id":9,"type":"event","event":"first"}"#,
        r#"{"id":4,"type":"event","event":"with the number of a later call"}"#,
        r#"{"id":1,"type":"result","success":true,"result":"sub"}"#,
        r#"{"id":1,"type":"event","event":"of the subscription"}"#,
    ] {
        connection.send_text(text).await;
    }
    assert_eq!(connection.next_message().await, json!({"type": "touch", "id": 2}));
    assert_eq!(home.state(), State::Connecting);
    connection.send_text(r#"{"id":2,"type":"pong"}"#).await;
    assert_eq!(connection.next_message().await, json!({"type": "get-states", "id": 3}));
    connection.send_text(r#"{"id":3,"type":"result","success":true,"result":["on"]}"#).await;
    // Numbers go on where the opening ended.
    assert_eq!(connection.next_message().await, json!({"type": "get-states", "id": 4}));
    in_time(connecting).await.unwrap().unwrap();
    assert_eq!(in_time(replies.recv()).await.unwrap(), (1, Some("sub".to_owned())));
    for event in ["with the number of a later call", "of the subscription"] {
        assert_eq!(next(&mut events).await.event, event);
    }
    connection.send_text(r#"{"id":4,"type":"result","success":true,"result":[]}"#).await;
    assert_eq!(in_time(states).await.unwrap().unwrap(), (4, Vec::new()));
    let stats = home.untyped().stats();
    assert_eq!((stats.received, stats.calls_in_flight, stats.late_answers), (7, 0, 0));
}

#[tokio::test]
async fn what_refuses_a_call_is_matched_or_fails_the_opening() {
    let server = Server::start().await;
    for matches in [true, false] {
        let home = client(&server, move |peer| async move {
            match peer.call_subscribe(&subscribe("all")).await {
                Err(CallError::Refused(failure)) if matches => {
                    Err(Unauthorized::new(failure.code).into())
                }
                answer => answer.map(drop).map_err(Into::into),
            }
        });
        let (connected, _connection) = tokio::join!(in_time(home.connect()), async {
            let mut connection = server.accept().await;
            assert_eq!(connection.next_message().await["id"], 1);
            let refused = r#"{"id":1,"type":"result","success":false,"error":{"code":"s3cret"}}"#;
            connection.send_text(refused).await;
            connection
        });
        let error = connected.unwrap_err();
        let text = error.to_string();
        if matches {
            assert_eq!(*error.kind(), ConnectErrorKind::Unauthorized);
        } else {
            assert_eq!(*error.kind(), ConnectErrorKind::Opening);
            assert!(text.contains("the call was refused") && !text.contains("s3cret"), "{text}");
        }
        assert_eq!(home.untyped().stats().calls_in_flight, 0);
    }
}

#[tokio::test]
async fn calls_have_larger_numbers_than_those_that_an_opening_wrote_itself() {
    let server = Server::start().await;
    let home = client(&server, |peer| async move {
        for id in [7_u64, 3, 1 << 53] {
            peer.untyped().send("features", &json!({"id": id})).await?;
        }
        Ok(())
    });
    let held = home.untyped().hold("watch", &json!({"id": 20})).unwrap();
    let mut events = home.stream_event();
    let touched = begin(home.call_touch());
    let (connected, mut connection) = tokio::join!(in_time(home.connect()), server.accept());
    connected.unwrap();
    for id in [7_u64, 3, 1 << 53, 20, 21] {
        assert_eq!(connection.next_message().await["id"], id);
    }
    for id in [7, 1, 20] {
        connection.send_text(&format!(r#"{{"id":{id},"type":"event","event":"no answer"}}"#)).await;
        assert_eq!(next(&mut events).await.id, id);
    }
    connection.send_text(r#"{"id":21,"type":"pong"}"#).await;
    in_time(touched).await.unwrap().unwrap();
    drop((connection, held));
    // The next connection counts anew.
    let mut connection = server.accept().await;
    let touched = begin(home.call_touch());
    for id in [7_u64, 3, 1 << 53, 8] {
        assert_eq!(connection.next_message().await["id"], id);
    }
    connection.send_text(r#"{"id":8,"type":"pong"}"#).await;
    in_time(touched).await.unwrap().unwrap();
}

#[tokio::test]
async fn what_waited_for_the_opening_answers_no_call_that_came_after_it() {
    let server = Server::start().await;
    let (go, going) = tokio::sync::watch::channel(true);
    let home = HomeClient::builder(server.url())
        .inbox(Inbox::wait(2))
        .reconnect_interval(Duration::from_millis(1))
        .opening(move |_| {
            let mut going = going.clone();
            async move { going.wait_for(|go| *go).await.map(drop).map_err(Into::into) }
        })
        .build()
        .unwrap();
    let mut events = home.stream_event();
    let (connected, mut connection) = tokio::join!(in_time(home.connect()), server.accept());
    connected.unwrap();
    let fired = |id: u64, event: &str| json!({"id": id, "type": "event", "event": event});
    connection.send_text(&fired(1, "a").to_string()).await;
    in_time(async {
        while home.untyped().stats().received < 1 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    go.send_replace(false);
    drop(connection);
    let mut connection = server.accept().await;
    for event in ["c", "d"] {
        connection.send_text(&fired(1, event).to_string()).await;
    }
    connection.send_text(&fired(9, "not read before there is room").to_string()).await;
    go.send_replace(true);
    let states = begin(home.call_get_states());
    // There is room for one message in the stream, so that another still waits when the request is written.
    assert_eq!(connection.next_message().await, json!({"type": "get-states", "id": 1}));
    for event in ["a", "c", "d", "not read before there is room"] {
        assert_eq!(next(&mut events).await.event, event);
    }
    connection.send_text(r#"{"id":1,"type":"result","success":true,"result":["on"]}"#).await;
    assert_eq!(in_time(states).await.unwrap().unwrap(), ["on"]);
}

#[tokio::test]
async fn a_call_ends_with_its_opening_and_its_timeout_is_the_openings() {
    let server = Server::start().await;
    let (kept, mut openings) = mpsc::unbounded_channel();
    let opened = kept.clone();
    let home = HomeClient::builder(server.url())
        .call_timeout(Duration::from_millis(1))
        .connect_timeout(Duration::from_millis(300))
        .opening(move |peer: HomeOpening| {
            opened.send(peer.clone()).unwrap();
            async move {
                let early = peer.call_touch().timeout(Duration::from_millis(1)).await;
                assert!(matches!(early, Err(CallError::Timeout { .. })), "{early:?}");
                Ok(peer.call_touch().await?)
            }
        })
        .build()
        .unwrap();
    let (connected, mut connection) = tokio::join!(in_time(home.connect()), server.accept());
    let error = connected.unwrap_err();
    assert_eq!(*error.kind(), ConnectErrorKind::Timeout, "{error}");
    for id in [1, 2] {
        assert_eq!(connection.next_message().await, json!({"type": "touch", "id": id}));
    }
    let opening = in_time(openings.recv()).await.unwrap();
    let error = in_time(opening.call_touch()).await.unwrap_err();
    assert!(matches!(error, CallError::NotSent(_)), "{error}");
    assert!(error.to_string().contains("the opening is over"), "{error}");
    assert_eq!(home.untyped().stats().calls_in_flight, 0);
}

#[tokio::test]
async fn a_request_that_was_never_written_is_taken_back_or_closed() {
    let server = Server::start().await;
    let (ended, mut endings) = mpsc::unbounded_channel();
    let home = HomeClient::builder(server.url())
        .heartbeat(HeartbeatKind::Off)
        // One message, and no other for an hour.
        .rate_limit(1, Duration::from_secs(3_600))
        .opening(move |peer: HomeOpening| {
            let ended = ended.clone();
            async move {
                peer.send_touch().await?;
                let early = peer.call_touch().timeout(Duration::from_millis(1)).await;
                ended.send(early.unwrap_err()).unwrap();
                // A task of the user's own outlives the opening.
                tokio::spawn(async move { ended.send(peer.call_touch().await.unwrap_err()) });
                tokio::task::yield_now().await;
                std::future::pending().await
            }
        })
        .build()
        .unwrap();
    let connecting = begin({
        let home = home.clone();
        async move { home.connect().await }
    });
    let mut connection = server.accept().await;
    assert_eq!(connection.next_message().await, json!({"type": "touch"}));
    let early = in_time(endings.recv()).await.unwrap();
    assert!(matches!(early, CallError::Timeout { ran: Ran::No, .. }), "{early}");
    in_time(home.disconnect()).await;
    let closed = in_time(endings.recv()).await.unwrap();
    assert!(closed.ran() == Ran::No, "{closed}");
    in_time(connecting).await.unwrap().unwrap_err();
    assert_eq!(home.untyped().stats().calls_in_flight, 0);
}
