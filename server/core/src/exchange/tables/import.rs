//! A table that comes back: what would change, or every reason why nothing does.
//!
//! Each row names its element and the entry as of which it was taken.  A cell that differs from what the
//! plan held then is an edit with that entry as its base, so it merges with what was done since; rows that
//! are missing change nothing.  One problem refuses the whole table.

mod form;

use std::collections::{BTreeMap, HashMap, HashSet};

use plenary_limits::{COMMANDS_MAX, PROBLEMS_MAX};
use plenary_protocol::plan::command::Place;
use plenary_protocol::plan::{Command, ElementView, FieldType, Kind, PlanView, Value, codes};
use plenary_protocol::wire::api::TableChange;
use plenary_protocol::{ElementId, Seq};

pub use form::{Form, RowForm};

use super::Grid;
use super::sheets::{ENTRY, ID, ROW, UNDER, printed, text_of};

/// What a table asks for.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Asked {
    /// The entry that the table was taken after.
    pub base: Seq,
    /// The edits, in the order of the table.
    pub commands: Vec<Command>,
    /// What they change, for people.
    pub changes: Vec<TableChange>,
}

/// A problem of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SheetProblem {
    /// The line, the head being line 1; 0 for the table as a whole.
    pub line: usize,
    /// The column; empty for the whole line.
    pub column: String,
    /// What, and the way out.
    pub says: String,
}

/// The entry that a table says it was taken after: all rows name the same one, new rows may name none.
///
/// # Errors
/// Problems, when the head or the entries do not fit.
pub fn base(grid: &Grid, form: &Form) -> Result<Seq, Vec<SheetProblem>> {
    let columns = Columns::read(grid, form)?;
    let mut base: Option<Seq> = None;
    let mut problems = Problems::default();
    for (line, cells) in grid.rows.iter().skip(1) {
        let cell = columns.cell(cells, ENTRY).trim();
        if cell.is_empty() {
            continue;
        }
        match (whole(cell).and_then(|entry| u64::try_from(entry).ok()), base) {
            (Some(0) | None, _) => {
                problems.note(
                    *line,
                    ENTRY,
                    format!("{cell:?} is no entry; leave the column as it was exported"),
                );
            }
            (Some(entry), Some(base)) if base.0 != entry => {
                let says = format!(
                    "this row was taken after entry {entry}, others after entry {base}: import the two apart"
                );
                problems.note(*line, ENTRY, says);
            }
            (Some(entry), _) => base = Some(Seq(entry)),
        }
    }
    if base.is_none() && problems.list.is_empty() {
        problems.note(1, ENTRY, "no row says after which entry the table was taken; export it anew".into());
    }
    problems.or(base.unwrap_or_default())
}

/// What a table changes in the plan as of its base.
///
/// # Errors
/// Every problem, with its line and column, up to `PROBLEMS_MAX`.
pub fn asked(grid: &Grid, form: &Form, view: &PlanView) -> Result<Asked, Vec<SheetProblem>> {
    let columns = Columns::read(grid, form)?;
    let mut reader = Reader {
        view,
        form,
        columns,
        by_id: view.elements.iter().map(|element| (&element.id, element)).collect(),
        seen: HashSet::new(),
        problems: Problems::default(),
        asked: Asked { base: view.seq, ..Asked::default() },
    };
    for (line, cells) in grid.rows.iter().skip(1) {
        reader.row(*line, cells);
    }
    if reader.asked.commands.len() > COMMANDS_MAX {
        let says = format!(
            "the table makes {} edits, more than the {COMMANDS_MAX} of one import: import it in parts",
            reader.asked.commands.len()
        );
        reader.problems.note(1, ENTRY, says);
    }
    reader.problems.or(reader.asked)
}

#[derive(Default)]
struct Problems {
    list: Vec<SheetProblem>,
    more: usize,
}

impl Problems {
    fn note(&mut self, line: usize, column: &str, says: String) {
        if self.list.len() < PROBLEMS_MAX {
            self.list.push(SheetProblem { line, column: column.to_owned(), says });
        } else {
            self.more += 1;
        }
    }

    fn or<T>(mut self, good: T) -> Result<T, Vec<SheetProblem>> {
        if self.more > 0 {
            let says = format!("and {} more problems", self.more);
            self.list.push(SheetProblem { line: 0, column: String::new(), says });
        }
        if self.list.is_empty() { Ok(good) } else { Err(self.list) }
    }
}

/// Where each column stands.
struct Columns(HashMap<String, usize>);

