//! What a plan set for the rules: which are off, which weigh otherwise; a fold of the log.

use std::collections::BTreeMap;

use plenary_protocol::record::{Act, Event, Setting};
use plenary_protocol::wire::findings::Severity;

use crate::stored::{Reader, Writer};

/// The settings of a plan, by code.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settings(BTreeMap<String, Setting>);

impl Settings {
    /// Takes in an entry of the log.
    pub fn take(&mut self, event: &Event) {
        if let Act::RuleSet { rule, to, .. } = &event.payload.act {
            match to {
                Setting::Default => _ = self.0.remove(rule),
                to => _ = self.0.insert(rule.clone(), *to),
            }
        }
    }

    /// What is set for a rule.
    pub fn of(&self, code: &str) -> Setting {
        self.0.get(code).copied().unwrap_or(Setting::Default)
    }

    /// All that is set, by code.
    pub fn all(&self) -> impl Iterator<Item = (&str, Setting)> {
        self.0.iter().map(|(code, setting)| (code.as_str(), *setting))
    }

    /// What a finding of a rule weighs by the plan's setting; nothing where the rule is off.
    pub fn weigh(&self, code: &str, severity: Severity) -> Option<Severity> {
        match self.of(code) {
            Setting::Default => Some(severity),
            Setting::Off => None,
            Setting::E => Some(Severity::E),
            Setting::W => Some(Severity::W),
            Setting::I => Some(Severity::I),
        }
    }

    /// Writes them into a snapshot: of each code and setting.
    pub(crate) fn write(&self, out: &mut Writer) {
        out.list(&self.0, |out, (code, setting)| {
            out.text(code);
            out.text(setting.as_str());
        });
    }

    /// Reads them back.
    pub(crate) fn read(input: &mut Reader<'_>) -> Option<Settings> {
        let settings = input.list(|input| Some((input.text()?.to_owned(), input.parsed()?)))?;
        Some(Settings(settings.into_iter().collect()))
    }
}
