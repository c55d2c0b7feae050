//! The model as code: small functions that call generic ones of the runtime.
//!
//! Whatever the user's names are, ours don't meet them: what is generated is reached by absolute paths
//! (`::core::…`, the facade's), functions of traits are called by their trait, and every name that a
//! type, a constant or a lifetime of the user's could bear begins with two underscores.

mod client;
mod methods;
mod outgoing;
mod server;

use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::{ext::IdentExt, spanned::Spanned};

use crate::model::{Contract, From, Message};

/// Everything that the derive adds. After an error (`partial`) variants may be missing from the
/// model.
pub(crate) fn expand(contract: &Contract, partial: bool) -> TokenStream {
    let root = &contract.root;
    let implementation = implementation(contract, partial);
    let client = client::client(contract, partial);
    let handler = client::handler(contract);
    let outgoing = outgoing::outgoing(contract);
    let server = contract.server.then(|| server::server(contract));
    let server = server.map(|server| quote!(#root::__private::with_server! { #server }));
    quote! {
        #implementation
        #root::__private::with_client! {
            #client
            #handler
            #outgoing
        }
        #server
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

/// The same where nothing of wirebond can be named.
pub(crate) fn lost(contract: &Contract) -> TokenStream {
    let Contract { vis, client, handler, .. } = contract;
    quote! {
        #[allow(dead_code)]
        #vis struct #client;
        #[allow(dead_code)]
        #vis trait #handler {}
    }
}

/// `Contract`, and how values are written and read.
fn implementation(contract: &Contract, partial: bool) -> TokenStream {
    let Contract { ident, vis, name, version, docs, root, messages, .. } = contract;
    let private = quote!(#root::__private);
    let text = quote!(&'static ::core::primitive::str);
    let infos = messages.iter().map(|message| info(message, &private));
    let description = docs.text();
    let codec = codec(contract, partial, &private);
    quote! {
        #[automatically_derived]
        #[allow(deprecated)]
        impl #private::WireContract for #ident { #codec }

        #[automatically_derived]
        #[allow(deprecated)]
        impl #private::Contract for #ident {
            const NAME: #text = #name;
            const VERSION: #text = #version;
            const DESCRIPTION: #text = #description;
            const MESSAGES: &'static [#private::MessageInfo] = &[#(#infos,)*];
        }

        #[automatically_derived]
        impl #ident {
            /// The contract as a document: what `contract.json` holds.
            ///
            /// Fails where no document could describe it; the error says which types or fields are in the
            /// way.
            #[allow(dead_code, unreachable_pub)]
            #[inline]
            #vis fn contract() -> ::core::result::Result<#private::Document, #private::GenerateError> {
                <Self as #private::ContractDocument>::contract()
            }
        }
    }
}

/// How values are written and read.
fn codec(contract: &Contract, partial: bool, private: &TokenStream) -> TokenStream {
    let (primitive, result) = (quote!(::core::primitive), quote!(::core::result::Result));
    let option = quote!(::core::option::Option);
    let names = names(&contract.messages, &option);
    let rest = partial.then(|| quote!(#[allow(unreachable_patterns)] _ => ::core::unreachable!(),));
    let (mut indices, mut writes) = (TokenStream::new(), TokenStream::new());
    let (mut reads, mut units) = (TokenStream::new(), TokenStream::new());
    for (index, message) in contract.messages.iter().enumerate() {
        let (variant, place) = (&message.ident, place(index));
        if let Some(ty) = &message.payload {
            // Payloads are reached through their trait, at their own place: a type that is none is one
            // error.
            let payload = quote_spanned!(at(ty)=> <#ty as #private::Payload>);
            let (write, read) = (Ident::new("write", at(ty)), Ident::new("read", at(ty)));
            indices.extend(quote!(Self::#variant(..) => #place,));
            writes.extend(quote!(Self::#variant(__data) => #payload::#write(__data, __fields),));
            reads.extend(quote!(#place => #result::map(#payload::#read(__data), Self::#variant),));
        } else {
            indices.extend(quote!(Self::#variant => #place,));
            writes.extend(quote!(Self::#variant => #result::Ok(()),));
            units.extend(quote!(#place => #option::Some(Self::#variant),));
        }
    }
    quote! {
        fn position(__name: &#primitive::str) -> #option<#primitive::usize> {
            #names
        }
        fn index(&self) -> #primitive::usize {
            match self { #indices #rest }
        }
        fn write_data<__S: #private::SerializeStruct>(
            &self,
            __fields: &mut #private::Fields<'_, __S>,
        ) -> #result<(), __S::Error> {
            match self { #writes #rest }
        }
        fn read_data<'__de, __D: #private::Deserializer<'__de>>(
            __index: #primitive::usize,
            __data: __D,
        ) -> #result<Self, __D::Error> {
            match __index {
                #reads
                _ => #result::Err(#private::no_payload()),
            }
        }
        fn unit(__index: #primitive::usize) -> #option<Self> {
            match __index { #units _ => #option::None }
        }
    }
}

/// The place of a wire name.
fn names(messages: &[Message], option: &TokenStream) -> TokenStream {
    if messages.is_empty() {
        return quote!(#option::None);
    }
    let places = (0..messages.len()).map(place);
    let names = messages.iter().map(|message| &message.name);
    quote!(#option::Some(match __name { #(#names => #places,)* _ => return #option::None }))
}

fn info(message: &Message, private: &TokenStream) -> TokenStream {
    let Message { name, payload, from, docs, .. } = message;
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
    let described = (!docs.is_empty()).then(|| {
        let text = docs.text();
        quote!(.described(#text))
    });
    let deprecated = message.deprecated.as_ref().map(|_| quote!(.deprecated()));
    let lenient = message.lenient.then(|| quote!(.lenient()));
    quote!(#made #described #deprecated #lenient)
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
