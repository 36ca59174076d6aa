//! What a run goes by, from four sources, checked as a whole before anything is opened.
//!
//! **Precedence.** For each setting the first source that says something wins: the flag, the
//! environment variable (an empty one says nothing), the configuration file, the default.
//!
//! | setting | flag | environment | file | default |
//! |---|---|---|---|---|
//! | where to listen | `--listen` | `PLENARY_LISTEN` | `listen` | `127.0.0.1:7400` |
//! | where the metrics are | `--metrics-listen` | `PLENARY_METRICS_LISTEN` | `metrics_listen` | nowhere |
//! | data directory | `--data` | `PLENARY_DATA` | `data` | `./plenary-data` |
//! | log format | `--log` | `PLENARY_LOG` | `log` | `human` |
//! | name in evidence | `--server-name` | `PLENARY_SERVER_NAME` | `server_name` | `localhost` |
//! | web origins | `--origin`, repeatable | `PLENARY_ORIGINS`, with commas | `origins` | the own one |
//! | demonstration | `--demo` | `PLENARY_DEMO` | – | off |
//! | configuration file | `--config` | `PLENARY_CONFIG` | – | none |
//! | local issuer | `--demo` | | `issuer.local`, `issuer.name` | on where it was on before |
//! | external issuers | | | `[[issuers]]` | none |
//! | proxies believed | | `PLENARY_TRUSTED_PROXIES`, with commas | `trusted_proxies` | this machine |
//! | limits | | | `limits.plan_mailbox`, `limits.plan_idle_s` | 256, 600 s |
//! | self-check | | | `limits.self_check_hours`, `limits.self_check_mib_per_s` | 24, 8 |
//! | files of the journal | | | `limits.journal_segment_mib` | 64 |
//! | rates and connections | | | `limits.*`, see `crate::limits::Limit` | there |
//!
//! The demonstration is no key of the file: a file that outlives a trial must not switch it on.
//! An external issuer's keys are in a file (`keys`) or at an address (`jwks_url`).
//! Relative paths in the file begin at the file, all others where the program was started.

mod error;
mod file;
mod issuers;
mod origins;
mod reader;
mod sources;

#[cfg(test)]
mod tests;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use plenary_limits::{SETTABLES, Settable};

use self::error::Problems;
use self::file::FileSettings;
use self::sources::Sources;
use crate::args::ServeArgs;
use crate::identity::TrustedIssuer;
use crate::limits::{Caps, TrustedProxies};
use crate::telemetry::LogFormat;

pub use self::error::{ConfigError, Problem};
pub use self::origins::{Origin, OriginError, Origins};

/// Where the server listens unless told otherwise: this machine only.
pub const LISTEN_DEFAULT: &str = "127.0.0.1:7400";
/// The server's name in evidence unless told otherwise.
pub const SERVER_NAME_DEFAULT: &str = "localhost";

/// The environment variables that are read.
pub const VARIABLES: [&str; 9] = [
    "PLENARY_LISTEN",
    "PLENARY_METRICS_LISTEN",
    "PLENARY_DATA",
    "PLENARY_LOG",
    "PLENARY_SERVER_NAME",
    "PLENARY_ORIGINS",
    "PLENARY_TRUSTED_PROXIES",
    "PLENARY_DEMO",
    "PLENARY_CONFIG",
];

/// What a run goes by; made only by [`Config::load`] and [`Config::resolve`], so it is whole.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where to listen; port 0 is any free one.
    pub listen: SocketAddr,
    /// Where the metrics are; nowhere when absent.
    pub metrics_listen: Option<SocketAddr>,
    /// The directory of the log, the store and the keys.
    pub data_dir: PathBuf,
    /// How log events are written.
    pub log: LogFormat,
    /// The server's name in the evidence it signs; tokens have nothing to do with it.
    pub server_name: String,
    /// Web origins that may connect besides the server's own.
    pub origins: Origins,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: TrustedProxies,
    /// Whether to load the demonstration plan.
    pub demo: bool,
    /// The name of the local issuer, where it is on.
    pub local_issuer: Option<String>,
    /// The other issuers whose tokens are accepted.
    pub external_issuers: Vec<TrustedIssuer>,
    /// Limits that an operator may set.
    pub limits: Limits,
}

/// Limits that an operator may set; all others are constants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Inputs waiting for one plan; beyond, senders are told to wait.
    pub plan_mailbox: usize,
    /// After how long without anybody a plan leaves memory, seconds.
    pub plan_idle_s: u64,
    /// From the end of one self-check to the next, hours.
    pub self_check_hours: u64,
    /// How fast a self-check reads, MiB a second.
    pub self_check_mib_per_s: u64,
    /// Mebibytes of one file of the journal.
    pub journal_segment_mib: u64,
    /// How often, and how many at once.
    pub caps: Caps,
}

impl Config {
    /// Finds the settings of a run from its flags, the environment and the file they name.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] with every problem that was found.
    pub fn load(args: &ServeArgs) -> Result<Self, ConfigError> {
        // A variable that is there and can not be read must not count as one that says nothing.
        let unreadable = VARIABLES
            .into_iter()
            .filter(|name| matches!(std::env::var(name), Err(std::env::VarError::NotUnicode(_))));
        let problems: Vec<Problem> = unreadable
            .map(|name| Problem { place: name.to_owned(), message: "this is not UTF-8".to_owned() })
            .collect();
        if !problems.is_empty() {
            return Err(ConfigError { problems });
        }
        Self::resolve(args, &|name| std::env::var(name).ok())
    }

    /// As [`Config::load`], from the environment given.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] with every problem that was found.
    pub fn resolve(
        args: &ServeArgs,
        environment: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, ConfigError> {
        let mut problems = Problems::default();
        let config = Sources::gather(args, environment, &mut problems).settle(&mut problems);
        problems.into_result(config)
    }
}

/// Gives the local issuer's name as a configuration file has it, or the default without a file.
///
/// # Errors
///
/// [`ConfigError`] when the file can not be read as a configuration.
pub fn local_issuer_name(config: Option<&Path>) -> Result<String, ConfigError> {
    let mut problems = Problems::default();
    let file = match config {
        Some(path) => FileSettings::read(path, "--config", &mut problems),
        None => FileSettings::default(),
    };
    let name = issuers::local_name(&file, &mut problems);
    problems.into_result(name)
}

/// Gives the limits that can be set as a configuration file sets them, or their defaults without a file.
///
/// # Errors
///
/// [`ConfigError`] when the file can not be read as a configuration or sets one out of its range.
pub fn limits_set(config: Option<&Path>) -> Result<Vec<(&'static Settable, i64)>, ConfigError> {
    let mut problems = Problems::default();
    let file = match config {
        Some(path) => FileSettings::read(path, "--config", &mut problems),
        None => FileSettings::default(),
    };
    let set = SETTABLES.iter().map(|limit| {
        let found = file.limit(limit);
        Some((limit, sources::bounded(&found, limit, &mut problems)?))
    });
    let set = set.collect::<Vec<_>>().into_iter().collect();
    problems.into_result(set)
}
