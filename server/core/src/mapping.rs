//! A plan's mapping at a glance: coverage of the former plan, requests and responses, quotations checked.
//!
//! Told from views alone; what the dispositions say is read by `diff::against_predecessor`.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use plenary_limits::QUOTED_POINTS_MAX;
use plenary_protocol::plan::value::Quotation;
use plenary_protocol::plan::{ElementView, PlanView, Value};
use plenary_protocol::text::words::segments;
use plenary_protocol::wire::mapping::{
    Coverage, FormerPlan, Guidance, MappingAnswer, QuoteCheck, Request, Response,
};
use plenary_protocol::wire::past::Named;
use plenary_protocol::{ElementId, PlanId, Seq};

use crate::diff::{against_predecessor, named, point};
use crate::quotes;

/// The type of dispositions that say why, or should.
const DROPPED: &str = "dropped";
/// How responses that do not say how far they are are counted.
const OPEN: &str = "open";

/// Finds the text that a quotation means, with the element that it is of.
pub type Quoted<'a> = &'a dyn Fn(&Quotation) -> Option<(Named, String)>;

/// The mapping of a plan; `former` is the plan before it, where there is one to read.
pub fn mapping(view: &PlanView, former: Option<&PlanView>, quoted: Quoted<'_>) -> MappingAnswer {
    MappingAnswer {
        plan: point(view),
        former_plan: former.map(|former| former_plan(view, former)),
        guidance: guidance(view),
        quotes: visible(view, "quote").filter_map(|quote| check(view, quote, quoted)).collect(),
    }
}

/// The points of plans that a plan quotes, in their order, at most [`QUOTED_POINTS_MAX`].
pub fn quoted_points(view: &PlanView) -> BTreeSet<(PlanId, Seq)> {
    let points = visible(view, "quote").filter_map(quotation).map(|of| (of.plan.clone(), of.seq));
    points.collect::<BTreeSet<_>>().into_iter().take(QUOTED_POINTS_MAX).collect()
}

/// The text of a view that a quotation means.
pub fn quoted_in(view: &PlanView, of: &Quotation) -> Option<(Named, String)> {
    let element = view.element(&of.element)?;
    Some((named(element, view.language()), quotes::said(element, view.language(), &of.field)?))
}

fn former_plan(view: &PlanView, former: &PlanView) -> FormerPlan {
    let mut told = against_predecessor(former, view);
    let mut kinds: BTreeMap<usize, Coverage> = BTreeMap::new();
    let rank = |kind: &str| plenary_protocol::plan::Kind::named(kind).map_or(usize::MAX, |kind| kind.rank());
    let fresh = |kind: &str| Coverage { kind: kind.to_owned(), ..Coverage::default() };
    for one in &told.without_disposition {
        kinds.entry(rank(&one.kind)).or_insert_with(|| fresh(&one.kind)).former += 1;
    }
    for one in &mut told.former {
        let kind = &one.about.kind;
        let count = kinds.entry(rank(kind)).or_insert_with(|| fresh(kind));
        count.former += 1;
        count.with_disposition += 1;
        for fate in &mut one.fates {
            *count.types.entry(fate.kind.clone().unwrap_or_default()).or_default() += 1;
            fate.heirs.iter_mut().for_each(|heir| heir.texts.clear());
        }
        let is_dropped = |kind: Option<&str>| kind == Some(DROPPED);
        if one.fates.iter().any(|fate| is_dropped(fate.kind.as_deref()) && fate.rationale.trim().is_empty()) {
            count.dropped_without_reason.push(one.about.clone());
        }
    }
    FormerPlan {
        predecessor: told.predecessor,
        coverage: kinds.into_values().collect(),
        former: told.former,
        without_disposition: told.without_disposition,
        without_predecessor: told.without_predecessor,
    }
}

