//! Files of commands: how they are read, and how names in them are resolved.

use plenary_protocol::ids::PlanId;
use plenary_protocol::plan::Value;

use super::*;
use crate::render::fixture;

struct Fake(PlanView);

impl Lookup for Fake {
    fn here(&self, name: &str, kinds: &[&str]) -> Result<ElementId, Failure> {
        names::element_of(&self.0, name, kinds).map(|element| element.id.clone())
    }

    fn there(&self, plan: &str, name: &str) -> Result<(PlanId, ElementId, Seq), Failure> {
        Ok((plan.parse().unwrap(), names::element(&self.0, name)?.id.clone(), Seq(5)))
    }
}

fn resolve(text: &str, base: Option<Seq>) -> Result<Vec<Command>, Failure> {
    let fake = Fake(fixture::plan());
    let listed = parse_file(text).map_err(Failure::Usage)?;
    let resolver = Resolver::new(&fake.0, &fake, &listed, base);
    let numbered = listed.into_iter().enumerate();
    numbered.map(|(index, map)| resolver.command(map).map_err(|failure| at_command(index, failure))).collect()
}

#[test]
fn a_file_is_a_list_or_one_command_a_line() {
    let one = r#"{"do":"remove","element":"1.1"}"#;
    assert_eq!(parse_file(&format!("[{one},{one}]")).unwrap().len(), 2);
    assert_eq!(parse_file(&format!("{one}\n{one}\n")).unwrap().len(), 2);
    assert_eq!(parse_file(one).unwrap().len(), 1);
    assert_eq!(parse_file(" \n").unwrap().len(), 0);
    assert!(parse_file("[1]").unwrap_err().contains("command 1"));
    assert!(parse_file(&format!("{one}\n{{oops")).unwrap_err().contains("command 2"));
    assert!(parse_file("[{]").unwrap_err().contains("line 1"));
}

#[test]
fn codes_become_ids_and_bases_are_filled_in() {
    let commands = resolve(
        r#"{"do":"set_text","element":"1.1","field":"statement","text":"new"}
           {"do":"set_field","element":"target:1.1","field":"due_year","value":2028,"base":3}
           {"do":"move","element":"1.1","place":{"parent":"1"}}
           {"do":"link","kind":"contributes_to","from":"1","to":"1","fields":{"strength":"primary"}}"#,
        None,
    )
    .unwrap();
    let id = |text: &str| text.parse::<ElementId>().unwrap();
    let Command::SetText { element, base, .. } = &commands[0] else { panic!("set_text") };
    assert_eq!((element, *base), (&id("tgt-a"), Seq(12)));
    let Command::SetField { base, value, .. } = &commands[1] else { panic!("set_field") };
    assert_eq!((*base, value), (Seq(3), &Value::Int(2028)));
    let Command::Move { place, .. } = &commands[2] else { panic!("move") };
    assert_eq!(place.parent, Some(id("gol-a")));
    let Command::Link { from, to, .. } = &commands[3] else { panic!("link") };
    assert_eq!((from, to), (&id("pri-a"), &id("gol-a")));
}

#[test]
fn what_the_file_makes_can_be_named_in_it() {
    let commands = resolve(
        r#"[{"do":"add","kind":"target","id":"tgt-new","place":{"parent":"1"},"text":{"title":"New"}},
            {"do":"set_field","element":"tgt-new","field":"due_year","value":2027},
            {"do":"add","kind":"allocation","place":{"parent":"priority:1"},"fields":{"goal":"1","amount":12.5}},
            {"do":"link","kind":"contributes_to","from":"priority:1","to":"tgt-new"}]"#,
        None,
    )
    .unwrap();
    assert_eq!(commands.len(), 4);
    let Command::Add { fields, .. } = &commands[2] else { panic!("add") };
    assert_eq!(fields["goal"], Value::Text("gol-a".into()));
}

#[test]
fn a_former_element_is_named_by_its_code() {
    let commands =
        resolve(r#"{"do":"carry","former":"demo/1.1","into":["1.1"],"type":"merged"}"#, None).unwrap();
    let Command::Carry { former, into, .. } = &commands[0] else { panic!("carry") };
    assert_eq!((former.element.as_str(), into[0].as_str()), ("tgt-a", "tgt-a"));
}

#[test]
fn what_is_wrong_is_told_with_its_number() {
    let cases = [
        (r#"{"do":"remove","element":"1.1"}{"do":"remove","element":"9"}"#, 3, "command 2"),
        (r#"{"element":"1.1"}"#, 2, "\"do\""),
        (r#"{"do":"fly","element":"1.1"}"#, 2, "unknown variant"),
        (r#"{"do":"set_field","element":"1.1","field":"due_year","value":"soon"}"#, 2, "due_year"),
        (r#"{"do":"set_field","element":"1.1","field":"due","value":1}"#, 3, "no text or field"),
        (r#"{"do":"set_text","element":"1.1","field":"due_year","text":"x"}"#, 2, "use set_field"),
        (r#"{"do":"splice","element":"1.1","field":"statement","at":0,"insert":"x"}"#, 2, "--base"),
        (r#"{"do":"remove","element":"1.1","why":"x"}"#, 2, "why"),
    ];
    for (text, exit, says) in cases {
        let failure = resolve(text, None).unwrap_err();
        assert_eq!(failure.exit_code(), exit, "{text}");
        assert!(failure.message().contains(says), "{}", failure.message());
    }
    let splice = r#"{"do":"splice","element":"1.1","field":"statement","at":0,"insert":"x"}"#;
    assert!(resolve(splice, Some(Seq(7))).is_ok());
}

#[test]
fn resolved_commands_can_be_applied_again() {
    let first =
        resolve(r#"{"do":"set_text","element":"1.1","field":"statement","text":"new"}"#, None).unwrap();
    let again = resolve(&serde_json::to_string(&first).unwrap(), None).unwrap();
    assert_eq!(first, again);
}
