//! Which payload types `send` takes.

use std::collections::HashMap;

use proc_macro2::TokenStream;
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::Type;

use super::{at, encoded, place};
use crate::{
    model::{Contract, Message},
    payload::{bare, is_text},
};

/// The messages that carry one type, by how the type is written. (One that is written in two ways
/// meets itself again in the compiler, whose words are then less to the point.)
struct Carriers<'a> {
    ty: &'a Type,
    messages: Vec<(usize, &'a Message)>,
}

pub(super) fn outgoing(contract: &Contract) -> TokenStream {
    let mut places = HashMap::new();
    let mut all: Vec<Carriers<'_>> = Vec::new();
    for (index, message) in contract.messages.iter().enumerate() {
        let Some(ty) = &message.payload else { continue };
        let place = *places.entry(bare(ty).to_token_stream().to_string()).or_insert(all.len());
        if place == all.len() {
            all.push(Carriers { ty, messages: Vec::new() });
        }
        all[place].messages.push((index, message));
    }
    all.iter().map(|carriers| implementation(carriers, contract)).collect()
}

fn implementation(carriers: &Carriers<'_>, contract: &Contract) -> TokenStream {
    let Contract { ident, root, .. } = contract;
    let Carriers { ty, messages } = carriers;
    let runtime = quote!(#root::__private::client);
    let sent: Vec<_> = messages.iter().filter(|(_, message)| message.client_sends()).collect();
    let Some((index, message)) = sent.first().copied().or(messages.first()) else {
        return TokenStream::new();
    };
    let (span, place, name) = (at(&message.ident), place(*index), &message.name);
    let encoded = encoded(message, &quote_spanned!(span=> self), root);
    // Types that can't be sent are only recognised to say so: the bound never holds. The lifetime
    // defers it to the call.
    let (methods, bound) = match &*sent {
        [] => (Vec::new(), Some(quote!(#runtime::MaySend<#ty>))),
        [_] => (Vec::new(), None),
        several => {
            // Types whose names the compiler prints.
            let methods =
                several.iter().map(|(_, message)| format_ident!("send_{}", message.method));
            let methods: Vec<_> = methods.collect();
            let bound = quote!(#runtime::Unshared<#ty, (#(#methods,)*)>);
            (methods, Some(bound))
        }
    };
    // Text that stands for a `String`, by the same rules.
    let text = is_text(ty).then(|| {
        let bound = if let Some(bound) = &bound {
            quote!(#runtime::ClientSide<'__n>: #bound)
        } else {
            quote!(#runtime::Text<'__n>: #runtime::TextOf<#ty>)
        };
        let head = message.head();
        quote_spanned! {span=>
            #[allow(deprecated)]
            impl<'__n> #runtime::Outgoing<#ident, #runtime::At<#place>> for ::core::primitive::str
            where
                #bound,
            {
                const NAME: &'static ::core::primitive::str = #name;
                #[inline]
                fn encode(&self) -> #runtime::Encoded { #runtime::encode_text(self, #head) }
            }
        }
    });
    let lifetime = bound.as_ref().map(|_| quote!(<'__n>));
    let never = bound.map(|bound| quote!(where #runtime::ClientSide<'__n>: #bound));
    let implementation = quote_spanned! {span=>
        #[automatically_derived]
        #[allow(deprecated)]
        impl #lifetime #runtime::Outgoing<#ident, #runtime::At<#place>> for #ty #never {
            const NAME: &'static ::core::primitive::str = #name;
            #[inline]
            fn encode(&self) -> #runtime::Encoded { #encoded }
        }
        #text
    };
    if methods.is_empty() {
        return implementation;
    }
    quote_spanned! {span=>
        const _: () = {
            #(#[allow(dead_code, non_camel_case_types)] enum #methods {})*
            #implementation
        };
    }
}
