//! What happens at random: messages, deliveries, and everything that breaks.

use super::{
    Off,
    facts::{Kind, Msg, Status},
    network::{Conn, WINDOW},
    world::{Kept, Node, World},
};
use crate::session::{Control, Gap, Phase, Write};

impl World {
    // --- faults

    fn cut(&mut self) {
        let kind = self.rng.u8(..7);
        if kind == 6 {
            let others: Vec<_> = self.server_side.keys().copied().collect();
            let others: Vec<_> =
                others.into_iter().filter(|conn| Some(*conn) != self.client_conn).collect();
            if let Some(old) = self.rng.choice(&others) {
                self.server_gives_up(*old);
            }
            return;
        }
        let Some(conn) = self.client_conn else { return };
        self.cuts += 1;
        let pipes = self.network.entry(conn).or_default();
        match kind {
            // What is under way ends at any byte, in both directions.
            0 | 1 => {
                for pipe in [&mut pipes.to_server, &mut pipes.to_client] {
                    let at = self.rng.usize(..=pipe.data.len());
                    pipe.data.truncate(at);
                    pipe.ended = true;
                }
                self.client_closes(conn);
                if self.rng.bool() {
                    self.server_gives_up(conn);
                }
            }
            // The client gives up; all it sent may arrive, much later.
            2 | 3 => {
                pipes.to_server.frozen = self.rng.f64() < self.config.late;
                self.client_closes(conn);
            }
            // The server gives up; the client finds out later.
            4 => self.server_gives_up(conn),
            _ => {
                pipes.to_server.frozen = true;
                pipes.to_client.frozen = true;
            }
        }
    }

    fn sessions(&self, pick: impl Fn(&Kept) -> bool) -> Vec<(usize, String)> {
        let each = self.nodes.iter().enumerate();
        let mut all: Vec<_> = each
            .flat_map(|(node, sessions)| sessions.iter().map(move |session| (node, session)))
            .filter(|(_, session)| pick(session))
            .map(|(node, session)| (node, session.id().to_owned()))
            .collect();
        all.sort();
        all
    }

    fn of_node(&self, node: usize) -> Vec<Conn> {
        self.server_side.iter().filter(|(_, at)| **at == node).map(|(conn, _)| *conn).collect()
    }

    fn crash(&mut self) {
        let node = self.rng.usize(..self.nodes.len());
        self.excused = true;
        for conn in self.of_node(node) {
            self.server_closes(conn);
            let data = &mut self.network.entry(conn).or_default().to_client.data;
            let at = self.rng.usize(..=data.len());
            data.truncate(at);
        }
        for session in self.nodes[node].iter() {
            for (message, _) in session.outgoing().iter() {
                self.server_status.insert(message.id, Status::Died);
            }
        }
        self.nodes[node] = Self::node(self.config);
        self.snapshots[node].clear();
    }

    /// With state: connections are let go, what is taken in is handled, then the state is moved.
    fn restart(&mut self) -> Result<(), String> {
        let node = self.rng.usize(..self.nodes.len());
        let mut next = Self::node(self.config);
        let ids = self.sessions(|_| true).into_iter().filter(|(at, _)| *at == node);
        let ids: Vec<_> = ids.map(|(_, id)| id).collect();
        for conn in self.of_node(node) {
            self.server_gives_up(conn);
        }
        if self.off == Off::Quiesced {
            for session in std::mem::take(&mut self.snapshots[node]) {
                next.adopt(session);
            }
        } else {
            for id in ids {
                self.handle_all(node, &id)?;
                next.adopt(self.nodes[node].give_away(&id).ok_or("not quiet")?);
            }
        }
        for id in self.client_sessions.clone() {
            if let Some(tombstone) = self.nodes[node].ended(&id) {
                next.adopt_ended(id, tombstone.clone());
            }
        }
        self.nodes[node] = next;
        Ok(())
    }

    fn expire(&mut self) -> Result<(), String> {
        let idle = self.sessions(|session| session.connection().is_none());
        let Some((node, id)) = self.rng.choice(&idle).cloned() else { return Ok(()) };
        self.excused = true;
        self.end(node, &id)
    }

    /// Messages that wait and were never written are past their time to live.
    fn grow_old(&mut self) -> Result<(), String> {
        let seed = self.rng.u64(..);
        let is_old = |message: &Msg| (message.id ^ seed).is_multiple_of(7);
        if self.rng.bool() {
            let dropped = self.client.expire(is_old);
            self.client_dropped(dropped)
        } else {
            let all = self.sessions(|_| true);
            let Some((node, id)) = self.rng.choice(&all).cloned() else { return Ok(()) };
            let dropped = self.nodes[node].expire(&id, is_old);
            self.server_dropped(dropped)
        }
    }

    // --- a step

