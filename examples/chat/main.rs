//! A chat: two typed clients talk through a server of their own, lose it, and come back.
//!
//! `cargo run --example chat -- --help` tells of the other ways to run it: against a real server,
//! as a server alone, or with you typing.

mod options;
mod person;
mod room;
#[path = "../support/mod.rs"]
mod support;
mod tale;

use std::process::ExitCode;

use options::{HELP, Run};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use wirebond::Contract;

/// Everything that the app and its backend say to each other.
#[derive(Debug, Clone, Contract)]
#[contract(version = "1.0.0")]
enum App {
    /// A line that somebody typed.
    Chat(Chat),
    /// Says who is there. The room answers with the lines that this person has missed.
    #[message(from = "client")]
    Join(Join),
    /// News for everybody.
    #[message(from = "server")]
    Notification(Notification),
    /// An order went on.
    #[message(from = "server")]
    OrderUpdate(OrderUpdate),
}

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
    level: Level,
    message: String,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Level {
    Info,
    Warning,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
struct OrderUpdate {
    order_id: String,
    status: String,
}

#[tokio::main]
async fn main() -> ExitCode {
    let run = match options::parse(std::env::args().skip(1)) {
        Ok(run) => run,
        Err(error) => {
            eprintln!("{error}\n\n{HELP}");
            return ExitCode::from(2);
        }
    };
    let result = match run {
        Run::Help => {
            println!("{HELP}");
            Ok(())
        }
        Run::Story { url: None } => tale::with_own_server().await,
        Run::Story { url: Some(url) } => tale::with_server(&url).await,
        Run::Serve { address, length } => room::serve(&address, length).await,
        Run::Person { url, name } => person::talk(&url, name).await,
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
