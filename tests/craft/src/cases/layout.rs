//! Operations that the layout does not know, elements that are not whole, limits.

use automerge::legacy::{ElementId, Key, MarkData, ObjectId, Op, OpType};
use automerge::{ObjType, ScalarValue};
use plenary_protocol::wire::RefusalCode::{
    BadId, BadMeaning, FailedTrial, NoSuchElement, TooLarge, UnknownField, WrongPlace, WrongType,
};

use super::Row;
use crate::bench::Bench;
use crate::parts::{after, key, operation, word};

/// Operations that the layout does not know.
pub const OPERATIONS_THAT_THE_LAYOUT_DOES_NOT_KNOW: &[Row] = &[
    ("a key of a text", BadMeaning, |b| b.with(vec![operation(b.text(), key("x"), word("x"))])),
    ("a character of a map", BadMeaning, |b| {
        b.with(vec![operation(b.element("tgt-1"), after(b.own(0)), word("x"))])
    }),
    ("an increment of a field", BadMeaning, |b| {
        b.with(vec![operation(b.element("tgt-1"), key("due_year"), OpType::Increment(1))])
    }),
    ("an increment in a text", BadMeaning, |b| {
        let place = b.words.decode().operations.into_iter().find(|op| !op.insert).expect("it deletes").key;
        b.with(vec![operation(b.text(), place, OpType::Increment(1))])
    }),
    ("a counter", WrongType, |b| {
        let counter = OpType::Put(ScalarValue::counter(1));
        b.with(vec![operation(b.element("tgt-1"), key("due_year"), counter)])
    }),
    ("a map in a text", BadMeaning, |b| {
        let place = b.words.decode().operations.into_iter().find(|op| op.insert).expect("it inserts").key;
        let op = Op { insert: true, ..operation(b.text(), place, OpType::Make(ObjType::Map)) };
        b.with(vec![op])
    }),
    ("a long text as one character", BadMeaning, |b| {
        let place = b.words.decode().operations.into_iter().find(|op| op.insert).expect("it inserts").key;
        let op = Op { insert: true, ..operation(b.text(), place, word(&"x".repeat(200))) };
        b.with(vec![op])
    }),
    ("a mark on a map", BadMeaning, |b| {
        let mark = MarkData { name: "bold".into(), value: ScalarValue::Boolean(true), expand: false };
        b.with(vec![operation(b.element("tgt-1"), key("note"), OpType::MarkBegin(mark))])
    }),
    ("another map in the place of an element", BadMeaning, |b| {
        remake(b, &["elements"], "tgt-1", OpType::Make(ObjType::Map))
    }),
    ("an element deleted", BadMeaning, |b| remake(b, &["elements"], "tgt-1", OpType::Delete)),
    ("an element that is a text", BadMeaning, |b| remake(b, &["elements"], "tgt-x", word("x"))),
    ("another schema", BadMeaning, |b| remake(b, &[], "schema", OpType::Put(2.into()))),
    ("another map of elements", BadMeaning, |b| remake(b, &[], "elements", OpType::Make(ObjType::Map))),
    ("a new top", BadMeaning, |b| remake(b, &[], "mine", OpType::Make(ObjType::Map))),
    ("a text deleted", BadMeaning, |b| {
        remake(b, &["elements", "tgt-1", "text", "en"], "statement", OpType::Delete)
    }),
    ("a text that is a scalar", BadMeaning, |b| {
        remake(b, &["elements", "tgt-1", "text", "en"], "title", word("x"))
    }),
    ("a text the kind does not have", UnknownField, |b| {
        remake(b, &["elements", "tgt-1", "text", "en"], "poem", OpType::Make(ObjType::Text))
    }),
    ("a language that is none", BadMeaning, |b| {
        remake(b, &["elements", "tgt-1", "text"], "Klingon!", OpType::Make(ObjType::Map))
    }),
    ("another kind", BadMeaning, |b| remake(b, &["elements", "tgt-1"], "kind", word("goal"))),
    ("other ends of a link", BadMeaning, |b| remake(b, &["links", "lnk-see"], "to", word("gol-1"))),
    ("a member that is no", BadMeaning, |b| {
        remake(b, &["elements", "pri-1", "sectors"], "ITU-D", OpType::Put(ScalarValue::Boolean(false)))
    }),
    ("a member of no vocabulary", WrongType, |b| {
        remake(b, &["elements", "pri-1", "sectors"], "ITU-X", OpType::Put(ScalarValue::Boolean(true)))
    }),
    ("a field the kind does not have", UnknownField, |b| {
        remake(b, &["elements", "tgt-1"], "colour", word("red"))
    }),
    ("a year that is a word", WrongType, |b| remake(b, &["elements", "tgt-1"], "due_year", word("soon"))),
    ("an order key that is none", BadMeaning, |b| remake(b, &["elements", "tgt-1"], "order", word("000"))),
    ("a parent that is not there", NoSuchElement, |b| {
        remake(b, &["elements", "tgt-1"], "parent", word("gol-9"))
    }),
    ("a comment under itself", WrongPlace, |b| remake(b, &["elements", "cmt-1"], "parent", word("cmt-1"))),
    ("elements under each other", WrongPlace, |b| {
        let mut operations = b.new_element("cmt-2", "comment", |name| name != "parent");
        operations.push(operation(ObjectId::Id(b.own(0)), key("parent"), word("cmt-1")));
        operations.push(operation(b.element("cmt-1"), key("parent"), word("cmt-2")));
        b.with(operations)
    }),
];

