//! What becomes of calls whose connection ends, and of those that nobody waits for any more.

use super::*;

#[tokio::test]
async fn a_call_that_may_run_twice_is_sent_again_with_a_new_number() {
    let server = Server::start().await;
    let (home, mut connection) = open::<HomeClient>(&server).await;
    let touched = begin(home.call_touch());
    assert_eq!(connection.next_message().await, json!({"type": "touch", "id": 1}));
    let states = begin(home.call_get_states().with_id());
    assert_eq!(connection.next_message().await, json!({"type": "get-states", "id": 2}));
    drop(connection);
    let unknown = in_time(touched).await.unwrap().unwrap_err();
    assert!(matches!(unknown, CallError::Unknown), "{unknown}");
    // The next connection counts anew.
    let mut connection = server.accept().await;
    assert_eq!(connection.next_message().await, json!({"type": "get-states", "id": 1}));
    let touched = begin(home.call_touch());
    assert_eq!(connection.next_message().await, json!({"type": "touch", "id": 2}));
    for answer in [
        r#"{"id":2,"type":"result","success":true,"result":null}"#,
        r#"{"id":1,"type":"result","success":true,"result":[]}"#,
    ] {
        connection.send_text(answer).await;
    }
    in_time(touched).await.unwrap().unwrap();
    assert_eq!(in_time(states).await.unwrap().unwrap(), (1, Vec::new()));
    assert_eq!(home.untyped().stats().late_answers, 0);
}

#[tokio::test]
async fn a_call_that_ended_is_not_cancelled_on_the_wire_and_its_answer_is_late() {
    let server = Server::start().await;
    let (home, mut connection) = open::<HomeClient>(&server).await;
    let (events, mut fired) = (home.events(), home.stream_event());
    let call = home.call_touch().timeout(Duration::from_millis(20));
    let (ended, request) = in_time(async { tokio::join!(call, connection.next_message()) }).await;
    assert!(matches!(ended, Err(CallError::Timeout { ran: Ran::Maybe, .. })), "{ended:?}");
    assert_eq!(request, json!({"type": "touch", "id": 1}));
    // Nothing tells the server; the next message is the next one that is sent.
    let touched = begin(home.call_touch());
    assert_eq!(connection.next_message().await, json!({"type": "touch", "id": 2}));
    connection.send_text(r#"{"id":1,"type":"event","event":"late"}"#).await;
    late(home.untyped(), events).await;
    // Afterwards the number is like any other.
    connection.send_text(r#"{"id":1,"type":"event","event":"ordinary"}"#).await;
    assert_eq!(next(&mut fired).await.event, "ordinary");
    connection.send_text(r#"{"id":2,"type":"pong"}"#).await;
    in_time(touched).await.unwrap().unwrap();
    assert_eq!(home.untyped().stats().calls_in_flight, 0);
}

#[tokio::test]
async fn a_number_that_no_call_has_is_no_answer() {
    let server = Server::start().await;
    let (home, mut connection) = open::<HomeClient>(&server).await;
    let mut fired = home.stream_event();
    let touched = begin(home.call_touch());
    assert_eq!(connection.next_message().await["id"], 1);
    for (text, id) in [
        (r#"{"id":7,"type":"event","event":"another number"}"#, 7),
        (r#"{"id":0,"type":"event","event":"none"}"#, 0),
        (r#"{"id":2,"type":"event","event":"{\"id\":1}"}"#, 2),
    ] {
        connection.send_text(text).await;
        assert_eq!(next(&mut fired).await.id, id);
    }
    assert_eq!(home.untyped().stats().calls_in_flight, 1);
    connection.send_text(r#"{"id":1,"type":"pong"}"#).await;
    in_time(touched).await.unwrap().unwrap();
}

#[tokio::test]
async fn an_untyped_call_has_the_form_of_the_contract() {
    let server = Server::start().await;
    let (home, mut connection) = open::<HomeClient>(&server).await;
    let call = begin(home.untyped().call::<u8, Failure>("$any/name", &json!({"a": 1})));
    assert_eq!(connection.next_message().await, json!({"type": "$any/name", "id": 1, "a": 1}));
    connection.send_text(r#"{"id":1,"result":7}"#).await;
    assert_eq!(in_time(call).await.unwrap().unwrap(), 7);
    let taken = home.untyped().call::<u8, Failure>("x", &json!({"id": 1}));
    let error = in_time(taken).await.unwrap_err();
    assert!(matches!(error, CallError::NotSent(_)) && error.ran() == Ran::No, "{error}");
}

#[tokio::test]
async fn a_form_that_says_nothing_of_calls_has_none() {
    #[derive(Debug, Contract)]
    #[contract(tag = "type")]
    enum Silent {
        Chat(Subscribe),
    }

    let client = SilentClient::builder("ws://127.0.0.1:9/ws").build().unwrap();
    let error = client.untyped().call::<u8, u8>("chat", &json!({})).await.unwrap_err();
    let CallError::NotSent(error) = error else { panic!("{error}") };
    assert!(error.to_string().contains("says nothing of calls"), "{error}");
}
