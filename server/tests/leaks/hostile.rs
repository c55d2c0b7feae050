//! Peers that break the rules, each in a way of its own.

use std::{net::SocketAddr, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use crate::support::LONG;

/// A connection that hangs on until the server ends it.
pub(crate) type Stream = TcpStream;

const UPGRADE: &str = "GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
                       Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
/// How long a flood lasts that the server holds back.
const FLOOD: Duration = Duration::from_millis(100);

const TEXT: u8 = 0x81;
const TEXT_BEGINS: u8 = 0x01;
const CONTINUES: u8 = 0x00;
const ENDS: u8 = 0x80;
const BINARY: u8 = 0x82;
const CLOSE: u8 = 0x88;
const PING: u8 = 0x89;

/// A frame with a masking key of zeros.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![first];
    match payload.len() {
        short @ 0..126 => frame.push(0x80 | u8::try_from(short).expect("short")),
        medium @ 126..0x1_0000 => {
            frame.push(0x80 | 0x7e);
            frame.extend(u16::try_from(medium).expect("medium").to_be_bytes());
        }
        long => {
            frame.push(0x80 | 0x7f);
            frame.extend((long as u64).to_be_bytes());
        }
    }
    frame.extend([0; 4]);
    frame.extend(payload);
    frame
}

fn text(text: &str) -> Vec<u8> {
    frame(TEXT, text.as_bytes())
}

async fn open(address: SocketAddr) -> TcpStream {
    TcpStream::connect(address).await.expect("it listens")
}

/// Writes what the server takes: it may end the connection meanwhile, or read no more.
async fn write(tcp: &mut TcpStream, bytes: &[u8]) {
    let _ = timeout(FLOOD, tcp.write_all(bytes)).await;
}

/// A connection after the opening handshake.
async fn upgraded(address: SocketAddr) -> TcpStream {
    let mut tcp = open(address).await;
    tcp.write_all(format!("{UPGRADE}\r\n").as_bytes()).await.expect("an open connection");
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(tcp.read_u8().await.expect("an answer"));
    }
    assert!(head.starts_with(b"HTTP/1.1 101 "), "{}", String::from_utf8_lossy(&head));
    tcp
}

/// Everything that comes until the server ends the connection, which it must. A reset may overtake it.
async fn until_end(tcp: &mut TcpStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    let _ = timeout(LONG, tcp.read_to_end(&mut bytes)).await.expect("an end in time");
    bytes
}

