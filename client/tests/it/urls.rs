//! What a URL becomes on the wire and where it is shown: cases 66, 67 and 69 of the list of faults, and
//! the request's own headers.

use wirebond_client::{BuildErrorKind, Client, ConnectErrorKind, Endpoint, Event, Settings};

use crate::support::{peer_of, so_far};

/// The request for a URL, or why the URL is refused.
async fn request(url: &str) -> Result<String, String> {
    let (mut peer, builder) = peer_of(url);
    let client = builder.build().map_err(|error| {
        assert_eq!(*error.kind(), BuildErrorKind::Url, "{error}");
        error.to_string()
    })?;
    let (_, request) = tokio::join!(client.connect(), async {
        let mut wire = peer.accept().await;
        wire.request().await
    });
    Ok(request)
}

/// The target and the `Host` of a request; checks that every byte of the target may stand there.
fn target(request: &str) -> (&str, &str) {
    let mut line = request.lines().next().unwrap().split(' ');
    assert_eq!(line.next(), Some("GET"), "{request}");
    let target = line.next().unwrap();
    assert_eq!((line.next(), line.next()), (Some("HTTP/1.1"), None), "{request}");
    let bytes = target.as_bytes();
    assert_eq!(bytes[0], b'/', "{target}");
    for (at, byte) in bytes.iter().enumerate() {
        // RFC 9112, section 3.2.1, with RFC 3986, section 3.3 and 3.4.
        let fits = byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@/?%".contains(byte);
        assert!(fits, "{:?} in {target}", char::from(*byte));
        let escape = bytes.get(at + 1..at + 3);
        let whole = escape.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit));
        assert!(*byte != b'%' || whole, "an escape in {target}");
    }
    let host = request.lines().find_map(|line| line.strip_prefix("Host: ")).unwrap();
    (target, host)
}

#[tokio::test(start_paused = true)]
async fn case_67_a_url_goes_out_encoded_as_the_url_standard_does() {
    for (url, expected, host) in [
        ("ws://h/café?q=ü", "/caf%C3%A9?q=%C3%BC", "h"),
        ("ws://h/日本?ключ=值", "/%E6%97%A5%E6%9C%AC?%D0%BA%D0%BB%D1%8E%D1%87=%E5%80%BC", "h"),
        ("ws://h/🦀", "/%F0%9F%A6%80", "h"),
        ("ws://h/a b?c d", "/a%20b?c%20d", "h"),
        ("ws://h/already%20done?%C3%BC", "/already%20done?%C3%BC", "h"),
        ("ws://h/\"<>`{}", "/%22%3C%3E%60%7B%7D", "h"),
        ("ws://h/?\"<>`{}'", "/?%22%3C%3E%60%7B%7D%27", "h"),
        ("ws://h/[a]|b^c?[a]|b^c\\d", "/%5Ba%5D%7Cb%5Ec?%5Ba%5D%7Cb%5Ec%5Cd", "h"),
        ("ws://h/100%?50%&%zz", "/100%25?50%25&%25zz", "h"),
        ("ws://h/a\u{0}b\u{7f}", "/a%00b%7F", "h"),
        ("WS://H/A", "/A", "h"),
        ("WsS://API.Example.COM:443/", "/", "api.example.com"),
        ("HTTPS://h/", "/", "h"),
        ("ws:\\\\h\\a\\b?c\\d", "/a/b?c%5Cd", "h"),
        ("ws://h\\@evil/", "/@evil/", "h"),
        ("  ws://h/ws\r\n", "/ws", "h"),
        ("ws://h/a/../b/./c", "/b/c", "h"),
        ("ws://h/a/%2E%2e/b/%2e", "/b/", "h"),
        ("ws://h/../../x", "/x", "h"),
        ("ws://h/..?/../x", "/?/../x", "h"),
        ("ws://h?", "/?", "h"),
        ("ws://h:8080", "/", "h:8080"),
        ("ws://h:0080/", "/", "h"),
        ("ws://[::1]:9/", "/", "[::1]:9"),
        ("ws://[0:0:0:0:0:0:0:1]/", "/", "[::1]"),
        ("ws://[::FFFF:1.2.3.4]/", "/", "[::ffff:1.2.3.4]"),
        ("ws://127.1/", "/", "127.0.0.1"),
        ("ws://0x7f.0.0.1/", "/", "127.0.0.1"),
        ("ws://a_b.local/", "/", "a_b.local"),
        ("ws://xn--mnchen-3ya.example/", "/", "xn--mnchen-3ya.example"),
        ("ws://h/a:b@c;d=e,f!g$h&i*j(k)", "/a:b@c;d=e,f!g$h&i*j(k)", "h"),
        ("ws://u:p@h/@x", "/@x", "h"),
    ] {
        // Plain, so that the peer in memory sees the request.
        let plain =
            url.replacen("WsS", "Ws", 1).replacen("HTTPS", "HTTP", 1).replace(":443", ":80");
        let request = request(&plain).await.unwrap_or_else(|error| panic!("{url:?}: {error}"));
        assert_eq!(target(&request), (expected, host), "{url:?}");
    }
}

