//! Somebody who writes words into texts, as a replica, over `/live`, or over HTTP.
//!
//! Every word is unique, so that the plan can be asked for each: is it there, and once?

use std::sync::mpsc::Sender;

use plenary_protocol::Seq;
use plenary_protocol::ids::ClientId;
use plenary_protocol::plan::Command;
use plenary_tests::{DRAFT, Gone, Http, Live, Outcome, Person, Replica, TestServer, fresh_id, plan_id};
use serde_json::json;

use crate::people::{set_text, splice};

/// How somebody is connected.
pub enum Voice {
    Replica(Box<Replica>),
    Live(Http, Option<Box<Live>>),
    Http(Http),
}

/// A word and the text it was written into.
#[derive(Debug, Clone, PartialEq)]
pub struct Word {
    pub word: String,
    pub element: String,
    pub field: String,
}

/// One who writes.
pub struct Writer {
    pub person: Person,
    pub voice: Voice,
    /// Every word, written or being written.
    pub words: Vec<Word>,
    /// The edits that were acknowledged, by name.
    pub acked: Vec<(ClientId, Vec<Command>)>,
    /// The edit that was sent and not acknowledged.
    waiting: Option<(ClientId, Vec<Command>)>,
}

/// Before a space somewhere in a text, or at its end: where a word with a space before it fits
/// without cutting another.
fn gap(text: &str, salt: usize) -> usize {
    let spaces = text.chars().enumerate().filter(|(_, c)| *c == ' ').map(|(at, _)| at);
    let gaps: Vec<usize> = spaces.chain([text.chars().count()]).collect();
    gaps[(salt * 7) % gaps.len()]
}

impl Writer {
    pub fn replica(server: &TestServer, person: Person) -> Writer {
        Writer::new(person, Voice::Replica(Box::new(Replica::join(&server.client(&person), DRAFT))))
    }

    pub fn live(server: &TestServer, person: Person) -> Writer {
        let http = server.client(&person);
        let live = Box::new(Live::open(&http));
        Writer::new(person, Voice::Live(http, Some(live)))
    }

    pub fn http(server: &TestServer, person: Person) -> Writer {
        Writer::new(person, Voice::Http(server.client(&person)))
    }

    fn new(person: Person, voice: Voice) -> Writer {
        Writer { person, voice, words: Vec::new(), acked: Vec::new(), waiting: None }
    }

    /// Writes one more word into a text and waits until that is acknowledged.
    pub fn write(&mut self, element: &str, field: &str) -> Result<(), Gone> {
        if let Voice::Replica(_) = self.voice {
            self.write_offline(element, field);
            let Voice::Replica(replica) = &mut self.voice else { unreachable!("it was one just now") };
            return replica.push();
        }
        let (number, word) = self.next_word();
        let (text, base) = self.read(element, field)?;
        let at = gap(&text, number);
        // Both ways of a thin client to say the same.
        let command = if number.is_multiple_of(2) {
            splice(element, field, at, &format!(" {word}"), base)
        } else {
            let chars: Vec<char> = text.chars().collect();
            let (before, after) = chars.split_at(at);
            let whole =
                format!("{} {word}{}", before.iter().collect::<String>(), after.iter().collect::<String>());
            set_text(element, field, &whole, base)
        };
        self.words.push(Word { word, element: element.to_owned(), field: field.to_owned() });
        self.waiting = Some((fresh_id("word"), vec![command]));
        self.send_waiting()
    }

    fn next_word(&self) -> (usize, String) {
        let number = self.words.len();
        (number, format!("{}{number:03}z", self.person.bureau.as_str().to_lowercase()))
    }

    /// Writes one more word into a replica's text, to be sent later.
    pub fn write_offline(&mut self, element: &str, field: &str) {
        let (number, word) = self.next_word();
        let Voice::Replica(replica) = &mut self.voice else { unreachable!("only a replica writes offline") };
        replica.insert(element, field, |text| gap(text, number), &format!(" {word}"));
        self.words.push(Word { word, element: element.to_owned(), field: field.to_owned() });
    }

    fn reader(&self) -> &Http {
        match &self.voice {
            Voice::Live(http, _) | Voice::Http(http) => http,
            Voice::Replica(_) => unreachable!("a replica reads its own document"),
        }
    }

    /// A text as it stands, and the entry it was read at.
    fn read(&self, element: &str, field: &str) -> Result<(String, Seq), Gone> {
        let path = format!("/api/v1/plans/{DRAFT}/elements/{element}");
        let answer =
            self.reader().try_ask("GET", &path, None).map_err(|error| Gone::Lost(error.to_string()))?;
        let json = answer.ok();
        let text = json["element"]["text"]["en"][field].as_str().unwrap().to_owned();
        Ok((text, Seq(json["seq"].as_u64().unwrap())))
    }

    /// Sends what is not acknowledged, under the name it has, and waits for the acknowledgement.
    pub fn send_waiting(&mut self) -> Result<(), Gone> {
        let Some((id, commands)) = self.waiting.clone() else { return Ok(()) };
        match &mut self.voice {
            Voice::Replica(_) => unreachable!("a replica sends changes"),
            Voice::Live(_, live) => {
                let live = live.as_mut().unwrap();
                live.edit(&id, &plan_id(DRAFT), &commands)?;
                match live.outcome(&id)? {
                    Outcome::Done(_) => {}
                    Outcome::Refused(refusal) => panic!("an honest edit was refused: {refusal:?}"),
                }
            }
            Voice::Http(http) => {
                let body = json!({ "id": id, "commands": commands }).to_string();
                let path = format!("/api/v1/plans/{DRAFT}/edits");
                let asked = http.try_ask("POST", &path, Some(body.as_bytes()));
                asked.map_err(|error| Gone::Lost(error.to_string()))?.ok();
            }
        }
        self.acked.push((id, commands));
        self.waiting = None;
        Ok(())
    }

    /// Writes words into the texts in turn until the connection breaks; says each acknowledgement.
    pub fn write_until_it_breaks(mut self, texts: &[(String, &'static str)], acked: &Sender<()>) -> Writer {
        for turn in 0.. {
            let (element, field) = &texts[turn % texts.len()];
            if self.write(element, field).is_err() {
                break;
            }
            if acked.send(()).is_err() {
                break;
            }
        }
        self
    }

    /// Connects to the server again and makes sure of what was not acknowledged.
    pub fn come_back(&mut self, base: &str) {
        match &mut self.voice {
            Voice::Replica(replica) => return replica.come_back(base),
            Voice::Live(http, live) => {
                *http = http.at(base);
                *live = Some(Box::new(Live::open(http)));
            }
            Voice::Http(http) => *http = http.at(base),
        }
        self.send_waiting().unwrap();
    }

    /// Sends the last acknowledged edit again; the server must know it.
    pub fn repeat_last(&mut self) {
        let Some((id, commands)) = self.acked.last().cloned() else { return };
        let answer = self
            .reader()
            .post(&format!("/api/v1/plans/{DRAFT}/edits"), &json!({ "id": id, "commands": commands }));
        assert_eq!(answer.ok()["duplicate"], json!(true), "{id} was done before");
    }
}