fn guidance(view: &PlanView) -> Guidance {
    let mut told = Guidance::default();
    // By id, with their places in reading order.
    let responses: HashMap<&ElementId, (usize, &ElementView)> =
        visible(view, "guidance_response").enumerate().map(|one| (&one.1.id, one)).collect();
    let answers: Vec<_> =
        view.links.iter().filter(|link| !link.removed && link.kind.name() == "answers").collect();
    for (_, response) in responses.values() {
        let status = status(response).unwrap_or_else(|| OPEN.to_owned());
        *told.statuses.entry(status).or_default() += 1;
    }
    let mut answering = HashSet::new();
    for request in visible(view, "guidance_request") {
        let mut found = Vec::new();
        for link in answers.iter().filter(|link| link.to == request.id) {
            let Some((place, response)) = responses.get(&link.from) else { continue };
            answering.insert(&response.id);
            let about = named(response, view.language());
            found.push((*place, Response { about, status: status(response) }));
        }
        found.sort_by_key(|(place, _)| *place);
        told.answered += u64::from(!found.is_empty());
        let responses = found.into_iter().map(|(_, response)| response).collect();
        told.requests.push(Request { about: named(request, view.language()), responses });
    }
    let lone = visible(view, "guidance_response").filter(|response| !answering.contains(&response.id));
    told.without_request = lone.map(|response| named(response, view.language())).collect();
    told
}

fn status(response: &ElementView) -> Option<String> {
    response.fields.get("status").map(Value::to_string)
}

fn check(view: &PlanView, quote: &ElementView, quoted: Quoted<'_>) -> Option<QuoteCheck> {
    let of = quotation(quote)?;
    let text = |texts: &BTreeMap<String, String>| texts.get("as_printed").cloned();
    let printed = quote.text.get(view.language()).and_then(text);
    let printed = printed.or_else(|| quote.text.values().find_map(text)).unwrap_or_default();
    let found = quoted(of);
    let agrees = found.as_ref().map(|(_, text)| quotes::agrees(&printed, text));
    let under = quote.parent.as_ref().and_then(|parent| view.element(parent));
    Some(QuoteCheck {
        quote: quote.id.clone(),
        under: under.map(|under| named(under, view.language())),
        of: of.clone(),
        segments: match (&found, agrees) {
            (Some((_, text)), Some(false)) => segments(text, &printed),
            _ => Vec::new(),
        },
        quoted: found.map(|(named, _)| named),
        as_printed: printed,
        agrees,
    })
}

fn quotation(quote: &ElementView) -> Option<&Quotation> {
    match quote.fields.get("of") {
        Some(Value::Quotation(of)) => Some(of),
        _ => None,
    }
}

/// Elements of a kind that are not removed, nor under one that is.
fn visible<'a>(view: &'a PlanView, kind: &'static str) -> impl Iterator<Item = &'a ElementView> {
    let hidden = view.hidden();
    view.elements.iter().filter(move |element| element.kind.name() == kind && !hidden.contains(&element.id))
}

#[cfg(test)]
mod tests {
    use plenary_protocol::plan::file;

    use super::*;

    fn plans() -> (PlanView, PlanView) {
        let read = |text: &str| file::read(text.as_bytes()).unwrap();
        let adopted = read(include_str!("../plans/itu-sp-2020-2023.json"));
        (read(include_str!("../plans/itu-sp-2024-2027-draft.json")), adopted)
    }

    #[test]
    fn the_real_plans_at_a_glance() {
        let (draft, adopted) = plans();
        let told = mapping(&draft, Some(&adopted), &|of| quoted_in(&adopted, of));
        let former = told.former_plan.unwrap();
        let count = |kind: &str| former.coverage.iter().find(|count| count.kind == kind).unwrap();
        let targets = count("target");
        assert_eq!((targets.former, targets.with_disposition), (24, 24));
        let goals = count("goal");
        assert_eq!((goals.former, goals.with_disposition), (5, 5));
        let dropped = former.former.iter().filter(|one| {
            one.about.kind == "target" && one.fates.iter().any(|fate| fate.kind.as_deref() == Some(DROPPED))
        });
        assert_eq!(dropped.count(), 2);
        assert_eq!(told.guidance.requests.len(), 16);
        let open: Vec<&str> = told
            .guidance
            .requests
            .iter()
            .filter(|one| one.responses.is_empty())
            .filter_map(|one| one.about.code.as_deref())
            .collect();
        assert_eq!((told.guidance.answered, open), (14, vec!["3.c", "7.b"]));
        assert_eq!(told.guidance.statuses.values().sum::<u64>(), 20);
    }

