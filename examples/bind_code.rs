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

use support::demo::{Demo, Log};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};
use wirebond::{
    Contract,
    bind_code::get_socket_bind_code,
    server::{Identity, Request, UpgradeError},
};

#[derive(Debug, Contract)]
#[contract(version = "1.0.0", server)]
enum App {
    Chat(String),
}

/// The codes that were given out and not used.
type Codes = Arc<Mutex<BTreeSet<String>>>;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let (mut demo, log) = Demo::begin("One-time codes");
    let codes = Codes::default();
    let server = AppServer::builder().build()?;
    let http = TcpListener::bind("127.0.0.1:0").await?;
    let sockets = TcpListener::bind("127.0.0.1:0").await?;
    let endpoint = format!("http://{}/socket/bind-code", http.local_addr()?);
    let url = format!("ws://{}/ws?room=1", sockets.local_addr()?);
    tokio::spawn(give_out(http, Arc::clone(&codes), log.clone()));
    tokio::spawn(serve(sockets, server.clone(), codes, log.clone()));

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

    demo.part("The server closes the connection; the old code would be refused");
    for peer in server.untyped().peers() {
        peer.close(1001, "going away");
    }
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

/// Whether the query has a code that was given out and not used. Each is good for one connection.
fn takes(codes: &Codes, query: &str) -> bool {
    let code = query.split('&').find_map(|pair| pair.strip_prefix("code="));
    // This example's codes have two characters that a query escapes.
    let code = code.unwrap_or_default().replace("%2F", "/").replace("%2B", "+");
    codes.lock().unwrap_or_else(PoisonError::into_inner).remove(&code)
}

/// Lets a connection in for each code.
async fn serve(sockets: TcpListener, server: AppServer, codes: Codes, log: Log) {
    let authenticate = move |request: Request| {
        let is_new = takes(&codes, request.uri.query().unwrap_or_default());
        let log = log.clone();
        async move {
            if !is_new {
                return Err(UpgradeError::Forbidden);
            }
            log.add("server", "takes a code that it has not seen before");
            Ok(Identity::anonymous())
        }
    };
    server.untyped().serve(sockets, authenticate).await;
}
