//! What a variant carries.

use proc_macro2::{Group, Ident, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::{Fields, Type, Variant, ext::IdentExt};

use crate::{attr::Errors, message::refuse_serde};

/// The one payload type of a variant, if it has one; `None` after an error. `contract` is what `Self`
/// means in it.
#[expect(clippy::option_option, reason = "the outer one is the error")]
pub(crate) fn payload(
    variant: &Variant,
    contract: &Ident,
    errors: &mut Errors,
) -> Option<Option<Type>> {
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
            if let Some(message) = refusal(&field.ty, &plain) {
                errors.push_at(&field.ty, message);
                return None;
            }
            Some(Some(without_self(&field.ty, contract)))
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

/// The type that an answer carries, `None` for `()`, which stands for no data; the outer `None` after an
/// error.
#[expect(clippy::option_option, reason = "the outer one is the error")]
pub(crate) fn answer(ty: &Type, contract: &Ident, errors: &mut Errors) -> Option<Option<Type>> {
    if matches!(bare(ty), Type::Tuple(tuple) if tuple.elems.is_empty()) {
        return Some(None);
    }
    if let Some(message) = refusal(ty, contract) {
        errors.push_at(ty, message);
        return None;
    }
    Some(Some(without_self(ty, contract)))
}

/// Why a type is no payload, where its syntax shows it.
fn refusal(ty: &Type, variant: &Ident) -> Option<String> {
    match bare(ty) {
        Type::Tuple(tuple) if tuple.elems.is_empty() => {
            Some(format!("`()` is no payload: a message without one is written `{variant}` alone"))
        }
        // Any other lifetime is the contract's own, and refused as such.
        Type::Reference(reference)
            if reference.lifetime.as_ref().is_none_or(|lifetime| lifetime.ident == "static") =>
        {
            let owned = match bare(&reference.elem) {
                Type::Slice(slice) => {
                    let item = &slice.elem;
                    quote!(Vec<#item>)
                }
                Type::Path(path) if path.path.is_ident("str") => quote!(String),
                other => quote!(#other),
            };
            let owned = owned.to_string().replace(' ', "");
            Some(format!(
                "a payload can't borrow, because it outlives the frame that it came in: write `{owned}`"
            ))
        }
        _ => None,
    }
}

/// Whether a payload is written as a `String`, so that text may stand for it. It may be another type of
/// that name: what is generated leaves that to the compiler.
pub(crate) fn is_text(ty: &Type) -> bool {
    let Type::Path(path) = bare(ty) else { return false };
    let last = path.path.segments.last();
    path.qself.is_none()
        && last.is_some_and(|last| last.ident == "String" && last.arguments.is_none())
}

/// What a macro's `$payload:ty`, or a pair of parentheses, stands for.
pub(crate) fn bare(mut ty: &Type) -> &Type {
    loop {
        ty = match ty {
            Type::Group(group) => &group.elem,
            Type::Paren(paren) => &paren.elem,
            _ => return ty,
        }
    }
}

/// The type with the contract's name for `Self`, which means something else in the client.
fn without_self(ty: &Type, contract: &Ident) -> Type {
    let mut replaced = false;
    let tokens = replace_self(ty.to_token_stream(), contract, &mut replaced);
    if replaced { Type::Verbatim(tokens) } else { ty.clone() }
}

fn replace_self(tokens: TokenStream, contract: &Ident, replaced: &mut bool) -> TokenStream {
    let tokens = tokens.into_iter().map(|token| match token {
        TokenTree::Ident(ident) if ident == "Self" => {
            *replaced = true;
            let mut named = contract.clone();
            named.set_span(ident.span());
            TokenTree::Ident(named)
        }
        TokenTree::Group(group) => {
            let inside = replace_self(group.stream(), contract, replaced);
            let mut renewed = Group::new(group.delimiter(), inside);
            renewed.set_span(group.span());
            TokenTree::Group(renewed)
        }
        other => other,
    });
    tokens.collect()
}
