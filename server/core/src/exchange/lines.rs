//! A plan as JSON Lines: a head, an element or link a line, and an end that counts them.
//!
//! Lossless as the plan file is: reading what was written gives the same elements, texts in every
//! language, links, order, codes, owners, removals and fields; `seq`, `at`, `document` and `concurrent` are
//! told and not read, for they are of the log.  A file that was cut has no end and is refused.

use std::collections::HashMap;

use plenary_protocol::plan::PlanView;
use plenary_protocol::plan::file::{self, Problem};
use plenary_protocol::plan::view::PLAN_SCHEMA;
use serde_json::{Map, Value as Json, json};

/// Name and version of the form.
pub const SCHEMA: &str = "plenary-plan-lines/1";

const LISTS: [(&str, &str); 2] = [("element", "elements"), ("link", "links")];
const END: &str = "end";

/// Writes a plan.
pub fn write(view: &PlanView) -> String {
    let mut head = json!(view);
    if let Some(map) = head.as_object_mut() {
        map.insert("schema".into(), SCHEMA.into());
        map.retain(|key, value| !LISTS.iter().any(|(_, list)| list == key) && *value != json!(""));
    }
    let mut out = format!("{head}\n");
    for element in &view.elements {
        out.push_str(&format!("{}\n", json!({ "element": element })));
    }
    for link in &view.links {
        out.push_str(&format!("{}\n", json!({ "link": link })));
    }
    let end = json!({ "elements": view.elements.len(), "links": view.links.len() });
    out.push_str(&format!("{}\n", json!({ END: end })));
    out
}

/// Reads a plan.
///
/// # Errors
/// Every problem with its line and the JSON pointer in it, as the plan file's reader finds them.
pub fn read(bytes: &[u8]) -> Result<PlanView, Vec<Problem>> {
    let mut lines = Lines::default();
    for (index, line) in bytes.split(|byte| *byte == b'\n').enumerate() {
        if !line.trim_ascii().is_empty() {
            lines.line(index + 1, line).map_err(|problems| at_line(index + 1, problems))?;
        }
    }
    if !lines.is_over {
        let says = "the last line is no `end`: the file was cut, or is no plan as JSON Lines".to_owned();
        return Err(vec![Problem { pointer: String::new(), says }]);
    }
    let Lines { mut head, lists, places, .. } = lines;
    for ((_, name), list) in LISTS.into_iter().zip(lists) {
        head.insert(name.to_owned(), list.into());
    }
    file::read(Json::Object(head).to_string().as_bytes())
        .map_err(|problems| problems.into_iter().map(|problem| placed(problem, &places)).collect())
}

#[derive(Default)]
struct Lines {
    head: Map<String, Json>,
    /// Elements, links.
    lists: [Vec<Json>; 2],
    /// The line of each, by list and index.
    places: HashMap<(usize, usize), usize>,
    is_over: bool,
}

impl Lines {
    fn line(&mut self, number: usize, line: &[u8]) -> Result<(), Vec<Problem>> {
        let problem = |says: String| vec![Problem { pointer: String::new(), says }];
        let Json::Object(mut map) = file::parse(line)? else {
            return Err(problem("is no JSON object".into()));
        };
        if self.is_over {
            return Err(problem("stands after the end".into()));
        }
        if self.head.is_empty() {
            if map.insert("schema".into(), PLAN_SCHEMA.into()) != Some(SCHEMA.into()) {
                return Err(problem(format!("the first line says \"schema\": {SCHEMA:?}")));
            }
            self.head = map;
            return Ok(());
        }
        let count = map.len();
        let (Some((key, value)), 1) = (map.iter_mut().next(), count) else {
            return Err(problem("holds one key: element, link or end".into()));
        };
        if key == END {
            let [elements, links] = self.lists.each_ref().map(Vec::len);
            if *value != json!({ "elements": elements, "links": links }) {
                return Err(problem(format!(
                    "the file has {elements} elements and {links} links before its end"
                )));
            }
            self.is_over = true;
            return Ok(());
        }
        let Some(list) = LISTS.iter().position(|(name, _)| name == key) else {
            return Err(problem(format!("{key:?} is no line of a plan; there are element, link and end")));
        };
        self.places.insert((list, self.lists[list].len()), number);
        self.lists[list].push(value.take());
        Ok(())
    }
}