/// New elements that are not whole.
pub const NEW_ELEMENTS_THAT_ARE_NOT_WHOLE: &[Row] = &[
    ("no kind", BadMeaning, |b| b.with(b.new_element("tgt-x", "target", |name| name != "kind"))),
    ("no parent", BadMeaning, |b| b.with(b.new_element("tgt-x", "target", |name| name != "parent"))),
    ("no order key", BadMeaning, |b| b.with(b.new_element("tgt-x", "target", |name| name != "order"))),
    ("no texts", BadMeaning, |b| b.with(b.new_element("tgt-x", "target", |name| name != "text"))),
    ("an unknown kind", BadMeaning, |b| b.with(b.new_element("tgt-x", "wish", |_| true))),
    ("the kind of the plan", BadMeaning, |b| b.with(b.new_element("plan-x", "plan", |_| true))),
    ("the id of another kind", BadId, |b| b.with(b.new_element("gol-x", "target", |_| true))),
    ("an id that only begins alike", BadId, |b| b.with(b.new_element("tgtx", "target", |_| true))),
    ("an id that is none", BadId, |b| b.with(b.new_element("tgt-Ä", "target", |_| true))),
    ("made twice", BadMeaning, |b| {
        let mut operations = b.new_element("tgt-x", "target", |_| true);
        operations.push(operations[0].clone());
        b.with(operations)
    }),
    ("a link with the id of an element", BadId, |b| {
        let own = ObjectId::Id(b.own(0));
        let mut operations = vec![operation(b.at(&["links"]), key("tgt-x"), OpType::Make(ObjType::Map))];
        for (name, value) in [("kind", "refers_to"), ("from", "tgt-1"), ("to", "gol-1")] {
            operations.push(operation(own.clone(), key(name), word(value)));
        }
        b.with(operations)
    }),
    ("a link without an end", BadMeaning, |b| {
        let own = ObjectId::Id(b.own(0));
        let mut operations = vec![operation(b.at(&["links"]), key("lnk-x"), OpType::Make(ObjType::Map))];
        for (name, value) in [("kind", "refers_to"), ("from", "tgt-1")] {
            operations.push(operation(own.clone(), key(name), word(value)));
        }
        b.with(operations)
    }),
];

