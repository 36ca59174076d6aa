//! Tables: what goes out comes back unchanged, what is typed becomes edits, and hostile files are
//! refused.

use plenary_limits::{PROBLEMS_MAX, holds};
use plenary_protocol::Seq;
use plenary_protocol::plan::codes::arrange;
use plenary_protocol::plan::{Command, PlanView, Value, file};
use plenary_protocol::record::Content;
use proptest::prelude::*;

use super::import::{Asked, Form, SheetProblem, asked, base};
use super::*;
use crate::exchange::archive::pack;
use crate::exchange::past_tests::EVIL;

const ADOPTED: &str = include_str!("../../../plans/itu-sp-2020-2023.json");
const DRAFT: &str = include_str!("../../../plans/itu-sp-2024-2027-draft.json");
const TABLES: [Content; 5] =
    [Content::Indicators, Content::Allocations, Content::Mapping, Content::Guidance, Content::Feedback];

fn plan(text: &str) -> PlanView {
    PlanView { seq: Seq(3), ..file::read(text.as_bytes()).unwrap() }
}

/// The adopted plan with a consultation and a view that somebody gave in it.
fn adopted() -> PlanView {
    let mut view = plan(ADOPTED);
    let like = view.elements.iter().find(|element| element.kind.name() == "goal").unwrap().clone();
    let mut made = |id: &str, kind: &str, parent: Option<&str>, text: (&str, &str)| {
        let mut element = like.clone();
        element.id = id.parse().unwrap();
        element.kind = plenary_protocol::plan::Kind::named(kind).unwrap();
        element.parent = parent.map(|parent| parent.parse().unwrap());
        element.own_code = None;
        element.text.get_mut("en").unwrap().clear();
        element.text.get_mut("en").unwrap().insert(text.0.to_owned(), text.1.to_owned());
        element.fields.clear();
        view.elements.push(element);
    };
    made("con-1", "consultation", None, ("title", "A round"));
    made("fbk-1", "feedback_item", Some("con-1"), ("statement", "More targets,\nplease"));
    view.elements = arrange(view.elements);
    view
}

fn read(bytes: &[u8], view: &PlanView, content: Content) -> Result<Asked, Vec<SheetProblem>> {
    let grid = Grid::read(bytes).unwrap();
    let form = Form::of(content).unwrap();
    assert_eq!(base(&grid, form)?, view.seq);
    asked(&grid, form, view)
}

fn evil_view(evil: &str) -> PlanView {
    let mut view = adopted();
    for element in &mut view.elements {
        for text in element.text.values_mut().flat_map(|texts| texts.values_mut()) {
            evil.clone_into(text);
        }
        for name in ["unit", "author", "data_source"] {
            if element.kind.field(name).is_some() {
                element.fields.insert(name.to_owned(), Value::Text(evil.to_owned()));
            }
        }
    }
    view
}

#[test]
fn tables_hold_what_the_plan_holds() {
    let (adopted, draft) = (adopted(), plan(DRAFT));
    let count = |view: &PlanView, content| sheet(view, Some(&adopted), content).unwrap().rows.len();
    let counts = TABLES.map(|content| count(&adopted, content));
    assert_eq!(counts, [24 + 21, 83, 0, 0, 1]);
    assert_eq!(TABLES.map(|content| count(&draft, content)), [12, 0, 29, 36, 0]);
    assert_eq!(sheet(&draft, None, Content::Plan), None);
    let money = sheet(&adopted, None, Content::Allocations).unwrap();
    let at = money.head.iter().position(|head| head.name == "amount").unwrap();
    let amount = |row: &Vec<Datum>| match &row[at] {
        Datum::Number(number) => *number,
        other => panic!("{other:?}"),
    };
    assert_eq!(money.rows.iter().map(amount).sum::<f64>(), 660_251.0);
}

