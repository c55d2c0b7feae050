//! Calls in both directions, over both kinds of connection.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    time::timeout,
};
use wirebond::{
    CallError, Contract, ErrorCode, Ran, Sessions,
    server::{CallError as ServerError, Identity, Server, Sessions as Kept},
};

use super::LONG;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
struct Order {
    item: String,
    count: u32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
enum OrderError {
    SoldOut,
}

#[derive(Debug, Contract)]
#[contract(server)]
enum Desk {
    #[message(from = "client", reply = u64, error = OrderError)]
    PlaceOrder(Order),
    #[message(from = "client", reply = ())]
    Touch,
    #[message(from = "client", reply = bool)]
    AskBack(Order),
    #[message(from = "client", reply = u8)]
    Nobody,
    #[message(from = "client", reply = u64)]
    Count(u64),
    #[message(from = "server", reply = bool, error = OrderError)]
    Confirm(Order),
    #[message(from = "server", reply = u8)]
    Measure,
}

fn tea(count: u32) -> Order {
    Order { item: "tea".into(), count }
}

async fn place(order: Order) -> Result<u64, OrderError> {
    tokio::task::yield_now().await;
    match order.count {
        0 => Err(OrderError::SoldOut),
        13 => panic!("unlucky"),
        count => Ok(u64::from(count) * 2),
    }
}

/// Asks the client while its own call is handled.
async fn ask_back(peer: DeskPeer, order: Order) -> bool {
    peer.call_confirm(&order).await.unwrap_or(false)
}

struct Service;

impl DeskService for Service {
    async fn place_order(&self, _: &DeskPeer, order: Order) -> Result<u64, OrderError> {
        place(order).await
    }
    async fn touch(&self, _: &DeskPeer) {}
    async fn ask_back(&self, peer: &DeskPeer, order: Order) -> bool {
        ask_back(peer.clone(), order).await
    }
    async fn nobody(&self, _: &DeskPeer) -> u8 {
        7
    }
    async fn count(&self, _: &DeskPeer, number: u64) -> u64 {
        number
    }
}

async fn listen(server: &DeskServer) -> std::net::SocketAddr {
    serve(server.untyped()).await
}

async fn serve(server: &Server) -> std::net::SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let server = server.clone();
    tokio::spawn(async move {
        server.serve(listener, |_| async { Ok(Identity::anonymous()) }).await;
    });
    address
}

async fn connected(server: &DeskServer, sessions: Sessions) -> DeskClient {
    let url = format!("ws://{}/", listen(server).await);
    let desk = DeskClient::builder(url).sessions(sessions).build().expect("a client");
    desk.connect().await.expect("connected");
    desk
}

fn builder(sessions: Sessions) -> DeskServerBuilder {
    DeskServer::builder().settings(move |settings| match sessions {
        Sessions::Off => settings,
        _ => settings.sessions(Kept::default()),
    })
}

#[tokio::test]
async fn both_sides_call_and_answer() {
    for sessions in [Sessions::Off, Sessions::Require] {
        let server = builder(sessions)
            .on_place_order(|_: DeskPeer, order| place(order))
            .on_touch(|_| ())
            .on_ask_back(ask_back)
            .build()
            .expect("a server");
        let desk = connected(&server, sessions).await;
        desk.on_confirm(|order| async move {
            if order.count == 0 { Err(OrderError::SoldOut) } else { Ok(true) }
        });
        let all = async {
            assert_eq!(desk.call_place_order(&tea(2)).await.expect("placed"), 4);
            let refused = desk.call_place_order(&tea(0)).await.expect_err("an error");
            assert_eq!(refused.into_refused(), Some(OrderError::SoldOut));
            let panicked = desk.call_place_order(&tea(13)).await.expect_err("an error");
            assert!(matches!(panicked, CallError::Peer { code: ErrorCode::Panicked, .. }));
            desk.call_touch().await.expect("touched");
            assert!(desk.call_ask_back(&tea(1)).await.expect("asked"));
            assert!(!desk.call_ask_back(&tea(0)).await.expect("asked"));
            let unhandled = desk.call_nobody().await.expect_err("an error");
            assert!(matches!(unhandled, CallError::Peer { code: ErrorCode::Unhandled, .. }));
            assert_eq!(unhandled.ran(), Ran::No);
            let untyped = desk.untyped();
            let unknown = untyped.call::<u8, u8>("newer", &1).await.expect_err("an error");
            assert!(matches!(unknown, CallError::Peer { code: ErrorCode::Unknown, .. }));
            let wrong = untyped.call::<u64, u8>("place-order", &"x").await.expect_err("an error");
            assert!(matches!(wrong, CallError::Peer { code: ErrorCode::Payload, .. }), "{wrong}");
            // The server calls by itself.
            let peers = server.untyped().everyone().peers();
            let peer = peers.first().expect("a peer");
            let confirmed = peer.call::<bool, OrderError>("confirm", &tea(1)).await;
            assert!(confirmed.expect("confirmed"));
            let unhandled = peer.call::<u8, u8>("measure", &()).await.expect_err("an error");
            assert_eq!(unhandled.ran(), Ran::No);
            let slow = peer.call::<bool, OrderError>("confirm", &tea(1));
            drop(slow);
        };
        timeout(LONG, all).await.expect("in time");
        desk.disconnect().await;
    }
}

