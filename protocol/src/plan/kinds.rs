//! The kinds of elements and links as one table: fields, types, parents, owners, display codes.
//!
//! Gate, commands, forms, exports and documentation read this table; a kind without a line of code
//! of its own is served by all of them.  The rows stand in `table.rs`.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::table::{COMMON_FIELDS, KINDS, LINK_KINDS};

/// What a field may hold.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum FieldType {
    /// One short text, the same in every language: a symbol, a unit, a name.
    Str,
    /// A whole number.
    Int,
    /// A number.
    Number,
    /// Yes or no.
    Bool,
    /// A year, 1800 to 2200.
    Year,
    /// A date as printed: `2021`, `2021-08` or `2021-08-31`.
    Date,
    /// One of a closed vocabulary.
    OneOf(&'static [&'static str]),
    /// A set of short texts; an empty vocabulary means open.  Members added by two people at once
    /// are both kept.
    Set(&'static [&'static str]),
    /// Another element of this plan, of one of these kinds (empty: any).
    Element(&'static [&'static str]),
    /// An element of a plan, `{plan, element}`.
    Reference,
    /// A field of an element of a plan as of an entry, `{plan, element, field, seq}`.
    Quotation,
}

/// One typed field of a kind.
#[derive(Debug, Clone, Copy)]
pub struct FieldSpec {
    /// The key in document and JSON.
    pub name: &'static str,
    /// What it may hold.
    pub ty: FieldType,
    /// What it means, with the unit of numbers.
    pub about: &'static str,
}

/// One text of a kind: it stands once per language.
#[derive(Debug, Clone, Copy)]
pub struct TextSpec {
    /// The key in document and JSON.
    pub name: &'static str,
    /// Whether an element is meant to have it in the plan's own language; a draft may not yet.
    pub required: bool,
}

/// Who may write elements of a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ownership {
    /// Every drafter: goals, targets, guidance, process.
    Shared,
    /// The Bureau named in `owner`, or in the nearest parent's; without one, every drafter.
    Bureau,
    /// As `Shared`, and contributors may add them and edit their own: comments, feedback.
    Open,
}

/// How the display code of an element is made from its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodeForm {
    /// It has none.
    None,
    /// `<prefix><n>`, counted among its siblings of the same kind.
    Ordinal(&'static str),
    /// `<parent's code><separator><n>`.
    ChildNumber(&'static str),
    /// `<parent's code><separator><a, b, …>`.
    ChildLetter(&'static str),
    /// `<R|T|D|I>.<n>` by the element's `sector`, counted within it.
    SectorNumber,
}

/// One row of the table of kinds.
#[derive(Debug)]
pub struct KindSpec {
    /// The name, as in `kind`.
    pub name: &'static str,
    /// The first part of its ids.
    pub prefix: &'static str,
    /// What it is, in one sentence, after the adopted definitions.
    pub about: &'static str,
    /// Kinds it may stand under; `-` is the top of the plan, `*` any element.
    pub parents: &'static [&'static str],
    /// Who may write it.
    pub ownership: Ownership,
    /// How its display code is made.
    pub code: CodeForm,
    /// Its texts, each once per language.
    pub texts: &'static [TextSpec],
    /// Its own typed fields; those common to all kinds come on top.
    pub fields: &'static [FieldSpec],
}

/// A kind of element: a row of the table.
#[derive(Clone, Copy)]
pub struct Kind(&'static KindSpec);

impl Kind {
    /// Every kind, in the order of the table.
    pub fn all() -> impl Iterator<Item = Kind> {
        KINDS.iter().map(Kind)
    }

    /// The kind of that name.
    pub fn named(name: &str) -> Option<Kind> {
        KINDS.iter().find(|spec| spec.name == name).map(Kind)
    }

    /// The kind of the plan itself.
    pub fn plan() -> Kind {
        Kind(&KINDS[0])
    }

    /// The row.
    pub fn spec(self) -> &'static KindSpec {
        self.0
    }

    /// The name, as in `kind`.
    pub fn name(self) -> &'static str {
        self.0.name
    }

    /// The field of that name, own or common.
    pub fn field(self, name: &str) -> Option<&'static FieldSpec> {
        self.fields().find(|field| field.name == name)
    }

    /// All its typed fields, own ones first.
    pub fn fields(self) -> impl Iterator<Item = &'static FieldSpec> {
        let common: &'static [FieldSpec] = if self == Kind::plan() { &[] } else { COMMON_FIELDS };
        self.0.fields.iter().chain(common)
    }

    /// The text of that name.
    pub fn text(self, name: &str) -> Option<&'static TextSpec> {
        self.0.texts.iter().find(|text| text.name == name)
    }

    /// Whether elements of this kind may stand under `parent` (`None`: the top of the plan).
    pub fn may_stand_under(self, parent: Option<Kind>) -> bool {
        self.0.parents.iter().any(|allowed| match parent {
            None => *allowed == "-",
            Some(parent) => *allowed == "*" || *allowed == parent.name(),
        })
    }

    /// Where the kind stands in the table: the framework's core comes first.
    pub fn rank(self) -> usize {
        KINDS.iter().position(|spec| spec.name == self.0.name).unwrap_or(usize::MAX)
    }
}

