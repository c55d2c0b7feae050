//! `#[contract(…)]` and `#[message(…)]`: lists of `key = "value"`, of flags, and of such lists.

use proc_macro2::{Span, TokenStream};
use syn::{
    Attribute, Expr, ExprLit, ExprPath, ExprUnary, Ident, Lit, LitStr, Path, Token, Type, UnOp,
    ext::IdentExt, parse::ParseStream, spanned::Spanned, token,
};

use crate::keys::{CONTRACT_KEYS, Keys, Kind, MESSAGE_KEYS};

/// All errors of an enum, to be reported at once.
#[derive(Default)]
pub(crate) struct Errors(Vec<syn::Error>);

impl Errors {
    pub(crate) fn push(&mut self, span: Span, message: impl std::fmt::Display) {
        self.0.push(syn::Error::new(span, message));
    }

    pub(crate) fn push_at(
        &mut self,
        tokens: impl quote::ToTokens,
        message: impl std::fmt::Display,
    ) {
        self.0.push(syn::Error::new_spanned(tokens, message));
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn into_compile_errors(self) -> TokenStream {
        self.0.into_iter().map(syn::Error::into_compile_error).collect()
    }
}

/// A key with its value.
pub(crate) struct Setting {
    pub(crate) key: Ident,
    pub(crate) value: Value,
}

pub(crate) enum Value {
    Text(LitStr),
    /// Its decimal digits.
    Integer(String, Span),
    False,
    Path(Path),
    Type(Type),
    Flag,
    List(Vec<Setting>),
    Members(Vec<Member>),
}

/// A member of an object, with a value that is known.
pub(crate) struct Member {
    pub(crate) key: LitStr,
    /// The value as JSON.
    pub(crate) json: String,
}

/// `key = value`, where nothing is known of the value yet.
struct Pair {
    key: Ident,
    value: Option<Given>,
}

/// A value as it was written: what a type is, is no expression, and the other way round.
enum Given {
    Expr(Expr),
    Type(Type),
    List(Vec<Pair>),
    Members(Vec<(LitStr, Expr)>),
}

impl Pair {
    fn parse(input: ParseStream<'_>, known: &[(&str, Kind)]) -> syn::Result<Self> {
        // `crate` is a keyword and a key.
        let key = input.call(Ident::parse_any)?;
        let kind = known.iter().find(|(known, _)| key.unraw() == known).map(|(_, kind)| *kind);
        if input.peek(token::Paren) {
            let content;
            syn::parenthesized!(content in input);
            let value = if kind == Some(Kind::Members) {
                Given::Members(list(&content, member)?)
            } else if let Some(keys) = kind.and_then(Kind::list) {
                Given::List(list(&content, |input| Self::parse(input, keys))?)
            } else {
                // It is refused, whatever stands in it.
                content.parse::<TokenStream>()?;
                Given::List(Vec::new())
            };
            return Ok(Self { key, value: Some(value) });
        }
        if input.parse::<Option<Token![=]>>()?.is_none() {
            return Ok(Self { key, value: None });
        }
        // A key that is misspelt may have a type.
        let is_type = match kind {
            Some(kind) => kind == Kind::Type && !input.peek(Lit),
            None => input.fork().parse::<Expr>().is_err(),
        };
        let value = if is_type { Given::Type(input.parse()?) } else { Given::Expr(input.parse()?) };
        Ok(Self { key, value: Some(value) })
    }
}

/// What is separated by commas.
fn list<T>(
    input: ParseStream<'_>,
    parse: impl Fn(ParseStream<'_>) -> syn::Result<T>,
) -> syn::Result<Vec<T>> {
    let mut items = Vec::new();
    while !input.is_empty() {
        items.push(parse(input)?);
        if !input.is_empty() {
            input.parse::<Token![,]>()?;
        }
    }
    Ok(items)
}

/// `key = value`, where the key is anybody's: an identifier or a string.
fn member(input: ParseStream<'_>) -> syn::Result<(LitStr, Expr)> {
    let key = if input.peek(LitStr) {
        input.parse()?
    } else {
        let key = input.call(Ident::parse_any)?;
        LitStr::new(&key.unraw().to_string(), key.span())
    };
    input.parse::<Token![=]>()?;
    Ok((key, input.parse()?))
}

/// The settings in an item's attributes called `name`, of which `known` are the possible keys.
pub(crate) fn settings(
    attrs: &[Attribute],
    name: &str,
    known: Keys,
    errors: &mut Errors,
) -> Vec<Setting> {
    let mut settings: Vec<Setting> = Vec::new();
    for attr in attrs.iter().filter(|attr| attr.path().is_ident(name)) {
        let parse = |input: ParseStream<'_>| list(input, |input| Pair::parse(input, known));
        match attr.parse_args_with(parse) {
            Ok(pairs) => add(&mut settings, pairs, name, known, errors),
            Err(error) => {
                let example = known.first().map(|(key, _)| *key).unwrap_or_default();
                errors.push(error.span(), format!("{error}; write `#[{name}({example} = \"…\")]`"));
            }
        }
    }
    settings
}

/// Adds the settings of the list `name`.
fn add(
    settings: &mut Vec<Setting>,
    pairs: Vec<Pair>,
    name: &str,
    known: Keys,
    errors: &mut Errors,
) {
    for Pair { key, value } in pairs {
        let text = key.unraw().to_string();
        let Some((_, kind)) = known.iter().find(|(known, _)| *known == text) else {
            errors.push(key.span(), unknown(name, &text, known));
            continue;
        };
        let is_list = matches!(value, Some(Given::List(_)));
        let is_same =
            |other: &Setting| other.key == key && matches!(other.value, Value::List(_)) == is_list;
        if settings.iter().any(is_same) {
            errors.push(key.span(), format!("`{text}` is given twice: keep one"));
        } else if let Some(value) = value_of(&key, *kind, value, errors) {
            settings.push(Setting { key, value });
        }
    }
}

fn value_of(key: &Ident, kind: Kind, value: Option<Given>, errors: &mut Errors) -> Option<Value> {
    let text = key.unraw().to_string();
    let value = match value {
        Some(Given::Type(ty)) => return Some(Value::Type(ty)),
        Some(Given::Members(members)) => return Some(Value::Members(json(members, errors))),
        Some(Given::List(pairs)) => return list_of(key, kind, pairs, errors).map(Value::List),
        Some(Given::Expr(value)) => Some(ungrouped(value)),
        None => None,
    };
    match (kind, value) {
        (Kind::Type, value) => {
            let span = value.map_or_else(|| key.span(), |value| value.span());
            errors.push(span, format!("`{text}` is a type, without quotes: `{text} = Type`"));
        }
        (Kind::Flag | Kind::FlagOrList(_), None) => return Some(Value::Flag),
        (Kind::Flag | Kind::FlagOrList(_), Some(value)) => {
            errors.push(value.span(), format!("`{text}` takes no value: write `{text}` alone"));
        }
        (Kind::Members, value) => {
            let span = value.map_or_else(|| key.span(), |value| value.span());
            errors.push(span, format!("expected {}", kind.example(&text)));
        }
        (_, Some(Expr::Lit(ExprLit { lit: Lit::Str(value), .. }))) => {
            return Some(Value::Text(value));
        }
        (Kind::Path, Some(Expr::Path(ExprPath { qself: None, path, .. }))) => {
            return Some(Value::Path(path));
        }
        (Kind::TextOrFalse, Some(Expr::Lit(ExprLit { lit: Lit::Bool(value), .. })))
            if !value.value =>
        {
            return Some(Value::False);
        }
        (Kind::TextOrInteger, Some(value)) => match integer(&value) {
            Some(Ok(digits)) => return Some(Value::Integer(digits, value.span())),
            Some(Err(why)) => errors.push(value.span(), why),
            None => errors.push(value.span(), format!("expected {}", kind.example(&text))),
        },
        (_, Some(other)) => {
            errors.push(other.span(), format!("expected {}", kind.example(&text)));
        }
        (_, None) => errors.push(key.span(), format!("`{text}` needs a value: `{text} = \"…\"`")),
    }
    None
}

fn list_of(key: &Ident, kind: Kind, pairs: Vec<Pair>, errors: &mut Errors) -> Option<Vec<Setting>> {
    let name = key.unraw().to_string();
    let Some(known) = kind.list() else {
        let instead = match kind {
            Kind::Flag => format!("write `{name}` alone"),
            Kind::Type => format!("write `{name} = Type`"),
            _ => format!("write `{name} = \"…\"`"),
        };
        errors.push(key.span(), format!("`{name}` takes no list: {instead}"));
        return None;
    };
    let mut settings = Vec::new();
    add(&mut settings, pairs, &name, known, errors);
    Some(settings)
}

/// The integer that an expression is, in decimal digits; an error for one that isn't exact in JavaScript.
fn integer(value: &Expr) -> Option<Result<String, &'static str>> {
    const EXACT: u64 = 1 << 53;
    let (is_negative, value) = match value {
        Expr::Unary(ExprUnary { op: UnOp::Neg(_), expr, .. }) => (true, &**expr),
        value => (false, value),
    };
    let Expr::Lit(ExprLit { lit: Lit::Int(value), .. }) = value else { return None };
    if !value.suffix().is_empty() {
        return Some(Err("write the integer without suffix, such as `10`"));
    }
    Some(match value.base10_parse::<u64>() {
        Ok(0) => Ok("0".to_owned()),
        Ok(number) if number < EXACT => {
            Ok(format!("{}{number}", if is_negative { "-" } else { "" }))
        }
        _ => Err("this integer isn't exact in JavaScript: it must be below 2^53"),
    })
}

/// The members with their values as JSON.
fn json(members: Vec<(LitStr, Expr)>, errors: &mut Errors) -> Vec<Member> {
    let mut known = Vec::new();
    for (key, value) in members {
        let value = ungrouped(value);
        let json = match &value {
            Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(Ok(quoted(&text.value()))),
            Expr::Lit(ExprLit { lit: Lit::Bool(value), .. }) => Some(Ok(value.value.to_string())),
            other => integer(other),
        };
        match json {
            Some(Ok(json)) => known.push(Member { key, json }),
            Some(Err(why)) => errors.push(value.span(), why),
            None => {
                let text = "the value of a constant is a string, an integer, `true` or `false`";
                errors.push(value.span(), text);
            }
        }
    }
    known
}

/// Text as JSON, with its quotation marks.
pub(crate) fn quoted(text: &str) -> String {
    let mut json = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' | '\\' => json.extend(['\\', letter]),
            control if control < ' ' => {
                json.extend(format!("\\u{:04x}", u32::from(control)).chars());
            }
            other => json.push(other),
        }
    }
    json.push('"');
    json
}

