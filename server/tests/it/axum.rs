//! An upgrade that axum has read.

use std::time::Duration;

use axum::{
    Router,
    extract::State,
    response::{IntoResponse, Response},
    routing::any,
};
use http::HeaderMap;
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::{client_async, tungstenite::client::IntoClientRequest};
use wirebond_server::{Identity, Peer, Server, Upgrade, UpgradeError};

use crate::support::{next_message, raw, send_text};

#[tokio::test]
async fn an_axum_route_authenticates_before_the_upgrade() {
    async fn ws(State(server): State<Server>, headers: HeaderMap, upgrade: Upgrade) -> Response {
        match headers.get("authorization").and_then(|value| value.to_str().ok()) {
            Some(user) => server.accept(upgrade, Identity::user(user)),
            None => UpgradeError::Unauthorized.into_response(),
        }
    }
    let server = Server::builder()
        .on("who", |peer: Peer, (): ()| peer.try_send("you", &peer.user()))
        .build()
        .expect("settings that work");
    let router = Router::new().route("/ws", any(ws)).with_state(server.clone());
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move { axum::serve(listener, router).await });

    let mut request = format!("ws://{address}/ws").into_client_request().expect("a URL");
    let tcp = TcpStream::connect(address).await.expect("it listens");
    let refused = client_async(request.clone(), tcp).await.expect_err("refused");
    assert!(refused.to_string().contains("401"), "{refused}");
    let plain = "GET /ws HTTP/1.1\r\nHost: h\r\nConnection: close\r\nAuthorization: ada\r\n\r\n";
    let answer = raw(address, plain.as_bytes()).await;
    assert!(answer.ends_with("this connection can't be upgraded\n"), "{answer}");
    request.headers_mut().insert("authorization", "ada".parse().expect("a value"));
    let tcp = TcpStream::connect(address).await.expect("it listens");
    let (mut client, _) = client_async(request, tcp).await.expect("an upgrade");
    send_text(&mut client, r#"{"type":"who"}"#).await;
    assert_eq!(next_message(&mut client).await["data"], "ada");

    let plain = "GET /ws HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
    assert!(raw(address, plain.as_bytes()).await.starts_with("HTTP/1.1 400 "), "no upgrade");
    server.shutdown(Duration::from_millis(100)).await;
}