/// A connection that was offered a session, whose id and key are returned.
async fn offered(address: SocketAddr) -> (TcpStream, String, String) {
    let mut tcp = open(address).await;
    let request = format!("{UPGRADE}Sec-WebSocket-Protocol: wirebond.v1\r\n\r\n");
    tcp.write_all(request.as_bytes()).await.expect("an open connection");
    let mut bytes = Vec::new();
    while !bytes.ends_with(b"}}") {
        bytes.push(timeout(LONG, tcp.read_u8()).await.expect("in time").expect("`$hello`"));
    }
    let bytes = String::from_utf8_lossy(&bytes).into_owned();
    let value = |key: &str| {
        let start = bytes.find(key).expect("an offer") + key.len();
        bytes[start..].split('"').next().expect("its end").to_owned()
    };
    (tcp, value(r#""id":""#), value(r#""key":""#))
}

fn resume(id: &str, key: &str, attempt: u64, got: u64) -> Vec<u8> {
    text(&format!(
        r#"{{"type":"$hello","data":{{"v":1,"hold":1048576,"resume":{{"id":"{id}","key":"{key}","try":{attempt},"got":{got}}}}}}}"#
    ))
}

/// Sends a request, and expects this status unless a reset overtakes the answer.
async fn refused(address: SocketAddr, request: &[u8], status: &str) {
    let mut tcp = open(address).await;
    write(&mut tcp, request).await;
    let answer = String::from_utf8_lossy(&until_end(&mut tcp).await).into_owned();
    let expected = format!("HTTP/1.1 {status} ");
    assert!(answer.is_empty() || answer.starts_with(&expected), "{expected}: {answer}");
}

/// Sends frames, and expects the connection to be closed with this code.
async fn closes(address: SocketAddr, frames: &[u8], code: u16) {
    let mut tcp = upgraded(address).await;
    write(&mut tcp, frames).await;
    let bytes = until_end(&mut tcp).await;
    let close = [&[CLOSE, 2][..], &code.to_be_bytes()].concat();
    let has = |start: &[u8]| bytes.windows(start.len()).any(|part| part == start);
    // A Close frame may have a reason, which makes it longer.
    let code = code.to_be_bytes();
    let closed = has(&close) || bytes.windows(4).any(|w| w[0] == CLOSE && w[2..] == code);
    assert!(bytes.is_empty() || closed, "no Close with {code:?}: {bytes:?}");
}

/// Sends frames that the server has to bear, and expects it to answer a message behind them.
async fn goes_on(address: SocketAddr, frames: &[u8]) {
    let mut tcp = upgraded(address).await;
    write(&mut tcp, frames).await;
    write(&mut tcp, &text(r#"{"type":"echo","data":7}"#)).await;
    let (mut bytes, expected) = (Vec::new(), br#"{"type":"echo","data":7,"#);
    let answered = async {
        while !bytes.windows(expected.len()).any(|part| part == expected) {
            assert_ne!(tcp.read_buf(&mut bytes).await.expect("an open connection"), 0, "no end");
        }
    };
    timeout(LONG, answered).await.expect("an answer in time");
}

/// A peer that asks for more than it reads: nothing.
pub(crate) async fn never_reads(address: SocketAddr) -> TcpStream {
    let mut tcp = upgraded(address).await;
    write(&mut tcp, &text(r#"{"type":"spam"}"#)).await;
    tcp
}

pub(crate) async fn half_a_request(address: SocketAddr) -> TcpStream {
    let mut tcp = open(address).await;
    write(&mut tcp, &UPGRADE.as_bytes()[..40]).await;
    tcp
}

/// A byte of the request now and then.
async fn slow_request(address: SocketAddr) {
    let (mut read, mut write) = open(address).await.into_split();
    let dribble = async {
        for byte in UPGRADE.bytes() {
            if write.write_u8(byte).await.is_err() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        std::future::pending::<()>().await;
    };
    let mut answer = Vec::new();
    tokio::select! {
        ended = timeout(LONG, read.read_to_end(&mut answer)) => drop(ended.expect("an end in time")),
        () = dribble => {}
    }
    let answer = String::from_utf8_lossy(&answer);
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 408 "), "{answer}");
}

/// Ends without a word, as a cable that is pulled.
fn reset(tcp: TcpStream) {
    tcp.set_zero_linger().expect("a socket");
    drop(tcp);
}

/// A member of a room whose messages it doesn't read.
async fn never_reads_its_room(address: SocketAddr) -> TcpStream {
    let mut tcp = upgraded(address).await;
    let shout = format!(r#"{{"type":"shout","data":"{}"}}"#, "x".repeat(30_000));
    write(&mut tcp, &text(r#"{"type":"join"}"#)).await;
    write(&mut tcp, &text(&shout).repeat(400)).await;
    tcp
}

/// JSON that is no message, or not of its type.
fn bad_json() -> Vec<u8> {
    let deep = "[".repeat(30_000);
    let nested = format!(r#"{{"type":"echo","data":{}"#, r#"{"a":"#.repeat(9_000));
    let texts = [
        "",
        "{",
        "null",
        "7",
        r#""echo""#,
        "[]",
        "{}",
        &deep,
        &nested,
        r#"{"type":7}"#,
        r#"{"type":null}"#,
        r#"{"type":"echo"}"#,
        r#"{"type":"echo","data":1e999}"#,
        r#"{"type":"echo","data":-1}"#,
        r#"{"type":"echo","data":"7"}"#,
        r#"{"type":"\ud800"}"#,
        r#"{"type":"echo","type":"slow"}"#,
        r#"{"type":"unknown","data":7}"#,
        r#"{"type":""}"#,
        r#"{"type":"echo","id":18446744073709551616,"data":null}"#,
        r#"{"type":"echo.reply","re":1}"#,
        r#"{"type":"$error","re":9007199254740993}"#,
        r#"{"type":"$cancel","re":-1}"#,
        r#"{"type":"$hello","data":{"v":1}}"#,
        r#"{"type":"$ack","data":{"n":9,"of":9}}"#,
    ];
    texts.map(text).concat()
}

/// How many ways there are.
pub(crate) const KINDS: u32 = 34;

/// Attacks a server in the way of this number. Fails if the server doesn't do what it should. Returns a
/// connection that hangs on, for the server to end.
pub(crate) async fn attack(address: SocketAddr, number: u32) -> Option<Stream> {
    match number % KINDS {
        kind @ 0..9 => by_request(address, kind).await,
        kind @ 9..19 => by_frame(address, kind).await,
        19 => flood(address, frame(TEXT_BEGINS, b""), frame(CONTINUES, b"")).await,
        20 => flood(address, Vec::new(), frame(PING, &[b'x'; 125])).await,
        21 => flood(address, Vec::new(), text(r#"{"type":"slow"}"#)).await,
        22 => return Some(never_reads(address).await),
        23 => return Some(never_reads_its_room(address).await),
        24 => goes_on(address, &bad_json()).await,
        25 => goes_on(address, &frame(BINARY, &vec![0xff; 60_000]).repeat(4)).await,
        26 => messages_behind_the_request(address).await,
        kind => by_session(address, kind).await,
    }
    None
}

/// Requests that are late, never whole, too large or not allowed.
async fn by_request(address: SocketAddr, kind: u32) {
    match kind {
        0 => drop(open(address).await),
        1 => reset(half_a_request(address).await),
        2 => drop(half_a_request(address).await),
        3 => refused(address, &UPGRADE.as_bytes()[..40], "408").await,
        4 => slow_request(address).await,
        5 => refused(address, &vec![0; 40_000], "400").await,
        6 => {
            let request = format!("{UPGRADE}X: {}", "x".repeat(100_000));
            refused(address, request.as_bytes(), "400").await;
        }
        7 => {
            let request = format!("{UPGRADE}Origin: https://elsewhere.example\r\n\r\n");
            refused(address, request.as_bytes(), "403").await;
        }
        _ => refused(address, b"GET / HTTP/1.1\r\nHost: h\r\n\r\n", "400").await,
    }
}

/// Frames against RFC 6455: unmasked, reserved bits, lengths, continuations, UTF-8, Close frames.
async fn by_frame(address: SocketAddr, kind: u32) {
    let (frames, code) = match kind {
        9 => (vec![TEXT, 1, b'a'], 1002),
        10 => (frame(0xf1, b"a"), 1002),
        11 => {
            let length = (u64::MAX >> 1).to_be_bytes();
            ([&[TEXT, 0xff][..], &length, &[0; 4]].concat(), 1009)
        }
        12 => {
            let part = frame(CONTINUES, &[b' '; 1_000]).repeat(200);
            ([frame(TEXT_BEGINS, b"1"), part].concat(), 1009)
        }
        13 => (frame(CONTINUES, b"a"), 1002),
        14 => (frame(TEXT, b"\xff\xfe"), 1007),
        15 => ([frame(TEXT_BEGINS, b"\xe2"), frame(ENDS, b"\x82")].concat(), 1007),
        16 => (frame(CLOSE, b"x"), 1002),
        17 => {
            let late = text(r#"{"type":"spam"}"#).repeat(100);
            ([frame(CLOSE, &4000_u16.to_be_bytes()), late].concat(), 4000)
        }
        _ => {
            let mut tcp = upgraded(address).await;
            write(&mut tcp, &[TEXT, 0xfe, 0, 200, 1, 2, 3, 4, 5]).await;
            return reset(tcp);
        }
    };
    closes(address, &frames, code).await;
}

/// Fragments without end, Pings, or messages faster than their handler.
async fn flood(address: SocketAddr, first: Vec<u8>, frame: Vec<u8>) {
    let mut tcp = upgraded(address).await;
    write(&mut tcp, &first).await;
    write(&mut tcp, &frame.repeat(20_000)).await;
    reset(tcp);
}

/// They arrive before the server has answered.
async fn messages_behind_the_request(address: SocketAddr) {
    let mut tcp = open(address).await;
    let messages = text(r#"{"type":"echo","data":1}"#).repeat(1_000);
    write(&mut tcp, &[UPGRADE.as_bytes(), b"\r\n", &messages].concat()).await;
    reset(tcp);
}

const TAKE: &str = r#"{"type":"$hello","data":{"v":1,"hold":1048576}}"#;

/// Frames of sessions that are forged, replayed, impossible or never followed by an acknowledgement.
async fn by_session(address: SocketAddr, kind: u32) {
    let (mut tcp, id, key) = offered(address).await;
    match kind {
        27 => {
            for hello in
                ["7", "{}", r#"{"v":1,"hold":-1}"#, r#"{"v":1,"hold":1e400,"resume":null}"#]
            {
                let (mut tcp, ..) = offered(address).await;
                let hello = format!(r#"{{"type":"$hello","data":{hello}}}"#);
                write(&mut tcp, &text(&hello)).await;
                until_end(&mut tcp).await;
            }
        }
        // Another's session, with a key that is guessed.
        28 => {
            let (mut other, ..) = offered(address).await;
            write(&mut tcp, &text(TAKE)).await;
            write(&mut other, &resume(&id, &"A".repeat(22), 1, 0)).await;
            write(&mut other, &text(r#"{"type":"$ack","data":{"n":7,"of":7}}"#)).await;
            until_end(&mut other).await;
        }
        // The same request again, and one that claims what never was.
        29 => {
            write(&mut tcp, &text(TAKE)).await;
            for (attempt, got) in [(1, 0), (1, 0), (0, 0), (2, 1 << 53)] {
                let (mut again, ..) = offered(address).await;
                write(&mut again, &resume(&id, &key, attempt, got)).await;
                if attempt != 1 {
                    until_end(&mut again).await;
                }
            }
        }
        30 => {
            write(&mut tcp, &text(r#"{"type":"echo","data":7}"#)).await;
            until_end(&mut tcp).await;
        }
        31 => {
            let gap = text(r#"{"type":"$gap","data":{"n":9007199254740992,"why":"overflow"}}"#);
            write(&mut tcp, &[text(TAKE), gap.repeat(5_000)].concat()).await;
        }
        32 => {
            write(&mut tcp, &[text(TAKE), text(TAKE), text(r#"{"type":"slow"}"#)].concat()).await;
        }
        // It asks for more than is held for it, acknowledges nothing, and never comes back.
        _ => {
            write(&mut tcp, &[text(TAKE), text(r#"{"type":"spam"}"#)].concat()).await;
            let _ = timeout(LONG, tcp.read_u8()).await.expect("in time");
        }
    }
    reset(tcp);
}
