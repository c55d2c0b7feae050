//! An example or more for each rule, with the levels that it must get.
#![allow(clippy::too_many_lines, reason = "tables of cases")]

use wirebond_schema::compat::{Level, Level::*, Rule};

use super::model::{CHAT, Entry, Example, LEAVE, Sent, Side, What};

fn entry(rule: Rule, note: &'static str, examples: Vec<Example>) -> Entry {
    Entry { rule, note, examples }
}

fn payload(
    what: &'static str,
    old: &'static str,
    new: &'static str,
    to_server: Level,
    to_client: Level,
) -> Example {
    let levels = [Some(to_server), Some(to_client)];
    Example { what, change: What::Payload(old, new), levels }
}

fn contract(what: &'static str, old: Side, new: Side, levels: [Option<Level>; 2]) -> Example {
    Example { what, change: What::Contract(old, new), levels }
}

pub(crate) fn entries() -> Vec<Entry> {
    let mut all = messages();
    all.extend(fields());
    all.extend(types());
    all.extend(limits());
    all.extend(unions());
    all.extend(notes());
    all.extend(texts());
    all.extend(versions());
    all
}

fn messages() -> Vec<Entry> {
    let both = Side::of(&[CHAT, LEAVE]);
    let one = Side::of(&[LEAVE]);
    let all = |level| [Some(level), Some(level)];
    let leave = LEAVE.by_client();
    let answer = LEAVE.by_server().numbered("re");
    let reply = Sent { variant: "LeaveReply", name: "leave.reply", ..answer };
    let error = Sent { variant: "LeaveError", name: "leave.error", ..answer };
    let texts = r#"{"type":"object","properties":{"text":{}},"required":["text"]}"#;
    let keys = &[("by", "leave"), ("text", "chat")];
    vec![
        entry(
            Rule::ContractRenamed,
            "Perhaps two contracts are compared that have nothing to do with each other.",
            vec![contract(
                "the contract `App` is called `Shop`",
                Side::of(&[CHAT]),
                Side::of(&[CHAT]).title("Shop"),
                all(Warning),
            )],
        ),
        entry(
            Rule::FormChanged,
            "One entry says all that has changed. Peers that have one form don't understand the other, so it \
             breaks in both directions; another key of the time alone is a warning. Messages are then \
             compared by their payloads.",
            vec![
                contract(
                    "the tag is `kind` and was `type`",
                    Side::of(&[CHAT]).form("type", &[]),
                    Side::of(&[CHAT]).form("kind", &[]),
                    all(Breaking),
                ),
                contract(
                    "wirebond's own form becomes one with the payload beside the tag",
                    Side::of(&[CHAT]),
                    Side::of(&[CHAT]).form("type", &[]),
                    all(Breaking),
                ),
            ],
        ),
        entry(
            Rule::RecognitionChanged,
            "Whoever has the older contract takes such a message for another, or for none.",
            vec![contract(
                "a tag told `chat`, now its key `text` does",
                Side::of(&[CHAT]).form("type", &[]).chat(texts),
                Side::of(&[CHAT]).form("type", &[("text", "chat")]).chat(texts),
                all(Breaking),
            )],
        ),
        entry(
            Rule::KeyClash,
            "Keys are looked for in their order. A message that may have the key of an earlier one is a warning; \
             one that always has it is never recognised.",
            vec![
                contract(
                    "`chat` may have the key `by` of `leave`",
                    Side::of(&[LEAVE, CHAT]).form("type", keys).chat(texts),
                    Side::of(&[LEAVE, CHAT]).form("type", keys).chat(
                        r#"{"type":"object","properties":{"text":{},"by":{}},"required":["text"]}"#,
                    ),
                    all(Warning),
                ),
                contract(
                    "`chat` always has it",
                    Side::of(&[LEAVE, CHAT]).form("type", keys).chat(texts),
                    Side::of(&[LEAVE, CHAT]).form("type", keys).chat(
                        r#"{"type":"object","properties":{"text":{},"by":{}},"required":["text","by"]}"#,
                    ),
                    all(Breaking),
                ),
            ],
        ),
        entry(
            Rule::MessageRemoved,
            "Also in one direction alone, where a message that both sides sent is only sent by one.",
            vec![contract(
                "`chat` is gone",
                both.clone(),
                one.clone(),
                [Some(Breaking), Some(Warning)],
            )],
        ),
        entry(
            Rule::MessageAdded,
            "A client ignores messages that it doesn't know; a server may not, so that a message of \
             new clients breaks with `--rollout client-first`.",
            vec![contract("`chat` is new", one, both, all(Ok))],
        ),
        entry(
            Rule::MessageRenamed,
            "A message that is gone and a new one of the same direction are taken for one if the \
             definition keeps its name, or if both carry the same payload; of several, those that are \
             most alike go together. `#[message(name = \"…\")]` on the variant keeps the name on the \
             wire. If they are two messages, `--allow` says so. A message whose tag isn't its name, and stays, is \
             only called otherwise, which breaks nothing.",
            vec![
                contract(
                    "the wire name `chat` becomes `line`",
                    Side::of(&[CHAT]),
                    Side::of(&[CHAT.named("line")]),
                    all(Breaking),
                ),
                contract(
                    "the variant `Chat` is called `Line`",
                    Side::of(&[CHAT, LEAVE]),
                    Side::of(&[Sent { variant: "Line", name: "line", ..CHAT }, LEAVE]),
                    all(Breaking),
                ),
            ],
        ),
        entry(
            Rule::MessageDirectionChanged,
            "",
            vec![contract(
                "the client sent `chat`, now the server does",
                Side::of(&[CHAT.by_client()]),
                Side::of(&[CHAT.by_server()]),
                all(Breaking),
            )],
        ),
        entry(
            Rule::ReplyAdded,
            "Old clients don't ask for a reply, so a call may replace a message that had none. They can't \
             read an error that is new to them, and wait until their time is up.",
            vec![
                contract(
                    "`leave` is answered",
                    Side::of(&[leave]),
                    Side::of(&[leave.numbered("id"), reply]),
                    [None, Some(Ok)],
                ),
                contract(
                    "`leave` may be refused",
                    Side::of(&[leave.numbered("id"), reply]),
                    Side::of(&[leave.numbered("id"), reply, error]),
                    [None, Some(Breaking)],
                ),
            ],
        ),
        entry(
            Rule::ReplyRemoved,
            "Old clients still wait for a reply.",
            vec![
                contract(
                    "`leave` is not answered any more",
                    Side::of(&[leave.numbered("id"), reply]),
                    Side::of(&[leave]),
                    [None, Some(Breaking)],
                ),
                contract(
                    "`leave` can't be refused any more",
                    Side::of(&[leave.numbered("id"), reply, error]),
                    Side::of(&[leave.numbered("id"), reply]),
                    [None, Some(Ok)],
                ),
            ],
        ),
        entry(
            Rule::PayloadAdded,
            "It is judged like a field: a payload that may be left out is ok.",
            vec![contract(
                "`chat` had no `data`",
                Side::of(&[CHAT.bare()]),
                Side::of(&[CHAT]),
                [Some(Breaking), Some(Ok)],
            )],
        ),
        entry(
            Rule::PayloadRemoved,
            "",
            vec![contract(
                "`chat` has no `data` any more",
                Side::of(&[CHAT]),
                Side::of(&[CHAT.bare()]),
                [Some(Ok), Some(Breaking)],
            )],
        ),
    ]
}

