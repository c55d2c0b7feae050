//! What can go wrong, and how one learns of it.

#[path = "support/mod.rs"]
mod support;

use std::{error::Error, time::Duration};

use support::{
    backend::{Backend, Happening},
    story::Story,
};
use tokio::net::TcpListener;
use wirebond::{ConnectErrorKind, Contract, ErrorKind, State};

#[derive(Debug, Contract)]
#[contract(version = "1.0.0")]
enum App {
    #[message(from = "server")]
    Price(u32),
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let (mut story, teller) = Story::begin("What can go wrong");

    story.part("A URL that is none: build() says so");
    let Err(error) = AppClient::builder("api.example.com/ws").build() else {
        return Err("it was accepted".into());
    };
    teller.tell("build", error.to_string());
    story.until("build", "does not start with ws://").await?;

    story.part("Nobody listens: connect() returns the error of the first try");
    let free = TcpListener::bind("127.0.0.1:0").await?.local_addr()?;
    let app = AppClient::builder(format!("ws://{free}")).build()?;
    let Err(error) = app.connect().await else { return Err("it connected".into()) };
    teller.tell("connect", error.to_string());
    story.until("connect", "could not be reached").await?;
    if *error.kind() != ConnectErrorKind::Io || app.state() != State::Idle {
        return Err("that is another error".into());
    }

    story.part("A server that talks nonsense, and handlers that fail: on_error, and on it goes");
    let backend = Backend::start("127.0.0.1:0", |room, happening: Happening<App>| {
        if let Happening::Joined(id) = happening {
            room.send_text(id, "no JSON at all");
            room.send_text(id, r#"{"type":"weather","data":"fine"}"#);
            room.send_text(id, r#"{"type":"price","data":"a lot"}"#);
            for price in [0, 7, 42] {
                room.send(id, App::Price(price));
            }
        }
    })
    .await?;
    let app = AppClient::builder(backend.url())
        .reconnect_interval(Duration::from_millis(200))
        .max_reconnect_attempts(2)
        .build()?;
    let tell = teller.clone();
    app.on_error(move |error| {
        let words = match error.kind() {
            ErrorKind::Envelope | ErrorKind::Payload => format!("the server's fault: {error}"),
            ErrorKind::Handler | ErrorKind::HandlerPanic => format!("our own fault: {error}"),
            _ => error.to_string(),
        };
        tell.tell("error", words);
    });
    let tell = teller.clone();
    app.on_unknown(move |name, _text| {
        // A peer chose the name: print it escaped.
        tell.tell("unknown", format!("{name:?} is newer than this program"));
    });
    let tell = teller.clone();
    app.on_price(move |price| {
        if price == 0 {
            return Err("a price of nothing");
        }
        assert_ne!(price, 7, "seven is a bug of ours");
        tell.tell("app", format!("the price is {price}"));
        Ok(())
    });
    let tell = teller.clone();
    app.on_reconnect(move |attempt| tell.tell("app", format!("attempt {attempt}")));
    let tell = teller.clone();
    app.on_reconnect_failed(move || tell.tell("app", "gives up"));
    // The default hook prints a panic's message and place; this story does without.
    std::panic::set_hook(Box::new(|_| {}));
    app.connect().await?;
    story.until("app", "the price is 42").await?;

    story.part("The server is gone for good: attempts, then on_reconnect_failed");
    drop(backend);
    story.until("app", "gives up").await?;
    teller.tell("app", format!("is {}; connect() would start afresh", app.state()));
    story.until("app", "is failed").await?;
    story.end("Everything was reported, and nothing crashed.");
    Ok(())
}
