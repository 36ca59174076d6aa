//! A plan as an outline: codes, kinds, titles and owners, indented with tree glyphs.

use std::collections::{HashMap, HashSet};

use plenary_protocol::ids::ElementId;
use plenary_protocol::plan::{ElementView, Kind, PlanView};
use plenary_protocol::wire::api::PlanSummary;

use super::time::moment;
use super::wrap::{columns, one_line, wrap};
use crate::names::label;
use crate::term::Paint;

/// What of a plan is shown, and how.
#[derive(Debug, Clone, Default)]
pub struct Outline {
    /// Only elements of this kind, as a list.
    pub kind: Option<Kind>,
    /// Levels of the tree; all when absent.
    pub depth: Option<usize>,
    /// Only this element and what stands under it.
    pub under: Option<ElementId>,
    /// Language of the labels.
    pub lang: String,
    /// Columns to wrap to.
    pub width: Option<usize>,
    /// Today's codes, where the plan is shown as of the past.
    pub codes_now: Option<HashMap<ElementId, Option<String>>>,
}

/// The heading of a plan: title, id, stage, entry and its time.
pub fn heading(view: &PlanView, paint: Paint, width: Option<usize>) -> String {
    let facts = if view.at.is_empty() {
        format!("{} · {} · entry {}", view.id, view.stage, view.seq)
    } else {
        format!("{} · {} · entry {}, {}", view.id, view.stage, view.seq, moment(&view.at))
    };
    format!(
        "{}\n{}",
        wrap("", "", &paint.bold(&view.title), width),
        wrap("", "  ", &paint.dim(&facts), width)
    )
}

/// The outline itself.
pub fn outline(view: &PlanView, options: &Outline, paint: Paint) -> String {
    if let Some(kind) = options.kind {
        let of_kind = view.elements.iter().filter(|element| element.kind == kind);
        let lines: Vec<String> = of_kind.map(|element| entry(element, "", "", options, paint)).collect();
        return lines.join("\n");
    }
    let tree = Tree::of(view);
    let mut lines = Vec::new();
    match options.under.as_ref().and_then(|id| view.element(id)) {
        Some(root) => {
            lines.push(entry(root, "", "", options, paint));
            tree.below(Some(&root.id), "", 1, options, paint, &mut lines);
        }
        None => tree.below(None, "", 0, options, paint, &mut lines),
    }
    lines.join("\n")
}

struct Tree<'a> {
    children: HashMap<Option<&'a ElementId>, Vec<&'a ElementView>>,
}