#[test]
fn case_67_what_cannot_be_encoded_is_refused_with_words_that_fit() {
    for (url, part) in [
        ("ws://münchen.example/", "punycode"),
        ("ws://пример.рф/ws", "punycode"),
        ("ws://ｈ/", "punycode"),
        ("ws://h%41/", "percent"),
        ("ws://a b/", "host"),
        ("ws://a<b/", "host"),
        ("ws://a|b/", "host"),
        ("ws://a^b/", "host"),
        ("ws://h/a\tb", "tab"),
        ("ws://h/a\r\nX: y", "line break"),
        ("ws://h/ws#top", "fragment"),
        ("ws:h/ws", "//"),
        ("ws:/h/ws", "//"),
        ("h/ws", "ws://"),
        ("/ws", "ws://"),
        ("", "ws://"),
        ("//h/ws", "ws://"),
        ("ftp://h/", "neither"),
        ("wss ://h/", "ws://"),
        ("ws://", "host"),
        ("ws:///ws", "host"),
        ("ws://u@/", "host"),
        ("ws://:80/", "host"),
        ("ws://h:/", "port"),
        ("ws://h:0/", "port"),
        ("ws://h:65536/", "port"),
        ("ws://h:+80/", "port"),
        ("ws://h:8 0/", "port"),
        ("ws://h:٣/", "port"),
        ("ws://::1/", "["),
        ("ws://[::1/", "IPv6"),
        ("ws://[::1]x/", "port"),
        ("ws://[fe80::1%25eth0]/", "zone"),
        ("ws://[fe80::1%eth0]/", "zone"),
        ("ws://[h]/", "IPv6"),
        ("ws://1.2.3.256/", "IPv4"),
        ("ws://1.2.3.4.5/", "IPv4"),
        ("ws://u p@h/", "user"),
    ] {
        let error = Client::builder(url).build().expect_err(url);
        assert_eq!(*error.kind(), BuildErrorKind::Url, "{url:?}: {error}");
        assert!(error.to_string().contains(part), "{url:?}: {error}");
    }
}

#[tokio::test(start_paused = true)]
async fn case_67_a_providers_url_is_treated_alike() {
    let (mut peer, builder) = peer_of(|| async { Ok::<_, String>("WS://Peer.Test/é") });
    let client = builder.build().unwrap();
    let (_, request) = tokio::join!(client.connect(), async {
        let mut wire = peer.accept().await;
        wire.request().await
    });
    assert_eq!(target(&request), ("/%C3%A9", "peer.test"));
    let client =
        Client::builder(|| async { Ok::<_, String>("ws://münchen.example/") }).build().unwrap();
    let error = client.connect().await.unwrap_err();
    assert_eq!(*error.kind(), ConnectErrorKind::Provider);
    assert!(error.to_string().contains("punycode"), "{error}");
}

