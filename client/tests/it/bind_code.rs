//! One-time codes from a real HTTP endpoint: case 44 of the list of faults.

use std::time::SystemTime;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};
use wirebond_client::{
    Client, ConnectErrorKind, State,
    bind_code::{BindCodeEndpoint, BindCodeErrorKind, get_socket_bind_code},
};

use crate::support::{millis, peer_of, reaches, so_far};

/// An endpoint that gives these answers, one for each request, and then the requests that it got.
async fn endpoint(answers: Vec<String>) -> (String, tokio::task::JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/bind-code?key=s3cret", listener.local_addr().unwrap());
    let serving = tokio::spawn(async move {
        let mut requests = Vec::new();
        for answer in answers {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = Vec::new();
            while !request.ends_with(b"\r\n\r\n") {
                request.push(stream.read_u8().await.unwrap());
            }
            requests.push(String::from_utf8(request).unwrap());
            // The client may have read enough.
            let _ = stream.write_all(answer.as_bytes()).await;
        }
        requests
    });
    (url, serving)
}

fn ok(body: &str) -> String {
    status("200 OK", body)
}

fn status(status: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

#[tokio::test]
async fn a_code_is_fetched_by_hand() {
    let (url, serving) = endpoint(vec![ok(r#"{"code":"abc","expireTime":1700000000000}"#)]).await;
    let code = get_socket_bind_code(url).await.unwrap();
    assert_eq!(code.code, "abc");
    let time = code.expire_time.unwrap().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    assert_eq!(time.as_secs(), 1_700_000_000);
    let requests = serving.await.unwrap();
    assert!(requests[0].starts_with("GET /bind-code?key=s3cret HTTP/1.1\r\n"), "{requests:?}");
}

#[tokio::test]
async fn failures_have_their_kinds_and_show_no_secret() {
    use BindCodeErrorKind::{Answer, Status, Unauthorized};
    let long = format!(r#"{{"code":"{}"}}"#, "x".repeat(70_000));
    for (answer, kind) in [
        (status("401 No", "s3cret"), Unauthorized),
        (status("403 No", "s3cret"), Unauthorized),
        (status("404 No", "s3cret"), Status),
        (status("500 No", "s3cret"), Status),
        (ok("s3cret"), Answer),
        (ok(r#"{"code":7}"#), Answer),
        (ok(&long), Answer),
        ("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{".to_owned(), BindCodeErrorKind::Network),
        ("s3cret\r\n\r\n".to_owned(), BindCodeErrorKind::Network),
    ] {
        let (url, serving) = endpoint(vec![answer]).await;
        let error = get_socket_bind_code(url).await.unwrap_err();
        assert_eq!(*error.kind(), kind, "{error}");
        assert!(!format!("{error} {error:?}").contains("s3cret"), "{error:?}");
        serving.await.unwrap();
    }
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let error = get_socket_bind_code(format!("http://{free}/?key=s3cret")).await.unwrap_err();
    assert_eq!(*error.kind(), BindCodeErrorKind::Network);
    assert!(!format!("{error} {error:?}").contains("s3cret"), "{error:?}");
    let error = get_socket_bind_code("no url s3cret").await.unwrap_err();
    assert_eq!(*error.kind(), BindCodeErrorKind::Endpoint, "{error}");
    assert!(!format!("{error} {error:?}").contains("s3cret"), "{error:?}");
    let endpoint = BindCodeEndpoint::new("http://h/").header("bad name", "x");
    let error = get_socket_bind_code(endpoint).await.unwrap_err();
    assert_eq!(*error.kind(), BindCodeErrorKind::Endpoint, "{error}");
}

#[tokio::test]
async fn case_44_every_attempt_gets_a_fresh_code() {
    let codes = ["one/1", "two+2", "three&3"];
    let mut answers: Vec<_> = codes
        .iter()
        .map(|code| ok(&format!(r#"{{"code":0,"data":{{"code":"{code}"}}}}"#)))
        .collect();
    // A 5xx is one failed attempt.
    answers.insert(1, status("503 Busy", ""));
    let (url, serving) = endpoint(answers).await;
    let (mut peer, builder) = peer_of("ws://peer.test/ws?room=1");
    let client = builder
        .bind_code(BindCodeEndpoint::new(url).pointer("/data").header("X-Key", "k"))
        .reconnect_interval(millis(20))
        .build()
        .unwrap();
    let mut events = client.events();
    let connecting = tokio::spawn({
        let client = client.clone();
        async move { client.connect().await }
    });
    for encoded in ["one%2F1", "two%2B2", "three%263"] {
        let mut wire = peer.accept().await;
        let request = wire.request().await;
        let line = format!("GET /ws?room=1&code={encoded} HTTP/1.1\r\n");
        assert!(request.starts_with(&line), "{request}");
        if encoded.starts_with("two") {
            // The code was used or has expired: the next attempt fetches another.
            wire.raw(b"HTTP/1.1 403 Forbidden\r\n\r\n").await;
        } else {
            wire.accept(&request, "").await;
            reaches(&client, State::Open).await;
        }
        drop(wire);
    }
    connecting.await.unwrap().unwrap();
    let requests = serving.await.unwrap();
    assert_eq!(requests.len(), 4);
    assert!(requests.iter().all(|request| request.to_lowercase().contains("x-key: k")));
    let events = so_far(&mut events).await;
    assert!(events.contains(&"error Connect(Provider)".to_owned()), "{events:?}");
    assert!(events.contains(&"error Connect(Unauthorized)".to_owned()), "{events:?}");
    client.disconnect().await;
}

#[tokio::test]
async fn an_endpoint_that_refuses_us_stops_the_client() {
    let (url, serving) = endpoint(vec![status("401 No", "")]).await;
    let client = Client::builder("ws://peer.test/")
        .bind_code(url)
        .retry_first_connect(true)
        .build()
        .unwrap();
    let error = client.connect().await.unwrap_err();
    assert_eq!(*error.kind(), ConnectErrorKind::Unauthorized, "{error}");
    assert_eq!(client.state(), State::Closed);
    serving.await.unwrap();
}

#[tokio::test]
async fn an_endpoint_that_says_nothing_meets_the_deadline() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    // A custom HTTP client needs a crypto provider, as its documentation says; another test may have set it.
    #[cfg(feature = "tls")]
    let _ = wirebond_client::rustls::crypto::ring::default_provider().install_default();
    let client = Client::builder("ws://peer.test/")
        .bind_code(BindCodeEndpoint::new(url).client(reqwest::Client::new()))
        .connect_timeout(millis(200))
        .build()
        .unwrap();
    let error = client.connect().await.unwrap_err();
    assert_eq!(*error.kind(), ConnectErrorKind::Timeout, "{error}");
    assert_eq!(client.state(), State::Idle);
}

#[tokio::test]
async fn case_64_what_a_portal_answers_in_the_endpoints_place_is_a_failed_attempt() {
    let elsewhere = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let redirect = format!("http://{}/s3cret", elsewhere.local_addr().unwrap());
    let redirect = status(&format!("302 Found\r\nLocation: {redirect}"), "");
    let answers = vec![
        ok(r#"{"code":"one"}"#),
        ok("<html>please log in</html>"),
        redirect,
        status("511 Log in", "<html>"),
        ok(r#"{"code":"two"}"#),
    ];
    let (url, serving) = endpoint(answers).await;
    let (mut peer, builder) = peer_of("ws://peer.test/ws");
    let client = builder
        .bind_code(BindCodeEndpoint::new(url).header("X-Key", "k"))
        .reconnect_interval(millis(20))
        .build()
        .unwrap();
    let (connected, wire) = tokio::join!(client.connect(), peer.open());
    connected.unwrap();
    let mut events = client.events();
    drop(wire);
    let wire = peer.open().await;
    reaches(&client, State::Open).await;
    let events = so_far(&mut events).await;
    let failed = events.iter().filter(|event| *event == "error Connect(Provider)").count();
    assert_eq!(failed, 3, "{events:?}");
    assert_eq!(serving.await.unwrap().len(), 5);
    let followed = tokio::time::timeout(millis(1), elsewhere.accept()).await;
    assert!(followed.is_err(), "a redirect to another host gets neither header nor query");
    drop(wire);
}

#[tokio::test]
async fn case_66_a_redirect_of_the_endpoint_shows_scheme_host_and_port() {
    let location = "https://u:s3cret@elsewhere.test:81/s3cret?s3cret";
    let (url, _serving) =
        endpoint(vec![status(&format!("302 Found\r\nLocation: {location}"), "")]).await;
    let error = get_socket_bind_code(url.replace("bind-code", "s3cret")).await.unwrap_err();
    assert_eq!(*error.kind(), BindCodeErrorKind::Status);
    let shown = format!("{error} {error:?}");
    assert!(shown.contains("https://elsewhere.test:81") && !shown.contains("s3cret"), "{shown}");
    // A redirect within the host is followed.
    let moved = status("307 Moved\r\nLocation: /elsewhere", "");
    let (url, serving) = endpoint(vec![moved, ok(r#"{"code":"c"}"#)]).await;
    assert_eq!(get_socket_bind_code(url).await.unwrap().code, "c");
    assert!(serving.await.unwrap()[1].starts_with("GET /elsewhere HTTP/1.1"));
}

#[tokio::test]
async fn field_a15_the_endpoint_gets_a_user_agent_too() {
    let agents = |request: &str| {
        let lines = request.lines().filter(|line| line.to_lowercase().starts_with("user-agent:"));
        lines.map(|line| line["user-agent:".len()..].trim().to_owned()).collect::<Vec<_>>()
    };
    for (endpoint_of, expected) in [
        ((|url| BindCodeEndpoint::new(url)) as fn(String) -> BindCodeEndpoint, "wirebond/"),
        (|url| BindCodeEndpoint::new(url).header("User-Agent", "mine/1"), "mine/1"),
    ] {
        let (url, serving) = endpoint(vec![ok(r#"{"code":"c"}"#)]).await;
        get_socket_bind_code(endpoint_of(url)).await.unwrap();
        let agents = agents(&serving.await.unwrap()[0]);
        assert!(agents.len() == 1 && agents[0].starts_with(expected), "{agents:?}");
    }
}

/// Which of the requests go through the proxy that the environment names. Run by the test below, with
/// that environment.
async fn with_a_proxy_in_the_environment() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let socket = format!("ws://{}/ws", listener.local_addr().unwrap());
    let (url, serving) = endpoint(vec![ok(r#"{"code":"one"}"#), ok(r#"{"code":"two"}"#)]).await;
    assert_eq!(get_socket_bind_code(&url).await.unwrap().code, "one", "no proxy");
    let client = Client::builder(&socket).bind_code(&url).build().unwrap();
    let (connected, ()) = tokio::join!(client.connect(), async {
        let (stream, _) = listener.accept().await.unwrap();
        crate::support::Wire { stream }.upgrade().await;
    });
    connected.expect("neither the code nor the socket goes through a proxy");
    assert_eq!(serving.await.unwrap().len(), 2);
    #[cfg(feature = "tls")]
    let _ = wirebond_client::rustls::crypto::ring::default_provider().install_default();
    let endpoint = BindCodeEndpoint::new(url).client(reqwest::Client::new());
    let error = get_socket_bind_code(endpoint).await.expect_err("the proxy answers 502");
    assert!(error.to_string().contains("502"), "a client of the user's own decides: {error}");
}

#[tokio::test]
async fn case_69_neither_socket_nor_code_goes_through_a_proxy_of_the_environment() {
    const CHILD: &str = "WIREBOND_TEST_PROXY";
    if std::env::var_os(CHILD).is_some() {
        return with_a_proxy_in_the_environment().await;
    }
    let proxy = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", proxy.local_addr().unwrap());
    let asked = tokio::spawn(async move {
        let mut asked = 0;
        loop {
            let (mut stream, _) = proxy.accept().await.unwrap();
            asked += 1;
            let mut request = Vec::new();
            while !request.ends_with(b"\r\n\r\n") {
                request.push(stream.read_u8().await.unwrap());
            }
            let answer = status("502 Proxy", "");
            let _ = stream.write_all(answer.as_bytes()).await;
            let _ = tokio::io::copy(&mut stream, &mut tokio::io::sink()).await;
            if asked > 1 {
                return;
            }
        }
    });
    let mut child = tokio::process::Command::new(std::env::current_exe().unwrap());
    let name = "bind_code::case_69_neither_socket_nor_code_goes_through_a_proxy_of_the_environment";
    child.args([name, "--exact"]).env(CHILD, "1").env_remove("NO_PROXY").env_remove("no_proxy");
    for variable in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"] {
        child.env(variable, &address).env(variable.to_lowercase(), &address);
    }
    let output = child.output().await.unwrap();
    let shown = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && shown.contains("1 passed"), "{shown}");
    assert!(!asked.is_finished(), "one request went through it: that of the user's own client");
    asked.abort();
}

#[test]
fn case_71_a_code_needs_a_runtime_with_io_and_time() {
    let mut fetching = Box::pin(get_socket_bind_code("http://127.0.0.1:1/"));
    let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
    let std::task::Poll::Ready(Err(error)) = fetching.as_mut().poll(&mut cx) else {
        panic!("it ends at once");
    };
    assert_eq!(*error.kind(), BindCodeErrorKind::Runtime, "{error}");
    for (io, time) in [(false, false), (true, false), (false, true)] {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        if io {
            builder.enable_io();
        }
        if time {
            builder.enable_time();
        }
        let runtime = builder.build().unwrap();
        let error = runtime.block_on(get_socket_bind_code("http://127.0.0.1:1/")).unwrap_err();
        assert_eq!(*error.kind(), BindCodeErrorKind::Runtime, "{io} {time}: {error}");
        assert!(error.to_string().contains("enable_all"), "{error}");
    }
}
