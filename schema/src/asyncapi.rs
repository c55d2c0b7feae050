//! Stands in for `asyncapi`.
