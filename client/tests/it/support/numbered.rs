//! A client of a backend whose calls have numbers at a place of their own, as `#[derive(Contract)]` makes it.

use std::{borrow::Cow, fmt};

use wirebond_client::{Client, Contract, Opening, TypedClient};
use wirebond_connection::session::ContractIdentity;
use wirebond_core::{
    Direction, MessageInfo,
    codegen::{Deserializer, Fields, SerializeStruct, WireContract, no_payload},
    form::{CallForm, SideForm, WireForm},
};

/// Its one message, which the client calls: `{"method":"price","id":1}`.
#[derive(Debug)]
pub struct Backend;

const SIDE: SideForm = SideForm {
    tag: Some(Cow::Borrowed("method")),
    content: Some(Cow::Borrowed("params")),
    timestamp: None,
    ..SideForm::DEFAULT
};

impl Contract for Backend {
    const NAME: &'static str = "Backend";
    const VERSION: &'static str = "1.0.0";
    const DESCRIPTION: &'static str = "";
    const MESSAGES: &'static [MessageInfo] =
        &[MessageInfo::unit("price", "Price", Direction::Client)];
}

impl WireContract for Backend {
    const FORM: &'static WireForm = &WireForm {
        client: SIDE,
        server: SIDE,
        batch: false,
        calls: Some(CallForm { re: Cow::Borrowed("id"), ..CallForm::USUAL }),
    };
    const HEADS: &'static [&'static str] = &[r#"{"method":"price""#];

    fn position(name: &str) -> Option<usize> {
        (name == "price").then_some(0)
    }

    fn index(&self) -> usize {
        0
    }

    fn write_data<S: SerializeStruct>(&self, _: &mut Fields<'_, S>) -> Result<(), S::Error> {
        Ok(())
    }

    fn read_data<'de, D: Deserializer<'de>>(_: usize, _: D) -> Result<Self, D::Error> {
        Err(no_payload())
    }

    fn unit(_: usize) -> Option<Self> {
        Some(Self)
    }
}

#[derive(Clone)]
pub struct BackendClient(Client);

impl fmt::Debug for BackendClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BackendClient")
    }
}

impl TypedClient for BackendClient {
    type Contract = Backend;
    type Opening = Opening;

    fn untyped(&self) -> &Client {
        &self.0
    }

    fn from_untyped(client: Client) -> Self {
        Self(client)
    }

    fn identity() -> Option<&'static ContractIdentity> {
        None
    }
}
