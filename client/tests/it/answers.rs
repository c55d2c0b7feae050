//! Answers of what stands between the client and its server: interim answers, captive portals,
//! maintenance pages. Cases 64, 65 and 72 of the list of faults.

use tokio::io::DuplexStream;
use wirebond_client::{Client, ClosedBy, ConnectError, ConnectErrorKind, Event, State};

use crate::support::{millis, open, peer, reaches, secs, so_far, upgrade};

/// Connects to a peer that sends these interim answers before the upgrade, in pieces of this size.
async fn with_interim(interim: &[u8], piece: usize) -> (Result<(), ConnectError>, Client) {
    let (mut peer, builder) = peer();
    let client = builder.build().unwrap();
    let (result, wire) = tokio::join!(client.connect(), async {
        let mut wire = peer.accept().await;
        let request = wire.request().await;
        for part in
            [interim, upgrade::answer(&request, "").unwrap().as_bytes()].concat().chunks(piece)
        {
            wire.raw(part).await;
            tokio::task::yield_now().await;
        }
        wire
    });
    drop(wire);
    (result, client)
}

#[tokio::test(start_paused = true)]
async fn case_65_interim_answers_are_read_and_skipped() {
    let hints = b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\nLink: </b.js>\r\n\r\n";
    let all =
        [b"HTTP/1.1 100 Continue\r\n\r\n".as_slice(), b"HTTP/1.1 102 Processing\r\n\r\n", hints]
            .concat();
    for interim in [
        b"HTTP/1.1 100 Continue\r\n\r\n".as_slice(),
        b"HTTP/1.1 102 Processing\r\n\r\n",
        b"HTTP/1.1 104 Upload Resumption Supported\r\n\r\n",
        b"HTTP/1.1 199 Whatever\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
        hints,
        &all,
        &hints.repeat(100),
    ] {
        for piece in [1, 7, 100_000] {
            let (result, client) = with_interim(interim, piece).await;
            let label = format!("{:?} by {piece}", String::from_utf8_lossy(interim));
            result.unwrap_or_else(|error| panic!("{label}: {error}"));
            assert_eq!(client.stats().connections, 1, "{label}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn case_65_interim_answers_without_end_are_an_error_in_bounded_memory() {
    for (line, kind) in [
        // The size limit ends a flood; the deadline ends a trickle.
        (
            b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n".as_slice(),
            ConnectErrorKind::Handshake,
        ),
        (b"HTTP/1.1 100 Continue\r\n\r\n", ConnectErrorKind::Timeout),
    ] {
        let (mut peer, builder) = peer();
        let client = builder.build().unwrap();
        let flood = tokio::spawn(async move {
            let mut wire = peer.accept().await;
            wire.request().await;
            for _ in 0..10_000 {
                wire.raw(line).await;
                if kind == ConnectErrorKind::Timeout {
                    tokio::time::sleep(secs(1)).await;
                }
            }
        });
        let error = client.connect().await.expect_err("no end");
        assert_eq!(*error.kind(), kind, "{error}");
        flood.abort();
    }
}

#[tokio::test(start_paused = true)]
async fn case_65_what_follows_an_interim_answer_is_judged_by_itself() {
    use ConnectErrorKind::{Handshake, Http, Io};
    for (answer, kind) in [
        (b"HTTP/1.1 103 Hints\r\n\r\nHTTP/1.1 410 Gone\r\n\r\n".as_slice(), Http { status: 410 }),
        (b"HTTP/1.1 103 Hints\r\n\r\nHTTP/1.1 101 OK\r\n\r\n", Handshake),
        (b"HTTP/1.1 103 Hints\r\n\r\nSSH-2.0-OpenSSH\r\n", Handshake),
        (b"HTTP/1.1 103 Hints\r\n\r\n", Io),
    ] {
        let (mut peer, builder) = peer();
        let client = builder.build().unwrap();
        let (result, ()) = tokio::join!(client.connect(), async {
            let mut wire = peer.accept().await;
            wire.request().await;
            wire.raw(answer).await;
        });
        let error = result.expect_err("no upgrade");
        assert_eq!(*error.kind(), kind, "{:?}: {error}", String::from_utf8_lossy(answer));
    }
}

/// What a captive portal, a proxy or a balancer may answer in the server's place.
const LIES: &[(&str, ConnectErrorKind)] = &[
    ("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nhtml", ConnectErrorKind::Http { status: 200 }),
    ("HTTP/1.1 204 No Content\r\n\r\n", ConnectErrorKind::Http { status: 204 }),
    (
        "HTTP/1.1 301 Moved\r\nLocation: https://portal/\r\n\r\n",
        ConnectErrorKind::Http { status: 301 },
    ),
    ("HTTP/1.1 302 Found\r\nLocation: /login\r\n\r\n", ConnectErrorKind::Http { status: 302 }),
    ("HTTP/1.1 307 Again\r\n\r\n", ConnectErrorKind::Http { status: 307 }),
    ("HTTP/1.1 400 Bad\r\n\r\n", ConnectErrorKind::Http { status: 400 }),
    ("HTTP/1.1 404 Not Found\r\n\r\n", ConnectErrorKind::Http { status: 404 }),
    ("HTTP/1.1 405 No\r\n\r\n", ConnectErrorKind::Http { status: 405 }),
    ("HTTP/1.1 407 Proxy\r\n\r\n", ConnectErrorKind::Http { status: 407 }),
    ("HTTP/1.1 410 Gone\r\n\r\n", ConnectErrorKind::Http { status: 410 }),
    ("HTTP/1.1 426 Upgrade\r\n\r\n", ConnectErrorKind::Http { status: 426 }),
    ("HTTP/1.1 451 Law\r\n\r\n", ConnectErrorKind::Http { status: 451 }),
    ("HTTP/1.1 511 Portal\r\n\r\n", ConnectErrorKind::Http { status: 511 }),
    ("HTTP/1.1 999 Nonsense\r\n\r\n", ConnectErrorKind::Http { status: 999 }),
    ("<html>please log in</html>\r\n\r\n", ConnectErrorKind::Handshake),
    (
        "HTTP/1.1 101 OK\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n",
        ConnectErrorKind::Handshake,
    ),
];

/// Plays one answer to an attempt.
async fn answer(peer: &mut crate::support::Peer, answer: &str) {
    let mut wire = peer.accept().await;
    wire.request().await;
    wire.raw(answer.as_bytes()).await;
}

#[tokio::test(start_paused = true)]
async fn case_64_a_network_that_lies_between_two_good_connections_is_outlived() {
    for (lie, kind) in LIES {
        let (mut peer, builder) = peer();
        let (client, wire, mut events) = open(builder, &mut peer).await;
        drop(wire);
        for _ in 0..3 {
            answer(&mut peer, lie).await;
        }
        let wire = peer.open().await;
        reaches(&client, State::Open).await;
        let events = so_far(&mut events).await;
        let error = format!("error {:?}", wirebond_client::ErrorKind::Connect(*kind));
        let reported = events.iter().filter(|event| **event == error).count();
        assert_eq!(reported, 3, "reported as what it is: {lie:?}: {events:?}");
        drop(wire);
    }
}

/// Counts over the client's whole lifetime, across calls of `connect()`.
#[tokio::test(start_paused = true)]
async fn case_64_what_was_once_open_is_remembered() {
    let (mut peer, builder) = peer();
    let (client, wire, _events) = open(builder, &mut peer).await;
    tokio::spawn(wire.serve());
    client.disconnect().await;
    let connect = |client: &Client| {
        let client = client.clone();
        tokio::spawn(async move { client.connect().await })
    };
    let connecting = connect(&client);
    answer(&mut peer, LIES[0].0).await;
    let error = connecting.await.unwrap().expect_err("a portal");
    assert_eq!(*error.kind(), ConnectErrorKind::Http { status: 200 });
    assert_eq!(client.state(), State::Closed, "as before this connect()");

    // Before the first connection, an answer that isn't temporary ends `connect()`.
    for (lie, kind) in LIES {
        let (mut peer, builder) = crate::support::peer();
        let client = builder.retry_first_connect(true).build().unwrap();
        let connecting = connect(&client);
        answer(&mut peer, lie).await;
        let passing = matches!(
            kind,
            ConnectErrorKind::Http { status: 404 | 500..=599 } | ConnectErrorKind::Io
        );
        if passing {
            drop(peer.open().await);
            connecting.await.unwrap().unwrap();
        } else {
            let error = connecting.await.unwrap().expect_err(lie);
            assert_eq!((error.kind(), client.state()), (kind, State::Closed), "{lie:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn case_64_a_missing_subprotocol_in_an_outage_is_a_failed_attempt() {
    let (mut peer, builder) = peer();
    let client = builder.subprotocols(["v1"]).build().unwrap();
    let (connected, wire) = tokio::join!(client.connect(), async {
        let mut wire = peer.accept().await;
        wire.upgrade_with("Sec-WebSocket-Protocol: v1\r\n").await;
        wire
    });
    connected.unwrap();
    drop(wire);
    for headers in ["", "Sec-WebSocket-Protocol: v2\r\n", "Sec-WebSocket-Extensions: x\r\n"] {
        peer.accept().await.upgrade_with(headers).await;
    }
    let mut wire = peer.accept().await;
    wire.upgrade_with("Sec-WebSocket-Protocol: v1\r\n").await;
    reaches(&client, State::Open).await;
}

#[tokio::test(start_paused = true)]
async fn case_64_refused_credentials_stay_terminal() {
    for status in ["401 No", "403 No"] {
        let (mut peer, builder) = peer();
        let (client, wire, _events) = open(builder, &mut peer).await;
        drop(wire);
        answer(&mut peer, &format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n")).await;
        reaches(&client, State::Closed).await;
        peer.expect_none_for(secs(3_600)).await;
    }
}

/// Opens and closes, in order, and what each says.
async fn ends(events: &mut wirebond_client::Events) -> (usize, Vec<wirebond_client::CloseInfo>) {
    let (mut opens, mut closes) = (0, Vec::new());
    while let Ok(Some(event)) = tokio::time::timeout(millis(1), events.next()).await {
        match event {
            Event::Open => {
                assert_eq!(opens, closes.len(), "one at a time");
                opens += 1;
            }
            Event::Close(info) => closes.push(info),
            _ => {}
        }
    }
    (opens, closes)
}

#[allow(clippy::too_many_lines, reason = "a table of scenarios")]
#[tokio::test(start_paused = true)]
async fn case_72_one_open_has_one_close() {
    type Play = fn(crate::support::Wire<DuplexStream>, crate::support::Peer) -> futures::Play;
    let plays: [(&str, Play, State, usize, Option<ClosedBy>); 6] = [
        (
            "a cut and a refusal",
            |wire, mut peer| {
                Box::pin(async move {
                    drop(wire);
                    answer(&mut peer, "HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n").await;
                    peer
                })
            },
            State::Closed,
            1,
            Some(ClosedBy::Network),
        ),
        (
            "a Close and a refusal",
            |mut wire, mut peer| {
                Box::pin(async move {
                    wire.close(4000, "later").await;
                    drop(wire);
                    answer(&mut peer, "HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n").await;
                    peer
                })
            },
            State::Closed,
            1,
            Some(ClosedBy::Server),
        ),
        (
            "a final Close",
            |mut wire, peer| {
                Box::pin(async move {
                    wire.close(4404, "gone").await;
                    peer
                })
            },
            State::Closed,
            1,
            Some(ClosedBy::Server),
        ),
        (
            "attempts exhausted",
            |wire, mut peer| {
                Box::pin(async move {
                    drop(wire);
                    for _ in 0..5 {
                        drop(peer.accept().await);
                    }
                    peer
                })
            },
            State::Failed,
            1,
            Some(ClosedBy::Network),
        ),
        (
            "lies, then exhausted",
            |wire, mut peer| {
                Box::pin(async move {
                    drop(wire);
                    for (lie, _) in &LIES[..5] {
                        answer(&mut peer, lie).await;
                    }
                    peer
                })
            },
            State::Failed,
            1,
            Some(ClosedBy::Network),
        ),
        (
            "a breach, and a refusal",
            |mut wire, mut peer| {
                Box::pin(async move {
                    wire.frame(0x70, b"reserved bits").await;
                    answer(&mut peer, "HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n").await;
                    peer
                })
            },
            State::Closed,
            1,
            Some(ClosedBy::Client),
        ),
    ];
    for (label, play, state, count, by) in plays {
        let (mut peer, builder) = peer();
        let (client, wire, mut events) = open(builder, &mut peer).await;
        let peer = play(wire, peer).await;
        reaches(&client, state).await;
        let (opens, closes) = ends(&mut events).await;
        assert_eq!((opens, closes.len()), (count, count), "{label}: {closes:?}");
        assert_eq!(closes.last().map(|info| info.by), by, "{label}: {closes:?}");
        drop(peer);
    }
}

mod futures {
    /// What a peer does in a scenario.
    pub(crate) type Play = std::pin::Pin<Box<dyn Future<Output = crate::support::Peer>>>;
}

#[tokio::test(start_paused = true)]
async fn case_72_a_close_of_the_servers_during_disconnect_is_the_servers() {
    let (mut peer, builder) = peer();
    let (client, mut wire, mut events) = open(builder, &mut peer).await;
    client.send("chat", &1).await.unwrap();
    let disconnecting = {
        let client = client.clone();
        tokio::spawn(async move { client.disconnect().await })
    };
    assert!(wire.read().await.unwrap().text().contains("chat"));
    // The message isn't confirmed yet, so the client hasn't sent its Close.
    wire.close(4001, "replaced").await;
    disconnecting.await.unwrap();
    let (opens, closes) = ends(&mut events).await;
    let expected = wirebond_client::CloseInfo::new(4001, "replaced", ClosedBy::Server);
    assert_eq!((opens, closes), (1, vec![expected]));
}

#[tokio::test(start_paused = true)]
async fn case_72_a_refusal_before_anything_was_open_says_so() {
    for refusal in [
        "HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 302 Found\r\nLocation: /login\r\nContent-Length: 0\r\n\r\n",
        "nonsense\r\n\r\n",
    ] {
        let (mut peer, builder) = peer();
        let client = builder.build().unwrap();
        let mut events = client.events();
        let (refused, ()) = tokio::join!(client.connect(), answer(&mut peer, refusal));
        refused.unwrap_err();
        assert_eq!(client.state(), State::Closed);
        let (opens, closes) = ends(&mut events).await;
        assert_eq!((opens, closes.len()), (0, 1), "on_close reports the end: {closes:?}");
        let shown = closes[0].to_string();
        assert_ne!(closes[0].by, ClosedBy::Server, "no Close frame came");
        assert!(!shown.contains("1006") && !shown.contains("closed by the server"), "{shown}");
        assert!(!closes[0].clean);
    }
}

#[tokio::test(start_paused = true)]
async fn field_d8_bytes_read_together_with_the_upgrade_are_counted() {
    let (mut peer, builder) = peer();
    let client = builder.build().unwrap();
    let message = crate::support::message("chat", "1");
    let (connected, wire) = tokio::join!(client.connect(), async {
        let mut wire = peer.accept().await;
        let request = wire.request().await;
        wire.raw(&[upgrade::answer(&request, "").unwrap().as_bytes(), &message].concat()).await;
        wire
    });
    connected.unwrap();
    tokio::time::sleep(millis(1)).await;
    let stats = client.stats();
    assert_eq!((stats.received, stats.bytes_received), (1, message.len() as u64));
    drop(wire);
}
