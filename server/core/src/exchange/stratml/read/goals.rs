//! Goals and objectives.

use plenary_protocol::ElementId;
use plenary_protocol::plan::Kind;

use super::super::{described_by, has_place, information, line};
use super::lines::said;
use super::parts::{self, Parts};
use super::tree::Node;
use super::{Draft, Reader};

impl Reader<'_> {
    /// A `Goal` with all that stands in it.
    pub(super) fn goal(&mut self, node: &Node, language: &str) {
        let parts = self.parts(node, parts::GOAL);
        let Some(kind) = self.kind(&parts, "goal", None) else { return };
        let draft = self.aim(node, &parts, kind, None, language);
        let id = draft.view.id.clone();
        self.elements.push(draft);
        for objective in parts.all("Objective") {
            self.objective(objective, &id, kind, language);
        }
    }

    fn objective(&mut self, node: &Node, parent: &ElementId, under: Kind, language: &str) {
        let parts = self.parts(node, parts::OBJECTIVE);
        let usual = if under.name() == "goal" { "target" } else { "outcome" };
        let Some(kind) = self.kind(&parts, usual, Some(under)) else { return };
        let draft = self.aim(node, &parts, kind, Some(parent), language);
        let id = draft.view.id.clone();
        self.elements.push(draft);
        let indicators: Vec<&Node> = parts.all("PerformanceIndicator").collect();
        self.indicators(&indicators, &id, language);
    }

    /// The kind that the lines say, where such an element may stand there.
    fn kind(&mut self, parts: &Parts<'_>, usual: &str, under: Option<Kind>) -> Option<Kind> {
        let text = parts.text("OtherInformation");
        let lines = if self.is_ours { information::parse(&text) } else { Vec::new() };
        let told = said(&lines, line::KIND).and_then(Kind::named).filter(|kind| has_place(*kind, under));
        told.or_else(|| Kind::named(usual))
    }

    fn aim(
        &mut self,
        node: &Node,
        parts: &Parts<'_>,
        kind: Kind,
        parent: Option<&ElementId>,
        language: &str,
    ) -> Draft {
        self.attributes(node, &[]);
        let mut draft = self.draft(kind, parent, parts, node.at);
        let name = self.clean(&parts.text("Name"));
        let name = if self.is_ours { name } else { name.replace('\n', " ") };
        self.write(&mut draft, language, "title", &name);
        let text = parts.text("OtherInformation");
        let lines = if self.is_ours { information::parse(&text) } else { Vec::new() };
        let described = said(&lines, line::DESCRIBED_BY).and_then(|name| Some(kind.text(name)?.name));
        let description = self.clean(&parts.text("Description"));
        self.write(&mut draft, language, described.unwrap_or(described_by(kind)), &description);
        self.information(&mut draft, &text, language);
        let mut words = Vec::new();
        for stakeholder in parts.all("Stakeholder") {
            let inner = self.parts(stakeholder, parts::STAKEHOLDER);
            match inner.text("Name").trim().parse() {
                // A Bureau's own name, and nothing else said of it.
                Ok(owner) if draft.view.owner.is_none() && stakeholder.children.len() == 1 => {
                    draft.view.owner = Some(owner);
                }
                _ => words.push(self.stakeholder(stakeholder)),
            }
        }
        self.words(&mut draft, words, language);
        self.require_title(&mut draft, language);
        draft
    }
}
