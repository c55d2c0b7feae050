//! What a message adds to the client.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::Type;

use super::{answer_type, data_type, decode, decode_answers, encode, encode_answer, place};
use crate::{call::Call, message::Message, model::Contract, payload::is_text};

/// The methods that the message's direction allows, and hidden ones for the other, which report that when
/// they are called: rustc would only suggest a name that is alike.
pub(super) fn methods(index: usize, message: &Message, contract: &Contract) -> TokenStream {
    let sending = if message.client_sends() {
        sends(index, message, contract)
    } else {
        sends_not(message, contract)
    };
    let calling = message.call.as_ref().map(|call| {
        if message.client_sends() {
            calls(index, message, call, contract)
        } else {
            calls_not(message, call, contract)
        }
    });
    let receiving = if message.server_sends() {
        receives(index, message, contract)
    } else {
        receives_not(message, contract)
    };
    quote!(#sending #calling #receiving)
}

/// What stands above a generated method: its own first line, then the variant's.
pub(super) fn attributes(message: &Message, contract: &Contract, first_line: &str) -> TokenStream {
    let docs = message.docs.attributes(&contract.ident);
    let deprecated = &message.deprecated;
    quote!(#[doc = #first_line] #docs #deprecated)
}

fn sends(index: usize, message: &Message, contract: &Contract) -> TokenStream {
    let Contract { ident, vis, .. } = contract;
    let Message { method, name, .. } = message;
    let (send, try_send) = (format_ident!("send_{method}"), format_ident!("try_send_{method}"));
    let parameter = parameter(message, &quote!(__payload));
    let place = place(index);
    let payload = payload(message);
    let (send_with, try_send_with) = if payload.is_some() {
        (quote!(send::<#ident, _>), quote!(try_send::<#ident, _>))
    } else {
        (quote!(send_unit::<#ident>), quote!(try_send_unit::<#ident>))
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
    let holds = holds(index, message, contract);
    quote! {
        #docs
        #[inline]
        #vis fn #send(&self, #parameter) -> __client::Sending {
            __client::#send_with(&self.0, #place #payload)
        }
        #docs_try
        #[inline]
        #vis fn #try_send(&self, #parameter) -> ::core::result::Result<(), __client::SendError> {
            __client::#try_send_with(&self.0, #place #payload)
        }
        #holds
    }
}

/// `hold_…`, and `hold_…_with` if there is a payload that can be made or an answer that somebody may want.
fn holds(index: usize, message: &Message, contract: &Contract) -> TokenStream {
    let Contract { ident, vis, .. } = contract;
    let Message { method, name, .. } = message;
    // In wirebond's own form a held message has no number: nobody answers it.
    let call = message.call.as_ref().filter(|_| contract.form.calls.is_some());
    let answers = call.map(|call| decode_answers(call, contract, &quote!(__client)));
    let (place, payload) = (place(index), payload(message));
    let parameter = parameter(message, &quote!(__payload));
    let hold = format_ident!("hold_{method}");
    let (hold_with, decode) = match (&payload, &answers) {
        (Some(_), None) => (quote!(hold::<#ident, _>), None),
        (None, None) => (quote!(hold_unit::<#ident>), None),
        (payload, Some((reply, error, _))) => {
            let hold_with = if payload.is_some() {
                quote!(hold_call::<#ident, _, _, _>)
            } else {
                quote!(hold_call_unit::<#ident, _, _>)
            };
            (hold_with, Some(quote!(, #reply, #error)))
        }
    };
    let first =
        format!("Sends `{name}` on every connection, until the hold is released or dropped.");
    let docs = attributes(message, contract, &first);
    let made = holds_with(index, message, contract, call.zip(answers));
    quote! {
        #docs
        #vis fn #hold(&self, #parameter) -> ::core::result::Result<__client::Hold<#ident>, __client::SendError> {
            __client::#hold_with(&self.0, #place #payload #decode)
        }
        #made
    }
}

/// `hold_…_with`: a payload that is made whenever it is sent, and where the answers of a call go.
fn holds_with(
    index: usize,
    message: &Message,
    contract: &Contract,
    call: Option<(&Call, (TokenStream, TokenStream, TokenStream))>,
) -> Option<TokenStream> {
    let Contract { ident, vis, .. } = contract;
    let (place, with) = (place(index), format_ident!("hold_{}_with", message.method));
    let payload = message.payload.as_ref();
    let make = payload.map(|ty| {
        let encode = encode(ty);
        let parameter = quote! {
            __payload: impl ::core::ops::Fn() -> #ty
            + ::core::marker::Send
            + ::core::marker::Sync
            + 'static,
        };
        (parameter, quote!(__payload, #encode,))
    });
    let (parameter, arguments): (Option<TokenStream>, Option<TokenStream>) = make.unzip();
    let made = "with a payload that is made whenever it is sent";
    let (what, function, answer, answers) = match (call, payload.is_some()) {
        (None, false) => return None,
        (None, true) => (made.to_owned(), quote!(hold_with::<#ident, _>), None, None),
        (Some((call, (reply, error, error_type))), has_payload) => {
            let reply_type = data_type(call.reply.as_ref());
            let answer = quote!(__answer: &__client::HeldAnswer<#reply_type, #error_type>);
            let answered = "an answer that is there for each connection";
            let (what, function) = if has_payload {
                (format!("{made}, and {answered}"), quote!(hold_call_with::<#ident, _, _, _>))
            } else {
                (format!("with {answered}"), quote!(hold_call_unit_with::<#ident, _, _>))
            };
            (what, function, Some(answer), Some(quote!((#reply, #error), __answer)))
        }
    };
    let docs = attributes(message, contract, &format!("As `hold_{}`, {what}.", message.method));
    Some(quote! {
        #docs
        #vis fn #with(
            &self,
            #parameter
            #answer
        ) -> ::core::result::Result<__client::Hold<#ident>, __client::SendError> {
            __client::#function(&self.0, #place, #arguments #answers)
        }
    })
}

/// The payload and how it is written, as arguments.
pub(super) fn payload(message: &Message) -> Option<TokenStream> {
    message.payload.as_ref().map(|ty| {
        let encode = if is_text(ty) {
            quote!(__client::AsPayload::<#ty>::encode_message)
        } else {
            encode(ty)
        };
        quote!(, __payload, #encode)
    })
}

/// `call_…` of the client.
fn calls(index: usize, message: &Message, call: &Call, contract: &Contract) -> TokenStream {
    let first = format!("Calls `{}`: resolves to the reply.", message.name);
    call_method(index, message, call, contract, ("call", &first))
}

/// The method that calls, with the function of the runtime of this name, or that name and `_unit`.
pub(super) fn call_method(
    index: usize,
    message: &Message,
    call: &Call,
    contract: &Contract,
    (function, first_line): (&str, &str),
) -> TokenStream {
    let Contract { ident, vis, .. } = contract;
    let method = format_ident!("call_{}", message.method);
    let parameter = parameter(message, &quote!(__payload));
    let (place, payload) = (place(index), payload(message));
    let (reply, error, error_type) = decode_answers(call, contract, &quote!(__client));
    let reply_type = data_type(call.reply.as_ref());
    let call_with = if payload.is_some() {
        let function = format_ident!("{function}");
        quote!(#function::<#ident, _, _, _>)
    } else {
        let function = format_ident!("{function}_unit");
        quote!(#function::<#ident, _, _>)
    };
    let docs = attributes(message, contract, first_line);
    quote! {
        #docs
        #[inline]
        #vis fn #method(&self, #parameter) -> __client::Call<#reply_type, #error_type> {
            __client::#call_with(&self.0, #place #payload, #reply, #error)
        }
    }
}

/// The error that only the server makes a call.
fn calls_not(message: &Message, call: &Call, contract: &Contract) -> TokenStream {
    let Contract { ident, vis, .. } = contract;
    let method = format_ident!("call_{}", message.method);
    let parameter = parameter(message, &quote!(_));
    let reply = data_type(call.reply.as_ref());
    let never = quote!(where __client::ClientSide<'__n>: __client::Sends<#ident>);
    quote! {
        #[doc(hidden)]
        #vis fn #method<'__n>(&self, #parameter) -> __client::Call<#reply, ()> #never {
            ::core::unreachable!()
        }
    }
}

/// The payload as a parameter: for a `String` anything that is text.
pub(super) fn parameter(message: &Message, name: &TokenStream) -> Option<TokenStream> {
    let ty = message.payload.as_ref()?;
    Some(if is_text(ty) {
        quote!(#name: &(impl __client::AsPayload<#ty> + ?::core::marker::Sized))
    } else {
        quote!(#name: &#ty)
    })
}

fn receives(index: usize, message: &Message, contract: &Contract) -> TokenStream {
    let vis = &contract.vis;
    let Message { method, name, payload, .. } = message;
    let (on, off) = (format_ident!("on_{method}"), format_ident!("off_{method}"));
    let stream = format_ident!("stream_{method}");
    let place = place(index);
    let (on_with, stream_with, item, decode) = match payload {
        Some(ty) => {
            let decode = decode(ty, contract);
            (quote!(on), quote!(stream), quote!(#ty), quote!(#decode,))
        }
        None => (quote!(on_unit), quote!(stream_unit), quote!(()), quote!()),
    };
    let argument = payload.as_ref();
    let first =
        format!("Calls `handler` with every `{name}` that arrives, one at a time, in order.");
    let answer = if message.call.is_some() { " What it returns is the answer." } else { "" };
    let docs = attributes(message, contract, &format!("{first}{answer}"));
    let bound = quote!(__client::Outcome<__M, Settled: ::core::marker::Send + 'static>);
    let answered = message.call.as_ref().map(|call| {
        let on_call = if payload.is_some() { quote!(on_call) } else { quote!(on_call_unit) };
        let (answer, encode) = (answer_type(call), encode_answer(call, &quote!(__client)));
        let bound =
            quote!(__client::Answers<#answer, __M, Running: ::core::marker::Send + 'static>);
        (on_call, quote!(#encode,), bound)
    });
    let (on_with, encode, bound) = answered.unwrap_or((on_with, quote!(), bound));
    let docs_off = attributes(message, contract, &format!("Removes every handler of `{name}`."));
    let docs_stream =
        attributes(message, contract, &format!("Every `{name}` that arrives, as a stream."));
    let stream_where = payload.as_ref().map(|ty| stream_where(index, message, ty, contract));
    quote! {
        #docs
        #vis fn #on<__R, __M>(
            &self,
            __handler: impl ::core::ops::FnMut(#argument) -> __R + ::core::marker::Send + 'static,
        ) -> __client::Subscription
        where
            __R: #bound + 'static,
            __M: 'static,
        {
            __client::#on_with(&self.0, #place, #decode #encode __handler)
        }
        #docs_off
        #[inline]
        #vis fn #off(&self) {
            __client::off(&self.0, #place);
        }
        #docs_stream
        #[inline]
        #vis fn #stream(&self) -> __client::MessageStream<#item> {
            __client::#stream_with(&self.0, #place, #decode)
        }
        #stream_where
    }
}

/// The method that gives a stream of some of a message.
fn stream_where(index: usize, message: &Message, ty: &Type, contract: &Contract) -> TokenStream {
    let (vis, place, decode) = (&contract.vis, place(index), decode(ty, contract));
    let stream = format_ident!("stream_{}_where", message.method);
    let first = format!("Every `{}` that `takes` takes, as a stream.", message.name);
    let docs = attributes(message, contract, &first);
    quote! {
        #docs
        #vis fn #stream(
            &self,
            __takes: impl ::core::ops::Fn(&#ty) -> ::core::primitive::bool
            + ::core::marker::Send
            + ::core::marker::Sync
            + 'static,
        ) -> __client::MessageStream<#ty> {
            __client::stream_where(&self.0, #place, #decode, __takes)
        }
    }
}

/// The error that only the server sends a message.
fn sends_not(message: &Message, contract: &Contract) -> TokenStream {
    let Contract { ident, vis, .. } = contract;
    let method = &message.method;
    let (send, try_send) = (format_ident!("send_{method}"), format_ident!("try_send_{method}"));
    let parameter = parameter(message, &quote!(_));
    // The bound never holds. The lifetime defers it to the call.
    let never = quote!(where __client::ClientSide<'__n>: __client::Sends<#ident>);
    quote! {
        #[doc(hidden)]
        #vis fn #send<'__n>(&self, #parameter) -> __client::Sending #never {
            ::core::unreachable!()
        }
        #[doc(hidden)]
        #vis fn #try_send<'__n>(&self, #parameter) -> ::core::result::Result<(), __client::SendError> #never {
            ::core::unreachable!()
        }
    }
}

/// The error that only the client sends a message.
fn receives_not(message: &Message, contract: &Contract) -> TokenStream {
    let Contract { ident, vis, .. } = contract;
    let Message { method, payload, .. } = message;
    let (on, off) = (format_ident!("on_{method}"), format_ident!("off_{method}"));
    let stream = format_ident!("stream_{method}");
    let argument = payload.as_ref();
    let item = payload.as_ref().map_or_else(|| quote!(()), |ty| quote!(#ty));
    let never = quote!(where __client::ClientSide<'__n>: __client::Receives<#ident>);
    quote! {
        #[doc(hidden)]
        #vis fn #on<'__n, __R>(&self, _: impl ::core::ops::FnMut(#argument) -> __R) -> __client::Subscription #never {
            ::core::unreachable!()
        }
        #[doc(hidden)]
        #vis fn #off<'__n>(&self) #never {}
        #[doc(hidden)]
        #vis fn #stream<'__n>(&self) -> __client::MessageStream<#item> #never {
            ::core::unreachable!()
        }
    }
}