#[test]
fn what_goes_out_comes_back_and_changes_nothing() {
    let view = adopted();
    for content in [Content::Indicators, Content::Feedback] {
        let sheet = sheet(&view, None, content).unwrap();
        for bytes in [csv::write(&sheet), xlsx::write(&sheet).unwrap()] {
            assert_eq!(read(&bytes, &view, content), Ok(Asked { base: Seq(3), ..Asked::default() }));
        }
        assert_eq!(xlsx::write(&sheet).unwrap(), xlsx::write(&sheet).unwrap(), "the same bytes each time");
    }
}

#[test]
fn a_row_that_nobody_touched_is_no_edit_whatever_stands_in_it() {
    for odd in [" km ", "km\u{a0}", "a\r\nb\n", "'=1", "\tkm", "a; b ;", " "] {
        let mut view = adopted();
        for element in view.elements.iter_mut().filter(|element| element.kind.name() == "indicator") {
            for name in ["unit", "population", "custodian"] {
                element.fields.insert(name.to_owned(), Value::Text(odd.to_owned()));
            }
        }
        let sheet = sheet(&view, None, Content::Indicators).unwrap();
        for bytes in [csv::write(&sheet), xlsx::write(&sheet).unwrap()] {
            let asked = read(&bytes, &view, Content::Indicators).unwrap();
            assert_eq!(asked.changes, [], "{odd:?}");
        }
    }
}

#[test]
fn what_is_typed_becomes_edits_with_the_entry_as_their_base() {
    let view = adopted();
    let indicator = view.elements.iter().find(|element| element.kind.name() == "indicator").unwrap();
    let csv = format!(
        "entry;row;id;under;title;unit;role;value;year\r\n3;indicator;{};{};Homes online;percent;;;\r\n;reading;;{};;;actual;57.5;2019\r\n",
        indicator.id,
        indicator.parent.as_ref().unwrap(),
        indicator.code.as_ref().unwrap(),
    );
    let Asked { commands, changes, .. } = read(csv.as_bytes(), &view, Content::Indicators).unwrap();
    let [Command::SetText { element, field, text, base, .. }, Command::Add { kind, place, fields, .. }] =
        commands.as_slice()
    else {
        panic!("{commands:?}")
    };
    assert_eq!(
        (element, field.as_str(), text.as_str(), *base),
        (&indicator.id, "title", "Homes online", Seq(3))
    );
    assert_eq!((kind.name(), place.parent.as_ref()), ("reading", Some(&indicator.id)));
    assert_eq!((&fields["value"], &fields["year"]), (&Value::Number(57.5), &Value::Int(2019)));
    let told: Vec<(u64, &str, &str)> =
        changes.iter().map(|change| (change.line, change.column.as_str(), change.to.as_str())).collect();
    assert_eq!(told[0], (2, "title", "Homes online"));
    assert!(told.contains(&(3, "value", "57.5")), "{told:?}");
}

