//! Contracts in forms of their own: what their documents say, and what reads them.

mod contracts;
mod document;