/// An error doesn't repeat a refused URL, and shows no path.
#[tokio::test(start_paused = true)]
async fn case_66_a_credential_in_the_path_is_shown_nowhere() {
    let url = "ws://peer.test:81/ws/v3/s3cret/deep?s3cret=s3cret";
    let answers: [&[u8]; 6] = [
        b"",
        b"HTTP/1.1 403 s3cret\r\nX-Key: s3cret\r\nContent-Length: 6\r\n\r\ns3cret",
        b"HTTP/1.1 302 Found\r\nLocation: wss://u:s3cret@elsewhere.test:82/s3cret?s3cret#s3cret\r\n\r\n",
        b"HTTP/1.1 302 Found\r\nLocation: /s3cret/login\r\n\r\n",
        b"HTTP/1.1 302 Found\r\nLocation: s3cret\r\n\r\n",
        b"s3cret\r\n\r\n",
    ];
    for answer in answers {
        let (mut peer, builder) = peer_of(url);
        let builder = builder.reconnect_policy(|gone| {
            let shown = format!("{gone:?}");
            assert!(!shown.contains("s3cret"), "{shown}");
            gone.decision
        });
        assert!(!format!("{builder:?}").contains("s3cret"));
        let client = builder.build().unwrap();
        let mut events = client.events();
        let (result, ()) = tokio::join!(client.connect(), async {
            let mut wire = peer.accept().await;
            assert!(wire.request().await.starts_with("GET /ws/v3/s3cret/deep?"));
            wire.raw(answer).await;
        });
        let error = result.unwrap_err();
        let shown = format!("{error} {error:?} {client:?}");
        assert!(!shown.contains("s3cret"), "{shown}");
        if answer.starts_with(b"HTTP/1.1 302 Found\r\nLocation: wss") {
            assert!(shown.contains("wss://elsewhere.test:82"), "{shown}");
        }
        while let Ok(Some(event)) =
            tokio::time::timeout(crate::support::millis(1), events.next()).await
        {
            let mut shown = format!("{event:?}");
            match &event {
                Event::Close(info) => shown.push_str(&info.to_string()),
                Event::Error(error) => shown.push_str(&error.to_string()),
                _ => {}
            }
            assert!(!shown.contains("s3cret"), "{shown}");
        }
    }
    // The error names an unreachable server by scheme, host and port.
    let client = Client::builder(url)
        .connector(|_: Endpoint| async {
            Err::<tokio::net::TcpStream, _>(std::io::ErrorKind::Other.into())
        })
        .build()
        .unwrap();
    let error = client.connect().await.unwrap_err().to_string();
    assert!(error.contains("ws://peer.test:81") && !error.contains("s3cret"), "{error}");
    let settings: Settings = serde_json::from_str(&format!(r#"{{"url":"{url}"}}"#)).unwrap();
    assert!(!format!("{settings:?}").contains("s3cret"));
}

/// An error doesn't repeat a misplaced credential either.
#[test]
fn case_66_a_header_or_subprotocol_that_cannot_be_sent_is_not_repeated() {
    for builder in [
        Client::builder("ws://h/").header("Authorization: Bearer s3cret", ""),
        Client::builder("ws://h/").header("Authorization", "s3cret\n"),
        Client::builder("ws://h/").headers([("X Key s3cret", "v")]),
        Client::builder("ws://h/").subprotocols(["v1", "bearer s3cret"]),
        Client::builder("ws://h/").subprotocols(["bearer.s3cret", "bearer.s3cret"]),
    ] {
        let error = builder.build().unwrap_err();
        assert_eq!(*error.kind(), BuildErrorKind::Header);
        assert!(!format!("{error} {error:?}").contains("s3cret"), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn case_66_a_subprotocol_may_be_a_credential() {
    for chosen in ["", "Sec-WebSocket-Protocol: bearer.s3cret.other\r\n"] {
        let (mut peer, builder) = crate::support::peer();
        let client = builder.subprotocols(["bearer.s3cret"]).build().unwrap();
        let mut events = client.events();
        let (result, ()) = tokio::join!(client.connect(), async {
            peer.accept().await.upgrade_with(chosen).await;
        });
        let error = result.unwrap_err();
        assert_eq!(*error.kind(), ConnectErrorKind::Subprotocol);
        assert!(!format!("{error} {error:?}").contains("s3cret"), "{error}");
        let events = so_far(&mut events).await;
        assert!(!format!("{events:?}").contains("s3cret"), "{events:?}");
    }
}

/// What a test does to a builder.
type Change = fn(wirebond_client::Builder) -> wirebond_client::Builder;

#[tokio::test(start_paused = true)]
async fn field_a15_a_user_agent_is_sent_once_and_can_be_replaced() {
    let ours = concat!("wirebond/", env!("CARGO_PKG_VERSION"));
    let provided =
        || async { Ok::<_, String>(vec![("User-Agent".to_owned(), "provided/2".to_owned())]) };
    let plain: [(Change, Option<&str>); 6] = [
        (|builder| builder, Some(ours)),
        (|builder| builder.header("Cookie", "a=1"), Some(ours)),
        (|builder| builder.header("User-Agent", "mine/1"), Some("mine/1")),
        (
            |builder| builder.header("user-agent", "first").header("USER-AGENT", "last"),
            Some("last"),
        ),
        (|builder| builder.headers([("User-Agent", "list/3")]), Some("list/3")),
        (|builder| builder.header("User-Agent", ""), None),
    ];
    for (index, (change, expected)) in plain.into_iter().enumerate() {
        let (mut peer, builder) = crate::support::peer();
        let client = change(builder).build().unwrap();
        assert_eq!(agents(&client, &mut peer).await, Vec::from_iter(expected), "{index}");
    }
    for fixed in [false, true] {
        let (mut peer, builder) = crate::support::peer();
        let builder = if fixed { builder.header("User-Agent", "mine/1") } else { builder };
        let client = builder.headers(provided).build().unwrap();
        assert_eq!(agents(&client, &mut peer).await, ["provided/2"], "{fixed}");
    }
}

/// The `User-Agent` headers of an attempt.
async fn agents(client: &Client, peer: &mut crate::support::Peer) -> Vec<String> {
    let (_, request) = tokio::join!(client.connect(), async {
        let mut wire = peer.accept().await;
        wire.request().await
    });
    let name = "user-agent:";
    let lines = request.lines().filter(|line| line.to_lowercase().starts_with(name));
    lines.map(|line| line[name.len()..].trim().to_owned()).collect()
}
