//! The client and the server that one enum gives, talking to each other.

mod calls;
mod hygiene;

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::{net::TcpListener, sync::mpsc, time::timeout};
use wirebond::{
    Contract,
    server::{Disconnect, Identity, SendError},
};

const LONG: Duration = Duration::from_secs(20);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
struct Chat {
    room: String,
    text: String,
}

#[derive(Debug, Contract)]
#[contract(version = "1.0.0", server)]
enum App {
    /// A line that somebody typed.
    Chat(Chat),
    #[message(from = "server")]
    Welcome(String),
    #[message(from = "server")]
    Bye,
    #[message(from = "client")]
    Join(String),
    #[message(from = "client")]
    Leave,
    // The server's `on_…` methods of these names must not collide with its own methods.
    #[message(from = "client")]
    Connect(u8),
    #[message(from = "client")]
    Disconnect,
}

async fn listen(server: &AppServer) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let server = server.untyped().clone();
    tokio::spawn(async move {
        server.serve(listener, |_| async { Ok(Identity::user("ada")) }).await;
    });
    format!("ws://{address}/")
}

async fn next<T>(receiver: &mut mpsc::UnboundedReceiver<T>) -> T {
    timeout(LONG, receiver.recv()).await.expect("in time").expect("the writer is here")
}

#[tokio::test]
async fn one_enum_gives_both_sides() {
    let (gone, mut ended) = mpsc::unbounded_channel();
    let server = AppServer::builder()
        .settings(|settings| settings.max_peers(10).queue_messages(64).queue_bytes(1 << 16))
        .connected(|peer: AppPeer| async move { peer.send_welcome(&"hello".to_owned()).await })
        .on_join(|peer, room| {
            peer.join(&room);
        })
        .on_chat(|peer, chat| peer.room(&chat.room).send_chat(&chat).map(drop))
        .on_leave(|peer| async move {
            peer.send_bye().await?;
            peer.close(4000, "as asked");
            Ok::<_, SendError>(())
        })
        .disconnected(move |peer: AppPeer, end: Disconnect| {
            let user = peer.user().map(str::to_owned);
            let _ = gone.send((user, end.code));
        })
        .build()
        .expect("settings that work");
    let app = AppClient::builder(listen(&server).await)
        .reconnect_policy(|_| wirebond::ReconnectDecision::Stop)
        .build()
        .expect("settings");
    let (said, mut received) = mpsc::unbounded_channel();
    let (welcomed, bye) = (said.clone(), said.clone());
    app.on_welcome(move |text| drop(welcomed.send(text)));
    app.on_chat(move |chat| drop(said.send(chat.text)));
    app.on_bye(move || drop(bye.send("bye".to_owned())));
    app.connect().await.expect("a server");
    assert_eq!(next(&mut received).await, "hello");
    app.send_join(&"a".to_owned()).await.expect("accepted");
    let chat = Chat { room: "a".into(), text: "hi".into() };
    app.send_chat(&chat).await.expect("accepted");
    assert_eq!(next(&mut received).await, "hi");
    app.flush().await.expect("the server answers Pings");
    let sent = server.room("a").send_chat(&chat).expect("encoded");
    assert_eq!(sent.local, 1);
    assert_eq!(next(&mut received).await, "hi");
    app.send_leave().await.expect("accepted");
    assert_eq!(next(&mut received).await, "bye");
    assert_eq!(next(&mut ended).await, (Some("ada".to_owned()), 4000));
}

#[derive(Clone, Default)]
struct Seen(Arc<Mutex<Vec<String>>>);

impl Seen {
    fn note(&self, what: impl Into<String>) {
        self.0.lock().expect("unpoisoned").push(what.into());
    }
}

impl AppService for Seen {
    async fn chat(&self, peer: &AppPeer, data: Chat) {
        self.note(format!("chat {}", data.text));
        peer.send_chat(&data).await.expect("open");
    }
    async fn join(&self, _: &AppPeer, data: String) {
        self.note(format!("join {data}"));
    }
    async fn leave(&self, peer: &AppPeer) {
        self.note("leave");
        peer.try_send_bye().expect("open");
    }
    async fn connect(&self, _: &AppPeer, data: u8) {
        self.note(format!("connect {data}"));
    }
    async fn disconnect(&self, _: &AppPeer) {
        self.note("disconnect");
    }
}

#[tokio::test]
async fn a_service_handles_every_message_in_order_and_a_shutdown_brings_clients_back() {
    let seen = Seen::default();
    let server = AppServer::builder().service(seen.clone()).build().expect("settings that work");
    let app = AppClient::builder(listen(&server).await).build().expect("settings");
    let (said, mut bye) = mpsc::unbounded_channel();
    app.on_bye(move || said.send(()).map_err(|_| "nobody reads"));
    app.connect().await.expect("a server");
    app.send_connect(&7).await.expect("accepted");
    app.send_join(&"a".to_owned()).await.expect("accepted");
    app.send_disconnect().await.expect("accepted");
    app.send_leave().await.expect("accepted");
    next(&mut bye).await;
    let expected = ["connect 7", "join a", "disconnect", "leave"];
    assert_eq!(*seen.0.lock().expect("unpoisoned"), expected);
    let mut states = app.watch_state();
    let left = server.untyped().shutdown(Duration::from_millis(200)).await;
    assert_eq!(left, 0);
    let reconnecting =
        |state: &wirebond::State| matches!(state, wirebond::State::Reconnecting { .. });
    timeout(LONG, states.wait_for(reconnecting))
        .await
        .expect("in time")
        .expect("the client is here");
    app.disconnect().await;
}

#[tokio::test]
async fn a_shutdown_reports_nothing_that_the_client_of_a_session_has_got() {
    let (ended, mut ends) = mpsc::unbounded_channel();
    let (began, mut begins) = mpsc::unbounded_channel();
    let server = AppServer::builder()
        .connected(move |_| {
            let _ = began.send(());
        })
        .settings(|settings| settings.sessions(wirebond::server::Sessions::default()))
        .disconnected(move |_, end: Disconnect| drop(ended.send(end.unconfirmed)))
        .build()
        .expect("settings that work");
    let app = AppClient::builder(listen(&server).await).sessions(wirebond::Sessions::Require);
    let app = app.build().expect("settings");
    let (said, mut welcome) = mpsc::unbounded_channel();
    app.on_welcome(move |line| said.send(line).map_err(|_| "nobody reads"));
    app.connect().await.expect("a server");
    next(&mut begins).await;
    for _ in 0..5 {
        server.everyone().send_welcome(&"hello".to_owned()).expect("small");
        next(&mut welcome).await;
    }
    assert_eq!(server.untyped().shutdown(Duration::from_secs(2)).await, 0);
    assert_eq!(next(&mut ends).await, []);
    app.disconnect().await;
}

#[test]
fn a_message_with_two_handlers_is_refused() {
    let twice = AppServer::builder().on_leave(|_| {}).service(Seen::default()).build();
    let error = twice.expect_err("two handlers").to_string();
    assert!(error.contains("leave"), "{error}");
}
