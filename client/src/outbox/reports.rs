//! The events that report the outcome of messages.

use crate::{
    event::Event,
    outbox::message::{CountsByName, Dropped, Lost},
};

/// Messages that were dropped.
pub(crate) fn dropped(dropped: Dropped) -> impl Iterator<Item = Event> {
    dropped.into_iter().flat_map(|(reason, counts)| {
        counts.into_iter().map(move |(name, count)| Event::Dropped { name, count, reason })
    })
}

/// Messages of which it is unknown whether the peer read them.
pub(crate) fn unconfirmed(counts: CountsByName) -> impl Iterator<Item = Event> {
    counts.into_iter().map(|(name, count)| Event::Unconfirmed { name, count })
}

/// The outcome of messages whose connection ended.
pub(crate) fn lost(lost: Lost) -> impl Iterator<Item = Event> {
    unconfirmed(lost.unconfirmed).chain(dropped(lost.dropped))
}