impl<'a> Tree<'a> {
    fn of(view: &'a PlanView) -> Tree<'a> {
        let known: HashSet<&ElementId> = view.elements.iter().map(|element| &element.id).collect();
        let mut children: HashMap<Option<&ElementId>, Vec<&ElementView>> = HashMap::new();
        for element in &view.elements {
            let parent = element.parent.as_ref().filter(|parent| known.contains(parent));
            children.entry(parent).or_default().push(element);
        }
        Tree { children }
    }

    /// Depth is bounded by the protocol (`DEPTH_MAX`), and by the plan being a tree.
    fn below(
        &self,
        parent: Option<&ElementId>,
        stem: &str,
        level: usize,
        options: &Outline,
        paint: Paint,
        lines: &mut Vec<String>,
    ) {
        if options.depth.is_some_and(|depth| level >= depth) || level > plenary_limits::DEPTH_MAX {
            return;
        }
        let Some(list) = self.children.get(&parent) else { return };
        for (index, element) in list.iter().enumerate() {
            let is_last = index + 1 == list.len();
            let is_top = level == 0;
            let (branch, trunk) = match (is_top, is_last) {
                (true, _) => ("", ""),
                (false, true) => ("└─ ", "   "),
                (false, false) => ("├─ ", "│  "),
            };
            if is_top && index > 0 && list[index - 1].kind != element.kind {
                lines.push(String::new());
            }
            let deeper = format!("{stem}{trunk}");
            lines.push(entry(element, &format!("{stem}{branch}"), &deeper, options, paint));
            self.below(Some(&element.id), &deeper, level + 1, options, paint, lines);
        }
    }
}

/// One element: code, kind, label, owner and what is to be looked at.
fn entry(element: &ElementView, branch: &str, stem: &str, options: &Outline, paint: Paint) -> String {
    let code = element.code.clone().unwrap_or_default();
    let mut head = branch.to_owned();
    if !code.is_empty() {
        head.push_str(&paint.bold(&code));
        head.push(' ');
    }
    head.push_str(&paint.dim(element.kind.name()));
    head.push(' ');
    let mut text = one_line(&label(element, &options.lang));
    if text.is_empty() {
        text = paint.dim("(no text yet)");
    }
    if code.is_empty() {
        text.push_str(&format!(" {}", paint.dim(&format!("({})", element.id))));
    }
    if let Some(owner) = element.owner {
        text.push_str(&format!(" [{owner}]"));
    }
    if let Some(now) = options.codes_now.as_ref().and_then(|codes| now_words(element, codes)) {
        text.push_str(&format!(" {}", paint.yellow(&now)));
    }
    if element.removed {
        text.push_str(&format!(" {}", paint.red("(removed)")));
    }
    if !element.concurrent.is_empty() {
        let fields: Vec<&str> = element.concurrent.keys().map(String::as_str).collect();
        text.push_str(&format!(" {}", paint.yellow(&format!("(to settle: {})", fields.join(", ")))));
    }
    let hang = format!("{stem}{}", " ".repeat(columns(&head).saturating_sub(columns(stem)).min(12)));
    wrap(&head, &hang, &text, options.width)
}

/// What an element of the past is called today, where that differs.
fn now_words(element: &ElementView, codes: &HashMap<ElementId, Option<String>>) -> Option<String> {
    match codes.get(&element.id) {
        None => Some("(today: removed)".into()),
        Some(now) if *now == element.code => None,
        Some(Some(now)) => Some(format!("(today: {now})")),
        Some(None) => Some("(today: without a code)".into()),
    }
}

/// Today's code of each element that is not removed.
pub fn codes_now(view: &PlanView) -> HashMap<ElementId, Option<String>> {
    let standing = view.elements.iter().filter(|element| !element.removed);
    standing.map(|element| (element.id.clone(), element.code.clone())).collect()
}

/// The stage of a plan as a list has it.
pub fn stage_of(plan: &PlanSummary) -> String {
    plan.stage.map_or_else(|| "stage not known".to_owned(), |stage| stage.to_string())
}

/// The list of plans.
pub fn plans(plans: &[PlanSummary], paint: Paint, width: Option<usize>) -> String {
    let mut lines = Vec::new();
    for plan in plans {
        lines.push(wrap(&format!("{}  ", paint.bold(plan.id.as_str())), "  ", &plan.title, width));
        let period = match (&plan.period_start, &plan.period_end) {
            (Some(start), Some(end)) => format!(" · {start} to {end}"),
            _ => String::new(),
        };
        if plan.unavailable {
            let says =
                format!("cannot be read at the moment, the operator has been told · entry {}", plan.seq);
            lines.push(wrap("  ", "  ", &paint.yellow(&says), width));
            continue;
        }
        let (stage, at) = (stage_of(plan), moment(&plan.changed_at));
        let facts = format!("{stage}{period} · entry {}, {at}", plan.seq);
        lines.push(wrap("  ", "  ", &paint.dim(&facts), width));
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::super::fixture;
    use super::*;

    const PLAIN: Paint = Paint(false);

    fn options() -> Outline {
        Outline { lang: "en".into(), ..Outline::default() }
    }

    #[test]
    fn a_plan_is_an_indented_tree() {
        let text = outline(&fixture::plan(), &options(), PLAIN);
        assert_eq!(
            text,
            "1 goal Universal connectivity\n\
             └─ 1.1 target By 2027, 75 % of households have access to the Internet at home [BDT] (to settle: due_year)\n\n\
             1 priority Spectrum use\n\n\
             risk Old risk (rsk-a) (removed)"
        );
    }

    #[test]
    fn lines_wrap_under_their_text() {
        let text = outline(&fixture::plan(), &Outline { width: Some(40), ..options() }, PLAIN);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[1], "└─ 1.1 target By 2027, 75 % of");
        assert_eq!(lines[2], "              households have access to");
        assert!(lines.iter().all(|line| columns(line) <= 40), "{text}");
    }

    #[test]
    fn depth_kind_and_subtree_narrow_it() {
        let view = fixture::plan();
        let shallow = outline(&view, &Outline { depth: Some(1), ..options() }, PLAIN);
        assert!(!shallow.contains("1.1"));
        let kind = outline(&view, &Outline { kind: Kind::named("priority"), ..options() }, PLAIN);
        assert_eq!(kind, "1 priority Spectrum use");
        let under = Outline { under: Some("gol-a".parse().unwrap()), ..options() };
        assert_eq!(outline(&view, &under, PLAIN).lines().count(), 2);
    }

    #[test]
    fn labels_come_in_the_language_asked_for() {
        let text = outline(&fixture::plan(), &Outline { lang: "fr".into(), ..options() }, PLAIN);
        assert!(text.starts_with("1 goal Connectivité universelle\n"), "{text}");
    }

    #[test]
    fn the_past_names_the_codes_of_today() {
        let view = fixture::plan();
        let mut codes = codes_now(&view);
        codes.insert("tgt-a".parse().unwrap(), Some("1.4".into()));
        codes.remove(&"pri-a".parse::<ElementId>().unwrap());
        let text = outline(&view, &Outline { codes_now: Some(codes), ..options() }, PLAIN);
        assert!(text.contains("[BDT] (today: 1.4)"), "{text}");
        assert!(text.contains("Spectrum use (today: removed)"), "{text}");
    }
}
