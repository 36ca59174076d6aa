//! Commands: what a thin client asks for.  An edit is a list of them, done all together or not at all.
//!
//! Every command on a text or field carries `base`, the sequence number at which its writer read it,
//! so that nobody deletes words they have not seen.  Positions and lengths count Unicode code points.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use schemars::JsonSchema;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use super::kinds::{Kind, LinkKind};
use super::value::{Reference, Value};
use crate::ids::{ClientId, ElementId, PlanId, Seq};
use crate::principal::Bureau;
use plenary_limits::{ANSWERS_MAX, BECAUSE_BYTES_MAX, COMMANDS_MAX, CONSOLIDATED_MAX, TEXT_CHARS_MAX};

/// Where an element goes among its siblings; without `after` and `before`, to the end.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// The element it comes to stand under, `plan` for the top of the plan; absent: the top for `add`,
    /// no change for `move`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<ElementId>,
    /// The sibling it follows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<ElementId>,
    /// The sibling it precedes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<ElementId>,
}

/// One command.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "do", rename_all = "snake_case", deny_unknown_fields)]
pub enum Command {
    /// Adds an element.
    Add {
        /// Its kind.
        kind: Kind,
        /// Its id; made by the server when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        id: Option<ElementId>,
        /// Where it goes.
        #[serde(default)]
        place: Place,
        /// The Bureau it belongs to.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        owner: Option<Bureau>,
        /// Its typed fields.
        #[serde(default, deserialize_with = "each_key_once", skip_serializing_if = "BTreeMap::is_empty")]
        fields: BTreeMap<String, Value>,
        /// The language of `text`; the plan's own when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        lang: Option<String>,
        /// Its texts.
        #[serde(default, deserialize_with = "each_key_once", skip_serializing_if = "BTreeMap::is_empty")]
        text: BTreeMap<String, String>,
    },
    /// Makes a text read as given: what differs from the text at `base` is changed, the rest kept.
    SetText {
        /// The element.
        element: ElementId,
        /// The text's name.
        field: String,
        /// Its language; the plan's own when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        lang: Option<String>,
        /// The new text.
        #[schemars(length(max = TEXT_CHARS_MAX))]
        text: String,
        /// The entry at which the writer read the text.
        base: Seq,
    },
    /// Deletes and inserts at one place of a text, as it stood at `base`.
    Splice {
        /// The element.
        element: ElementId,
        /// The text's name.
        field: String,
        /// Its language; the plan's own when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        lang: Option<String>,
        /// Where, in code points of the text at `base`.
        at: usize,
        /// How many code points to delete.
        #[serde(default)]
        delete: usize,
        /// What to insert.
        #[serde(default)]
        #[schemars(length(max = TEXT_CHARS_MAX))]
        insert: String,
        /// The entry at which the writer read the text.
        base: Seq,
    },
    /// Gives a field of an element, a link or the plan (`plan`) a value; null takes it away.
    ///
    /// `code` and `owner` are fields here too.
    SetField {
        /// The element, link, or `plan`.
        element: ElementId,
        /// The field.
        field: String,
        /// The value.
        value: Value,
        /// The entry at which the writer read the field.
        base: Seq,
    },
    /// Moves an element.
    Move {
        /// The element.
        element: ElementId,
        /// Where it goes.
        place: Place,
    },
    /// Removes an element or link; it can be restored.
    Remove {
        /// The element.
        element: ElementId,
    },
    /// Brings a removed element or link back.
    Restore {
        /// The element or link.
        element: ElementId,
    },
    /// Links two elements.
    Link {
        /// The kind of link.
        kind: LinkKind,
        /// The link's id; made by the server when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        id: Option<ElementId>,
        /// Where it starts.
        from: ElementId,
        /// Where it ends.
        to: ElementId,
        /// Its typed fields.
        #[serde(default, deserialize_with = "each_key_once", skip_serializing_if = "BTreeMap::is_empty")]
        fields: BTreeMap<String, Value>,
    },
    /// Removes a link; it can be restored.
    Unlink {
        /// The link.
        link: ElementId,
    },
    /// Adds a comment to an element.
    Comment {
        /// The element.
        element: ElementId,
        /// The remark.
        text: String,
    },
    /// Chooses among concurrent values of a field, or sets another in their place.
    Settle {
        /// The element, link, or `plan`.
        element: ElementId,
        /// The field.
        field: String,
        /// The value that stands from now on.
        value: Value,
        /// The entry at which the writer read the values.
        base: Seq,
    },
    /// Takes an element of a former plan into this one: element, disposition and link in one entry.
    Carry {
        /// The former element.
        former: Reference,
        /// What became of it, a `type` of the kind `disposition`; `carried_into` when absent.
        #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
        what: Option<String>,
        /// Elements of this plan in which it lives on; when empty, a new one is made.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        into: Vec<ElementId>,
        /// The kind of the new element; that of the former one when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        kind: Option<Kind>,
        /// Where the new element goes.
        #[serde(default)]
        place: Place,
        /// Why it became that.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        rationale: Option<String>,
    },
    /// Makes one element of several of one kind: the new element, a disposition for each of them, and
    /// their links, children and references, united on it.
    ///
    /// Those of this plan are removed; those of other plans are read as `carry` reads them.
    Merge {
        /// The elements, at least two; what is not given comes from the first of them that has it.
        #[schemars(length(max = CONSOLIDATED_MAX))]
        elements: Vec<Reference>,
        /// Where the new element goes; after the first of this plan when absent.
        #[serde(default)]
        place: Place,
        /// The Bureau it belongs to; that of the elements of this plan when they have one in common.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        owner: Option<Bureau>,
        /// Typed fields in place of theirs.
        #[serde(default, deserialize_with = "each_key_once", skip_serializing_if = "BTreeMap::is_empty")]
        fields: BTreeMap<String, Value>,
        /// The language of `text`; the plan's own when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        lang: Option<String>,
        /// Texts in place of theirs.
        #[serde(default, deserialize_with = "each_key_once", skip_serializing_if = "BTreeMap::is_empty")]
        text: BTreeMap<String, String>,
        /// Why they became one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        rationale: Option<String>,
        /// The entry at which the writer read the elements of this plan.
        base: Seq,
    },
    /// Makes several elements of one: the new elements, and a disposition that names them all.
    ///
    /// One of this plan is removed; one of another plan is read as `carry` reads it.
    Split {
        /// The element.
        element: Reference,
        /// What it becomes, at least two.
        #[schemars(length(max = CONSOLIDATED_MAX))]
        into: Vec<Part>,
        /// The element under which the parts go, and their neighbours; after the element when absent.
        #[serde(default)]
        place: Place,
        /// The language of the texts; the plan's own when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        lang: Option<String>,
        /// Why it became several.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        rationale: Option<String>,
        /// The entry at which the writer read the element.
        base: Seq,
    },
}

