//! The server's side: a server, its builder, a peer, many peers, and a trait with a method for each
//! message of the client.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::ext::IdentExt;

use super::{at, client::method_ident, methods::attributes};
use crate::model::{Contract, Message, server_types};

/// The names of what is generated.
struct Names {
    server: Ident,
    builder: Ident,
    peer: Ident,
    target: Ident,
    service: Ident,
}

pub(super) fn server(contract: &Contract) -> TokenStream {
    let Contract { ident, vis, root, messages, .. } = contract;
    let plain = ident.unraw();
    let [server, builder, peer, target, service] = server_types(ident);
    let names = Names { server, builder, peer, target, service };
    let Names { server, builder, peer, target, service } = &names;
    let runtime = quote!(#root::__private::server);
    let sent = || messages.iter().filter(|message| message.server_sends());
    let to_peer = sent().map(|message| sends_to_peer(message, contract, &runtime));
    let to_many = sent().map(|message| sends_to_many(message, contract, &runtime));
    let received = || messages.iter().filter(|message| message.client_sends());
    let handlers = received().map(|message| handles(message, contract, &names, &runtime));
    let calls = received().map(|message| calls(message, contract, &names, &runtime));
    let methods = received().map(|message| service_method(message, contract, &names));
    let doc_server =
        format!("The server's side of [`{plain}`]: a cheap handle that may be cloned.");
    let doc_builder = format!(
        "Describes a [`{server}`]: a handler for each message of the client, one at a time for each \
         peer."
    );
    let doc_peer = format!("A client that speaks [`{plain}`]: a cheap handle that may be cloned.");
    let doc_target = "Peers to send one message to. It is encoded once, and they share its bytes.";
    let doc_service = format!(
        "Handles every message that the client side of [`{plain}`] may send: see \
         `{builder}::service`. Write each method as `async fn`. One value serves all peers, so it \
         is shared."
    );
    let lints =
        quote!(#[allow(dead_code, deprecated, clippy::all, clippy::pedantic, clippy::nursery)]);
    quote! {
        #[doc = #doc_peer]
        #[derive(::core::clone::Clone, ::core::fmt::Debug)]
        #vis struct #peer(#runtime::Peer);
        #runtime::peer_methods! { #vis #peer #target #server }
        #lints
        impl #peer { #(#to_peer)* }

        #[doc = #doc_target]
        #[derive(::core::clone::Clone, ::core::fmt::Debug)]
        #vis struct #target(#runtime::Target);
        #runtime::target_methods! { #vis #peer #target }
        #lints
        impl #target { #(#to_many)* }

        #[doc = #doc_server]
        #[derive(::core::clone::Clone, ::core::fmt::Debug)]
        #vis struct #server(#runtime::Server);
        #runtime::server_methods! { #vis #server #target #builder }

        #[doc = #doc_builder]
        #[derive(::core::fmt::Debug)]
        #[must_use = "`build()` makes the server"]
        #vis struct #builder(#runtime::Builder<#server>);
        #runtime::builder_methods! { #vis #builder #peer #server }
        #lints
        impl #builder {
            #(#handlers)*
            /// Handles every message with the method of that name. A new message then breaks the build
            /// until it is handled.
            #vis fn service(self, __service: impl #service) -> Self {
                let __service = #runtime::Arc::new(__service);
                let __builder = self.0;
                #(#calls)*
                let _ = __service;
                Self(__builder)
            }
        }

        #[doc = #doc_service]
        #lints
        #vis trait #service: ::core::marker::Send + ::core::marker::Sync + 'static { #(#methods)* }
    }
}

