//! Every example does what it says, by itself and in time. Cargo builds them before it runs this.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    process::{Child, ChildStdout, Command, Output, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

use tokio_tungstenite::tungstenite::{
    Message, WebSocket, accept,
    client::IntoClientRequest,
    protocol::{CloseFrame, frame::coding::CloseCode},
};

use crate::support::tools;

/// No example takes longer, however busy the machine is.
const LIMIT: Duration = Duration::from_secs(60);

/// An example, with its output captured.
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

/// The example succeeds, and prints these parts in this order.
fn prints(name: &str, expected: &[&str]) {
    let output = output(example(name));
    let text = String::from_utf8(output.stdout).unwrap();
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{name}: {}\n{text}\n{errors}", output.status);
    assert_eq!(errors, "", "{name}");
    let mut rest = text.as_str();
    for part in expected {
        let Some(at) = rest.find(part) else { panic!("{name} does not print {part:?}:\n{text}") };
        rest = &rest[at + part.len()..];
    }
    assert!(!text.contains('\u{1b}'), "{name}: colours are for terminals");
}

#[test]
fn chat_runs_its_demo() {
    prints(
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
fn notifications_runs_its_demo() {
    prints("notifications", &["[i]", "[+]", "[!]", "[x]", "Maintenance at six"]);
}

#[test]
fn order_updates_runs_its_demo() {
    prints("order_updates", &["A-17 is done", "one refused and reported"]);
}

#[test]
fn user_status_runs_its_demo() {
    prints("user_status", &["ada is on line", "ada has left", r#"on line now: {"grace"}"#]);
}

#[test]
fn custom_config_runs_its_demo() {
    prints("custom_config", &["Overflowed", "« two", "« three", "longer than heartbeat_interval"]);
}

#[test]
fn error_handling_runs_its_demo() {
    prints(
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

/// Reads until a line contains `expected`.
fn until(lines: &mut BufReader<ChildStdout>, expected: &str) -> String {
    let mut line = String::new();
    loop {
        line.clear();
        assert_ne!(lines.read_line(&mut line).unwrap(), 0, "the output ended before {expected:?}");
        if line.contains(expected) {
            return line;
        }
    }
}

fn start(args: &[&str]) -> (Running, BufReader<ChildStdout>) {
    start_example("chat", args)
}

fn start_example(name: &str, args: &[&str]) -> (Running, BufReader<ChildStdout>) {
    let mut command = example(name);
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
    // The end of the input has the same effect.
    drop(grace_types);
    assert!(grace.0.wait().unwrap().success());
    until(&mut said, "is gone");
    drop(server);
}

/// What a server at `host` answers to a request.
fn answer(host: &str, request: &str) -> String {
    let mut stream = TcpStream::connect(host).unwrap();
    stream.set_read_timeout(Some(LIMIT)).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn a_terminal_and_a_browser_talk_through_the_server() {
    let (server, mut said) = start_example("server", &["--listen", "127.0.0.1:0"]);
    let line = until(&mut said, "listening on ");
    let url = line.split_whitespace().find(|word| word.starts_with("ws://")).unwrap();
    let host = url.strip_prefix("ws://").unwrap().strip_suffix("/ws").unwrap();

    let page =
        answer(host, &format!("GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"));
    assert!(page.starts_with("HTTP/1.1 200 OK\r\n"), "{page}");
    assert!(page.contains("new WebSocket("), "{page}");
    let upgrade = |origin: &str| {
        format!(
            "GET /ws HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Origin: {origin}\r\nSec-WebSocket-Version: 13\r\n\
             Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        )
    };
    let refused = answer(host, &upgrade("http://elsewhere.example"));
    assert!(refused.starts_with("HTTP/1.1 403 "), "{refused}");

    let (mut ada, mut ada_sees) = start(&["--url", url, "--name", "Ada"]);
    until(&mut ada_sees, "Ada is here, 1 in all");
    // As the page does it.
    let mut request = url.into_client_request().unwrap();
    request.headers_mut().insert("origin", format!("http://{host}").parse().unwrap());
    let stream = TcpStream::connect(host).unwrap();
    stream.set_read_timeout(Some(LIMIT)).unwrap();
    let (mut browser, _) = tokio_tungstenite::tungstenite::client(request, stream).unwrap();
    browser.send(Message::text(r#"{"type":"join","data":{"user":"Bob"}}"#)).unwrap();
    until(&mut ada_sees, "Bob is here, 2 in all");
    let line = r#"{"type":"chat","data":{"user":"Bob","content":"Hello"},"timestamp":1}"#;
    browser.send(Message::text(line)).unwrap();
    until(&mut ada_sees, "Bob: Hello");
    writeln!(ada.0.stdin.take().unwrap(), "Hello, browser").unwrap();
    assert_eq!(message(&mut browser, "chat")["data"]["content"], "Hello, browser");
    assert!(ada.0.wait().unwrap().success());
    drop(server);
}

#[test]
fn the_server_ends_by_itself() {
    let mut server = example("server");
    server.args(["--seconds", "0"]);
    let output = output(server);
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("the time is over") && text.contains(", 0 left"), "{text}");
}

/// Stops a process as service managers do.
#[cfg(unix)]
#[test]
fn on_sigterm_the_server_refuses_upgrades_and_serves_its_page_until_its_peers_are_gone() {
    let (mut server, mut said) = start_example("server", &["--listen", "127.0.0.1:0"]);
    let line = until(&mut said, "listening on ");
    let url = line.split_whitespace().find(|word| word.starts_with("http://")).unwrap();
    let host = url.strip_prefix("http://").unwrap().strip_suffix('/').unwrap();
    let upgrade = format!(
        "GET /ws HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    );
    let page = format!("GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    let mut peer = BufReader::new(TcpStream::connect(host).unwrap());
    peer.get_ref().set_read_timeout(Some(LIMIT)).unwrap();
    peer.get_mut().write_all(upgrade.as_bytes()).unwrap();
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        assert_ne!(peer.read_line(&mut head).unwrap(), 0, "{head}");
    }
    // A request that never arrives in full must not keep the process.
    let mut half = TcpStream::connect(host).unwrap();
    half.write_all(b"GET / HTTP/1.1\r\n").unwrap();

    let id = server.0.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
    let mut close = [0; 4];
    peer.read_exact(&mut close).unwrap();
    assert_eq!((close[0], &close[2..]), (0x88, &1012_u16.to_be_bytes()[..]));
    // The shutdown waits for the answer to its Close.
    let refused = answer(host, &upgrade);
    assert!(refused.starts_with("HTTP/1.1 503 "), "{refused}");
    let served = answer(host, &page);
    assert!(served.starts_with("HTTP/1.1 200 OK\r\n"), "{served}");
    drop(peer);
    until(&mut said, ", 0 left");
    assert!(server.0.wait().unwrap().success());
    drop(half);
}

/// A server that the test plays itself, and its URL.
fn server() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("ws://{}/ws", listener.local_addr().unwrap());
    (listener, url)
}

/// The next connection; the test fails if it doesn't come in time.
fn connection(listener: &TcpListener) -> TcpStream {
    let listener = listener.try_clone().unwrap();
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || sender.send(listener.accept().unwrap().0));
    let stream = receiver.recv_timeout(LIMIT).unwrap();
    stream.set_read_timeout(Some(LIMIT)).unwrap();
    stream
}

fn accepted(listener: &TcpListener) -> WebSocket<TcpStream> {
    accept(connection(listener)).unwrap()
}

/// Answers the next attempt with this status.
fn refuse(listener: &TcpListener, status: u16) {
    let mut stream = connection(listener);
    // The request is read first: closing with unread bytes would reset the connection.
    let _ = stream.read(&mut [0; 4096]).unwrap();
    let answer = format!("HTTP/1.1 {status} No\r\nContent-Length: 0\r\n\r\n");
    stream.write_all(answer.as_bytes()).unwrap();
}

/// The next message of a type; Pings are answered on the way.
fn message(socket: &mut WebSocket<TcpStream>, name: &str) -> serde_json::Value {
    loop {
        if let Message::Text(text) = socket.read().unwrap() {
            let message: serde_json::Value = serde_json::from_str(&text).unwrap();
            if message["type"] == name {
                return message;
            }
        }
    }
}

/// Waits for a person's program to end; returns whether it succeeded, and its standard error.
fn end(mut person: Running, mut sees: BufReader<ChildStdout>) -> (Option<i32>, String) {
    let mut errors = person.0.stderr.take().unwrap();
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut text = String::new();
        sees.read_to_string(&mut String::new()).unwrap();
        errors.read_to_string(&mut text).unwrap();
        sender.send(text)
    });
    let Ok(text) = receiver.recv_timeout(LIMIT) else { panic!("it did not end in {LIMIT:?}") };
    (person.0.wait().unwrap().code(), text)
}

#[test]
fn field_d11_a_name_is_enough_and_what_goes_wrong_is_shown() {
    let (listener, url) = server();
    let (mut ada, mut ada_sees) = start(&["--url", &url, "--name", "Ada"]);
    let mut socket = accepted(&listener);
    until(&mut ada_sees, "connected");
    assert_eq!(message(&mut socket, "join")["data"]["user"], "Ada");
    for (frame, shown) in [
        ("no JSON at all", "not a message"),
        (r#"{"type":"chat","data":7}"#, "\"chat\""),
        // A server chose the name: terminal control characters are escaped.
        (r#"{"type":"wea\u001bther","data":"fine"}"#, r"wea\u{1b}ther"),
        (r#"{"type":"chat","data":{"user":"Bob","content":"Hello"}}"#, "Bob: Hello"),
    ] {
        socket.send(Message::text(frame)).unwrap();
        until(&mut ada_sees, shown);
    }
    let typed = thread::spawn(move || {
        message(&mut socket, "chat");
        // Reads on until the Close, so that Pings are answered.
        while socket.read().is_ok() {}
    });
    let mut types = ada.0.stdin.take().unwrap();
    writeln!(types, "Hello\n/quit").unwrap();
    assert_eq!(end(ada, ada_sees), (Some(0), String::new()));
    typed.join().unwrap();
}

#[test]
fn field_d11_a_name_needs_a_url() {
    for args in [&["--name", "Ada"][..], &["--name", "Ada", "--interactive"], &["--interactive"]] {
        let mut chat = example("chat");
        chat.args(args);
        let refused = output(chat);
        assert_eq!(refused.status.code(), Some(2), "{args:?}");
        assert!(String::from_utf8(refused.stderr).unwrap().contains("--url URL"), "{args:?}");
    }
}

/// What a server may do that leaves lines unsent.
#[derive(Clone, Copy, Debug)]
enum Refusal {
    /// Closes with this code once it has the line.
    Close(u16),
    /// Goes away, and answers every attempt to come back with this status.
    Status(u16),
}

#[test]
fn field_d11_a_refusal_names_the_lines_that_were_not_sent() {
    for refusal in [Refusal::Close(4404), Refusal::Close(1008), Refusal::Status(403)] {
        let (listener, url) = server();
        let (mut ada, mut ada_sees) = start(&["--url", &url, "--name", "Ada"]);
        let mut socket = accepted(&listener);
        until(&mut ada_sees, "connected");
        message(&mut socket, "join");
        let mut types = ada.0.stdin.take().unwrap();
        writeln!(types, "the first line").unwrap();
        // It is read, and no Ping behind it is answered.
        message(&mut socket, "chat");
        match refusal {
            Refusal::Close(code) => {
                let reason = "go away".into();
                socket.close(Some(CloseFrame { code: CloseCode::from(code), reason })).unwrap();
                while socket.read().is_ok() {}
            }
            Refusal::Status(status) => {
                drop(socket);
                until(&mut ada_sees, "closed by");
                writeln!(types, "the second line").unwrap();
                refuse(&listener, status);
            }
        }
        let (code, errors) = end(ada, ada_sees);
        assert_eq!(code, Some(1), "{refusal:?}: {errors}");
        assert!(errors.contains("the first line"), "{refusal:?}: {errors}");
        if let Refusal::Status(_) = refusal {
            assert!(errors.contains("the second line"), "{refusal:?}: {errors}");
        }
        drop(types);
    }
}

#[test]
fn field_d11_a_refusal_at_once_names_the_lines_of_a_pipe() {
    let (listener, url) = server();
    let (mut ada, ada_sees) = start(&["--url", &url, "--name", "Ada"]);
    let mut types = ada.0.stdin.take().unwrap();
    write!(types, "the first line\nthe second line\n").unwrap();
    drop(types);
    refuse(&listener, 403);
    let (code, errors) = end(ada, ada_sees);
    assert_eq!(code, Some(1), "{errors}");
    for line in ["the first line", "the second line"] {
        assert!(errors.contains(line), "{errors}");
    }
}

#[test]
fn field_d11_lines_that_wait_when_a_person_leaves_are_named() {
    let (listener, url) = server();
    let (mut ada, mut ada_sees) = start(&["--url", &url, "--name", "Ada"]);
    let mut socket = accepted(&listener);
    until(&mut ada_sees, "connected");
    message(&mut socket, "join");
    drop(socket);
    drop(listener);
    until(&mut ada_sees, "closed by");
    let mut types = ada.0.stdin.take().unwrap();
    writeln!(types, "typed off line\n/quit").unwrap();
    let (code, errors) = end(ada, ada_sees);
    assert_eq!(code, Some(1), "{errors}");
    assert!(errors.contains("typed off line"), "{errors}");
}

#[test]
fn field_d11_the_examples_backend_answers_heartbeats() {
    let (room, mut said) = start(&["--serve", "127.0.0.1:0", "--for", "60"]);
    let line = until(&mut said, "listening on ");
    let url = line.split_whitespace().find(|word| word.starts_with("ws://")).unwrap();
    let host = url.strip_prefix("ws://").unwrap().split('/').next().unwrap();
    let stream = TcpStream::connect(host).unwrap();
    stream.set_read_timeout(Some(LIMIT)).unwrap();
    let (mut socket, _) = tokio_tungstenite::tungstenite::client(url, stream).unwrap();
    for ping in [
        r#"{"type":"ping"}"#,
        r#"{"type":"ping","data":{"timestamp":1},"timestamp":1}"#,
        r#"{"data":null,"type":"ping"}"#,
    ] {
        socket.send(Message::text(ping)).unwrap();
        assert_eq!(message(&mut socket, "pong")["type"], "pong", "{ping}");
    }
    socket.send(Message::Ping("7".into())).unwrap();
    assert_eq!(socket.read().unwrap(), Message::Pong("7".into()));
    drop(room);
}
