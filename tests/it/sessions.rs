//! The client and the server that one enum gives, over a network that cuts connections.

use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, DuplexStream},
    sync::watch,
    time::{sleep, timeout},
};
use wirebond::{
    Builder, Contract, Event, Events, SessionEvent, SessionLoss, Sessions, State, Unconfirmed,
    server::{self, Identity},
};

/// Longer than anything takes that succeeds; on paused time it costs nothing.
const LONG: Duration = Duration::from_secs(600);

#[derive(Debug, Contract)]
#[contract(version = "1.0.0", server)]
enum App {
    #[message(from = "client")]
    Up(u64),
    #[message(from = "server")]
    Down(u64),
}

type Numbers = Arc<Mutex<Vec<u64>>>;

/// A server, and what its handler has got.
fn serve(sessions: bool, got: &Numbers) -> AppServer {
    let got = Arc::clone(got);
    let sessions = sessions.then(server::Sessions::default);
    let builder = AppServer::builder().settings(move |builder| builder.sessions(sessions));
    builder.on_up(move |_, number| got.lock().unwrap().push(number)).build().unwrap()
}

/// The way from a client's connections to a server.
#[derive(Clone)]
struct Network {
    server: Arc<Mutex<AppServer>>,
    /// Changes when all connections are cut.
    cut: watch::Sender<u64>,
    /// Whether the server doesn't notice for a while that a connection is cut.
    is_half_open: Arc<AtomicBool>,
}

impl Network {
    fn to(server: AppServer) -> Self {
        let (server, cut) = (Arc::new(Mutex::new(server)), watch::Sender::new(0));
        Self { server, cut, is_half_open: Arc::default() }
    }

    fn server(&self) -> AppServer {
        self.server.lock().unwrap().clone()
    }

    fn cut(&self) {
        self.cut.send_modify(|cuts| *cuts += 1);
    }

    /// From now on connections lead to another server; the others are cut.
    fn replace(&self, server: AppServer) {
        *self.server.lock().unwrap() = server;
        self.cut();
    }

    /// A client whose connections are cut after so many bytes at random, if that is given.
    fn client(&self, bytes: Option<usize>) -> Builder<AppClient> {
        let network = self.clone();
        AppClient::builder("ws://app.test/")
            .reconnect_interval(Duration::from_millis(50))
            .max_reconnect_attempts(None)
            .connector(move |_| {
                let server = network.server().untyped().clone();
                let (near, client) = tokio::io::duplex(64 * 1024);
                let (far, served) = tokio::io::duplex(64 * 1024);
                tokio::spawn(async move {
                    server.serve_stream(served, |_| async { Ok(Identity::user("ada")) }).await
                });
                let left = bytes.map_or(usize::MAX, |bytes| 300 + fastrand(bytes));
                tokio::spawn(network.clone().carry(client, far, left));
                async move { Ok(near) }
            })
    }

    async fn carry(self, mut client: DuplexStream, mut server: DuplexStream, mut left: usize) {
        let mut cut = self.cut.subscribe();
        let (mut up, mut down) = ([0; 256], [0; 256]);
        while left > 0 {
            let count = tokio::select! {
                _ = cut.changed() => break,
                read = client.read(&mut up) => {
                    let count = read.unwrap_or(0).min(left);
                    if server.write_all(&up[..count]).await.is_err() { break }
                    count
                }
                read = server.read(&mut down) => {
                    let count = read.unwrap_or(0).min(left);
                    if client.write_all(&down[..count]).await.is_err() { break }
                    count
                }
            };
            if count == 0 {
                break;
            }
            left -= count;
        }
        drop(client);
        if self.is_half_open.load(Ordering::Relaxed) {
            sleep(Duration::from_secs(20)).await;
        }
    }
}

/// A number below this, the same in each run.
fn fastrand(below: usize) -> usize {
    static STATE: Mutex<u64> = Mutex::new(7);
    let mut state = STATE.lock().unwrap();
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    usize::try_from(*state >> 33).unwrap() % below
}

fn received(app: &AppClient) -> Numbers {
    let received = Numbers::default();
    let list = Arc::clone(&received);
    app.on_down(move |number| list.lock().unwrap().push(number));
    received
}

async fn next(events: &mut Events) -> SessionEvent {
    loop {
        let event = timeout(LONG, events.next()).await.expect("an event").expect("a client");
        if let Event::Session(event) = event {
            return event;
        }
    }
}