/// A message's payload as a parameter, and the whole message as bytes.
fn encoded(
    message: &Message,
    contract: &Contract,
    runtime: &TokenStream,
) -> (TokenStream, TokenStream) {
    let (root, head) = (&contract.root, message.head());
    match &message.payload {
        Some(ty) => {
            let encode = quote_spanned!(at(ty)=> <#ty as #root::__private::Payload>::encode);
            (quote!(__payload: &#ty), quote!(#encode(__payload, #head)))
        }
        None => (TokenStream::new(), quote!(#runtime::encode_unit(#head))),
    }
}

fn sends_to_peer(message: &Message, contract: &Contract, runtime: &TokenStream) -> TokenStream {
    let (vis, Message { method, name, .. }) = (&contract.vis, message);
    let (send, try_send) = (format_ident!("send_{method}"), format_ident!("try_send_{method}"));
    let (parameter, encoded) = encoded(message, contract, runtime);
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
        #vis fn #send(&self, #parameter) -> #runtime::Sending {
            #runtime::Peer::send_encoded(&self.0, #encoded)
        }
        #docs_try
        #vis fn #try_send(&self, #parameter) -> ::core::result::Result<(), #runtime::SendError> {
            #runtime::Peer::try_send_encoded(&self.0, #encoded)
        }
    }
}

fn sends_to_many(message: &Message, contract: &Contract, runtime: &TokenStream) -> TokenStream {
    let (vis, Message { method, name, .. }) = (&contract.vis, message);
    let send = format_ident!("send_{method}");
    let (parameter, encoded) = encoded(message, contract, runtime);
    let first = format!(
        "Sends `{name}` to all of them. It never waits: a peer whose queue is full is closed with 4408."
    );
    let docs = attributes(message, contract, &first);
    quote! {
        #docs
        #vis fn #send(
            &self,
            #parameter
        ) -> ::core::result::Result<#runtime::Sent, #runtime::SendError> {
            #runtime::Target::send_encoded(&self.0, #encoded)
        }
    }
}

/// Registers a message's handler with the builder.
fn registration(
    message: &Message,
    contract: &Contract,
    runtime: &TokenStream,
    builder: &TokenStream,
    handler: &TokenStream,
) -> TokenStream {
    let (root, name) = (&contract.root, &message.name);
    if let Some(ty) = &message.payload {
        let decode = quote_spanned!(at(ty)=> <#ty as #root::__private::Payload>::decode);
        quote!(#runtime::on(#builder, #name, #decode, #handler))
    } else {
        quote!(#runtime::on_unit(#builder, #name, #handler))
    }
}

fn handles(
    message: &Message,
    contract: &Contract,
    names: &Names,
    runtime: &TokenStream,
) -> TokenStream {
    let (vis, peer, payload) = (&contract.vis, &names.peer, message.payload.as_ref());
    let on = format_ident!("on_{}", message.method);
    let first =
        format!("Calls `handler` with the peer and every `{}` that it sends.", message.name);
    let docs = attributes(message, contract, &first);
    let call = registration(message, contract, runtime, &quote!(self.0), &quote!(__handler));
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
            __R: #runtime::Outcome<__M, Settled: ::core::marker::Send + 'static>,
        {
            Self(#call)
        }
    }
}

/// A line of `service`.
fn calls(
    message: &Message,
    contract: &Contract,
    names: &Names,
    runtime: &TokenStream,
) -> TokenStream {
    let Names { peer, service, .. } = names;
    let (parameter, argument) = match &message.payload {
        Some(ty) => (quote!(, __data: #ty), quote!(, __data)),
        None => (TokenStream::new(), TokenStream::new()),
    };
    let method = method_ident(message);
    let handler = quote! {{
        let __service = ::core::clone::Clone::clone(&__service);
        move |__peer: #peer #parameter| {
            let __service = ::core::clone::Clone::clone(&__service);
            async move { #service::#method(&*__service, &__peer #argument).await }
        }
    }};
    let call = registration(message, contract, runtime, &quote!(__builder), &handler);
    quote!(let __builder = #call;)
}

fn service_method(message: &Message, contract: &Contract, names: &Names) -> TokenStream {
    let (peer, method) = (&names.peer, method_ident(message));
    let doc = format!("Called with every `{}`.", message.name);
    let docs = message.docs.attributes(&contract.ident);
    let argument = message.payload.as_ref().map(|ty| quote!(, data: #ty));
    quote! {
        #[doc = #doc]
        #docs
        fn #method(
            &self,
            peer: &#peer
            #argument
        ) -> impl ::core::future::Future<Output = ()> + ::core::marker::Send;
    }
}
