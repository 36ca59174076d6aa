//! What the user typed: the command line of `plenaryd`, parsed and nothing more.
//!
//! A flag's name, help and type stand together here.  What a run goes by is `config::Config`, which
//! also asks the environment and the configuration file; only the subcommands read the environment
//! here, because they take nothing else from it than the data directory.

use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};
use plenary_limits::{LOCAL_LIFETIME_S_MAX, TOKEN_LIFETIME_S_MIN};
use plenary_protocol::ids::Subject;
use plenary_protocol::{Bureau, Role};

use crate::identity::check_name;
use crate::telemetry::LogFormat;

/// The data directory unless told otherwise, relative to where the program was started.
pub const DATA_DIR_DEFAULT: &str = "./plenary-data";

const EXAMPLES: &str = "\
Examples:
  plenaryd --demo
      Try it out: serve on 127.0.0.1:7400, keep everything in ./plenary-data.
  plenaryd --config /etc/plenary/plenary.toml --log json
      Serve as configured.
  plenaryd token --subject ana --name 'Ana Silva' --bureau BR --role drafter
      Print a token for the server of ./plenary-data.

Settings come from flags, then the environment (PLENARY_LISTEN, PLENARY_METRICS_LISTEN,
PLENARY_DATA, PLENARY_LOG, PLENARY_CONFIG, PLENARY_SERVER_NAME, PLENARY_ORIGINS,
PLENARY_DEMO), then the configuration file, then defaults: the first that says something wins.  PLENARY_LOG_FILTER (or RUST_LOG)
says what is logged, for instance \"plenaryd=debug,info\".";

const TOKEN_USAGE: &str = "\
plenaryd token [OPTIONS] --subject <SUBJECT> --name <NAME>
                      --bureau <BUREAU> --role <ROLE>";

const TOKEN_EXAMPLES: &str = "\
The token, and nothing else, goes to standard output.  The server may be running; it needs to be
told nothing.  Only who can read the key in the data directory can do this.

Examples:
  plenaryd token --subject ana --name 'Ana Silva' --bureau BR --role drafter
  TOKEN=$(plenaryd token --data /var/lib/plenary --subject audit --name Audit \\
      --bureau GS --role auditor --ttl 30m)";

const VERIFY_EXAMPLES: &str = "\
Reads everything; a server may be running, then the store is not compared.
Exit codes: 0 all holds, 65 a checkpoint that does not verify, 74 reading
failed, 78 something does not hold or the log does not contain the checkpoint.

Examples:
  plenaryd verify --data /var/lib/plenary
  plenaryd verify --data /var/lib/plenary --against checkpoint-of-march.txt";

const BACKUP_EXAMPLES: &str = "\
All that was acknowledged before it began is in it. It is read through before
it takes the place of the one before; files that are the same are shared with
that. The store is not in it: the journal makes it.

Examples:
  plenaryd backup --data /var/lib/plenary --to /backup/plenary";

const RESTORE_EXAMPLES: &str = "\
The backup is read through first. Where entries that were acknowledged are not
in it, or nobody knows, a new epoch is begun: the plans' logs get new names in
evidence, so that no two checkpoints of one name contradict each other.

Examples:
  plenaryd restore --from /backup/plenary --data /var/lib/plenary";

/// The plan server: several Bureaux write one strategic plan, every edit in a log that can be proved.
#[derive(Debug, Parser)]
#[command(name = "plenaryd", version, after_help = EXAMPLES, args_conflicts_with_subcommands = true)]
pub struct Args {
    /// What to do instead of serving.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// How to serve.
    #[command(flatten)]
    pub serve: ServeArgs,
}

/// What `plenaryd` does when it does not serve.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Print an access token of the local issuer
    Token(TokenArgs),
    /// Make the store anew from the journal, or the journal from the store (server stopped)
    Rebuild(RebuildArgs),
    /// Cut what can not be read off the log and say what was lost (server stopped)
    Repair(DataArgs),
    /// Check every entry, payload and tree of the log and the agreement of journal and store
    Verify(VerifyArgs),
    /// Copy the log to another directory and read the copy through (server running or not)
    Backup(BackupArgs),
    /// Make a data directory of a backup (server stopped)
    Restore(RestoreArgs),
    /// Print every limit: its number, what it is for, and what happens beyond it
    Limits(LimitsArgs),
    /// Print the completion script of a shell
    Completions(CompletionsArgs),
    /// Print the manual page, or write all pages into a folder
    Man(ManArgs),
}

