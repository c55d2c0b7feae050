//! What each end does with a frame.

use std::collections::BTreeMap;

use super::{
    Off,
    facts::{Got, Kind, Msg, Outcome, Status},
    network::Conn,
    world::World,
};
use crate::session::{
    ClientHello, Control, Greeting, Phase, Renewed, ServerHello, is_numbered, rules::Rule,
};

impl World {
    // --- the client reads

    pub(super) fn client_reads(
        &mut self,
        conn: Conn,
        name: &str,
        data: &str,
    ) -> Result<(), String> {
        if self.client_conn != Some(conn) && self.off != Off::DeadUnread {
            return Ok(());
        }
        let unexpected = |_| format!("the client did not expect {name}");
        match name {
            "$hello" => {
                let hello = ServerHello::decode(data).expect("our own");
                let answer = self.client.hello(hello).map_err(unexpected)?;
                self.put_to_server(conn, &answer.encode());
            }
            "ping" => {
                if self.off == Off::UncountedHeartbeats && self.client.phase() == Phase::Live {
                    let _ = self.client.received(0);
                }
            }
            _ if is_numbered(name) => {
                let (message, _) = Msg::decode(data);
                self.client.received(10).map_err(unexpected)?;
                self.client_got(Got::Message(message.id));
                if let Kind::Reply(to) = message.kind {
                    let call = self.calls.insert(to, Outcome::Answered);
                    if call != Some(Outcome::Pending) {
                        return Err(format!("C7 an answer to call {to}, which is {call:?}"));
                    }
                }
            }
            _ => match Control::decode(name, data).expect("our own").expect("known") {
                Control::Gap(gap) => {
                    self.client.gap(gap.n).map_err(unexpected)?;
                    self.client_got(Got::Gap(gap.n));
                }
                Control::Gone(gone) => {
                    let calls = &self.calls;
                    let answered = |message: &Msg| is_answered(calls, message);
                    let renewed = self.client.gone(&gone, answered).map_err(unexpected)?;
                    self.client_renewed(renewed)?;
                }
                Control::Resumed(resumed) => {
                    let confirmed = self.client.resumed(resumed);
                    self.client_confirmed(conn, confirmed)?;
                }
                Control::Ack(ack) => {
                    let confirmed = self.client.acknowledged(ack);
                    self.client_confirmed(conn, confirmed)?;
                }
                Control::Contract(_) => return Err("no server here sends $contract".to_owned()),
            },
        }
        Ok(())
    }

    pub(super) fn client_got(&mut self, got: Got) {
        if let Some(session) = self.client.id() {
            self.client_log.entry(session.to_owned()).or_default().push(got);
        }
    }

    pub(super) fn client_confirmed<E>(
        &mut self,
        conn: Conn,
        confirmed: Result<Vec<Msg>, E>,
    ) -> Result<(), String> {
        let Ok(confirmed) = confirmed else {
            let calls = &self.calls;
            let renewed = self.client.renew(|message| is_answered(calls, message));
            self.client_closes(conn);
            return self.client_renewed(renewed);
        };
        confirmed.into_iter().try_for_each(|one| self.client_is(one.id, Status::Confirmed))
    }

    pub(super) fn client_renewed(&mut self, renewed: Renewed<Msg>) -> Result<(), String> {
        for message in renewed.confirmed {
            self.client_is(message.id, Status::Confirmed)?;
        }
        for message in renewed.unconfirmed {
            self.client_is(message.id, Status::Unconfirmed)?;
        }
        for (id, call) in &mut self.calls {
            if *call == Outcome::Pending && self.client_status.get(id) == Some(&Status::Confirmed) {
                *call = Outcome::ReplyLost;
            }
        }
        self.news += 1;
        Ok(())
    }

    // --- a server reads

