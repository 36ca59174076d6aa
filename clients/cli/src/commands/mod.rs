//! The commands, one small file a group: arguments, help and effect stand together.

pub mod access;
pub mod access_log;
pub mod apply;
pub mod blame;
pub mod change;
pub mod check;
pub mod compare;
pub mod consolidate;
pub mod doctor;
pub mod edit;
pub mod evidence;
pub mod export;
pub mod file;
pub mod history;
pub mod import_table;
pub mod link;
pub mod login;
pub mod mapping;
pub mod outline;
pub mod read;
pub mod refusals;
pub mod replay;
pub mod report;
pub mod restore;
pub mod revoke;
pub mod rules;
pub mod set;
pub mod settle;
pub mod stage;
pub mod usage;
pub mod verify;
pub mod version;
pub mod watch;

use crate::args::{Cli, Command};
use crate::context::Context;
use crate::failure::Failure;
use crate::term::Term;

/// Does what was typed.
///
/// # Errors
/// Whatever the command fails with; its exit code stands in `exit`.
pub fn run(cli: Cli, term: &Term) -> Result<(), Failure> {
    let context = match cli.command {
        Command::Login(login) => return login.run(&cli.global, term),
        Command::Kinds(ref kinds) if !term.is_json() => return kinds.run_offline(term),
        Command::Completions(completions) => return completions.run(term),
        Command::Man(manual) => return manual.run(term),
        Command::Doctor(doctor) => return doctor.run(&cli.global, term),
        Command::Verify(ref verify) if verify.bundle.is_some() => return verify.run_offline(term),
        _ => Context::new(&cli.global, term)?,
    };
    match cli.command {
        Command::Login(_) | Command::Completions(_) | Command::Man(_) | Command::Doctor(_) => Ok(()),
        Command::Plans => outline::plans(&context),
        Command::Kinds(kinds) => kinds.run(&context),
        Command::Show(show) => show.run(&context),
        Command::Get(get) => get.run(&context),
        Command::Set(set) => set.run(&context),
        Command::Edit(edit) => edit.run(&context),
        Command::Add(add) => add.run(&context),
        Command::Move(moved) => moved.run(&context),
        Command::Remove(remove) => remove.run(&context),
        Command::Restore(restore) => restore.run(&context),
        Command::Link(link) => link.run(&context),
        Command::Unlink(unlink) => unlink.run(&context),
        Command::Carry(carry) => carry.run(&context),
        Command::Merge(merge) => merge.run(&context),
        Command::Split(split) => split.run(&context),
        Command::Mapping(mapping) => mapping.run(&context),
        Command::Settle(settle) => settle.run(&context),
        Command::Comment(comment) => comment.run(&context),
        Command::Apply(apply) => apply.run(&context),
        Command::Watch(watch) => watch.run(&context),
        Command::Log(log) => log.run(&context),
        Command::Replay(replay) => replay.run(&context),
        Command::Who(who) => who.run(&context),
        Command::At(at) => at.run(&context),
        Command::Diff(diff) => diff.run(&context),
        Command::Blame(blame) => blame.run(&context),
        Command::Timeline(timeline) => timeline.run(&context),
        Command::Find(find) => find.run(&context),
        Command::Check(check) => check.run(&context),
        Command::Rules(rules) => rules.run(&context),
        Command::Rule(rule) => rule.run(&context),
        Command::Import(import) => import.run(&context),
        Command::ImportTable(import) => import.run(&context),
        Command::Export(export) => export.run(&context),
        Command::Stage(stage) => stage.run(&context),
        Command::Access(access) => access.run(&context),
        Command::AccessLog(log) => log.run(&context),
        Command::Refusals(refusals) => refusals.run(&context),
        Command::Revoke(revoke) => revoke.run(&context),
        Command::Revocations(list) => list.run(&context),
        Command::Versions(versions) => versions.run(&context),
        Command::Version(version) => version.run(&context),
        Command::Verify(verify) => verify.run(&context),
        Command::Evidence(evidence) => evidence.run(&context),
    }
}
