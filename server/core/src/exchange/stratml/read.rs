//! A StratML file, Part 1 or Part 2 and however worn, as a plan.
//!
//! What can be repaired is, with a remark that says what and where; what cannot be kept is named.  Files
//! are refused for what is dangerous (a DTD, too deep, too much) or no StratML at all.  Ids that a file
//! does not bring are made from its content, so the same file gives the same plan.

mod bytes;
mod ends;
mod goals;
mod ids;
mod indicators;
mod lines;
mod parts;
mod remarks;
mod tree;
mod words;

use std::collections::{BTreeMap, HashMap, HashSet};

use plenary_limits::{SCALAR_BYTES_MAX, TEXT_CHARS_MAX};
use plenary_protocol::ids::IdError;
use plenary_protocol::plan::file::{self, Problem};
use plenary_protocol::plan::layout::is_language;
use plenary_protocol::plan::view::{PLAN_SCHEMA, Stage};
use plenary_protocol::plan::{ElementView, Kind, LinkKind, PlanView, Value};
use plenary_protocol::{ElementId, PlanId, Seq};

use self::parts::Parts;
pub use self::remarks::Remark;
use self::remarks::Remarks;
use self::tree::Node;
use super::{NAMESPACE, NAMESPACE_PART_1, information, line};

/// A plan, and what was repaired or left out on the way in.
#[derive(Debug)]
pub struct Taken {
    /// The plan, in reading order and with its display codes.
    pub view: PlanView,
    /// What was repaired or left out, in the order of the file; past the limit a last one counts.
    pub remarks: Vec<Remark>,
}

/// Reads a file into a plan of the given id, or of the one that the file says.
///
/// # Errors
/// Why nothing of it can be taken, with the line and column; what the reader of plan files does not take of
/// the plan that was made of it, with a pointer into that plan.
pub fn read(bytes: &[u8], plan: Option<&PlanId>) -> Result<Taken, Vec<Problem>> {
    let text = bytes::text_of(bytes).map_err(|problem| vec![problem])?;
    let mut remarks = Remarks::new(&text);
    let root = tree::parse(&text, &mut remarks).map_err(|problem| vec![problem])?;
    let is_part_1 = match root.name.as_str() {
        "StrategicPlan" => true,
        "PerformancePlanOrReport" => false,
        other => {
            let says = format!(
                "begins with {other}; a StratML file begins with StrategicPlan or PerformancePlanOrReport"
            );
            return Err(vec![remarks.problem(root.at, says)]);
        }
    };
    let expected = if is_part_1 { NAMESPACE_PART_1 } else { NAMESPACE };
    match root.namespace.as_deref() {
        Some(found) if found == expected => {}
        Some(found) => remarks.add(root.at, format!("the namespace is {found:?}; read as {expected}")),
        None => remarks.add(root.at, format!("there is no namespace; read as {expected}")),
    }
    let mut reader = Reader::new(remarks);
    let view = reader.plan(&root, is_part_1, plan).map_err(|problem| vec![problem])?;
    let remarks = reader.remarks.into_list();
    // The reader of plan files has the last word, so that whatever comes in by here is a plan.
    let view = file::read(file::write(&view).as_bytes())?;
    Ok(Taken { view, remarks })
}

struct Reader<'t> {
    remarks: Remarks<'t>,
    /// Whether the file says that we wrote it: then `OtherInformation` is read line by line.
    is_ours: bool,
    /// What ids are made of, besides the place.
    seed: String,
    elements: Vec<Draft>,
    links: Vec<LinkDraft>,
    used: HashSet<String>,
    /// Identifiers of the file and the elements that carry them.
    named: HashMap<String, ElementId>,
}

/// An element in the making.
struct Draft {
    view: ElementView,
    /// Where it stands in the file.
    at: usize,
    /// Its `SequenceIndicator`.
    sequence: String,
}

/// A link in the making: its end is named, and may stand further down.
struct LinkDraft {
    kind: LinkKind,
    id: Option<ElementId>,
    from: ElementId,
    to: String,
    note: String,
    fields: BTreeMap<String, Value>,
    at: usize,
}