const EMPTY: &str = r#"{"type":"object"}"#;
const CLOSED: &str = r#"{"type":"object","additionalProperties":false}"#;
const OPTIONAL: &str = r#"{"type":"object","properties":{"user":{"type":"string"}}}"#;
const REQUIRED: &str =
    r#"{"type":"object","properties":{"user":{"type":"string"}},"required":["user"]}"#;
const OPTIONAL_CLOSED: &str =
    r#"{"type":"object","properties":{"user":{"type":"string"}},"additionalProperties":false}"#;

fn fields() -> Vec<Entry> {
    vec![
        entry(
            Rule::RequiredFieldAdded,
            "",
            vec![payload("`user` is new and required", EMPTY, REQUIRED, Breaking, Ok)],
        ),
        entry(
            Rule::OptionalFieldAdded,
            "An old reader that was closed refuses it.",
            vec![
                payload("`user` is new and optional", EMPTY, OPTIONAL, Ok, Ok),
                payload("the same in a closed object", CLOSED, OPTIONAL_CLOSED, Ok, Breaking),
            ],
        ),
        entry(
            Rule::RequiredFieldRemoved,
            "A new reader that is closed refuses it.",
            vec![
                payload("`user` was required and is gone", REQUIRED, EMPTY, Ok, Breaking),
                payload("and the new object is closed", REQUIRED, CLOSED, Breaking, Breaking),
            ],
        ),
        entry(
            Rule::OptionalFieldRemoved,
            "A new reader that is closed refuses it.",
            vec![
                payload("`user` was optional and is gone", OPTIONAL, EMPTY, Warning, Warning),
                payload("the same in a closed object", OPTIONAL_CLOSED, CLOSED, Breaking, Warning),
            ],
        ),
        entry(
            Rule::FieldBecameRequired,
            "",
            vec![payload("`user` has to be there now", OPTIONAL, REQUIRED, Breaking, Ok)],
        ),
        entry(
            Rule::FieldBecameOptional,
            "",
            vec![payload("`user` may be left out now", REQUIRED, OPTIONAL, Ok, Breaking)],
        ),
    ]
}

