//! How the messages stand on the wire, as constants.

use proc_macro2::{Literal, TokenStream};
use quote::quote;

use crate::{
    attr::quoted,
    form::{Calls, Place, Side},
    message::{Message, Recognition},
    model::Contract,
};

/// `HEADS`, and what else isn't as the trait has it by default.
pub(super) fn constants(contract: &Contract) -> TokenStream {
    let texts = quote!(&'static [&'static ::core::primitive::str]);
    let messages = &contract.messages;
    let form = &contract.form;
    if form.is_own() {
        let names = messages.iter().filter_map(Message::json_tag);
        return quote!(const HEADS: #texts = &[#(__private::head!(#names),)*];);
    }
    let heads = |side| messages.iter().map(move |message| head(message, side)).collect::<Vec<_>>();
    let (client, server) = (heads(&form.client), heads(&form.server));
    let servers = (client != server).then(|| quote!(const SERVER_HEADS: #texts = &[#(#server,)*];));
    let of = |side, sends: fn(&Message) -> bool| {
        side_form(side, &messages.iter().filter(|message| sends(message)).collect::<Vec<_>>())
    };
    let of_client = of(&form.client, Message::client_sends);
    let of_server = of(&form.server, Message::server_sends);
    let batch = form.batch;
    let calls = option(form.calls.as_ref().map(calls));
    quote! {
        const FORM: &'static __private::form::WireForm = &__private::form::WireForm {
            client: #of_client,
            server: #of_server,
            batch: #batch,
            calls: #calls,
        };
        const HEADS: #texts = &[#(#client,)*];
        #servers
    }
}

/// How a message of this side begins.
fn head(message: &Message, side: &Side) -> String {
    let mut head = String::from("{");
    let tag = side.tag.as_ref().filter(|tag| !tag.is_pointer());
    let tag = tag.and_then(|tag| Some((&tag.text, message.json_tag()?)));
    let constants = side.constants.iter().map(|(key, json)| (&key.text, json.clone()));
    for (key, json) in tag.into_iter().chain(constants) {
        if head.len() > 1 {
            head.push(',');
        }
        head.push_str(&quoted(key));
        head.push(':');
        head.push_str(&json);
    }
    head
}

/// One side of the form. Of several untagged messages none can be read.
fn side_form(side: &Side, sent: &[&Message]) -> TokenStream {
    let tag = place(side.tag.as_ref());
    let content = place(side.content.as_ref());
    let timestamp = place(side.timestamp.as_ref());
    let integers = sent.iter().any(|message| message.has_integer());
    let tags = sent.iter().filter_map(|message| match &message.recognition {
        Recognition::Tag(tag) | Recognition::IntegerTag(tag) => {
            let (tag, name) = (text(tag), text(&message.name));
            Some(quote!(__private::form::TaggedName { tag: #tag, name: #name }))
        }
        _ => None,
    });
    let constants = side.constants.iter().map(|(key, json)| {
        let (key, json) = (text(&key.text), text(json));
        quote!(__private::form::Member { key: #key, json: #json })
    });
    let keys = sent.iter().filter_map(|message| match &message.recognition {
        Recognition::Key(key) => {
            let (key, name) = (text(&key.value()), text(&message.name));
            Some(quote!(__private::form::KeyedName { key: #key, name: #name }))
        }
        _ => None,
    });
    let mut untagged =
        sent.iter().filter(|message| matches!(message.recognition, Recognition::Untagged));
    let untagged = match (untagged.next(), untagged.next()) {
        (Some(only), None) => Some(text(&only.name)),
        _ => None,
    };
    let untagged = option(untagged);
    let borrowed = quote!(::std::borrow::Cow::Borrowed);
    quote! {
        __private::form::SideForm {
            tag: #tag,
            content: #content,
            timestamp: #timestamp,
            integers: #integers,
            tags: #borrowed(&[#(#tags,)*]),
            constants: #borrowed(&[#(#constants,)*]),
            keys: #borrowed(&[#(#keys,)*]),
            untagged: #untagged,
        }
    }
}

fn calls(calls: &Calls) -> TokenStream {
    let (id, re, strings) = (text(&calls.id.text), text(&calls.re.text), calls.strings);
    let places = [&calls.result, &calls.error, &calls.success];
    let [result, error, success] = places.map(|at| place(at.as_ref()));
    quote! {
        __private::form::CallForm {
            id: #id,
            re: #re,
            strings: #strings,
            result: #result,
            error: #error,
            success: #success,
        }
    }
}

fn place(place: Option<&Place>) -> TokenStream {
    option(place.map(|place| text(&place.text)))
}

fn text(text: &str) -> TokenStream {
    let text = Literal::string(text);
    quote!(::std::borrow::Cow::Borrowed(#text))
}

fn option(value: Option<TokenStream>) -> TokenStream {
    value.map_or_else(
        || quote!(::core::option::Option::None),
        |value| quote!(::core::option::Option::Some(#value)),
    )
}
