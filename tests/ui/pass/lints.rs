//! No lint that a user may have set fires in what the derive generates. (Its payloads are no
//! structs: what serde's and schemars' derives generate is theirs.)
#![deny(warnings, future_incompatible, nonstandard_style, unused, rust_2018_idioms)]
#![deny(
    absolute_paths_not_starting_with_crate, ambiguous_negative_literals,
    closure_returning_async_block, deprecated_in_future, deprecated_safe_2024,
    edition_2024_expr_fragment_specifier, elided_lifetimes_in_paths,
    explicit_outlives_requirements, ffi_unwind_calls, if_let_rescope, impl_trait_overcaptures,
    impl_trait_redundant_captures, keyword_idents_2018, keyword_idents_2024, let_underscore_drop,
    macro_use_extern_crate, meta_variable_misuse, missing_copy_implementations,
    missing_debug_implementations, missing_docs, missing_unsafe_on_extern, redundant_imports,
    redundant_lifetimes, rust_2021_incompatible_closure_captures,
    rust_2021_incompatible_or_patterns, rust_2021_prefixes_incompatible_syntax,
    rust_2021_prelude_collisions, rust_2024_guarded_string_incompatible_syntax,
    rust_2024_incompatible_pat, rust_2024_prelude_collisions, single_use_lifetimes,
    tail_expr_drop_order, trivial_casts, trivial_numeric_casts, unit_bindings, unnameable_types,
    unreachable_pub, unsafe_attr_outside_unsafe, unsafe_code, unsafe_op_in_unsafe_fn,
    unused_extern_crates, unused_import_braces, unused_lifetimes, unused_macro_rules,
    unused_qualifications, unused_results, variant_size_differences,
)]
#![deny(clippy::all, clippy::pedantic, clippy::nursery)]
#![forbid(unsafe_code, missing_docs, unused_qualifications, unreachable_pub, unused_results)]
#![forbid(clippy::unwrap_used, clippy::panic, clippy::unreachable)]

/// In public.
pub mod public {
    /// A contract.
    #[derive(Debug, wirebond::Contract)]
    #[non_exhaustive]
    pub enum App {
        /// With a description.
        Chat(String),
        /// For one side.
        #[message(from = "server")]
        OrderUpdate(u8),
        /// For the other.
        #[message(from = "client")]
        Line(Vec<u8>),
        /// Shared.
        Left(Vec<u8>),
        /// Shared and gone.
        #[deprecated]
        #[message(from = "server")]
        Joined(Vec<u8>),
        /// Alone.
        Leave,
        /// Alone.
        #[message(from = "server")]
        Gone,
    }

    /// Nothing but units.
    #[derive(Debug, wirebond::Contract)]
    #[non_exhaustive]
    pub enum Signal {
        /// One.
        Stop,
    }

    /// Nothing for the handler.
    #[derive(Debug, wirebond::Contract)]
    #[non_exhaustive]
    pub enum Up {
        /// One.
        #[message(from = "client")]
        Stop,
        /// Another.
        #[message(from = "client")]
        Line(u8),
    }
}

/// In private, with nobody who uses it.
mod private {
    #[derive(wirebond::Contract)]
    enum App {
        Chat(String),
        #[message(from = "server")]
        OrderUpdate(u8),
        #[message(from = "client")]
        Line(Vec<u8>),
        #[deprecated]
        Leave,
    }

    const _: fn(App) = drop::<App>;

    #[deprecated]
    type Old = u8;

    #[allow(deprecated)]
    mod old {
        #[derive(wirebond::Contract)]
        #[deprecated]
        pub(super) enum App {
            Chat(super::Old),
            #[message(from = "server")]
            Shown(super::Old),
            #[message(from = "client")]
            Line([super::Old; 1]),
        }
    }
    #[allow(deprecated)]
    const _: fn(old::App) = drop::<old::App>;
}

fn main() {}
