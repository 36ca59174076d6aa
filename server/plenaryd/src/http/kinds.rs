//! The table of kinds, as the API gives it.

use actix_web::HttpResponse;
use plenary_core::policy::Action;
use plenary_protocol::plan::kinds::{CodeForm, FieldSpec, FieldType, Ownership};
use plenary_protocol::plan::{Kind, LinkKind};
use schemars::JsonSchema;
use serde::Serialize;

use super::{ApiError, Caller};

/// The kinds of elements and links, with their fields.
#[derive(Debug, Serialize, JsonSchema)]
pub struct KindsAnswer {
    /// Kinds of elements; the first is the plan itself.
    elements: Vec<ElementKind>,
    /// Kinds of links.
    links: Vec<KindOfLink>,
}

/// A kind of element.
#[derive(Debug, Serialize, JsonSchema)]
struct ElementKind {
    /// The name, as in `kind`.
    name: &'static str,
    /// The first part of its ids.
    prefix: &'static str,
    /// What it is.
    about: &'static str,
    /// Kinds it may stand under; `-` is the top of the plan, `*` any element.
    parents: &'static [&'static str],
    /// Who may write it: `shared` every drafter, `bureau` the Bureau it belongs to, `open` contributors too.
    ownership: &'static str,
    /// How its display code is made, where it has one.
    code: Option<CodeOfKind>,
    /// Its texts, each once per language.
    texts: Vec<TextOfKind>,
    /// Its typed fields.
    fields: Vec<FieldOfKind>,
}

/// How the display code of a kind is made; an element that carries a code of its own has that one.
#[derive(Debug, Serialize, JsonSchema)]
struct CodeOfKind {
    /// `ordinal`: the affix and the number among siblings of its kind; `child_number` and `child_letter`: the
    /// parent's code, the affix, and the number or letter; `sector_number`: R, T, D or I, a point, and the
    /// number among those of its sector.
    form: &'static str,
    /// What stands before the number or letter.
    affix: &'static str,
}

/// A text of a kind.
#[derive(Debug, Serialize, JsonSchema)]
struct TextOfKind {
    /// The key.
    name: &'static str,
    /// Whether an element is meant to have it in the plan's own language.
    required: bool,
}

/// A typed field of a kind.
#[derive(Debug, Serialize, JsonSchema)]
struct FieldOfKind {
    /// The key.
    name: &'static str,
    /// What it may hold: `text`, `int`, `number`, `bool`, `year`, `date`, `one_of`, `set`, `element`,
    /// `reference` or `quotation`.
    r#type: &'static str,
    /// Kinds that an `element` may be of; any where there are none.
    kinds: &'static [&'static str],
    /// What it may hold, in words.
    holds: String,
    /// The words it may hold, where they are given.
    vocabulary: &'static [&'static str],
    /// What it means, with the unit of numbers.
    about: &'static str,
}

/// A kind of link.
#[derive(Debug, Serialize, JsonSchema)]
struct KindOfLink {
    /// The name, as in `kind`: a verb read from `from` to `to`.
    name: &'static str,
    /// What it says.
    about: &'static str,
    /// Kinds it may start from; `*` any.
    from: &'static [&'static str],
    /// Kinds it may end in; `*` any.
    to: &'static [&'static str],
    /// Its typed fields.
    fields: Vec<FieldOfKind>,
}

/// The table of kinds.
pub async fn kinds(caller: Caller) -> Result<HttpResponse, ApiError> {
    caller.may(Action::Read)?;
    let elements = Kind::all().map(element_kind).collect();
    let links = LinkKind::all().map(kind_of_link).collect();
    Ok(HttpResponse::Ok().json(KindsAnswer { elements, links }))
}

fn element_kind(kind: Kind) -> ElementKind {
    let spec = kind.spec();
    ElementKind {
        name: spec.name,
        prefix: spec.prefix,
        about: spec.about,
        parents: spec.parents,
        ownership: match spec.ownership {
            Ownership::Shared => "shared",
            Ownership::Bureau => "bureau",
            Ownership::Open => "open",
        },
        code: code(spec.code),
        texts: spec
            .texts
            .iter()
            .map(|text| TextOfKind { name: text.name, required: text.required })
            .collect(),
        fields: kind.fields().map(field).collect(),
    }
}

fn code(form: CodeForm) -> Option<CodeOfKind> {
    let (form, affix) = match form {
        CodeForm::None => return None,
        CodeForm::Ordinal(prefix) => ("ordinal", prefix),
        CodeForm::ChildNumber(separator) => ("child_number", separator),
        CodeForm::ChildLetter(separator) => ("child_letter", separator),
        CodeForm::SectorNumber => ("sector_number", ""),
    };
    Some(CodeOfKind { form, affix })
}

fn kind_of_link(kind: LinkKind) -> KindOfLink {
    let spec = kind.spec();
    KindOfLink {
        name: spec.name,
        about: spec.about,
        from: spec.from,
        to: spec.to,
        fields: spec.fields.iter().map(field).collect(),
    }
}

fn field(spec: &FieldSpec) -> FieldOfKind {
    let vocabulary = match spec.ty {
        FieldType::OneOf(words) | FieldType::Set(words) => words,
        _ => &[],
    };
    let r#type = match spec.ty {
        FieldType::Str => "text",
        FieldType::Int => "int",
        FieldType::Number => "number",
        FieldType::Bool => "bool",
        FieldType::Year => "year",
        FieldType::Date => "date",
        FieldType::OneOf(_) => "one_of",
        FieldType::Set(_) => "set",
        FieldType::Element(_) => "element",
        FieldType::Reference => "reference",
        FieldType::Quotation => "quotation",
    };
    let kinds = match spec.ty {
        FieldType::Element(kinds) => kinds,
        _ => &[],
    };
    FieldOfKind { name: spec.name, r#type, kinds, holds: spec.ty.describe(), vocabulary, about: spec.about }
}
