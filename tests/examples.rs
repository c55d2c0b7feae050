//! Every example does what it says, by itself and in time. Cargo builds them before it runs this.
#![cfg(feature = "client")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    io::{BufRead, BufReader, Write},
    process::{Child, ChildStdout, Command, Output, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

#[path = "support/tools.rs"]
mod tools;

/// No example takes longer, however busy the machine is.
const LIMIT: Duration = Duration::from_secs(60);

/// An example, with what it says caught.
fn example(name: &str) -> Command {
    let mut command = Command::new(tools::example(name));
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// A process that doesn't outlive its test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Runs to the end, or fails.
fn output(mut command: Command) -> Output {
    let child = command.spawn().unwrap();
    let id = child.id();
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || sender.send(child.wait_with_output()));
    let ended = receiver.recv_timeout(LIMIT);
    let Ok(output) = ended else { panic!("{command:?} (process {id}) did not end in {LIMIT:?}") };
    output.unwrap()
}

/// The example ends well, and prints these, in this order.
fn tells(name: &str, wanted: &[&str]) {
    let output = output(example(name));
    let text = String::from_utf8(output.stdout).unwrap();
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{name}: {}\n{text}\n{errors}", output.status);
    assert_eq!(errors, "", "{name}");
    let mut rest = text.as_str();
    for part in wanted {
        let Some(at) = rest.find(part) else { panic!("{name} does not come to {part:?}:\n{text}") };
        rest = &rest[at + part.len()..];
    }
    assert!(!text.contains('\u{1b}'), "{name}: colours are for terminals");
}

#[test]
fn chat_tells_its_story() {
    tells(
        "chat",
        &[
            "Ada: Hello Grace!",
            "Grace: Hello Ada!",
            "the shop closes at six",
            "A-17 is shipped",
            "the connection ended: closed by the network",
            "1 message waits",
            "attempt 1",
            "is connected",
            "« Ada: Are you still there?",
            "nothing was lost",
            "0 unconfirmed",
            "1 reconnect,",
            "Everything sent was confirmed.",
        ],
    );
}

#[test]
fn notifications_tells_its_story() {
    tells("notifications", &["[i]", "[+]", "[!]", "[x]", "Maintenance at six"]);
}

#[test]
fn order_updates_tells_its_story() {
    tells("order_updates", &["A-17 is done", "one refused and reported"]);
}

#[test]
fn user_status_tells_its_story() {
    tells("user_status", &["ada is on line", "ada has left", r#"on line now: {"grace"}"#]);
}

#[test]
fn custom_config_tells_its_story() {
    tells("custom_config", &["Overflowed", "« two", "« three", "longer than heartbeat_interval"]);
}

#[test]
fn error_handling_tells_its_story() {
    tells(
        "error_handling",
        &[
            "can't be used",
            "could not be reached",
            "not a message",
            "\"weather\"",
            "not of its type",
            "a price of nothing",
            "seven is a bug",
            "the price is 42",
            "attempt 2",
            "gives up",
            "is failed",
        ],
    );
}

#[test]
fn chat_explains_itself_and_refuses_what_it_does_not_know() {
    let mut help = example("chat");
    help.arg("--help");
    let help = output(help);
    assert!(help.status.success());
    assert!(String::from_utf8(help.stdout).unwrap().contains("--interactive"));

    for args in [
        &["--colour"][..],
        &["--url"],
        &["--interactive"],
        &["--name", "Ada"],
        &["--for", "1"],
        &["--serve", "127.0.0.1:0", "--for", "ever"],
        &["--serve", "127.0.0.1:0", "--url", "ws://h"],
    ] {
        let mut chat = example("chat");
        chat.args(args);
        let refused = output(chat);
        assert_eq!(refused.status.code(), Some(2), "{args:?}");
        assert!(String::from_utf8(refused.stderr).unwrap().contains("--help"), "{args:?}");
    }
    let mut nowhere = example("chat");
    nowhere.args(["--serve", "256.0.0.1:1"]);
    let failed = output(nowhere);
    assert_eq!(failed.status.code(), Some(1));
    assert!(String::from_utf8(failed.stderr).unwrap().contains("can't be listened on"));
}

/// Reads until a line contains `wanted`.
fn until(lines: &mut BufReader<ChildStdout>, wanted: &str) -> String {
    let mut line = String::new();
    loop {
        line.clear();
        assert_ne!(lines.read_line(&mut line).unwrap(), 0, "the end came before {wanted:?}");
        if line.contains(wanted) {
            return line;
        }
    }
}

fn start(args: &[&str]) -> (Running, BufReader<ChildStdout>) {
    let mut command = example("chat");
    // A process whose test hangs ends by itself.
    let mut child = command.args(args).stdin(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap());
    (Running(child), lines)
}

#[test]
fn two_terminals_talk_through_a_server() {
    let (server, mut said) = start(&["--serve", "127.0.0.1:0", "--for", "60"]);
    let line = until(&mut said, "listening on ");
    let url = line.split_whitespace().find(|word| word.starts_with("ws://")).unwrap();

    let (mut ada, mut ada_sees) = start(&["--url", url, "--name", "Ada", "--interactive"]);
    until(&mut ada_sees, "connected");
    until(&mut said, "\"Ada\" is here");
    let (mut grace, mut grace_sees) = start(&["--url", url, "--name", "Grace", "--interactive"]);
    until(&mut grace_sees, "connected");
    until(&mut said, "\"Grace\" is here");

    let mut ada_types = ada.0.stdin.take().unwrap();
    writeln!(ada_types, "Hello from one terminal").unwrap();
    until(&mut grace_sees, "Ada: Hello from one terminal");
    let mut grace_types = grace.0.stdin.take().unwrap();
    writeln!(grace_types, "Hello from the other").unwrap();
    until(&mut ada_sees, "Grace: Hello from the other");

    writeln!(ada_types, "/quit").unwrap();
    assert!(ada.0.wait().unwrap().success());
    // The end of the input is as good.
    drop(grace_types);
    assert!(grace.0.wait().unwrap().success());
    until(&mut said, "is gone");
    drop(server);
}
