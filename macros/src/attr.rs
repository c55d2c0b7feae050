//! `#[contract(…)]` and `#[message(…)]`: lists of `key = "value"`.

use proc_macro2::{Span, TokenStream};
use syn::{
    Attribute, Expr, ExprLit, Ident, Lit, LitStr, Token,
    ext::IdentExt,
    parse::{Parse, ParseStream},
    punctuated::Punctuated,
    spanned::Spanned,
};

/// All errors of an enum, to be reported at once.
#[derive(Default)]
pub(crate) struct Errors(Vec<syn::Error>);

impl Errors {
    pub(crate) fn push(&mut self, span: Span, words: impl std::fmt::Display) {
        self.0.push(syn::Error::new(span, words));
    }

    pub(crate) fn push_at(&mut self, tokens: impl quote::ToTokens, words: impl std::fmt::Display) {
        self.0.push(syn::Error::new_spanned(tokens, words));
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn into_compile_errors(self) -> TokenStream {
        self.0.into_iter().map(syn::Error::into_compile_error).collect()
    }
}

/// The value of a key, with both places.
pub(crate) struct Setting {
    pub(crate) key: Ident,
    pub(crate) value: LitStr,
}

/// `key = value`, where nothing is known of the value yet.
struct Pair {
    key: Ident,
    value: Option<Expr>,
}

impl Parse for Pair {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        // `crate` is a keyword and a key.
        let key = input.call(Ident::parse_any)?;
        let value =
            if input.parse::<Option<Token![=]>>()?.is_some() { Some(input.parse()?) } else { None };
        Ok(Self { key, value })
    }
}

/// The settings in an item's attributes called `name`, of which `known` are the possible keys.
pub(crate) fn settings(
    attrs: &[Attribute],
    name: &str,
    known: &[&str],
    errors: &mut Errors,
) -> Vec<Setting> {
    let mut settings: Vec<Setting> = Vec::new();
    for attr in attrs.iter().filter(|attr| attr.path().is_ident(name)) {
        let pairs = match attr.parse_args_with(Punctuated::<Pair, Token![,]>::parse_terminated) {
            Ok(pairs) => pairs,
            Err(error) => {
                let example = known.first().copied().unwrap_or_default();
                errors.push(error.span(), format!("{error}; write `#[{name}({example} = \"…\")]`"));
                continue;
            }
        };
        for Pair { key, value } in pairs {
            let text = key.unraw().to_string();
            if !known.contains(&&*text) {
                errors.push(key.span(), unknown(name, &text, known));
            } else if settings.iter().any(|setting| setting.key == key) {
                errors.push(key.span(), format!("`{text}` is given twice: keep one"));
            } else {
                match value.map(ungrouped) {
                    Some(Expr::Lit(ExprLit { lit: Lit::Str(value), .. })) => {
                        settings.push(Setting { key, value });
                    }
                    Some(other) => {
                        errors.push(other.span(), format!("a string is wanted: `{text} = \"…\"`"));
                    }
                    None => {
                        errors.push(key.span(), format!("a value is missing: `{text} = \"…\"`"));
                    }
                }
            }
        }
    }
    settings
}

/// What a macro's `$value:literal` stands for.
fn ungrouped(mut value: Expr) -> Expr {
    while let Expr::Group(group) = value {
        value = *group.expr;
    }
    value
}

fn unknown(name: &str, key: &str, known: &[&str]) -> String {
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

/// The text of the doc comments, as rustdoc reads it.
pub(crate) fn docs(attrs: &[Attribute]) -> String {
    let lines = attrs.iter().filter(|attr| attr.path().is_ident("doc")).filter_map(|attr| {
        let Expr::Lit(ExprLit { lit: Lit::Str(line), .. }) =
            &attr.meta.require_name_value().ok()?.value
        else {
            return None;
        };
        let line = line.value();
        Some(line.strip_prefix(' ').unwrap_or(&line).trim_end().to_owned())
    });
    lines.collect::<Vec<_>>().join("\n").trim().to_owned()
}

/// The attributes of one of these names.
pub(crate) fn called(attrs: &[Attribute], names: &[&str]) -> Vec<Attribute> {
    let is_called = |attr: &&Attribute| names.iter().any(|name| attr.path().is_ident(name));
    attrs.iter().filter(is_called).cloned().collect()
}