/// Replicas keep the limits of texts sets and marks.
pub const REPLICAS_KEEP_THE_LIMITS_OF_TEXTS_SETS_AND_MARKS: &[Row] = &[
    ("a set of 300 members", TooLarge, |b| {
        let own = ObjectId::Id(b.own(0));
        let mut operations = vec![operation(b.element("tgt-1"), key("inferred"), OpType::Make(ObjType::Map))];
        for n in 0..300 {
            let yes = OpType::Put(ScalarValue::Boolean(true));
            operations.push(operation(own.clone(), key(&format!("m{n}")), yes));
        }
        b.with(operations)
    }),
    ("a value beside another of its own", BadMeaning, |b| {
        let yes = operation(b.element("tgt-1"), key("removed"), OpType::Put(ScalarValue::Boolean(true)));
        b.with(vec![yes; 2])
    }),
    ("a value beside that of its actor's last change", BadMeaning, |b| {
        b.with(vec![operation(b.element("tgt-1"), key("note"), word("x"))])
    }),
    ("a member beside itself", BadMeaning, |b| {
        let yes = OpType::Put(ScalarValue::Boolean(true));
        b.with(vec![operation(b.at(&["elements", "pri-1", "sectors"]), key("ITU-D"), yes); 2])
    }),
    ("a text made twice", BadMeaning, |b| {
        let texts = b.at(&["elements", "tgt-1", "text", "en"]);
        let make = |object: ObjectId, name, ty| operation(object, key(name), OpType::Make(ty));
        let map = make(b.at(&["elements", "tgt-1", "text"]), "fr", ObjType::Map);
        let text = make(ObjectId::Id(b.own(0)), "statement", ObjType::Text);
        assert_ne!(texts, map.obj);
        b.with(vec![map, text.clone(), text])
    }),
    ("a character over another, unnamed", BadMeaning, |b| {
        let place = b.words.decode().operations.into_iter().find(|op| !op.insert).expect("it deletes").key;
        b.with(vec![operation(b.text(), place, word("x"))])
    }),
    ("a mark of 3,000 bytes", TooLarge, |b| {
        let place = b.words.decode().operations.into_iter().find(|op| op.insert).expect("it inserts").key;
        let mark =
            MarkData { name: "m".into(), value: ScalarValue::Str("x".repeat(3_000).into()), expand: false };
        let begin = Op { insert: true, ..operation(b.text(), place, OpType::MarkBegin(mark)) };
        b.with(vec![begin])
    }),
    ("a mark that is not ended", BadMeaning, |b| b.with(vec![mark(b).0])),
    ("the end of no mark", BadMeaning, |b| b.with(vec![mark(b).1])),
    ("a mark that ends where it begins", BadMeaning, |b| {
        let (begin, end) = mark(b);
        b.with(vec![begin.clone(), Op { key: begin.key, ..end }])
    }),
    ("a mark ended before it begins", BadMeaning, |b| {
        let (begin, end) = mark(b);
        b.with(vec![end, begin])
    }),
    ("a mark in the place of a character", BadMeaning, |b| {
        let (begin, end) = mark(b);
        b.with(vec![Op { insert: false, ..begin }, end])
    }),
    ("a mark that ends characters before it begins", FailedTrial, |b| {
        b.with(backwards(b, Key::Seq(ElementId::Id(b.character(1)))))
    }),
    ("a mark that ends at the start of the text", FailedTrial, |b| {
        b.with(backwards(b, Key::Seq(ElementId::Head)))
    }),
    ("a mark that ends right before what stands before it, which goes", FailedTrial, |b| {
        let mut operations = backwards(b, Key::Seq(ElementId::Id(b.character(3))));
        let gone = b.character(4);
        let delete = operation(b.text(), Key::Seq(ElementId::Id(gone.clone())), OpType::Delete);
        operations.push(Op { pred: vec![gone].into(), ..delete });
        b.with(operations)
    }),
    ("a mark that ends before it begins, beside one that does not", FailedTrial, |b| {
        let (begin, end) = mark(b);
        b.with([vec![begin, end], backwards(b, Key::Seq(ElementId::Id(b.character(3))))].concat())
    }),
];

fn remake(b: &Bench, path: &[&str], name: &str, action: OpType) -> Vec<u8> {
    b.with(vec![operation(b.at(path), key(name), action)])
}

/// The beginning and the end of a mark.
fn mark(b: &Bench) -> (Op, Op) {
    let place = b.words.decode().operations.into_iter().find(|op| op.insert).expect("it inserts").key;
    let mark = MarkData { name: "bold".into(), value: ScalarValue::Boolean(true), expand: false };
    let begin = Op { insert: true, ..operation(b.text(), place, OpType::MarkBegin(mark)) };
    let end = Key::Seq(ElementId::Id(b.own(0)));
    (begin.clone(), Op { key: end, action: OpType::MarkEnd(false), ..begin })
}

/// A mark that begins behind the fifth character and ends there.
fn backwards(b: &Bench, end: Key) -> Vec<Op> {
    let (begin, ending) = mark(b);
    let begin = Op { key: Key::Seq(ElementId::Id(b.character(4))), ..begin };
    vec![begin, Op { key: end, ..ending }]
}
