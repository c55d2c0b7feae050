//! The contract of a typed WebSocket API as a document, `contract.json`, and what judges it: whether a
//! change is compatible, whether a message is valid.
//!
//! Most users reach this crate through `wirebond`, whose `#[derive(Contract)]` implements [`Contract`].
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod call;
pub mod compat;
mod document;
mod fingerprint;
mod generate;
mod history;
mod json_schema;
mod printable;
mod snapshot;
#[cfg(feature = "validate")]
pub mod validate;

pub use call::Call;
pub use document::{Document, Message, ReadError};
pub use fingerprint::{Fingerprint, FingerprintError, MessageFingerprint};
pub use generate::{ContractDocument, GenerateError, View, Warning, renamed};
pub use history::{ClientVerdict, Compatibility, History};
pub use wirebond_core::wire::form::{CallForm, KeyedName, Member, Place, SideForm, WireForm};
pub use wirebond_core::{Contract, Direction, Envelope, MessageInfo, Payload, Received};

/// What [`assert_contract!`] and the `wirebond` command build on. Not part of the public API.
#[doc(hidden)]
pub mod internal {
    pub use crate::{
        json_schema::{
            place::{keys as place_keys, pointer},
            reference, required,
            tag::of_union,
        },
        printable::{Printable, is_invisible},
        snapshot::{
            check as check_snapshot, check_with_history as check_snapshot_with_history, difference,
        },
    };

    #[cfg(feature = "validate")]
    pub use crate::validate::{narrow_schema, push_index, push_key};
}
