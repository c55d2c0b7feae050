//! A chat: two typed clients talk through a server of their own, lose it, and come back.
//!
//! `cargo run --example chat -- --help` lists the other ways to run it: against a real server,
//! as a server alone, or with you typing.

mod contract;
mod demo;
mod options;
mod person;
mod room;
#[path = "../support/mod.rs"]
mod support;

use std::process::ExitCode;

use contract::{AppClient, AppPeer, AppServer, Chat, Join, Level, Notification, OrderUpdate};
use options::{HELP, Run};

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
        Run::Demo { url: None } => demo::with_own_server().await,
        Run::Demo { url: Some(url) } => demo::with_server(&url).await,
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
