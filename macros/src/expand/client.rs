//! The client and the handler's trait.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::ext::IdentExt;

use super::{handler::handle, methods::methods as methods_of, opening::methods as opening_methods};
use crate::{model::Contract, reserved::ALIASES};

/// The client with its own methods, which are the same for every contract.
pub(super) fn client(contract: &Contract) -> TokenStream {
    let Contract { ident, vis, client, opening, messages, .. } = contract;
    let (private, runtime) = (contract.private(), contract.runtime("client"));
    let aliases =
        ALIASES.iter().filter(|name| messages.iter().all(|message| message.method != **name));
    let aliases = aliases.map(|name| format_ident!("{name}"));
    let plain = ident.unraw();
    let doc = format!("The typed client of [`{plain}`]: a cheap handle that may be cloned.");
    let opening_doc =
        format!("A connection of [`{client}`] that is not open yet: see `Builder::opening`.");
    quote! {
        #[doc = #doc]
        #[derive(::core::clone::Clone, ::core::fmt::Debug)]
        #vis struct #client(#runtime::Client);
        #runtime::client_methods! { #vis #client #opening #ident #private::identity::<#ident> }
        #[doc = #opening_doc]
        #[derive(::core::clone::Clone, ::core::fmt::Debug)]
        #vis struct #opening(#runtime::Opening);
        #runtime::opening_methods! { #vis #opening #ident }
        #runtime::client_aliases! { #vis #client #(#aliases)* }
    }
}

/// The client's methods for its messages.
pub(super) fn messages(contract: &Contract, partial: bool) -> TokenStream {
    let Contract { client, opening, messages, .. } = contract;
    let methods = messages.iter().enumerate();
    let methods = methods.map(|(index, message)| methods_of(index, message, contract));
    let of_opening = messages.iter().enumerate();
    let of_opening = of_opening.map(|(index, message)| opening_methods(index, message, contract));
    let handle = handle(contract, partial);
    quote! {
        #[allow(dead_code, deprecated, clippy::all, clippy::pedantic, clippy::nursery)]
        impl #client { #(#methods)* #handle }
        #[allow(dead_code, deprecated, clippy::all, clippy::pedantic, clippy::nursery)]
        impl #opening { #(#of_opening)* }
    }
}
