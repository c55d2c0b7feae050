//! A chat server: point two terminals and a browser at it.
//!
//! ```sh
//! cargo run --example server --features server -- --listen 127.0.0.1:9001
//! cargo run --example chat -- --url ws://127.0.0.1:9001/ws --name Ada
//! ```
//!
//! It ends by itself after `--seconds` (600 unless said otherwise), or on Ctrl-C: then it closes
//! every connection with 1012, service restart.

use std::{env, error::Error, net::SocketAddr, time::Duration};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;
use wirebond::{
    Contract,
    server::{Disconnect, Identity, SendError},
};

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
struct Chat {
    user: String,
    content: String,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
struct Join {
    user: String,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
struct Notification {
    level: String,
    message: String,
}

/// As much of the chat example's contract as a lobby needs.
#[derive(Debug, Contract)]
#[contract(version = "1.0.0", server)]
enum Lobby {
    /// A line that somebody typed.
    Chat(Chat),
    /// Says who is there.
    #[message(from = "client")]
    Join(Join),
    /// News for everybody.
    #[message(from = "server")]
    Notification(Notification),
}

/// The maximum number of connections: an example is no public service.
const MOST: usize = 100;

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
            "--listen" => options.listen = value()?.parse()?,
            "--seconds" => options.seconds = value()?.parse()?,
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
fn announce(lobby: &LobbyTarget, message: String) -> Result<(), SendError> {
    let level = "info".to_owned();
    lobby.send_notification(&Notification { level, message }).map(drop)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let Options { listen, seconds } = options()?;
    let server = LobbyServer::builder()
        .settings(|settings| settings.max_peers(MOST).messages_per_second(20))
        .on_join(|peer, Join { user }| {
            let people = peer.everyone().untyped().peers().len();
            announce(&peer.everyone(), format!("{user} is here, {people} in all"))
        })
        .on_chat(|peer, line| {
            println!("{:?}: {:?}", line.user, line.content);
            peer.everyone().send_chat(&line).map(drop)
        })
        .disconnected(|peer: LobbyPeer, end: Disconnect| {
            println!("peer {} is gone: {} {:?}", peer.id(), end.code, end.by);
        })
        .errors(|peer, error| eprintln!("peer {}: {error}", peer.id()))
        .build()?;

    let listener = TcpListener::bind(listen).await?;
    println!("listening on ws://{}/ws for {seconds} s", listener.local_addr()?);
    let untyped = server.untyped().clone();
    let accepting = untyped.serve(listener, |_request| async { Ok(Identity::anonymous()) });
    tokio::select! {
        () = accepting => {}
        () = tokio::time::sleep(Duration::from_secs(seconds)) => println!("the time is over"),
        _ = tokio::signal::ctrl_c() => println!("shutting down"),
    }
    let left = server.untyped().shutdown(Duration::from_secs(4)).await;
    println!("{:?}, {left} left", server.untyped().stats());
    Ok(())
}