#[test]
fn one_problem_refuses_all_and_each_names_its_place() {
    let view = adopted();
    let indicator = view.elements.iter().find(|element| element.kind.name() == "indicator").unwrap();
    let id = indicator.id.as_str();
    let problems = |csv: &str| -> Vec<(usize, String)> {
        let found = read(csv.as_bytes(), &view, Content::Indicators).unwrap_err();
        assert!(found.iter().all(|problem| problem.says.len() > 10));
        found.into_iter().map(|problem| (problem.line, problem.column)).collect()
    };
    let head = "entry,row,id,under,title,direction,role,value,year\n";
    let at = |line: usize, column: &str| vec![(line, column.to_owned())];
    assert_eq!(problems(""), at(1, ""));
    assert_eq!(problems("entry,row,id\n3,reading,x\n"), at(1, "under"));
    assert_eq!(problems("entry,row,id,under,color\n3,reading,,,red\n"), at(1, "color"));
    assert_eq!(problems("entry,row,id,under,row\n3,reading,,,\n"), at(1, "row"));
    assert_eq!(problems(&format!("{head},reading,,{id},,,actual,1,2020\n")), at(1, "entry"));
    assert_eq!(
        problems(&format!("{head}3,reading,,{id},,,actual,1,2020\n2,reading,,{id},,,actual,1,2020\n")),
        at(3, "entry")
    );
    assert_eq!(problems(&format!("{head}soon,reading,,{id},,,actual,1,2020\n")), at(2, "entry"));
    assert_eq!(problems(&format!("{head}3,goal,,{id},,,,,\n")), at(2, "row"));
    assert_eq!(problems(&format!("{head}3,reading,rdg-none,,,,actual,1,2020\n")), at(2, "id"));
    assert_eq!(problems(&format!("{head}3,reading,{id},,,,,,\n")), at(2, "id"));
    assert_eq!(problems(&format!("{head}3,indicator,{id},gol-1,a,,,,\n")), at(2, "under"));
    assert_eq!(problems(&format!("{head}3,indicator,{id},,a,,,,\n3,indicator,{id},,a,,,,\n")), at(3, "id"));
    assert_eq!(
        problems(&format!("{head}3,indicator,{id},,,up,,,\n")),
        [at(2, "title"), at(2, "direction")].concat()
    );
    assert_eq!(
        problems(&format!("{head}3,reading,,{id},a,,actual,many,20.5\n")),
        [at(2, "title"), at(2, "value"), at(2, "year")].concat()
    );
    assert_eq!(problems(&format!("{head}3,reading,,goal:1,,,actual,1,2020\n")), at(2, "under"));
}

#[test]
fn problems_are_listed_up_to_a_number() {
    let view = adopted();
    let bad = |count: usize| {
        let rows: Vec<String> = (0..count).map(|at| format!("3,reading,rdg-{at},\n")).collect();
        let csv = format!("entry,row,id,under\n{}", rows.concat());
        read(csv.as_bytes(), &view, Content::Indicators).unwrap_err()
    };
    assert_eq!(bad(PROBLEMS_MAX).len(), PROBLEMS_MAX);
    let more = bad(PROBLEMS_MAX + 2);
    assert_eq!(more.last().unwrap().says, "and 2 more problems");
}

#[test]
fn a_table_has_so_many_rows_and_cells() {
    let row = |cells: usize| format!("{}x\n", "x,".repeat(cells - 1));
    holds!(SHEET_ROWS_MAX, |rows| Grid::read("x\n".repeat(rows + 1).as_bytes()).is_ok());
    holds!(SHEET_COLUMNS_MAX, |cells| Grid::read(row(cells).as_bytes()).is_ok());
    let long = |chars: usize| Sheet {
        name: "x",
        plan: "x".parse().unwrap(),
        seq: Seq(1),
        head: vec![Head { name: "id", width: 1 }],
        rows: vec![vec![Datum::text("a".repeat(chars))]],
    };
    holds!(SHEET_CELL_CHARS_MAX, |chars| xlsx::write(&long(chars)).is_ok());
    let far = workbook("<row r=\"1\"><c r=\"ZZZ1\"><v>1</v></c></row>", None);
    assert!(matches!(Grid::read(&far), Err(GridError::Columns { line: 1 })));
}

