//! A variant as a message.

use heck::ToSnakeCase;
use proc_macro2::{Ident, Span};
use syn::{Attribute, LitStr, Type, Variant, ext::IdentExt};

use crate::{
    attr::{Errors, Setting, Value, quoted, settings},
    call::{Call, CallSettings},
    case::Case,
    docs::Docs,
    form::check_key,
    keys::MESSAGE_KEYS,
    payload::{answer, payload},
};

pub(crate) struct Message {
    pub(crate) ident: Ident,
    pub(crate) payload: Option<Type>,
    pub(crate) from: From,
    /// What it is recognised by.
    pub(crate) recognition: Recognition,
    /// Where a tag was given that isn't the name.
    pub(crate) tag_span: Option<Span>,
    /// The name, and where it was written. It stands on the wire unless something else tells the message.
    pub(crate) name: String,
    pub(crate) name_span: Span,
    /// The end of the methods' names, and where it was written.
    pub(crate) method: String,
    pub(crate) method_span: Span,
    pub(crate) docs: Docs,
    /// `#[deprecated]`, which methods carry too.
    pub(crate) deprecated: Option<Attribute>,
    /// Whether the payload's type may accept more than its schema allows.
    pub(crate) lenient: bool,
    /// Its answer, if it is a call.
    pub(crate) call: Option<Call>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum From {
    Client,
    Server,
    Both,
}

/// What a message is recognised by.
pub(crate) enum Recognition {
    /// Its name as a tag, a string.
    Name,
    /// Its name as a tag, an integer.
    Integer,
    /// Another tag than its name, a string.
    Tag(String),
    /// A tag that is an integer, which its name isn't: the digits.
    IntegerTag(String),
    /// A key of the object, which has no tag.
    Key(LitStr),
    /// Nothing.
    Untagged,
}

impl Message {
    pub(crate) fn client_sends(&self) -> bool {
        self.from != From::Server
    }

    pub(crate) fn server_sends(&self) -> bool {
        self.from != From::Client
    }

    /// Every type that it or its answers carry.
    pub(crate) fn types(&self) -> impl Iterator<Item = &Type> {
        self.payload.iter().chain(self.call.iter().flat_map(Call::types))
    }

    /// The tag as text, if it has one.
    pub(crate) fn tag(&self) -> Option<&str> {
        match &self.recognition {
            Recognition::Name | Recognition::Integer => Some(&self.name),
            Recognition::Tag(tag) | Recognition::IntegerTag(tag) => Some(tag),
            Recognition::Key(_) | Recognition::Untagged => None,
        }
    }

    /// The tag as JSON: with quotation marks, unless it is an integer.
    pub(crate) fn json_tag(&self) -> Option<String> {
        let tag = self.tag()?;
        Some(if self.has_integer() { tag.to_owned() } else { quoted(tag) })
    }

    /// Whether its tag is an integer.
    pub(crate) fn has_integer(&self) -> bool {
        matches!(self.recognition, Recognition::Integer | Recognition::IntegerTag(_))
    }

    /// Where its tag was written.
    pub(crate) fn told_span(&self) -> Span {
        self.tag_span.unwrap_or(self.name_span)
    }

    /// Whether a tag tells it.
    pub(crate) fn is_tagged(&self) -> bool {
        self.tag().is_some()
    }
}

impl Message {
    pub(crate) fn of(
        variant: &Variant,
        contract: &Ident,
        case: Case,
        errors: &mut Errors,
    ) -> Option<Self> {
        refuse_serde(&variant.attrs, errors);
        let payload = payload(variant, contract, errors);
        let plain = variant.ident.unraw().to_string();
        let deprecated = variant.attrs.iter().find(|attr| attr.path().is_ident("deprecated"));
        let mut message = Self {
            ident: variant.ident.clone(),
            payload: None,
            from: From::Both,
            recognition: Recognition::Name,
            tag_span: None,
            name: case.apply(&plain),
            name_span: variant.ident.span(),
            method: method_of(&plain),
            method_span: variant.ident.span(),
            docs: Docs::of(&variant.attrs),
            deprecated: deprecated.cloned(),
            lenient: false,
            call: None,
        };
        let (mut call, mut has_direction) = (CallSettings::default(), false);
        let mut told = Vec::new();
        for Setting { key, value } in settings(&variant.attrs, "message", MESSAGE_KEYS, errors) {
            match (&*key.unraw().to_string(), value) {
                ("from", Value::Text(value)) => {
                    let from = From::of(&value, errors);
                    // One that is wrong is one error.
                    has_direction = from != Some(From::Both);
                    message.from = from.unwrap_or(message.from);
                }
                ("name" | "tag" | "key" | "untagged", value) => told.push((key, value)),
                ("method", Value::Text(value)) => {
                    message.method = method(&value, errors).unwrap_or(message.method);
                    message.method_span = value.span();
                }
                ("reply", Value::Type(ty)) => {
                    call.reply(key, answer(&ty, contract, errors).flatten());
                }
                ("error", Value::Type(ty)) => {
                    call.error(key, answer(&ty, contract, errors).flatten());
                }
                ("timeout", Value::Text(value)) => call.timeout(key, &value, errors),
                ("idempotent", _) => call.idempotent(key),
                _ if matches!(payload, Some(None)) => {
                    let text =
                        "`lenient` is about the payload, and this message has none: remove it";
                    errors.push(key.span(), text);
                }
                _ => message.lenient = true,
            }
        }
        message.recognise(told, errors);
        message.call = call.finish(has_direction, errors);
        // Only now, so that the errors of its attributes are reported as well.
        message.payload = payload?;
        Some(message)
    }

