//! What every edit says when it is done.

use plenary_protocol::ids::{ElementId, PlanId, Seq};
use plenary_protocol::plan::{ElementView, LinkView, PlanView, Value};
use plenary_protocol::wire::api::EditDone;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::read::current;
use crate::context::Context;
use crate::diff;
use crate::failure::Failure;
use crate::names;
use crate::values::Slot;

/// The answer about one element, as the API gives it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ElementAnswer {
    /// The element.
    pub element: ElementView,
    /// Its links.
    #[serde(default)]
    pub links: Vec<LinkView>,
    /// Its code today, where that is another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code_now: Option<String>,
    /// The entry this is the state after.
    pub seq: u64,
}

#[derive(Serialize)]
struct Report<'a> {
    #[serde(flatten)]
    done: &'a EditDone,
    #[serde(skip_serializing_if = "Option::is_none")]
    element: Option<&'a ElementId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'a str>,
}

impl Context<'_> {
    /// One element as it stands now.
    pub fn element_now(&self, plan: &PlanId, id: &ElementId) -> Result<ElementAnswer, Failure> {
        self.http.get(&["plans", plan.as_str(), "elements", id.as_str()], &[])
    }

    /// Reports an edit: `words` for a person, where it stands in the log for a program.
    pub fn report(
        &self,
        done: Option<&EditDone>,
        element: Option<&ElementId>,
        code: Option<&str>,
        words: &str,
    ) -> Result<(), Failure> {
        let Some(done) = done else {
            if self.term.is_json() {
                return self.term.json(&json!({"unchanged": true}));
            }
            self.term.note("nothing to do: it stands so already");
            return Ok(());
        };
        if self.term.is_json() {
            return self.term.json(&Report { done, element, code });
        }
        let again = if done.duplicate { " (had been done before)" } else { "" };
        let entry = self.term.paint().dim(&format!("entry {}{again}", done.seq));
        self.term.line(&format!("{words}  {entry}"))
    }

    /// A text as of the edit's own entry, where others wrote between its base and that; what they wrote
    /// is merged with it.  `None` when nobody did, or when it cannot be read: the edit is done all the same.
    pub fn merged_text(
        &self,
        view: &PlanView,
        (id, slot, lang): (&ElementId, Slot, &str),
        base: Seq,
        done: &EditDone,
    ) -> Option<String> {
        if done.seq.0.saturating_sub(base.0) <= done.entries.len() as u64 {
            return None;
        }
        let after = self.view(&view.id, Some(&done.seq.to_string()), true).ok()?;
        let target = names::target(&after, id.as_str()).ok()?;
        match current(&after, target, slot, lang) {
            Value::Null => Some(String::new()),
            value => Some(value.to_string()),
        }
    }

    /// Tells what became of a text that others changed meanwhile.
    pub fn tell_merge(&self, typed: &str, merged: Option<&str>) -> Result<(), Failure> {
        let Some(merged) = merged.filter(|merged| *merged != typed) else { return Ok(()) };
        self.term.note("Others changed it after you read it; against what you typed it now reads:");
        self.term.line(&diff::inline(typed, merged, self.term.paint()))
    }

    /// Reports an edit that made an element: its id and code come first, for a person to go on with.
    pub fn report_made(&self, plan: &PlanId, done: Option<&EditDone>, id: &ElementId) -> Result<(), Failure> {
        // The edit is done whatever this read says.
        let answer = self.element_now(plan, id).ok();
        let code = answer.as_ref().and_then(|answer| answer.element.code.as_deref());
        let kind = answer.as_ref().map(|answer| format!("{} ", answer.element.kind)).unwrap_or_default();
        let name = match code {
            Some(code) => format!("added {kind}{code}  {id}"),
            None => format!("added {kind}{id}"),
        };
        self.report(done, Some(id), code, &name)
    }
}