const INTEGER: &str = r#"{"type":"integer"}"#;
const NUMBER: &str = r#"{"type":"number"}"#;
const STRING: &str = r#"{"type":"string"}"#;
const NULLABLE: &str = r#"{"type":["string","null"]}"#;
const TWO: &str = r#"{"type":"string","enum":["red","green"]}"#;
const THREE: &str = r#"{"type":"string","enum":["red","green","blue"]}"#;

fn types() -> Vec<Entry> {
    vec![
        entry(
            Rule::TypeWidened,
            "",
            vec![
                payload("integer → number", INTEGER, NUMBER, Ok, Breaking),
                payload("`null` is allowed", STRING, NULLABLE, Ok, Breaking),
            ],
        ),
        entry(
            Rule::TypeNarrowed,
            "",
            vec![
                payload("number → integer", NUMBER, INTEGER, Breaking, Ok),
                payload("`null` is not allowed any more", NULLABLE, STRING, Breaking, Ok),
            ],
        ),
        entry(
            Rule::TypeChanged,
            "",
            vec![payload("integer → string", INTEGER, STRING, Breaking, Breaking)],
        ),
        entry(
            Rule::EnumValueAdded,
            "Old clients don't know what to do with it.",
            vec![payload("`blue` is new", TWO, THREE, Ok, Breaking)],
        ),
        entry(
            Rule::EnumValueRemoved,
            "",
            vec![payload("`blue` is gone", THREE, TWO, Breaking, Ok)],
        ),
    ]
}

const SHORT: &str = r#"{"type":"string","maxLength":10}"#;
const LONG: &str = r#"{"type":"string","maxLength":20}"#;
const LIST: &str = r#"{"type":"array","items":{"type":"string"}}"#;
const UNIQUE: &str = r#"{"type":"array","items":{"type":"string"},"uniqueItems":true}"#;

fn limits() -> Vec<Entry> {
    vec![
        entry(
            Rule::ConstraintLoosened,
            "Limits are `minimum`, `maximum`, `exclusiveMinimum`, `exclusiveMaximum`, `multipleOf`, \
             `minLength`, `maxLength`, `pattern`, `minItems`, `maxItems`, `uniqueItems`, the items of \
             a tuple, `minProperties`, `maxProperties`, and an enum that becomes any value.",
            vec![
                payload("`maxLength` 10 → 20", SHORT, LONG, Ok, Breaking),
                payload("any string instead of two", TWO, STRING, Ok, Breaking),
            ],
        ),
        entry(
            Rule::ConstraintTightened,
            "",
            vec![
                payload("`maxLength` 20 → 10", LONG, SHORT, Breaking, Ok),
                payload("equal items are refused", LIST, UNIQUE, Breaking, Ok),
            ],
        ),
        entry(
            Rule::ConstraintChanged,
            "",
            vec![payload(
                "another `pattern`",
                r#"{"type":"string","pattern":"^[a-z]+$"}"#,
                r#"{"type":"string","pattern":"^[a-z0-9]+$"}"#,
                Undecided,
                Undecided,
            )],
        ),
    ]
}

const ONE_BRANCH: &str = r#"{"oneOf":[{"type":"object","properties":{"Text":{"type":"string"}},"required":["Text"],"additionalProperties":false}]}"#;
const TWO_BRANCHES: &str = r#"{"oneOf":[{"type":"object","properties":{"Text":{"type":"string"}},"required":["Text"],"additionalProperties":false},{"type":"object","properties":{"Count":{"type":"integer"}},"required":["Count"],"additionalProperties":false}]}"#;
const MAP: &str = r#"{"type":"object","additionalProperties":true}"#;

fn unions() -> Vec<Entry> {
    vec![
        entry(
            Rule::UnionBranchAdded,
            "Branches go together by their tag, their definition, their only field, or else their \
             shape. A branch that another one takes as well is ok.",
            vec![payload("a variant is new", ONE_BRANCH, TWO_BRANCHES, Ok, Breaking)],
        ),
        entry(
            Rule::UnionBranchRemoved,
            "",
            vec![payload("a variant is gone", TWO_BRANCHES, ONE_BRANCH, Breaking, Ok)],
        ),
        entry(
            Rule::ObjectClosed,
            "It makes later additions breaking. A writer that sends fields it doesn't declare is \
             refused at once.",
            vec![
                payload("unknown fields are refused now", EMPTY, CLOSED, Warning, Ok),
                payload("and the old writer sent any", MAP, CLOSED, Breaking, Ok),
            ],
        ),
        entry(
            Rule::ObjectOpened,
            "",
            vec![
                payload("unknown fields are ignored now", CLOSED, EMPTY, Ok, Ok),
                payload("and the new writer sends any", CLOSED, MAP, Ok, Breaking),
            ],
        ),
    ]
}

