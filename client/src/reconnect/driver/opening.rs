//! What happens when a connection is open: at once, or when it is known whether it has a session.

use std::sync::Arc;

use tracing::Span;

use crate::{
    event::{Event, State},
    reconnect::shared::Core,
    response::UpgradeResponse,
};

/// A connection that is about to be open.
pub(super) struct Opening {
    pub(super) core: Arc<Core>,
    /// The driver's.
    pub(super) number: u64,
    pub(super) span: Span,
    pub(super) subprotocol: Option<String>,
    pub(super) response: UpgradeResponse,
}

impl Opening {
    /// Enters the state, and reports it, unless the driver was given up.
    pub(super) fn open(self) {
        let Self { core, number, span, subprotocol, response } = self;
        core.counters.connections.add(1);
        let waiting = core.control_of(number).map(|mut control| {
            (control.subprotocol, control.next) = (subprotocol, None);
            control.response = Some(response);
            core.enter(State::Open);
            std::mem::take(&mut control.opening)
        });
        if waiting.is_some() {
            span.in_scope(|| core.events.emit(Event::Open));
        }
        for opening in waiting.into_iter().flatten() {
            // The caller may have stopped waiting.
            let _ = opening.send(Ok(()));
        }
    }
}
