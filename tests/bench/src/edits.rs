//! A plan to write in, and edits made before the clock starts.

use automerge::transaction::{CommitOptions, Transactable};
use automerge::{ActorId, Automerge, ObjId, ObjType, ROOT, ReadDoc, Value};
use base64::Engine as _;
use serde_json::{Value as Json, json};

use crate::Failure;
use crate::socket::frame;

/// Characters that somebody types at one place before going to another text.
const TYPED_AT_A_PLACE: usize = 20;
/// Every how manieth edit takes a character back.
const TAKEN_BACK_EVERY: usize = 8;

/// A plan of goals, each with a title and a statement.
pub fn plan_file(plan: &str, texts: usize) -> Json {
    let goal = |index: usize| {
        json!({
            "id": goal(index),
            "kind": "goal",
            "text": { "en": {
                "title": format!("Goal number {index}"),
                "statement": format!("What goal number {index} is about, in one sentence of usual length."),
            } },
        })
    };
    json!({
        "schema": "plenary-plan/1",
        "id": plan,
        "title": "A plan to measure with",
        "stage": "secretariat_draft",
        "plan": { "language": "en", "period_start": "2028-01-01", "period_end": "2031-12-31" },
        "elements": (0..texts.div_ceil(2)).map(goal).collect::<Vec<_>>(),
        "links": [],
    })
}

/// The id of a goal.
pub fn goal(index: usize) -> String {
    format!("gol-{index}")
}

/// Numbers that look drawn and are the same in every run.
pub struct Draw(u64);

impl Draw {
    /// A sequence of its own for each seed.
    pub fn new(seed: usize) -> Draw {
        Draw(seed as u64 * 0x9e37_79b9 + 1)
    }

    /// The next number below `end`.
    pub fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 16) as usize % end.max(1)
    }
}

/// A replica with an actor of its own.
pub struct Replica {
    doc: Automerge,
    texts: Vec<ObjId>,
    draw: Draw,
}

fn child(doc: &Automerge, at: &ObjId, key: &str, ty: ObjType) -> Result<ObjId, Failure> {
    match doc.get(at, key)? {
        Some((Value::Object(found), id)) if found == ty => Ok(id),
        _ => Err(format!("the document has no {key}").into()),
    }
}

impl Replica {
    /// A replica of a saved document of a plan with this many texts.
    pub fn load(document: &[u8], texts: usize, actor: usize) -> Result<Replica, Failure> {
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&(actor as u64 + 1).to_be_bytes());
        let doc = Automerge::load(document)?.with_actor(ActorId::from(bytes.as_slice()));
        let elements = child(&doc, &ROOT, "elements", ObjType::Map)?;
        let mut found = Vec::with_capacity(texts);
        for index in 0..texts {
            let element = child(&doc, &elements, &goal(index / 2), ObjType::Map)?;
            let text = child(&doc, &element, "text", ObjType::Map)?;
            let lang = child(&doc, &text, "en", ObjType::Map)?;
            let field = if index % 2 == 0 { "title" } else { "statement" };
            found.push(child(&doc, &lang, field, ObjType::Text)?);
        }
        Ok(Replica { doc, texts: found, draw: Draw::new(actor) })
    }

    /// Raw changes of one character each, in all texts or in one of them alone.
    pub fn type_characters(&mut self, count: usize, only: Option<usize>) -> Result<Vec<Vec<u8>>, Failure> {
        let before = self.doc.get_heads();
        let (mut text, mut at) = (self.texts[0].clone(), 0);
        for index in 0..count {
            if index % TYPED_AT_A_PLACE == 0 {
                text = self.texts[only.unwrap_or_else(|| self.draw.below(self.texts.len()))].clone();
                at = self.draw.below(self.doc.length(&text) + 1);
            }
            let takes_back = index % TAKEN_BACK_EVERY == TAKEN_BACK_EVERY - 1 && at > 0;
            let mut tx = self.doc.transaction();
            if takes_back {
                at -= 1;
                tx.splice_text(&text, at, 1, "")?;
            } else {
                let letter = char::from(b'a' + (index % 26) as u8).to_string();
                tx.splice_text(&text, at, 0, &letter)?;
                at += 1;
            }
            tx.commit_with(CommitOptions::default().with_time(0));
        }
        Ok(self.doc.get_changes(&before).iter().map(|change| change.raw_bytes().to_vec()).collect())
    }

    /// Raw changes that write `operations` characters into one text, some at a time.
    pub fn fill(
        &mut self,
        text: usize,
        operations: usize,
        at_a_time: usize,
    ) -> Result<Vec<Vec<u8>>, Failure> {
        let before = self.doc.get_heads();
        let text = self.texts[text].clone();
        let sentence = "What stands here is read by nobody, and has been written for its length alone. ";
        let letters: Vec<char> = sentence.chars().cycle().take(operations).collect();
        for part in letters.chunks(at_a_time) {
            let end = self.doc.length(&text);
            let mut tx = self.doc.transaction();
            tx.splice_text(&text, end, 0, &part.iter().collect::<String>())?;
            tx.commit_with(CommitOptions::default().with_time(0));
        }
        Ok(self.doc.get_changes(&before).iter().map(|change| change.raw_bytes().to_vec()).collect())
    }
}

/// A message that hands over raw changes, as a frame.
pub fn changes_frame(plan: &str, id: &str, changes: &[Vec<u8>]) -> Vec<u8> {
    let engine = base64::engine::general_purpose::STANDARD;
    let changes: Vec<String> = changes.iter().map(|bytes| engine.encode(bytes)).collect();
    frame(json!({ "type": "changes", "id": id, "plan": plan, "changes": changes }).to_string().as_bytes())
}

/// A message that inserts a letter at the start of a text, as a frame.
pub fn splice_frame(plan: &str, id: &str, text: usize, base: u64) -> Vec<u8> {
    frame(splice(plan, id, text, base).as_bytes())
}

/// A message that inserts a letter at the start of a text.
pub fn splice(plan: &str, id: &str, text: usize, base: u64) -> String {
    let field = if text.is_multiple_of(2) { "title" } else { "statement" };
    let command = json!({
        "do": "splice", "element": goal(text / 2), "field": field, "at": 0, "delete": 0, "insert": "x",
        "base": base,
    });
    json!({ "type": "edit", "id": id, "plan": plan, "commands": [command] }).to_string()
}