/// One of the elements that an element is split into.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// Its texts, at least one.
    #[serde(default, deserialize_with = "each_key_once")]
    pub text: BTreeMap<String, String>,
    /// Typed fields in place of those of the element.
    #[serde(default, deserialize_with = "each_key_once", skip_serializing_if = "BTreeMap::is_empty")]
    pub fields: BTreeMap<String, Value>,
    /// Links of the element and elements under it that go to this part alone.  Other links go to every
    /// part, other elements to the first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub keeps: Vec<ElementId>,
}

impl Command {
    /// The elements of other plans that it reads.
    pub fn formers(&self) -> &[Reference] {
        match self {
            Command::Carry { former, .. } => std::slice::from_ref(former),
            Command::Merge { elements, .. } => elements,
            Command::Split { element, .. } => std::slice::from_ref(element),
            _ => &[],
        }
    }
}

/// Reads a map in which no key stands twice: of two values nobody could say which was meant.
fn each_key_once<'de, D, V>(deserializer: D) -> Result<BTreeMap<String, V>, D::Error>
where
    D: Deserializer<'de>,
    V: Deserialize<'de>,
{
    struct EachKeyOnce<V>(PhantomData<V>);

    impl<'de, V: Deserialize<'de>> Visitor<'de> for EachKeyOnce<V> {
        type Value = BTreeMap<String, V>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Self::Value, A::Error> {
            let mut out = BTreeMap::new();
            while let Some((key, value)) = access.next_entry::<String, V>()? {
                if out.contains_key(&key) {
                    return Err(serde::de::Error::custom(format!("{key:?} stands twice")));
                }
                out.insert(key, value);
            }
            Ok(out)
        }
    }

    deserializer.deserialize_map(EachKeyOnce(PhantomData))
}

/// A list of commands that become one entry.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Edit {
    /// The client's name for it: sent again under the same name it is not done again.
    pub id: ClientId,
    /// The plan.
    pub plan: PlanId,
    /// The commands.
    #[schemars(length(max = COMMANDS_MAX))]
    pub commands: Vec<Command>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = BECAUSE_BYTES_MAX))]
    pub because: Option<String>,
    /// Ids of the guidance requests, feedback items and consultations it answers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = ANSWERS_MAX))]
    pub answers: Vec<ElementId>,
}

/// An edit that is larger than its limits allow.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what}: {actual} are more than the {max} that one edit may have")]
pub struct EditTooLarge {
    /// What there is too much of.
    pub what: &'static str,
    /// Most allowed.
    pub max: usize,
    /// How many there are.
    pub actual: usize,
}

/// Checks the sizes of what stands beside the commands of an edit.
///
/// # Errors
/// `EditTooLarge` names what there is too much of.
pub fn check_reason(because: Option<&str>, answers: &[ElementId]) -> Result<(), EditTooLarge> {
    let bytes = because.map_or(0, str::len);
    if bytes > BECAUSE_BYTES_MAX {
        return Err(EditTooLarge { what: "bytes of `because`", max: BECAUSE_BYTES_MAX, actual: bytes });
    }
    if answers.len() > ANSWERS_MAX {
        return Err(EditTooLarge { what: "`answers`", max: ANSWERS_MAX, actual: answers.len() });
    }
    Ok(())
}

impl Edit {
    /// Checks the counts and sizes that hold for the edit as a whole.
    ///
    /// # Errors
    /// `EditTooLarge` names what there is too much of.
    pub fn check(&self) -> Result<(), EditTooLarge> {
        if self.commands.len() > COMMANDS_MAX {
            return Err(EditTooLarge { what: "commands", max: COMMANDS_MAX, actual: self.commands.len() });
        }
        check_reason(self.because.as_deref(), &self.answers)
    }
}
