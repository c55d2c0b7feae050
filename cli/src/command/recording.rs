//! Recordings that other tools make: lines with something before the message, and HAR files.

use std::borrow::Cow;

use serde::{Deserialize, de::IgnoredAny};
use wirebond_schema::Direction;

use super::Side;

/// What may stand before a message, in bytes.
const LONGEST: usize = 160;
/// Words that recordings put before a message.
const WORDS: [&str; 30] = [
    "am", "client", "data", "debug", "from", "gmt", "in", "incoming", "info", "message", "msg",
    "out", "outgoing", "pm", "receive", "received", "recv", "rx", "send", "sending", "sent",
    "server", "t", "text", "to", "trace", "tx", "utc", "ws", "z",
];
/// Signs and words that say which way a message went, seen from the client.
const FROM_CLIENT: [&str; 9] = [">", "→", "⬆", "↑", "send", "sending", "sent", "outgoing", "tx"];
const FROM_SERVER: [&str; 9] =
    ["<", "←", "⬇", "↓", "receive", "received", "recv", "incoming", "rx"];

/// A message in a line of a recording, such as `< {…}` or `2026-01-31T12:00:00Z recv {…}`.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Recorded<'a> {
    pub(super) message: &'a str,
    /// Who sent it, if the line says so.
    pub(super) from: Option<Direction>,
}

/// The message, or the array of messages, in a line that begins with what recordings put there.
pub(super) fn split(line: &str) -> Option<Recorded<'_>> {
    let at = start(line).filter(|at| (1..=LONGEST).contains(at))?;
    let (prefix, message) = line.split_at(at);
    let end = if message.starts_with('[') { ']' } else { '}' };
    if prefix.trim().is_empty() || !message.trim_end().ends_with(end) {
        return None;
    }
    let prefix = prefix.to_lowercase();
    let words: Vec<&str> =
        prefix.split(|c: char| !c.is_alphabetic()).filter(|word| !word.is_empty()).collect();
    let is_sign = |c: char| {
        c.is_alphanumeric() || c.is_whitespace() || "[]()<>:.,-+/|=_#*\u{fe0f}←→↑↓⬆⬇".contains(c)
    };
    let is_month = |word: &str| {
        "jan feb mar apr may jun jul aug sep oct nov dec mon tue wed thu fri sat sun".contains(word)
            && word.len() == 3
    };
    let is_known = |word: &&str| WORDS.contains(word) || is_month(word);
    if !prefix.chars().all(is_sign) || !words.iter().all(is_known) {
        return None;
    }
    let has = |signs: &[&str]| {
        signs.iter().any(|sign| {
            let is_word = sign.chars().all(char::is_alphabetic);
            if is_word { words.contains(sign) } else { prefix.contains(sign) }
        })
    };
    let from = match (has(&FROM_CLIENT), has(&FROM_SERVER)) {
        (true, false) => Some(Direction::Client),
        (false, true) => Some(Direction::Server),
        _ => None,
    };
    Some(Recorded { message, from })
}

/// Where the first object or array of objects begins.
fn start(line: &str) -> Option<usize> {
    let object = line.find('{')?;
    let before = line[..object].trim_end();
    Some(if before.ends_with('[') { before.len() - 1 } else { object })
}

/// A text frame, and who sent it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Captured {
    pub(super) from: Direction,
    pub(super) text: String,
}

/// The frame in a line that is `{"from":"client","text":"…"}`, or the server's.
pub(super) fn captured(line: &str) -> Option<Captured> {
    // A message that has more members than these is no frame of a recording.
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Line {
        from: Side,
        text: String,
        #[serde(default, rename = "time")]
        _time: IgnoredAny,
    }

    if !line.trim_start().starts_with('{') {
        return None;
    }
    let Line { from, text, .. } = serde_json::from_str(line).ok()?;
    // A message of a contract may have these members as well, but no message as its text.
    let is_frame = text.trim_start().starts_with(['{', '['])
        || serde_json::from_str::<IgnoredAny>(&text).is_err();
    is_frame.then(|| Captured { from: from.into(), text })
}

