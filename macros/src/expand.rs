//! The model as code: small functions that call generic ones of the runtime.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::{Type, ext::IdentExt, spanned::Spanned};

use crate::model::{Contract, From, Message};

/// Everything that the derive adds. After an error (`partial`) variants may be missing from the
/// model.
pub(crate) fn expand(contract: &Contract, partial: bool) -> TokenStream {
    let root = &contract.root;
    let implementation = implementation(contract, partial);
    let client = client(contract);
    let handler = handler(contract);
    let outgoing = outgoing(contract);
    quote! {
        #implementation
        #root::__private::with_client! {
            #client
            #handler
            #outgoing
        }
    }
}

/// What stands for the client of an item that can't be a contract, so that code which uses it gets
/// few errors of its own.
pub(crate) fn stub(contract: &Contract) -> TokenStream {
    let Contract { vis, client, root, .. } = contract;
    quote! {
        #root::__private::with_client! {
            #[allow(dead_code)]
            #vis type #client = #root::__private::client::Client;
        }
    }
}

/// `Contract`, and how values are written and read.
fn implementation(contract: &Contract, partial: bool) -> TokenStream {
    let Contract { ident, name, version, description, root, messages, .. } = contract;
    let private = quote!(#root::__private);
    let cfg: Vec<_> = messages.iter().map(|message| &message.cfg).collect();
    let variants: Vec<_> = messages.iter().map(|message| &message.ident).collect();
    let names = messages.iter().map(|message| &message.name);
    let infos = messages.iter().map(|message| info(message, &private));
    let shapes = messages.iter().map(|message| {
        let variant = &message.ident;
        if message.payload.is_some() { quote!(Self::#variant(..)) } else { quote!(Self::#variant) }
    });
    // Payloads are reached through their trait, at their own place: a type that is none is one error.
    let payload = |ty: &Type, method| {
        let method = Ident::new(method, at(ty));
        quote_spanned!(at(ty)=> <#ty as #private::Payload>::#method)
    };
    let writes = messages.iter().map(|message| {
        let (variant, cfg) = (&message.ident, &message.cfg);
        if let Some(ty) = &message.payload {
            let write = payload(ty, "write");
            quote!(#(#cfg)* Self::#variant(data) => #write(data, fields),)
        } else {
            quote!(#(#cfg)* Self::#variant => ::core::result::Result::Ok(()),)
        }
    });
    let reads = messages.iter().filter_map(|message| {
        let (variant, cfg, ty) = (&message.ident, &message.cfg, message.payload.as_ref()?);
        let read = payload(ty, "read");
        Some(quote!(#(#cfg)* __Place::#variant => #read(data).map(Self::#variant),))
    });
    let units = messages.iter().filter(|message| message.payload.is_none()).map(|message| {
        let (variant, cfg) = (&message.ident, &message.cfg);
        quote!(#(#cfg)* __Place::#variant => ::core::option::Option::Some(Self::#variant),)
    });
    let rest = partial.then(|| quote!(#[allow(unreachable_patterns)] _ => ::core::unreachable!(),));
    quote! {
        #[allow(
            deprecated, non_upper_case_globals, unreachable_code, clippy::all, clippy::pedantic,
            clippy::nursery
        )]
        const _: () = {
            /// Counts the variants that are there. (The underscores keep it apart from payload types.)
            #[allow(dead_code, non_camel_case_types)]
            enum __Order { #(#(#cfg)* #variants,)* }
            struct __Place;
            #[allow(dead_code)]
            impl __Place { #(#(#cfg)* const #variants: usize = __Order::#variants as usize;)* }

            #[automatically_derived]
            impl #private::WireContract for #ident {
                fn position(name: &str) -> ::core::option::Option<usize> {
                    ::core::option::Option::Some(match name {
                        #(#(#cfg)* #names => __Place::#variants,)*
                        _ => return ::core::option::Option::None,
                    })
                }
                fn index(&self) -> usize {
                    match self { #(#(#cfg)* #shapes => __Place::#variants,)* #rest }
                }
                fn write_data<S: #private::SerializeStruct>(
                    &self,
                    fields: &mut #private::Fields<'_, S>,
                ) -> ::core::result::Result<(), S::Error> {
                    match self { #(#writes)* #rest }
                }
                fn read_data<'de, D: #private::Deserializer<'de>>(
                    index: usize,
                    data: D,
                ) -> ::core::result::Result<Self, D::Error> {
                    match index {
                        #(#reads)*
                        _ => ::core::result::Result::Err(#private::no_payload()),
                    }
                }
                fn unit(index: usize) -> ::core::option::Option<Self> {
                    match index { #(#units)* _ => ::core::option::Option::None }
                }
            }

            #[automatically_derived]
            impl #private::Contract for #ident {
                const NAME: &'static str = #name;
                const VERSION: &'static str = #version;
                const DESCRIPTION: &'static str = #description;
                const MESSAGES: &'static [#private::MessageInfo] = &[#(#(#cfg)* #infos,)*];
            }
        };
    }
}

fn info(message: &Message, private: &TokenStream) -> TokenStream {
    let Message { name, payload, from, description, .. } = message;
    let variant = message.ident.unraw().to_string();
    let direction = match from {
        From::Client => quote!(Client),
        From::Server => quote!(Server),
        From::Both => quote!(Both),
    };
    let arguments = quote!(#name, #variant, #private::Direction::#direction);
    let made = if let Some(ty) = payload {
        let schema = quote_spanned!(at(ty)=> <#ty as #private::Payload>::SCHEMA);
        quote!(#private::MessageInfo::carrying(#arguments, #schema))
    } else {
        quote!(#private::MessageInfo::unit(#arguments))
    };
    let described = (!description.is_empty()).then(|| quote!(.described(#description)));
    let deprecated = message.deprecated.then(|| quote!(.deprecated()));
    quote!(#made #described #deprecated)
}

/// Where errors about these tokens point to. Names resolve where the derive stands, even if the
/// tokens come out of somebody's macro.
fn at(tokens: &impl Spanned) -> Span {
    tokens.span().resolved_at(Span::call_site())
}

/// The place of a message, for the runtime.
fn place(message: &Message, ident: &Ident, root: &TokenStream) -> TokenStream {
    let name = &message.name;
    quote!(#root::__private::place::<#ident>(#name))
}

fn client(contract: &Contract) -> TokenStream {
    let Contract { ident, vis, client, root, messages, .. } = contract;
    let runtime = quote!(#root::__private::client);
    let methods = messages.iter().map(|message| methods(message, contract, &runtime));
    let handler = handler_name(contract);
    let arms = messages.iter().filter(|message| message.server_sends()).map(|message| {
        let (cfg, variant, method) = (&message.cfg, &message.ident, method_ident(message));
        if message.payload.is_some() {
            quote!(#(#cfg)* #ident::#variant(data) => #handler::#method(&mut *handler, data).await,)
        } else {
            quote!(#(#cfg)* #ident::#variant => #handler::#method(&mut *handler).await,)
        }
    });
    let doc = format!("The typed client of [`{ident}`]: a cheap handle that may be cloned.");
    let doc_builder = format!("Starts to describe a client that speaks [`{ident}`] with `url`.");
    let doc_handle =
        format!("Calls the method of a [`{handler}`] for every message, in arrival order.");
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
            fn from_client(client: #runtime::Client) -> Self {
                Self(client)
            }
        }

        #[automatically_derived]
        #[allow(dead_code, deprecated, clippy::all, clippy::pedantic, clippy::nursery)]
        impl #client {
            #[doc = #doc_builder]
            #vis fn builder<M>(url: impl #runtime::UrlSource<M>) -> #runtime::Builder<Self> {
                #runtime::builder(url)
            }
            #(#methods)*
            /// Sends a payload as the one message that carries it.
            ///
            /// Where two messages carry the payload's type, call the one that is meant:
            /// `send_joined(&user)`.
            #vis fn send<T: #runtime::Outgoing<#ident, M> + ?::core::marker::Sized, M>(&self, payload: &T) -> #runtime::Sending {
                #runtime::send(&self.0, T::NAME, T::encode(payload))
            }
            /// The same as `send`, without waiting: `QueueFull` where that would wait.
            #vis fn try_send<T: #runtime::Outgoing<#ident, M> + ?::core::marker::Sized, M>(
                &self,
                payload: &T,
            ) -> ::core::result::Result<(), #runtime::SendError> {
                #runtime::try_send(&self.0, T::NAME, T::encode(payload))
            }
            /// Every message of the server, in arrival order across types.
            #vis fn messages(&self) -> #runtime::MessageStream<#ident> {
                #runtime::messages(&self.0)
            }
            #[doc = #doc_handle]
            #vis fn handle(&self, handler: impl #handler) -> #runtime::Subscription {
                let handler = ::std::sync::Arc::new(#runtime::AsyncMutex::new(handler));
                #runtime::on_message(&self.0, move |message: #ident| {
                    let handler = ::std::sync::Arc::clone(&handler);
                    async move {
                        #[allow(unused_mut, unused_variables)]
                        let mut handler = handler.lock().await;
                        #[allow(unreachable_patterns)]
                        match message { #(#arms)* _ => {} }
                    }
                })
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
}

/// What a message adds to the client.
fn methods(message: &Message, contract: &Contract, runtime: &TokenStream) -> TokenStream {
    let Contract { ident, vis, root, .. } = contract;
    let Message { cfg, told, method, name, payload, .. } = message;
    let (send, try_send) = (format_ident!("send_{method}"), format_ident!("try_send_{method}"));
    let (on, off) = (format_ident!("on_{method}"), format_ident!("off_{method}"));
    let stream = format_ident!("stream_{method}");
    let place = place(message, ident, root);
    let deprecated = told.iter().filter(|attr| attr.path().is_ident("deprecated"));
    let tell = |words: String| {
        let told = told.iter().filter(|attr| attr.path().is_ident("doc"));
        let deprecated = deprecated.clone();
        quote!(#(#cfg)* #[doc = #words] #[doc = ""] #(#told)* #(#deprecated)*)
    };
    let mut out = TokenStream::new();
    if message.client_sends() {
        let parameter = payload.as_ref().map(|ty| quote!(payload: &#ty));
        let encoded = encoded(message, &quote!(payload), root);
        let docs =
            tell(format!("Sends `{name}`: queued now, written as soon as a connection is open."));
        let docs_try =
            tell(format!("Sends `{name}` without waiting: `QueueFull` where `{send}` would wait."));
        out.extend(quote! {
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
        });
    }
    if message.server_sends() {
        let (on_with, stream_with, item, decode) = match payload {
            Some(ty) => {
                let decode = quote_spanned!(at(ty)=> <#ty as #root::__private::Payload>::decode,);
                (quote!(on), quote!(stream), quote!(#ty), decode)
            }
            None => (quote!(on_unit), quote!(stream_unit), quote!(()), quote!()),
        };
        let argument = payload.as_ref();
        let docs = tell(format!(
            "Calls `handler` with every `{name}` that arrives, one at a time, in order."
        ));
        let docs_off = tell(format!("Removes every handler of `{name}`."));
        let docs_stream = tell(format!("Every `{name}` that arrives, as a stream."));
        out.extend(quote! {
            #docs
            #vis fn #on<R, M>(
                &self,
                handler: impl ::core::ops::FnMut(#argument) -> R + ::core::marker::Send + 'static,
            ) -> #runtime::Subscription
            where
                R: #runtime::Outcome<M, Settled: ::core::marker::Send + 'static> + 'static,
                M: 'static,
            {
                #runtime::#on_with(&self.0, #place, #decode handler)
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
        });
    }
    out
}

/// The whole message as bytes, or why its payload can't be serialized.
fn encoded(message: &Message, payload: &TokenStream, root: &TokenStream) -> TokenStream {
    let head = message.head();
    if let Some(ty) = &message.payload {
        let encode = quote_spanned!(at(ty)=> <#ty as #root::__private::Payload>::encode);
        quote!(#encode(#payload, #head))
    } else {
        quote!(#root::__private::client::encode_unit(#head))
    }
}

fn handler_name(contract: &Contract) -> Ident {
    format_ident!("{}Handler", contract.ident.unraw())
}

/// A method's name by itself, raw where it is a keyword in the user's edition or in one to come.
fn method_ident(message: &Message) -> Ident {
    let name = &message.method;
    if name != "gen" && syn::parse_str::<Ident>(name).is_ok() {
        Ident::new(name, message.ident.span())
    } else {
        Ident::new_raw(name, message.ident.span())
    }
}

/// The trait with one required method for each message of the server.
fn handler(contract: &Contract) -> TokenStream {
    let Contract { ident, vis, client, messages, .. } = contract;
    let name = handler_name(contract);
    let methods = messages.iter().filter(|message| message.server_sends()).map(|message| {
        let Message { cfg, told, payload, .. } = message;
        let method = method_ident(message);
        let doc = format!("Called with every `{}`.", message.name);
        let argument = payload.as_ref().map(|ty| quote!(, data: #ty));
        let docs = told.iter().filter(|attr| attr.path().is_ident("doc"));
        quote! {
            #(#cfg)*
            #[doc = #doc]
            #[doc = ""]
            #(#docs)*
            fn #method(&mut self #argument) -> impl ::core::future::Future<Output = ()> + ::core::marker::Send;
        }
    });
    let doc = format!(
        "Handles every message that the server side of [`{ident}`] may send: see `{client}::handle`. \
         Write each method as `async fn`."
    );
    quote! {
        #[doc = #doc]
        #[allow(deprecated, dead_code)]
        #vis trait #name: ::core::marker::Send + 'static { #(#methods)* }
    }
}

/// Which payload types `send` takes.
fn outgoing(contract: &Contract) -> TokenStream {
    let Contract { ident, root, messages, .. } = contract;
    let runtime = quote!(#root::__private::client);
    let impls = messages.iter().filter_map(|message| {
        let (ty, cfg) = (message.payload.as_ref()?, &message.cfg);
        // Nobody's payload type has such a name, so none is hidden by it.
        let marker = format_ident!("__{}", message.ident.unraw());
        let name = &message.name;
        let span = at(&message.ident);
        let encoded = encoded(message, &quote_spanned!(span=> self), root);
        // Only recognised to say so: the bound never holds. The lifetime defers it to the call.
        let server_only = !message.client_sends();
        let parameter = server_only.then(|| quote!(<'never>));
        let never =
            server_only.then(|| quote!(where #runtime::ClientSide<'never>: #runtime::MaySend<#ty>));
        Some(quote_spanned! {span=>
            #(#cfg)*
            const _: () = {
                // As public as can be: code in other modules infers it when it calls `send`.
                #[allow(non_camel_case_types, unreachable_pub)]
                pub enum #marker {}
                #[automatically_derived]
                #[allow(deprecated)]
                impl #parameter #runtime::Outgoing<#ident, #marker> for #ty #never {
                    const NAME: &'static str = #name;
                    #[inline]
                    fn encode(&self) -> #runtime::Encoded { #encoded }
                }
            };
        })
    });
    quote!(#(#impls)*)
}
