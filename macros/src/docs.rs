//! Doc comments: as text for documents, and as attributes for generated methods.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote};
use syn::{Attribute, Expr, ExprLit, Lit, LitStr, Meta, ext::IdentExt};

use crate::attr::ungrouped;

/// The doc comments of an item.
pub(crate) struct Docs {
    pieces: Vec<Piece>,
    /// `#[doc(hidden)]`, `#[doc(alias = "…")]` and the like.
    lists: Vec<Attribute>,
}

enum Piece {
    /// Lines without the margin that they have in common.
    Text(String),
    /// `include_str!("chat.md")`, `concat!(…)`: what only the compiler can evaluate.
    Macro(Expr),
}

/// One attribute's text, as rustdoc takes it.
struct Fragment {
    text: String,
    /// Whether it was written as a comment.
    is_comment: bool,
}

impl Docs {
    pub(crate) fn of(attrs: &[Attribute]) -> Self {
        let mut docs = Self { pieces: Vec::new(), lists: Vec::new() };
        let mut fragments = Vec::new();
        for attr in attrs.iter().filter(|attr| attr.path().is_ident("doc")) {
            let Meta::NameValue(meta) = &attr.meta else {
                docs.lists.push(attr.clone());
                continue;
            };
            match ungrouped(meta.value.clone()) {
                Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => fragments.push(fragment(&text)),
                value @ Expr::Macro(_) => {
                    docs.flush(&mut fragments);
                    docs.pieces.push(Piece::Macro(value));
                }
                // The compiler refuses the attribute itself.
                _ => {}
            }
        }
        docs.flush(&mut fragments);
        docs
    }

    fn flush(&mut self, fragments: &mut Vec<Fragment>) {
        if !fragments.is_empty() {
            self.pieces.push(Piece::Text(unindented(fragments)));
            fragments.clear();
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.pieces.is_empty()
    }

    /// The whole text as an expression of type `&'static str`.
    pub(crate) fn text(&self) -> TokenStream {
        if let [Piece::Text(text)] = &*self.pieces {
            return text.trim().to_token_stream();
        }
        if self.pieces.is_empty() {
            return quote!("");
        }
        let pieces = self.pieces.iter().enumerate().map(|(place, piece)| {
            let line = (place > 0).then(|| quote!("\n",));
            match piece {
                Piece::Text(text) => quote!(#line #text),
                Piece::Macro(value) => quote!(#line #value),
            }
        });
        quote!(::core::primitive::str::trim_ascii(::core::concat!(#(#pieces),*)))
    }

    /// Attributes that give a generated item these docs below its own first line. `contract` is what
    /// `Self` means in them.
    ///
    /// Under `doctest` they are absent: an example runs where the user wrote it, and only there.
    pub(crate) fn attributes(&self, contract: &Ident) -> TokenStream {
        let lists = &self.lists;
        if self.pieces.is_empty() {
            return quote!(#(#lists)*);
        }
        let contract = contract.unraw();
        let named = |text: &str| {
            let text = text.trim_end().replace("Self::", &format!("{contract}::"));
            let text = text.replace("`Self`", &format!("`{contract}`"));
            text.replace("[Self]", &format!("[{contract}]"))
        };
        let pieces = self.pieces.iter().map(|piece| match piece {
            Piece::Text(text) => named(text).to_token_stream(),
            Piece::Macro(value) => value.to_token_stream(),
        });
        quote!(#[cfg_attr(not(doctest), doc = "" #(, doc = #pieces)*)] #(#lists)*)
    }
}

fn fragment(literal: &LitStr) -> Fragment {
    let text = literal.value();
    // A doc comment is an attribute by now; the place that it came from still shows it.
    let source = literal.span().source_text();
    let begins = |with| source.as_ref().map(|source| source.starts_with(with));
    let is_block = begins("/*").unwrap_or_else(|| text.contains('\n'));
    let is_line = begins("//").unwrap_or_else(|| !text.contains('\n'));
    let text = if is_block { without_stars(&text) } else { text };
    Fragment { text, is_comment: is_block || is_line }
}

/// The inside of `/** … */` without frame and margin of asterisks: rustc's `beautify_doc_string`.
fn without_stars(text: &str) -> String {
    let is_frame = |line: &str| line.chars().all(|c| c == '*');
    let mut lines: Vec<_> = text.lines().collect();
    if lines.len() < 2 {
        return text.to_owned();
    }
    if lines.first().is_some_and(|line| is_frame(line)) {
        lines.remove(0);
    }
    if lines.last().is_some_and(|line| !line.trim().is_empty() && is_frame(line.trim())) {
        lines.pop();
    }
    if let Some(margin) = margin(&lines) {
        for line in &mut lines {
            if let Some(rest) = line.strip_prefix(margin) {
                *line = rest;
                if rest == "*" || rest.starts_with("* ") || rest.starts_with("**") {
                    *line = &rest[1..];
                }
            }
        }
    }
    lines.join("\n")
}

/// What stands before the asterisk of each line, if each has one at the same place.
fn margin<'a>(lines: &[&'a str]) -> Option<&'a str> {
    // The first line follows `/**` itself; blank ones at both ends have no margin.
    let begins = usize::from(!lines.first()?.trim_start().starts_with('*'));
    let is_blank = |line: &&str| line.trim().is_empty();
    let begin = begins + lines.get(begins..)?.iter().take_while(|line| is_blank(line)).count();
    let end = lines.len() - lines.iter().rev().take_while(|line| is_blank(line)).count();
    let lines = lines.get(begin..end)?;
    let column = |line: &&str| {
        let before = line.len() - line.trim_start_matches([' ', '\t']).len();
        line[before..].starts_with('*').then_some(before)
    };
    let first = column(lines.first()?)?;
    lines.iter().all(|line| column(line) == Some(first)).then(|| &lines[0][..first])
}

/// All lines without the indentation that they share: rustdoc's `unindent_doc_fragments`.
fn unindented(fragments: &[Fragment]) -> String {
    let comments = fragments.iter().filter(|fragment| fragment.is_comment).count();
    // Beside `/// text`, whose blank belongs to the comment, `#[doc = "text"]` begins at once.
    let added = usize::from(comments > 0 && comments < fragments.len());
    let add = |fragment: &Fragment| if fragment.is_comment { 0 } else { added };
    let indent = |line: &str| line.len() - line.trim_start_matches([' ', '\t']).len();
    let lines = fragments.iter().flat_map(|fragment| {
        let add = add(fragment);
        let lines = fragment.text.lines().filter(|line| !line.trim().is_empty());
        lines.map(move |line| indent(line) + add)
    });
    let margin = lines.min().unwrap_or(0);
    let texts = fragments.iter().map(|fragment| {
        let margin = margin.saturating_sub(add(fragment));
        let lines = fragment.text.lines().map(|line| {
            if line.trim().is_empty() { "" } else { &line[margin.min(indent(line))..] }
        });
        lines.collect::<Vec<_>>().join("\n")
    });
    texts.collect::<Vec<_>>().join("\n")
}
