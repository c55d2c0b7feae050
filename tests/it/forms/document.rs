//! The documents of contracts in forms of their own.

use wirebond::{
    Contract,
    schema::{ContractDocument, Document},
};
use wirebond_core::form::WireForm;

use super::contracts::{
    Adjacent, Flat, Integers, Nested, PerSide, Pointer, Rpc, Shared, SharedIntegers, Untagged,
};
use crate::support::tools;

/// The document, which is the committed one and says the form.
fn committed<C: Contract>(name: &str, form: &WireForm) -> Document {
    let document = C::contract().unwrap();
    let path = tools::here("tests/contract/forms").join(format!("{name}.json"));
    tools::committed(path.to_str().unwrap(), &document.to_json());
    let read = Document::parse(&document.to_json()).unwrap();
    assert_eq!(read, document);
    assert_eq!(read.form(), form);
    document
}

#[test]
fn each_form_has_a_document_that_says_it() {
    macro_rules! all {
        ($($contract:ident $name:literal)*) => {$(
            committed::<$contract>($name, <$contract as wirebond_core::codegen::WireContract>::FORM);
        )*};
    }
    all! {
        Flat "flat" Adjacent "adjacent" PerSide "per-side" Pointer "pointer" Integers "integers" Rpc "rpc"
        Untagged "untagged" Nested "nested" Shared "shared" SharedIntegers "shared-integers"
    }
}

#[test]
fn tags_of_their_own_that_contradict_each_other_are_no_contract() {
    let text = Shared::contract().unwrap().to_json();
    let fail = |from: &str, to: &str| {
        assert!(text.contains(from), "{from}: {text}");
        Document::parse(&text.replace(from, to)).unwrap_err().to_string()
    };
    let own = r#"{\"name\":\"alive\",\"tag\":\"ping\"}"#;
    for (other, why) in [
        (r#"{\"name\":\"alive\",\"tag\":\"subscribe\"}"#, "two `tags` of"),
        (r#"{\"name\":\"said\",\"tag\":\"ping\"}"#, "two `tags` of"),
        (r#"{\"name\":\"ping\",\"tag\":\"pong\"}"#, "its form says that \"ping\" has \"pong\""),
        (r#"{\"name\":\"alive\",\"tag\":\"ping\",\"more\":1}"#, "doesn't know"),
    ] {
        let said = fail(own, other);
        assert!(said.contains(why), "{other}: {said}");
    }
}
