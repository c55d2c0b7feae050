//! The enum as a contract: what every later stage works from. Syntax nodes stay for their spans.

use heck::{
    ToKebabCase, ToLowerCamelCase, ToShoutyKebabCase, ToShoutySnakeCase, ToSnakeCase,
    ToUpperCamelCase,
};
use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote};
use syn::{
    Attribute, Data, DeriveInput, Fields, Ident, LitStr, Path, Type, Variant, Visibility,
    ext::IdentExt,
};

use crate::attr::{Errors, Setting, called, docs, settings};

pub(crate) struct Contract {
    pub(crate) ident: Ident,
    pub(crate) vis: Visibility,
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) description: String,
    pub(crate) client: Ident,
    /// The path of the facade.
    pub(crate) root: TokenStream,
    pub(crate) messages: Vec<Message>,
    /// Whether the item can be a contract at all: an enum without generics.
    pub(crate) is_possible: bool,
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
    pub(crate) description: String,
    /// `#[cfg]`, which decides whether there is anything at all.
    pub(crate) cfg: Vec<Attribute>,
    /// `#[doc]` and `#[deprecated]`, which methods carry too.
    pub(crate) told: Vec<Attribute>,
    pub(crate) deprecated: bool,
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

    /// The envelope's start as JSON: `{"type":"chat"`.
    pub(crate) fn head(&self) -> String {
        // Control characters are refused, so these two are all that JSON escapes.
        let escaped = self.name.replace('\\', "\\\\").replace('"', "\\\"");
        format!("{{\"type\":\"{escaped}\"")
    }
}

const CONTRACT_KEYS: [&str; 5] = ["version", "name", "rename_all", "client", "crate"];
const MESSAGE_KEYS: [&str; 3] = ["from", "name", "method"];

impl Contract {
    /// What can be understood; what can't is an error and left out.
    pub(crate) fn of(input: &DeriveInput, errors: &mut Errors) -> Self {
        let mut contract = Self {
            ident: input.ident.clone(),
            vis: input.vis.clone(),
            name: input.ident.unraw().to_string(),
            version: "0.0.0".to_owned(),
            description: docs(&input.attrs),
            client: format_ident!("{}Client", input.ident.unraw()),
            root: quote!(::wirebond),
            messages: Vec::new(),
            is_possible: true,
        };
        refuse_serde(&input.attrs, errors);
        let mut case = Case::Kebab;
        for Setting { key, value } in settings(&input.attrs, "contract", &CONTRACT_KEYS, errors) {
            match &*key.unraw().to_string() {
                "version" => contract.version = version(&value, errors),
                "name" => contract.name = wire_name(&value, errors).unwrap_or(contract.name),
                "rename_all" => case = Case::of(&value, errors).unwrap_or(case),
                "client" => {
                    let named = client(&value, &input.ident, errors);
                    contract.client = named.unwrap_or(contract.client);
                }
                _ => contract.root = root(&value, errors).unwrap_or(contract.root),
            }
        }
        if !input.generics.params.is_empty() || input.generics.where_clause.is_some() {
            contract.is_possible = false;
            errors.push_at(
                &input.generics,
                "a contract has no generics or lifetimes: it is one fixed list of messages; \
                 put owned, concrete payload types into it",
            );
        }
        match &input.data {
            Data::Enum(data) if data.variants.is_empty() => {
                let words =
                    "a contract needs at least one message: add a variant, such as `Chat(Chat)`";
                errors.push(input.ident.span(), words);
            }
            Data::Enum(data) => {
                let messages = data.variants.iter().filter_map(|v| Message::of(v, case, errors));
                contract.messages = messages.collect();
            }
            Data::Struct(data) => contract.refuse(data.struct_token.span, errors),
            Data::Union(data) => contract.refuse(data.union_token.span, errors),
        }
        contract
    }

    fn refuse(&mut self, span: Span, errors: &mut Errors) {
        self.is_possible = false;
        let words = "a contract is an enum with one variant for each message: \
                     `enum App { Chat(Chat), Leave }`";
        errors.push(span, words);
    }
}

