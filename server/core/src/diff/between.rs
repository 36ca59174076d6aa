//! Two views of a plan side by side, element by element and field by field.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use plenary_protocol::ElementId;
use plenary_protocol::plan::view::Texts;
use plenary_protocol::plan::{ElementView, LinkView, PlanView, Value};
use plenary_protocol::text::words::segments;
use plenary_protocol::wire::past::{Change, Difference, Named};

use super::{named, named_link, named_plan};

/// All differences between two points of a plan, in reading order of the later one; what is gone
/// stands where it stood, links after the element they start from.
pub fn diff(before: &PlanView, after: &PlanView) -> Vec<Difference> {
    let mut differ = Differ {
        before: Side::of(before),
        after: Side::of(after),
        reordered: reordered(before, after),
        lang: after.language(),
        out: Vec::new(),
    };
    differ.plan(before, after);
    let links = links_by_start(before, after);
    for id in merged_order(before, after) {
        differ.element(id);
        for link in links.get(id).into_iter().flatten() {
            differ.link(link);
        }
    }
    differ.out
}

/// Ids in reading order of the later plan, what is gone after what stood before it.
fn merged_order<'a>(before: &'a PlanView, after: &'a PlanView) -> Vec<&'a ElementId> {
    let known: HashSet<&ElementId> = after.elements.iter().map(|element| &element.id).collect();
    let mut gone: HashMap<Option<&ElementId>, Vec<&ElementId>> = HashMap::new();
    let mut last = None;
    for element in &before.elements {
        if known.contains(&element.id) {
            last = Some(&element.id);
        } else {
            gone.entry(last).or_default().push(&element.id);
        }
    }
    let mut order: Vec<&ElementId> = gone.remove(&None).unwrap_or_default();
    for element in &after.elements {
        order.push(&element.id);
        order.extend(gone.remove(&Some(&element.id)).unwrap_or_default());
    }
    order
}

fn links_by_start<'a>(
    before: &'a PlanView,
    after: &'a PlanView,
) -> HashMap<&'a ElementId, BTreeSet<&'a ElementId>> {
    let mut links: HashMap<_, BTreeSet<_>> = HashMap::new();
    for link in before.links.iter().chain(&after.links) {
        links.entry(&link.from).or_default().insert(&link.id);
    }
    links
}

/// Elements under the same parent as before whose order key is another, where that changed the order
/// of those who stand there at both points.
fn reordered<'a>(before: &'a PlanView, after: &'a PlanView) -> HashSet<&'a ElementId> {
    let old: HashMap<&ElementId, &ElementView> = before.elements.iter().map(|one| (&one.id, one)).collect();
    let new: HashMap<&ElementId, &ElementView> = after.elements.iter().map(|one| (&one.id, one)).collect();
    let stays = |one: &ElementView| match (old.get(&one.id), new.get(&one.id)) {
        (Some(old), Some(new)) => old.parent == new.parent,
        _ => false,
    };
    let siblings = |view: &'a PlanView| {
        let mut by_parent: HashMap<Option<&ElementId>, Vec<&ElementId>> = HashMap::new();
        for one in view.elements.iter().filter(|one| stays(one)) {
            by_parent.entry(one.parent.as_ref()).or_default().push(&one.id);
        }
        by_parent
    };
    let old_lists = siblings(before);
    let mut found = HashSet::new();
    for (parent, list) in siblings(after) {
        if old_lists.get(&parent) != Some(&list) {
            let is_moved = |id: &&ElementId| old[*id].order != new[*id].order;
            found.extend(list.into_iter().filter(is_moved));
        }
    }
    found
}

struct Side<'a> {
    elements: HashMap<&'a ElementId, &'a ElementView>,
    links: HashMap<&'a ElementId, &'a LinkView>,
}

impl<'a> Side<'a> {
    fn of(view: &'a PlanView) -> Self {
        Side {
            elements: view.elements.iter().map(|one| (&one.id, one)).collect(),
            links: view.links.iter().map(|one| (&one.id, one)).collect(),
        }
    }

    fn named(&self, id: &ElementId, lang: &str) -> Option<Named> {
        self.elements.get(id).map(|element| named(element, lang))
    }
}

struct Differ<'a> {
    before: Side<'a>,
    after: Side<'a>,
    reordered: HashSet<&'a ElementId>,
    lang: &'a str,
    out: Vec<Difference>,
}

impl<'a> Differ<'a> {
    fn tell(&mut self, about: &Named, code_before: &Option<String>, what: Change) {
        let code_before = code_before.clone().filter(|_| *code_before != about.code);
        self.out.push(Difference { about: about.clone(), code_before, what });
    }

    fn plan(&mut self, before: &PlanView, after: &PlanView) {
        let about = named_plan(after);
        self.fields(&about, &None, &before.plan, &after.plan);
    }

