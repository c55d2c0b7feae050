//! The handler: a trait with one required method for each message of the server, and the client's method
//! that takes one.

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::ext::IdentExt;

use super::{answer_type, encode_answer};
use crate::{message::Message, model::Contract};

/// The trait with one required method for each message of the server.
pub(super) fn handler(contract: &Contract) -> TokenStream {
    let Contract { ident, vis, client, handler, messages, .. } = contract;
    let methods = messages.iter().filter(|message| message.server_sends()).map(|message| {
        let method = method_ident(message);
        let answer = if message.call.is_some() { " What it returns is the answer." } else { "" };
        let doc = format!("Called with every `{}`.{answer}", message.name);
        let docs = message.docs.attributes(ident);
        let argument = message.payload.as_ref().map(|ty| quote!(, data: #ty));
        let output = message.call.as_ref().map_or_else(|| quote!(()), answer_type);
        quote! {
            #[doc = #doc]
            #docs
            fn #method(&mut self #argument) -> impl ::core::future::Future<Output = #output> + ::core::marker::Send;
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
    let received = || messages.iter().filter(|message| message.server_sends());
    let arms = received().map(|message| {
        let (variant, method) = (&message.ident, method_ident(message));
        let (pattern, data) = match &message.payload {
            Some(_) => (quote!((__data)), quote!(, __data)),
            None => (quote!(), quote!()),
        };
        let called = quote!(#handler::#method(&mut *__handler #data).await);
        if let Some(call) = &message.call {
            let encode = encode_answer(call, &quote!(__client));
            quote!(#ident::#variant #pattern => return __replier.send(&#called, #encode),)
        } else {
            quote!(#ident::#variant #pattern => #called,)
        }
    });
    let calls = received().any(|message| message.call.is_some());
    let rest = messages.iter().any(|message| !message.server_sends()).then(|| quote!(_ => {}));
    let rest = rest.or_else(|| partial.then(|| quote!(#[allow(unreachable_patterns)] _ => {})));
    let call = if arms.clone().next().is_none() {
        quote!(|_, _: #ident| async {})
    } else if calls {
        quote!(|mut __handler, __message, __replier| async move {
            match __message { #(#arms)* #rest }
            ::core::result::Result::Ok(())
        })
    } else {
        quote!(|mut __handler, __message| async move { match __message { #(#arms)* #rest } })
    };
    let handle = if calls { quote!(handle_calls) } else { quote!(handle) };
    quote! {
        #[doc = #doc]
        #vis fn handle(&self, __handler: impl #handler) -> __client::Subscription {
            __client::#handle(&self.0, __handler, #call)
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