fn at_line(number: usize, problems: Vec<Problem>) -> Vec<Problem> {
    let at = |problem: Problem| Problem {
        pointer: format!("line {number} {}", problem.pointer).trim().into(),
        ..problem
    };
    problems.into_iter().map(at).collect()
}

/// A problem of the file as a whole, with the line that it is of.
fn placed(problem: Problem, places: &HashMap<(usize, usize), usize>) -> Problem {
    for (list, (name, key)) in LISTS.into_iter().enumerate() {
        let Some(rest) = problem.pointer.strip_prefix(&format!("/{key}/")) else { continue };
        let (index, rest) = rest.split_once('/').unwrap_or((rest, ""));
        if let Some(number) = index.parse().ok().and_then(|index: usize| places.get(&(list, index))) {
            let inner = if rest.is_empty() { String::new() } else { format!("/{rest}") };
            return Problem { pointer: format!("line {number} /{name}{inner}"), ..problem };
        }
    }
    Problem { pointer: format!("line 1 {}", problem.pointer).trim().into(), ..problem }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLANS: [&str; 2] = [
        include_str!("../../plans/itu-sp-2020-2023.json"),
        include_str!("../../plans/itu-sp-2024-2027-draft.json"),
    ];

    fn draft() -> PlanView {
        let mut plan = file::read(PLANS[1].as_bytes()).unwrap();
        plan.elements[0].removed = true;
        let texts = [("title".to_owned(), "Climat — «é» 🌍\n\u{202e}\u{1}".to_owned())];
        plan.elements[1].text.insert("fr".into(), texts.into());
        plan.links[0].removed = true;
        plan.links[0].note = "a\nb".into();
        // Codes follow from places, and one of those is removed now.
        plan.elements.iter_mut().for_each(|element| element.code = None);
        file::read(file::write(&plan).as_bytes()).unwrap()
    }

    #[test]
    fn nothing_is_lost() {
        for plan in [file::read(PLANS[0].as_bytes()).unwrap(), draft()] {
            let lines = write(&plan);
            assert_eq!(lines.lines().count(), plan.elements.len() + plan.links.len() + 2);
            assert_eq!(read(lines.as_bytes()).unwrap(), plan);
            assert_eq!(read(lines.replace('\n', "\r\n").as_bytes()).unwrap(), plan);
        }
    }

    #[test]
    fn every_cut_and_every_lost_line_is_seen() {
        let lines = write(&draft());
        for cut in (0..lines.len() - 1).step_by(997) {
            assert!(read(&lines.as_bytes()[..cut]).is_err(), "{cut}");
        }
        let all: Vec<&str> = lines.lines().collect();
        for gone in (0..all.len()).step_by(13) {
            let rest = [&all[..gone], &all[gone + 1..]].concat().join("\n");
            assert!(read(rest.as_bytes()).is_err(), "{gone}");
        }
    }

    #[test]
    fn problems_are_told_with_line_and_pointer() {
        let lines = write(&draft());
        let told = |from: &str, to: &str| {
            let problems = read(lines.replacen(from, to, 1).as_bytes()).unwrap_err();
            problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
        };
        let third = lines.lines().nth(2).unwrap();
        let wish = told(third, &third.replace("\"kind\":\"", "\"kind\":\"x"));
        assert!(wish.contains("line 3 /element/kind: "), "{wish}");
        let twice = told(third, &third.replacen("\"id\"", "\"id\":\"tgt-x\",\"id\"", 1));
        assert!(twice.contains("line 3 /element/id: the key stands twice"), "{twice}");
        assert!(told("secretariat_draft", "nearly").contains("line 1 /stage: "));
        assert!(told("{\"link\"", "{\"wish\"").contains("is no line of a plan"));
        assert!(told("plenary-plan-lines/1", "plenary-plan/1").contains("the first line says"));
        assert!(told("\"end\"", "\"element\"").contains("the file was cut"));
        for bytes in [&b""[..], b"{", b"[]", b"\xff\n", b"{}\n{}"] {
            assert!(!read(bytes).unwrap_err().is_empty());
        }
    }
}
