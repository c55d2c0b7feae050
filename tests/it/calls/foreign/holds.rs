//! Held messages that are calls: on each connection with a number and an answer.

use wirebond::{Events, HeldAnswer, SendErrorKind, State};

use super::*;

fn topic() -> Subscribe {
    Subscribe { event_type: "all".to_owned() }
}

fn fired(id: u64, event: &str) -> String {
    json!({"id": id, "type": "event", "event": event}).to_string()
}

fn replied(id: u64, result: &str) -> String {
    json!({"id": id, "type": "result", "success": true, "result": result}).to_string()
}

fn refused(id: u64) -> String {
    json!({"id": id, "type": "result", "success": false, "error": {"code": "s3cret"}}).to_string()
}

/// The next error that isn't about the connection.
async fn refusal(events: &mut Events) -> wirebond::Error {
    loop {
        match in_time(events.next()).await.expect("an event") {
            Event::Error(error) if *error.kind() == ErrorKind::HoldRefused => return error,
            _ => {}
        }
    }
}

#[tokio::test]
async fn it_is_numbered_anew_on_each_connection_and_its_messages_are_told_by_its_answer() {
    let server = Server::start().await;
    let (home, mut connection) = open::<HomeClient>(&server).await;
    let answer = HeldAnswer::new();
    let of_it = answer.filter(|event: &Fired, id, _: &Option<String>| event.id == id);
    let (mut events, mut all) = (home.stream_event_where(of_it), home.stream_event());
    let touched = begin(home.call_touch());
    assert_eq!(connection.next_message().await["id"], 1);
    let hold = home.hold_subscribe_with(topic, &answer).unwrap();
    let request = |id| json!({"type": "subscribe", "id": id, "event_type": "all"});
    assert_eq!(connection.next_message().await, request(2));
    for text in [fired(1, "x"), fired(7, "x"), replied(2, "a"), fired(2, "mine"), fired(3, "x")] {
        connection.send_text(&text).await;
    }
    in_time(touched).await.unwrap().unwrap();
    assert_eq!(next(&mut events).await.event, "mine");
    let answered = in_time(answer.answered()).await.unwrap();
    assert_eq!(*answered.as_ref().as_ref().unwrap(), (2, Some("a".to_owned())));
    assert!(hold.is_sent());
    drop(connection);
    // What an old connection had means nothing on the next one, before the answer and after it.
    let mut connection = server.accept().await;
    assert_eq!(connection.next_message().await, request(1));
    assert!(answer.get().is_none());
    connection.send_text(&fired(2, "of somebody else")).await;
    connection.send_text(&replied(1, "b")).await;
    connection.send_text(&fired(2, "of somebody else")).await;
    connection.send_text(&fired(1, "mine again")).await;
    assert_eq!(next(&mut events).await.event, "mine again");
    assert_eq!(*answer.get().unwrap().as_ref().as_ref().unwrap(), (1, Some("b".to_owned())));
    for id in [7, 2, 3, 2, 2, 1] {
        assert_eq!(next(&mut all).await.id, id);
    }
    // What ends it is a call as well.
    hold.release_with(&Unsubscribe { subscription: 1 }).unwrap();
    let release = json!({"type": "unsubscribe", "id": 2, "subscription": 1});
    assert_eq!(connection.next_message().await, release);
    assert!(answer.get().is_none());
    connection.send_text(&replied(2, "")).await;
    connection.send_text(&fired(1, "afterwards")).await;
    assert_eq!(next(&mut all).await.event, "afterwards");
    let stats = home.untyped().stats();
    assert_eq!((stats.holds, stats.calls_in_flight, stats.late_answers), (0, 0, 0));
}

