//! Stands in for `validate`.