    #[test]
    fn three_of_the_quotations_are_not_what_the_former_plan_says() {
        let (draft, adopted) = plans();
        let told = mapping(&draft, None, &|of| quoted_in(&adopted, of));
        assert_eq!((told.quotes.len(), told.former_plan), (22, None));
        let wrong: Vec<&QuoteCheck> = told.quotes.iter().filter(|quote| quote.agrees != Some(true)).collect();
        let codes: Vec<Option<&str>> =
            wrong.iter().map(|quote| quote.quoted.as_ref()?.code.as_deref()).collect();
        assert_eq!(codes, [Some("1.6"), Some("3.4"), Some("3.3")], "in the order of the document");
        assert!(wrong.iter().all(|quote| quote.segments.len() > 1));
        let unread = mapping(&draft, None, &|_| None);
        assert!(unread.quotes.iter().all(|quote| quote.agrees.is_none() && quote.segments.is_empty()));
    }

    #[test]
    fn responses_stand_in_reading_order_whatever_their_codes_are_as_texts() {
        let (mut draft, _) = plans();
        let told = mapping(&draft, None, &|_| None).guidance;
        let several = told.requests.iter().position(|one| one.responses.len() > 1).unwrap();
        let ids: Vec<ElementId> =
            told.requests[several].responses.iter().map(|one| one.about.element.clone()).collect();
        for (id, code) in ids.iter().zip(["8.R2", "8.R10"]) {
            draft.elements.iter_mut().find(|one| one.id == *id).unwrap().code = Some(code.into());
        }
        let told = mapping(&draft, None, &|_| None).guidance;
        let again = told.requests[several].responses.iter().map(|one| &one.about.element);
        assert!(again.eq(&ids));
    }

    #[test]
    fn so_many_points_are_quoted() {
        let (draft, _) = plans();
        let quote = draft.elements.iter().find(|element| element.kind.name() == "quote").unwrap();
        plenary_limits::holds!(QUOTED_POINTS_MAX, |count| {
            let at = |seq: usize| {
                let mut quote = quote.clone();
                quote.parent = None;
                let Some(Value::Quotation(of)) = quote.fields.get_mut("of") else { panic!("a quotation") };
                of.seq = Seq(seq as u64);
                quote
            };
            let view = PlanView { elements: (0..count).map(at).collect(), ..draft.clone() };
            quoted_points(&view).len() == count
        });
    }

    #[test]
    fn what_is_dropped_without_a_reason_and_what_has_no_disposition_is_named() {
        let (mut draft, adopted) = plans();
        for element in draft.elements.iter_mut().filter(|element| element.kind.name() == "disposition") {
            element.text.clear();
        }
        let gone = draft.elements.iter().position(|element| {
            element.kind.name() == "disposition"
                && !format!("{:?}", element.fields).contains(DROPPED)
                && format!("{:?}", element.fields).contains("tgt-")
        });
        draft.elements[gone.unwrap()].removed = true;
        let former = mapping(&draft, Some(&adopted), &|_| None).former_plan.unwrap();
        let targets = former.coverage.iter().find(|count| count.kind == "target").unwrap();
        assert_eq!((targets.former, targets.with_disposition), (24, 23));
        assert_eq!(targets.dropped_without_reason.len(), 2);
        assert_eq!(former.without_disposition.len(), 1);
    }
}