#[tokio::test]
async fn a_refusal_is_reported_by_name_and_tried_again_on_the_next_connection() {
    let server = Server::start().await;
    let (home, mut connection) = open::<HomeClient>(&server).await;
    let mut events = home.events();
    let answer = HeldAnswer::new();
    let hold = home.hold_subscribe_with(topic, &answer).unwrap();
    let untyped = home.untyped().hold("touch", &()).unwrap();
    let plain = home.hold_get_states().unwrap();
    for attempt in 0..2 {
        for name in ["subscribe", "touch", "get-states"] {
            let request = connection.next_message().await;
            assert_eq!(request["type"], name);
            connection.send_text(&refused(request["id"].as_u64().unwrap())).await;
            let error = refusal(&mut events).await;
            assert_eq!(error.message_name(), Some(name));
            assert!(error.to_string().contains("the call was refused"), "{error}");
            assert!(!format!("{error:?}").contains("s3cret"), "{error:?}");
        }
        match &*in_time(answer.answered()).await.unwrap() {
            Err(CallError::Refused(failure)) => assert_eq!(failure.code, "s3cret"),
            other => panic!("{other:?}"),
        }
        assert_eq!(home.untyped().stats().holds, 3);
        assert!(hold.is_sent() && untyped.is_sent() && plain.is_sent());
        if attempt == 0 {
            drop(connection);
            connection = server.accept().await;
        }
    }
    // A reply of another type is told as well.
    drop(connection);
    let mut connection = server.accept().await;
    for number in 1..=3 {
        assert_eq!(connection.next_message().await["id"], number);
    }
    connection.send_text(r#"{"id":1,"type":"result","success":true,"result":7}"#).await;
    assert_eq!(refusal(&mut events).await.message_name(), Some("subscribe"));
    let bad = in_time(answer.answered()).await.unwrap();
    assert!(matches!(&*bad, Err(CallError::BadAnswer { .. })), "{bad:?}");
}

#[tokio::test]
async fn released_before_its_answer_it_is_neither_late_nor_refused() {
    let server = Server::start().await;
    let (home, mut connection) = open::<HomeClient>(&server).await;
    let mut events = home.stream_event();
    let errors = home.events();
    let answer = HeldAnswer::new();
    let hold = home.hold_subscribe_with(topic, &answer).unwrap();
    assert_eq!(connection.next_message().await["id"], 1);
    let waiting = begin({
        let answer = answer.clone();
        async move { answer.answered().await }
    });
    tokio::task::yield_now().await;
    drop(hold);
    assert!(in_time(waiting).await.unwrap().is_none(), "no answer will come");
    connection.send_text(&refused(1)).await;
    connection.send_text(&fired(1, "afterwards")).await;
    assert_eq!(next(&mut events).await.event, "afterwards");
    assert!(answer.get().is_none());
    home.disconnect().await;
    assert_eq!(home.state(), State::Closed);
    drop((home, events));
    let mut errors = errors;
    while let Some(event) = in_time(errors.next()).await {
        assert!(!matches!(event, Event::Error(_)), "{event:?}");
    }
}

#[tokio::test]
async fn a_cut_before_its_answer_is_no_refusal_and_it_is_sent_again_alone() {
    let server = Server::start().await;
    let (home, mut connection) = open::<HomeClient>(&server).await;
    let mut events = home.stream_event();
    let answer = HeldAnswer::<Option<String>, Failure>::new();
    let _hold = home.hold_subscribe_with(topic, &answer).unwrap();
    // One that may run twice is not made again by itself.
    let _states = home.hold_get_states().unwrap();
    for _ in 0..2 {
        connection.next_message().await;
    }
    drop(connection);
    let mut connection = server.accept().await;
    assert_eq!(connection.next_message().await["type"], "subscribe");
    assert_eq!(connection.next_message().await["type"], "get-states");
    home.try_send_touch().unwrap();
    assert_eq!(connection.next_message().await, json!({"type": "touch"}));
    connection.send_text(&replied(1, "a")).await;
    connection.send_text(&fired(1, "x")).await;
    assert_eq!(next(&mut events).await.event, "x");
    assert_eq!(*answer.get().unwrap().as_ref().as_ref().unwrap(), (1, Some("a".to_owned())));
    assert_eq!(home.untyped().stats().late_answers, 0);
    in_time(home.disconnect()).await;
    assert!(answer.get().is_none(), "there is no connection");
}

#[test]
fn one_that_is_too_large_says_by_how_much() {
    let home = HomeClient::builder("ws://127.0.0.1:9/ws").max_outgoing_message_size(40);
    let home = home.build().unwrap();
    let large = Subscribe { event_type: "x".repeat(50) };
    let error = home.hold_subscribe(&large).unwrap_err();
    assert_eq!(*error.kind(), SendErrorKind::TooLarge);
    let text = error.to_string();
    assert!(text.contains("more than max_outgoing_message_size (40)"), "{text}");
    assert_eq!(home.untyped().stats().holds, 0);
}
