//! The model as code: small functions that call generic ones of the runtime.
//!
//! Whatever the user's names are, ours don't meet them: what is generated is reached by absolute paths
//! (`::core::…`, the facade's, or an alias of that), functions of traits are called by their trait, and every
//! name that a type, a constant or a lifetime of the user's could bear begins with two underscores.

mod client;
mod contract;
mod form;
mod handler;
mod methods;
mod opening;
mod outgoing;
mod server;

use proc_macro2::{Literal, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::{Type, spanned::Spanned};

use crate::{call::Call, model::Contract};

/// Everything that the derive adds. After an error (`partial`) variants may be missing from the
/// model.
pub(crate) fn expand(contract: &Contract, partial: bool) -> TokenStream {
    let private = contract.private();
    let implementation = contract::implementation(contract, partial);
    let client = client::client(contract);
    let handler = handler::handler(contract);
    let (messages, alone) = (client::messages(contract, partial), outgoing::alone(contract));
    let messages = scoped(contract, Some("client"), &quote!(#messages #alone));
    let shared = outgoing::shared(contract);
    let server = contract.server.map(|_| server::server(contract));
    let server = server.map(|server| quote!(#private::with_server! { #server }));
    quote! {
        #implementation
        #private::with_client! {
            #client
            #handler
            #messages
            #shared
        }
        #server
    }
}

/// Puts items where the facade's hidden module is called `__private`, and the client's `__client`: what
/// is generated for each message is then half as long.
fn scoped(contract: &Contract, side: Option<&str>, items: &TokenStream) -> TokenStream {
    let private = contract.private();
    let side = side.map(|side| {
        let (module, alias) = (format_ident!("{side}"), format_ident!("__{side}"));
        quote!(use #private::#module as #alias;)
    });
    quote! {
        const _: () = {
            #[allow(unused_imports)]
            use #private as __private;
            #side
            #items
        };
    }
}

/// What stands for the client of an item that can't be a contract, so that code which uses it gets
/// few errors of its own.
pub(crate) fn stub(contract: &Contract) -> TokenStream {
    let (Contract { vis, client, .. }, private) = (contract, contract.private());
    quote! {
        #private::with_client! {
            #[allow(dead_code)]
            #vis type #client = #private::client::Client;
        }
    }
}

/// The same where nothing of wirebond can be named.
pub(crate) fn without_facade(contract: &Contract) -> TokenStream {
    let Contract { vis, client, handler, .. } = contract;
    quote! {
        #[allow(dead_code)]
        #vis struct #client;
        #[allow(dead_code)]
        #vis trait #handler {}
    }
}

/// Where errors about these tokens point to. Names resolve where the derive stands, even if the
/// tokens come out of somebody's macro.
fn at(tokens: &impl Spanned) -> Span {
    tokens.span().resolved_at(Span::call_site())
}

/// A message's place in the contract.
///
/// It is known here: what `#[cfg]` takes out never reaches a derive.
fn place(index: usize) -> Literal {
    Literal::usize_unsuffixed(index)
}

/// How a payload is written as a whole message, as a function.
fn encode(ty: &Type) -> TokenStream {
    quote_spanned!(at(ty)=> <#ty as __private::Payload>::encode)
}

/// What the handler of a call returns.
fn answer_type(call: &Call) -> TokenStream {
    let reply = data_type(call.reply.as_ref());
    match &call.error {
        Some(error) => {
            let error = data_type(error.0.as_ref());
            quote!(::core::result::Result<#reply, #error>)
        }
        None => reply,
    }
}

/// What an answer carries, as a type.
fn data_type(ty: Option<&Type>) -> TokenStream {
    ty.map_or_else(|| quote!(()), |ty| quote!(#ty))
}

/// How a handler's answer is written, as a function. `runtime` is the side's alias.
fn encode_answer(call: &Call, runtime: &TokenStream) -> TokenStream {
    let encode = |ty: Option<&Type>| ty.map_or_else(|| quote!(#runtime::encode_unit), encode);
    let (answer, reply) = (answer_type(call), encode(call.reply.as_ref()));
    let error = call.error.as_ref().map(|error| encode(error.0.as_ref()));
    let function = if error.is_some() { quote!(answer_result) } else { quote!(answer_reply) };
    quote!(|__answer: &#answer, __to| #runtime::#function(__answer, __to, #reply, #error))
}

/// How a call's reply and its error are read, as functions, and the type of its error.
fn decode_answers(
    call: &Call,
    contract: &Contract,
    runtime: &TokenStream,
) -> (TokenStream, TokenStream, TokenStream) {
    let decode = |ty: Option<&Type>| {
        ty.map_or_else(|| quote!(#runtime::decode_unit), |ty| decode(ty, contract))
    };
    let reply = decode(call.reply.as_ref());
    match &call.error {
        Some(error) => (reply, decode(error.0.as_ref()), data_type(error.0.as_ref())),
        None => (reply, quote!(#runtime::decode_never), quote!(::core::convert::Infallible)),
    }
}

/// How a payload is read from a frame, as a function.
fn decode(ty: &Type, contract: &Contract) -> TokenStream {
    if contract.form.is_own() {
        quote_spanned!(at(ty)=> <#ty as __private::Payload>::decode)
    } else {
        quote_spanned!(at(ty)=> <#ty as __private::Payload>::decode_any)
    }
}
