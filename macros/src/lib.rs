//! The derive macro of wirebond. Its docs are in the facade, where its examples compile.
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod attr;
mod call;
mod case;
mod docs;
mod expand;
mod facade;
mod form;
mod history;
mod keys;
mod message;
mod model;
mod payload;
mod reserved;
mod validate;

use proc_macro::TokenStream;

/// Makes an enum a message contract, and generates its typed client.
///
/// `serde` is among its attributes only so that the error names the attribute to use instead.
#[proc_macro_derive(Contract, attributes(contract, message, serde))]
pub fn derive_contract(input: TokenStream) -> TokenStream {
    derive(input.into()).into()
}

/// Parse, model, validate, expand. After an error the valid part is still expanded, so that the user
/// sees that error and not twenty others.
fn derive(input: proc_macro2::TokenStream) -> proc_macro2::TokenStream {
    let input = match syn::parse2(input) {
        Ok(input) => input,
        Err(error) => return error.into_compile_error(),
    };
    let mut errors = attr::Errors::default();
    let mut contract = model::Contract::of(&input, &mut errors);
    let mut out = match contract.status {
        model::Status::Valid => {
            validate::validate(&mut contract, &mut errors);
            expand::expand(&contract, !errors.is_empty())
        }
        model::Status::NoContract => expand::stub(&contract),
        model::Status::NoFacade => expand::without_facade(&contract),
    };
    out.extend(errors.into_compile_errors());
    out
}

#[cfg(test)]
mod tests;
