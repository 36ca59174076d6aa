//! Where things lie in the Automerge document of a plan.
//!
//! ```text
//! root.schema        : 1
//! root.plan          : { <fields of the plan> }
//! root.elements.<id> : { kind, parent, order, owner, removed, code?, <fields of the kind>,
//!                        text: { <lang>: { <text of the kind>: Text, … } } }
//! root.links.<id>    : { kind, from, to, <fields of the link kind>, note?: Text, removed }
//! ```
//!
//! Scalars are registers; a set field is a map `{ <member>: true }`; a text is a Text object.
//! `kind` of an element or link, and `from`/`to` of a link, are written once, when it is made.

/// Version of this layout, the value of `root.schema`.
pub const SCHEMA: i64 = 1;
/// Key of the layout's version.
pub const KEY_SCHEMA: &str = "schema";
/// Key of the map of the plan's own fields.
pub const KEY_PLAN: &str = "plan";
/// Key of the map of elements.
pub const KEY_ELEMENTS: &str = "elements";
/// Key of the map of links.
pub const KEY_LINKS: &str = "links";
/// Key of the kind of an element or link.
pub const KEY_KIND: &str = "kind";
/// Key of an element's parent: an id, or the empty text at the top of the plan.
pub const KEY_PARENT: &str = "parent";
/// Key of an element's place among its siblings, see `plan::order`.
pub const KEY_ORDER: &str = "order";
/// Key of the Bureau an element belongs to; absent where it follows its parent.
pub const KEY_OWNER: &str = "owner";
/// Key of the removal flag.
pub const KEY_REMOVED: &str = "removed";
/// Key of an element's own display code.
pub const KEY_CODE: &str = "code";
/// Key of an element's texts by language.
pub const KEY_TEXT: &str = "text";
/// Key of the element a link starts from.
pub const KEY_FROM: &str = "from";
/// Key of the element a link ends in.
pub const KEY_TO: &str = "to";
/// Key of a link's remark, a Text.
pub const KEY_NOTE: &str = "note";

/// Keys of an element that are not typed fields of its kind.
pub const ELEMENT_KEYS: [&str; 6] = [KEY_KIND, KEY_PARENT, KEY_ORDER, KEY_OWNER, KEY_REMOVED, KEY_TEXT];
/// Keys of a link that are not typed fields of its kind.
pub const LINK_KEYS: [&str; 5] = [KEY_KIND, KEY_FROM, KEY_TO, KEY_NOTE, KEY_REMOVED];

/// Whether a text may name a language: a BCP 47 tag of up to 16 characters, lower case language first.
pub fn is_language(tag: &str) -> bool {
    let mut parts = tag.split('-');
    tag.len() <= 16
        && parts
            .next()
            .is_some_and(|lang| (2..=3).contains(&lang.len()) && lang.bytes().all(|b| b.is_ascii_lowercase()))
        && parts.all(|part| (1..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric()))
}