impl Message {
    fn of(variant: &Variant, case: Case, errors: &mut Errors) -> Option<Self> {
        refuse_serde(&variant.attrs, errors);
        let payload = payload(variant, errors);
        let plain = variant.ident.unraw().to_string();
        let mut message = Self {
            ident: variant.ident.clone(),
            payload: None,
            from: From::Both,
            name: case.apply(&plain),
            name_span: variant.ident.span(),
            method: plain.to_snake_case(),
            method_span: variant.ident.span(),
            description: docs(&variant.attrs),
            cfg: called(&variant.attrs, &["cfg"]),
            told: called(&variant.attrs, &["doc", "deprecated"]),
            deprecated: variant.attrs.iter().any(|attr| attr.path().is_ident("deprecated")),
        };
        for Setting { key, value } in settings(&variant.attrs, "message", &MESSAGE_KEYS, errors) {
            match &*key.unraw().to_string() {
                "from" => message.from = From::of(&value, errors).unwrap_or(message.from),
                "name" => {
                    message.name = wire_name(&value, errors).unwrap_or(message.name);
                    message.name_span = value.span();
                }
                _ => {
                    message.method = method(&value, errors).unwrap_or(message.method);
                    message.method_span = value.span();
                }
            }
        }
        // Only now, so that the errors of its attributes are told as well.
        message.payload = payload?;
        Some(message)
    }
}

/// The one payload type of a variant, if it has one; `None` after an error.
#[expect(clippy::option_option, reason = "the outer one is the error")]
fn payload(variant: &Variant, errors: &mut Errors) -> Option<Option<Type>> {
    let name = &variant.ident;
    let plain = name.unraw();
    match &variant.fields {
        Fields::Unit => Some(None),
        Fields::Unnamed(fields) if fields.unnamed.is_empty() => {
            errors.push_at(fields, format!("a message without payload is written `{plain}` alone"));
            None
        }
        Fields::Unnamed(fields) if fields.unnamed.len() == 1 => {
            let field = &fields.unnamed[0];
            refuse_serde(&field.attrs, errors);
            if matches!(&field.ty, Type::Tuple(tuple) if tuple.elems.is_empty()) {
                errors.push_at(
                    &field.ty,
                    format!("`()` is no payload: a message without one is written `{plain}` alone"),
                );
                return None;
            }
            // Any other lifetime is the contract's own, and refused as such.
            if let Type::Reference(reference) = &field.ty
                && reference.lifetime.as_ref().is_none_or(|lifetime| lifetime.ident == "static")
            {
                let owned = match &*reference.elem {
                    Type::Slice(slice) => {
                        let item = &slice.elem;
                        quote!(Vec<#item>)
                    }
                    Type::Path(path) if path.path.is_ident("str") => quote!(String),
                    other => quote!(#other),
                };
                let owned = owned.to_string().replace(' ', "");
                errors.push_at(
                    &field.ty,
                    format!(
                        "a payload owns what it holds, for it outlives its frame: write `{owned}`"
                    ),
                );
                return None;
            }
            Some(Some(field.ty.clone()))
        }
        Fields::Unnamed(fields) => {
            errors.push_at(
                fields,
                format!(
                    "a message has one payload: give these {} fields a type of their own, \
                     `struct {plain} {{ … }}`, and write `{plain}({plain})`",
                    fields.unnamed.len()
                ),
            );
            None
        }
        Fields::Named(fields) => {
            errors.push_at(
                fields,
                format!(
                    "give the payload a type of its own: `struct {plain} {{ … }}`, and write \
                     `{plain}({plain})`"
                ),
            );
            None
        }
    }
}

fn refuse_serde(attrs: &[Attribute], errors: &mut Errors) {
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
                let words = format!(
                    "`{other}` sends nothing: `from` is \"client\", \"server\" or \"both\" (the default)"
                );
                errors.push(value.span(), words);
                None
            }
        }
    }
}