#[derive(Debug, Contract)]
#[contract(server)]
enum Bulk {
    #[message(from = "client", reply = String)]
    Fetch(usize),
    #[message(from = "server", reply = String)]
    Push(usize),
}

/// It isn't lost, and nothing has panicked.
#[tokio::test]
async fn an_answer_that_is_too_large_says_so_and_that_the_handler_ran() {
    let (reported, mut reports) = tokio::sync::mpsc::unbounded_channel();
    let server = BulkServer::builder()
        .settings(|settings| settings.queue_bytes(1_000))
        .on_fetch(|_, size| "x".repeat(size))
        .errors(move |_, error| drop(reported.send(error.to_string())))
        .build()
        .expect("a server");
    let url = format!("ws://{}/", serve(server.untyped()).await);
    let client =
        BulkClient::builder(url).max_outgoing_message_size(1_000).build().expect("a client");
    client.on_push(|size| "x".repeat(size));
    client.connect().await.expect("connected");
    assert_eq!(client.call_fetch(&3).await.expect("small"), "xxx");
    let error = client.call_fetch(&5_000).await.expect_err("large");
    let text = "the handler ran, and its answer is too large to be sent";
    assert_eq!(
        error.to_string(),
        format!("the other side can't answer the call (panicked): {text}")
    );
    assert_eq!(error.ran(), Ran::Yes);
    let reported = timeout(LONG, reports.recv()).await.expect("in time").expect("a report");
    assert!(reported.contains("the answer is too large"), "{reported}");
    let peer = server.untyped().peers().pop().expect("a peer");
    let call = peer.call::<String, ()>("push", &5_000).timeout(LONG);
    let error = call.await.expect_err("large");
    assert!(error.to_string().contains(text) && error.ran() == Ran::Yes, "{error}");
    client.disconnect().await;
}

#[tokio::test]
async fn the_service_answers() {
    let server = builder(Sessions::Off).service(Service).build().expect("a server");
    let desk = connected(&server, Sessions::Off).await;
    desk.on_confirm(|_| Ok(true));
    let all = async {
        assert_eq!(desk.call_place_order(&tea(3)).await.expect("placed"), 6);
        desk.call_touch().await.expect("touched");
        assert!(desk.call_ask_back(&tea(1)).await.expect("asked"));
        assert_eq!(desk.call_nobody().await.expect("answered"), 7);
    };
    timeout(LONG, all).await.expect("in time");
}

#[tokio::test]
async fn a_call_to_a_peer_ends_with_the_peer() {
    let (found, mut peers) = tokio::sync::mpsc::unbounded_channel();
    let server = builder(Sessions::Off)
        .connected(move |peer: DeskPeer| drop(found.send(peer)))
        .build()
        .expect("a server");
    let desk = connected(&server, Sessions::Off).await;
    desk.on_measure(std::future::pending::<u8>);
    let peer = super::next(&mut peers).await;
    let late = peer.call_measure().timeout(Duration::from_millis(50)).await.expect_err("an error");
    assert!(matches!(late, ServerError::Timeout { ran: Ran::Maybe, .. }), "{late}");
    let call = tokio::spawn(peer.call_measure());
    while peer.untyped().stats().written < 2 {
        tokio::task::yield_now().await;
    }
    desk.disconnect().await;
    let lost =
        timeout(LONG, call).await.expect("in time").expect("no panic").expect_err("an error");
    assert!(matches!(lost, ServerError::Unknown), "{lost}");
    let gone = peer.call_measure().await.expect_err("an error");
    assert!(matches!(gone, ServerError::NotSent(_)) && gone.ran() == Ran::No, "{gone}");
}

