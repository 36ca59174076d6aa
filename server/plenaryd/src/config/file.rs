//! The configuration file as written: every key it may have, none of them judged yet.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use plenary_limits::{SETTABLES, Settable};
use toml::de::DeTable;

use super::error::Problems;
use super::reader::{Source, Sourced, TableReader};

/// The settings of a file, each where the file has it.
#[derive(Debug, Default)]
pub(super) struct FileSettings {
    pub(super) listen: Option<Sourced<String>>,
    pub(super) metrics_listen: Option<Sourced<String>>,
    pub(super) data: Option<Sourced<String>>,
    pub(super) log: Option<Sourced<String>>,
    pub(super) server_name: Option<Sourced<String>>,
    pub(super) origins: Option<Vec<Sourced<String>>>,
    pub(super) trusted_proxies: Option<Vec<Sourced<String>>>,
    pub(super) local: Option<Sourced<bool>>,
    pub(super) local_name: Option<Sourced<String>>,
    pub(super) issuers: Vec<IssuerSettings>,
    /// Limits by key.
    limits: BTreeMap<&'static str, Sourced<i64>>,
    /// Whether the file could not be read, so that what is absent here may stand there.
    pub(super) broken: bool,
    /// Paths in the file begin here.
    directory: PathBuf,
}

/// One `[[issuers]]` as written.
#[derive(Debug)]
pub(super) struct IssuerSettings {
    pub(super) place: String,
    pub(super) name: Option<Sourced<String>>,
    pub(super) audience: Option<Sourced<String>>,
    pub(super) algorithm: Option<Sourced<String>>,
    pub(super) keys: Option<Sourced<String>>,
    pub(super) jwks_url: Option<Sourced<String>>,
    pub(super) lifetime_max_minutes: Option<Sourced<i64>>,
}

impl FileSettings {
    /// Reads the file at this path.
    pub(super) fn read(path: &Path, place: &str, problems: &mut Problems) -> Self {
        match std::fs::read_to_string(path) {
            Ok(text) => Self::parse(path, &text, problems),
            Err(error) => {
                problems.add(place, format!("can not read {}: {error}", path.display()));
                Self { broken: true, ..Self::default() }
            }
        }
    }

    /// A path in the file, seen from where the program was started.
    pub(super) fn path(&self, text: &str) -> PathBuf {
        self.directory.join(text)
    }

    /// What it sets a limit to.
    pub(super) fn limit(&self, limit: &Settable) -> Option<Sourced<i64>> {
        self.limits.get(limit.key).cloned()
    }

    fn parse(path: &Path, text: &str, problems: &mut Problems) -> Self {
        let name = path.display().to_string();
        let source = Source { name: &name, text };
        let (table, errors) = DeTable::parse_recoverable(text);
        for error in &errors {
            let place = source.place(error.span().map_or(0, |span| span.start));
            problems.add(place, error.message());
        }
        let directory = path.parent().unwrap_or(Path::new("")).to_owned();
        if !errors.is_empty() {
            // What stands after a mistake may be read wrongly: its problems would mislead.
            return Self { broken: true, directory, ..Self::default() };
        }
        Self { directory, ..Self::take(TableReader::new(source, table.get_ref(), ""), problems) }
    }

    fn take(mut top: TableReader<'_>, problems: &mut Problems) -> Self {
        let mut settings = Self {
            listen: top.text("listen", problems),
            metrics_listen: top.text("metrics_listen", problems),
            data: top.text("data", problems),
            log: top.text("log", problems),
            server_name: top.text("server_name", problems),
            origins: top.texts("origins", problems),
            trusted_proxies: top.texts("trusted_proxies", problems),
            ..Self::default()
        };
        if let Some(mut issuer) = top.table("issuer", problems) {
            settings.local = issuer.boolean("local", problems);
            settings.local_name = issuer.text("name", problems);
            issuer.finish(problems);
        }
        for Sourced { value, place } in top.tables("issuers", problems) {
            settings.issuers.push(IssuerSettings::take(value, place, problems));
        }
        if let Some(mut limits) = top.table("limits", problems) {
            for Settable { key, .. } in SETTABLES {
                if let Some(found) = limits.integer(key, problems) {
                    settings.limits.insert(key, found);
                }
            }
            limits.finish(problems);
        }
        top.finish(problems);
        settings
    }
}

impl IssuerSettings {
    fn take(mut table: TableReader<'_>, place: String, problems: &mut Problems) -> Self {
        let settings = Self {
            place,
            name: table.text("name", problems),
            audience: table.text("audience", problems),
            algorithm: table.text("algorithm", problems),
            keys: table.text("keys", problems),
            jwks_url: table.text("jwks_url", problems),
            lifetime_max_minutes: table.integer("lifetime_max_minutes", problems),
        };
        table.finish(problems);
        settings
    }
}
