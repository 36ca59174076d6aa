//! A thin client: commands at the entry it has seen, sent again under the same name until answered.

use std::collections::BTreeMap;

use plenary_core::Answer;
use plenary_protocol::plan::command::Place;
use plenary_protocol::plan::kinds::{Kind, LinkKind};
use plenary_protocol::plan::{Command, Edit, Value};
use plenary_protocol::wire::RefusalCode;
use plenary_protocol::{Bureau, Seq};

use super::{Client, Down, Up};
use crate::random::Random;
use crate::scene::{self, FORBIDDEN, OWNED, TARGETS};

/// Somebody without a replica.
#[derive(Debug)]
pub struct Thin {
    number: u8,
    own: Bureau,
    seen: Option<Seq>,
    subscribed: bool,
    waiting: Option<Edit>,
    names: u64,
}

impl Thin {
    /// A client that has seen nothing.
    pub fn new(number: u8, own: Bureau) -> Thin {
        Thin { number, own, seen: None, subscribed: false, waiting: None, names: 0 }
    }

    fn again(&self) -> Vec<Up> {
        self.waiting.iter().filter(|_| self.subscribed).cloned().map(Up::Edit).collect()
    }

    fn command(&self, base: Seq, random: &mut Random) -> Command {
        let target = scene::id(random.pick::<&str>(&TARGETS));
        let (field, lang) = ("statement".to_owned(), None);
        match random.below(9) {
            0..=2 => {
                let insert = (*random.pick(&["thin ", "é", ""])).to_owned();
                let (at, delete) = (random.below(6), random.below(3));
                Command::Splice { element: target, field, lang, at, delete, insert, base }
            }
            3 => {
                let text = format!("All of {} connected, {}", self.own, random.below(9));
                Command::SetText { element: target, field, lang, text, base }
            }
            4 => {
                let value = Value::Int(2024 + random.below(4) as i64);
                Command::SetField { element: target, field: "due_year".into(), value, base }
            }
            5 if random.chance(50) => Command::Remove { element: target },
            5 => Command::Restore { element: target },
            6 => Command::Link {
                kind: LinkKind::named("refers_to").expect("a kind of links"),
                id: None,
                from: target,
                to: scene::id("gol-1"),
                fields: BTreeMap::new(),
            },
            7 => Command::Add {
                kind: Kind::named("target").expect("a kind"),
                id: None,
                place: Place { parent: Some(scene::id("gol-2")), after: None, before: None },
                owner: None,
                fields: BTreeMap::new(),
                lang: None,
                text: [("statement".to_owned(), "thin and new".to_owned())].into(),
            },
            _ => {
                let foreign = OWNED.iter().find(|(_, owner)| *owner != self.own);
                let element = scene::id(foreign.map_or("obj-br", |(name, _)| name));
                Command::SetText { element, field: "title".into(), lang, text: FORBIDDEN.into(), base }
            }
        }
    }
}

impl Client for Thin {
    fn connected(&mut self) -> Result<Vec<Up>, String> {
        self.subscribed = false;
        Ok(vec![Up::Subscribe(self.seen)])
    }

    fn act(&mut self, random: &mut Random) -> Result<Vec<Up>, String> {
        let Some(base) = self.seen else { return Ok(Vec::new()) };
        if self.waiting.is_none() {
            self.names += 1;
            let id = format!("c-{}-{}", self.number, self.names).parse();
            let commands = vec![self.command(base, random)];
            let id = id.map_err(|_| "a name of an edit".to_owned())?;
            self.waiting =
                Some(Edit { id, plan: scene::plan_id(), commands, because: None, answers: Vec::new() });
        }
        Ok(self.again())
    }

    fn hear(&mut self, down: Down) -> Result<Vec<Up>, String> {
        match down {
            Down::Snapshot(seq, _) => {
                self.seen = Some(seq);
                self.subscribed = true;
            }
            Down::Subscribed => {
                self.subscribed = true;
                return Ok(self.again());
            }
            Down::Entry(entry) => {
                let due = self.seen.map(Seq::next);
                if due != Some(entry.view.seq) {
                    return Err(format!("a thin client that was due {due:?} heard entry {}", entry.view.seq));
                }
                self.seen = due;
            }
            Down::Answer(number, answer) if number == self.names => {
                let passes = matches!(&answer, Answer::Refused { refusal, .. }
                    if matches!(refusal.code, RefusalCode::Busy | RefusalCode::Unavailable));
                if passes {
                    return Ok(self.again());
                }
                self.waiting = None;
            }
            Down::Answer(..) => {}
            Down::Sync(_) => return Err("a thin client heard a sync message".into()),
        }
        Ok(Vec::new())
    }

    fn is_waiting(&self) -> bool {
        self.waiting.is_some() || !self.subscribed
    }
}
