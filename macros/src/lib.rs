//! The derive macro of wirebond. Its docs are in the facade, where its examples compile.
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod attr;
mod case;
mod check;
mod docs;
mod expand;
mod facade;
mod model;
mod payload;

use proc_macro::TokenStream;

/// Makes an enum a message contract, and generates its typed client.
///
/// `serde` is among its attributes only to be refused in words of our own.
#[proc_macro_derive(Contract, attributes(contract, message, serde))]
pub fn derive_contract(input: TokenStream) -> TokenStream {
    derive(input.into()).into()
}

/// Parse, model, check, expand. After an error the sound part is still expanded, so that the user
/// sees that error and not twenty others.
fn derive(input: proc_macro2::TokenStream) -> proc_macro2::TokenStream {
    let input = match syn::parse2(input) {
        Ok(input) => input,
        Err(error) => return error.into_compile_error(),
    };
    let mut errors = attr::Errors::default();
    let mut contract = model::Contract::of(&input, &mut errors);
    let mut out = match contract.sort {
        model::Sort::Sound => {
            check::check(&mut contract, &mut errors);
            expand::expand(&contract, !errors.is_empty())
        }
        model::Sort::Wrong => expand::stub(&contract),
        model::Sort::Lost => expand::lost(&contract),
    };
    out.extend(errors.into_compile_errors());
    out
}

#[cfg(test)]
mod tests;
