//! The server's side: a server, its builder, a peer, many peers, and a trait with a method for each
//! message of the client.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};
use syn::ext::IdentExt;

use super::{decode, encode, handler::method_ident, methods::attributes, place, scoped};
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
    let Contract { ident, vis, .. } = contract;
    let plain = ident.unraw();
    let [server, builder, peer, target, service] = server_types(ident);
    let names = Names { server, builder, peer, target, service };
    let messages = scoped(contract, Some("server"), &messages(contract, &names));
    let service_trait = service_trait(contract, &names);
    let Names { server, builder, peer, target, .. } = &names;
    let runtime = contract.runtime("server");
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
        #runtime::server_methods! { #vis #server #target #builder }

        #[doc = #doc_builder]
        #[derive(::core::fmt::Debug)]
        #[must_use = "`build()` makes the server"]
        #vis struct #builder(#runtime::Builder<#server>);
        #runtime::builder_methods! { #vis #builder #peer #server }

        #service_trait
        #messages
    }
}

/// The methods of the contract's messages.
fn messages(contract: &Contract, names: &Names) -> TokenStream {
    let Names { builder, peer, target, service, .. } = names;
    let (vis, messages) = (&contract.vis, &contract.messages);
    let sent = || messages.iter().enumerate().filter(|(_, message)| message.server_sends());
    let to_peer = sent().map(|(index, message)| sends_to_peer(index, message, contract));
    let to_many = sent().map(|(index, message)| sends_to_many(index, message, contract));
    let received = || messages.iter().filter(|message| message.client_sends());
    let handlers = received().map(|message| handles(message, contract, names));
    let calls = received().map(|message| calls(message, names));
    let lints = lints();
    quote! {
        #lints
        impl #peer { #(#to_peer)* }
        #lints
        impl #target { #(#to_many)* }
        #lints
        impl #builder {
            #(#handlers)*
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
    let first =
        format!("Calls `handler` with the peer and every `{}` that it sends.", message.name);
    let docs = attributes(message, contract, &first);
    let name = &message.name;
    let call = if let Some(ty) = payload {
        let decode = decode(ty);
        quote!(on(self.0, #name, #decode, __handler))
    } else {
        quote!(on_unit(self.0, #name, __handler))
    };
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
            __R: __server::Outcome<__M, Settled: ::core::marker::Send + 'static>,
        {
            Self(__server::#call)
        }
    }
}

/// A line of `service`.
fn calls(message: &Message, names: &Names) -> TokenStream {
    let Names { peer, service, .. } = names;
    let (name, method) = (&message.name, method_ident(message));
    let (serve, decode, data) = match &message.payload {
        Some(ty) => {
            let decode = decode(ty);
            (quote!(serve), quote!(#decode,), quote!(, __data))
        }
        None => (quote!(serve_unit), TokenStream::new(), TokenStream::new()),
    };
    quote! {
        let __builder = __server::#serve(
            __builder,
            &__service,
            #name,
            #decode
            |__service, __peer: #peer #data| async move {
                #service::#method(&*__service, &__peer #data).await
            },
        );
    }
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
