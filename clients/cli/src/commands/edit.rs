//! `edit`: a text goes through the editor and back, against the base at which it was fetched; others see
//! meanwhile where its editor is.

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Args;
use plenary_protocol::plan::{Command, PlanView, Value};
use plenary_protocol::wire::live::{ClientMessage, Whereabouts};
use serde_json::json;

use super::read::current;
use crate::context::{Around, Context};
use crate::examples;
use crate::failure::Failure;
use crate::live::Received;
use crate::names::{self, Target};
use crate::values::{Slot, parse, slot};

/// The editor when none is set.
const EDITOR_DEFAULT: &str = "vi";

/// Edit a text in $VISUAL or $EDITOR; words that others write meanwhile are kept.
///
/// What you change against the text as it stood when the editor opened is done; nothing else is.  When the
/// server refuses it, what you typed is kept in a file.
#[derive(Debug, Args)]
#[command(after_help = examples::EDIT)]
pub struct Edit {
    /// The plan.
    plan: String,
    /// The element, link, or `plan`.
    element: String,
    /// The text or field.
    field: String,
    /// Language of the text [default: that of the plan].
    #[arg(long)]
    lang: Option<String>,
}

impl Edit {
    /// Edits it.
    pub fn run(&self, context: &Context<'_>) -> Result<(), Failure> {
        let view = context.open(&self.plan, false)?;
        let target = names::target(&view, &self.element)?;
        let slot = slot(target, &self.field)?;
        let lang = self.lang.as_deref().unwrap_or(view.language());
        let before = match current(&view, target, slot, lang) {
            Value::Null => String::new(),
            value => value.to_string(),
        };
        let mut draft = Draft::new(&format!("{}-{}-", target.id(), self.field), &before)?;
        let lang = matches!(slot, Slot::Text(_)).then(|| lang.to_owned());
        let (element, field) = (Some(target.id()), Some(self.field.clone()));
        announce(context, &view, Whereabouts { element, field, lang, selection: None });
        let typed = draft.edit()?;
        if typed == before {
            return context.report(None, None, None, "");
        }
        let result = self.send(context, &view, target, slot, &typed);
        match result {
            Ok(()) => Ok(()),
            Err(Failure::ClosedPipe) => Err(Failure::ClosedPipe),
            Err(failure) => {
                let kept = draft.keep()?;
                context.term.note(&format!("What you typed is kept in {}.", kept.display()));
                Err(failure)
            }
        }
    }

    fn send(
        &self,
        context: &Context<'_>,
        view: &PlanView,
        target: Target<'_>,
        slot: Slot,
        typed: &str,
    ) -> Result<(), Failure> {
        let element = target.id();
        let command = match slot {
            Slot::Text(field) => Command::SetText {
                element: element.clone(),
                field: field.to_owned(),
                lang: self.lang.clone(),
                text: typed.to_owned(),
                base: view.seq,
            },
            Slot::Field(field, ty) => {
                let value = match typed.trim() {
                    "" => Value::Null,
                    typed => parse(field, ty, typed, &Around::new(context, view))?,
                };
                Command::SetField { element: element.clone(), field: field.to_owned(), value, base: view.seq }
            }
        };
        let Some(done) = context.edit(view, vec![command])? else {
            return context.report(None, None, None, "");
        };
        let words = format!("changed {} of {}", self.field, target.words());
        let Slot::Text(_) = slot else {
            return context.report(Some(&done), Some(&element), target.code(), &words);
        };
        let lang = self.lang.as_deref().unwrap_or(view.language());
        let merged = context.merged_text(view, (&element, slot, lang), view.seq, &done);
        if context.term.is_json() {
            let mut answer = json!(done);
            answer["element"] = json!(element);
            answer["text"] = json!(merged.as_deref().unwrap_or(typed));
            answer["merged"] = json!(merged.as_deref().is_some_and(|merged| merged != typed));
            return context.term.json(&answer);
        }
        context.report(Some(&done), Some(&element), target.code(), &words)?;
        context.tell_merge(typed, merged.as_deref())
    }
}

