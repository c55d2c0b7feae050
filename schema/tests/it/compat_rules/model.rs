//! What an example is: a contract before and after.

use wirebond_schema::compat::{Level, Rule};

/// A rule, a note on it, and its examples.
pub(crate) struct Entry {
    pub(crate) rule: Rule,
    pub(crate) note: &'static str,
    pub(crate) examples: Vec<Example>,
}

pub(crate) struct Example {
    pub(crate) what: &'static str,
    pub(crate) change: What,
    /// Client→server and server→client, with the server deployed first.
    pub(crate) levels: [Option<Level>; 2],
}

pub(crate) enum What {
    /// The payload of a message that both sides send.
    Payload(&'static str, &'static str),
    /// The whole contract.
    Contract(Side, Side),
}

#[derive(Clone)]
pub(crate) struct Side {
    pub(crate) title: &'static str,
    pub(crate) version: &'static str,
    pub(crate) messages: Vec<Sent>,
    pub(crate) defs: Vec<(&'static str, &'static str)>,
    pub(crate) form: Option<Form>,
}

/// A form other than wirebond's own, with which the payload stands beside the tag.
#[derive(Clone, Copy)]
pub(crate) struct Form {
    pub(crate) tag: &'static str,
    /// The keys that tell messages, in their order, and the names of those.
    pub(crate) keys: &'static [(&'static str, &'static str)],
}

#[derive(Clone, Copy)]
pub(crate) struct Sent {
    pub(crate) variant: &'static str,
    pub(crate) name: &'static str,
    pub(crate) payload: Option<&'static str>,
    pub(crate) client: bool,
    pub(crate) server: bool,
    /// A key that has the number of a call: `id` or `re`.
    pub(crate) number: Option<&'static str>,
}

impl Side {
    pub(crate) fn of(messages: &[Sent]) -> Self {
        let defs = vec![("Chat", r#"{"type":"object"}"#)];
        let messages = messages.to_vec();
        Self { title: "App", version: "1.0.0", messages, defs, form: None }
    }

    pub(crate) fn version(self, version: &'static str) -> Self {
        Self { version, ..self }
    }

    pub(crate) fn form(
        self,
        tag: &'static str,
        keys: &'static [(&'static str, &'static str)],
    ) -> Self {
        Self { form: Some(Form { tag, keys }), ..self }
    }

    pub(crate) fn title(self, title: &'static str) -> Self {
        Self { title, ..self }
    }

    pub(crate) fn chat(mut self, schema: &'static str) -> Self {
        self.defs = vec![("Chat", schema)];
        self
    }

    /// The contract in a line.
    pub(crate) fn describe(&self) -> String {
        let messages: Vec<_> = self.messages.iter().map(Sent::describe).collect();
        let form = self.form.map(|form| {
            let keys = form.keys.iter().map(|(key, name)| format!(", `{key}` tells {name:?}"));
            format!(" (the tag is `{}`{})", form.tag, keys.collect::<String>())
        });
        let form = form.unwrap_or_default();
        format!("{} {}{form}: {}", self.title, self.version, messages.join(", "))
    }
}

impl Sent {
    fn describe(&self) -> String {
        let from = match (self.client, self.server) {
            (true, true) => "both",
            (true, false) => "client",
            _ => "server",
        };
        let payload = self.payload.map(|name| format!("({name})")).unwrap_or_default();
        let number = self.number.map(|key| format!(" with `{key}`")).unwrap_or_default();
        format!("{:?} {}{payload} from {from}{number}", self.name, self.variant)
    }

    pub(crate) fn named(self, name: &'static str) -> Self {
        Self { name, ..self }
    }

    pub(crate) fn bare(self) -> Self {
        Self { payload: None, ..self }
    }

    /// With the number of a call.
    pub(crate) fn numbered(self, key: &'static str) -> Self {
        Self { number: Some(key), ..self }
    }

    pub(crate) fn by_client(self) -> Self {
        Self { server: false, ..self }
    }

    pub(crate) fn by_server(self) -> Self {
        Self { client: false, ..self }
    }
}

pub(crate) const CHAT: Sent = Sent {
    variant: "Chat",
    name: "chat",
    payload: Some("Chat"),
    client: true,
    server: true,
    number: None,
};
pub(crate) const LEAVE: Sent = Sent {
    variant: "Leave",
    name: "leave",
    payload: None,
    client: true,
    server: true,
    number: None,
};

impl Example {
    pub(crate) fn sides(&self) -> (Side, Side) {
        match &self.change {
            What::Payload(old, new) => {
                (Side::of(&[CHAT]).chat(old), Side::of(&[CHAT]).chat(new).version("2.0.0"))
            }
            What::Contract(old, new) => (old.clone(), new.clone()),
        }
    }

    /// Whether the message goes both ways, so that the directions can be compared.
    pub(crate) fn is_symmetric(&self) -> bool {
        let (old, new) = self.sides();
        old.messages.iter().chain(&new.messages).all(|message| message.client && message.server)
    }
}
