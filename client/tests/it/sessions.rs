//! Sessions: messages that survive their connection, against the protocol's own machine as the server.

mod calls;
mod endings;
mod hostile;
mod plain;
pub(crate) mod server;

use std::sync::{Arc, Mutex};

use tokio::time::{sleep, timeout};
use wirebond_client::{
    Client, ConnectErrorKind, Delivery, Event, Events, SendErrorKind, SessionEvent, SessionLoss,
    Sessions, State, Unconfirmed,
};

use crate::support::{PATIENCE, adds_up, millis, peer, picked, reaches, secs, so_far, took};
use server::Server;

async fn session_event(events: &mut Events) -> SessionEvent {
    picked(events, |event| match event {
        Event::Session(event) => Some(event.clone()),
        _ => None,
    })
    .await
}

async fn open(server: &Server, cuts: Vec<usize>) -> (Client, Events) {
    let client = server.client(cuts).sessions(Sessions::Require).build().unwrap();
    let events = client.events();
    client.connect().await.unwrap();
    (client, events)
}

/// The numbers of a message, as they are delivered.
fn received(client: &Client, name: &str) -> Arc<Mutex<Vec<u64>>> {
    let received = Arc::new(Mutex::new(Vec::new()));
    let list = Arc::clone(&received);
    client.on(name, move |number: u64| list.lock().unwrap().push(number));
    received
}

#[tokio::test(start_paused = true)]
async fn a_session_begins_is_resumed_and_ends_and_its_messages_are_handled_once() {
    let server = Server::new();
    let client = server.client(Vec::new()).sessions(Sessions::Prefer).build().unwrap();
    let mut events = client.events();
    let received = received(&client, "news");
    client.send("before", &1).await.unwrap();
    client.connect().await.unwrap();
    assert_eq!(client.subprotocol(), None, "the name is wirebond's own");
    let receipt = client.send("tracked", &2).tracked().await.unwrap();
    client.flush().await.unwrap();
    assert_eq!(receipt.await, Delivery::Confirmed);
    assert_eq!(server.names(), ["before", "tracked"]);
    server.say("news", 3);
    server.cut();
    client.send("away", &3).await.unwrap();
    server.say("news", 2);
    reaches(&client, State::Reconnecting { attempt: 1 }).await;
    reaches(&client, State::Open).await;
    client.flush().await.unwrap();
    assert_eq!(server.names(), ["before", "tracked", "away"]);
    sleep(secs(3)).await;
    assert_eq!(*received.lock().unwrap(), [0, 1, 2, 0, 1]);
    assert!(server.state().machine.get("s1").expect("kept").outgoing().is_empty(), "acknowledged");
    client.send("last", &4).await.unwrap();
    client.disconnect().await;
    assert_eq!(server.names().last().unwrap(), "last");
    assert_eq!(server.state().closes, [1000]);
    assert!(server.state().machine.get("s1").is_none(), "ended");
    let stats = client.stats();
    assert_eq!((stats.confirmed, stats.unconfirmed, stats.sessions_resumed), (4, 0, 1));
    let events = so_far(&mut events).await;
    let sessions: Vec<_> = events.iter().filter(|event| event.starts_with("Session")).collect();
    assert_eq!(sessions, ["Session(Began)", "Session(Resumed)"]);
    assert_eq!(events[..2], ["open", "Session(Began)"], "in this order");
    // The next `connect()` begins another.
    client.connect().await.unwrap();
    client.send("again", &5).await.unwrap();
    client.flush().await.unwrap();
    assert_eq!(server.state().handled.last().unwrap().number, 1);
    adds_up(&client);
}

