//! The agent that the Autobahn fuzzing server tests: `wirebond-autobahn ws://127.0.0.1:PORT`.
//!
//! It asks how many cases there are, plays each of them, and has the report written. `run` beside it
//! does all that is around.

use wirebond_client::runtime::fuzzing::echo;

/// Some cases send a message of 16 MiB.
const LARGEST: usize = 64 << 20;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let server = std::env::args().nth(1).ok_or("usage: wirebond-autobahn ws://HOST:PORT")?;
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