/// Whether a line is what wscat writes besides the messages.
pub(super) fn is_chatter(line: &str) -> bool {
    let line = line.trim().trim_start_matches(['<', '>', ' ']);
    line.is_empty()
        || line.starts_with("Connected (press ")
        || line.starts_with("Disconnected (code")
}

/// Whether a text may be the start of a HAR file.
pub(super) fn may_be_har(line: &str) -> bool {
    let start: String = line.chars().filter(|c| !c.is_whitespace()).take(7).collect();
    start == "{" || start == "{\"log\":"
}

/// A HAR file (HTTP Archive) as far as it matters here: Chrome adds a WebSocket's messages to the entry
/// of its handshake.
#[derive(Deserialize)]
pub(super) struct Har<'a> {
    #[serde(borrow)]
    log: Log<'a>,
}

#[derive(Deserialize)]
struct Log<'a> {
    #[serde(borrow, default)]
    entries: Vec<Entry<'a>>,
}

#[derive(Deserialize)]
struct Entry<'a> {
    #[serde(borrow, default, rename = "_webSocketMessages")]
    messages: Vec<Message<'a>>,
}

/// One message of a HAR file.
#[derive(Deserialize)]
pub(super) struct Message<'a> {
    #[serde(borrow, rename = "type")]
    way: Cow<'a, str>,
    opcode: Option<u8>,
    #[serde(borrow)]
    data: Cow<'a, str>,
}

impl Har<'_> {
    pub(super) fn messages(&self) -> impl Iterator<Item = &Message<'_>> {
        self.log.entries.iter().flat_map(|entry| &entry.messages)
    }
}

impl Message<'_> {
    pub(super) fn from(&self) -> Option<Direction> {
        match &*self.way {
            "send" => Some(Direction::Client),
            "receive" => Some(Direction::Server),
            _ => None,
        }
    }

    /// The text; `None` of a binary message.
    pub(super) fn text(&self) -> Option<&str> {
        const TEXT: u8 = 1;
        self.opcode.is_none_or(|opcode| opcode == TEXT).then_some(&*self.data)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn what_stands_before_a_message_is_known_or_left() {
        let (client, server) = (Some(Direction::Client), Some(Direction::Server));
        for (prefix, from) in [
            ("< ", server),
            ("> ", client),
            (">>> ", client),
            ("2026-01-31T12:00:00.123Z ", None),
            ("[12:00:00] < ", server),
            ("1700000000.123\t", None),
            ("2026-01-31 12:00:00,123 INFO recv: ", server),
            ("Sat, 31 Jan 2026 12:00:00 GMT SEND ", client),
            ("⬆️ ", client),
            ("↓ ", server),
            ("[INFO] sent -- ", client),
            ("#1 received ", server),
        ] {
            let line = format!("{prefix}{{\"type\":\"a\"}} ");
            let expected = Recorded { message: "{\"type\":\"a\"} ", from };
            assert_eq!(split(&line), Some(expected), "{prefix}");
        }
        for line in ["< [{\"type\":\"a\"}]", "[12:00:00] recv [ {\"type\":\"a\"},{}]"] {
            let Some(Recorded { message, from }) = split(line) else { panic!("{line}") };
            assert!(message.starts_with('[') && message.contains("type"), "{message}");
            assert_eq!(from, server);
        }
        for line in [
            r#"{"type":"a"}"#,
            r#" {"type":"a"}"#,
            r#"[{"type":"a"}]"#,
            r#" [ {"type":"a"}]"#,
            r#""text {""#,
            "hello {world}",
            "< text",
            r#"< {"type":"a""#,
            "nonsense",
        ] {
            assert_eq!(split(line), None, "{line}");
        }
    }
}
