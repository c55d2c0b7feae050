//! What a server sends besides its status: the headers of the 101, and headers and body of an answer that
//! refuses the upgrade.

use std::sync::{Arc, Mutex};

use tokio::io::DuplexStream;
use wirebond_client::{
    Attempt, Client, CloseInfo, ClosedBy, ConnectError, ConnectErrorKind, Disconnect,
    ReconnectDecision, State, UpgradeResponse,
};

use crate::support::{millis, open, peer, reaches, secs, took};

/// What comes after the bytes of an answer.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Then {
    Ends,
    StaysOpen,
}

/// A first `connect()` that is answered with these pieces.
async fn refused(pieces: &[&[u8]], then: Then) -> ConnectError {
    let (mut peer, builder) = peer();
    peer.set_buffer(1 << 20);
    let client = builder.build().unwrap();
    let (result, wire): (_, Option<crate::support::Wire<DuplexStream>>) =
        tokio::join!(client.connect(), async {
            let mut wire = peer.accept().await;
            wire.request().await;
            for piece in pieces {
                wire.raw(piece).await;
                tokio::time::sleep(millis(1)).await;
            }
            (then == Then::StaysOpen).then_some(wire)
        });
    drop(wire);
    result.expect_err("no upgrade")
}

/// The pieces of an answer, what follows, the body that is read of it, and whether that is all.
type Row<'a> = (&'a [&'a [u8]], Then, &'a [u8], bool);

