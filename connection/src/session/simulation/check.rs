//! What must hold:
//!
//! - C1: within a session the receiver's log is the sender's numbered sequence, exactly: every
//!   message, or a gap in its place.
//! - C2: over all sessions an effect happens at most once and in order; with redelivery, once for
//!   each message id.
//! - C3: every accepted message ends confirmed, dropped or unconfirmed at its sender, once, and
//!   confirmed means handled.
//! - C4: whoever misses something is notified: by a gap in its place, or by a new session.
//! - C5: without a crash, expiry, lost handover or bound, nothing is lost, in doubt or renewed.
//! - C6: bounds hold at every moment.
//! - C7: each call has one outcome, and it is true.
//! - C8: a sender isn't full of messages that are all handled.

use std::collections::{HashMap, HashSet};

use super::{
    facts::{Got, Kind, Msg, Outcome, Status},
    world::{Node, World},
};
use crate::session::{Class, Outgoing, Phase};

impl World {
    pub(super) fn check_bounds(&self) -> Result<(), String> {
        if plain(self.client.outgoing()) > self.config.client_limit {
            return Err("C6 the client's bound".into());
        }
        for session in self.nodes.iter().flat_map(Node::iter) {
            if plain(session.outgoing()) > self.config.server_limit {
                return Err("C6 a server's bound".into());
            }
        }
        self.check_room()
    }

    fn check_room(&self) -> Result<(), String> {
        let Some(conn) = self.client_conn.filter(|_| self.client.phase() == Phase::Live) else {
            return Ok(());
        };
        let is_quiet = self.network.get(&conn).is_some_and(|pipes| {
            pipes.to_server.data.is_empty() && pipes.to_client.data.is_empty()
        });
        let server = self.nodes.iter().find_map(|node| node.attached(&conn));
        let Some(server) = server
            .filter(|session| is_quiet && session.waiting() == 0 && session.handling().is_none())
        else {
            return Ok(());
        };
        if plain(self.client.outgoing()) >= self.config.client_limit
            || plain(server.outgoing()) >= self.config.server_limit
        {
            return Err("C8 what is handled leaves no room".into());
        }
        Ok(())
    }

    /// No more faults: all comes to its end.
    pub(super) fn settle(&mut self) -> Result<(), String> {
        for _ in 0..4_000 {
            for pipes in self.network.values_mut() {
                (pipes.to_server.frozen, pipes.to_client.frozen) = (false, false);
            }
            let Some(conn) = self.client_conn else {
                self.dial();
                continue;
            };
            let pipe = &self.network.entry(conn).or_default().to_client;
            if pipe.ended && pipe.data.is_empty() {
                self.client_closes(conn);
                continue;
            }
            self.flush();
            let conns: Vec<_> = self.network.keys().copied().collect();
            for conn in conns {
                if self.server_side.contains_key(&conn) {
                    self.deliver(conn, true, true)?;
                }
                if self.client_conn == Some(conn) {
                    self.deliver(conn, false, true)?;
                }
            }
            let all = self.nodes.iter().enumerate();
            let all: Vec<_> = all
                .flat_map(|(at, node)| {
                    node.iter().map(move |session| (at, session.id().to_owned()))
                })
                .collect();
            for (node, id) in &all {
                self.handle_all(*node, id)?;
            }
            self.acknowledge(true, true);
            if self.is_at_rest() {
                for (node, id) in all {
                    if self.client.id() != Some(&id) {
                        self.end(node, &id)?;
                    }
                }
                return Ok(());
            }
        }
        Err("C3 it never comes to rest".into())
    }

    fn is_at_rest(&self) -> bool {
        let Some(conn) = self.client_conn else { return false };
        let Some(pipes) = self.network.get(&conn) else { return false };
        let server = self.nodes.iter().find_map(|node| node.attached(&conn));
        self.client.phase() == Phase::Live
            && self.client.outgoing().is_empty()
            && server.is_some_and(|session| session.outgoing().is_empty())
            && pipes.to_server.data.is_empty()
            && pipes.to_client.data.is_empty()
    }

    pub(super) fn check(&self) -> Result<(), String> {
        order(&self.server_log, &self.client_numbered, "to the server")?;
        order(&self.client_log, &self.server_numbered, "to the client")?;
        self.check_effects()?;
        self.check_statuses()?;
        self.check_notified()?;
        self.check_causes()?;
        self.check_calls()
    }

