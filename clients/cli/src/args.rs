//! What was typed: the options that all commands share, and the list of commands.

use clap::{Args, Parser, Subcommand, ValueEnum};
use plenary_protocol::ids::ClientId;

use crate::commands::{
    access, access_log, apply, blame, change, check, compare, consolidate, doctor, edit, evidence, export,
    file, history, import_table, link, login, mapping, outline, read, refusals, replay, restore, revoke,
    rules, set, settle, stage, usage, verify, version, watch,
};
use crate::{examples, exit};

/// Reads and edits strategic plans on a Plenary server.
#[derive(Debug, Parser)]
#[command(name = "plenary", version, about, max_term_width = 100)]
#[command(after_long_help = exit::HELP, after_help = "More with --help: names, JSON, exit codes, environment.")]
pub struct Cli {
    /// Options of all commands.
    #[command(flatten)]
    pub global: Global,
    /// The command.
    #[command(subcommand)]
    pub command: Command,
}

/// Options of all commands.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Options of all commands")]
pub struct Global {
    /// Address of the server [default: that of the last login, or http://127.0.0.1:7400].
    #[arg(long, global = true, env = "PLENARY_URL", hide_env_values = true)]
    pub url: Option<String>,
    /// Print JSON on stdout.
    #[arg(long, global = true)]
    pub json: bool,
    /// Why the edit is made; stands in the log.
    #[arg(long, global = true, value_name = "TEXT")]
    pub because: Option<String>,
    /// Requests, feedback items or consultations that the edit answers (ids or codes, comma
    /// separated); for `log`, show only edits that answer one of them.
    #[arg(long, global = true, value_name = "ID", value_delimiter = ',')]
    pub answers: Vec<String>,
    /// When to colour [default: on a terminal; see Environment].
    #[arg(long, global = true, value_enum, default_value_t, hide_default_value = true)]
    pub color: When,
    /// Print no notes and no progress on stderr.
    #[arg(long, short, global = true)]
    pub quiet: bool,
    /// Name of the edit: one that is sent again under the same name is not done again.
    #[arg(long, global = true, value_name = "ID")]
    pub edit_id: Option<ClientId>,
}

/// When to colour.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum When {
    /// On a terminal, unless the environment says otherwise.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// The commands; what they say of themselves stands with their arguments.
#[derive(Debug, Subcommand)]
pub enum Command {
    Login(login::Login),
    /// List the plans you may read.
    #[command(after_help = examples::PLANS)]
    Plans,
    Kinds(outline::Kinds),
    Show(outline::Show),
    Get(read::Get),
    Set(set::Set),
    Edit(edit::Edit),
    Add(change::Add),
    Move(change::Move),
    Remove(change::Remove),
    Restore(restore::Restore),
    Link(link::Link),
    Unlink(link::Unlink),
    Carry(link::Carry),
    Merge(consolidate::Merge),
    Split(consolidate::Split),
    Mapping(mapping::Mapping),
    Settle(settle::Settle),
    Comment(change::Comment),
    Apply(apply::Apply),
    Watch(watch::Watch),
    #[command(visible_alias = "history")]
    Log(history::Log),
    Replay(replay::Replay),
    Who(history::Who),
    At(read::At),
    Diff(compare::Diff),
    Blame(blame::Blame),
    Timeline(blame::Timeline),
    Find(blame::Find),
    Check(check::Check),
    Rules(rules::Rules),
    Rule(rules::SetRule),
    Import(file::Import),
    ImportTable(import_table::ImportTable),
    Export(export::Export),
    Stage(stage::Advance),
    Access(access::Access),
    AccessLog(access_log::AccessLog),
    Refusals(refusals::Refusals),
    Revoke(revoke::Revoke),
    Revocations(revoke::Revocations),
    Verify(verify::Verify),
    Evidence(evidence::Evidence),
    Doctor(doctor::Doctor),
    Completions(usage::Completions),
    Man(usage::Manual),
    Versions(version::Versions),
    Version(version::Version),
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_arguments_are_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn global_options_stand_anywhere() {
        let cli = Cli::try_parse_from([
            "plenary",
            "--json",
            "set",
            "p",
            "2.7",
            "statement",
            "- a list",
            "--because",
            "asked",
            "--answers",
            "1.a,1.b",
            "--base",
            "12",
        ])
        .unwrap();
        assert!(cli.global.json);
        assert_eq!(cli.global.answers, ["1.a", "1.b"]);
        let Command::Set(set) = cli.command else { panic!("set expected") };
        assert_eq!(set.value.as_deref(), Some("- a list"));
        assert_eq!(set.base, Some(12));
    }

    #[test]
    fn a_value_and_its_absence_exclude_each_other() {
        let parse = |args: &[&str]| Cli::try_parse_from(args);
        assert!(parse(&["plenary", "set", "p", "e", "f", "v", "--unset"]).is_err());
        assert!(parse(&["plenary", "set", "p", "e", "f"]).is_err());
        assert!(parse(&["plenary", "set", "p", "e", "f", "--unset"]).is_ok());
        assert!(parse(&["plenary", "set", "p", "e", "f", "-5"]).is_ok());
        assert!(parse(&["plenary", "set", "p", "e", "f", "-"]).is_ok());
    }

    #[test]
    fn a_token_is_never_an_argument() {
        let words = Cli::command().render_long_help().to_string();
        assert!(!words.contains("--token "));
        assert!(Cli::try_parse_from(["plenary", "login", "--token", "secret"]).is_err());
        assert!(Cli::try_parse_from(["plenary", "login", "secret"]).is_err());
    }
}
