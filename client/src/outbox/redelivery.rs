//! Which messages are written again after their connection has ended, and which are undeliverable. Pure.

use std::cmp::Reverse;

use super::message::Queued;

/// The charge of a message for a connection that the peer ended while it was in flight: one delivery.
pub(super) const DELIVERY: u32 = 3;
/// The same for a reset or a timeout while several messages were in flight: most likely the network
/// failed, so it takes more of them.
pub(super) const NETWORK: u32 = 1;

/// How often a message is written at most.
#[derive(Debug, Clone, Copy)]
pub(super) struct Redelivery {
    pub(super) max_deliveries: Option<u32>,
}

impl Redelivery {
    /// Whether a message was written before, and may be written once more.
    pub(super) fn is_last(self, queued: &Queued) -> bool {
        queued.charge > 0 && self.is_used_up(queued.charge.saturating_add(DELIVERY))
    }

    pub(super) fn is_used_up(self, charge: u32) -> bool {
        self.max_deliveries.is_some_and(|max| charge >= max.saturating_mul(DELIVERY))
    }

    /// Charges messages for the end of their connection. Returns the ones to be written again and the
    /// undeliverable ones, both in order. `too_large`: the peer closed with 1009, which is attributed to
    /// the largest message alone.
    pub(super) fn judge(
        self,
        mut in_flight: Vec<Queued>,
        charge: u32,
        too_large: bool,
    ) -> (Vec<Queued>, Vec<Queued>) {
        if too_large {
            let sizes =
                in_flight.iter().enumerate().map(|(at, queued)| (queued.size(), Reverse(at)));
            let largest = sizes.max().map(|(_, Reverse(at))| in_flight.remove(at));
            return (in_flight, largest.into_iter().collect());
        }
        // A message that was alone in flight is charged in full, whatever ended the connection.
        let charge = if in_flight.len() == 1 { DELIVERY } else { charge };
        for queued in &mut in_flight {
            queued.charge = queued.charge.saturating_add(charge);
        }
        in_flight.into_iter().partition(|queued| !self.is_used_up(queued.charge))
    }
}