impl<'t> Reader<'t> {
    fn new(remarks: Remarks<'t>) -> Reader<'t> {
        Reader {
            remarks,
            is_ours: false,
            seed: String::new(),
            elements: Vec::new(),
            links: Vec::new(),
            used: HashSet::new(),
            named: HashMap::new(),
        }
    }

    fn plan(&mut self, root: &Node, is_part_1: bool, id: Option<&PlanId>) -> Result<PlanView, Problem> {
        let parts = self.parts(root, if root.has("StrategicPlanCore") { parts::PLAN } else { parts::BARE });
        let lines = parts.text("OtherInformation");
        self.is_ours = information::parse(&lines).first() == Some(&(line::SCHEMA, PLAN_SCHEMA));
        let name = self.clean(&parts.text("Name"));
        let title = self.cut(&name.replace('\n', " "), SCALAR_BYTES_MAX, root.at, "the title");
        if title.is_empty() {
            self.remarks.add(root.at, "the plan has no Name; its title is empty".into());
        }
        self.attributes(root, &["Type"]);
        let core = parts.first("StrategicPlanCore");
        let core_parts = core.map(|core| self.parts(core, parts::CORE));
        if core.is_none() {
            self.remarks.add(root.at, "there is no StrategicPlanCore; what belongs there is taken".into());
        }
        let administration = parts.first("AdministrativeInformation");
        let spec = if is_part_1 { parts::ADMINISTRATION_1 } else { parts::ADMINISTRATION };
        let administration = administration.map(|node| (node.at, self.parts(node, spec)));
        let id = match id {
            Some(id) => id.clone(),
            None => self.plan_id(administration.as_ref(), &title, root.at)?,
        };
        self.seed = id.to_string();
        let mut plan = BTreeMap::new();
        let stage = self.plan_fields(&lines, &mut plan, root.at);
        if let Some((at, parts)) = &administration {
            self.dates(parts, &mut plan, *at);
        }
        if let Some(language) = root.attribute("lang").filter(|tag| is_language(tag) && !self.is_ours) {
            plan.insert("language".into(), Value::Text(language.to_owned()));
        }
        let core_parts = core_parts.as_ref().unwrap_or(&parts);
        if !self.is_ours {
            self.words_of_the_plan(&parts, core_parts, &mut plan, root.at);
        }
        if !title.is_empty() {
            plan.insert("title".into(), Value::Text(title.clone()));
        }
        let language = match plan.get("language") {
            Some(Value::Text(language)) => language.clone(),
            _ => "en".to_owned(),
        };
        self.guides(core_parts, &language);
        for goal in core_parts.all("Goal") {
            self.goal(goal, &language);
        }
        let (elements, links) = self.finish();
        Ok(PlanView {
            schema: PLAN_SCHEMA.to_owned(),
            id,
            title,
            stage,
            seq: Seq::ZERO,
            at: String::new(),
            document: String::new(),
            plan,
            concurrent: BTreeMap::new(),
            elements,
            links,
        })
    }

    /// The id that the file says, or one made of the title.
    fn plan_id(
        &mut self,
        administration: Option<&(usize, Parts<'_>)>,
        title: &str,
        at: usize,
    ) -> Result<PlanId, Problem> {
        let said = administration.map(|(_, parts)| parts.text("Identifier")).unwrap_or_default();
        let said = said.trim().trim_start_matches('_').to_ascii_lowercase();
        if let Ok(id) = said.parse() {
            return Ok(id);
        }
        let mut slug = String::new();
        for character in title.chars().take(48) {
            match character.to_ascii_lowercase() {
                letter if letter.is_ascii_alphanumeric() => slug.push(letter),
                _ if slug.ends_with('-') => {}
                _ => slug.push('-'),
            }
        }
        let slug = slug.trim_matches('-');
        let id = if slug.is_empty() { "stratml-plan" } else { slug };
        self.remarks.add(at, format!("the file brings no id for the plan; it is called {id:?}"));
        id.parse().map_err(|error: IdError| {
            self.remarks
                .problem(at, format!("no id for the plan can be made of its title ({error}); say one"))
        })
    }

    /// The plan's own fields, from the lines of a file that we wrote; gives the stage.
    fn plan_fields(&mut self, lines: &str, plan: &mut BTreeMap<String, Value>, at: usize) -> Stage {
        let mut stage = Stage::SecretariatDraft;
        if !self.is_ours {
            return stage;
        }
        for (name, value) in information::parse(lines).into_iter().skip(1) {
            if name == line::STAGE {
                match value.parse() {
                    Ok(known) => stage = known,
                    Err(_) => self.remarks.add(at, format!("{value:?} is no stage; it is {stage}")),
                }
            } else if let Some(kind) = Kind::named(name).filter(|kind| kind.name() == "external_link") {
                self.in_line(kind, None, value, at);
            } else if let Some(spec) = Kind::plan().field(name) {
                self.field(spec.name, spec.ty, value, plan, at);
            } else {
                self.remarks.add(at, format!("no field of a plan is called {name:?}; the line is left out"));
            }
        }
        stage
    }

    fn dates(&mut self, parts: &Parts<'_>, plan: &mut BTreeMap<String, Value>, at: usize) {
        let names =
            [("StartDate", "period_start"), ("EndDate", "period_end"), ("PublicationDate", "adopted_on")];
        for (name, field) in names {
            let text = parts.text(name);
            // A file's date may have a time zone behind it.
            let day: String = text.trim().chars().take("2024-01-01".len()).collect();
            let Some(spec) = Kind::plan().field(field).filter(|_| !day.is_empty()) else { continue };
            match spec.ty.check(&Value::Text(day)) {
                Ok(value) if !plan.contains_key(field) => _ = plan.insert(field.to_owned(), value),
                Ok(_) => {}
                Err(error) => self.remarks.add(at, format!("{name}: {error}; left out")),
            }
        }
        if let (Some(Value::Text(start)), Some(Value::Text(end))) =
            (plan.get("period_start"), plan.get("period_end"))
            && end < start
        {
            self.remarks.add(at, format!("the period ends on {end}, before it starts; its end is left out"));
            plan.remove("period_end");
        }
        for name in ["Source", "Submitter"].into_iter().filter(|name| parts.first(name).is_some()) {
            self.remarks.add(at, format!("{name} is left out: a plan here has no place for it"));
        }
    }

    fn guides(&mut self, core: &Parts<'_>, language: &str) {
        for (name, kind) in [("Vision", "vision"), ("Mission", "mission"), ("Value", "value")] {
            let Some(kind) = Kind::named(kind) else { continue };
            for node in core.all(name) {
                let parts = self.parts(node, if name == "Value" { parts::VALUE } else { parts::GUIDE });
                let mut draft = self.draft(kind, None, &parts, node.at);
                let described = super::described_by(kind);
                for (part, text) in [("Name", "title"), ("Description", described)] {
                    let said = self.clean(&parts.text(part));
                    self.write(&mut draft, language, text, &said);
                }
                if draft.view.text.is_empty() {
                    self.remarks.add(node.at, format!("{name} is empty and left out"));
                    continue;
                }
                self.require_title(&mut draft, language);
                self.elements.push(draft);
            }
        }
    }

    /// A text of a file as a plan keeps it: of one that others indented, each line without its margins.
    fn clean(&self, text: &str) -> String {
        if self.is_ours {
            return text.to_owned();
        }
        let lines = text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
        lines.filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
    }

    /// At most so many bytes of a text.
    fn cut(&mut self, text: &str, bytes_max: usize, at: usize, what: &str) -> String {
        if text.len() <= bytes_max {
            return text.to_owned();
        }
        self.remarks.add(at, format!("{what} has {} bytes; the first {bytes_max} are kept", text.len()));
        text[..text.floor_char_boundary(bytes_max)].to_owned()
    }

    fn write(&mut self, draft: &mut Draft, language: &str, name: &str, text: &str) {
        if text.is_empty() {
            return;
        }
        let count = text.chars().count();
        let kept = match count <= TEXT_CHARS_MAX {
            true => text.to_owned(),
            false => {
                let says = format!("{name} has {count} characters; the first {TEXT_CHARS_MAX} are kept");
                self.remarks.add(draft.at, says);
                text.chars().take(TEXT_CHARS_MAX).collect()
            }
        };
        draft.view.text.entry(language.to_owned()).or_default().insert(name.to_owned(), kept);
    }

    /// Puts words where the kind has a text that is required and the file has none.
    fn require_title(&mut self, draft: &mut Draft, language: &str) {
        let missing = draft.view.kind.spec().texts.iter().filter(|spec| spec.required);
        let missing: Vec<&str> = missing.map(|spec| spec.name).collect();
        for name in missing {
            let has = |texts: &BTreeMap<String, String>| texts.contains_key(name);
            if !draft.view.text.get(language).is_some_and(has) {
                let says = format!("the {} has no {name}; “(none)” stands in its place", draft.view.kind);
                self.remarks.add(draft.at, says);
                self.write(draft, language, name, "(none)");
            }
        }
    }
}

fn blank(id: ElementId, kind: Kind, parent: Option<ElementId>) -> ElementView {
    ElementView {
        id,
        kind,
        code: None,
        own_code: None,
        parent,
        order: String::new(),
        owner: None,
        removed: false,
        text: BTreeMap::new(),
        concurrent: BTreeMap::new(),
        fields: BTreeMap::new(),
    }
}

fn joined(words: &[String], between: &str) -> String {
    let words: Vec<&str> = words.iter().map(String::as_str).filter(|word| !word.is_empty()).collect();
    words.join(between)
}