/// The flags of serving, as typed; absent ones are looked for elsewhere.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct ServeArgs {
    /// Issue tokens locally and load the demonstration plan; for trying out
    #[arg(long)]
    pub demo: bool,
    /// Address and port to listen on [default: 127.0.0.1:7400]
    #[arg(long, value_name = "ADDR:PORT")]
    pub listen: Option<String>,
    /// Address and port of the metrics page, /metrics; off unless given
    #[arg(long, value_name = "ADDR:PORT")]
    pub metrics_listen: Option<String>,
    /// Directory of the log, the store and the keys [default: ./plenary-data]
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// Configuration file, TOML
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// How to write log events to standard error [default: human]
    #[arg(long, value_name = "FORMAT", value_enum)]
    pub log: Option<LogFormat>,
    /// Name of this server in the evidence that it signs [default: localhost]
    #[arg(long, value_name = "NAME")]
    pub server_name: Option<String>,
    /// Web origin that may connect besides the server's own, repeatable
    #[arg(long = "origin", value_name = "SCHEME://HOST[:PORT]")]
    pub origins: Vec<String>,
}

/// The flags of `plenaryd token`.
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = TOKEN_EXAMPLES, override_usage = TOKEN_USAGE)]
pub struct TokenArgs {
    /// Directory of a server that has a local issuer (one started with --demo has)
    #[arg(long, value_name = "DIR", env = "PLENARY_DATA", default_value = DATA_DIR_DEFAULT)]
    pub data: PathBuf,
    /// Configuration file, needed only where it gives the local issuer another name
    #[arg(long, value_name = "FILE", env = "PLENARY_CONFIG")]
    pub config: Option<PathBuf>,
    /// Who the token is for, a stable name such as a user name or an e-mail address
    #[arg(long, value_name = "SUBJECT")]
    pub subject: Subject,
    /// The name shown to others
    #[arg(long, value_name = "NAME", value_parser = display_name)]
    pub name: String,
    /// The Bureau acted for: BR, TSB, BDT or GS
    #[arg(long, value_name = "BUREAU")]
    pub bureau: Bureau,
    /// What may be done: reader, contributor, drafter, chair, auditor or admin
    #[arg(long, value_name = "ROLE")]
    pub role: Role,
    /// How long the token lives, one minute to 12 hours, for instance 30m or 1h30m
    #[arg(long = "ttl", value_name = "TIME", default_value = "12h", value_parser = lifetime_s)]
    pub lifetime_s: i64,
}

/// The flags of `plenaryd rebuild`.
#[derive(Debug, Clone, clap::Args)]
pub struct RebuildArgs {
    /// What is taken as the truth
    #[arg(long, value_enum, value_name = "SOURCE")]
    pub from: RebuildSource,
    /// Where the log is.
    #[command(flatten)]
    pub place: DataArgs,
}

/// What a rebuild takes as the truth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum RebuildSource {
    /// The store is whole; write the journal anew
    Store,
    /// The journal is whole; write the store anew
    Journal,
}

/// Where the log is, for the commands that need nothing else.
#[derive(Debug, Clone, clap::Args)]
pub struct DataArgs {
    /// Directory of the log, the store and the keys
    #[arg(long, value_name = "DIR", env = "PLENARY_DATA", default_value = DATA_DIR_DEFAULT)]
    pub data: PathBuf,
}

/// The flags of `plenaryd verify`.
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = VERIFY_EXAMPLES)]
pub struct VerifyArgs {
    /// Where the log is.
    #[command(flatten)]
    pub place: DataArgs,
    /// A signed checkpoint that was kept elsewhere: say whether the log still contains it, repeatable
    #[arg(long, value_name = "FILE")]
    pub against: Vec<PathBuf>,
    /// The key that signed it, as `…/evidence/key` gives it [default: the directory's own]
    #[arg(long, value_name = "VKEY", requires = "against")]
    pub key: Option<String>,
}

/// The flags of `plenaryd backup`.
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = BACKUP_EXAMPLES)]
pub struct BackupArgs {
    /// Where the log is.
    #[command(flatten)]
    pub place: DataArgs,
    /// Directory of the backup: not there yet, or an earlier backup, which is replaced
    #[arg(long, value_name = "DIR")]
    pub to: PathBuf,
    /// Put the keys into it: whoever reads it can then make tokens and sign checkpoints
    #[arg(long)]
    pub with_keys: bool,
}

