//! How a session ends, or doesn't, in every state of the client and for every way to end.

use tokio::time::{sleep, timeout};
use wirebond_client::{
    Client, Delivery, Event, FlushErrorKind, Overflow, SessionEvent, SessionLoss, Sessions, State,
};

use super::{SELECTED, open, received, server::Server, session_event};
use crate::support::{PATIENCE, adds_up, millis, peer, picked, reaches, secs, so_far, took};

#[tokio::test(start_paused = true)]
async fn disconnect_reports_what_is_not_acknowledged_within_its_time() {
    let server = Server::new();
    let (client, mut events) = open(&server, Vec::new()).await;
    server.state().handles = false;
    let receipt = client.send("doubt", &1).tracked().await.unwrap();
    let ((), time) = took(client.disconnect()).await;
    assert!(time <= secs(2), "{time:?}");
    assert_eq!(receipt.await, Delivery::Unconfirmed);
    assert_eq!(server.state().closes, [1000]);
    assert!(so_far(&mut events).await.contains(&"unconfirmed doubt 1".to_owned()));
    adds_up(&client);
    // Handled while it drains: confirmed.
    client.connect().await.unwrap();
    let receipt = client.send("late", &2).tracked().await.unwrap();
    let handling = async {
        sleep(millis(500)).await;
        server.state().handles = true;
        server.raw(r#"{"type":"pong"}"#);
        let mut state = server.state();
        let id = state.machine.iter().next().unwrap().id().to_owned();
        state.handle(&id);
    };
    let (((), time), ()) = tokio::join!(took(client.disconnect()), handling);
    assert_eq!(receipt.await, Delivery::Confirmed);
    assert!(time < millis(700), "asked again soon: {time:?}");
}

#[tokio::test(start_paused = true)]
async fn disconnect_acknowledges_what_was_received() {
    let server = Server::new();
    let (client, _events) = open(&server, Vec::new()).await;
    let arrived = received(&client, "news");
    server.say("news", 1);
    sleep(millis(1)).await;
    assert_eq!(*arrived.lock().unwrap(), [0]);
    client.disconnect().await;
    assert_eq!(server.state().undelivered, 0, "the server knows that it arrived");
}

#[tokio::test(start_paused = true)]
async fn without_a_connection_flush_fails_at_once_and_disconnect_reports_what_is_left() {
    let server = Server::new();
    let (client, mut events) = open(&server, Vec::new()).await;
    server.state().handles = false;
    client.send("doubt", &1).await.unwrap();
    sleep(millis(1)).await;
    server.cut();
    reaches(&client, State::Reconnecting { attempt: 1 }).await;
    client.send("waits", &2).await.unwrap();
    let (flushed, time) = took(client.flush()).await;
    assert_eq!(*flushed.unwrap_err().kind(), FlushErrorKind::NotOpen);
    assert!(time.is_zero(), "{time:?}");
    client.disconnect().await;
    assert_eq!((client.stats().queued, client.stats().unconfirmed), (1, 1));
    let reported = so_far(&mut events).await;
    for report in ["unconfirmed doubt 1", "kept 1"] {
        assert!(reported.contains(&report.to_owned()), "{reported:?}");
    }
    // What waits for the next connection, and then for what goes out on it.
    server.state().handles = true;
    client.connect().await.unwrap();
    server.cut();
    reaches(&client, State::Reconnecting { attempt: 1 }).await;
    client.send("later", &3).await.unwrap();
    client.connect().await.unwrap();
    client.flush().await.unwrap();
    assert_eq!(server.names(), ["waits", "later"]);
    adds_up(&client);
}

/// More than one turn reads: what is delivered after our Close frame could not be acknowledged any more.
#[tokio::test(start_paused = true)]
async fn disconnect_acknowledges_all_that_has_arrived() {
    for count in [255, 256, 257, 600] {
        let server = Server::new();
        let (client, _events) = open(&server, Vec::new()).await;
        let arrived = received(&client, "news");
        server.say("news", count);
        client.disconnect().await;
        assert_eq!(arrived.lock().unwrap().len(), count);
        assert_eq!(server.state().undelivered, 0, "{count}");
        assert_eq!(server.state().closes, [1000]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_that_stops_by_itself_keeps_its_session_and_the_next_connect_resumes_it() {
    let server = Server::new();
    let client = server.client(Vec::new()).sessions(Sessions::Require).max_reconnect_attempts(0);
    let client = client.build().unwrap();
    let mut events = client.events();
    client.connect().await.unwrap();
    server.state().handles = false;
    let written = client.send("written", &1).tracked().await.unwrap();
    sleep(millis(1)).await;
    server.cut();
    reaches(&client, State::Failed).await;
    assert_eq!(written.await, Delivery::Kept);
    assert_eq!(client.stats().in_flight, 1);
    assert!(so_far(&mut events).await.contains(&"kept 1".to_owned()));
    server.say("news", 1);
    server.state().handles = true;
    client.connect().await.unwrap();
    assert_eq!(session_event(&mut events).await, SessionEvent::Resumed);
    client.flush().await.unwrap();
    assert_eq!(server.names(), ["written"]);
    assert_eq!((client.stats().confirmed, client.stats().unhandled), (1, 0));
    assert_eq!(client.stats().unknown, 1, "the news");
}

#[tokio::test(start_paused = true)]
async fn the_last_handle_ends_the_session_with_1001() {
    let server = Server::new();
    let (client, mut events) = open(&server, Vec::new()).await;
    client.send("last", &1).await.unwrap();
    drop(client);
    while timeout(PATIENCE, events.next()).await.expect("an end").is_some() {}
    assert_eq!((server.names(), server.state().closes.clone()), (vec!["last".into()], vec![1001]));
    assert_eq!(server.state().machine.iter().count(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_does_not_answer_a_request_to_resume_is_left_and_asked_again() {
    let server = Server::new();
    let (client, mut events) = open(&server, Vec::new()).await;
    assert_eq!(session_event(&mut events).await, SessionEvent::Began);
    server.state().answers = false;
    server.cut();
    let code = picked(&mut events, |event| match event {
        Event::Close(info) if info.code != 1006 => Some(info.code),
        _ => None,
    });
    assert_eq!(code.await, 4408);
    client.send("waits", &1).await.unwrap();
    server.state().answers = true;
    assert_eq!(session_event(&mut events).await, SessionEvent::Resumed);
    client.flush().await.unwrap();
    assert_eq!(server.names(), ["waits"]);
    let tries: Vec<_> = server.state().hellos.iter().map(|hello| hello.resume.clone()).collect();
    let tries: Vec<_> = tries.into_iter().flatten().map(|resume| resume.attempt).collect();
    assert_eq!(tries, [1, 2]);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_never_answers_exhausts_the_attempts() {
    let server = Server::new();
    let (client, _events) = open(&server, Vec::new()).await;
    server.state().answers = false;
    server.cut();
    let receipt = client.send("waits", &1).tracked().await.unwrap();
    reaches(&client, State::Failed).await;
    assert_eq!(receipt.await, Delivery::Kept);
    adds_up(&client);
}

#[tokio::test(start_paused = true)]
async fn dropped_messages_leave_gaps_in_either_direction() {
    let server = Server::new();
    let client = server.client(Vec::new()).sessions(Sessions::Require).queue_messages(3);
    let client = client.overflow(Overflow::DropOldest).build().unwrap();
    let mut events = client.events();
    client.connect().await.unwrap();
    client.send("first", &0).await.unwrap();
    client.flush().await.unwrap();
    server.cut();
    reaches(&client, State::Reconnecting { attempt: 1 }).await;
    for number in 1..=5 {
        client.send(&format!("m{number}"), &number).await.unwrap();
    }
    reaches(&client, State::Open).await;
    client.flush().await.unwrap();
    let numbers: Vec<_> =
        server.state().handled.iter().map(|one| (one.name.clone(), one.number)).collect();
    let expected = [("first", 1), ("m3", 4), ("m4", 5), ("m5", 6)];
    assert_eq!(numbers, expected.map(|(name, number)| (name.to_owned(), number)));
    assert_eq!(client.stats().dropped_overflowed, 2);
    server.state().gap(2);
    let gap = loop {
        if let SessionEvent::Gap { count, .. } = session_event(&mut events).await {
            break count;
        }
    };
    assert_eq!((gap, client.stats().gaps), (2, 2));
    // Gap by gap, and a message between them.
    for count in [126, 3] {
        for _ in 0..count {
            server.state().gap(1);
        }
        server.say("news", 1);
    }
    let mut gaps = Vec::new();
    while gaps.iter().sum::<u64>() < 129 {
        if let SessionEvent::Gap { count, .. } = session_event(&mut events).await {
            gaps.push(count);
        }
    }
    assert_eq!((gaps, client.stats().gaps), (vec![126, 3], 131));
    client.send("after", &6).await.unwrap();
    client.flush().await.unwrap();
    assert_eq!((client.stats().sessions_lost, client.stats().sessions_resumed), (0, 1));
}

/// R14: 64 messages of a server that doesn't say how many it holds, or a second after the first.
#[tokio::test(start_paused = true)]
async fn what_was_received_is_acknowledged_in_time() {
    let server = Server::new();
    let (_client, _events) = open(&server, Vec::new()).await;
    let held = || server.state().machine.get("s1").unwrap().outgoing().messages();
    server.say("news", 64);
    sleep(millis(5)).await;
    assert_eq!(held(), 0, "at once");
    server.say("news", 1);
    sleep(millis(900)).await;
    assert_eq!(held(), 1);
    sleep(millis(200)).await;
    assert_eq!(held(), 0, "after a second");
}

#[tokio::test(start_paused = true)]
async fn a_quarter_of_what_the_server_holds_is_acknowledged_at_once() {
    for (hold, due) in [
        (r#"1048576,"messages":1024"#, 256),
        (r#"1048576,"messages":12"#, 3),
        (r#"1048576,"messages":1"#, 1),
        (r#"1048576,"messages":0"#, 1),
        (r#"400,"messages":9007199254740992"#, 5),
    ] {
        let server = Server::new();
        server.state().hold = hold;
        let (_client, _events) = open(&server, Vec::new()).await;
        let held = || server.state().machine.get("s1").unwrap().outgoing().messages();
        server.say("news", due - 1);
        sleep(millis(5)).await;
        assert_eq!(held(), due - 1, "{hold}");
        server.say("news", 1);
        sleep(millis(5)).await;
        assert_eq!(held(), 0, "{hold}");
    }
}

/// Where a client may be when it ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// The server's `$hello` is awaited.
    Hello,
    Resuming,
    Live,
    /// Written messages aren't handled.
    Unacknowledged,
    Waiting,
    Failed,
}

#[derive(Debug, Clone, Copy)]
enum Way {
    Disconnect,
    DropHandle,
    Close(u16),
    Cut,
    Clear,
}

async fn bring(place: Place) -> (Server, Client) {
    let server = Server::new();
    server.state().greets = place != Place::Hello;
    let attempts = u32::from(place != Place::Failed);
    let client = server.client(Vec::new()).sessions(Sessions::Prefer);
    let client = client.max_reconnect_attempts(attempts).build().unwrap();
    if place == Place::Hello {
        let connecting = client.clone();
        tokio::spawn(async move { connecting.connect().await });
        sleep(secs(1)).await;
        assert_eq!(client.state(), State::Connecting);
        return (server, client);
    }
    client.connect().await.unwrap();
    server.state().handles = !matches!(place, Place::Unacknowledged | Place::Failed);
    client.send("early", &1).await.unwrap();
    sleep(millis(1)).await;
    match place {
        Place::Resuming => {
            server.state().answers = false;
            server.cut();
            reaches(&client, State::Reconnecting { attempt: 1 }).await;
            reaches(&client, State::Open).await;
        }
        Place::Waiting => {
            server.cut();
            reaches(&client, State::Reconnecting { attempt: 1 }).await;
        }
        Place::Failed => {
            server.cut();
            reaches(&client, State::Failed).await;
        }
        Place::Hello | Place::Live | Place::Unacknowledged => {}
    }
    (server, client)
}

#[tokio::test(start_paused = true)]
async fn every_end_in_every_state_is_in_time_and_leaves_nothing_open() {
    let places = [
        Place::Hello,
        Place::Resuming,
        Place::Live,
        Place::Unacknowledged,
        Place::Waiting,
        Place::Failed,
    ];
    let codes = [1000, 1001, 1008, 1009, 1011, 1012, 4401, 4409, 4506];
    let ways = [Way::Disconnect, Way::DropHandle, Way::Cut, Way::Clear];
    for place in places {
        for way in ways.into_iter().chain(codes.map(Way::Close)) {
            let label = format!("{place:?}, {way:?}");
            let (server, client) = bring(place).await;
            let mut events = client.events();
            let receipt = client.send("late", &2).try_tracked().ok();
            let flushing = tokio::spawn({
                let client = client.clone();
                async move { client.flush().await }
            });
            sleep(millis(1)).await;
            let ends = matches!(way, Way::Disconnect | Way::DropHandle);
            match way {
                Way::Disconnect => {
                    let ((), time) = took(client.disconnect()).await;
                    assert!(time <= secs(2), "{label}: {time:?}");
                    assert_eq!(client.state(), State::Closed, "{label}");
                }
                Way::Close(code) => server.close(code),
                Way::Cut => server.cut(),
                Way::Clear => drop(client.clear_queue()),
                Way::DropHandle => {}
            }
            let _ = timeout(secs(600), flushing).await.expect("a flush ends").unwrap();
            adds_up(&client);
            let stats = if ends {
                client.stats()
            } else {
                sleep(secs(60)).await;
                client.stats()
            };
            drop(client);
            let mut opens = 0;
            while let Some(event) = timeout(secs(600), events.next()).await.expect(&label) {
                match event {
                    Event::Open => opens += 1,
                    Event::Close(_) => opens -= 1,
                    _ => {}
                }
            }
            let was_open =
                i32::from(!matches!(place, Place::Hello | Place::Waiting | Place::Failed));
            assert_eq!(opens, -was_open, "{label}: one `Close` for each `Open`");
            if let Some(receipt) = receipt {
                timeout(secs(600), receipt).await.expect(&label);
            }
            assert!(stats.accepted >= stats.confirmed, "{label}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_message_that_the_server_refuses_as_too_large_leaves_a_gap() {
    let server = Server::new();
    let (client, mut events) = open(&server, Vec::new()).await;
    server.state().handles = false;
    let small = client.send("small", &1).tracked().await.unwrap();
    let large = client.send("large", &"x".repeat(100)).tracked().await.unwrap();
    sleep(millis(1)).await;
    server.close(1009);
    reaches(&client, State::Closed).await;
    let undeliverable = Delivery::Dropped(wirebond_client::DropReason::Undeliverable);
    assert_eq!((small.await, large.await), (Delivery::Kept, undeliverable));
    server.state().handles = true;
    client.connect().await.unwrap();
    client.flush().await.unwrap();
    assert_ne!(session_event(&mut events).await, SessionEvent::lost(SessionLoss::Mismatch));
    assert_eq!(client.stats().confirmed, 1);
    adds_up(&client);
}

/// R14: with the next heartbeat, so that a frame that was swallowed on its way is noticed.
#[tokio::test(start_paused = true)]
async fn what_was_written_is_marked_with_the_next_heartbeat() {
    let (mut peer, builder) = peer();
    let client = builder.sessions(Sessions::Require).build().unwrap();
    let opening = async {
        let mut wire = peer.accept().await;
        wire.upgrade_with(SELECTED).await;
        let session = r#"{"id":"s1","key":"k","keep":120000}"#;
        let data = format!(r#"{{"v":1,"boot":"b","session":{session},"hold":1000}}"#);
        wire.message("$hello", &data).await;
        wire
    };
    let (connected, mut wire) = tokio::join!(client.connect(), opening);
    connected.unwrap();
    client.send("chat", &1).await.unwrap();
    assert_eq!([wire.next_name().await, wire.next_name().await], ["$hello", "chat"]);
    let (text, time) = took(wire.next()).await;
    assert_eq!(text, r#"{"type":"$ack","data":{"n":0,"of":1}}"#);
    assert!((secs(29)..=secs(31)).contains(&time), "{time:?}");
}
