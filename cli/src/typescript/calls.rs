//! Calls: a message with a reply, and perhaps an error, which the contract has by their names' endings.

use std::{collections::BTreeSet, fmt::Write};

use wirebond_schema::{Call, Direction, Document, Message};

use super::{
    Int64, kinds,
    text::{comment, key, quoted},
    types::Types,
};

/// The calls of a contract.
#[derive(Debug)]
pub(super) struct Calls<'a> {
    calls: Vec<Call<'a>>,
    answers: BTreeSet<&'a str>,
}

impl<'a> Calls<'a> {
    pub(super) fn of(document: &'a Document) -> Self {
        let calls: Vec<_> = document.calls().collect();
        let answers = calls.iter().flat_map(Call::answers).map(|answer| answer.name()).collect();
        Self { calls, answers }
    }

    /// Whether a message answers a call. Such a one is neither sent nor handled by itself.
    pub(super) fn is_answer(&self, message: &Message<'_>) -> bool {
        self.answers.contains(message.name())
    }

    fn of_side(&self, direction: Direction) -> impl Iterator<Item = &Call<'a>> {
        self.calls.iter().filter(move |call| call.request.direction() == direction)
    }

    /// The calls of one side as a type.
    pub(super) fn map(
        &self,
        direction: Direction,
        name: &str,
        about: &str,
        types: &mut Types<'_>,
    ) -> String {
        let mut payload = |message: &Message<'_>| {
            let type_ = message.payload().map(|schema| types.payload(schema));
            type_.unwrap_or_else(|| "undefined".to_owned())
        };
        let mut lines = String::new();
        for call in self.of_side(direction) {
            let Call { request, reply, error, .. } = call;
            let mut about = vec![request.description().to_owned()];
            if let Some(timeout) = call.timeout().filter(|_| direction == Direction::Client) {
                about.push(format!(
                    "Its answer is waited for {} ms by default.",
                    timeout.as_millis()
                ));
            }
            if request.is_deprecated() {
                about.push("@deprecated".to_owned());
            }
            let error = error.as_ref().map_or_else(|| "never".to_owned(), &mut payload);
            let (asked, replied) = (payload(request), payload(reply));
            lines.push_str(&comment(&about, 1));
            // Writing to a string can't fail.
            let _ = writeln!(
                lines,
                "  {}: {{\n    request: {asked};\n    reply: {replied};\n    error: {error};\n  }};",
                key(request.name()),
            );
        }
        let doc = comment(&[about.to_owned()], 0);
        if lines.is_empty() {
            return format!("{doc}export type {name} = Record<never, never>;\n");
        }
        format!("{doc}export interface {name} {{\n{lines}}}\n")
    }

    /// The tables that the client needs at run time.
    pub(super) fn tables(&self, document: &Document, int64: Int64) -> String {
        let kinds = |message: &Message<'_>| {
            let schema = message.payload();
            let kinds =
                schema.map_or_else(Vec::new, |schema| kinds::kinds(document, schema, int64));
            kinds.into_iter().map(quoted).collect::<Vec<_>>().join(", ")
        };
        let mut text = String::new();
        for (direction, name, about) in [
            (
                Direction::Client,
                "clientCalls",
                "The calls that may be made, and what their answers may be.",
            ),
            (Direction::Server, "serverCalls", "The calls that the server makes."),
        ] {
            if direction == Direction::Server && !document.form().is_default() {
                continue;
            }
            let lines = self.of_side(direction).map(|call| {
                let Call { request, reply, error, .. } = call;
                // Only the caller waits.
                let timeout = call.timeout().filter(|_| direction == Direction::Client);
                let timeout = timeout.map(|timeout| format!(", timeout: {}", timeout.as_millis()));
                let has_data = request.payload().is_some();
                let error = error.as_ref().map(|error| format!(", error: [{}]", kinds(error)));
                format!(
                    "\n  [{}, {{ hasData: {has_data}, reply: [{}]{}{} }}],",
                    quoted(request.name()),
                    kinds(reply),
                    error.unwrap_or_default(),
                    timeout.unwrap_or_default(),
                )
            });
            let lines: String = lines.collect();
            let end = if lines.is_empty() { "" } else { "\n" };
            let _ = write!(
                text,
                "/** {about} */\n\
                 const {name}: ReadonlyMap<string, WireCallShape> = new Map<string, WireCallShape>([{lines}{end}]);\n\n"
            );
        }
        text
    }
}
