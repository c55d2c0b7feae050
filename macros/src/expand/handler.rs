//! The handler: a trait with one required method for each message of the server, and the client's method
//! that takes one.

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::ext::IdentExt;

use crate::model::{Contract, Message};

/// The trait with one required method for each message of the server.
pub(super) fn handler(contract: &Contract) -> TokenStream {
    let Contract { ident, vis, client, handler, messages, .. } = contract;
    let methods = messages.iter().filter(|message| message.server_sends()).map(|message| {
        let method = method_ident(message);
        let doc = format!("Called with every `{}`.", message.name);
        let docs = message.docs.attributes(ident);
        let argument = message.payload.as_ref().map(|ty| quote!(, data: #ty));
        quote! {
            #[doc = #doc]
            #docs
            fn #method(&mut self #argument) -> impl ::core::future::Future<Output = ()> + ::core::marker::Send;
        }
    });
    let doc = format!(
        "Handles every message that the server side of [`{}`] may send: see `{client}::handle`. \
         Write each method as `async fn`.",
        ident.unraw()
    );
    quote! {
        #[doc = #doc]
        #[allow(dead_code, deprecated, clippy::all, clippy::pedantic, clippy::nursery)]
        #vis trait #handler: ::core::marker::Send + 'static { #(#methods)* }
    }
}

/// `handle`, which calls the handler's method for each message.
pub(super) fn handle(contract: &Contract, partial: bool) -> TokenStream {
    let Contract { ident, vis, handler, messages, .. } = contract;
    let doc = format!("Calls the method of a [`{handler}`] for every message, in arrival order.");
    let arms = messages.iter().filter(|message| message.server_sends()).map(|message| {
        let (variant, method) = (&message.ident, method_ident(message));
        if message.payload.is_some() {
            quote!(#ident::#variant(__data) => #handler::#method(&mut *__handler, __data).await,)
        } else {
            quote!(#ident::#variant => #handler::#method(&mut *__handler).await,)
        }
    });
    let rest = messages.iter().any(|message| !message.server_sends()).then(|| quote!(_ => {}));
    let rest = rest.or_else(|| partial.then(|| quote!(#[allow(unreachable_patterns)] _ => {})));
    let call = if arms.clone().next().is_none() {
        quote!(|_, _: #ident| async {})
    } else {
        quote!(|mut __handler, __message| async move { match __message { #(#arms)* #rest } })
    };
    quote! {
        #[doc = #doc]
        #vis fn handle(&self, __handler: impl #handler) -> __client::Subscription {
            __client::handle(&self.0, __handler, #call)
        }
    }
}

/// A method's name by itself, raw where it is a keyword in the user's edition or in one to come.
pub(super) fn method_ident(message: &Message) -> Ident {
    let name = &message.method;
    if name != "gen" && syn::parse_str::<Ident>(name).is_ok() {
        Ident::new(name, message.ident.span())
    } else {
        Ident::new_raw(name, message.ident.span())
    }
}
