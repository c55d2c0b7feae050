//! Reconnecting, stopping, and the states between: cases 40 to 49 of the list of faults.

use wirebond_client::{Client, ConnectError};

mod attempts;
mod confirmation;
mod stopping;

/// Waits for a connection in a task of its own.
fn connecting(client: &Client) -> tokio::task::JoinHandle<Result<(), ConnectError>> {
    let client = client.clone();
    tokio::spawn(async move { client.connect().await })
}
