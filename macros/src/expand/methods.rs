//! What a message adds to the client.

use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};

use super::{at, encoded, place};
use crate::{
    model::{Contract, Message},
    payload::is_text,
};

/// The methods that the message's direction allows, and hidden ones for the other, which say so when
/// they are called: rustc would only suggest a name that is alike.
pub(super) fn methods(
    index: usize,
    message: &Message,
    contract: &Contract,
    runtime: &TokenStream,
) -> TokenStream {
    let sending = if message.client_sends() {
        sends(message, contract, runtime)
    } else {
        sends_not(message, contract, runtime)
    };
    let receiving = if message.server_sends() {
        receives(index, message, contract, runtime)
    } else {
        receives_not(message, contract, runtime)
    };
    quote!(#sending #receiving)
}

/// What stands above a generated method: its own first line, then the variant's.
pub(super) fn attributes(message: &Message, contract: &Contract, first_line: &str) -> TokenStream {
    let docs = message.docs.attributes(&contract.ident);
    let deprecated = &message.deprecated;
    quote!(#[doc = #first_line] #docs #deprecated)
}

fn sends(message: &Message, contract: &Contract, runtime: &TokenStream) -> TokenStream {
    let Contract { vis, root, .. } = contract;
    let Message { method, name, .. } = message;
    let (send, try_send) = (format_ident!("send_{method}"), format_ident!("try_send_{method}"));
    let parameter = parameter(message, &quote!(__payload), runtime);
    let encoded = match &message.payload {
        Some(ty) if is_text(ty) => {
            let head = message.head();
            quote!(#runtime::AsPayload::<#ty>::encode_message(__payload, #head))
        }
        _ => encoded(message, &quote!(__payload), root),
    };
    let docs = attributes(
        message,
        contract,
        &format!("Sends `{name}`: queued now, written as soon as a connection is open."),
    );
    let docs_try = attributes(
        message,
        contract,
        &format!("Sends `{name}` without waiting: `QueueFull` where `{send}` would wait."),
    );
    quote! {
        #docs
        #[inline]
        #vis fn #send(&self, #parameter) -> #runtime::Sending {
            #runtime::send(&self.0, #name, #encoded)
        }
        #docs_try
        #[inline]
        #vis fn #try_send(&self, #parameter) -> ::core::result::Result<(), #runtime::SendError> {
            #runtime::try_send(&self.0, #name, #encoded)
        }
    }
}

/// The payload as a parameter: for a `String` anything that is text.
fn parameter(message: &Message, name: &TokenStream, runtime: &TokenStream) -> Option<TokenStream> {
    let ty = message.payload.as_ref()?;
    Some(if is_text(ty) {
        quote!(#name: &(impl #runtime::AsPayload<#ty> + ?::core::marker::Sized))
    } else {
        quote!(#name: &#ty)
    })
}

fn receives(
    index: usize,
    message: &Message,
    contract: &Contract,
    runtime: &TokenStream,
) -> TokenStream {
    let Contract { vis, root, .. } = contract;
    let Message { method, name, payload, .. } = message;
    let (on, off) = (format_ident!("on_{method}"), format_ident!("off_{method}"));
    let stream = format_ident!("stream_{method}");
    let place = place(index);
    let (on_with, stream_with, item, decode) = match payload {
        Some(ty) => {
            let decode = quote_spanned!(at(ty)=> <#ty as #root::__private::Payload>::decode,);
            (quote!(on), quote!(stream), quote!(#ty), decode)
        }
        None => (quote!(on_unit), quote!(stream_unit), quote!(()), quote!()),
    };
    let argument = payload.as_ref();
    let docs = attributes(
        message,
        contract,
        &format!("Calls `handler` with every `{name}` that arrives, one at a time, in order."),
    );
    let docs_off = attributes(message, contract, &format!("Removes every handler of `{name}`."));
    let docs_stream =
        attributes(message, contract, &format!("Every `{name}` that arrives, as a stream."));
    quote! {
        #docs
        #vis fn #on<__R, __M>(
            &self,
            __handler: impl ::core::ops::FnMut(#argument) -> __R + ::core::marker::Send + 'static,
        ) -> #runtime::Subscription
        where
            __R: #runtime::Outcome<__M, Settled: ::core::marker::Send + 'static> + 'static,
            __M: 'static,
        {
            #runtime::#on_with(&self.0, #place, #decode __handler)
        }
        #docs_off
        #[inline]
        #vis fn #off(&self) {
            #runtime::off(&self.0, #place);
        }
        #docs_stream
        #[inline]
        #vis fn #stream(&self) -> #runtime::MessageStream<#item> {
            #runtime::#stream_with(&self.0, #place, #decode)
        }
    }
}

/// What says that only the server sends a message.
fn sends_not(message: &Message, contract: &Contract, runtime: &TokenStream) -> TokenStream {
    let Contract { ident, vis, .. } = contract;
    let method = &message.method;
    let (send, try_send) = (format_ident!("send_{method}"), format_ident!("try_send_{method}"));
    let parameter = parameter(message, &quote!(_), runtime);
    // The bound never holds. The lifetime defers it to the call.
    let never = quote!(where #runtime::ClientSide<'__n>: #runtime::Sends<#ident>);
    quote! {
        #[doc(hidden)]
        #vis fn #send<'__n>(&self, #parameter) -> #runtime::Sending #never {
            ::core::unreachable!()
        }
        #[doc(hidden)]
        #vis fn #try_send<'__n>(&self, #parameter) -> ::core::result::Result<(), #runtime::SendError> #never {
            ::core::unreachable!()
        }
    }
}

/// What says that only the client sends a message.
fn receives_not(message: &Message, contract: &Contract, runtime: &TokenStream) -> TokenStream {
    let Contract { ident, vis, .. } = contract;
    let Message { method, payload, .. } = message;
    let (on, off) = (format_ident!("on_{method}"), format_ident!("off_{method}"));
    let stream = format_ident!("stream_{method}");
    let argument = payload.as_ref();
    let item = payload.as_ref().map_or_else(|| quote!(()), |ty| quote!(#ty));
    let never = quote!(where #runtime::ClientSide<'__n>: #runtime::Receives<#ident>);
    quote! {
        #[doc(hidden)]
        #vis fn #on<'__n, __R>(&self, _: impl ::core::ops::FnMut(#argument) -> __R) -> #runtime::Subscription #never {
            ::core::unreachable!()
        }
        #[doc(hidden)]
        #vis fn #off<'__n>(&self) #never {}
        #[doc(hidden)]
        #vis fn #stream<'__n>(&self) -> #runtime::MessageStream<#item> #never {
            ::core::unreachable!()
        }
    }
}
