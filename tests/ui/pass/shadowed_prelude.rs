//! A module that has its own `Option`, `Result`, `Send` and the like.
#![allow(dead_code, non_snake_case)]

type Option = ();
type Result = ();
type String = ();
type Vec = ();
type Box = ();
trait Send {}
trait Sized {}
trait FnMut {}
trait Clone {}
trait Future {}
fn Some() {}
fn Ok() {}
fn Err() {}
fn drop() {}
mod std {}
mod core {}

#[derive(wirebond::Contract)]
enum App {
    Chat(u8),
    Leave,
}

fn main() {}
