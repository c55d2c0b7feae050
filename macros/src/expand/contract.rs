//! The contract as data, and how its values are written and read.

use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};
use syn::{Type, ext::IdentExt};

use super::{at, form, place, scoped};
use crate::{
    call::Call,
    message::{From, Message, Recognition},
    model::Contract,
};

/// `Contract`, and how values are written and read.
pub(super) fn implementation(contract: &Contract, partial: bool) -> TokenStream {
    let Contract { ident, vis, name, version, docs, messages, .. } = contract;
    let text = quote!(&'static ::core::primitive::str);
    let infos = messages.iter().map(info);
    let description = docs.text();
    let codec = codec(contract, partial);
    let items = quote! {
        #[automatically_derived]
        #[allow(deprecated)]
        impl __private::WireContract for #ident { #codec }

        #[automatically_derived]
        #[allow(deprecated)]
        impl __private::Contract for #ident {
            const NAME: #text = #name;
            const VERSION: #text = #version;
            const DESCRIPTION: #text = #description;
            const MESSAGES: &'static [__private::MessageInfo] = &[#(#infos,)*];
        }

        #[automatically_derived]
        #[allow(deprecated)]
        impl #ident {
            /// The contract as a document: what `contract.json` holds.
            ///
            /// Fails where no document could describe it; the error says which types or fields are in the
            /// way.
            #[allow(dead_code)]
            #[inline]
            #vis fn contract() -> ::core::result::Result<__private::Document, __private::GenerateError> {
                <Self as __private::ContractDocument>::contract()
            }
        }
    };
    scoped(contract, None, &items)
}

/// How values are written and read.
fn codec(contract: &Contract, partial: bool) -> TokenStream {
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
            let payload = quote_spanned!(at(ty)=> <#ty as __private::Payload>);
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
    let form = form::constants(contract);
    quote! {
        #form
        fn position(__name: &#primitive::str) -> #option<#primitive::usize> {
            #names
        }
        fn index(&self) -> #primitive::usize {
            match self { #indices #rest }
        }
        fn write_data<__S: __private::SerializeStruct>(
            &self,
            __fields: &mut __private::Fields<'_, __S>,
        ) -> #result<(), __S::Error> {
            match self { #writes #rest }
        }
        fn read_data<'__de, __D: __private::Deserializer<'__de>>(
            __index: #primitive::usize,
            __data: __D,
        ) -> #result<Self, __D::Error> {
            match __index {
                #reads
                _ => #result::Err(__private::no_payload()),
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

fn info(message: &Message) -> TokenStream {
    let Message { name, payload, from, docs, .. } = message;
    let variant = message.ident.unraw().to_string();
    let direction = match from {
        From::Client => quote!(Client),
        From::Server => quote!(Server),
        From::Both => quote!(Both),
    };
    let arguments = quote!(#name, #variant, __private::Direction::#direction);
    let made = if let Some(ty) = payload {
        let schema = quote_spanned!(at(ty)=> <#ty as __private::Payload>::SCHEMA);
        quote!(__private::MessageInfo::carrying(#arguments, #schema))
    } else {
        quote!(__private::MessageInfo::unit(#arguments))
    };
    let described = (!docs.is_empty()).then(|| {
        let text = docs.text();
        quote!(.described(#text))
    });
    let deprecated = message.deprecated.as_ref().map(|_| quote!(.deprecated()));
    let lenient = message.lenient.then(|| quote!(.lenient()));
    let recognition = match &message.recognition {
        Recognition::Name => None,
        Recognition::Integer => Some(quote!(Integer)),
        Recognition::Tag(tag) => Some(quote!(Tag(#tag))),
        Recognition::IntegerTag(tag) => Some(quote!(IntegerTag(#tag))),
        Recognition::Key(key) => Some(quote!(Key(#key))),
        Recognition::Untagged => Some(quote!(Untagged)),
    };
    let recognised = recognition.map(|by| quote!(.recognised_by(__private::Recognition::#by)));
    let answered = message.call.as_ref().map(|call| {
        let call = call_info(call);
        quote!(.answered(#call))
    });
    quote!(#made #described #deprecated #lenient #recognised #answered)
}

/// What is known of a call's answer.
fn call_info(call: &Call) -> TokenStream {
    let option = quote!(::core::option::Option);
    let schema = |ty: &Option<Type>| {
        let schema =
            |ty| quote_spanned!(at(ty)=> #option::Some(<#ty as __private::Payload>::SCHEMA));
        ty.as_ref().map_or_else(|| quote!(#option::None), schema)
    };
    let reply = schema(&call.reply);
    let error = call.error.as_ref().map(|error| {
        let error = schema(&error.0);
        quote!(.failing(#error))
    });
    let idempotent = call.idempotent.then(|| quote!(.idempotent()));
    let timeout = call.timeout.map(|millis| quote!(.within_millis(#millis)));
    quote!(__private::CallInfo::new(#reply) #error #idempotent #timeout)
}
