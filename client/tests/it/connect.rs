//! Connecting, and every fault of it: cases 1 to 16 of the list of faults, except
//! those of TLS.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use tokio::{
    io::AsyncReadExt,
    net::{TcpListener, TcpStream},
};
use wirebond_client::{Client, ConnectErrorKind, ReconnectDecision, State, Unauthorized};

use crate::support::{millis, peer, reaches, secs, so_far, took};

/// A first `connect()` against a peer that answers with these bytes and then says nothing more.
async fn answered(bytes: &'static [u8]) -> (wirebond_client::ConnectError, State, Vec<String>) {
    let (mut peer, builder) = peer();
    let client = builder.build().unwrap();
    let mut events = client.events();
    let connecting = tokio::spawn({
        let client = client.clone();
        async move { client.connect().await }
    });
    let mut wire = peer.accept().await;
    wire.request().await;
    wire.raw(bytes).await;
    let error = connecting.await.unwrap().expect_err("no upgrade");
    (error, client.state(), so_far(&mut events).await)
}

#[tokio::test]
async fn case_01_a_name_that_is_not_found_is_an_error_of_the_first_try() {
    let client = Client::builder("ws://no-such-host.invalid/").build().unwrap();
    let error = client.connect().await.expect_err("no host");
    assert_eq!(*error.kind(), ConnectErrorKind::Io, "{error}");
    assert_eq!(client.state(), State::Idle);
}

#[tokio::test]
async fn case_02_nobody_listens() {
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let client = Client::builder(format!("ws://{free}/")).build().unwrap();
    let error = client.connect().await.expect_err("nobody listens");
    assert_eq!(*error.kind(), ConnectErrorKind::Io, "{error}");
    assert_eq!(client.state(), State::Idle);
}

#[tokio::test(start_paused = true)]
async fn case_03_no_answer_to_a_syn_is_a_timeout() {
    let client = Client::builder("ws://peer.test/")
        .connector(|_| std::future::pending::<std::io::Result<TcpStream>>())
        .build()
        .unwrap();
    let (result, time) = took(client.connect()).await;
    assert_eq!(*result.expect_err("nothing comes").kind(), ConnectErrorKind::Timeout);
    assert_eq!(time, secs(10));
    assert_eq!(client.state(), State::Idle);
}

#[tokio::test(start_paused = true)]
async fn case_04_silence_after_tcp_is_a_timeout() {
    let (mut peer, builder) = peer();
    let client = builder.connect_timeout(secs(3)).build().unwrap();
    let accepted = tokio::spawn(async move { peer.accept().await });
    let (result, time) = took(client.connect()).await;
    assert_eq!(*result.expect_err("nothing comes").kind(), ConnectErrorKind::Timeout);
    assert_eq!(time, secs(3));
    drop(accepted.await.unwrap());
}