#[test]
fn the_cells_of_a_table_are_bounded_together() {
    let place = size_of::<String>();
    holds!(SHEET_BYTES_MAX, |bytes| {
        let mut grid = Grid::default();
        let cell = |bytes: usize| "x".repeat(bytes - place);
        let (whole, step) = (cell(0x10000), 0x10000);
        grid.push(1, &[cell(step + bytes % step)]).unwrap();
        (1..bytes / step).all(|_| grid.push(1, &[&whole]).is_ok())
    });
    holds!(SHEET_LINES_MAX, |line| {
        Grid::read(&workbook(&format!("<row r=\"{line}\"><c><v>1</v></c></row>"), None)).is_ok()
    });
    let text = "a".repeat(100_000);
    let strings = format!("<sst><si><t>{text}</t></si></sst>");
    // A few kilobytes that would be three gigabytes, whether in one row or in many.
    let row = format!("<row>{}</row>", "<c t=\"s\"><v>0</v></c>".repeat(250));
    for rows in [row.repeat(120), "<row><c t=\"s\"><v>0</v></c></row>".repeat(20_000)] {
        let bomb = workbook(&rows, Some(&strings));
        assert!(matches!(Grid::read(&bomb), Err(error @ GridError::Bytes) if error.is_size()));
    }
    // Nor are empty cells free.
    let wide = workbook(&"<row><c r=\"IV1\"><v>1</v></c></row>".repeat(20_000), None);
    assert!(matches!(Grid::read(&wide), Err(GridError::Bytes)));
    let shared = workbook("", Some(&format!("<sst>{}</sst>", "<si/>".repeat(2_000_000))));
    assert!(matches!(Grid::read(&shared), Err(GridError::Bytes)));
    let long = |letters: usize| {
        let strings = format!("<sst><si><t>{}</t></si></sst>", "é".repeat(letters));
        Grid::read(&workbook("", Some(&strings)))
    };
    assert!(long(plenary_limits::TEXT_CHARS_MAX).is_ok());
    let refused = long(plenary_limits::TEXT_CHARS_MAX + 1);
    assert!(matches!(refused, Err(error @ GridError::Shared) if error.is_size()));
}

/// A workbook of these rows, and these shared texts.
fn workbook(rows: &str, strings: Option<&str>) -> Vec<u8> {
    let sheet = format!("<worksheet xmlns=\"x\"><sheetData>{rows}</sheetData></worksheet>");
    let mut files = std::collections::BTreeMap::from([
        (
            "xl/workbook.xml".to_owned(),
            b"<workbook><sheets><sheet name=\"a\" r:id=\"r1\"/></sheets></workbook>".to_vec(),
        ),
        (
            "xl/_rels/workbook.xml.rels".to_owned(),
            b"<Relationships><Relationship Id=\"r1\" Target=\"/xl/worksheets/sheet7.xml\"/></Relationships>"
                .to_vec(),
        ),
        ("xl/worksheets/sheet7.xml".to_owned(), sheet.into_bytes()),
    ]);
    if let Some(strings) = strings {
        files.insert("xl/sharedStrings.xml".to_owned(), strings.as_bytes().to_vec());
    }
    pack(&files).unwrap()
}

#[test]
fn workbooks_of_other_programs_are_read() {
    let strings = "<sst><si><t>a &amp; b</t></si><si><r><t>one </t></r><r><t xml:space=\"preserve\">two_x000D_</t></r><rPh><t>no</t></rPh></si><si/></sst>";
    let rows = "<row r=\"2\"><c r=\"A2\" t=\"s\"><v>0</v></c><c r=\"C2\" t=\"s\"><v>1</v></c><c t=\"b\"><v>1</v></c></row>\
                <row><c><f>1+1</f><v>2.50</v></c><c t=\"str\"><v>x</v></c><c t=\"inlineStr\"><is><t>in</t></is></c></row>";
    let grid = Grid::read(&workbook(rows, Some(strings))).unwrap();
    let text = |cells: &[&str]| cells.iter().map(|cell| (*cell).to_owned()).collect::<Vec<_>>();
    assert_eq!(grid.rows, [(2, text(&["a & b", "", "one two\r", "TRUE"])), (3, text(&["2.50", "x", "in"]))]);
    // What is empty has its place too, however it is written.
    let rows = "<row/><row r=\"4\"/><row><c/><c><v>1</v></c><c r=\"D5\" s=\"2\"/><c><v>2</v></c><c r=\"ZZ5\"/></row>";
    let grid = Grid::read(&workbook(rows, None)).unwrap();
    assert_eq!(grid.rows, [(5, text(&["", "1", "", "", "2"]))]);
}