/// Whatever byte a connection is cut at, each message is handled once, in order, in both directions.
#[tokio::test(start_paused = true)]
async fn a_cut_at_any_byte_loses_doubles_and_reorders_nothing() {
    for cut in (150..2_600).step_by(7) {
        let server = Server::new();
        let cuts = vec![cut, 900, cut / 2 + 300, 1_400];
        let client = server.client(cuts).sessions(Sessions::Require).retry_first_connect(true);
        let client = client.max_reconnect_attempts(50).build().unwrap();
        let received = received(&client, "news");
        let mut events = client.events();
        client.connect().await.unwrap();
        for number in 0..20 {
            client.send(&format!("m{number}"), &number).await.unwrap();
            if number % 5 == 0 {
                sleep(millis(30)).await;
            }
        }
        while server.state().machine.iter().all(|session| session.connection().is_none()) {
            sleep(millis(10)).await;
        }
        server.say("news", 20);
        while client.flush().await.is_err() || received.lock().unwrap().len() < 20 {
            sleep(millis(50)).await;
            adds_up(&client);
        }
        let expected: Vec<_> = (0..20).map(|number| format!("m{number}")).collect();
        assert_eq!(server.names(), expected, "cut at {cut}");
        assert_eq!(*received.lock().unwrap(), (0..20).collect::<Vec<_>>(), "cut at {cut}");
        let stats = client.stats();
        assert_eq!((stats.unconfirmed, stats.sessions_lost, stats.gaps), (0, 0, 0), "{cut}");
        client.disconnect().await;
        let events = so_far(&mut events).await;
        assert!(events.iter().all(|event| !event.starts_with("unconfirmed")), "{events:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_that_has_lost_its_memory_is_reported_with_what_was_in_doubt() {
    for unconfirmed in [Unconfirmed::Report, Unconfirmed::Redeliver] {
        let server = Server::new();
        let client = server.client(Vec::new()).sessions(Sessions::Require);
        let client = client.unconfirmed(unconfirmed).build().unwrap();
        let mut events = client.events();
        client.connect().await.unwrap();
        client.send("sure", &1).await.unwrap();
        client.flush().await.unwrap();
        let mut receipt = client.send("doubt", &2).tracked().await.unwrap();
        sleep(millis(1)).await;
        assert_eq!(client.stats().in_flight, 1);
        server.restart();
        reaches(&client, State::Reconnecting { attempt: 1 }).await;
        client.send("later", &3).await.unwrap();
        assert_eq!(session_event(&mut events).await, SessionEvent::Began);
        let lost = SessionEvent::lost(SessionLoss::Unknown);
        assert_eq!(session_event(&mut events).await, lost);
        client.flush().await.unwrap();
        let handled = server.state().handled.clone();
        let names: Vec<_> = handled.iter().map(|one| (&*one.name, one.key.as_deref())).collect();
        if unconfirmed == Unconfirmed::Report {
            assert_eq!(receipt.outcome(), Some(Delivery::Unconfirmed));
            assert_eq!(names, [("sure", None), ("doubt", None), ("later", None)]);
            assert!(so_far(&mut events).await.contains(&"unconfirmed doubt 1".to_owned()));
        } else {
            assert_eq!(receipt.await, Delivery::Confirmed);
            let again = ("doubt", Some("s1:2"));
            assert_eq!(names, [("sure", None), ("doubt", None), again, ("later", None)]);
        }
        let stats = client.stats();
        assert_eq!((stats.sessions_lost, stats.sessions_resumed), (1, 0));
        adds_up(&client);
    }
}

/// R12: after expiry the client learns how far its messages were handled, so nothing is in doubt.
#[tokio::test(start_paused = true)]
async fn a_session_that_expired_leaves_nothing_in_doubt() {
    let server = Server::new();
    let (client, mut events) = open(&server, Vec::new()).await;
    let receipt = client.send("handled", &1).tracked().await.unwrap();
    sleep(millis(1)).await;
    server.expire();
    assert_eq!(session_event(&mut events).await, SessionEvent::Began);
    assert_eq!(session_event(&mut events).await, SessionEvent::lost(SessionLoss::Expired));
    assert_eq!(receipt.await, Delivery::Confirmed);
    client.send("next", &2).await.unwrap();
    client.flush().await.unwrap();
    assert_eq!(server.names(), ["handled", "next"]);
    assert_eq!(client.stats().unconfirmed, 0);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_ignores_the_offer_is_used_without_a_session() {
    let (mut peer, builder) = peer();
    let client = builder.sessions(Sessions::Prefer).build().unwrap();
    let mut events = client.events();
    client.send("before", &1).await.unwrap();
    let ((connected, time), mut wire) = tokio::join!(took(client.connect()), peer.open());
    connected.unwrap();
    assert!(time < secs(1), "known at once");
    assert_eq!(session_event(&mut events).await, SessionEvent::Plain);
    assert_eq!(wire.next_name().await, "before");
    wire.message("$unknown", "1").await;
    sleep(millis(1)).await;
    assert_eq!(client.stats().unknown, 1, "a `$` name is like any other here");
    // A server behind the same address may have them later: the offer costs nothing here.
    drop(wire);
    let mut wire = peer.accept().await;
    let request = wire.request().await;
    assert!(request.contains("Sec-WebSocket-Protocol: wirebond.v1\r\n"), "{request}");
    wire.accept(&request, "").await;
    client.send("after", &2).await.unwrap();
    assert_eq!(wire.next_name().await, "after");
    client.flush().await.unwrap_err();
    assert!(!so_far(&mut events).await.contains(&"Session(Plain)".to_owned()), "reported once");
}

const SELECTED: &str = "Sec-WebSocket-Protocol: wirebond.v1\r\n";

#[tokio::test(start_paused = true)]
async fn a_server_that_echoes_the_subprotocol_and_does_not_speak_it_is_remembered() {
    for speaks in [false, true] {
        let (mut peer, builder) = peer();
        let client = builder.sessions(Sessions::Prefer).build().unwrap();
        let received = received(&client, "news");
        client.send("before", &1).await.unwrap();
        let opening = async {
            let mut wire = peer.accept().await;
            wire.upgrade_with(SELECTED).await;
            if speaks {
                wire.message("news", "7").await;
            }
            wire
        };
        let ((connected, time), mut wire) = tokio::join!(took(client.connect()), opening);
        connected.unwrap();
        assert_eq!(time >= secs(5), !speaks, "{time:?}");
        assert_eq!(wire.next_name().await, "before");
        sleep(millis(1)).await;
        assert_eq!(*received.lock().unwrap(), if speaks { vec![7] } else { vec![] });
        drop(wire);
        let request = peer.accept().await.request().await;
        assert!(!request.contains("Sec-WebSocket-Protocol"), "{request}");
    }
}

#[tokio::test(start_paused = true)]
async fn where_a_session_is_required_a_server_without_one_stops_the_client() {
    for (answer, first) in [("", ""), (SELECTED, ""), (SELECTED, r#"{"type":"news","data":1}"#)] {
        let (mut peer, builder) = peer();
        let client = builder.sessions(Sessions::Require).build().unwrap();
        client.send("before", &1).await.unwrap();
        let opening = async {
            let mut wire = peer.accept().await;
            wire.upgrade_with(answer).await;
            if !first.is_empty() {
                wire.text(first).await;
            }
            wire.next_close().await
        };
        let (connected, code) = tokio::join!(client.connect(), opening);
        let error = connected.unwrap_err();
        assert_eq!((*error.kind(), code), (ConnectErrorKind::Session, 1000));
        assert!(error.to_string().contains("Sessions::Prefer"), "{error}");
        assert_eq!(client.state(), State::Closed);
        assert_eq!(client.stats().queued, 1, "kept");
    }
}

#[tokio::test(start_paused = true)]
async fn reserved_names_are_refused_where_messages_have_numbers() {
    let client = Client::builder("ws://peer.test").sessions(Sessions::Prefer).build().unwrap();
    for name in ["$ack", "$", "ping", "pong"] {
        let error = client.try_send(name, &1).unwrap_err();
        assert_eq!(*error.kind(), SendErrorKind::Reserved);
        assert_eq!(*client.send(name, &1).await.unwrap_err().kind(), SendErrorKind::Reserved);
        assert!(client.send(name, &1).try_tracked().is_err());
    }
    assert_eq!(client.stats().accepted, 0);
    assert!(timeout(PATIENCE, client.send("chat", &1)).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_frame_that_contradicts_the_session_ends_it_with_4409_and_another_begins() {
    let frames = [
        r#"{"type":"$ack","data":{"n":9,"of":0}}"#,
        r#"{"type":"$ack","data":{"n":1,"of":7}}"#,
        r#"{"type":"$ack","data":{"n":18446744073709551615,"of":0}}"#,
        r#"{"type":"$ack","data":"s3cret"}"#,
        r#"{"type":"$ack"}"#,
        r#"{"type":"$gap","data":{"n":0,"why":"overflow"}}"#,
        r#"{"type":"$resumed","data":{"got":0,"done":0}}"#,
        r#"{"type":"$gone","data":{"why":"expired"}}"#,
        r#"{"type":"$hello","data":{"v":1,"boot":"b","session":{"id":"x","key":"y","keep":1},"hold":1}}"#,
    ];
    for text in frames {
        let server = Server::new();
        let (client, mut events) = open(&server, Vec::new()).await;
        server.state().handles = false;
        client.send("doubt", &1).await.unwrap();
        sleep(millis(1)).await;
        server.raw(text);
        server.raw(r#"{"type":"news","data":1}"#);
        assert_eq!(session_event(&mut events).await, SessionEvent::Began);
        assert_eq!(session_event(&mut events).await, SessionEvent::lost(SessionLoss::Mismatch));
        assert_eq!(session_event(&mut events).await, SessionEvent::Began, "{text}");
        assert_eq!(server.state().closes, [4409], "{text}");
        assert_eq!(client.stats().unhandled, 0, "nothing more is read");
        assert_eq!((client.stats().unconfirmed, client.stats().in_flight), (1, 0));
        assert!(server.state().hellos.iter().all(|hello| hello.resume.is_none()), "{text}");
        adds_up(&client);
    }
}

#[tokio::test(start_paused = true)]
async fn close_4409_of_the_server_begins_another_session_and_others_resume_it() {
    for (code, reason) in [(4409, Some(SessionLoss::Refused)), (1011, None), (1001, None)] {
        let server = Server::new();
        let (client, mut events) = open(&server, Vec::new()).await;
        assert_eq!(session_event(&mut events).await, SessionEvent::Began);
        server.close(code);
        let next = session_event(&mut events).await;
        match reason {
            Some(reason) => assert_eq!(next, SessionEvent::lost(reason)),
            None => assert_eq!(next, SessionEvent::Resumed, "{code}"),
        }
        client.send("chat", &1).await.unwrap();
        reaches(&client, State::Open).await;
        client.flush().await.unwrap();
        assert_eq!(server.names(), ["chat"]);
    }
}
