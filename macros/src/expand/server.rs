//! The server's side: a server, its builder, a peer, many peers, and a trait with a method for each
//! message of the client.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};
use syn::ext::IdentExt;

use super::{
    answer_type, data_type, decode, decode_answers, encode, encode_answer, handler::method_ident,
    methods::attributes, place, scoped,
};
use crate::{
    call::Call,
    history::History,
    message::Message,
    model::{Contract, server_types},
};

/// The names of what is generated.
struct Names {
    server: Ident,
    builder: Ident,
    peer: Ident,
    target: Ident,
    service: Ident,
}

pub(super) fn server(contract: &Contract) -> TokenStream {
    let Contract { ident, vis, .. } = contract;
    let plain = ident.unraw();
    let [server, builder, peer, target, service] = server_types(ident);
    let names = Names { server, builder, peer, target, service };
    let messages = scoped(contract, Some("server"), &messages(contract, &names));
    let service_trait = service_trait(contract, &names);
    let Names { server, builder, peer, target, .. } = &names;
    let runtime = contract.runtime("server");
    let history = contract.history.as_ref().map(|history| released(contract, history));
    let doc_server =
        format!("The server's side of [`{plain}`]: a cheap handle that may be cloned.");
    let doc_builder = format!(
        "Describes a [`{server}`]: a handler for each message of the client, one at a time for each \
         peer."
    );
    let doc_peer = format!("A client that speaks [`{plain}`]: a cheap handle that may be cloned.");
    quote! {
        #[doc = #doc_peer]
        #[derive(::core::clone::Clone, ::core::fmt::Debug)]
        #vis struct #peer(#runtime::Peer);
        #runtime::peer_methods! { #vis #peer #target #server }

        /// Peers to send one message to. It is encoded once, and they share its bytes.
        #[derive(::core::clone::Clone, ::core::fmt::Debug)]
        #vis struct #target(#runtime::Target);
        #runtime::target_methods! { #vis #peer #target }

        #[doc = #doc_server]
        #[derive(::core::clone::Clone, ::core::fmt::Debug)]
        #vis struct #server(#runtime::Server);
        #runtime::server_methods! { #vis #server #target #builder #ident #history }

        #[doc = #doc_builder]
        #[derive(::core::fmt::Debug)]
        #[must_use = "`build()` makes the server"]
        #vis struct #builder(#runtime::Builder<#server>);
        #runtime::builder_methods! { #vis #builder #peer #server }

        #service_trait
        #messages
    }
}