/// The flags of `plenaryd restore`.
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = RESTORE_EXAMPLES)]
pub struct RestoreArgs {
    /// Where the log is to be.
    #[command(flatten)]
    pub place: DataArgs,
    /// Directory of the backup
    #[arg(long, value_name = "DIR")]
    pub from: PathBuf,
    /// Replace the data that is there; it is kept in `aside`
    #[arg(long)]
    pub replace: bool,
    /// What was acknowledged: a signed checkpoint, or lines `PLAN ENTRIES`, repeatable
    #[arg(long, value_name = "FILE")]
    pub heads: Vec<PathBuf>,
    /// Begin no new epoch, because nothing was acknowledged after the backup
    #[arg(long)]
    pub nothing_lost: bool,
}

/// The flags of `plenaryd limits`.
#[derive(Debug, Clone, clap::Args)]
pub struct LimitsArgs {
    /// Configuration file: those that can be set are shown as it sets them
    #[arg(long, value_name = "FILE", env = "PLENARY_CONFIG")]
    pub config: Option<PathBuf>,
    /// As JSON, for programs
    #[arg(long)]
    pub json: bool,
}

/// The flags of `plenaryd completions`.
#[derive(Debug, Clone, clap::Args)]
pub struct CompletionsArgs {
    /// The shell
    pub shell: plenary_usage::Shell,
}

/// The flags of `plenaryd man`.
#[derive(Debug, Clone, clap::Args)]
pub struct ManArgs {
    /// Write plenaryd.8 and a page for each command into this folder
    pub folder: Option<PathBuf>,
}

fn display_name(text: &str) -> Result<String, String> {
    check_name(text).map(|()| text.to_owned()).map_err(|error| error.to_string())
}

fn lifetime_s(text: &str) -> Result<i64, String> {
    let example = "for instance 45m, 12h or 1h30m";
    let lifetime: jiff::SignedDuration =
        text.parse().map_err(|_| format!("this is not a length of time, {example}"))?;
    let seconds = lifetime.as_secs();
    if (TOKEN_LIFETIME_S_MIN..=LOCAL_LIFETIME_S_MAX).contains(&seconds) {
        Ok(seconds)
    } else {
        Err(format!("a token lives one minute to 12 hours, {example}"))
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    fn parse(line: &str) -> Result<Args, String> {
        Args::try_parse_from(line.split(' ')).map_err(|error| error.to_string())
    }

    #[test]
    fn the_command_line_is_well_formed() {
        Args::command().debug_assert();
    }

    #[test]
    fn serving_needs_nothing() {
        let args = parse("plenaryd --demo --listen 127.0.0.1:0 --log json").unwrap();
        assert!(args.command.is_none());
        assert!(args.serve.demo);
        assert_eq!(args.serve.listen.as_deref(), Some("127.0.0.1:0"));
        assert_eq!(args.serve.log, Some(LogFormat::Json));
    }

    #[test]
    fn a_token_is_asked_for() {
        let line = "plenaryd token --data d --subject ana --name Ana --bureau BR --role drafter";
        let Some(Command::Token(token)) = parse(line).unwrap().command else { panic!("not a token") };
        assert_eq!((token.bureau, token.role, token.lifetime_s), (Bureau::BR, Role::Drafter, 12 * 3600));
        for (ttl, wanted) in [("90m", Some(5400)), ("13h", None), ("5s", None), ("soon", None)] {
            let given = parse(&format!("{line} --ttl {ttl}")).ok().map(|args| match args.command {
                Some(Command::Token(token)) => token.lifetime_s,
                _ => panic!("not a token"),
            });
            assert_eq!(given, wanted, "{ttl}");
        }
    }

    #[test]
    fn a_token_lives_as_long_as_it_may() {
        let line = "plenaryd token --subject ana --name Ana --bureau BR --role drafter";
        let taken = |life_s: i64| parse(&format!("{line} --ttl {life_s}s")).is_ok();
        plenary_limits::holds!(LOCAL_LIFETIME_S_MAX, |life_s| taken(life_s as i64));
        plenary_limits::held_here!(TOKEN_LIFETIME_S_MIN);
        let least = TOKEN_LIFETIME_S_MIN;
        assert_eq!([least - 1, least, least + 1].map(taken), [false, true, true]);
    }

    #[test]
    fn what_is_not_known_is_named() {
        let line = "plenaryd token --subject ana --name Ana --role drafter --bureau ITU-R";
        let error = parse(line).unwrap_err();
        assert!(error.contains("is none of BR, TSB, BDT, GS"), "{error}");
        assert!(parse("plenaryd --demo verify").is_err());
        assert!(parse("plenaryd rebuild").is_err());
        assert!(parse("plenaryd rebuild --from journal --data d").is_ok());
    }
}
