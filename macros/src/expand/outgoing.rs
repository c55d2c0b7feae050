//! Which payload types `send` takes.

use std::collections::HashMap;

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::Type;

use super::{at, encode, place, scoped};
use crate::{
    message::Message,
    model::Contract,
    payload::{bare, is_text},
};

/// The messages that carry one type, by how the type is written. (One that is written in two ways
/// meets itself again in the compiler, whose error is then less to the point.)
struct Carriers<'a> {
    ty: &'a Type,
    messages: Vec<(usize, &'a Message)>,
}

impl<'a> Carriers<'a> {
    /// All payload types of a contract.
    fn of(contract: &'a Contract) -> Vec<Self> {
        let mut places = HashMap::new();
        let mut all: Vec<Self> = Vec::new();
        for (index, message) in contract.messages.iter().enumerate() {
            let Some(ty) = &message.payload else { continue };
            let written = bare(ty).to_token_stream().to_string();
            let place = *places.entry(written).or_insert(all.len());
            if place == all.len() {
                all.push(Self { ty, messages: Vec::new() });
            }
            all[place].messages.push((index, message));
        }
        all
    }

    /// Those that the client sends.
    fn sent(&self) -> impl Iterator<Item = (usize, &'a Message)> {
        self.messages.iter().copied().filter(|(_, message)| message.client_sends())
    }

    /// Whether `send` can't know which message is meant.
    fn is_shared(&self) -> bool {
        self.sent().count() > 1
    }

    /// What never holds, for a type that can't be sent.
    ///
    /// Such a type has an implementation only so that the error says why it can't be sent.
    fn bound(&self, methods: &[Ident]) -> Option<TokenStream> {
        let ty = self.ty;
        match self.sent().count() {
            0 => Some(quote!(__client::MaySend<#ty>)),
            1 => None,
            _ => Some(quote!(__client::Unshared<#ty, (#(#methods,)*)>)),
        }
    }
}

/// An implementation for each payload type that one message carries; they stand beside the client's
/// methods.
pub(super) fn alone(contract: &Contract) -> TokenStream {
    let carriers = Carriers::of(contract);
    let alone = carriers.iter().filter(|carriers| !carriers.is_shared());
    alone.map(|carriers| implementation(carriers, contract, &[])).collect()
}

/// An implementation for each payload type that several messages carry, with types whose names are those
/// of the methods: the compiler prints them.
pub(super) fn shared(contract: &Contract) -> TokenStream {
    let carriers = Carriers::of(contract);
    let shared = carriers.iter().filter(|carriers| carriers.is_shared()).map(|carriers| {
        let methods = carriers.sent().map(|(_, message)| format_ident!("send_{}", message.method));
        let methods: Vec<_> = methods.collect();
        let implementation = implementation(carriers, contract, &methods);
        let items = quote! {
            #(#[allow(dead_code, non_camel_case_types)] enum #methods {})*
            #implementation
        };
        scoped(contract, Some("client"), &items)
    });
    shared.collect()
}

fn implementation(carriers: &Carriers<'_>, contract: &Contract, methods: &[Ident]) -> TokenStream {
    let (ident, ty) = (&contract.ident, carriers.ty);
    let Some((index, message)) = carriers.sent().next().or(carriers.messages.first().copied())
    else {
        return TokenStream::new();
    };
    let (span, place) = (at(&message.ident), place(index));
    let bound = carriers.bound(methods);
    // Text that stands for a `String`, by the same rules.
    let text = is_text(ty).then(|| {
        let bound = if let Some(bound) = &bound {
            quote!(__client::ClientSide<'__n>: #bound)
        } else {
            quote!(__client::Text<'__n>: __client::TextOf<#ty>)
        };
        quote_spanned! {span=>
            #[automatically_derived]
            #[allow(deprecated)]
            impl<'__n> __client::Outgoing<#ident, __client::At<#place>> for ::core::primitive::str
            where
                #bound,
            {
                const INDEX: ::core::primitive::usize = #place;
                const ENCODE: __client::Encode<Self> = __client::encode_text;
            }
        }
    });
    // The lifetime defers the bound to the call.
    let lifetime = bound.as_ref().map(|_| quote!(<'__n>));
    let never = bound.map(|bound| quote!(where __client::ClientSide<'__n>: #bound));
    let encode = encode(ty);
    quote_spanned! {span=>
        #[automatically_derived]
        #[allow(deprecated)]
        impl #lifetime __client::Outgoing<#ident, __client::At<#place>> for #ty #never {
            const INDEX: ::core::primitive::usize = #place;
            const ENCODE: __client::Encode<Self> = #encode;
        }
        #text
    }
}