/// What the server knows of the contracts that its clients may have.
fn released(contract: &Contract, history: &History) -> TokenStream {
    let (ident, private) = (&contract.ident, contract.private());
    let files = history.files.iter().map(|file| {
        let path = format!("/{file}");
        quote!((#file, ::core::include_str!(::core::concat!(::core::env!("CARGO_MANIFEST_DIR"), #path))))
    });
    quote!(#private::released::<#ident>(&[#(#files,)*]))
}

/// The methods of the contract's messages.
fn messages(contract: &Contract, names: &Names) -> TokenStream {
    let Names { builder, peer, target, service, .. } = names;
    let (vis, messages) = (&contract.vis, &contract.messages);
    let sent = || messages.iter().enumerate().filter(|(_, message)| message.server_sends());
    let not_sent = || messages.iter().filter(|message| !message.server_sends());
    let to_peer = sent().map(|(index, message)| sends_to_peer(index, message, contract));
    let not_to_peer = not_sent().map(|message| sends_not_to_peer(message, contract));
    let calls_of_server = sent().filter_map(|(index, message)| {
        message.call.as_ref().map(|call| calls_peer(index, message, call, contract))
    });
    let to_many = sent().map(|(index, message)| sends_to_many(index, message, contract));
    let not_to_many = not_sent().map(|message| sends_not_to_many(message, contract));
    let received = || messages.iter().filter(|message| message.client_sends());
    let handlers = received().map(|message| handles(message, contract, names));
    let not_received = messages.iter().filter(|message| !message.client_sends());
    let no_handlers = not_received.map(|message| handles_not(message, contract, names));
    let calls = received().map(|message| calls(message, contract, names));
    let lints = lints();
    quote! {
        #lints
        impl #peer { #(#to_peer)* #(#calls_of_server)* #(#not_to_peer)* }
        #lints
        impl #target { #(#to_many)* #(#not_to_many)* }
        #lints
        impl #builder {
            #(#handlers)*
            #(#no_handlers)*
            /// Handles every message with the method of that name. A new message then breaks the build
            /// until it is handled.
            #vis fn service(self, __service: impl #service) -> Self {
                let __service = __server::Arc::new(__service);
                let __builder = self.0;
                #(#calls)*
                let _ = __service;
                Self(__builder)
            }
        }
    }
}

/// The trait with one required method for each message of the client.
fn service_trait(contract: &Contract, names: &Names) -> TokenStream {
    let Names { service, builder, .. } = names;
    let (vis, lints) = (&contract.vis, lints());
    let received = contract.messages.iter().filter(|message| message.client_sends());
    let methods = received.map(|message| service_method(message, contract, names));
    let doc = format!(
        "Handles every message that the client side of [`{}`] may send: see `{builder}::service`. \
         Write each method as `async fn`. One value serves all peers, so it is shared.",
        contract.ident.unraw()
    );
    quote! {
        #[doc = #doc]
        #lints
        #vis trait #service: ::core::marker::Send + ::core::marker::Sync + 'static { #(#methods)* }
    }
}

fn lints() -> TokenStream {
    quote!(#[allow(dead_code, deprecated, clippy::all, clippy::pedantic, clippy::nursery)])
}

/// A message's payload as a parameter, and the whole message as bytes.
fn encoded(index: usize, message: &Message, contract: &Contract) -> (TokenStream, TokenStream) {
    let (ident, place) = (&contract.ident, place(index));
    match &message.payload {
        Some(ty) => {
            let encode = encode(ty);
            let encoded = quote!(__server::encoded::<#ident, _>(#place, __payload, #encode));
            (quote!(__payload: &#ty), encoded)
        }
        None => (TokenStream::new(), quote!(__server::encoded_unit::<#ident>(#place))),
    }
}

fn sends_to_peer(index: usize, message: &Message, contract: &Contract) -> TokenStream {
    let (vis, Message { method, name, .. }) = (&contract.vis, message);
    let (send, try_send) = (format_ident!("send_{method}"), format_ident!("try_send_{method}"));
    let (parameter, encoded) = encoded(index, message, contract);
    let docs = attributes(
        message,
        contract,
        &format!("Sends `{name}`: resolves when it is queued, and waits while the queue is full."),
    );
    let docs_try = attributes(
        message,
        contract,
        &format!("Sends `{name}` without waiting: `QueueFull` where `{send}` would wait."),
    );
    quote! {
        #docs
        #vis fn #send(&self, #parameter) -> __server::Sending {
            __server::Peer::send_encoded(&self.0, #encoded)
        }
        #docs_try
        #vis fn #try_send(&self, #parameter) -> ::core::result::Result<(), __server::SendError> {
            __server::Peer::try_send_encoded(&self.0, #encoded)
        }
    }
}

/// `call_…` of a peer.
fn calls_peer(index: usize, message: &Message, call: &Call, contract: &Contract) -> TokenStream {
    let (ident, vis, Message { method, name, .. }) = (&contract.ident, &contract.vis, message);
    let (method, place) = (format_ident!("call_{method}"), place(index));
    let (parameter, call_with, payload) = match &message.payload {
        Some(ty) => {
            let encode = encode(ty);
            let call = quote!(call::<#ident, _, _, _>);
            (quote!(__payload: &#ty), call, quote!(, __payload, #encode))
        }
        None => (quote!(), quote!(call_unit::<#ident, _, _>), quote!()),
    };
    let (reply, error, error_type) = decode_answers(call, contract, &quote!(__server));
    let reply_type = data_type(call.reply.as_ref());
    let docs = attributes(message, contract, &format!("Calls `{name}`: resolves to the reply."));
    quote! {
        #docs
        #vis fn #method(&self, #parameter) -> __server::Call<#reply_type, #error_type> {
            __server::#call_with(&self.0, #place #payload, #reply, #error)
        }
    }
}

fn sends_to_many(index: usize, message: &Message, contract: &Contract) -> TokenStream {
    let (vis, Message { method, name, .. }) = (&contract.vis, message);
    let send = format_ident!("send_{method}");
    let (parameter, encoded) = encoded(index, message, contract);
    let first = format!(
        "Sends `{name}` to all of them. It never waits: a peer whose queue is full is closed with 4408."
    );
    let docs = attributes(message, contract, &first);
    quote! {
        #docs
        #vis fn #send(
            &self,
            #parameter
        ) -> ::core::result::Result<__server::Sent, __server::SendError> {
            __server::Target::send_encoded(&self.0, #encoded)
        }
    }
}

fn handles(message: &Message, contract: &Contract, names: &Names) -> TokenStream {
    let (vis, peer, payload) = (&contract.vis, &names.peer, message.payload.as_ref());
    let on = format_ident!("on_{}", message.method);
    let answer = if message.call.is_some() { " What it returns is the answer." } else { "" };
    let first = format!(
        "Calls `handler` with the peer and every `{}` that it sends.{answer}",
        message.name
    );
    let docs = attributes(message, contract, &first);
    let name = &message.name;
    let decode = payload.map(|ty| {
        let decode = decode(ty, contract);
        quote!(#decode,)
    });
    let (on_with, encode, bound) = if let Some(call) = &message.call {
        let on_call = if payload.is_some() { quote!(on_call) } else { quote!(on_call_unit) };
        let (answer, encode) = (answer_type(call), encode_answer(call, &quote!(__server)));
        let bound =
            quote!(__server::Answers<#answer, __M, Running: ::core::marker::Send + 'static>);
        (on_call, quote!(#encode,), bound)
    } else {
        let on = if payload.is_some() { quote!(on) } else { quote!(on_unit) };
        let bound = quote!(__server::Outcome<__M, Settled: ::core::marker::Send + 'static>);
        (on, quote!(), bound)
    };
    let call = quote!(#on_with(self.0, #name, #decode #encode __handler));
    quote! {
        #docs
        #vis fn #on<__R, __M>(
            self,
            __handler: impl ::core::ops::Fn(#peer, #payload) -> __R
            + ::core::marker::Send
            + ::core::marker::Sync
            + 'static,
        ) -> Self
        where
            __R: #bound,
        {
            Self(__server::#call)
        }
    }
}

/// Never holds. The lifetime defers it to the call: see the client's `sends_not`.
fn never(bound: &str, contract: &Contract) -> TokenStream {
    let (ident, bound) = (&contract.ident, format_ident!("{bound}"));
    quote!(where __server::ServerSide<'__n>: __server::#bound<#ident>)
}

/// A payload as a parameter that is not read.
fn ignored(message: &Message) -> Option<TokenStream> {
    message.payload.as_ref().map(|ty| quote!(_: &#ty))
}

/// The error that only the client sends a message, or makes a call.
fn sends_not_to_peer(message: &Message, contract: &Contract) -> TokenStream {
    let (vis, Message { method, .. }) = (&contract.vis, message);
    let (send, try_send) = (format_ident!("send_{method}"), format_ident!("try_send_{method}"));
    let (parameter, never) = (ignored(message), never("Sends", contract));
    let calls_not = message.call.as_ref().map(|call| {
        let (method, reply) = (format_ident!("call_{method}"), data_type(call.reply.as_ref()));
        quote! {
            #[doc(hidden)]
            #vis fn #method<'__n>(&self, #parameter) -> __server::Call<#reply, ()> #never {
                ::core::unreachable!()
            }
        }
    });
    quote! {
        #[doc(hidden)]
        #vis fn #send<'__n>(&self, #parameter) -> __server::Sending #never {
            ::core::unreachable!()
        }
        #[doc(hidden)]
        #vis fn #try_send<'__n>(
            &self,
            #parameter
        ) -> ::core::result::Result<(), __server::SendError> #never {
            ::core::unreachable!()
        }
        #calls_not
    }
}

/// The error that only the client sends a message.
fn sends_not_to_many(message: &Message, contract: &Contract) -> TokenStream {
    let (vis, send) = (&contract.vis, format_ident!("send_{}", message.method));
    let (parameter, never) = (ignored(message), never("Sends", contract));
    quote! {
        #[doc(hidden)]
        #vis fn #send<'__n>(
            &self,
            #parameter
        ) -> ::core::result::Result<__server::Sent, __server::SendError> #never {
            ::core::unreachable!()
        }
    }
}

/// The error that only the server sends a message.
fn handles_not(message: &Message, contract: &Contract, names: &Names) -> TokenStream {
    let (vis, peer, on) = (&contract.vis, &names.peer, format_ident!("on_{}", message.method));
    let (payload, never) = (message.payload.as_ref(), never("Receives", contract));
    quote! {
        #[doc(hidden)]
        #vis fn #on<'__n, __R>(self, _: impl ::core::ops::Fn(#peer, #payload) -> __R) -> Self #never {
            ::core::unreachable!()
        }
    }
}

/// A line of `service`.
fn calls(message: &Message, contract: &Contract, names: &Names) -> TokenStream {
    let Names { peer, service, .. } = names;
    let (name, method) = (&message.name, method_ident(message));
    let (decode, data, end) = match &message.payload {
        Some(ty) => {
            let decode = decode(ty, contract);
            (quote!(#decode,), quote!(, __data), "")
        }
        None => (TokenStream::new(), TokenStream::new(), "_unit"),
    };
    let kind = if message.call.is_some() { "serve_call" } else { "serve" };
    let serve = format_ident!("{kind}{end}");
    let encode = message.call.as_ref().map(|call| {
        let encode = encode_answer(call, &quote!(__server));
        quote!(#encode,)
    });
    quote! {
        let __builder = __server::#serve(
            __builder,
            &__service,
            #name,
            #decode
            #encode
            |__service, __peer: #peer #data| async move {
                #service::#method(&*__service, &__peer #data).await
            },
        );
    }
}

fn service_method(message: &Message, contract: &Contract, names: &Names) -> TokenStream {
    let (peer, method) = (&names.peer, method_ident(message));
    let answer = if message.call.is_some() { " What it returns is the answer." } else { "" };
    let doc = format!("Called with every `{}`.{answer}", message.name);
    let output = message.call.as_ref().map_or_else(|| quote!(()), answer_type);
    let docs = message.docs.attributes(&contract.ident);
    let argument = message.payload.as_ref().map(|ty| quote!(, data: #ty));
    quote! {
        #[doc = #doc]
        #docs
        fn #method(
            &self,
            peer: &#peer
            #argument
        ) -> impl ::core::future::Future<Output = #output> + ::core::marker::Send;
    }
}
