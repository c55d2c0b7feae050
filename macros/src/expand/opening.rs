//! What a message adds to the view of a connection that isn't open yet.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use super::{
    decode,
    methods::{attributes, call_method, parameter, payload},
    place,
};
use crate::{message::Message, model::Contract};

/// `expect_…` for a message of the server; `send_…` for one of the client, and `call_…` if it is a call.
pub(super) fn methods(index: usize, message: &Message, contract: &Contract) -> TokenStream {
    let sends = message.client_sends().then(|| sends(index, message, contract));
    let expects = message.server_sends().then(|| expects(index, message, contract));
    let call = message.call.as_ref().filter(|_| message.client_sends());
    let calls = call.map(|call| {
        let first = format!("Calls `{}`, before the queue: resolves to the reply.", message.name);
        call_method(index, message, call, contract, ("call_opening", &first))
    });
    quote!(#sends #calls #expects)
}

fn sends(index: usize, message: &Message, contract: &Contract) -> TokenStream {
    let Contract { ident, vis, .. } = contract;
    let Message { method, name, .. } = message;
    let (place, payload) = (place(index), payload(message));
    let parameter = parameter(message, &quote!(__payload));
    let method = format_ident!("send_{method}");
    let send = if payload.is_some() {
        quote!(send_opening::<#ident, _>)
    } else {
        quote!(send_opening_unit::<#ident>)
    };
    let docs = attributes(message, contract, &format!("Sends `{name}`, before the queue."));
    quote! {
        #docs
        #vis fn #method(&self, #parameter) -> __client::OpeningSend {
            __client::#send(&self.0, #place #payload)
        }
    }
}

fn expects(index: usize, message: &Message, contract: &Contract) -> TokenStream {
    let Contract { ident, vis, .. } = contract;
    let Message { method, name, payload, .. } = message;
    let (place, method) = (place(index), format_ident!("expect_{method}"));
    let (expect, item, decode) = match payload {
        Some(ty) => {
            let decode = decode(ty, contract);
            (quote!(expect::<#ident, _>), quote!(#ty), quote!(, #decode))
        }
        None => (quote!(expect_unit::<#ident>), quote!(()), quote!()),
    };
    let first = format!("Waits for the next message, which must be `{name}`.");
    let docs = attributes(message, contract, &first);
    quote! {
        #docs
        #vis fn #method(&self) -> __client::Expecting<#item> {
            __client::#expect(&self.0, #place #decode)
        }
    }
}
