//! A lobby: point two terminals and a browser at it.
//!
//! ```sh
//! cargo run --example server -- --listen 127.0.0.1:9001
//! cargo run --example chat -- --url ws://127.0.0.1:9001/ws --name Ada
//! ```
//!
//! A browser finds a page at `http://127.0.0.1:9001/`. The server ends by itself after `--seconds` (600
//! unless said otherwise), or on Ctrl-C or SIGTERM: then it closes every connection with 1012, service
//! restart, while new ones are refused with 503 and the page is still served.

#[path = "../chat/contract.rs"]
#[allow(dead_code, reason = "this server sends no order updates, and it has no client")]
mod contract;

use std::{env, error::Error, io, net::SocketAddr, time::Duration};

use axum::{
    Router,
    extract::State,
    response::{Html, Response},
    routing::{any, get},
};
use contract::{AppPeer, AppServer, AppTarget, Join, Level, Notification};
use tokio::net::TcpListener;
use wirebond::server::{Disconnect, Identity, SendError, Upgrade};

/// The maximum number of connections: an example is no public service.
const MOST: usize = 100;
/// The maximum size of a message, in bytes.
const LARGEST: usize = 16 * 1024;
/// How long a shutdown waits for its clients.
const GOODBYE: Duration = Duration::from_secs(4);

struct Options {
    listen: SocketAddr,
    seconds: u64,
}

fn options() -> Result<Options, Box<dyn Error>> {
    let mut options = Options { listen: SocketAddr::from(([127, 0, 0, 1], 0)), seconds: 600 };
    let mut arguments = env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or(format!("{argument} needs a value"));
        match &*argument {
            "--listen" => {
                let text = value()?;
                let wrong =
                    |_| format!("--listen needs IP:PORT, such as 127.0.0.1:9001, not {text:?}");
                options.listen = text.parse().map_err(wrong)?;
            }
            "--seconds" => {
                let text = value()?;
                let wrong = |_| format!("--seconds needs a whole number, not {text:?}");
                options.seconds = text.parse().map_err(wrong)?;
            }
            _ => {
                return Err(format!(
                    "{argument} is unknown: server [--listen ADDRESS:PORT] [--seconds NUMBER]"
                )
                .into());
            }
        }
    }
    Ok(options)
}

/// Announces something to everybody.
fn announce(lobby: &AppTarget, message: String) -> Result<(), SendError> {
    lobby.send_notification(&Notification { level: Level::Info, message }).map(drop)
}

fn lobby() -> Result<AppServer, wirebond::server::BuildError> {
    AppServer::builder()
        .settings(|settings| {
            settings.max_peers(MOST).max_message_size(LARGEST).messages_per_second(20)
        })
        .on_join(|peer, Join { user }| {
            let people = peer.everyone().untyped().peers().len();
            announce(&peer.everyone(), format!("{user} is here, {people} in all"))
        })
        .on_chat(|peer, line| {
            // Debug form: a line may hold anything, and this goes to a terminal.
            println!("{:?}: {:?}", line.user, line.content);
            peer.everyone().except(&peer).send_chat(&line).map(drop)
        })
        .disconnected(|peer: AppPeer, end: Disconnect| {
            println!("peer {} is gone: {} {:?}", peer.id(), end.code, end.by);
        })
        .errors(|peer, error| eprintln!("peer {}: {error}", peer.id()))
        .build()
}

/// A route like any other: extractors and layers may authenticate before the upgrade.
async fn ws(State(server): State<AppServer>, upgrade: Upgrade) -> Response {
    server.untyped().accept(upgrade, Identity::anonymous())
}

/// Resolves on Ctrl-C, and on SIGTERM, with which service managers and containers stop a process.
async fn stop_signal() -> io::Result<()> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut terminate = signal(SignalKind::terminate())?;
        tokio::select! {
            interrupted = tokio::signal::ctrl_c() => interrupted,
            _ = terminate.recv() => Ok(()),
        }
    }
    #[cfg(not(unix))]
    tokio::signal::ctrl_c().await
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let Options { listen, seconds } = options()?;
    let server = lobby()?;
    let router = Router::new()
        .route("/", get(|| async { Html(include_str!("page.html")) }))
        .route("/ws", any(ws))
        .with_state(server.clone());
    let listener = TcpListener::bind(listen).await?;
    let address = listener.local_addr()?;
    println!("listening on ws://{address}/ws for {seconds} s; a page is at http://{address}/");
    let shutdown = async {
        tokio::select! {
            () = tokio::time::sleep(Duration::from_secs(seconds)) => println!("the time is over"),
            _ = stop_signal() => println!("shutting down"),
        }
        server.untyped().shutdown(GOODBYE).await
    };
    // axum goes on to answer until the end of the shutdown, not only to its beginning.
    tokio::select! {
        ended = async { axum::serve(listener, router).await } => ended?,
        left = shutdown => println!("{:?}, {left} left", server.untyped().stats()),
    }
    Ok(())
}
