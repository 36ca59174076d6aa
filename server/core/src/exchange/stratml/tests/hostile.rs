//! What nobody sends by accident: refused with its place, within bounds.

use plenary_limits::{PROBLEMS_MAX, holds};

use super::super::read;
use super::problem;

const HEAD: &str = "<StrategicPlan xmlns=\"urn:ISO:std:iso:17469:tech:xsd:stratml_core\"><Name>P</Name>";
const TAIL: &str =
    "<StrategicPlanCore><Goal><Name>G</Name><Description/></Goal></StrategicPlanCore></StrategicPlan>";

fn around(inner: &str) -> String {
    format!("{HEAD}{inner}{TAIL}")
}

#[test]
fn no_dtd_is_read_whatever_it_holds() {
    let laughs: String = (1..10)
        .map(|level| format!("<!ENTITY l{level} \"{}\">", format!("&l{};", level - 1).repeat(10)))
        .collect();
    for dtd in [
        "<!DOCTYPE StrategicPlan>".to_owned(),
        "<!DOCTYPE StrategicPlan SYSTEM \"http://127.0.0.1:1/x.dtd\">".to_owned(),
        "<!DOCTYPE p [<!ENTITY x SYSTEM \"file:///etc/passwd\">]>".to_owned(),
        "<!DOCTYPE p [<!ENTITY % x SYSTEM \"http://127.0.0.1:1/\"> %x;]>".to_owned(),
        format!("<!DOCTYPE p [<!ENTITY l0 \"ha\">{laughs}]>"),
        "<!doctype p []>".to_owned(),
    ] {
        let file = format!("<?xml version=\"1.0\"?>\n{dtd}{}", around("<Description>&l9;&x;</Description>"));
        let told = problem(file.as_bytes());
        assert!(told.pointer.starts_with("line 2, column 1") && told.says.contains("DTD"), "{dtd}: {told}");
    }
    let without = read(around("<Description>&x;</Description>").as_bytes(), None).unwrap();
    assert!(without.remarks.iter().any(|remark| remark.says.contains("&x; is no reference")));
}

#[test]
fn depth_nodes_and_attributes_are_bounded() {
    holds!(XML_DEPTH_MAX, |levels| {
        let (open, close) = ("<x>".repeat(levels - 1), "</x>".repeat(levels - 1));
        read(around(&format!("{open}{close}")).as_bytes(), None).is_ok()
    });
    // The root and its attribute apart: name, core, goal with two leaves.
    let others = HEAD.matches('<').count() + TAIL.matches('<').count()
        - HEAD.matches("</").count()
        - TAIL.matches("</").count();
    holds!(XML_NODES_MAX, |nodes| read(around(&"<x/>".repeat(nodes - others)).as_bytes(), None).is_ok());
    holds!(XML_ATTRIBUTES_MAX, |count| {
        let attributes: String = (0..count).map(|index| format!(" a{index}=\"1\"")).collect();
        read(around(&format!("<x{attributes}/>")).as_bytes(), None).is_ok()
    });
    let deep = around(&"<x>".repeat(1_000_000));
    assert!(problem(deep.as_bytes()).says.contains("levels deep"));
    let wide = around(&format!("<x a=\"{}\"/>", "1".repeat(4_000_000)));
    assert!(read(wide.as_bytes(), None).is_ok(), "one long attribute is left out like any");
    let large = around(&format!("<x a=\"{}\"/>", "1".repeat(9_000_000)));
    assert!(problem(large.as_bytes()).says.contains("are more than the"));
}

#[test]
fn remarks_are_bounded_and_counted() {
    let taken = read(around(&"<x/>".repeat(PROBLEMS_MAX + 50)).as_bytes(), None).unwrap();
    assert_eq!(taken.remarks.len(), PROBLEMS_MAX + 1);
    assert!(
        taken.remarks[PROBLEMS_MAX].to_string().starts_with("and 5"),
        "{:?}",
        taken.remarks[PROBLEMS_MAX]
    );
}

#[test]
fn only_utf_8_and_marked_utf_16_are_read() {
    let file = around("");
    let units = |mark: u16| std::iter::once(mark).chain(file.encode_utf16());
    let little: Vec<u8> = units(0xfeff).flat_map(u16::to_le_bytes).collect();
    let big: Vec<u8> = units(0xfeff).flat_map(u16::to_be_bytes).collect();
    let plain = read(file.as_bytes(), None).unwrap().view;
    for bytes in [&little, &big, &[b"\xef\xbb\xbf", file.as_bytes()].concat()] {
        assert_eq!(read(bytes, None).unwrap().view, plain);
    }
    for bytes in
        [&little[2..], &little[..little.len() - 1], b"\xff\xfe\x00\xd8", b"\xfe\xff", b"\x00\x00\xfe\xff"]
    {
        assert!(read(bytes, None).is_err());
    }
    for name in ["UTF-7", "utf-32", "ebcdic-cp-us", "\u{202e}"] {
        let declared = format!("<?xml version='1.0' encoding = '{name}'?>{file}");
        assert!(problem(declared.as_bytes()).says.contains("save it as UTF-8"), "{name}");
    }
    assert!(problem(b"\xc0\xbcx/>").says.contains("UTF-8"));
    assert!(problem(b"<StrategicPlan>\0</StrategicPlan>").says.contains("UTF-8"));
}

#[test]
fn what_is_no_stratml_says_so_with_its_place() {
    for (file, expected) in [
        ("", "has no element"),
        ("plain words", "has no element"),
        ("{\"schema\": \"plenary-plan/1\"}", "has no element"),
        ("<html/>", "begins with html"),
        ("<StrategicPlan><Name>x</StrategicPlan>", "is not XML"),
        ("<StrategicPlan><Name>x", "Name is not ended"),
        ("<StrategicPlan", "is not XML"),
        ("<StrategicPlan/><StrategicPlan/>", "after the end of the plan"),
    ] {
        let told = problem(file.as_bytes());
        assert!(told.says.contains(expected), "{file}: {told}");
        assert!(told.pointer.starts_with("line 1, column "), "{file}: {told}");
    }
}
