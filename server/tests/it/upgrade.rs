//! Which upgrade requests are accepted, and how the others are answered.

use std::time::Duration;

use http::{HeaderMap, Method};
use wirebond_server::{Builder, Identity, Peer, Server, Upgrade};

use crate::support::{connect, listen, raw};

const KEY: &str = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

fn request(first: &str, fields: &str) -> Vec<u8> {
    format!("{first}\r\n{fields}\r\n").into_bytes()
}

async fn status(builder: Builder, request: &[u8]) -> String {
    let (server, address) = listen(builder).await;
    let answer = raw(address, request).await;
    assert_eq!(server.stats().refused, 1, "{answer}");
    assert_eq!(server.stats().peers, 0);
    answer
}

#[tokio::test]
async fn a_request_that_is_not_valid_is_refused_with_the_status_that_says_so() {
    let get = "GET / HTTP/1.1";
    let base = "Host: h\r\nConnection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\n";
    let version = "Sec-WebSocket-Version: 13\r\n";
    for (first, fields, expected) in [
        ("POST / HTTP/1.1", format!("{base}{version}{KEY}"), "400"),
        (get, format!("Host: h\r\nUpgrade: websocket\r\n{version}{KEY}"), "400"),
        (get, format!("Host: h\r\nConnection: Upgrade\r\n{version}{KEY}"), "400"),
        (get, format!("{base}{KEY}"), "426"),
        (get, format!("{base}Sec-WebSocket-Version: 8\r\n{KEY}"), "426"),
        (get, format!("{base}{version}"), "400"),
        (get, format!("{base}{version}Sec-WebSocket-Key: short\r\n"), "400"),
        (get, format!("{base}{version}{KEY}{KEY}"), "400"),
        ("GET / HTTP/1.0", format!("{base}{version}{KEY}"), "400"),
        ("nonsense", String::new(), "400"),
        ("\u{16}\u{3}\u{1}", "TLS to a port without".to_owned(), "400"),
        ("GET /?user=nobody HTTP/1.1", format!("{base}{version}{KEY}"), "401"),
        (get, format!("{base}{version}{KEY}X: {}\r\n", "x".repeat(20_000)), "400"),
    ] {
        let answer = status(Server::builder(), &request(first, &fields)).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {expected} ")), "{first} {fields}: {answer}");
        assert_eq!(answer.contains("sec-websocket-version: 13"), expected == "426", "{answer}");
        let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
        assert!(head.contains(&format!("content-length: {}", body.len())), "{answer}");
        assert!(body.trim_end().len() > 8 && body.lines().count() == 1, "{answer}");
        assert_eq!(body == "unauthorized\n", expected == "401", "{answer}");
    }
}

#[tokio::test]
async fn a_page_of_another_origin_is_refused_unless_it_is_listed() {
    let with = |origin: &str| {
        let fields = format!(
            "Host: app.test:8080\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nOrigin: {origin}\r\n{KEY}"
        );
        request("GET / HTTP/1.1", &fields)
    };
    for foreign in
        ["https://evil.test", "null", "http://app.test", "http://app.test:8080.evil.test"]
    {
        let answer = status(Server::builder(), &with(foreign)).await;
        assert!(answer.starts_with("HTTP/1.1 403 "), "{foreign}: {answer}");
        assert!(answer.ends_with("\r\n\r\nthe origin of the page is not allowed\n"), "{answer}");
    }
    for (builder, origin) in [
        (Server::builder(), "http://app.test:8080"),
        (Server::builder(), "https://APP.test:8080"),
        (Server::builder().allowed_origins(["https://evil.test"]), "https://evil.test"),
        (Server::builder().allowed_origins(["https://Listed.test:443"]), "https://listed.test"),
        (Server::builder().allowed_origins(["null"]), "null"),
        (Server::builder().any_origin(), "null"),
    ] {
        // It closes at once, so that the raw client sees the end of the stream.
        let builder = builder
            .close_timeout(Duration::from_millis(50))
            .connected(|peer: Peer| peer.close(1000, "bye"));
        let (_server, address) = listen(builder).await;
        let answer = raw(address, &with(origin)).await;
        assert!(answer.starts_with("HTTP/1.1 101 "), "{origin}: {answer}");
        // The accept key of RFC 6455, section 1.3.
        assert!(answer.contains("sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), "{answer}");
    }
}

#[test]
fn an_origin_that_can_match_nothing_is_refused_by_build() {
    for wrong in ["auction.example", "https://x/", "*", "https://*.x.test"] {
        let origins = ["https://fine.test", wrong];
        let error = Server::builder().allowed_origins(origins).build().expect_err(wrong);
        let error = error.to_string();
        assert!(error.contains(&format!("{wrong:?}")), "{error}");
        assert!(error.contains("`scheme://host[:port]`") && error.contains("`null`"), "{error}");
    }
}

#[tokio::test]
async fn the_first_subprotocol_that_the_client_offers_too_is_chosen() {
    for (offered, chosen) in [("b, a", Some("a")), ("c,b", Some("b")), ("c", None), ("A", None)] {
        let builder = Server::builder()
            .subprotocols(["a", "b"])
            .close_timeout(Duration::from_millis(50))
            .connected(|peer: Peer| peer.close(1000, peer.subprotocol().unwrap_or("none")));
        let (_server, address) = listen(builder).await;
        let fields = format!(
            "Host: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
             Sec-WebSocket-Protocol: {offered}\r\n{KEY}"
        );
        let answer = raw(address, &request("GET / HTTP/1.1", &fields)).await;
        let echoed = answer.contains("sec-websocket-protocol: ");
        assert_eq!(echoed, chosen.is_some(), "{offered}: {answer}");
        assert!(answer.ends_with(chosen.unwrap_or("none")), "{offered}: {answer}");
    }
}

#[tokio::test]
async fn no_debug_form_shows_a_credential() {
    let uri = "/ws?token=s3cret".parse().expect("a path");
    let headers = HeaderMap::from_iter([(http::header::COOKIE, "s3cret".parse().expect("ok"))]);
    let upgrade = Upgrade::new(Method::GET, uri, headers, async { None });
    let identity = Identity::user("ada").with("s3cret");
    let shown = format!("{upgrade:?} {:?} {identity:?}", upgrade.request());
    assert!(!shown.contains("s3cret"), "{shown}");
    let server = Server::builder().build().expect("settings that work");
    let answer = server.accept::<String>(upgrade, identity);
    assert_eq!(answer.status(), 400);
    assert_eq!(answer.body(), "not a valid request to upgrade: no `Connection: Upgrade`\n");
}

#[tokio::test]
async fn limits_refuse_with_a_status_and_count() {
    let (server, address) = listen(Server::builder().max_peers(1)).await;
    let _first = connect(address, "/").await;
    let fields = format!(
        "Host: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n{KEY}"
    );
    let answer = raw(address, &request("GET / HTTP/1.1", &fields)).await;
    assert!(answer.starts_with("HTTP/1.1 503 ") && answer.contains("retry-after: 5"), "{answer}");
    assert_eq!(server.stats().refused, 1);

    let (_server, address) = listen(Server::builder().max_peers_per_user(1)).await;
    let _first = connect(address, "/?user=ada").await;
    let again = request("GET /?user=ada HTTP/1.1", &fields);
    assert!(raw(address, &again).await.starts_with("HTTP/1.1 429 "));
    let _bob = connect(address, "/?user=bob").await;
}
