//! One-time codes: an HTTP endpoint gives out a code, and the WebSocket server takes each just once.
//!
//! `cargo run --example bind_code --features bind-code`

#[path = "support/mod.rs"]
mod support;

use std::{
    collections::BTreeSet,
    error::Error,
    io,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, SystemTime},
};

use futures_util::StreamExt;
use support::demo::{Demo, Log};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    sync::Notify,
};
use tokio_tungstenite::{
    accept_hdr_async,
    tungstenite::handshake::server::{ErrorResponse, Request, Response},
};
use wirebond::{Contract, bind_code::get_socket_bind_code};

#[derive(Debug, Contract)]
#[contract(version = "1.0.0")]
enum App {
    Chat(String),
}

/// The codes that were given out and not used.
type Codes = Arc<Mutex<BTreeSet<String>>>;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let (mut demo, log) = Demo::begin("One-time codes");
    let (codes, cut) = (Codes::default(), Arc::new(Notify::new()));
    let http = TcpListener::bind("127.0.0.1:0").await?;
    let sockets = TcpListener::bind("127.0.0.1:0").await?;
    let endpoint = format!("http://{}/socket/bind-code", http.local_addr()?);
    let url = format!("ws://{}/ws?room=1", sockets.local_addr()?);
    tokio::spawn(give_out(http, Arc::clone(&codes), log.clone()));
    tokio::spawn(take(sockets, codes, Arc::clone(&cut), log.clone()));

    // By hand: one code, for any connection.
    let code = get_socket_bind_code(endpoint.as_str()).await?;
    let left = code.expire_time.ok_or("no time")?.duration_since(SystemTime::now())?;
    log.add("app", format!("got a code of {} characters, good for {left:.0?}", code.code.len()));
    demo.until("app", "got a code").await?;

    // By the client: a fresh one for every attempt, added to the URL's query.
    let app = AppClient::builder(url)
        .bind_code(endpoint)
        .reconnect_interval(Duration::from_millis(300))
        .build()?;
    let writer = log.clone();
    app.on_open(move || writer.add("app", "is connected"));
    let writer = log.clone();
    app.on_close(move |info| writer.add("app", info.to_string()));
    app.connect().await?;
    demo.until("app", "is connected").await?;
    demo.pause(Duration::from_millis(300)).await;

    demo.part("The server cuts the connection; the old code would be refused");
    cut.notify_one();
    demo.until("app", "closed by").await?;
    demo.until("app", "is connected").await?;
    app.send_chat(&"Back, with another code.".to_owned()).await?;
    app.flush().await?;
    app.disconnect().await;
    demo.end("Two connections, two codes.");
    Ok(())
}

/// `GET` → `{"code":"…","expireTime":…}`.
async fn give_out(http: TcpListener, codes: Codes, log: Log) -> io::Result<()> {
    for number in 1_u64.. {
        let (mut stream, _) = http.accept().await?;
        let mut request = [0; 4096];
        let _ = stream.read(&mut request).await?;
        // A real one draws it from a secure source of randomness.
        let code = format!("code/{number}+{}", number.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        codes.lock().unwrap_or_else(PoisonError::into_inner).insert(code.clone());
        let expires = SystemTime::now() + Duration::from_secs(60);
        let millis = expires.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_millis();
        let body = format!(r#"{{"code":"{code}","expireTime":{millis}}}"#);
        let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close";
        let answer = format!("{head}\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        stream.write_all(answer.as_bytes()).await?;
        log.add("endpoint", format!("gives out code {number}"));
    }
    Ok(())
}

/// A WebSocket server that takes each code once.
#[expect(clippy::result_large_err, reason = "the answer's type is the library's")]
async fn take(sockets: TcpListener, codes: Codes, cut: Arc<Notify>, log: Log) -> io::Result<()> {
    loop {
        let (stream, _) = sockets.accept().await?;
        let socket = accept_hdr_async(stream, |request: &Request, response: Response| {
            let query = request.uri().query().unwrap_or_default();
            let code = query.split('&').find_map(|pair| pair.strip_prefix("code="));
            // This example's codes have two characters that a query escapes.
            let code = code.unwrap_or_default().replace("%2F", "/").replace("%2B", "+");
            if codes.lock().unwrap_or_else(PoisonError::into_inner).remove(&code) {
                log.add("server", "takes a code that it has not seen before");
                Ok(response)
            } else {
                let mut refusal = ErrorResponse::new(None);
                *refusal.status_mut() = tokio_tungstenite::tungstenite::http::StatusCode::FORBIDDEN;
                Err(refusal)
            }
        });
        let Ok(mut socket) = socket.await else { continue };
        loop {
            tokio::select! {
                () = cut.notified() => break,
                frame = socket.next() => if !matches!(frame, Some(Ok(_))) { break },
            }
        }
    }
}
