//! Which tables come back, and what may be typed in them: one list, for export and import.

use plenary_protocol::record::Content;

/// What rows of one kind hold.
#[derive(Debug)]
pub struct RowForm {
    /// The kind of elements that they are.
    pub kind: &'static str,
    /// Their texts, in the plan's language.
    pub texts: &'static [&'static str],
    /// Their typed fields.
    pub fields: &'static [&'static str],
}

/// A table that comes back.
#[derive(Debug)]
pub struct Form {
    /// Its name.
    pub name: &'static str,
    /// Its kinds of rows.
    pub rows: &'static [RowForm],
}

static INDICATORS: Form = Form {
    name: "indicators",
    rows: &[
        RowForm {
            kind: "indicator",
            texts: &["title", "statement"],
            fields: &[
                "unit",
                "direction",
                "comparator",
                "measurement",
                "population",
                "baseline_year",
                "data_source",
                "custodian",
                "sdg",
            ],
        },
        RowForm {
            kind: "reading",
            texts: &[],
            fields: &["role", "value", "year", "unit", "category", "data_source"],
        },
    ],
};

static FEEDBACK: Form = Form {
    name: "feedback",
    rows: &[RowForm {
        kind: "feedback_item",
        texts: &["statement", "reason"],
        fields: &["author", "body", "target", "disposition"],
    }],
};

impl Form {
    /// The form of a table; nothing where it does not come back.
    pub fn of(content: Content) -> Option<&'static Form> {
        match content {
            Content::Indicators => Some(&INDICATORS),
            Content::Feedback => Some(&FEEDBACK),
            Content::Plan
            | Content::Information
            | Content::Allocations
            | Content::Mapping
            | Content::Guidance
            | Content::Findings => None,
        }
    }

    /// What rows of a kind hold.
    pub fn row(&self, kind: &str) -> Option<&'static RowForm> {
        self.rows.iter().find(|row| row.kind == kind)
    }

    /// Columns of all kinds of rows, each once, and whether it is a text.
    pub fn columns(&self) -> impl Iterator<Item = (&'static str, bool)> + use<> {
        let mut columns: Vec<(&'static str, bool)> = Vec::new();
        for row in self.rows {
            let texts = row.texts.iter().map(|name| (*name, true));
            for column in texts.chain(row.fields.iter().map(|name| (*name, false))) {
                if !columns.contains(&column) {
                    columns.push(column);
                }
            }
        }
        columns.into_iter()
    }
}
