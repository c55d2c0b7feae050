//! The enum as a contract: what every later stage works from. Syntax nodes stay for their spans.

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote};
use syn::{Attribute, Data, DeriveInput, Ident, LitStr, Path, Visibility, ext::IdentExt};

use crate::{
    attr::{Errors, Setting, Value, settings},
    case::Case,
    docs::Docs,
    facade::{self, Facade},
    form::{Form, FormSettings},
    history::History,
    keys::CONTRACT_KEYS,
    message::{Message, refuse_serde, wire_name},
};

pub(crate) struct Contract {
    pub(crate) ident: Ident,
    pub(crate) vis: Visibility,
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) docs: Docs,
    pub(crate) client: Ident,
    pub(crate) handler: Ident,
    /// The view of a connection that isn't open yet.
    pub(crate) opening: Ident,
    /// Whether the server's side is generated, too, and where it says so.
    pub(crate) server: Option<Span>,
    /// How the messages stand on the wire.
    pub(crate) form: Form,
    /// The older contracts that clients of the server may have.
    pub(crate) history: Option<History>,
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

/// What `#[contract(server)]` generates: the server, its builder, a peer, many peers, the service.
pub(crate) fn server_types(contract: &Ident) -> [Ident; 5] {
    ["Server", "ServerBuilder", "Peer", "Target", "Service"]
        .map(|end| format_ident!("{}{end}", contract.unraw()))
}

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
            opening: format_ident!("{plain}Opening"),
            server: None,
            form: FormSettings::default().finish(errors),
            history: None,
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
        let (mut named, mut history, mut form) = (Vec::new(), None, FormSettings::default());
        for setting in settings(attrs, "contract", CONTRACT_KEYS, errors) {
            let Some(Setting { key, value }) = form.take(setting) else { continue };
            let value = match value {
                Value::Text(value) => value,
                Value::Path(path) => {
                    self.root = root(Some(path), key.span(), errors);
                    continue;
                }
                // The one flag that isn't about the form.
                _ => {
                    self.server = Some(key.span());
                    continue;
                }
            };
            match &*key.unraw().to_string() {
                "version" => self.version = version(&value, errors),
                "name" => {
                    if let Some(name) = wire_name(&value, "name", errors) {
                        self.name = name;
                    }
                }
                "history" => history = Some(value),
                "rename_all" => case = Case::of(&value, errors).unwrap_or(case),
                "client" | "handler" | "opening" => {
                    named.extend(type_name(&key, &value, errors).map(|ident| (key, value, ident)));
                }
                _ => self.root = root(value.parse().ok(), value.span(), errors),
            }
        }
        self.form = form.finish(errors);
        self.name_types(named, errors);
        if let Some(folder) = history {
            self.history = History::of(&folder, errors);
            if self.server.is_none() {
                let text =
                    "`history` is what a server knows of its clients' contracts: add `server`";
                errors.push(folder.span(), text);
            }
        }
        case
    }

    /// The names of the generated client, handler and opening.
    fn name_types(&mut self, named: Vec<(Ident, LitStr, Ident)>, errors: &mut Errors) {
        for (key, value, ident) in named {
            let own = [
                ("client", &mut self.client),
                ("handler", &mut self.handler),
                ("opening", &mut self.opening),
            ];
            let (name, contract) = (ident.unraw(), self.ident.unraw());
            let is_servers = self.server.is_some() && server_types(&contract).contains(&name);
            let is_other = own.iter().any(|(other, taken)| key != *other && name == taken.unraw());
            if name == contract || is_other || is_servers {
                let text = format!("the name `{name}` is taken: choose another for the {key}");
                errors.push(value.span(), text);
            } else if let Some((_, own)) = own.into_iter().find(|(own, _)| key == *own) {
                *own = ident;
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

fn version(value: &LitStr, errors: &mut Errors) -> String {
    if let Err(error) = semver::Version::parse(&value.value()) {
        let text = format!("a version follows SemVer, such as \"1.2.0\" ({error}); see semver.org");
        errors.push(value.span(), text);
        return "0.0.0".to_owned();
    }
    value.value()
}

fn type_name(key: &Ident, value: &LitStr, errors: &mut Errors) -> Option<Ident> {
    let ident = value.parse::<Ident>().ok();
    if ident.is_none() {
        let example = match &*key.to_string() {
            "client" => "ChatClient",
            "handler" => "ChatHandler",
            _ => "ChatOpening",
        };
        let text = format!("expected the name of a type, such as `{key} = \"{example}\"`");
        errors.push(value.span(), text);
    }
    ident
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