/// Cuts each connection after some bytes. Returns its address, and counts the cuts.
async fn cutting_proxy(
    server: std::net::SocketAddr,
    cuts: Arc<std::sync::atomic::AtomicU64>,
) -> std::net::SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move {
        // A small generator: the places of the cuts are the same in each run.
        let mut seed = 7_u64;
        while let Ok((mut client, _)) = listener.accept().await {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let mut left = usize::try_from((seed >> 33) % 2_000).expect("small") + 400;
            let cuts = Arc::clone(&cuts);
            tokio::spawn(async move {
                let Ok(mut upstream) = TcpStream::connect(server).await else { return };
                // Otherwise each frame waits for an acknowledgement of the one before.
                let _ = (client.set_nodelay(true), upstream.set_nodelay(true));
                let (mut up, mut down) = ([0; 64], [0; 64]);
                while left > 0 {
                    let (from_client, read) = tokio::select! {
                        read = client.read(&mut up) => (true, read.unwrap_or(0)),
                        read = upstream.read(&mut down) => (false, read.unwrap_or(0)),
                    };
                    if read == 0 {
                        return;
                    }
                    let passed = read.min(left);
                    left -= passed;
                    let written = if from_client {
                        upstream.write_all(&up[..passed]).await
                    } else {
                        client.write_all(&down[..passed]).await
                    };
                    if written.is_err() {
                        return;
                    }
                }
                cuts.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            });
        }
    });
    address
}

/// Makes calls over connections that are cut at any byte, and compares what the callers learn with what ran.
#[expect(clippy::too_many_lines, reason = "one story, from the cuts to what they did")]
async fn survive(cuts: u64, sessions: Sessions) {
    let ran = Arc::new(Mutex::new(HashMap::<u64, u32>::new()));
    let counted = Arc::clone(&ran);
    let server = builder(sessions)
        .on_count(move |_: DeskPeer, number| {
            *counted.lock().expect("no panic").entry(number).or_default() += 1;
            async move {
                tokio::task::yield_now().await;
                number
            }
        })
        .build()
        .expect("a server");
    let made = Arc::new(std::sync::atomic::AtomicU64::new(0));
    let proxy = cutting_proxy(listen(&server).await, Arc::clone(&made)).await;
    let desk = DeskClient::builder(format!("ws://{proxy}/"))
        .sessions(sessions)
        .max_reconnect_attempts(None)
        .retry_first_connect(true)
        .reconnect_interval(Duration::from_millis(1))
        .min_uptime(Duration::ZERO)
        .build()
        .expect("a client");
    desk.connect().await.expect("connected");
    let tasks: Vec<_> = (0..4_u64)
        .map(|caller| {
            let (desk, made) = (desk.clone(), Arc::clone(&made));
            tokio::spawn(async move {
                let mut outcomes = Vec::new();
                let mut number = caller << 32;
                while made.load(std::sync::atomic::Ordering::Relaxed) < cuts {
                    number += 1;
                    outcomes.push((number, desk.call_count(&number).await));
                }
                outcomes
            })
        })
        .collect();
    let (mut replies, mut unknown) = (0_u64, 0_u64);
    for task in tasks {
        for (number, outcome) in timeout(LONG * 6, task).await.expect("in time").expect("no panic")
        {
            let runs = ran.lock().expect("no panic").get(&number).copied().unwrap_or(0);
            assert!(runs <= 1, "{number} ran {runs} times");
            match outcome {
                Ok(reply) => {
                    replies += 1;
                    assert_eq!((reply, runs), (number, 1));
                }
                Err(error) => {
                    unknown += 1;
                    assert!(sessions == Sessions::Off, "a session goes on: {error}");
                    match error.ran() {
                        Ran::No => assert_eq!(runs, 0, "{error}"),
                        Ran::Yes => assert_eq!(runs, 1, "{error}"),
                        Ran::Maybe => {}
                    }
                }
            }
        }
    }
    assert!(replies > cuts / 4, "{replies} replies, {unknown} unknown");
    let stats = desk.stats();
    assert_eq!((stats.calls_in_flight, stats.late_answers), (0, 0));
    desk.disconnect().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_call_runs_twice_over_a_thousand_cuts() {
    survive(1_000, Sessions::Off).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_call_is_answered_over_cuts_of_a_session() {
    survive(300, Sessions::Require).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes minutes"]
async fn no_call_runs_twice_over_thousands_of_cuts() {
    survive(10_000, Sessions::Off).await;
    survive(10_000, Sessions::Require).await;
}
