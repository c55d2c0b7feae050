//! Messages that have another name and the same tag: on the wire nothing has changed.

use std::collections::HashMap;

use super::{
    change::{Change, Level, Way, change},
    rules::Rule,
};
use crate::document::{Document, Message};

/// The messages of a document by the tags that they have on either way.
pub(super) struct Tags<'a>(HashMap<(Way, String), Message<'a>>);

impl<'a> Tags<'a> {
    pub(super) fn of(document: &'a Document) -> Self {
        let tagged = document.messages().filter_map(|message| Some((message.tag_text()?, message)));
        let each = tagged.flat_map(|(tag, message)| {
            let ways = [
                (Way::ToServer, message.direction().client_sends()),
                (Way::ToClient, message.direction().server_sends()),
            ];
            let ways = ways.into_iter().filter(|(_, goes)| *goes);
            ways.map(move |(way, _)| ((way, tag.clone()), message)).collect::<Vec<_>>()
        });
        Self(each.collect())
    }

    /// The message that goes this way with the tag of another one, which has another name.
    pub(super) fn like(&self, other: &Message<'_>, way: Way) -> Option<Message<'a>> {
        let tagged = self.0.get(&(way, other.tag_text()?));
        tagged.filter(|one| one.name() != other.name()).copied()
    }
}

/// The change of a message that is only called otherwise.
pub(super) fn renamed(old: &Message<'_>, new: &Message<'_>, way: Way) -> Change {
    let why = format!("{:?} → {:?}: its tag stays", old.name(), new.name());
    change(Rule::MessageRenamed, Level::Ok, old.name(), Some(way), why)
}
