//! What can go wrong, and how the client reports it.

#[path = "support/mod.rs"]
mod support;

use std::{error::Error, time::Duration};

use futures_util::{SinkExt, StreamExt};
use support::demo::{Demo, Log};
use tokio::net::TcpListener;
use tokio_tungstenite::{accept_async, tungstenite::Message};
use wirebond::{ConnectErrorKind, Contract, ErrorKind, State};

#[derive(Debug, Contract)]
#[contract(version = "1.0.0")]
enum App {
    #[message(from = "server")]
    Price(u32),
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let (mut demo, log) = Demo::begin("What can go wrong");

    demo.part("A URL that is none: build() says so");
    let Err(error) = AppClient::builder("api.example.com/ws").build() else {
        return Err("it was accepted".into());
    };
    log.add("build", error.to_string());
    demo.until("build", "does not start with ws://").await?;

    demo.part("Nobody listens: connect() returns the error of the first try");
    let free = TcpListener::bind("127.0.0.1:0").await?.local_addr()?;
    let app = AppClient::builder(format!("ws://{free}")).build()?;
    let Err(error) = app.connect().await else { return Err("it connected".into()) };
    log.add("connect", error.to_string());
    demo.until("connect", "could not be reached").await?;
    if *error.kind() != ConnectErrorKind::Io || app.state() != State::Idle {
        return Err("that is another error".into());
    }

    demo.part("A server that talks nonsense, and handlers that fail: on_error, and on it goes");
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("ws://{}", listener.local_addr()?);
    let server = tokio::spawn(async move { talk_nonsense(&listener).await.is_ok() });
    let app = AppClient::builder(url)
        .reconnect_interval(Duration::from_millis(200))
        .max_reconnect_attempts(2)
        .build()?;
    subscribe(&app, &log);
    // The default hook prints a panic's message and place; this demo replaces it.
    std::panic::set_hook(Box::new(|_| {}));
    app.connect().await?;
    demo.until("app", "the price is 42").await?;

    demo.part("The server is gone for good: attempts, then on_reconnect_failed");
    server.abort();
    demo.until("app", "gives up").await?;
    log.add("app", format!("is {}; connect() would start afresh", app.state()));
    demo.until("app", "is failed").await?;
    demo.end("Everything was reported, and nothing crashed.");
    Ok(())
}

/// A server that wasn't made from the contract. Tungstenite answers the Pings.
async fn talk_nonsense(listener: &TcpListener) -> Result<(), Box<dyn Error>> {
    let mut socket = accept_async(listener.accept().await?.0).await?;
    for text in [
        "no JSON at all",
        r#"{"type":"weather","data":"fine"}"#,
        r#"{"type":"price","data":"a lot"}"#,
        r#"{"type":"price","data":0}"#,
        r#"{"type":"price","data":7}"#,
        r#"{"type":"price","data":42}"#,
    ] {
        socket.send(Message::text(text)).await?;
    }
    while let Some(Ok(_)) = socket.next().await {}
    Ok(())
}

/// Subscribes to every kind of failure: each has its event.
fn subscribe(app: &AppClient, log: &Log) {
    let writer = log.clone();
    app.on_error(move |error| {
        let text = match error.kind() {
            ErrorKind::Envelope | ErrorKind::Payload => format!("the server's fault: {error}"),
            ErrorKind::Handler | ErrorKind::HandlerPanic => format!("our own fault: {error}"),
            _ => error.to_string(),
        };
        writer.add("error", text);
    });
    let writer = log.clone();
    app.on_unknown(move |name, _text| {
        // A peer chose the name: print it escaped.
        writer.add("unknown", format!("{name:?} is newer than this program"));
    });
    let writer = log.clone();
    app.on_price(move |price| {
        if price == 0 {
            return Err("a price of nothing");
        }
        assert_ne!(price, 7, "seven is a bug of ours");
        writer.add("app", format!("the price is {price}"));
        Ok(())
    });
    let writer = log.clone();
    app.on_reconnect(move |attempt| writer.add("app", format!("attempt {attempt}")));
    let writer = log.clone();
    app.on_reconnect_failed(move || writer.add("app", "gives up"));
}
