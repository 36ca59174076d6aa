//! A plan against the one before it: what became of each former element, by the dispositions.

use std::collections::{BTreeMap, HashMap, HashSet};

use plenary_protocol::ElementId;
use plenary_protocol::plan::{ElementView, LinkView, PlanView, Value};
use plenary_protocol::wire::past::{Change, Fate, Former, Heir, Named, Newcomer, PlanPoint, PredecessorDiff};

use super::{named, text_changes};

/// The kind of elements that say what became of a former one, and of links to what it became.
const DISPOSITION: &str = "disposition";
const BECOMES: &str = "becomes";
/// Texts that say what an element is, best first, and the name of them where it is not one text.
const WORDINGS: [&str; 2] = ["statement", "title"];
const WORDING: &str = "wording";
/// Kinds that a plan accounts for whether or not a disposition names one.
const ACCOUNTED_KINDS: [&str; 2] = ["goal", "target"];

/// A point of a plan.
pub fn point(view: &PlanView) -> PlanPoint {
    PlanPoint { plan: view.id.clone(), seq: view.seq, at: view.at.clone() }
}

/// What became of each element of `former` in `plan`.
///
/// Former elements that are removed count only where a disposition names them.  Dispositions that
/// refer to another plan are not looked at.
pub fn against_predecessor(former: &PlanView, plan: &PlanView) -> PredecessorDiff {
    let hidden = plan.hidden();
    let of_kind = |one: &&ElementView| one.kind.name() == DISPOSITION && !hidden.contains(&one.id);
    let mut fates: HashMap<ElementId, Vec<Fate>> = HashMap::new();
    let mut dangling = Vec::new();
    let mut inherited: HashSet<&ElementId> = HashSet::new();
    for disposition in plan.elements.iter().filter(of_kind) {
        let Some(Value::Reference(to)) = disposition.fields.get("former") else { continue };
        if to.plan != former.id {
            continue;
        }
        let Some(old) = former.element(&to.element) else {
            dangling.push(disposition.id.clone());
            continue;
        };
        let is_heir =
            |link: &&LinkView| link.kind.name() == BECOMES && link.from == disposition.id && !link.removed;
        let heirs: Vec<&ElementView> = plan
            .links
            .iter()
            .filter(is_heir)
            .filter_map(|link| plan.element(&link.to))
            .filter(|heir| !hidden.contains(&heir.id))
            .collect();
        inherited.extend(heirs.iter().map(|heir| &heir.id));
        fates.entry(to.element.clone()).or_default().push(fate(disposition, old, &heirs, plan.language()));
    }
    let old_kinds = kinds(former.elements.iter().filter(|one| fates.contains_key(&one.id)));
    let new_kinds = kinds(plan.elements.iter().filter(|one| inherited.contains(&one.id)));
    let gone = former.hidden();
    let is_forgotten = |one: &&ElementView| {
        old_kinds.contains(one.kind.name()) && !fates.contains_key(&one.id) && !gone.contains(&one.id)
    };
    let is_new = |one: &&ElementView| {
        new_kinds.contains(one.kind.name()) && !inherited.contains(&one.id) && !hidden.contains(&one.id)
    };
    let name = |one: &ElementView| named(one, former.language());
    PredecessorDiff {
        plan: point(plan),
        predecessor: point(former),
        without_disposition: former.elements.iter().filter(is_forgotten).map(name).collect(),
        without_predecessor: plan.elements.iter().filter(is_new).map(|one| newcomer(one, plan)).collect(),
        former: former
            .elements
            .iter()
            .filter_map(|one| Some(Former { about: name(one), fates: fates.remove(&one.id)? }))
            .collect(),
        dangling,
    }
}

fn fate(disposition: &ElementView, old: &ElementView, heirs: &[&ElementView], lang: &str) -> Fate {
    let heir = |new: &&ElementView| Heir { about: named(new, lang), texts: rewritten(old, new) };
    Fate {
        disposition: disposition.id.clone(),
        kind: match disposition.fields.get("type") {
            Some(Value::Text(kind)) => Some(kind.clone()),
            _ => None,
        },
        rationale: text(disposition, lang, "rationale"),
        heirs: heirs.iter().map(heir).collect(),
    }
}

/// Texts that both have and that read differently.  Where one has a title and the other a statement
/// (targets of one plan are sentences, of another headings), these are compared as `wording`.
fn rewritten(old: &ElementView, new: &ElementView) -> Vec<Change> {
    let mut both = (old.text.clone(), new.text.clone());
    for lang in old.text.keys().filter(|lang| new.text.contains_key(*lang)) {
        let (Some(old), Some(new)) = (both.0.get_mut(lang), both.1.get_mut(lang)) else { continue };
        let main = |texts: &BTreeMap<String, String>| {
            WORDINGS.iter().find_map(|name| texts.get(*name)).filter(|text| !text.is_empty()).cloned()
        };
        let wordings = main(old).zip(main(new));
        old.retain(|name, text| !text.is_empty() && new.contains_key(name));
        new.retain(|name, text| !text.is_empty() && old.contains_key(name));
        if let Some((from, to)) = wordings.filter(|_| main(old).is_none()) {
            old.insert(WORDING.to_owned(), from);
            new.insert(WORDING.to_owned(), to);
        }
    }
    both.0.retain(|lang, _| new.text.contains_key(lang));
    both.1.retain(|lang, _| old.text.contains_key(lang));
    text_changes(&both.0, &both.1)
}

fn newcomer(element: &ElementView, plan: &PlanView) -> Newcomer {
    let about: Named = named(element, plan.language());
    Newcomer { about, reason: text(element, plan.language(), "without_predecessor") }
}

fn text(element: &ElementView, lang: &str, name: &str) -> String {
    element.text.get(lang).and_then(|texts| texts.get(name)).cloned().unwrap_or_default()
}

fn kinds<'a>(elements: impl Iterator<Item = &'a ElementView>) -> HashSet<&'static str> {
    elements.map(|one| one.kind.name()).chain(ACCOUNTED_KINDS).collect()
}
