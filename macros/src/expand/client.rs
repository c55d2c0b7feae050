//! The client and the handler's trait.

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::ext::IdentExt;

use super::methods::methods;
use crate::model::{Contract, Message};

pub(super) fn client(contract: &Contract, partial: bool) -> TokenStream {
    let Contract { ident, vis, client, handler, root, messages, .. } = contract;
    let runtime = quote!(#root::__private::client);
    let methods = messages
        .iter()
        .enumerate()
        .map(|(index, message)| methods(index, message, contract, &runtime));
    let own = own(contract, &runtime);
    let plain = ident.unraw();
    let doc = format!("The typed client of [`{plain}`]: a cheap handle that may be cloned.");
    let doc_builder = format!("Starts to describe a client that speaks [`{plain}`] with `url`.");
    let doc_handle =
        format!("Calls the method of a [`{handler}`] for every message, in arrival order.");
    let handle = handle(contract, partial, &runtime);
    quote! {
        #[doc = #doc]
        #[derive(::core::clone::Clone, ::core::fmt::Debug)]
        #vis struct #client(#runtime::Client);

        #[automatically_derived]
        impl ::core::ops::Deref for #client {
            type Target = #runtime::Client;
            fn deref(&self) -> &Self::Target {
                &self.0
            }
        }

        #[automatically_derived]
        #[allow(deprecated)]
        impl #runtime::TypedClient for #client {
            type Contract = #ident;
            fn from_client(__client: #runtime::Client) -> Self {
                Self(__client)
            }
        }

        #[allow(dead_code, deprecated, clippy::all, clippy::pedantic, clippy::nursery)]
        impl #client {
            #[doc = #doc_builder]
            #vis fn builder<__M>(__url: impl #runtime::UrlSource<__M>) -> #runtime::Builder<Self> {
                #runtime::builder(__url)
            }
            #(#methods)*
            #own
            #[doc = #doc_handle]
            #vis fn handle(&self, __handler: impl #handler) -> #runtime::Subscription {
                #handle
            }
        }
    }
}

/// What every client has, whatever its contract.
fn own(contract: &Contract, runtime: &TokenStream) -> TokenStream {
    let Contract { ident, vis, .. } = contract;
    let outgoing = quote!(#runtime::Outgoing<#ident, __WhichMessage>);
    let (name, encode) =
        (quote!(<__T as #outgoing>::NAME), quote!(<__T as #outgoing>::encode(__payload)));
    quote! {
        /// Sends a payload as the one message that carries it.
        ///
        /// Where two messages carry the payload's type, call the one that is meant:
        /// `send_joined(&user)`.
        #vis fn send<__T: #outgoing + ?::core::marker::Sized, __WhichMessage>(&self, __payload: &__T) -> #runtime::Sending {
            #runtime::send(&self.0, #name, #encode)
        }
        /// The same as `send`, without waiting: `QueueFull` where that would wait.
        #vis fn try_send<__T: #outgoing + ?::core::marker::Sized, __WhichMessage>(
            &self,
            __payload: &__T,
        ) -> ::core::result::Result<(), #runtime::SendError> {
            #runtime::try_send(&self.0, #name, #encode)
        }
        /// Every message of the server, in arrival order across types.
        #vis fn messages(&self) -> #runtime::MessageStream<#ident> {
            #runtime::messages(&self.0)
        }
        /// A handle that doesn't keep the client alive, for handlers that want to send.
        #vis fn downgrade(&self) -> #runtime::WeakClient<Self> {
            #runtime::downgrade(&self.0)
        }
        /// The client below, for names that are known only at run time.
        #vis fn untyped(&self) -> &#runtime::Client {
            &self.0
        }
    }
}

/// The body of `handle`.
fn handle(contract: &Contract, partial: bool, runtime: &TokenStream) -> TokenStream {
    let Contract { ident, handler, messages, .. } = contract;
    let arms = messages.iter().filter(|message| message.server_sends()).map(|message| {
        let (variant, method) = (&message.ident, method_ident(message));
        if message.payload.is_some() {
            quote!(#ident::#variant(__data) => #handler::#method(&mut *__handler, __data).await,)
        } else {
            quote!(#ident::#variant => #handler::#method(&mut *__handler).await,)
        }
    });
    if arms.clone().next().is_none() {
        // Nothing ever arrives; the handler lives as long as its subscription.
        return quote! {
            #runtime::on_message(&self.0, move |_: #ident| {
                let _ = &__handler;
            })
        };
    }
    let rest = messages.iter().any(|message| !message.server_sends()).then(|| quote!(_ => {}));
    let rest = rest.or_else(|| partial.then(|| quote!(#[allow(unreachable_patterns)] _ => {})));
    quote! {
        let __handler = #runtime::Arc::new(#runtime::AsyncMutex::new(__handler));
        #runtime::on_message(&self.0, move |__message: #ident| {
            let __handler = ::core::clone::Clone::clone(&__handler);
            async move {
                let mut __handler = #runtime::AsyncMutex::lock(&*__handler).await;
                match __message { #(#arms)* #rest }
            }
        })
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
