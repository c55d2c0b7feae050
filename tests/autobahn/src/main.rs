//! The agents that the Autobahn test suite plays with.
//!
//! `wirebond-autobahn ws://127.0.0.1:PORT` is a client: it asks a fuzzing server how many cases there are,
//! plays each of them, and has the report written. `wirebond-autobahn PORT` is a server for a fuzzing
//! client. `run` beside it does everything else.

use std::error::Error;

use tokio::net::TcpListener;
use wirebond_client::runtime::fuzzing::echo;
use wirebond_server::runtime::fuzzing::serve;

/// Some cases send a message of 16 MiB.
const LARGEST: usize = 64 << 20;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let argument =
        std::env::args().nth(1).ok_or("usage: wirebond-autobahn ws://HOST:PORT | PORT")?;
    if let Ok(port) = argument.parse::<u16>() {
        return Ok(serve(TcpListener::bind(("127.0.0.1", port)).await?, LARGEST).await?);
    }
    let server = argument;
    let count: u32 = echo(&format!("{server}/getCaseCount"), LARGEST).await?.parse()?;
    for case in 1..=count {
        let url = format!("{server}/runCase?case={case}&agent=wirebond");
        if let Err(error) = echo(&url, LARGEST).await {
            eprintln!("case {case} of {count}: {error}");
        }
    }
    echo(&format!("{server}/updateReports?agent=wirebond"), LARGEST).await?;
    Ok(())
}
