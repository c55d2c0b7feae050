//! Compares what Rust writes with what is published, by the rules that compare two versions.

use super::error::GenerateError;
use crate::{
    compat::{self, Level, Options, Rollout, Rule, Way},
    document::Document,
};

/// Fails where a peer that follows the published view rejects what Rust writes.
///
/// One view is taken for the older contract and the other for the newer: "the old writer still talks to
/// the new reader" is the question here too. What can't be decided passes.
pub(super) fn check(written: &Document, published: &Document) -> Result<(), GenerateError> {
    let ways = [(Rollout::ServerFirst, Way::ToServer), (Rollout::ClientFirst, Way::ToClient)];
    for (rollout, way) in ways {
        let report = compat::diff(written, published, &Options { rollout, ..Options::default() });
        let found = report.changes.iter().find(|change| {
            change.level == Level::Breaking && change.way == Some(way) && change.message.is_some()
        });
        let Some(change) = found else { continue };
        let content = written.form().client.content.iter().chain(&written.form().server.content);
        let place = content
            .filter_map(|key| change.path.strip_prefix("$.")?.strip_prefix(&**key))
            .find(|rest| rest.is_empty() || rest.starts_with(['.', '[']));
        let place = place.unwrap_or_else(|| change.path.trim_start_matches('$'));
        let place = place.trim_start_matches('.');
        let message = change.message.as_deref().unwrap_or_default();
        let message = match change.rule {
            Rule::FieldBecameRequired | Rule::RequiredFieldAdded => format!(
                "the field `{place}` of the message {message:?} is left out by Rust at times (as by \
                 `skip_serializing_if`), and the document asks for it: add `#[serde(default)]` to it"
            ),
            rule => format!(
                "what Rust writes at `{place}` of the message {message:?} is more than the document \
                 allows ({}): let the two schemas of the type, for reading and for writing, agree",
                rule.id()
            ),
        };
        return Err(GenerateError::new(message));
    }
    Ok(())
}
