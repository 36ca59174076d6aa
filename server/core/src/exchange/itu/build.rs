//! Makes the elements and links of a plan, in the order they are added.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use plenary_protocol::plan::order::spread;
use plenary_protocol::plan::value::Value;
use plenary_protocol::plan::view::{ElementView, LinkView, PLAN_SCHEMA, PlanView, Stage};
use plenary_protocol::plan::{Kind, LinkKind, codes};
use plenary_protocol::{Bureau, ElementId, PlanId, Seq};
use sha2::{Digest, Sha256};

/// The language of both sources.
const LANGUAGE: &str = "en";
/// First part of the ids of links.
const LINK_PREFIX: &str = "lnk";

/// A plan in the making.
pub(super) struct Builder {
    plan: PlanId,
    title: String,
    stage: Stage,
    source: &'static str,
    fields: BTreeMap<String, Value>,
    elements: Vec<ElementView>,
    printed: HashMap<ElementId, String>,
    links: Vec<LinkView>,
}

impl Builder {
    /// An empty plan; `source` is the id of the source that elements are taken from unless they say
    /// otherwise.
    pub(super) fn new(plan: PlanId, title: &str, stage: Stage, source: &'static str) -> Self {
        Builder {
            plan,
            title: title.to_owned(),
            stage,
            source,
            fields: BTreeMap::new(),
            elements: Vec::new(),
            printed: HashMap::new(),
            links: Vec::new(),
        }
    }

    /// Gives the plan itself a field.
    pub(super) fn plan_field(&mut self, name: &str, value: impl IntoValue) {
        if let Some(value) = value.into_value() {
            self.fields.insert(name.to_owned(), value);
        }
    }

    /// Adds an element; `key` tells it from others of its kind, mostly its code as printed.
    ///
    /// # Panics
    /// When `kind` is not a kind of the table.
    pub(super) fn add(&mut self, kind: &str, key: &str, parent: Option<&ElementId>) -> Added<'_> {
        let kind = Kind::named(kind).expect("the kind stands in the table");
        let id = self.id(kind.spec().prefix, kind.name(), key);
        self.elements.push(ElementView {
            id,
            kind,
            code: None,
            own_code: None,
            parent: parent.cloned(),
            order: String::new(),
            owner: None,
            removed: false,
            text: BTreeMap::new(),
            concurrent: BTreeMap::new(),
            fields: BTreeMap::new(),
        });
        let source = self.source;
        let printed = &mut self.printed;
        let element = self.elements.last_mut().expect("one was just added");
        Added { element, printed }.field("source", source).field("provenance", "as_printed")
    }

    /// Adds a link.
    ///
    /// # Panics
    /// When `kind` is not a kind of the table.
    pub(super) fn link(&mut self, kind: &str, from: &ElementId, to: &ElementId) -> &mut LinkView {
        let kind = LinkKind::named(kind).expect("the kind stands in the table");
        let id = self.id(LINK_PREFIX, kind.name(), &format!("{from}/{to}"));
        self.links.push(LinkView {
            id,
            kind,
            from: from.clone(),
            to: to.clone(),
            removed: false,
            note: String::new(),
            concurrent: BTreeMap::new(),
            fields: BTreeMap::new(),
        });
        self.links.last_mut().expect("one was just added")
    }

    /// Gives an element a field after it was added.
    pub(super) fn set_field(&mut self, id: &ElementId, name: &str, value: impl IntoValue) {
        if let (Some(element), Some(value)) =
            (self.elements.iter_mut().find(|e| e.id == *id), value.into_value())
        {
            element.fields.insert(name.to_owned(), value);
        }
    }

    /// The plan, its elements in reading order.  An element whose place does not give the code that
    /// was printed carries that code itself.
    pub(super) fn into_view(self) -> PlanView {
        let mut elements = codes::arrange(ordered(self.elements));
        for element in &mut elements {
            element.own_code =
                self.printed.get(&element.id).filter(|code| element.code.as_ref() != Some(code)).cloned();
        }
        let mut links = self.links;
        links.sort_by(|a, b| a.id.cmp(&b.id));
        PlanView {
            schema: PLAN_SCHEMA.to_owned(),
            id: self.plan,
            title: self.title,
            stage: self.stage,
            seq: Seq::ZERO,
            at: String::new(),
            document: String::new(),
            plan: self.fields,
            concurrent: BTreeMap::new(),
            elements: codes::arrange(elements),
            links,
        }
    }

    /// The id is a hash of what it names, so that the same source gives the same ids.
    fn id(&self, prefix: &str, kind: &str, key: &str) -> ElementId {
        let hash = Sha256::digest(format!("{}|{kind}|{key}", self.plan));
        let mut head = [0; 8];
        head.copy_from_slice(&hash[..8]);
        ElementId::of_bytes(prefix, head)
    }
}