impl Columns {
    fn read(grid: &Grid, form: &Form) -> Result<Columns, Vec<SheetProblem>> {
        let mut problems = Problems::default();
        let Some((line, head)) = grid.rows.first() else {
            problems.note(1, "", "the table is empty; export it, change it, and send it back".into());
            return problems.or(Columns(HashMap::new()));
        };
        let mut places = HashMap::new();
        for (at, name) in head.iter().map(|name| name.trim()).enumerate() {
            let known = [ENTRY, ROW, ID, UNDER, "code", "about"].contains(&name)
                || form.columns().any(|(column, _)| column == name);
            if name.is_empty() {
                continue;
            }
            if !known {
                let all: Vec<&str> = form.columns().map(|(column, _)| column).collect();
                let says = format!(
                    "the {} table has no column {name:?}; it has {ENTRY}, {ROW}, {ID}, {UNDER}, {}",
                    form.name,
                    all.join(", ")
                );
                problems.note(*line, name, says);
            } else if places.insert(name.to_owned(), at).is_some() {
                problems.note(*line, name, "the column stands there twice".into());
            }
        }
        for needed in [ENTRY, ROW, ID, UNDER] {
            if !places.contains_key(needed) {
                problems.note(
                    *line,
                    needed,
                    format!("the column {needed:?} is missing; leave it as exported"),
                );
            }
        }
        problems.or(Columns(places))
    }

    /// Those of the names that the table has columns of.
    fn of(&self, names: &'static [&'static str]) -> Vec<&'static str> {
        names.iter().copied().filter(|name| self.0.contains_key(*name)).collect()
    }

    fn cell<'c>(&self, cells: &'c [String], name: &str) -> &'c str {
        self.0.get(name).and_then(|at| cells.get(*at)).map_or("", String::as_str)
    }
}

struct Reader<'a> {
    view: &'a PlanView,
    form: &'a Form,
    columns: Columns,
    by_id: HashMap<&'a ElementId, &'a ElementView>,
    seen: HashSet<ElementId>,
    problems: Problems,
    asked: Asked,
}

impl<'a> Reader<'a> {
    fn row(&mut self, line: usize, cells: &[String]) {
        let kind = self.columns.cell(cells, ROW).trim();
        let Some(row) = self.form.row(kind) else {
            let kinds: Vec<&str> = self.form.rows.iter().map(|row| row.kind).collect();
            let says = format!("{kind:?} is no kind of row; there are {}", kinds.join(" and "));
            return self.problems.note(line, ROW, says);
        };
        self.check_foreign(line, row, cells);
        match self.columns.cell(cells, ID).trim() {
            "" => self.new_row(line, row, cells),
            id => {
                if let Some(element) = self.known(line, row, id, cells) {
                    self.old_row(line, row, element, cells);
                }
            }
        }
    }

    /// Cells of columns that rows of this kind do not have must be empty: what is typed there is meant.
    fn check_foreign(&mut self, line: usize, row: &RowForm, cells: &[String]) {
        for (name, _) in self.form.columns() {
            if !row.has(name) && !self.columns.cell(cells, name).trim().is_empty() {
                let says = format!("a row of kind {} has no {name}; empty the cell", row.kind);
                self.problems.note(line, name, says);
            }
        }
    }