/// What a macro's `$value:literal` stands for.
pub(crate) fn ungrouped(mut value: Expr) -> Expr {
    while let Expr::Group(group) = value {
        value = *group.expr;
    }
    value
}

fn unknown(name: &str, key: &str, known: &[(&str, Kind)]) -> String {
    let is_one_of = |keys: Keys| keys.iter().any(|(known, _)| *known == key);
    let elsewhere = match name {
        "contract" if is_one_of(MESSAGE_KEYS) => "it is one of `#[message(…)]`, on a variant",
        "message" if is_one_of(CONTRACT_KEYS) => "it is one of `#[contract(…)]`, on the enum",
        "client" | "server" if is_one_of(CONTRACT_KEYS) => {
            "it is said of both sides, beside `client(…)` and `server(…)`"
        }
        _ => "",
    };
    if !elsewhere.is_empty() {
        return format!("`{name}` has no key `{key}`: {elsewhere}");
    }
    let known: Vec<_> = known.iter().map(|(key, _)| *key).collect();
    let list = known.join("`, `");
    let nearest = known
        .iter()
        .map(|known| (strsim::damerau_levenshtein(known, key), known))
        .min()
        .filter(|&(distance, _)| distance <= 3);
    match nearest {
        Some((_, nearest)) => {
            format!("`{name}` has no key `{key}`: did you mean `{nearest}`? (there are `{list}`)")
        }
        None => format!("`{name}` has no key `{key}`: there are `{list}`"),
    }
}