    pub(super) fn server_reads(
        &mut self,
        node: usize,
        conn: Conn,
        name: &str,
        data: &str,
    ) -> Result<(), String> {
        match name {
            "$hello" => {
                let hello = ClientHello::decode(data).expect("our own");
                self.greet(node, conn, &hello)
            }
            "ping" => {
                if self.off == Off::UncountedHeartbeats {
                    let message = (Msg { id: 0, kind: Kind::Plain }, String::new());
                    let _ = self.nodes[node].received(&conn, message, 0);
                }
                Ok(())
            }
            _ if is_numbered(name) => {
                let (message, key) = Msg::decode(data);
                if self.rng.bool() && self.nodes[node].handle_at_once(&conn, 10) {
                    return self.handle_now(node, conn, message, key);
                }
                let read = self.nodes[node].received(&conn, (message, key), 10);
                read.map(drop).map_err(|_| "a numbered frame before the client's $hello".into())
            }
            _ => match Control::decode(name, data).expect("our own").expect("known") {
                Control::Gap(gap) => {
                    let read = self.nodes[node].gap(&conn, gap);
                    read.map(drop).map_err(|_| "a gap before the client's $hello".into())
                }
                Control::Ack(ack) => {
                    let session = self.nodes[node].attached(&conn).map(|one| one.id().to_owned());
                    if let Ok(confirmed) = self.nodes[node].acknowledged(&conn, ack) {
                        self.server_confirmed(confirmed)
                    } else {
                        self.server_gives_up(conn);
                        self.end(node, &session.unwrap_or_default())
                    }
                }
                other => Err(format!("the server did not expect {other:?}")),
            },
        }
    }

    pub(super) fn server_confirmed(&mut self, confirmed: Vec<Msg>) -> Result<(), String> {
        confirmed.into_iter().try_for_each(|one| self.server_is(one.id, Status::Confirmed))
    }

    pub(super) fn greet(
        &mut self,
        node: usize,
        conn: Conn,
        hello: &ClientHello,
    ) -> Result<(), String> {
        let offered = self.offers.get(&conn).cloned().unwrap_or_default();
        if let Some(resume) = &hello.resume
            && self.nodes[node].get(&offered).is_some()
            && self.nodes[node].get(&resume.id).is_none()
            && !self.take_over(node, &resume.id, resume.attempt)?
        {
            self.server_gives_up(conn);
            self.nodes[node].end(&offered);
            return Ok(());
        }
        match self.nodes[node].hello(&conn, hello) {
            Greeting::Began { id } => self.session_began(&id),
            Greeting::Gone { id, gone } => {
                self.session_began(&id);
                self.put_to_client(conn, &Control::Gone(gone).encode());
            }
            Greeting::Resumed { id, resumed, confirmed, replaces, is_first } => {
                if let Some(old) = replaces
                    && self.off != Off::Rule(Rule::DetachFirst)
                {
                    self.server_closes(old);
                }
                if is_first {
                    self.session_began(&id);
                }
                self.server_confirmed(confirmed)?;
                self.put_to_client(conn, &Control::Resumed(resumed).encode());
            }
            Greeting::Contradiction { id, connection } => {
                if let Some(old) = connection {
                    self.server_closes(old);
                }
                self.end(node, &id)?;
                return self.greet(node, conn, hello);
            }
            Greeting::Refused => self.server_closes(conn),
        }
        Ok(())
    }

    /// Fetches a session from whichever process has it; `false` if the request is a late one.
    pub(super) fn take_over(
        &mut self,
        node: usize,
        id: &str,
        attempt: u64,
    ) -> Result<bool, String> {
        for other in (0..self.nodes.len()).filter(|other| *other != node) {
            let Some(session) = self.nodes[other].get(id) else {
                if let Some(tombstone) = self.nodes[other].ended(id).cloned() {
                    self.nodes[node].adopt_ended(id.to_owned(), tombstone);
                }
                continue;
            };
            if self.nodes[other].is_stale(id, attempt) {
                return Ok(false);
            }
            if let Some(conn) = session.connection().copied() {
                self.server_gives_up(conn);
            }
            if self.rng.f64() < self.config.handover_loss {
                // Given away, and the answer is lost.
                self.excused = true;
                self.end(other, id)?;
                self.nodes[other].forget(id);
                return Ok(true);
            }
            self.handle_all(other, id)?;
            let session = self.nodes[other].give_away(id).ok_or("a session that is not quiet")?;
            self.nodes[node].adopt(session);
            self.ids += 1;
            self.nodes[node].replace_key(id, format!("k{}", self.ids));
            return Ok(true);
        }
        Ok(true)
    }
}

fn is_answered(calls: &BTreeMap<u64, Outcome>, message: &Msg) -> bool {
    calls.get(&message.id) == Some(&Outcome::Answered)
}