async fn flush(app: &AppClient) {
    while timeout(LONG, app.flush()).await.expect("an answer").is_err() {
        sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_is_lost_doubled_or_reordered_over_hundreds_of_cuts() {
    for is_half_open in [false, true] {
        let got = Numbers::default();
        let network = Network::to(serve(true, &got));
        network.is_half_open.store(is_half_open, Ordering::Relaxed);
        let app = network.client(Some(4_000)).sessions(Sessions::Require).build().unwrap();
        let received = received(&app);
        while app.connect().await.is_err() {}
        const MESSAGES: u64 = 2_000;
        for number in 0..MESSAGES {
            app.send_up(&number).await.unwrap();
            network.server().everyone().send_down(&number).unwrap();
            if number % 4 == 0 {
                sleep(Duration::from_millis(30)).await;
            }
        }
        flush(&app).await;
        while (received.lock().unwrap().len() as u64) < MESSAGES {
            sleep(Duration::from_millis(100)).await;
        }
        let all: Vec<_> = (0..MESSAGES).collect();
        assert_eq!(*got.lock().unwrap(), all, "at the server");
        assert_eq!(*received.lock().unwrap(), all, "at the client");
        let stats = app.stats();
        assert!(stats.sessions_resumed > 50, "{stats:?}");
        let lost = (stats.sessions_lost, stats.gaps, stats.unconfirmed, stats.dropped());
        assert_eq!((lost, stats.confirmed), ((0, 0, 0, 0), MESSAGES));
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_that_restarts_is_reported_and_the_rest_goes_on() {
    for unconfirmed in [Unconfirmed::Report, Unconfirmed::Redeliver] {
        let got = Numbers::default();
        let network = Network::to(serve(true, &got));
        let app = network.client(None).sessions(Sessions::Require).unconfirmed(unconfirmed);
        let app = app.build().unwrap();
        let mut events = app.events();
        app.connect().await.unwrap();
        app.send_up(&1).await.unwrap();
        flush(&app).await;
        // Not acknowledged when the server goes: nobody knows whether it was handled.
        app.try_send_up(&2).unwrap();
        sleep(Duration::from_millis(1)).await;
        network.replace(serve(true, &got));
        assert_eq!(next(&mut events).await, SessionEvent::Began);
        assert_eq!(next(&mut events).await, SessionEvent::lost(SessionLoss::Unknown));
        assert_eq!(next(&mut events).await, SessionEvent::Began);
        app.send_up(&3).await.unwrap();
        flush(&app).await;
        let (stats, got) = (app.stats(), got.lock().unwrap().clone());
        if unconfirmed == Unconfirmed::Report {
            assert_eq!((got, stats.unconfirmed), (vec![1, 2, 3], 1));
        } else {
            assert_eq!((got, stats.unconfirmed), (vec![1, 2, 2, 3], 0));
        }
        app.disconnect().await;
        assert_eq!(network.server().untyped().peers().len(), 0, "the session is over");
    }
}

/// Servers with and without sessions behind one address.
#[tokio::test(start_paused = true)]
async fn in_a_mixed_fleet_every_message_is_handled_or_reported() {
    let got = Numbers::default();
    let fleet = [serve(true, &got), serve(false, &got)];
    let network = Network::to(fleet[0].clone());
    let app = network.client(None).sessions(Sessions::Prefer).build().unwrap();
    let mut events = app.events();
    app.connect().await.unwrap();
    let mut reported = 0;
    for round in 0..40_u64 {
        app.send_up(&(2 * round)).await.unwrap();
        sleep(Duration::from_millis(round % 3)).await;
        network.replace(fleet[usize::try_from(round + 1).unwrap() % 2].clone());
        app.send_up(&(2 * round + 1)).await.unwrap();
        app.watch_state().wait_for(|state| *state != State::Open).await.unwrap();
        app.watch_state().wait_for(|state| *state == State::Open).await.unwrap();
    }
    flush(&app).await;
    let mut kinds = BTreeSet::new();
    while let Ok(Some(event)) = timeout(Duration::from_millis(1), events.next()).await {
        match event {
            Event::Unconfirmed { count, .. } => reported += count,
            Event::Session(event) => drop(kinds.insert(format!("{event:?}"))),
            _ => {}
        }
    }
    let stats = app.stats();
    assert_eq!(stats.unconfirmed, reported);
    let handled: BTreeSet<_> = got.lock().unwrap().iter().copied().collect();
    assert_eq!(handled.len(), got.lock().unwrap().len(), "none twice");
    assert!(handled.len() as u64 + reported >= 80, "{} and {reported}", handled.len());
    let lost = format!("{:?}", SessionEvent::lost(SessionLoss::Unsupported));
    assert!(
        kinds.contains("Began") && kinds.contains("Plain") && kinds.contains(&lost),
        "{kinds:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn either_side_alone_makes_no_session() {
    for (client, server) in [(Sessions::Off, true), (Sessions::Prefer, false)] {
        let got = Numbers::default();
        let network = Network::to(serve(server, &got));
        let app = network.client(None).sessions(client).build().unwrap();
        let received = received(&app);
        app.connect().await.unwrap();
        app.send_up(&1).await.unwrap();
        network.server().everyone().send_down(&2).unwrap();
        flush(&app).await;
        sleep(Duration::from_millis(1)).await;
        assert_eq!(
            (got.lock().unwrap().clone(), received.lock().unwrap().clone()),
            (vec![1], vec![2])
        );
        assert_eq!(app.stats().unknown, 0, "no frame of a session");
        app.disconnect().await;
    }
}
