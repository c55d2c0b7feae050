//! Openings and holds in sessions.

use tokio::{sync::mpsc, time::sleep};
use wirebond_client::{Builder, Client, Event, Events, SessionEvent, SessionLoss, Sessions, State};

use crate::{
    sessions::server::Server,
    support::{adds_up, millis, peer, picked, reaches, secs},
};

/// A client whose opening says hello and waits for a message.
fn client(server: &Server, cuts: Vec<usize>) -> Builder {
    let builder = server.client(cuts).sessions(Sessions::Prefer).retry_first_connect(true);
    builder.opening(|peer| async move {
        peer.send("hello", &1).await?;
        peer.expect::<u64>("welcome").await.map(drop)
    })
}

async fn connect(server: &Server, client: &Client) {
    let connecting = tokio::spawn({
        let client = client.clone();
        async move { client.connect().await }
    });
    while !server.names().iter().any(|name| name == "hello") {
        sleep(millis(10)).await;
    }
    server.say("welcome", 1);
    connecting.await.unwrap().unwrap();
}

async fn session_event(events: &mut Events) -> SessionEvent {
    picked(events, |event| match event {
        Event::Session(event) => Some(event.clone()),
        _ => None,
    })
    .await
}

#[tokio::test(start_paused = true)]
async fn a_new_session_is_opened_first_and_one_that_is_resumed_is_not() {
    let server = Server::new();
    let client = client(&server, Vec::new()).build().unwrap();
    let mut events = client.events();
    client.send("queued", &1).await.unwrap();
    let hold = client.hold("held", &1).unwrap();
    connect(&server, &client).await;
    client.flush().await.unwrap();
    assert_eq!(server.names(), ["hello", "held", "queued"]);
    server.cut();
    reaches(&client, State::Reconnecting { attempt: 1 }).await;
    assert!(hold.is_sent(), "in the session");
    client.send("away", &1).await.unwrap();
    let second = client.hold("second", &1).unwrap();
    reaches(&client, State::Open).await;
    client.flush().await.unwrap();
    assert_eq!(server.names(), ["hello", "held", "queued", "second", "away"]);
    assert_eq!(session_event(&mut events).await, SessionEvent::Began);
    assert_eq!(session_event(&mut events).await, SessionEvent::Resumed);
    // Away, and still in the session: its server has the subscription.
    server.cut();
    reaches(&client, State::Reconnecting { attempt: 2 }).await;
    second.release_with("release", &1).unwrap();
    reaches(&client, State::Open).await;
    client.flush().await.unwrap();
    assert_eq!(server.names().last().unwrap(), "release");
    adds_up(&client);
}

#[tokio::test(start_paused = true)]
async fn another_session_is_opened_and_gets_the_holds_again() {
    let server = Server::new();
    let client = client(&server, Vec::new()).build().unwrap();
    let mut events = client.events();
    let hold = client.hold("held", &1).unwrap();
    connect(&server, &client).await;
    client.flush().await.unwrap();
    assert_eq!(session_event(&mut events).await, SessionEvent::Began);
    server.state().handled.clear();
    server.restart();
    reaches(&client, State::Reconnecting { attempt: 1 }).await;
    client.send("later", &1).await.unwrap();
    let lost = session_event(&mut events).await;
    assert_eq!(lost, SessionEvent::lost(SessionLoss::Unknown));
    while server.names() != ["hello"] {
        sleep(millis(10)).await;
    }
    assert!(!hold.is_sent());
    server.say("welcome", 1);
    reaches(&client, State::Open).await;
    client.flush().await.unwrap();
    assert_eq!(server.names(), ["hello", "held", "later"]);
    adds_up(&client);
}

#[tokio::test(start_paused = true)]
async fn without_an_opening_another_session_gets_the_holds_again() {
    let server = Server::new();
    let client = server.client(Vec::new()).sessions(Sessions::Require).build().unwrap();
    let hold = client.hold("held", &1).unwrap();
    client.connect().await.unwrap();
    client.flush().await.unwrap();
    server.restart();
    reaches(&client, State::Reconnecting { attempt: 1 }).await;
    client.send("later", &1).await.unwrap();
    reaches(&client, State::Open).await;
    sleep(secs(1)).await;
    client.flush().await.unwrap();
    assert!(hold.is_sent());
    assert_eq!(server.names(), ["held", "held", "later"]);
    adds_up(&client);
}

#[tokio::test(start_paused = true)]
async fn a_session_whose_opening_did_not_succeed_is_given_up() {
    let server = Server::new();
    let (calls, mut called) = mpsc::unbounded_channel();
    let builder = server.client(Vec::new()).sessions(Sessions::Prefer).retry_first_connect(true);
    let client = builder
        .opening(move |peer| {
            calls.send(()).unwrap();
            async move {
                peer.send("hello", &1).await?;
                peer.expect::<u64>("welcome").await.map(drop)
            }
        })
        .build()
        .unwrap();
    let mut events = client.events();
    let connecting = tokio::spawn({
        let client = client.clone();
        async move { client.connect().await }
    });
    called.recv().await.unwrap();
    assert_eq!(session_event(&mut events).await, SessionEvent::Began);
    sleep(millis(100)).await;
    server.cut();
    let lost = SessionEvent::lost(SessionLoss::Opening);
    assert_eq!(session_event(&mut events).await, lost);
    called.recv().await.unwrap();
    assert_eq!(session_event(&mut events).await, SessionEvent::Began, "not resumed");
    sleep(millis(100)).await;
    server.say("welcome", 1);
    connecting.await.unwrap().unwrap();
    adds_up(&client);
}

#[tokio::test(start_paused = true)]
async fn a_server_without_sessions_is_opened_as_well() {
    let (mut peer, builder) = peer();
    let builder = builder.sessions(Sessions::Prefer).opening(|peer| async move {
        peer.send("hello", &1).await?;
        peer.expect::<u64>("welcome").await.map(drop)
    });
    let client = builder.build().unwrap();
    client.send("queued", &1).await.unwrap();
    let (connected, mut wire) = tokio::join!(client.connect(), async {
        let mut wire = peer.open().await;
        assert_eq!(wire.next_name().await, "hello");
        wire.message("welcome", "1").await;
        wire
    });
    connected.unwrap();
    assert_eq!(wire.next_name().await, "queued");
}
