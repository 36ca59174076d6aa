//! What may be asked of the past, as it is written in queries and bodies, and the filter it names.

use std::collections::BTreeSet;
use std::str::FromStr;

use plenary_core::history::{ActType, Filter, Needle, parse_op};
use plenary_protocol::plan::codes;
use plenary_protocol::point::Edge;
use plenary_protocol::wire::{Refusal, RefusalCode};
use plenary_protocol::{ElementId, Seq};

use super::ApiError;
use super::plans::{point, seq_of, time_us};
use crate::readings::Copy;

/// Makes the type of a query that takes filters beside its own parameters; serde cannot flatten one
/// into another and still refuse what it does not know.
macro_rules! filtered {
    ($(#[$about:meta])* $name:ident { $($(#[$of_field:meta])* $field:ident: $type:ty,)* }) => {
        $(#[$about])*
        #[derive(Debug, Default, Deserialize, JsonSchema)]
        #[serde(deny_unknown_fields)]
        pub struct $name {
            $($(#[$of_field])* pub(super) $field: $type,)*
            /// What is about these elements and links: ids or display codes, codes read as of `at`; `plan`
            /// is the plan itself.
            element: Option<String>,
            /// What is about this element or anything under it: an id or display code.
            subtree: Option<String>,
            /// What changed these fields or texts.
            field: Option<String>,
            /// What is about elements and links of these kinds.
            kind: Option<String>,
            /// What does this: `add`, `set`, `text`, `move`, `remove`, `restore`.
            op: Option<String>,
            /// Edits whose old or new value holds this, whatever its case; of a long text what was deleted
            /// or inserted.  1 to 200 characters.
            text: Option<String>,
            /// What these people did.
            subject: Option<String>,
            /// What was done for these Bureaux: `BR`, `TSB`, `BDT`, `GS`.
            bureau: Option<String>,
            /// Entries of these types: `plan_created`, `actor_bound`, `change`, `stage_advanced`,
            /// `access_changed`, `refused`, `version_named`, `version_signed`, `exported`.
            #[serde(rename = "type")]
            act: Option<String>,
            /// What answers this guidance request, feedback item or consultation: an id or display code.
            answers: Option<String>,
            /// Entries taken in at this time (RFC 3339) or on this date, or later.
            since: Option<String>,
            /// Entries taken in at this time (RFC 3339) or on this date, or earlier.
            until: Option<String>,
            /// This entry and later ones.
            from_seq: Option<u64>,
            /// This entry and earlier ones.
            to_seq: Option<u64>,
            /// The point as of which display codes are read: an entry, a time, a date or `version:NAME`; now
            /// when absent.
            at: Option<String>,
        }

        impl $name {
            /// The filters that are named.
            pub(super) fn filters(&mut self) -> $crate::http::filters::Filters {
                $crate::http::filters::Filters {
                    element: self.element.take(),
                    subtree: self.subtree.take(),
                    field: self.field.take(),
                    kind: self.kind.take(),
                    op: self.op.take(),
                    text: self.text.take(),
                    subject: self.subject.take(),
                    bureau: self.bureau.take(),
                    act: self.act.take(),
                    answers: self.answers.take(),
                    since: self.since.take(),
                    until: self.until.take(),
                    from_seq: self.from_seq,
                    to_seq: self.to_seq,
                    at: self.at.take(),
                }
            }
        }
    };
}
pub(super) use filtered;

/// Filters as they are written; several values of one are separated by commas.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Filters {
    pub(super) element: Option<String>,
    pub(super) subtree: Option<String>,
    pub(super) field: Option<String>,
    pub(super) kind: Option<String>,
    pub(super) op: Option<String>,
    pub(super) text: Option<String>,
    pub(super) subject: Option<String>,
    pub(super) bureau: Option<String>,
    pub(super) act: Option<String>,
    pub(super) answers: Option<String>,
    pub(super) since: Option<String>,
    pub(super) until: Option<String>,
    pub(super) from_seq: Option<u64>,
    pub(super) to_seq: Option<u64>,
    pub(super) at: Option<String>,
}

pub(super) fn words(list: Option<&str>) -> impl Iterator<Item = &str> {
    list.into_iter().flat_map(|list| list.split(',')).map(str::trim).filter(|word| !word.is_empty())
}

fn parsed<T: FromStr + Ord>(list: Option<&str>, what: &str) -> Result<BTreeSet<T>, ApiError>
where
    T::Err: std::fmt::Display,
{
    let one = |word: &str| word.parse().map_err(|error| ApiError::malformed(format!("{what}: {error}")));
    words(list).map(one).collect()
}

impl Filters {
    /// Whether none is named.
    pub(super) fn is_empty(&self) -> bool {
        *self == Filters::default()
    }

    /// The filter without the elements it names, which need the plan.
    ///
    /// # Errors
    /// `malformed` names what does not read.
    pub(super) fn filter(&self) -> Result<Filter, ApiError> {
        let time = |text: &Option<String>, edge| text.as_deref().map(|text| time_us(text, edge)).transpose();
        let mut ops = BTreeSet::new();
        for word in words(self.op.as_deref()) {
            ops.insert(parse_op(word).map_err(|error| ApiError::malformed(format!("op: {error}")))?);
        }
        let text = self.text.as_deref().map(Needle::new).transpose();
        Ok(Filter {
            fields: words(self.field.as_deref()).map(str::to_owned).collect(),
            kinds: words(self.kind.as_deref()).map(str::to_owned).collect(),
            ops,
            text: text.map_err(|error| ApiError::malformed(format!("text: {error}")))?,
            subjects: parsed(self.subject.as_deref(), "subject")?,
            bureaux: parsed(self.bureau.as_deref(), "bureau")?,
            acts: parsed::<ActType>(self.act.as_deref(), "type")?,
            since_us: time(&self.since, Edge::Start)?,
            until_us: time(&self.until, Edge::End)?,
            from_seq: self.from_seq.map(Seq),
            to_seq: self.to_seq.map(Seq),
            ..Filter::default()
        })
    }

    /// Finds the elements that a filter names by id or by display code as of a point.
    ///
    /// # Errors
    /// `malformed`, `base_ahead` or `no_such_element`.
    pub(super) fn name_elements(&self, copy: &Copy, filter: &mut Filter) -> Result<(), ApiError> {
        let at = seq_of(copy, self.at.as_deref().map(point).transpose()?)?;
        let named = [&self.element, &self.subtree, &self.answers].iter().any(|field| field.is_some());
        if !named {
            return Ok(());
        }
        let outline = copy.outline(at);
        let find = |name: &str| -> Result<ElementId, ApiError> {
            if name == "plan" || copy.index().is_made(name, at) {
                return name.parse().map_err(|error| ApiError::malformed(format!("{name}: {error}")));
            }
            let found = codes::resolve(&outline.elements, name);
            let found = found.map_err(|error| Refusal::new(RefusalCode::NoSuchElement, error.to_string()))?;
            Ok(found.id.clone())
        };
        for name in words(self.element.as_deref()) {
            filter.elements.insert(find(name)?);
        }
        filter.subtree = self.subtree.as_deref().map(find).transpose()?;
        filter.answers = self.answers.as_deref().map(find).transpose()?;
        Ok(())
    }
}