    fn known(&mut self, line: usize, row: &RowForm, id: &str, cells: &[String]) -> Option<&'a ElementView> {
        let element = id.parse().ok().and_then(|id: ElementId| self.by_id.get(&id).copied());
        let says = match element {
            None => format!(
                "after entry {} the plan has no element {id}; to add one, leave the id empty",
                self.view.seq
            ),
            Some(element) if element.kind.name() != row.kind => {
                format!("{id} is a {}, not a {}", element.kind, row.kind)
            }
            Some(element) if !self.seen.insert(element.id.clone()) => {
                format!("{id} stands in the table twice; to add a row, leave the id empty")
            }
            Some(element) => {
                let under = self.columns.cell(cells, UNDER).trim();
                let stands = element.parent.as_ref().map_or("", |parent| parent.as_str());
                if under.is_empty() || under == stands {
                    return Some(element);
                }
                let says = format!("{id} stands under {stands}; a table moves nothing, leave it so");
                self.problems.note(line, UNDER, says);
                return None;
            }
        };
        self.problems.note(line, ID, says);
        None
    }

    fn old_row(&mut self, line: usize, row: &RowForm, element: &ElementView, cells: &[String]) {
        let base = self.view.seq;
        for name in self.columns.of(row.texts) {
            let (old, new) = (text_of(self.view, element, name), self.columns.cell(cells, name));
            if old.replace("\r\n", "\n") == new {
                continue;
            }
            if new.is_empty() && element.kind.text(name).is_some_and(|text| text.required) {
                self.problems.note(line, name, format!("a {} needs a {name}", row.kind));
                continue;
            }
            self.change(line, element, name, old.to_owned(), new.to_owned());
            self.asked.commands.push(Command::SetText {
                element: element.id.clone(),
                field: name.to_owned(),
                lang: None,
                text: new.to_owned(),
                base,
            });
        }
        for name in self.columns.of(row.fields) {
            // A value that typing could not give, with spaces around it, stands there as it was exported.
            if self.columns.cell(cells, name) == printed(element, name) {
                continue;
            }
            let Some(value) = self.value(line, element.kind, name, cells) else { continue };
            let old = element.fields.get(name).cloned().unwrap_or(Value::Null);
            if old == value || (old.is_absent() && value.is_absent()) {
                continue;
            }
            self.change(line, element, name, told(&old), told(&value));
            let element = element.id.clone();
            self.asked.commands.push(Command::SetField { element, field: name.to_owned(), value, base });
        }
    }

    fn new_row(&mut self, line: usize, row: &RowForm, cells: &[String]) {
        let Some(kind) = Kind::named(row.kind) else { return };
        let under = self.columns.cell(cells, UNDER).trim();
        let parent = codes::resolve(&self.view.elements, under).ok();
        let parent = parent.filter(|parent| !parent.removed && kind.may_stand_under(Some(parent.kind)));
        let Some(parent) = parent else {
            let says = format!(
                "a new {} stands under {}: name it here by its id or code; {under:?} is none",
                row.kind,
                kind.spec().parents.join(", ")
            );
            return self.problems.note(line, UNDER, says);
        };
        let mut text = BTreeMap::new();
        for name in row.texts.iter().copied() {
            let cell = self.columns.cell(cells, name);
            if !cell.is_empty() {
                text.insert(name.to_owned(), cell.to_owned());
            } else if kind.text(name).is_some_and(|text| text.required) {
                self.problems.note(line, name, format!("a {} needs a {name}", row.kind));
            }
        }
        let mut fields = BTreeMap::new();
        for name in row.fields.iter().copied() {
            let value = self.value(line, kind, name, cells).filter(|value| !value.is_absent());
            fields.extend(value.map(|value| (name.to_owned(), value)));
        }
        if text.is_empty() && fields.is_empty() {
            let says = format!("the new {} holds nothing; fill it, or delete the row", row.kind);
            return self.problems.note(line, ID, says);
        }
        for (name, told) in text
            .iter()
            .map(|(name, text)| (name, text.clone()))
            .chain(fields.iter().map(|(name, value)| (name, told(value))))
        {
            self.asked.changes.push(TableChange {
                line: line as u64,
                element: None,
                under: Some(parent.id.clone()),
                column: name.clone(),
                from: String::new(),
                to: told,
            });
        }
        let place = Place { parent: Some(parent.id.clone()), ..Place::default() };
        self.asked.commands.push(Command::Add {
            kind,
            id: None,
            place,
            owner: None,
            fields,
            lang: None,
            text,
        });
    }

    fn change(&mut self, line: usize, element: &ElementView, name: &str, from: String, to: String) {
        self.asked.changes.push(TableChange {
            line: line as u64,
            element: Some(element.id.clone()),
            under: None,
            column: name.to_owned(),
            from,
            to,
        });
    }

    /// A cell as a value of a field; none beside the problem that it is none.
    fn value(&mut self, line: usize, kind: Kind, name: &str, cells: &[String]) -> Option<Value> {
        let cell = self.columns.cell(cells, name).trim();
        let ty = kind.field(name)?.ty;
        let read = match (ty, cell) {
            (_, "") => Ok(Value::Null),
            (FieldType::Int | FieldType::Year, cell) => {
                whole(cell).map(Value::Int).ok_or_else(|| format!("{cell:?} is no whole number"))
            }
            (FieldType::Number, cell) => match cell.parse::<f64>() {
                Ok(number) if number.is_finite() => Ok(Value::Number(number)),
                _ => Err(format!("{cell:?} is no number; write it like 1234.5")),
            },
            (FieldType::Bool, "yes" | "true" | "TRUE") => Ok(Value::Bool(true)),
            (FieldType::Bool, "no" | "false" | "FALSE") => Ok(Value::Bool(false)),
            (FieldType::Bool, cell) => Err(format!("{cell:?} is neither yes nor no")),
            (FieldType::Set(_), cell) => {
                let members = cell.split(';').map(|member| member.trim().to_owned());
                Ok(Value::Set(members.filter(|member| !member.is_empty()).collect()))
            }
            (FieldType::Element(_), cell) => codes::resolve(&self.view.elements, cell)
                .map(|element| Value::Text(element.id.to_string()))
                .map_err(|error| error.to_string()),
            (_, cell) => Ok(Value::Text(cell.to_owned())),
        };
        let checked = read.and_then(|value| ty.check(&value).map_err(|error| error.to_string()));
        checked.map_err(|says| self.problems.note(line, name, says)).ok()
    }
}

/// A whole number, as spreadsheets write it.
fn whole(cell: &str) -> Option<i64> {
    let fits = |number: &f64| number.fract() == 0.0 && number.abs() < 9e15;
    cell.parse().ok().or_else(|| cell.parse::<f64>().ok().filter(fits).map(|number| number as i64))
}

fn told(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        value => value.to_string(),
    }
}