/// Says where the person is for as long as the program runs; the edit does not wait for it or need it.
fn announce(context: &Context<'_>, view: &PlanView, state: Whereabouts) {
    let Ok(mut live) = context.connect() else { return };
    let plan = view.id.clone();
    let subscribe =
        ClientMessage::Subscribe { plan: plan.clone(), after: Some(view.seq), leaf: None, raw: false };
    let presence = ClientMessage::Presence { plan, state: Some(state) };
    std::thread::spawn(move || {
        let is_said = live.send(&subscribe).is_ok() && live.send(&presence).is_ok();
        // Reading answers the server's pings; what comes is not for this command.
        while is_said && matches!(live.receive(), Received::Message(_) | Received::Quiet) {}
    });
}

/// A text in a file, for the editor.
struct Draft {
    file: Option<tempfile::NamedTempFile>,
    path: PathBuf,
    ends_line: bool,
}

impl Draft {
    fn new(prefix: &str, text: &str) -> Result<Draft, Failure> {
        let failed = |error: std::io::Error| Failure::Local(format!("cannot make a file to edit: {error}"));
        let mut file = tempfile::Builder::new().prefix(prefix).suffix(".txt").tempfile().map_err(failed)?;
        file.write_all(text.as_bytes()).map_err(failed)?;
        if !text.ends_with('\n') {
            file.write_all(b"\n").map_err(failed)?;
        }
        file.flush().map_err(failed)?;
        let path = file.path().to_owned();
        Ok(Draft { file: Some(file), path, ends_line: text.ends_with('\n') })
    }

    /// Runs the editor and reads the file back; the line end that was added is taken away again.
    fn edit(&mut self) -> Result<String, Failure> {
        run_editor(&editor(), &self.path)?;
        self.read_back()
    }

    fn read_back(&self) -> Result<String, Failure> {
        let text = std::fs::read_to_string(&self.path)
            .map_err(|error| Failure::Local(format!("cannot read {} back: {error}", self.path.display())))?;
        Ok(match text.strip_suffix('\n') {
            Some(shorter) if !self.ends_line => shorter.to_owned(),
            _ => text,
        })
    }

    fn keep(&mut self) -> Result<PathBuf, Failure> {
        if let Some(file) = self.file.take() {
            file.keep().map_err(|error| Failure::Local(format!("cannot keep what you typed: {error}")))?;
        }
        Ok(self.path.clone())
    }
}

fn editor() -> String {
    let set = |name: &str| std::env::var(name).ok().filter(|value| !value.trim().is_empty());
    set("VISUAL").or_else(|| set("EDITOR")).unwrap_or_else(|| EDITOR_DEFAULT.to_owned())
}

/// `$EDITOR` may hold options: the shell reads it, the file's name goes beside it.
fn run_editor(editor: &str, path: &Path) -> Result<(), Failure> {
    let shell = format!("{editor} \"$1\"");
    let status = std::process::Command::new("sh").arg("-c").arg(shell).arg("plenary").arg(path).status();
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(Failure::Local(format!(
            "the editor `{editor}` ended with {status}; nothing was sent.\nSet VISUAL or EDITOR to another."
        ))),
        Err(error) => Err(Failure::Local(format!("the editor `{editor}` does not start: {error}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_end_an_editor_needs_is_not_part_of_the_text() {
        for text in ["one line", "two\nlines", "ends\n", ""] {
            let draft = Draft::new("t-", text).unwrap();
            let in_file = std::fs::read_to_string(&draft.path).unwrap();
            assert!(in_file.ends_with('\n'));
            assert_eq!(draft.read_back().unwrap(), text);
        }
    }

    #[test]
    fn an_editor_that_fails_is_named() {
        let failure = run_editor("false", Path::new("x")).unwrap_err();
        assert_eq!(failure.exit_code(), 9);
        assert!(failure.message().contains("`false`"));
    }

    #[test]
    fn what_was_typed_can_be_kept() {
        let mut draft = Draft::new("t-", "text").unwrap();
        let path = draft.keep().unwrap();
        drop(draft);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "text\n");
        std::fs::remove_file(path).unwrap();
    }
}