/// One row of the table of link kinds; the name is a verb read from `from` to `to`.
#[derive(Debug)]
pub struct LinkSpec {
    /// The name, as in `kind`.
    pub name: &'static str,
    /// What it says, in one sentence.
    pub about: &'static str,
    /// Kinds it may start from; `*` any.
    pub from: &'static [&'static str],
    /// Kinds it may end in; `*` any.
    pub to: &'static [&'static str],
    /// Its typed fields.
    pub fields: &'static [FieldSpec],
}

/// A kind of link: a row of the table.
#[derive(Clone, Copy)]
pub struct LinkKind(&'static LinkSpec);

impl LinkKind {
    /// Every kind of link, in the order of the table.
    pub fn all() -> impl Iterator<Item = LinkKind> {
        LINK_KINDS.iter().map(LinkKind)
    }

    /// The kind of that name.
    pub fn named(name: &str) -> Option<LinkKind> {
        LINK_KINDS.iter().find(|spec| spec.name == name).map(LinkKind)
    }

    /// The row.
    pub fn spec(self) -> &'static LinkSpec {
        self.0
    }

    /// The name, as in `kind`.
    pub fn name(self) -> &'static str {
        self.0.name
    }

    /// The field of that name.
    pub fn field(self, name: &str) -> Option<&'static FieldSpec> {
        self.0.fields.iter().find(|field| field.name == name)
    }

    /// Whether such a link may go from one kind to the other.
    pub fn may_join(self, from: Kind, to: Kind) -> bool {
        let fits = |list: &[&str], kind: Kind| list.iter().any(|name| *name == "*" || *name == kind.name());
        fits(self.0.from, from) && fits(self.0.to, to)
    }
}

macro_rules! by_name {
    ($ty:ident, $what:literal) => {
        impl PartialEq for $ty {
            fn eq(&self, other: &Self) -> bool {
                self.0.name == other.0.name
            }
        }

        impl Eq for $ty {}

        impl fmt::Debug for $ty {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.0.name)
            }
        }

        impl fmt::Display for $ty {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.0.name)
            }
        }

        impl Serialize for $ty {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.0.name)
            }
        }

        impl<'de> Deserialize<'de> for $ty {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let name = String::deserialize(deserializer)?;
                $ty::named(&name).ok_or_else(|| {
                    serde::de::Error::custom(format!(concat!("{:?} is not a kind of ", $what), name))
                })
            }
        }

        impl JsonSchema for $ty {
            fn schema_name() -> Cow<'static, str> {
                stringify!($ty).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                let names: Vec<&str> = $ty::all().map($ty::name).collect();
                json_schema!({
                    "description": concat!("A kind of ", $what, ": a row of the table of kinds."),
                    "type": "string",
                    "enum": names,
                })
            }
        }
    };
}

by_name!(Kind, "element");
by_name!(LinkKind, "link");