fn notes() -> Vec<Entry> {
    vec![
        entry(
            Rule::FormatChanged,
            "Formats are hints: whoever generates types by them notices.",
            vec![payload(
                "`int32` → `int64`",
                r#"{"type":"integer","format":"int32"}"#,
                r#"{"type":"integer","format":"int64"}"#,
                Warning,
                Warning,
            )],
        ),
        entry(
            Rule::DefaultChanged,
            "Readers fill in another value than before.",
            vec![payload(
                "the default is another one",
                r#"{"type":"object","properties":{"role":{"type":"string","default":"guest"}}}"#,
                r#"{"type":"object","properties":{"role":{"type":"string","default":"admin"}}}"#,
                Warning,
                Warning,
            )],
        ),
        entry(
            Rule::DeprecatedChanged,
            "",
            vec![payload(
                "it is deprecated",
                EMPTY,
                r#"{"type":"object","deprecated":true}"#,
                Ok,
                Ok,
            )],
        ),
    ]
}

fn texts() -> Vec<Entry> {
    let renamed =
        Side { defs: vec![("Line", EMPTY)], ..Side::of(&[Sent { payload: Some("Line"), ..CHAT }]) };
    let some = |level| [Some(level), Some(level)];
    vec![
        entry(
            Rule::TitleChanged,
            "",
            vec![payload(
                "a payload has another title",
                r#"{"type":"object","title":"Chat"}"#,
                r#"{"type":"object","title":"A line"}"#,
                Ok,
                Ok,
            )],
        ),
        entry(
            Rule::DescriptionChanged,
            "",
            vec![payload(
                "a description is new",
                EMPTY,
                r#"{"type":"object","description":"A line."}"#,
                Ok,
                Ok,
            )],
        ),
        entry(
            Rule::AnnotationChanged,
            "These are `examples`, `$comment`, `readOnly`, `writeOnly` and `discriminator`.",
            vec![payload(
                "an example is new",
                STRING,
                r#"{"type":"string","examples":["Hello"]}"#,
                Ok,
                Ok,
            )],
        ),
        entry(
            Rule::OrderChanged,
            "",
            vec![payload(
                "the values are listed otherwise",
                TWO,
                r#"{"type":"string","enum":["green","red"]}"#,
                Ok,
                Ok,
            )],
        ),
        entry(
            Rule::DefRenamed,
            "Nothing on the wire has that name. Generated types have it.",
            vec![contract(
                "the type `Chat` is called `Line`",
                Side::of(&[CHAT]),
                renamed,
                some(Ok),
            )],
        ),
        entry(
            Rule::NotRecognised,
            "A keyword that is the same on both sides is fine.",
            vec![payload(
                "a keyword that no contract of wirebond has",
                LIST,
                r#"{"type":"array","items":{"type":"string"},"contains":{"const":"a"}}"#,
                Undecided,
                Undecided,
            )],
        ),
    ]
}

fn versions() -> Vec<Entry> {
    let side = |version, schema| Side::of(&[CHAT]).version(version).chat(schema);
    let some = |level| [Some(level), Some(level)];
    vec![
        entry(
            Rule::MajorBumpMissing,
            "Before 1.0 the minor version announces it; a pre-release of a version that isn't out yet \
             may change as it likes, under a new pre-release. Breaking changes that are allowed don't \
             ask for it.",
            vec![
                contract(
                    "a breaking change from 1.0.0 to 1.1.0",
                    side("1.0.0", EMPTY),
                    side("1.1.0", STRING),
                    some(Breaking),
                ),
                contract(
                    "before 1.0: from 0.4.1 to 0.4.2",
                    side("0.4.1", EMPTY),
                    side("0.4.2", STRING),
                    some(Breaking),
                ),
            ],
        ),
        entry(
            Rule::VersionDowngraded,
            "",
            vec![contract(
                "from 1.1.0 back to 1.0.0",
                side("1.1.0", EMPTY),
                side("1.0.0", EMPTY),
                some(Breaking),
            )],
        ),
        entry(
            Rule::VersionUnchanged,
            "Words, order and names of definitions may change under one version.",
            vec![contract(
                "an optional field is new, still 1.0.0",
                side("1.0.0", EMPTY),
                side("1.0.0", OPTIONAL),
                some(Warning),
            )],
        ),
    ]
}