fn version(value: &LitStr, errors: &mut Errors) -> String {
    if let Err(error) = semver::Version::parse(&value.value()) {
        let words = format!("a version is SemVer, such as \"1.2.0\" ({error}); see semver.org");
        errors.push(value.span(), words);
        return "0.0.0".to_owned();
    }
    value.value()
}

fn wire_name(value: &LitStr, errors: &mut Errors) -> Option<String> {
    let name = value.value();
    if name.is_empty() {
        errors.push(value.span(), "a name has at least one character");
    } else if name.chars().any(char::is_control) {
        errors.push(value.span(), "a name has no control characters: use letters, digits and `-`");
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
    let words = format!(
        "`{name}` can't end a method's name: use lower-case letters, digits and `_`, as in \
         `method = \"order_update\"` for `send_order_update`"
    );
    errors.push(value.span(), words);
    None
}

fn client(value: &LitStr, contract: &Ident, errors: &mut Errors) -> Option<Ident> {
    let Ok(ident) = value.parse::<Ident>() else {
        errors.push(value.span(), "a type's name is wanted, such as `client = \"ChatClient\"`");
        return None;
    };
    let name = ident.unraw().to_string();
    let contract = contract.unraw();
    if contract == *name || name == format!("{contract}Handler") {
        let words = format!("`{name}` has a meaning already: choose another name for the client");
        errors.push(value.span(), words);
        return None;
    }
    Some(ident)
}

/// Whether this can end an identifier, and be one: keywords can, as `r#…`.
fn is_identifier(name: &str) -> bool {
    let begins = name.starts_with(|first: char| first.is_alphabetic() || first == '_');
    // What else an identifier consists of, rustc's grammar knows.
    begins && !name.contains('#') && syn::parse_str::<Ident>(&format!("_{name}")).is_ok()
}

fn root(value: &LitStr, errors: &mut Errors) -> Option<TokenStream> {
    let path: Option<Path> = value.parse().ok();
    let absolute = path.filter(|path| {
        path.leading_colon.is_some() || path.segments.first().is_some_and(|s| s.ident == "crate")
    });
    if let Some(path) = absolute {
        return Some(quote!(#path));
    }
    errors.push(
        value.span(),
        format!(
            "the path of wirebond must not depend on the module it is used in: begin with `::` \
             (`crate = \"::{}\"`) or with `crate`",
            value.value().trim_start_matches(':')
        ),
    );
    None
}

/// How a variant's name becomes a wire name.
#[derive(Clone, Copy)]
enum Case {
    Lower,
    Upper,
    Pascal,
    Camel,
    Snake,
    ShoutySnake,
    Kebab,
    ShoutyKebab,
}

impl Case {
    const ALL: [(&'static str, Self); 8] = [
        ("kebab-case", Self::Kebab),
        ("snake_case", Self::Snake),
        ("camelCase", Self::Camel),
        ("PascalCase", Self::Pascal),
        ("lowercase", Self::Lower),
        ("UPPERCASE", Self::Upper),
        ("SCREAMING_SNAKE_CASE", Self::ShoutySnake),
        ("SCREAMING-KEBAB-CASE", Self::ShoutyKebab),
    ];

    fn of(value: &LitStr, errors: &mut Errors) -> Option<Self> {
        let wanted = value.value();
        let found = Self::ALL.iter().find(|(name, _)| *name == wanted);
        if found.is_none() {
            let names = Self::ALL.map(|(name, _)| name).join("\", \"");
            errors.push(value.span(), format!("`rename_all` is one of \"{names}\""));
        }
        found.map(|(_, case)| *case)
    }

    fn apply(self, name: &str) -> String {
        match self {
            Self::Lower => name.to_lowercase(),
            Self::Upper => name.to_uppercase(),
            Self::Pascal => name.to_upper_camel_case(),
            Self::Camel => name.to_lower_camel_case(),
            Self::Snake => name.to_snake_case(),
            Self::ShoutySnake => name.to_shouty_snake_case(),
            Self::Kebab => name.to_kebab_case(),
            Self::ShoutyKebab => name.to_shouty_kebab_case(),
        }
    }
}