/// Gives siblings order keys in the order they were added.
fn ordered(mut elements: Vec<ElementView>) -> Vec<ElementView> {
    let mut siblings: BTreeMap<Option<ElementId>, Vec<usize>> = BTreeMap::new();
    for (index, element) in elements.iter().enumerate() {
        siblings.entry(element.parent.clone()).or_default().push(index);
    }
    for group in siblings.values() {
        for (index, key) in group.iter().zip(spread("", "", group.len())) {
            elements[*index].order = key;
        }
    }
    elements
}

/// An element that was just added.
pub(super) struct Added<'a> {
    element: &'a mut ElementView,
    printed: &'a mut HashMap<ElementId, String>,
}

impl Added<'_> {
    /// Gives it a field, if there is a value.
    pub(super) fn field(self, name: &str, value: impl IntoValue) -> Self {
        if let Some(value) = value.into_value() {
            self.element.fields.insert(name.to_owned(), value);
        }
        self
    }

    /// Gives it a text in the plan's language, if there is one.
    pub(super) fn text<'t>(self, name: &str, text: impl Into<Option<&'t str>>) -> Self {
        self.text_in(LANGUAGE, name, text)
    }

    /// Gives it a text, if there is one.
    pub(super) fn text_in<'t>(self, language: &str, name: &str, text: impl Into<Option<&'t str>>) -> Self {
        if let Some(text) = text.into().filter(|text| !text.is_empty()) {
            self.element
                .text
                .entry(language.to_owned())
                .or_default()
                .insert(name.to_owned(), text.to_owned());
        }
        self
    }

    /// Gives it to a Bureau, if there is one.
    pub(super) fn owner(self, owner: Option<Bureau>) -> Self {
        self.element.owner = owner;
        self
    }

    /// Says that its texts are in other words than the source's.
    pub(super) fn paraphrase(self) -> Self {
        self.field("provenance", "paraphrase")
    }

    /// Says that it is our reading of the source.
    pub(super) fn our_reading(self) -> Self {
        self.field("provenance", "our_reading")
    }

    /// Names the fields that are our reading of the source.
    pub(super) fn inferred<'n>(self, names: impl IntoIterator<Item = &'n str>) -> Self {
        let names = names.into_iter().map(str::to_owned).collect();
        self.field("inferred", Value::Set(names))
    }

    /// Names as our reading those of the fields whose words do not stand in the print they are from.
    pub(super) fn inferred_unless_in(self, print: &str, names: &[&str]) -> Self {
        let print = print.to_lowercase();
        let stands =
            |value: &Value| matches!(value, Value::Text(text) if print.contains(&text.to_lowercase()));
        let mut inferred = match self.element.fields.get("inferred") {
            Some(Value::Set(names)) => names.clone(),
            _ => BTreeSet::new(),
        };
        let fields = &self.element.fields;
        let read = names.iter().filter(|name| fields.get(**name).is_some_and(|value| !stands(value)));
        inferred.extend(read.map(|name| (*name).to_owned()));
        self.field("inferred", Value::Set(inferred))
    }

    /// The code the source prints; it is kept where the element's place does not give the same.
    pub(super) fn printed(self, code: &str) -> Self {
        self.printed.insert(self.element.id.clone(), code.to_owned());
        self
    }

    /// Whether it has the field.
    pub(super) fn has(&self, name: &str) -> bool {
        self.element.fields.contains_key(name)
    }

    /// Its id.
    pub(super) fn id(self) -> ElementId {
        self.element.id.clone()
    }
}

/// What can be the value of a field; nothing where there is none.
pub(super) trait IntoValue {
    /// The value.
    fn into_value(self) -> Option<Value>;
}

impl IntoValue for Value {
    fn into_value(self) -> Option<Value> {
        Some(self).filter(|value| !value.is_absent())
    }
}

impl IntoValue for &str {
    fn into_value(self) -> Option<Value> {
        Some(Value::Text(self.to_owned()))
    }
}

impl IntoValue for &String {
    fn into_value(self) -> Option<Value> {
        Some(Value::Text(self.clone()))
    }
}

impl IntoValue for String {
    fn into_value(self) -> Option<Value> {
        Some(Value::Text(self))
    }
}

impl IntoValue for i64 {
    fn into_value(self) -> Option<Value> {
        Some(Value::Int(self))
    }
}

impl IntoValue for f64 {
    fn into_value(self) -> Option<Value> {
        Some(Value::Number(self))
    }
}

impl IntoValue for bool {
    fn into_value(self) -> Option<Value> {
        Some(Value::Bool(self))
    }
}

impl IntoValue for &[String] {
    fn into_value(self) -> Option<Value> {
        Value::Set(self.iter().cloned().collect()).into_value()
    }
}

impl IntoValue for &ElementId {
    fn into_value(self) -> Option<Value> {
        Some(Value::Text(self.to_string()))
    }
}

impl<T: IntoValue> IntoValue for Option<T> {
    fn into_value(self) -> Option<Value> {
        self.and_then(T::into_value)
    }
}
