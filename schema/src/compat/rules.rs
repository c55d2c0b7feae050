//! The rules by name.

use std::fmt;

macro_rules! rules {
    ($($name:ident $id:literal $summary:literal)+) => {
        /// What kind of change it is. The ids are stable; `docs/rules.md` shows an example of each.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum Rule {
            $(#[doc = $summary] $name,)+
        }

        impl Rule {
            /// Every rule, in the order of the documentation.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// The stable name.
            pub fn id(self) -> &'static str {
                match self { $(Self::$name => $id,)+ }
            }

            /// What the rule is about, in one sentence.
            pub fn summary(self) -> &'static str {
                match self { $(Self::$name => $summary,)+ }
            }
        }
    };
}

rules! {
    ContractRenamed "contract-renamed" "The contract has another name."
    FormChanged "form-changed" "The messages stand otherwise on the wire."
    RecognitionChanged "recognition-changed" "Another tag, another key or nothing tells a message."
    KeyClash "key-clash" "A message may be taken for another that a key tells."
    MessageRemoved "message-removed" "A message is gone in one direction."
    MessageAdded "message-added" "A message is new in one direction."
    MessageRenamed "message-renamed" "A message has another wire name."
    MessageDirectionChanged "message-direction-changed" "A message is sent by the other side now."
    ReplyAdded "reply-added" "A message that was there before has a reply now, or an error."
    ReplyRemoved "reply-removed" "A message that is still there has no reply any more, or no error."
    PayloadAdded "payload-added" "A message that had no payload carries one."
    PayloadRemoved "payload-removed" "A message that carried a payload has none."
    RequiredFieldAdded "required-field-added" "A field that must be there is new."
    OptionalFieldAdded "optional-field-added" "A field that may be left out is new."
    RequiredFieldRemoved "required-field-removed" "A field that had to be there is gone."
    OptionalFieldRemoved "optional-field-removed" "A field that could be left out is gone."
    FieldBecameRequired "field-became-required" "A field could be left out and must be there now."
    FieldBecameOptional "field-became-optional" "A field had to be there and may be left out now."
    TypeWidened "type-widened" "More types are allowed, such as a number for an integer, or null."
    TypeNarrowed "type-narrowed" "Fewer types are allowed."
    TypeChanged "type-changed" "Another type, neither wider nor narrower."
    EnumValueAdded "enum-value-added" "A listed value is new."
    EnumValueRemoved "enum-value-removed" "A listed value is gone."
    ConstraintLoosened "constraint-loosened" "A limit allows more than before."
    ConstraintTightened "constraint-tightened" "A limit allows less than before."
    ConstraintChanged "constraint-changed" "A limit is another one, and nothing tells which allows more."
    UnionBranchAdded "union-branch-added" "A union has one more branch."
    UnionBranchRemoved "union-branch-removed" "A union has one branch less."
    ObjectClosed "object-closed" "An object rejects fields that it doesn't declare."
    ObjectOpened "object-opened" "An object takes fields that it doesn't declare."
    FormatChanged "format-changed" "A format is another one."
    DefaultChanged "default-changed" "The value that stands for a missing field is another one."
    DeprecatedChanged "deprecated-changed" "A message or a field is deprecated, or no longer."
    TitleChanged "title-changed" "A title is another one."
    DescriptionChanged "description-changed" "A description is another one."
    AnnotationChanged "annotation-changed" "A note that decides nothing is another one, such as an example."
    OrderChanged "order-changed" "The same values or branches in another order."
    DefRenamed "def-renamed" "A definition has another name."
    NotRecognised "not-recognised" "A difference that can't be judged."
    MajorBumpMissing "major-bump-missing" "A breaking change without the version that announces one."
    VersionDowngraded "version-downgraded" "The version is lower than before."
    VersionUnchanged "version-unchanged" "A change under the same version."
}

impl Rule {
    /// Whether it is about descriptions, names of definitions and order, which decide nothing on the wire.
    pub(super) fn is_cosmetic(self) -> bool {
        matches!(
            self,
            Self::ContractRenamed
                | Self::DeprecatedChanged
                | Self::TitleChanged
                | Self::DescriptionChanged
                | Self::AnnotationChanged
                | Self::OrderChanged
                | Self::DefRenamed
        )
    }

    /// Whether it can hold of two schemas that allow the same values.
    pub(super) fn can_hold_of_equals(self) -> bool {
        self.is_cosmetic() || matches!(self, Self::FormatChanged | Self::DefaultChanged)
    }

    /// The rule of this id.
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|rule| rule.id() == id)
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}