#[allow(clippy::too_many_lines, reason = "a table of answers")]
#[tokio::test(start_paused = true)]
async fn field_a16_the_body_of_a_refusal_is_read_as_it_is_framed() {
    use Then::{Ends, StaysOpen};
    let long = vec![b'x'; 100_000];
    let limit = UpgradeResponse::MAX_BODY;
    let table: &[Row] = &[
        (&[b"HTTP/1.1 403 No\r\nContent-Length: 5\r\n\r\nhello"], StaysOpen, b"hello", true),
        (&[b"HTTP/1.1 403 No\r\nContent-Length: 5\r\n\r\nhe", b"llo"], StaysOpen, b"hello", true),
        (&[b"HTTP/1.1 403 No\r\nContent-Length: 5\r\n\r\nhello and more"], Ends, b"hello", true),
        (&[b"HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n"], StaysOpen, b"", true),
        // Less than was declared: what came.
        (&[b"HTTP/1.1 403 No\r\nContent-Length: 50\r\n\r\nhello"], Ends, b"hello", false),
        (&[b"HTTP/1.1 403 No\r\nContent-Length: 50\r\n\r\nhello"], StaysOpen, b"hello", false),
        // Undeclared: to the end of the stream.
        (&[b"HTTP/1.1 403 No\r\n\r\n", b"hello"], Ends, b"hello", true),
        (&[b"HTTP/1.1 403 No\r\nConnection: close\r\n\r\n", b"he", b"llo"], Ends, b"hello", true),
        (&[b"HTTP/1.0 403 No\r\n\r\nhello"], Ends, b"hello", true),
        (&[b"HTTP/1.1 403 No\r\n\r\n", b"hello"], StaysOpen, b"hello", false),
        (&[b"HTTP/1.1 403 No\r\n\r\n"], StaysOpen, b"", false),
        (&[b"HTTP/1.1 403 No\r\nContent-Length: many\r\n\r\nhello"], Ends, b"hello", true),
        // Chunks.
        (
            &[b"HTTP/1.1 403 No\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2;a=b\r\nlo\r\n0\r\n\r\n"],
            StaysOpen,
            b"hello",
            true,
        ),
        (
            &[b"HTTP/1.1 403 No\r\nTransfer-Encoding: gzip, Chunked\r\n\r\n3\r", b"\nhel\r", b"\n0\r\n"],
            StaysOpen,
            b"hel",
            true,
        ),
        (&[b"HTTP/1.1 403 No\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nhel"], Ends, b"hel", false),
        (&[b"HTTP/1.1 403 No\r\nTransfer-Encoding: chunked\r\n\r\nno size"], StaysOpen, b"", false),
        (
            &[b"HTTP/1.1 403 No\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nhello"],
            StaysOpen,
            b"h",
            false,
        ),
        (
            &[b"HTTP/1.1 403 No\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\nhi"],
            Ends,
            b"hi",
            false,
        ),
        // No more than the bound.
        (&[b"HTTP/1.1 403 No\r\nContent-Length: 100000\r\n\r\n", &long], StaysOpen, &long[..limit], false),
        (&[b"HTTP/1.1 403 No\r\n\r\n", &long], Ends, &long[..limit], false),
        (
            &[b"HTTP/1.1 403 No\r\nTransfer-Encoding: chunked\r\n\r\n186a0\r\n", &long],
            StaysOpen,
            &long[..limit],
            false,
        ),
        (&[b"HTTP/1.1 403 No\r\nContent-Length: 16384\r\n\r\n", &long[..limit]], StaysOpen, &long[..limit], true),
    ];
    for (pieces, then, body, whole) in table {
        let label = String::from_utf8_lossy(pieces[0]).into_owned() + &format!("{then:?}");
        let (error, time) = took(refused(pieces, *then)).await;
        assert_eq!(*error.kind(), ConnectErrorKind::Unauthorized, "{label}: {error}");
        let response = error.response().unwrap_or_else(|| panic!("{label}"));
        assert_eq!(response.status(), 403, "{label}");
        let (read, expected) = (response.body(), *body);
        assert_eq!((read.len(), response.is_body_whole()), (expected.len(), *whole), "{label}");
        assert!(read == expected, "{label}: {:?}", String::from_utf8_lossy(read));
        assert!(time <= millis(510), "{label}: {time:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn field_a16_a_body_never_outlasts_the_deadline_nor_hides_the_status() {
    for timeout in [millis(100), secs(10)] {
        let (mut peer, builder) = peer();
        let client = builder.connect_timeout(timeout).build().unwrap();
        let dripping = tokio::spawn(async move {
            let mut wire = peer.accept().await;
            wire.request().await;
            wire.raw(b"HTTP/1.1 410 Gone\r\nX-Why: moved\r\n\r\n").await;
            loop {
                wire.raw(b"x").await;
                tokio::time::sleep(millis(10)).await;
            }
        });
        let (result, time) = took(client.connect()).await;
        let error = result.unwrap_err();
        assert_eq!(*error.kind(), ConnectErrorKind::Http { status: 410 }, "{error}");
        assert_eq!(error.response().unwrap().header("x-why"), Some("moved"));
        assert!(time <= timeout.min(millis(500)), "{time:?}");
        dripping.abort();
    }
}

#[tokio::test(start_paused = true)]
async fn field_a16_the_upgrades_headers_can_be_read_while_it_is_open() {
    let (mut peer, builder) = peer();
    let client = builder.build().unwrap();
    assert!(client.upgrade_response().is_none());
    for (name, reconnects) in [("a", 0), ("b", 1)] {
        let headers = format!("Set-Cookie: node={name}\r\nSet-Cookie: second=1\r\n");
        let upgraded = async {
            let mut wire = peer.accept().await;
            wire.upgrade_with(&headers).await;
            wire
        };
        let (connected, wire) = tokio::join!(client.connect(), upgraded);
        connected.unwrap();
        let response = client.upgrade_response().expect("it is open");
        assert_eq!(response.status(), 101);
        assert_eq!(response.header("SET-COOKIE"), Some(format!("node={name}").as_str()));
        let cookies = response.headers().filter(|(header, _)| *header == "set-cookie");
        assert_eq!(cookies.count(), 2);
        assert_eq!((response.body(), response.is_body_whole()), (&b""[..], true));
        assert!(!format!("{response:?}").contains("node"), "{response:?}");
        assert_eq!(client.stats().reconnects(), reconnects);
        drop(wire);
        reaches(&client, State::Reconnecting { attempt: 1 + u32::try_from(reconnects).unwrap() })
            .await;
        assert!(client.upgrade_response().is_none(), "as long as it is open");
    }
}

#[tokio::test(start_paused = true)]
async fn field_a16_policies_and_error_handlers_see_the_answer() {
    let (mut peer, builder) = peer();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let (note, received) = (Arc::clone(&seen), Arc::clone(&seen));
    let builder = builder.reconnect_policy(move |gone| {
        if let Some(response) = gone.response() {
            assert_eq!((gone.status, gone.header("x-a")), (Some(503), Some("s3cret")));
            note.lock().unwrap().push(response.body().to_vec());
        }
        assert!(!format!("{gone:?}").contains("s3cret"), "{gone:?}");
        gone.decision
    });
    let (client, wire, _events) = open(builder, &mut peer).await;
    client.on_error(move |error| {
        assert!(!format!("{error} {error:?}").contains("s3cret"), "{error:?}");
        if let Some(response) = error.response() {
            received.lock().unwrap().push(response.body().to_vec());
        }
    });
    drop(wire);
    let mut wire = peer.accept().await;
    wire.request().await;
    wire.raw(b"HTTP/1.1 503 No\r\nX-A: s3cret\r\nContent-Length: 6\r\n\r\ns3cret").await;
    reaches(&client, State::Reconnecting { attempt: 2 }).await;
    assert_eq!(*seen.lock().unwrap(), [b"s3cret", b"s3cret"]);
}

/// The time that a slow body takes is not added to the delay.
#[tokio::test(start_paused = true)]
async fn field_a16_the_delay_counts_from_the_answer() {
    let (mut peer, builder) = peer();
    let (_client, wire, _events) = open(builder, &mut peer).await;
    drop(wire);
    let mut wire = peer.accept().await;
    wire.request().await;
    wire.raw(b"HTTP/1.1 503 No\r\nRetry-After: 60\r\n\r\n").await;
    let (_, time) = took(peer.accept()).await;
    assert!((secs(60)..=secs(60) + millis(1)).contains(&time), "{time:?}");
}

fn policy(gone: &Disconnect) -> ReconnectDecision {
    match &gone.close {
        Some(close) if close.code == 4001 => ReconnectDecision::Stop,
        _ if gone.status == Some(418) => ReconnectDecision::Refresh,
        _ if gone.header("x-wait").is_some() => ReconnectDecision::RetryAfter(secs(9)),
        _ if gone.attempts > 3 || gone.elapsed > secs(60) => ReconnectDecision::Stop,
        _ => gone.decision,
    }
}

#[test]
fn field_d10_policies_and_providers_can_be_tested_without_a_client() {
    let closed = |code, by| Disconnect::closed(CloseInfo::new(code, "why", by));
    assert_eq!(policy(&closed(4001, ClosedBy::Server)), ReconnectDecision::Stop);
    // `decision` is the client's own decision, for a policy that doesn't decide itself.
    for (gone, decision) in [
        (closed(1000, ClosedBy::Server), ReconnectDecision::Retry),
        (closed(1005, ClosedBy::Server), ReconnectDecision::Retry),
        (closed(4404, ClosedBy::Server), ReconnectDecision::Stop),
        (closed(1008, ClosedBy::Server), ReconnectDecision::Stop),
        (closed(1006, ClosedBy::Network), ReconnectDecision::Retry),
        (closed(1009, ClosedBy::Client), ReconnectDecision::Stop),
        (Disconnect::failed(ConnectErrorKind::Timeout), ReconnectDecision::Retry),
        (Disconnect::failed(ConnectErrorKind::Unauthorized), ReconnectDecision::Stop),
        (Disconnect::failed(ConnectErrorKind::Certificate), ReconnectDecision::Retry),
        (Disconnect::answered(UpgradeResponse::new(401)), ReconnectDecision::Stop),
        (Disconnect::answered(UpgradeResponse::new(502)), ReconnectDecision::Retry),
        (
            Disconnect::answered(UpgradeResponse::new(503).with_header("Retry-After", "7")),
            ReconnectDecision::RetryAfter(secs(7)),
        ),
    ] {
        assert_eq!(policy(&gone), decision, "{gone:?}");
    }
    // A status alone has the same effect as an answer with that status.
    for (status, decision) in [
        (401, ReconnectDecision::Stop),
        (403, ReconnectDecision::Stop),
        (503, ReconnectDecision::Retry),
        (302, ReconnectDecision::Retry),
    ] {
        let gone = Disconnect::failed(ConnectErrorKind::Http { status });
        assert_eq!((gone.decision, gone.status), (decision, Some(status)), "{gone:?}");
    }
    let gone = Disconnect::answered(UpgradeResponse::new(418).with_body("a teapot"));
    assert_eq!((policy(&gone), gone.status), (ReconnectDecision::Refresh, Some(418)));
    assert_eq!(gone.response().unwrap().body(), b"a teapot");
    let gone = Disconnect::answered(UpgradeResponse::new(500).with_header("X-Wait", "1"));
    assert_eq!(policy(&gone), ReconnectDecision::RetryAfter(secs(9)));
    let mut gone = Disconnect::failed(ConnectErrorKind::Io);
    gone.attempts = 4;
    assert_eq!(policy(&gone), ReconnectDecision::Stop);
    let error = ConnectError::from(ConnectErrorKind::Tls).with_response(UpgradeResponse::new(400));
    assert_eq!(error.response().map(UpgradeResponse::status), Some(400));
    let token = |attempt: Attempt| if attempt.refused { "fresh" } else { "cached" };
    assert_eq!((token(Attempt::new(0, false)), token(Attempt::new(2, true))), ("cached", "fresh"));
    let info = CloseInfo::new(1006, "no route", ClosedBy::Refused);
    assert_eq!(info.to_string(), r#"refused before a connection was open ("no route")"#);
}

/// The runtimes that can't do what is needed, and one that can.
#[test]
fn case_71_a_runtime_without_io_or_time_is_an_error_that_says_what_to_do() {
    for multi in [false, true] {
        for (io, time) in [(false, false), (true, false), (false, true)] {
            let mut builder = if multi {
                tokio::runtime::Builder::new_multi_thread()
            } else {
                tokio::runtime::Builder::new_current_thread()
            };
            if io {
                builder.enable_io();
            }
            if time {
                builder.enable_time();
            }
            let runtime = builder.worker_threads(1).build().unwrap();
            let client = Client::builder("ws://127.0.0.1:1/").build().unwrap();
            let error = runtime.block_on(client.connect()).expect_err("it can't work");
            assert_eq!(*error.kind(), ConnectErrorKind::Runtime, "{io} {time}: {error}");
            let message = error.to_string();
            assert!(message.contains("enable_all") && !message.contains("bug"), "{message}");
            assert!(message.contains(if time { "I/O" } else { "timers" }), "{message}");
            runtime.block_on(client.disconnect());
        }
    }
    // Over a connector of one's own, time is enough.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    runtime.block_on(async {
        let (mut peer, builder) = peer();
        let (client, wire, _events) = open(builder, &mut peer).await;
        tokio::spawn(wire.serve());
        client.disconnect().await;
    });
}

#[test]
#[expect(deprecated, reason = "the old names stay for one more version")]
fn the_old_names_of_a_policy_work() {
    fn old_policy(gone: &Disconnect) -> wirebond_client::Ruling {
        gone.ruling
    }
    let gone = Disconnect::failed(ConnectErrorKind::Timeout);
    assert_eq!(old_policy(&gone), wirebond_client::Ruling::Retry);
    assert!(Client::builder("ws://localhost/").on_disconnect(old_policy).build().is_ok());
}