#[test]
fn hostile_workbooks_are_refused() {
    let bad =
        |rows: &str, strings: Option<&str>| Grid::read(&workbook(rows, strings)).unwrap_err().to_string();
    let laughs = "<!DOCTYPE sst [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;\">]><sst><si><t>&b;</t></si></sst>";
    assert!(bad("", Some(laughs)).contains("document type"));
    let outside = "<!DOCTYPE sst SYSTEM \"file:///etc/passwd\"><sst/>";
    assert!(bad("", Some(outside)).contains("document type"));
    assert!(bad("", Some("<sst><si><t>&evil;</t></si></sst>")).contains("evil"));
    assert!(bad("<row><c t=\"s\"><v>9</v></c></row>", None).contains("not there"));
    assert!(bad("<row><c t=\"e\"><v>#REF!</v></c></row>", None).contains("#REF!"));
    assert!(bad("<row><c r=\"1A\"><v>9</v></c></row>", None).contains("1A"));
    for number in ["0", "-1", "x", "1048577", "18446744073709551615"] {
        let row = format!("<row r=\"{number}\"><c><v>9</v></c></row><row><c><v>9</v></c></row>");
        assert!(bad(&row, None).contains("numbers from 1"), "{number}");
    }
    assert!(bad("<row r=\"1048576\"/><row><c><v>9</v></c></row>", None).contains("after its last"));
    assert!(bad("<row><c><v>9", None).contains("file is no workbook"));
    let parts = std::collections::BTreeMap::from([("evil.xml".to_owned(), vec![1])]);
    assert!(Grid::read(&pack(&parts).unwrap()).unwrap_err().to_string().contains("missing"));
    assert!(matches!(Grid::read(b"PK\x03\x04 no zip"), Err(GridError::Archive(_))));
    assert!(matches!(Grid::read(b"\xff\xfe\x00a"), Err(GridError::Encoding)));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn no_cell_is_a_formula_and_every_text_comes_back(evil in prop_oneof![prop::sample::select(EVIL.to_vec()).prop_map(str::to_owned), "[='+@_x0-9A-F\t\r\n-]{1,9}"]) {
        // Line ends are folded on the way.
        let evil = evil.replace("\r\n", "\n");
        let view = evil_view(&evil);
        for content in TABLES {
            let sheet = sheet(&view, Some(&view), content).unwrap();
            let file = csv::write(&sheet);
            let mut reader = ::csv::ReaderBuilder::new().has_headers(false).from_reader(&file[3..]);
            for cell in reader.records().flat_map(|record| record.unwrap().iter().map(str::to_owned).collect::<Vec<_>>()) {
                let first = cell.chars().next();
                prop_assert!(!first.is_some_and(|first| "=+-@\t\r\n\0＝＋－＠".contains(first)), "{:?}", cell);
            }
            let grid = Grid::read(&file).unwrap();
            let book = Grid::read(&xlsx::write(&sheet).unwrap()).unwrap();
            let texts = |grid: &Grid| grid.rows.iter().map(|(_, cells)| cells.clone()).collect::<Vec<_>>();
            prop_assert_eq!(texts(&grid), texts(&book));
            for (row, (_, cells)) in sheet.rows.iter().zip(&grid.rows[1..]) {
                for (at, datum) in row.iter().enumerate() {
                    if let Datum::Text(text) = datum {
                        prop_assert_eq!(cells.get(at), Some(text));
                    }
                }
            }
        }
    }

    #[test]
    fn nothing_that_is_sent_breaks_the_reader(bytes in prop::collection::vec(any::<u8>(), 0..300), cut in any::<usize>(), flip in any::<usize>()) {
        _ = Grid::read(&bytes);
        let sheet = sheet(&adopted(), None, Content::Feedback).unwrap();
        let mut file = xlsx::write(&sheet).unwrap();
        let at = flip % file.len();
        file[at] ^= 1 << (cut % 8);
        _ = Grid::read(&file);
        file.truncate(cut % file.len());
        _ = Grid::read(&file);
    }
}
