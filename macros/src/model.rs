//! The enum as a contract: what every later stage works from. Syntax nodes stay for their spans.

use heck::ToSnakeCase;
use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote};
use syn::{
    Attribute, Data, DeriveInput, Ident, LitStr, Path, Type, Variant, Visibility, ext::IdentExt,
};

use crate::{
    attr::{Errors, Kind, Setting, Value, settings},
    call::{Call, CallSettings},
    case::Case,
    docs::Docs,
    facade::{self, Facade},
    payload::{answer, payload},
};

pub(crate) struct Contract {
    pub(crate) ident: Ident,
    pub(crate) vis: Visibility,
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) docs: Docs,
    pub(crate) client: Ident,
    pub(crate) handler: Ident,
    /// Whether the server's side is generated, too.
    pub(crate) server: bool,
    /// The path of the facade.
    pub(crate) root: TokenStream,
    pub(crate) messages: Vec<Message>,
    /// What can be made of the item.
    pub(crate) status: Status,
}

/// What an item turned out to be.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    /// A contract: an enum without generics.
    Valid,
    /// No contract.
    NoContract,
    /// A contract, but no path to wirebond is known.
    NoFacade,
}

pub(crate) struct Message {
    pub(crate) ident: Ident,
    pub(crate) payload: Option<Type>,
    pub(crate) from: From,
    /// The wire name, and where it was written.
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

    /// The wire name as JSON, with its quotation marks.
    pub(crate) fn json_name(&self) -> String {
        // Control characters are refused, so these two are all that JSON escapes.
        let escaped = self.name.replace('\\', "\\\\").replace('"', "\\\"");
        format!("\"{escaped}\"")
    }
}

/// What `#[contract(server)]` generates: the server, its builder, a peer, many peers, the service.
pub(crate) fn server_types(contract: &Ident) -> [Ident; 5] {
    ["Server", "ServerBuilder", "Peer", "Target", "Service"]
        .map(|end| format_ident!("{}{end}", contract.unraw()))
}

const CONTRACT_KEYS: [(&str, Kind); 7] = [
    ("version", Kind::Text),
    ("name", Kind::Text),
    ("rename_all", Kind::Text),
    ("client", Kind::Text),
    ("handler", Kind::Text),
    ("crate", Kind::Path),
    ("server", Kind::Flag),
];
const MESSAGE_KEYS: [(&str, Kind); 8] = [
    ("from", Kind::Text),
    ("name", Kind::Text),
    ("method", Kind::Text),
    ("lenient", Kind::Flag),
    ("reply", Kind::Type),
    ("error", Kind::Type),
    ("idempotent", Kind::Flag),
    ("timeout", Kind::Text),
];

impl Contract {
    /// What can be understood; what can't is an error and left out.
    pub(crate) fn of(input: &DeriveInput, errors: &mut Errors) -> Self {
        let plain = input.ident.unraw();
        let mut contract = Self {
            ident: input.ident.clone(),
            vis: input.vis.clone(),
            name: plain.to_string(),
            version: "0.0.0".to_owned(),
            docs: Docs::of(&input.attrs),
            client: format_ident!("{plain}Client"),
            handler: format_ident!("{plain}Handler"),
            server: false,
            root: TokenStream::new(),
            messages: Vec::new(),
            status: Status::Valid,
        };
        refuse_serde(&input.attrs, errors);
        let case = contract.read_settings(&input.attrs, errors);
        if contract.root.is_empty() {
            contract.find_facade(errors);
        }
        if !input.generics.params.is_empty() || input.generics.where_clause.is_some() {
            contract.status = Status::NoContract;
            errors.push_at(
                &input.generics,
                "a contract has no generics or lifetimes: it is one fixed list of messages; \
                 put owned, concrete payload types into it",
            );
        }
        match &input.data {
            Data::Enum(data) if data.variants.is_empty() => {
                let text =
                    "a contract needs at least one message: add a variant, such as `Chat(Chat)`";
                errors.push(input.ident.span(), text);
            }
            Data::Enum(data) => {
                let messages = data
                    .variants
                    .iter()
                    .filter_map(|variant| Message::of(variant, &input.ident, case, errors));
                contract.messages = messages.collect();
            }
            Data::Struct(data) => contract.refuse(data.struct_token.span, errors),
            Data::Union(data) => contract.refuse(data.union_token.span, errors),
        }
        contract
    }

