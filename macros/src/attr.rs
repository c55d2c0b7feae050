//! `#[contract(…)]` and `#[message(…)]`: lists of `key = "value"` and of flags.

use proc_macro2::{Span, TokenStream};
use syn::{
    Attribute, Expr, ExprLit, ExprPath, Ident, Lit, LitStr, Path, Token, Type, ext::IdentExt,
    parse::ParseStream, spanned::Spanned,
};

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

/// What a key may be followed by.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `key = "text"`.
    Text,
    /// `key = "::a::path"`, or the path without quotes: a macro's `$crate` is no text.
    Path,
    /// `key = Type`, without quotes.
    Type,
    /// The key alone.
    Flag,
}

/// A key with its value.
pub(crate) struct Setting {
    pub(crate) key: Ident,
    pub(crate) value: Value,
}

pub(crate) enum Value {
    Text(LitStr),
    Path(Path),
    Type(Type),
    Flag,
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
}

impl Pair {
    fn parse(input: ParseStream<'_>, known: &[(&str, Kind)]) -> syn::Result<Self> {
        // `crate` is a keyword and a key.
        let key = input.call(Ident::parse_any)?;
        if input.parse::<Option<Token![=]>>()?.is_none() {
            return Ok(Self { key, value: None });
        }
        let kind = known.iter().find(|(known, _)| key.unraw() == known).map(|(_, kind)| *kind);
        // A key that is misspelt may have a type.
        let is_type = match kind {
            Some(kind) => kind == Kind::Type && !input.peek(Lit),
            None => input.fork().parse::<Expr>().is_err(),
        };
        let value = if is_type { Given::Type(input.parse()?) } else { Given::Expr(input.parse()?) };
        Ok(Self { key, value: Some(value) })
    }

    /// `key = value, flag`.
    fn list(input: ParseStream<'_>, known: &[(&str, Kind)]) -> syn::Result<Vec<Self>> {
        let mut pairs = Vec::new();
        while !input.is_empty() {
            pairs.push(Self::parse(input, known)?);
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(pairs)
    }
}

/// The settings in an item's attributes called `name`, of which `known` are the possible keys.
pub(crate) fn settings(
    attrs: &[Attribute],
    name: &str,
    known: &[(&str, Kind)],
    errors: &mut Errors,
) -> Vec<Setting> {
    let mut settings: Vec<Setting> = Vec::new();
    for attr in attrs.iter().filter(|attr| attr.path().is_ident(name)) {
        let pairs = match attr.parse_args_with(|input: ParseStream<'_>| Pair::list(input, known)) {
            Ok(pairs) => pairs,
            Err(error) => {
                let example = known.first().map(|(key, _)| *key).unwrap_or_default();
                errors.push(error.span(), format!("{error}; write `#[{name}({example} = \"…\")]`"));
                continue;
            }
        };
        for Pair { key, value } in pairs {
            let text = key.unraw().to_string();
            let Some((_, kind)) = known.iter().find(|(known, _)| *known == text) else {
                errors.push(key.span(), unknown(name, &text, known));
                continue;
            };
            if settings.iter().any(|setting| setting.key == key) {
                errors.push(key.span(), format!("`{text}` is given twice: keep one"));
            } else if let Some(value) = value_of(&key, *kind, value, errors) {
                settings.push(Setting { key, value });
            }
        }
    }
    settings
}

fn value_of(key: &Ident, kind: Kind, value: Option<Given>, errors: &mut Errors) -> Option<Value> {
    let text = key.unraw();
    let value = match value {
        Some(Given::Type(ty)) => return Some(Value::Type(ty)),
        Some(Given::Expr(value)) => Some(ungrouped(value)),
        None => None,
    };
    match (kind, value) {
        (Kind::Type, value) => {
            let span = value.map_or_else(|| key.span(), |value| value.span());
            errors.push(span, format!("`{text}` is a type, without quotes: `{text} = Type`"));
        }
        (Kind::Flag, None) => return Some(Value::Flag),
        (Kind::Flag, Some(value)) => {
            errors.push(value.span(), format!("`{text}` takes no value: write `{text}` alone"));
        }
        (Kind::Text | Kind::Path, Some(Expr::Lit(ExprLit { lit: Lit::Str(value), .. }))) => {
            return Some(Value::Text(value));
        }
        (Kind::Path, Some(Expr::Path(ExprPath { qself: None, path, .. }))) => {
            return Some(Value::Path(path));
        }
        (_, Some(other)) => {
            errors.push(other.span(), format!("expected a string: `{text} = \"…\"`"));
        }
        (_, None) => errors.push(key.span(), format!("`{text}` needs a value: `{text} = \"…\"`")),
    }
    None
}

/// What a macro's `$value:literal` stands for.
pub(crate) fn ungrouped(mut value: Expr) -> Expr {
    while let Expr::Group(group) = value {
        value = *group.expr;
    }
    value
}

fn unknown(name: &str, key: &str, known: &[(&str, Kind)]) -> String {
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