    /// Sets what it is recognised by.
    fn recognise(&mut self, told: Vec<(Ident, Value)>, errors: &mut Errors) {
        let mut first: Option<Ident> = None;
        let mut tag = None;
        for (key, value) in told {
            // A name beside a tag is what reports call the message.
            let other = first.as_ref().filter(|first| {
                let pair = [first.unraw().to_string(), key.unraw().to_string()];
                !pair.iter().all(|key| ["name", "tag"].contains(&&**key))
            });
            if let Some(other) = other {
                let text = format!(
                    "a message is recognised by one thing: `{}` says it already, so remove `{}`",
                    other.unraw(),
                    key.unraw()
                );
                errors.push(key.span(), text);
            } else if key == "tag" {
                tag = Some(value);
            } else {
                self.take(&key, value, errors);
            }
            first.get_or_insert(key);
        }
        if let Some(tag) = tag {
            self.take_tag(tag, errors);
        }
    }

    fn take(&mut self, key: &Ident, value: Value, errors: &mut Errors) {
        self.name_span = key.span();
        match value {
            Value::Text(value) if key == "key" => {
                check_key(&value, errors);
                self.recognition = Recognition::Key(value);
            }
            Value::Text(value) => {
                self.name_span = value.span();
                if let Some(name) = wire_name(&value, "name", errors) {
                    self.name = name;
                }
            }
            Value::Integer(digits, span) => {
                (self.name, self.name_span) = (digits, span);
                self.recognition = Recognition::Integer;
            }
            _ => self.recognition = Recognition::Untagged,
        }
    }

    /// Takes a tag of its own. One that is the name is none.
    fn take_tag(&mut self, value: Value, errors: &mut Errors) {
        if matches!(self.recognition, Recognition::Integer) {
            let text = "beside a `tag`, `name` is what reports call the message: write a string, or remove it";
            errors.push(self.name_span, text);
        }
        let (tag, integer) = match value {
            Value::Text(value) => {
                self.tag_span = Some(value.span());
                (wire_name(&value, "tag", errors), false)
            }
            Value::Integer(digits, span) => {
                self.tag_span = Some(span);
                (Some(digits), true)
            }
            _ => return,
        };
        let Some(tag) = tag else { return };
        self.recognition = match (tag == self.name, integer) {
            (true, true) => Recognition::Integer,
            (true, false) => Recognition::Name,
            (false, true) => Recognition::IntegerTag(tag),
            (false, false) => Recognition::Tag(tag),
        };
    }
}

/// The end of methods' names for a variant: `order_update` for `OrderUpdate`.
fn method_of(variant: &str) -> String {
    let method = variant.to_snake_case();
    // What a variant begins with to be an identifier, so does the method.
    if method.starts_with(|first: char| first.is_numeric()) { format!("_{method}") } else { method }
}

pub(crate) fn refuse_serde(attrs: &[Attribute], errors: &mut Errors) {
    for attr in attrs.iter().filter(|attr| attr.path().is_ident("serde")) {
        errors.push_at(
            attr,
            "the contract owns the wire names: use `#[message(name = \"…\")]` on a variant or \
             `#[contract(rename_all = \"…\")]` on the enum instead of `#[serde(…)]`",
        );
    }
}

impl From {
    fn of(value: &LitStr, errors: &mut Errors) -> Option<Self> {
        match &*value.value() {
            "client" => Some(Self::Client),
            "server" => Some(Self::Server),
            "both" => Some(Self::Both),
            other => {
                let text = format!(
                    "`{other}` is not a side: `from` is \"client\", \"server\" or \"both\" (the default)"
                );
                errors.push(value.span(), text);
                None
            }
        }
    }
}

/// A name, or what `what` says.
pub(crate) fn wire_name(value: &LitStr, what: &str, errors: &mut Errors) -> Option<String> {
    let name = value.value();
    if name.is_empty() {
        errors.push(value.span(), format!("a {what} can't be empty"));
    } else if name.chars().any(char::is_control) {
        let text = format!("a {what} can't have control characters: use letters, digits and `-`");
        errors.push(value.span(), text);
    } else {
        return Some(name);
    }
    None
}

fn method(value: &LitStr, errors: &mut Errors) -> Option<String> {
    let name = value.value();
    if is_identifier(&name) && !name.chars().any(char::is_uppercase) {
        return Some(name);
    }
    let text = format!(
        "\"{name}\" can't be the end of a method's name: use lower-case letters, digits and `_`, as in \
         `method = \"order_update\"` for `send_order_update`"
    );
    errors.push(value.span(), text);
    None
}

/// Whether this can end an identifier, and be one: keywords can, as `r#…`.
fn is_identifier(name: &str) -> bool {
    let begins = name.starts_with(|first: char| first.is_alphabetic() || first == '_');
    // What else an identifier consists of, rustc's grammar knows.
    begins && !name.contains('#') && syn::parse_str::<Ident>(&format!("_{name}")).is_ok()
}
