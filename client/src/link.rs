//! The client's links: received messages go to the dispatcher, sent ones come from the outbox.

use std::sync::Arc;

pub(crate) use wirebond_connection::link::Ended;
use wirebond_connection::link::{self, Heartbeat, Pace, PingTracker};

use crate::{
    delivery::dispatch::Dispatcher,
    delivery::events::Emitter,
    outbox::{Outbox, heartbeat::MakeHeartbeat},
    settings::{HeartbeatKind, Tuning},
    stats::Counters,
    transport::Socket,
};

mod session;
mod sink;
mod source;

pub(crate) use session::Fault;

use sink::Sink;
use source::Source;

/// One open connection.
pub(crate) type Link = link::Link<Sink, Source>;

/// Makes the link of a connection that has just been opened.
pub(crate) fn open(
    socket: Socket,
    tuning: &Tuning,
    events: &Arc<Emitter>,
    counters: &Arc<Counters>,
    outbox: &Arc<Outbox>,
    dispatcher: Dispatcher,
    make_heartbeat: Option<MakeHeartbeat>,
) -> Link {
    let timeout = tuning.heartbeat_timeout();
    let heartbeat = |pace| Heartbeat::new(pace, tuning.heartbeat_interval, timeout);
    let (listening, heartbeat) = (heartbeat(Pace::WhenIdle), heartbeat(Pace::Steady));
    let heartbeat = match tuning.heartbeat() {
        HeartbeatKind::Ping => Some(heartbeat),
        HeartbeatKind::Both => Some(heartbeat.with_message()),
        HeartbeatKind::Message => Some(heartbeat.with_message().without_ping()),
        HeartbeatKind::Listen => Some(listening.without_ping()),
        HeartbeatKind::Off => None,
    };
    let tracker = PingTracker::new(tuning.confirm_interval, timeout);
    let (events, counters, outbox) = (Arc::clone(events), Arc::clone(counters), Arc::clone(outbox));
    let source = Source::new(
        Arc::clone(&outbox),
        Arc::clone(&events),
        Arc::clone(&counters),
        make_heartbeat,
    );
    let sink = Sink::new(dispatcher, events, counters, outbox, tuning);
    Link::new(socket, sink, source, Some(tracker), heartbeat)
}