#[tokio::test(start_paused = true)]
async fn case_04_half_an_answer_is_a_timeout() {
    let (error, state, _) = answered(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: webs").await;
    assert_eq!(*error.kind(), ConnectErrorKind::Timeout);
    assert_eq!(state, State::Idle);
}

/// Cases 7 to 11, 13 and 15: what is answered, what kind of error that is, and whether a later try
/// might go better.
#[tokio::test(start_paused = true)]
async fn cases_07_to_15_answers_that_are_no_upgrade() {
    use ConnectErrorKind::{Handshake, Http, Timeout, Unauthorized};
    let table: &[(u8, &'static [u8], ConnectErrorKind, State)] = &[
        (7, b"HTTP/1.1 401 No\r\n\r\n", Unauthorized, State::Closed),
        (7, b"HTTP/1.1 403 No\r\n\r\n", Unauthorized, State::Closed),
        // An interim answer alone is no answer.
        (8, b"HTTP/1.1 100 Continue\r\n\r\n", Timeout, State::Idle),
        (8, b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", Http { status: 200 }, State::Closed),
        (8, b"HTTP/1.1 400 Bad\r\n\r\n", Http { status: 400 }, State::Closed),
        (8, b"HTTP/1.1 407 Proxy\r\n\r\n", Http { status: 407 }, State::Closed),
        (8, b"HTTP/1.1 410 Gone\r\n\r\n", Http { status: 410 }, State::Closed),
        (8, b"HTTP/1.1 426 Upgrade\r\n\r\n", Http { status: 426 }, State::Closed),
        (8, b"HTTP/1.1 404 Not Found\r\n\r\n", Http { status: 404 }, State::Idle),
        (9, b"HTTP/1.1 429 Slow\r\nRetry-After: 7\r\n\r\n", Http { status: 429 }, State::Idle),
        (9, b"HTTP/1.1 503 Busy\r\n\r\n", Http { status: 503 }, State::Idle),
        (9, b"HTTP/1.0 503 Busy\r\n\r\n", Http { status: 503 }, State::Idle),
        (10, b"HTTP/1.1 408 Late\r\n\r\n", Http { status: 408 }, State::Idle),
        (10, b"HTTP/1.1 500 Oops\r\n\r\n", Http { status: 500 }, State::Idle),
        (
            11,
            b"HTTP/1.1 302 Found\r\nLocation: wss://u:pw@other.test/ws?token=s3cret\r\n\r\n",
            Http { status: 302 },
            State::Closed,
        ),
        (
            12,
            b"HTTP/1.1 101 OK\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
            Handshake,
            State::Closed,
        ),
        (
            12,
            b"HTTP/1.1 101 OK\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
              Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n",
            Handshake,
            State::Closed,
        ),
        (12, b"HTTP/1.1 101 OK\r\nConnection: Upgrade\r\n\r\n", Handshake, State::Closed),
        (12, b"HTTP/1.1 101 OK\r\nUpgrade: websocket\r\n\r\n", Handshake, State::Closed),
        (
            12,
            b"HTTP/1.0 101 OK\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
            Handshake,
            State::Closed,
        ),
        (15, b"220 mail.example.com ESMTP\r\n", Handshake, State::Closed),
        (15, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", Handshake, State::Closed),
        (15, b"\0\0\0\0\0\0\0\0", Handshake, State::Closed),
    ];
    for (case, bytes, kind, state) in table {
        let (error, reached, events) = answered(bytes).await;
        let label = format!("case {case}: {:?} gives {error}", String::from_utf8_lossy(bytes));
        assert_eq!((error.kind(), reached), (kind, *state), "{label}");
        let close = events.iter().filter(|event| event.starts_with("close")).count();
        assert_eq!(close, usize::from(*state == State::Closed), "{label}: {events:?}");
        assert!(events[0].starts_with("error"), "{label}: {events:?}");
        assert!(!error.to_string().contains("s3cret"), "{label}");
        assert!(!error.to_string().contains("u:pw"), "{label}");
    }
}

#[tokio::test(start_paused = true)]
async fn case_11_a_redirect_names_the_place() {
    let (error, ..) =
        answered(b"HTTP/1.1 301 Moved\r\nLocation: wss://other.test/ws\r\n\r\n").await;
    assert!(error.to_string().contains("wss://other.test"), "{error}");
    let location = error.response().and_then(|response| response.header("Location"));
    assert_eq!(location, Some("wss://other.test/ws"), "the whole of it is in the answer");
}

#[tokio::test(start_paused = true)]
async fn case_13_an_extension_that_was_not_offered_is_refused() {
    let (mut peer, builder) = peer();
    let client = builder.build().unwrap();
    let refused = tokio::join!(client.connect(), async {
        let mut wire = peer.accept().await;
        wire.upgrade_with("Sec-WebSocket-Extensions: permessage-deflate\r\n").await;
        wire
    });
    let error = refused.0.expect_err("it was not offered");
    assert_eq!(*error.kind(), ConnectErrorKind::Handshake);
    assert!(error.to_string().contains("extension"), "{error}");
    assert_eq!(client.state(), State::Closed);
}

#[tokio::test(start_paused = true)]
async fn case_14_headers_without_end_are_an_error_in_bounded_memory() {
    let (mut peer, builder) = peer();
    let client = builder.build().unwrap();
    let flood = tokio::spawn(async move {
        let mut wire = peer.accept().await;
        wire.request().await;
        wire.raw(b"HTTP/1.1 101 Switching Protocols\r\n").await;
        let line = format!("X-More: {}\r\n", "a".repeat(1_000));
        let mut sent = 0;
        while tokio::io::AsyncWriteExt::write_all(&mut wire.stream, line.as_bytes()).await.is_ok() {
            sent += line.len();
            assert!(sent < 1 << 20, "the client goes on reading");
            tokio::task::yield_now().await;
        }
    });
    let error = client.connect().await.expect_err("no end");
    assert_eq!(*error.kind(), ConnectErrorKind::Handshake, "{error}");
    flood.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_handshake_that_ends_early_may_go_better_later() {
    let (error, state, _) = answered(b"").await;
    assert_eq!((*error.kind(), state), (ConnectErrorKind::Timeout, State::Idle));
    let (mut peer, builder) = peer();
    let client = builder.build().unwrap();
    let (result, ()) = tokio::join!(client.connect(), async { drop(peer.accept().await) });
    assert_eq!(*result.expect_err("hung up").kind(), ConnectErrorKind::Io);
    assert_eq!(client.state(), State::Idle);
}

/// The delay before the second attempt, given the answer to the first.
async fn delay_after(answer: &str) -> Duration {
    let (mut peer, builder) = peer();
    let client = builder.retry_first_connect(true).build().unwrap();
    let connecting = tokio::spawn(async move { client.connect().await });
    let mut wire = peer.accept().await;
    wire.request().await;
    wire.raw(answer.as_bytes()).await;
    let ((), time) = took(async { peer.accept().await.upgrade().await }).await;
    connecting.await.unwrap().unwrap();
    time
}

#[tokio::test(start_paused = true)]
async fn case_09_retry_after_is_heeded_and_capped() {
    let fixed = millis(4_000)..=millis(6_001);
    assert!(fixed.contains(&delay_after("HTTP/1.1 503 Busy\r\n\r\n").await));
    assert!(fixed.contains(&delay_after("HTTP/1.1 503 Busy\r\nRetry-After: 1\r\n\r\n").await));
    let minute = delay_after("HTTP/1.1 429 Slow\r\nRetry-After: 60\r\n\r\n").await;
    assert!((secs(60)..secs(61)).contains(&minute), "{minute:?}");
    let capped = "HTTP/1.1 503 Busy\r\nRetry-After: 99999999999999999999\r\n\r\n";
    let capped = delay_after(capped).await;
    assert!((secs(300)..secs(301)).contains(&capped), "{capped:?}");
    // A date is compared to the wall clock, which paused time doesn't stop.
    let date = std::time::SystemTime::now() + secs(120);
    let dated =
        format!("HTTP/1.1 503 Busy\r\nRetry-After: {}\r\n\r\n", httpdate::fmt_http_date(date));
    let dated = delay_after(&dated).await;
    assert!((secs(110)..secs(121)).contains(&dated), "{dated:?}");
    let past = "HTTP/1.1 503 Busy\r\nRetry-After: Sun, 06 Nov 1994 08:49:37 GMT\r\n\r\n";
    assert!(fixed.contains(&delay_after(past).await));
}

#[tokio::test(start_paused = true)]
async fn case_16_a_provider_that_fails_is_a_failed_attempt() {
    let asked = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&asked);
    let (mut peer, builder) = crate::support::peer_of(move || {
        let count = counted.fetch_add(1, Ordering::Relaxed);
        async move {
            match count {
                0 => Err("the directory is down".to_owned()),
                1 => panic!("a bug in the provider"),
                _ => Ok("ws://peer.test/".to_owned()),
            }
        }
    });
    let client = builder.retry_first_connect(true).build().unwrap();
    let mut events = client.events();
    let (connected, wire) = tokio::join!(client.connect(), peer.open());
    connected.unwrap();
    let events = so_far(&mut events).await;
    assert_eq!(
        events,
        [
            "error Connect(Provider)",
            "reconnect 1",
            "error Connect(Provider)",
            "reconnect 2",
            "open"
        ]
    );
    assert_eq!(asked.load(Ordering::Relaxed), 3, "once for every attempt");
    drop(wire);
}

#[tokio::test(start_paused = true)]
async fn case_16_a_provider_that_says_unauthorized_ends_it() {
    let client = Client::builder(|| async {
        Err::<String, _>(Unauthorized::new("the session has expired"))
    })
    .retry_first_connect(true)
    .build()
    .unwrap();
    let error = client.connect().await.expect_err("no way in");
    assert_eq!(*error.kind(), ConnectErrorKind::Unauthorized);
    assert!(error.to_string().contains("the session has expired"), "{error}");
    assert_eq!(client.state(), State::Closed);
}

#[tokio::test(start_paused = true)]
async fn a_provider_that_hangs_meets_the_deadline() {
    let client = Client::builder(std::future::pending::<Result<String, String>>)
        .connect_timeout(secs(2))
        .build()
        .unwrap();
    let (result, time) = took(client.connect()).await;
    assert_eq!((*result.unwrap_err().kind(), time), (ConnectErrorKind::Timeout, secs(2)));
}

#[tokio::test(start_paused = true)]
async fn case_07_fresh_credentials_get_one_more_try() {
    let (mut peer, builder) = peer();
    let asked = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&asked);
    let client = builder
        .headers(move |attempt: wirebond_client::Attempt| {
            let count = counted.fetch_add(1, Ordering::Relaxed);
            async move {
                assert_eq!(attempt.refused, count > 0, "the provider knows");
                let token = format!("Bearer token-{count}");
                Ok::<_, String>(vec![("Authorization".to_owned(), token)])
            }
        })
        .retry_first_connect(true)
        .build()
        .unwrap();
    let connecting = tokio::spawn({
        let client = client.clone();
        async move { client.connect().await }
    });
    for count in 0..2 {
        let mut wire = peer.accept().await;
        let request = wire.request().await.to_lowercase();
        assert!(request.contains(&format!("authorization: bearer token-{count}")), "{request}");
        wire.raw(b"HTTP/1.1 401 No\r\n\r\n").await;
    }
    let error = connecting.await.unwrap().expect_err("refused twice");
    assert_eq!(*error.kind(), ConnectErrorKind::Unauthorized);
    assert_eq!(client.state(), State::Closed);
    peer.expect_none_for(secs(3_600)).await;
}

#[tokio::test(start_paused = true)]
async fn subprotocols_are_offered_and_must_be_confirmed() {
    let (mut peer, builder) = peer();
    let client = builder.subprotocols(["v2.chat", "v1.chat"]).build().unwrap();
    let (connected, wire) = tokio::join!(client.connect(), async {
        let mut wire = peer.accept().await;
        wire.upgrade_with("Sec-WebSocket-Protocol: v1.chat\r\n").await;
        wire
    });
    connected.unwrap();
    assert_eq!(client.subprotocol().as_deref(), Some("v1.chat"));
    drop(wire);

    for headers in ["", "Sec-WebSocket-Protocol: v9.chat\r\n"] {
        let (mut peer, builder) = crate::support::peer();
        let client = builder.subprotocols(["v2.chat"]).build().unwrap();
        let (result, ()) = tokio::join!(client.connect(), async {
            peer.accept().await.upgrade_with(headers).await;
        });
        assert_eq!(*result.unwrap_err().kind(), ConnectErrorKind::Subprotocol, "{headers:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_policy_overrides_the_default_decision() {
    let (mut peer, builder) = peer();
    let client = builder
        .reconnect_policy(|gone| match gone.status {
            Some(410) => {
                assert_eq!(gone.header("x-why"), Some("moving"));
                assert_eq!(gone.decision, ReconnectDecision::Stop);
                ReconnectDecision::RetryAfter(secs(42))
            }
            _ => ReconnectDecision::Stop,
        })
        .retry_first_connect(true)
        .build()
        .unwrap();
    let connecting = tokio::spawn({
        let client = client.clone();
        async move { client.connect().await }
    });
    let mut wire = peer.accept().await;
    wire.request().await;
    wire.raw(b"HTTP/1.1 410 Gone\r\nX-Why: moving\r\n\r\n").await;
    let (mut wire, time) = took(peer.accept()).await;
    assert_eq!(time, secs(42));
    wire.request().await;
    wire.raw(b"HTTP/1.1 503 Busy\r\n\r\n").await;
    assert!(connecting.await.unwrap().is_err());
    reaches(&client, State::Closed).await;
}

#[tokio::test]
async fn the_request_is_what_rfc_6455_requires() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let client = Client::builder(format!("ws://us%20er:p%40ss@{address}/ws?room=1"))
        .header("Cookie", "session=1")
        .build()
        .unwrap();
    let connecting = tokio::spawn(async move { client.connect().await });
    let (mut stream, _) = listener.accept().await.unwrap();
    let mut request = vec![0; 2_048];
    let count = stream.read(&mut request).await.unwrap();
    let request = String::from_utf8_lossy(&request[..count]).into_owned();
    assert!(request.starts_with("GET /ws?room=1 HTTP/1.1\r\n"), "{request}");
    let lower = request.to_lowercase();
    for line in [
        &format!("host: {address}"),
        "upgrade: websocket",
        "connection: upgrade",
        "sec-websocket-version: 13",
        "sec-websocket-key: ",
        "cookie: session=1",
        "authorization: basic dxmgzxi6cebzcw==",
    ] {
        assert!(lower.contains(&format!("\r\n{line}")), "{line} in {request}");
    }
    drop(stream);
    assert!(connecting.await.unwrap().is_err());
}
