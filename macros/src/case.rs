//! `rename_all`: serde's names for cases, and serde's algorithm, so that an enum that moves here from
//! `#[serde(rename_all = "…")]` keeps its names on the wire.

use syn::LitStr;

use crate::attr::Errors;

/// How a variant's name becomes a wire name.
#[derive(Clone, Copy)]
pub(crate) enum Case {
    Lower,
    Upper,
    Pascal,
    Camel,
    Snake,
    ShoutySnake,
    Kebab,
    ShoutyKebab,
}

impl Case {
    pub(crate) const ALL: [(&'static str, Self); 8] = [
        ("kebab-case", Self::Kebab),
        ("snake_case", Self::Snake),
        ("camelCase", Self::Camel),
        ("PascalCase", Self::Pascal),
        ("lowercase", Self::Lower),
        ("UPPERCASE", Self::Upper),
        ("SCREAMING_SNAKE_CASE", Self::ShoutySnake),
        ("SCREAMING-KEBAB-CASE", Self::ShoutyKebab),
    ];

    pub(crate) fn of(value: &LitStr, errors: &mut Errors) -> Option<Self> {
        let given = value.value();
        let found = Self::ALL.iter().find(|(name, _)| *name == given);
        if found.is_none() {
            let names = Self::ALL.map(|(name, _)| name).join("\", \"");
            errors.push(value.span(), format!("`rename_all` is one of \"{names}\""));
        }
        found.map(|(_, case)| *case)
    }

    /// What serde makes of a variant's name (`RenameRule::apply_to_variant` of its derive): each
    /// capital begins a word, and only ASCII letters change.
    pub(crate) fn apply(self, variant: &str) -> String {
        match self {
            Self::Pascal => variant.to_owned(),
            Self::Lower => variant.to_ascii_lowercase(),
            Self::Upper => variant.to_ascii_uppercase(),
            Self::Camel => {
                let mut camel = variant.to_owned();
                if let Some(first) = camel.get_mut(..1) {
                    first.make_ascii_lowercase();
                }
                camel
            }
            Self::Snake => {
                let mut snake = String::new();
                for (place, letter) in variant.char_indices() {
                    if place > 0 && letter.is_uppercase() {
                        snake.push('_');
                    }
                    snake.push(letter.to_ascii_lowercase());
                }
                snake
            }
            Self::ShoutySnake => Self::Snake.apply(variant).to_ascii_uppercase(),
            Self::Kebab => Self::Snake.apply(variant).replace('_', "-"),
            Self::ShoutyKebab => Self::ShoutySnake.apply(variant).replace('_', "-"),
        }
    }
}
