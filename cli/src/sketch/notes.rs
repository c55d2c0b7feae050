//! The comment at the top of a sketch: what it was made from, and what couldn't be told.

use wirebond_schema::Direction;

use super::{
    captured::Captured,
    echo::Echo,
    form::{Side, Told},
    found::Found,
};

/// The width of the comment.
const WIDTH: usize = 96;

/// The lines of the comment, without their slashes.
pub(super) fn of(captured: &Captured, found: &Found<'_>, name: &str) -> Vec<String> {
    let (client, server) = (&found.client, &found.server);
    let has_unknown = captured.messages.iter().any(|message| message.from == Direction::Both);
    let mut lines = Vec::new();
    let counted = if has_unknown {
        format!("{} messages", captured.messages.len())
    } else {
        format!("{} of the client, {} of the server", client.messages.len(), server.messages.len())
    };
    wrap(
        &mut lines,
        "",
        &format!(
            "`{name}` as `wirebond sketch` reads it from captured frames ({counted}). It is a start: give \
             the types better names, and hold it against the backend's documentation."
        ),
    );
    lines.push(String::new());
    for (who, side) in [("client", client), ("server", server)] {
        if has_unknown && who == "server" {
            continue;
        }
        let who = if has_unknown { "both sides".to_owned() } else { format!("the {who}") };
        wrap(&mut lines, "- ", &told(&who, side));
    }
    let doubts = doubts(captured, found, has_unknown);
    let echoes = if has_unknown { Vec::new() } else { echoed(&found.echoes) };
    for doubt in echoes.iter().chain(&doubts) {
        wrap(&mut lines, "- ", doubt);
    }
    lines
}

/// How the messages of a side are told apart.
fn told(who: &str, side: &Side<'_>) -> String {
    if side.messages.is_empty() {
        return format!("nothing of {who} was captured: its form is taken to be the other side's");
    }
    let all = side.messages.len();
    let Some(tag) = &side.form.tag else {
        return format!("no key tells the messages of {who} apart by its value");
    };
    let place = tag.place();
    let held = match &side.form.content {
        Some(content) => format!("payloads stand under `{content}`"),
        None if tag.key().is_none() => "the payload is the whole object".to_owned(),
        None => "payloads stand beside it".to_owned(),
    };
    format!("messages of {who}: `{place}` names {} of {all}, and {held}", side.tagged)
}

/// What a person has to find out.
fn doubts(captured: &Captured, found: &Found<'_>, has_unknown: bool) -> Vec<String> {
    let mut doubts = Vec::new();
    if has_unknown {
        doubts.push(
            "who sent which frame wasn't captured: add `from = \"client\"` or `\"server\"`"
                .to_owned(),
        );
    }
    if captured.batches > 0 {
        doubts.push(format!("arrays of messages in {}: `batch`", frames(captured.batches)));
    }
    if captured.texts > 0 {
        doubts.push(format!(
            "no JSON in {}: texts that mean nothing more than that the peer lives go to the builder's \
             `ignore_text`, and those that the client sends to `heartbeat_text`",
            frames(captured.texts)
        ));
    }
    if captured.several > 0 {
        doubts.push(format!(
            "several JSON values, or a separator behind one, in {}: no form has that",
            frames(captured.several)
        ));
    }
    if captured.others > 0 {
        doubts.push(format!(
            "no object and no array of objects in {}: no form has that",
            frames(captured.others)
        ));
    }
    if found.reserved > 0 {
        doubts.push("`ping`, `pong` and names with `$` are wirebond's own in this form".to_owned());
    }
    for (who, side) in [("client", &found.client), ("server", &found.server)] {
        if side.messages.iter().any(|(_, told)| *told == Told::Untagged) && side.form.tag.is_some()
        {
            doubts.push(format!("nothing tells some messages of the {who}, which are `untagged`"));
        }
    }
    let once: Vec<String> = found
        .variants
        .iter()
        .filter(|variant| variant.count == 1 && !variant.is_unit())
        .map(|variant| format!("`{}`", variant.name))
        .collect();
    if !once.is_empty() {
        doubts
            .push(format!("captured once, so that all fields look required: {}", once.join(", ")));
    }
    doubts
}

fn frames(count: usize) -> String {
    if count == 1 { "1 frame".to_owned() } else { format!("{count} frames") }
}

/// What to do with values that come back.
fn echoed(echoes: &[Option<Echo>; 2]) -> Vec<String> {
    let [asked, asks] = echoes;
    let mut lines = Vec::new();
    if let Some(echo) = asked {
        let Echo { id, re, answered, asked, strings } = echo;
        let ids = if *strings { ", ids = \"string\"" } else { "" };
        lines.push(format!(
            "the server repeats `{id}` of the client's messages as `{re}` ({answered} of {asked}): to make \
             calls of them, add `id = {id:?}, re = {re:?}{ids}` to `contract`, take `{id}` out of the \
             requests' payloads, and give each request its `reply`"
        ));
    }
    // One value alone may be a name that both use.
    if let Some(echo) = asks.as_ref().filter(|echo| echo.answered > 1) {
        let Echo { id, re, answered, asked, .. } = echo;
        lines.push(format!(
            "the client repeats `{id}` of the server's messages as `{re}` ({answered} of {asked}): they \
             may have to be acknowledged"
        ));
    }
    lines
}

/// A text that stays in its comment: what may end a line, and what turns its direction, is replaced.
pub(super) fn comment(text: &str) -> String {
    let is_odd = |c: char| {
        c.is_control()
            || matches!(c, '\u{200e}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.replace(is_odd, "\u{fffd}")
}

/// Adds a text in lines of a comment; the lines after the first are indented as far as `bullet` is long.
pub(super) fn wrap(lines: &mut Vec<String>, bullet: &str, text: &str) {
    let indent = " ".repeat(bullet.len());
    let mut line = bullet.to_owned();
    for word in comment(text).split(' ') {
        let is_full = line.len() + 1 + word.len() > WIDTH;
        if is_full && line.len() > indent.len() {
            lines.push(std::mem::replace(&mut line, indent.clone()));
        }
        if line.len() > indent.len() {
            line.push(' ');
        }
        line.push_str(word);
    }
    lines.push(line);
}
