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
    /// Whether it has a display code.
    has_code: bool,
    /// Its texts, each once per language.
    texts: Vec<TextOfKind>,
    /// Its typed fields.
    fields: Vec<FieldOfKind>,
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
        has_code: spec.code != CodeForm::None,
        texts: spec
            .texts
            .iter()
            .map(|text| TextOfKind { name: text.name, required: text.required })
            .collect(),
        fields: kind.fields().map(field).collect(),
    }
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
    FieldOfKind { name: spec.name, holds: spec.ty.describe(), vocabulary, about: spec.about }
}