    fn check_effects(&self) -> Result<(), String> {
        let (mut seen, mut last) = (HashSet::new(), 0);
        for (id, key) in &self.effects {
            if !seen.insert(key) {
                if !self.config.redeliver && self.kinds.get(id) != Some(&Kind::Idempotent) {
                    return Err(format!("C2 message {id} twice"));
                }
                continue;
            }
            if *id <= last {
                return Err(format!("C2 message {id} after {last}"));
            }
            last = *id;
        }
        let got = self.client_log.values().flatten();
        let mut messages = HashSet::new();
        for one in got {
            if let Got::Message(id) = one
                && !messages.insert(id)
            {
                return Err(format!("C2 the server's message {id} twice"));
            }
        }
        Ok(())
    }

    fn check_statuses(&self) -> Result<(), String> {
        let handled: HashSet<_> = self.effects.iter().map(|(id, _)| *id).collect();
        let got = self.client_log.values().flatten().filter_map(|one| match one {
            Got::Message(id) => Some(*id),
            Got::Gap(_) => None,
        });
        let got: HashSet<_> = got.collect();
        let sides =
            [(&self.client_status, &handled, "client"), (&self.server_status, &got, "server")];
        for (statuses, arrived, side) in sides {
            for (id, status) in statuses {
                let is_true = match status {
                    Status::Confirmed => arrived.contains(id),
                    Status::Dropped | Status::Refused => !arrived.contains(id),
                    Status::Unconfirmed => true,
                    Status::Died => side == "server",
                    Status::Pending => false,
                };
                if !is_true {
                    let arrived = arrived.contains(id);
                    return Err(format!("C3 {side} message {id}: {status:?}, arrived: {arrived}"));
                }
            }
        }
        Ok(())
    }

    fn check_notified(&self) -> Result<(), String> {
        for (at, session) in self.client_sessions.iter().enumerate() {
            let log = self.client_log.get(session).map_or(&[][..], Vec::as_slice);
            let came: u64 = log.iter().map(places).sum();
            let numbered = self.server_numbered.get(session).map_or(0, Vec::len) as u64;
            let is_last = at + 1 == self.client_sessions.len();
            if came < numbered && (is_last || self.news == 0) {
                return Err(format!(
                    "C4 session {session}: the client isn't notified of what it missed"
                ));
            }
        }
        Ok(())
    }

    fn check_causes(&self) -> Result<(), String> {
        if self.excused {
            return Ok(());
        }
        let may_drop = self.overflowed || self.config.ttl || self.config.drop_oldest;
        for statuses in [&self.client_status, &self.server_status] {
            let bad = statuses.iter().find(|(_, status)| match status {
                Status::Confirmed | Status::Refused => false,
                Status::Dropped | Status::Unconfirmed => !may_drop,
                Status::Pending | Status::Died => true,
            });
            if let Some((id, status)) = bad {
                return Err(format!("C5 message {id} is {status:?} without a cause"));
            }
        }
        if self.news > 0 { Err("C5 a new session without a cause".into()) } else { Ok(()) }
    }

    fn check_calls(&self) -> Result<(), String> {
        for (id, outcome) in &self.calls {
            let ran = self.ran.get(id).copied().unwrap_or(0);
            let is_true = match outcome {
                Outcome::Answered | Outcome::ReplyLost => ran > 0,
                Outcome::NotSent | Outcome::Refused => ran == 0,
                Outcome::Unknown => true,
                Outcome::Pending => false,
            };
            let is_once = ran <= 1 || self.kinds.get(id) == Some(&Kind::Idempotent);
            if !is_true || !is_once {
                return Err(format!("C7 call {id} is {outcome:?} and ran {ran} times"));
            }
        }
        Ok(())
    }
}

/// How many messages are held to which the bound applies.
fn plain(out: &Outgoing<Msg>) -> usize {
    out.iter().filter(|(message, _)| message.class() != Class::Reply).count()
}

fn places(got: &Got) -> u64 {
    match got {
        Got::Message(_) => 1,
        Got::Gap(n) => *n,
    }
}

/// C1.
fn order(
    logs: &HashMap<String, Vec<Got>>,
    numbered: &HashMap<String, Vec<Option<u64>>>,
    way: &str,
) -> Result<(), String> {
    for (session, log) in logs {
        let mut at = 0_usize;
        let numbered = numbered.get(session).map_or(&[][..], Vec::as_slice);
        for got in log {
            if let Got::Message(id) = got
                && numbered.get(at).copied().flatten() != Some(*id)
            {
                return Err(format!("C1 {way}, {session}: message {id} at place {}", at + 1));
            }
            at += usize::try_from(places(got)).map_err(|_| "C1 a gap without end".to_owned())?;
        }
    }
    Ok(())
}
