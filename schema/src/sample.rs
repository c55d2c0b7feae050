//! Stands in for `sample`.