    /// The facade's hidden module. It carries the version, so that a facade of another version, which the
    /// user's `crate = "…"` may name, is an error about exactly that.
    pub(crate) fn private(&self) -> TokenStream {
        let root = &self.root;
        let (major, minor) = (env!("CARGO_PKG_VERSION_MAJOR"), env!("CARGO_PKG_VERSION_MINOR"));
        let version = format_ident!("v{major}_{minor}");
        quote!(#root::__private::#version)
    }

    /// The hidden module of one side: `client` or `server`.
    pub(crate) fn runtime(&self, side: &str) -> TokenStream {
        let (private, side) = (self.private(), format_ident!("{side}"));
        quote!(#private::#side)
    }

    /// Reads `#[contract(…)]`, and returns the case of wire names.
    fn read_settings(&mut self, attrs: &[Attribute], errors: &mut Errors) -> Case {
        let mut case = Case::Kebab;
        let mut named = Vec::new();
        for Setting { key, value } in settings(attrs, "contract", &CONTRACT_KEYS, errors) {
            let value = match value {
                Value::Text(value) => value,
                Value::Path(path) => {
                    self.root = root(Some(path), key.span(), errors);
                    continue;
                }
                Value::Type(_) => continue,
                Value::Flag => {
                    self.server = true;
                    continue;
                }
            };
            match &*key.unraw().to_string() {
                "version" => self.version = version(&value, errors),
                "name" => {
                    if let Some(name) = wire_name(&value, errors) {
                        self.name = name;
                    }
                }
                "rename_all" => case = Case::of(&value, errors).unwrap_or(case),
                "client" | "handler" => {
                    named.extend(type_name(&key, &value, errors).map(|ident| (key, value, ident)));
                }
                _ => self.root = root(value.parse().ok(), value.span(), errors),
            }
        }
        self.name_types(named, errors);
        case
    }

    /// The names of the generated client and handler.
    fn name_types(&mut self, named: Vec<(Ident, LitStr, Ident)>, errors: &mut Errors) {
        for (key, value, ident) in named {
            let other = if key == "client" { &self.handler } else { &self.client };
            let (name, contract) = (ident.unraw(), self.ident.unraw());
            let is_servers = self.server && server_types(&contract).contains(&name);
            if name == contract || name == other.unraw() || is_servers {
                let text = format!("the name `{name}` is taken: choose another for the {key}");
                errors.push(value.span(), text);
            } else if key == "client" {
                self.client = ident;
            } else {
                self.handler = ident;
            }
        }
    }

    /// Where wirebond is, if the user doesn't say so.
    fn find_facade(&mut self, errors: &mut Errors) {
        let name = match facade::find() {
            Facade::Plain => format_ident!("wirebond"),
            Facade::Renamed(name) => format_ident!("{name}"),
            Facade::Absent => {
                self.status = Status::NoFacade;
                let text = "this crate's Cargo.toml names no `wirebond`: add the dependency, or say \
                             which crate re-exports it with `#[contract(crate = \"::my_api::wirebond\")]`";
                errors.push(self.ident.span(), text);
                format_ident!("wirebond")
            }
        };
        self.root = quote!(::#name);
    }

    fn refuse(&mut self, span: Span, errors: &mut Errors) {
        self.status = Status::NoContract;
        let text = "a contract is an enum with one variant for each message: \
                     `enum App { Chat(Chat), Leave }`";
        errors.push(span, text);
    }
}

impl Message {
    fn of(variant: &Variant, contract: &Ident, case: Case, errors: &mut Errors) -> Option<Self> {
        refuse_serde(&variant.attrs, errors);
        let payload = payload(variant, contract, errors);
        let plain = variant.ident.unraw().to_string();
        let deprecated = variant.attrs.iter().find(|attr| attr.path().is_ident("deprecated"));
        let mut message = Self {
            ident: variant.ident.clone(),
            payload: None,
            from: From::Both,
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
        for Setting { key, value } in settings(&variant.attrs, "message", &MESSAGE_KEYS, errors) {
            match (&*key.unraw().to_string(), value) {
                ("from", Value::Text(value)) => {
                    let from = From::of(&value, errors);
                    // One that is wrong is one error.
                    has_direction = from != Some(From::Both);
                    message.from = from.unwrap_or(message.from);
                }
                ("name", Value::Text(value)) => {
                    message.name = wire_name(&value, errors).unwrap_or(message.name);
                    message.name_span = value.span();
                }
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
        message.call = call.finish(has_direction, errors);
        // Only now, so that the errors of its attributes are reported as well.
        message.payload = payload?;
        Some(message)
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

fn version(value: &LitStr, errors: &mut Errors) -> String {
    if let Err(error) = semver::Version::parse(&value.value()) {
        let text = format!("a version follows SemVer, such as \"1.2.0\" ({error}); see semver.org");
        errors.push(value.span(), text);
        return "0.0.0".to_owned();
    }
    value.value()
}

fn wire_name(value: &LitStr, errors: &mut Errors) -> Option<String> {
    let name = value.value();
    if name.is_empty() {
        errors.push(value.span(), "a name can't be empty");
    } else if name.chars().any(char::is_control) {
        errors.push(
            value.span(),
            "a name can't have control characters: use letters, digits and `-`",
        );
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

fn type_name(key: &Ident, value: &LitStr, errors: &mut Errors) -> Option<Ident> {
    let ident = value.parse::<Ident>().ok();
    if ident.is_none() {
        let example = if key == "client" { "ChatClient" } else { "ChatHandler" };
        let text = format!("expected the name of a type, such as `{key} = \"{example}\"`");
        errors.push(value.span(), text);
    }
    ident
}

/// Whether this can end an identifier, and be one: keywords can, as `r#…`.
fn is_identifier(name: &str) -> bool {
    let begins = name.starts_with(|first: char| first.is_alphabetic() || first == '_');
    // What else an identifier consists of, rustc's grammar knows.
    begins && !name.contains('#') && syn::parse_str::<Ident>(&format!("_{name}")).is_ok()
}

/// The facade's path as the user gives it, or its usual one after an error.
fn root(path: Option<Path>, span: Span, errors: &mut Errors) -> TokenStream {
    let is_absolute = |path: &&Path| {
        let begins = path.segments.first();
        path.leading_colon.is_some()
            || begins.is_some_and(|begin| begin.ident == "crate" || begin.ident == "$crate")
    };
    if let Some(path) = path.as_ref().filter(is_absolute) {
        return quote!(#path);
    }
    let path = path.map(|path| quote!(#path).to_string().replace(' ', ""));
    errors.push(
        span,
        format!(
            "the path of wirebond must be absolute: begin it with `::` (`crate = \"::{}\"`) or with \
             `crate`",
            path.as_deref().unwrap_or("wirebond")
        ),
    );
    quote!(::wirebond)
}