    pub(super) fn flush(&mut self) {
        if let Some(conn) = self.client_conn.filter(|conn| self.client_side.contains(conn)) {
            let pipe = &mut self.network.entry(conn).or_default().to_server;
            while pipe.data.len() < WINDOW {
                let Some(frame) = self.client.next_frame() else { break };
                pipe.put(&write(&frame));
            }
        }
        for (conn, node) in &self.server_side {
            let pipe = &mut self.network.entry(*conn).or_default().to_client;
            while pipe.data.len() < WINDOW && !pipe.ended {
                let Some(frame) = self.nodes[*node].next_frame(conn) else { break };
                pipe.put(&write(&frame));
            }
        }
        if self.client.ack_is_due() {
            self.client_acknowledges();
        }
        self.servers_acknowledge(Node::ack_is_due);
    }

    pub(super) fn acknowledge(&mut self, client: bool, server: bool) {
        if client && self.client.ack_is_useful() {
            self.client_acknowledges();
        }
        if server {
            self.servers_acknowledge(Node::ack_is_useful);
        }
    }

    fn client_acknowledges(&mut self) {
        if let Some(conn) = self.client_conn {
            let ack = self.client.take_ack(false);
            self.put_to_server(conn, &Control::Ack(ack).encode());
        }
    }

    fn servers_acknowledge(&mut self, is: impl Fn(&Node, &Conn) -> bool) {
        for (conn, node) in self.server_side.clone() {
            if is(&self.nodes[node], &conn)
                && let Some(ack) = self.nodes[node].take_ack(&conn, false)
            {
                self.put_to_client(conn, &Control::Ack(ack).encode());
            }
        }
    }

    pub(super) fn step(&mut self) -> Result<(), String> {
        match self.rng.f64() * 100.0 {
            roll if roll < 14.0 => self.client_send()?,
            roll if roll < 28.0 => self.server_speaks()?,
            roll if roll < 66.0 => self.something_arrives()?,
            roll if roll < 78.0 => {
                let busy = self.sessions(|session| session.waiting() > 0);
                if let Some((node, id)) = self.rng.choice(&busy).cloned() {
                    self.handle(node, &id)?;
                }
            }
            roll if roll < 82.0 => self.acknowledge(true, false),
            roll if roll < 86.0 => self.acknowledge(false, true),
            roll if roll < 88.0 => self.heartbeats(),
            roll if roll < 95.0 => self.client_notices(),
            roll if roll < 98.0 => {
                self.cut();
                if self.config.cuts_often && self.client_conn.is_none() && self.rng.f64() < 0.8 {
                    self.dial();
                }
            }
            roll if roll < 98.7 => {
                for pipes in self.network.values_mut() {
                    for pipe in [&mut pipes.to_server, &mut pipes.to_client] {
                        pipe.frozen &= self.rng.bool();
                    }
                }
            }
            roll if roll < 98.9 && self.config.expiry => self.expire()?,
            roll if roll < 99.2 && self.config.crash => self.crash(),
            roll if roll < 99.6 && self.config.restart => self.restart()?,
            _ if self.off == Off::Quiesced => {
                for (node, sessions) in self.nodes.iter().enumerate() {
                    self.snapshots[node] = sessions.snapshot();
                }
            }
            _ if self.config.ttl => self.grow_old()?,
            _ => {}
        }
        self.flush();
        self.check_bounds()
    }

    fn server_speaks(&mut self) -> Result<(), String> {
        let taken = self.sessions(|session| self.server_log.contains_key(session.id()));
        let Some((node, id)) = self.rng.choice(&taken).cloned() else { return Ok(()) };
        for _ in 0..[1, 1, 1, 4][self.rng.usize(..4)] {
            self.server_send(node, &id, Kind::Plain)?;
        }
        Ok(())
    }

    fn something_arrives(&mut self) -> Result<(), String> {
        let mut ready = Vec::new();
        for (conn, pipes) in &self.network {
            let to_server = &pipes.to_server;
            if self.server_side.contains_key(conn)
                && !to_server.data.is_empty()
                && !to_server.frozen
            {
                ready.push((*conn, true));
            }
            if !pipes.to_client.data.is_empty() && !pipes.to_client.frozen {
                ready.push((*conn, false));
            }
        }
        match self.rng.choice(&ready).copied() {
            Some((conn, is_to_server)) => self.deliver(conn, is_to_server, false),
            None => Ok(()),
        }
    }

    fn heartbeats(&mut self) {
        let ping = r#"{"type":"ping","data":{}}"#;
        if let Some(conn) = self.client_conn.filter(|_| self.client.phase() == Phase::Live) {
            self.put_to_server(conn, ping);
        }
        let live: Vec<_> = self.server_side.iter().map(|(conn, node)| (*conn, *node)).collect();
        for (conn, node) in live {
            if self.nodes[node].attached(&conn).is_some() {
                self.put_to_client(conn, ping);
            }
        }
    }

    fn client_notices(&mut self) {
        let Some(conn) = self.client_conn else { return self.dial() };
        let pipe = &self.network.entry(conn).or_default().to_client;
        let is_read = pipe.ended && pipe.data.is_empty() && !pipe.frozen;
        if is_read || (pipe.frozen && self.rng.bool()) {
            self.client_closes(conn);
        }
    }
}

fn write(frame: &Write<'_, Msg>) -> String {
    match frame {
        Write::Message { message, again, .. } => message.encode(*again),
        Write::Gap { n, why } => Control::Gap(Gap { n: *n, why: *why }).encode(),
    }
}
