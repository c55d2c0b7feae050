//! Calls: a request, and the messages that answer it.

use std::{collections::HashMap, time::Duration};

use wirebond_core::{Direction, wire::form};

use crate::{
    document::{Document, Message},
    json_schema::required,
};

/// A call of a [`Document`]: a message that the other side answers.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Call<'a> {
    /// What asks.
    pub request: Message<'a>,
    /// What answers: its name is the request's and `.reply`.
    pub reply: Message<'a>,
    /// The answer to a request that was refused: its name is the request's and `.error`. `None` if the
    /// contract has none for this call.
    pub error: Option<Message<'a>>,
}

impl<'a> Call<'a> {
    /// The messages that answer.
    pub fn answers(&self) -> impl Iterator<Item = Message<'a>> + use<'a> {
        [self.reply].into_iter().chain(self.error)
    }

    /// How long the caller waits for the answer by default: Rust's `#[message(timeout = "5s")]`. `None` where the
    /// contract leaves it to the caller.
    pub fn timeout(&self) -> Option<Duration> {
        self.request.timeout()
    }
}

impl Document {
    /// The calls, in the order of their requests.
    ///
    /// No key marks them: a message called `x.reply` or `x.error` answers `x` if the side that `x` goes to
    /// sends it, and it must have the number of the call, `re`.
    ///
    /// # Examples
    ///
    /// ```
    /// use wirebond_schema::Document;
    ///
    /// # let text = include_str!("../../tests/consumers/contract.json");
    /// let document = Document::parse(text)?;
    /// let call = document.calls().next().ok_or("no call")?;
    /// assert_eq!(call.request.name(), "quote");
    /// assert_eq!(call.reply.name(), "quote.reply");
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    pub fn calls(&self) -> impl Iterator<Item = Call<'_>> {
        let by_name: HashMap<&str, Message<'_>> =
            self.messages().map(|message| (message.name(), message)).collect();
        let answer = move |request: &Message<'_>, ending: &str| {
            let answer = by_name.get([request.name(), ending].concat().as_str()).copied()?;
            answers(&answer, request).then_some(answer)
        };
        self.messages().filter_map(move |request| {
            let reply = answer(&request, form::REPLY_ENDING)?;
            Some(Call { request, reply, error: answer(&request, form::ERROR_ENDING) })
        })
    }
}

/// Whether a message whose name is right answers this one.
fn answers(answer: &Message<'_>, request: &Message<'_>) -> bool {
    let is_back = matches!(
        (request.direction(), answer.direction()),
        (Direction::Client, Direction::Server) | (Direction::Server, Direction::Client)
    );
    if answer.is_answer() {
        return is_back;
    }
    let schema = answer.schema().as_object();
    request.is_default_form()
        && is_back
        && schema.is_some_and(|schema| required(schema).any(|name| name == form::RE))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compat::{self, Level, Options, Rule};

    #[test]
    fn a_timeout_is_a_comment_which_makes_no_difference_to_peers() {
        let text = include_str!("../../tests/consumers/contract.json");
        let parse = |text: &str| Document::parse(text).expect("a contract");
        let with = |millis: &str| {
            let title = r#""title": "QuoteMessage","#;
            let comment =
                format!(r#"{title} "$comment": "wirebond message {{\"timeout\":{millis}}}","#);
            let changed = text.replace(title, &comment);
            assert_ne!(changed, text);
            parse(&changed)
        };
        let timeout = |document: &Document| document.calls().next().expect("a call").timeout();
        let (without, five) = (parse(text), with("5000"));
        assert_eq!(timeout(&without), None);
        assert_eq!(timeout(&five), Some(Duration::from_secs(5)));
        for strange in ["0", "86400001", "18446744073709551615"] {
            assert_eq!(timeout(&with(strange)), None, "{strange}");
        }
        assert_eq!(five.fingerprint(), without.fingerprint());
        let report = compat::diff(&without, &five, &Options::default());
        let found: Vec<_> =
            report.changes.iter().map(|change| (change.rule, change.level)).collect();
        assert_eq!(found, [(Rule::AnnotationChanged, Level::Ok)]);
        assert_eq!(report.required_version, None);
    }
}