    fn element(&mut self, id: &'a ElementId) {
        let (old, new) = (self.before.elements.get(id).copied(), self.after.elements.get(id).copied());
        let Some(last) = new.or(old) else { return };
        let about = named(last, self.lang);
        let code_before = old.and_then(|old| old.code.clone());
        let is_there = |one: Option<&ElementView>| one.is_some_and(|one| !one.removed);
        match (is_there(old), is_there(new)) {
            (false, false) if old.is_none() || new.is_none() => return,
            (false, true) if old.is_none() => {
                let from = last.parent.as_ref().and_then(|parent| self.after.named(parent, self.lang));
                self.tell(&about, &None, Change::Added { from, to: None });
            }
            (false, true) => self.tell(&about, &code_before, Change::Restored),
            (true, false) => self.tell(&about, &code_before, Change::Removed),
            _ => {}
        }
        let Some(new) = new else { return };
        if let Some(old) = old {
            self.place(&about, old, new);
        }
        let (old_fields, new_fields) = (old.map(typed).unwrap_or_default(), typed(new));
        self.fields(&about, &code_before, &old_fields, &new_fields);
        let none = Texts::new();
        let changes = text_changes(old.map_or(&none, |old| &old.text), &new.text);
        for change in changes {
            self.tell(&about, &code_before, change);
        }
    }

    fn place(&mut self, about: &Named, old: &ElementView, new: &ElementView) {
        let is_moved = old.parent != new.parent || self.reordered.contains(&new.id);
        if is_moved {
            let from = old.parent.as_ref().and_then(|parent| self.before.named(parent, self.lang));
            let to = new.parent.as_ref().and_then(|parent| self.after.named(parent, self.lang));
            self.tell(about, &old.code, Change::Moved { from, to });
        } else if old.code != new.code
            && old.own_code == new.own_code
            && old.code.is_some()
            && new.code.is_some()
            && old.removed == new.removed
        {
            self.tell(about, &old.code, Change::Renumbered);
        }
    }

    fn link(&mut self, id: &ElementId) {
        let (old, new) = (self.before.links.get(id).copied(), self.after.links.get(id).copied());
        let Some(last) = new.or(old) else { return };
        let about = named_link(last);
        let is_there = |one: Option<&LinkView>| one.is_some_and(|one| !one.removed);
        match (is_there(old), is_there(new)) {
            (false, false) if old.is_none() || new.is_none() => return,
            (false, true) if old.is_none() => {
                let end = |end| self.after.named(end, self.lang);
                let what = Change::Added { from: end(&last.from), to: end(&last.to) };
                self.tell(&about, &None, what);
            }
            (false, true) => self.tell(&about, &None, Change::Restored),
            (true, false) => self.tell(&about, &None, Change::Removed),
            _ => {}
        }
        let Some(new) = new else { return };
        let none = BTreeMap::new();
        self.fields(&about, &None, old.map_or(&none, |old| &old.fields), &new.fields);
        let note = old.map_or("", |old| old.note.as_str());
        if note != new.note {
            let segments = segments(note, &new.note);
            self.tell(&about, &None, Change::Text { field: "note".to_owned(), lang: None, segments });
        }
    }

    fn fields(
        &mut self,
        about: &Named,
        code_before: &Option<String>,
        old: &BTreeMap<String, Value>,
        new: &BTreeMap<String, Value>,
    ) {
        let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
        for field in names {
            let (from, to) = (old.get(field), new.get(field));
            if from != to {
                let what = Change::Set { field: field.clone(), from: from.cloned(), to: to.cloned() };
                self.tell(about, code_before, what);
            }
        }
    }
}

/// The typed fields of an element, owner and own code among them.
pub(crate) fn typed(element: &ElementView) -> BTreeMap<String, Value> {
    let mut fields = element.fields.clone();
    let owner = element.owner.map(|owner| Value::Text(owner.to_string()));
    fields.extend(owner.map(|owner| ("owner".to_owned(), owner)));
    let code = element.own_code.clone().map(Value::Text);
    fields.extend(code.map(|code| ("code".to_owned(), code)));
    fields
}

/// Every text that reads differently, by language and name.
pub(crate) fn text_changes(old: &Texts, new: &Texts) -> Vec<Change> {
    let names = |texts: &Texts| -> Vec<(String, String)> {
        let of = |(lang, by_name): (&String, &BTreeMap<String, String>)| {
            by_name.keys().map(|name| (lang.clone(), name.clone())).collect::<Vec<_>>()
        };
        texts.iter().flat_map(of).collect()
    };
    let all: BTreeSet<(String, String)> = names(old).into_iter().chain(names(new)).collect();
    let mut changes = Vec::new();
    for (lang, field) in all {
        let read = |texts: &Texts| texts.get(&lang).and_then(|by_name| by_name.get(&field)).cloned();
        let (from, to) = (read(old).unwrap_or_default(), read(new).unwrap_or_default());
        if from != to {
            let segments = segments(&from, &to);
            changes.push(Change::Text { field, lang: Some(lang), segments });
        }
    }
    changes
}
