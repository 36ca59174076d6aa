//! Settling each setting: the first source that says something wins, and what it says must be right.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;

use super::error::Problems;
use super::file::FileSettings;
use super::reader::Sourced;
use super::{Config, LISTEN_DEFAULT, Limits, Origins, SERVER_NAME_DEFAULT, VARIABLES, issuers};
use crate::args::{DATA_DIR_DEFAULT, ServeArgs};
use crate::limits::{Caps, Limit, TRUSTED_PROXIES_DEFAULT, TrustedProxies};
use crate::telemetry::LogFormat;
use plenary_limits::{
    JOURNAL_SEGMENT_MIB, PLAN_IDLE, PLAN_MAILBOX, SELF_CHECK_HOURS, SELF_CHECK_MIB_PER_S,
    SERVER_NAME_BYTES_MAX, Settable, TRUSTED_PROXIES_MAX,
};

/// What flags and environment say, by setting, and the file.
pub(super) struct Sources<'a> {
    args: &'a ServeArgs,
    environment: &'a dyn Fn(&str) -> Option<String>,
    file: FileSettings,
}

impl<'a> Sources<'a> {
    /// Reads the file that flags or environment name, if any.
    pub(super) fn gather(
        args: &'a ServeArgs,
        environment: &'a dyn Fn(&str) -> Option<String>,
        problems: &mut Problems,
    ) -> Self {
        let mut sources = Self { args, environment, file: FileSettings::default() };
        let path = args.config.as_ref().map(|path| flag("--config", path.clone()));
        let path = path.or_else(|| {
            sources
                .variable("PLENARY_CONFIG")
                .map(|found| Sourced { value: found.value.into(), place: found.place })
        });
        if let Some(path) = path {
            sources.file = FileSettings::read(&path.value, &path.place, problems);
        }
        sources
    }

    /// Settles every setting; nothing when a needed one is wrong.
    pub(super) fn settle(&self, problems: &mut Problems) -> Option<Config> {
        let (args, file) = (self.args, &self.file);
        let listen = self.text("--listen", args.listen.clone(), "PLENARY_LISTEN", &file.listen);
        let listen = parsed(listen, LISTEN_DEFAULT, problems, address);
        let metrics = args.metrics_listen.clone();
        let metrics = self.text("--metrics-listen", metrics, "PLENARY_METRICS_LISTEN", &file.metrics_listen);
        let metrics_listen = metrics.map(|found| problems.keep(&found.place, address(&found.value)));
        let data_dir = self.data_dir(problems);
        let log = self.text("--log", None, "PLENARY_LOG", &file.log);
        let log = match args.log {
            Some(format) => Some(format),
            None => parsed(log, "human", problems, |text| {
                LogFormat::from_str(text).map_err(|error| error.to_string())
            }),
        };
        let name =
            self.text("--server-name", args.server_name.clone(), "PLENARY_SERVER_NAME", &file.server_name);
        let server_name = parsed(name, SERVER_NAME_DEFAULT, problems, server_name);
        let origins = self.origins(problems);
        let trusted_proxies = self.trusted_proxies(problems);

        let demo = self.demo(problems);
        let local_on = issuers::local_is_on(file, demo.as_ref(), &data_dir, problems);
        let local_name = issuers::local_name(file, problems);
        let local_issuer = local_name.filter(|_| local_on);
        let external_issuers = issuers::external(file, local_issuer.as_deref(), problems);
        if !local_on && file.issuers.is_empty() && !file.broken {
            problems.add("", issuers::nobody(&data_dir));
        }

        let mailbox = bounded(&file.limit(&PLAN_MAILBOX), &PLAN_MAILBOX, problems);
        let idle_s = bounded(&file.limit(&PLAN_IDLE), &PLAN_IDLE, problems);
        let hours = bounded(&file.limit(&SELF_CHECK_HOURS), &SELF_CHECK_HOURS, problems);
        let mib_per_s = bounded(&file.limit(&SELF_CHECK_MIB_PER_S), &SELF_CHECK_MIB_PER_S, problems);
        let segment_mib = bounded(&file.limit(&JOURNAL_SEGMENT_MIB), &JOURNAL_SEGMENT_MIB, problems);
        let caps = self.caps(problems);
        Some(Config {
            listen: listen?,
            metrics_listen: match metrics_listen {
                Some(address) => Some(address?),
                None => None,
            },
            data_dir,
            log: log?,
            server_name: server_name?,
            origins,
            trusted_proxies: trusted_proxies?,
            demo: demo.is_some_and(|demo| demo.value),
            local_issuer,
            external_issuers,
            limits: Limits {
                plan_mailbox: usize::try_from(mailbox?).ok()?,
                plan_idle_s: u64::try_from(idle_s?).ok()?,
                self_check_hours: u64::try_from(hours?).ok()?,
                self_check_mib_per_s: u64::try_from(mib_per_s?).ok()?,
                journal_segment_mib: u64::try_from(segment_mib?).ok()?,
                caps: caps?,
            },
        })
    }

    fn data_dir(&self, problems: &mut Problems) -> PathBuf {
        let flag = self.args.data.as_ref().map(|path| flag("--data", path.clone()));
        let variable = || {
            self.variable("PLENARY_DATA")
                .map(|found| Sourced { value: found.value.into(), place: found.place })
        };
        let file = || {
            self.file
                .data
                .as_ref()
                .map(|found| Sourced { value: self.file.path(&found.value), place: found.place.clone() })
        };
        let default =
            || Sourced { value: PathBuf::from(DATA_DIR_DEFAULT), place: "data directory".to_owned() };
        let found = flag.or_else(variable).or_else(file).unwrap_or_else(default);
        if found.value.exists() && !found.value.is_dir() {
            problems.add(found.place, format!("{} is not a directory", found.value.display()));
        }
        found.value
    }

    fn origins(&self, problems: &mut Problems) -> Origins {
        let flags = &self.args.origins;
        let found: Vec<Sourced<String>> = if !flags.is_empty() {
            flags.iter().map(|text| flag("--origin", text.clone())).collect()
        } else {
            self.listed("PLENARY_ORIGINS", &self.file.origins).unwrap_or_default()
        };
        let kept = found.into_iter().filter_map(|found| problems.keep(&found.place, found.value.parse()));
        Origins(kept.collect())
    }

    fn trusted_proxies(&self, problems: &mut Problems) -> Option<TrustedProxies> {
        let found = self.listed("PLENARY_TRUSTED_PROXIES", &self.file.trusted_proxies);
        let default = || TRUSTED_PROXIES_DEFAULT.map(|text| flag("default", text.to_owned())).to_vec();
        let found = found.unwrap_or_else(default);
        if let Some(beyond) = found.get(TRUSTED_PROXIES_MAX) {
            problems.add(beyond.place.as_str(), format!("at most {TRUSTED_PROXIES_MAX} may be named"));
            return None;
        }
        let mut proxies = TrustedProxies::default();
        for Sourced { value, place } in found {
            problems.keep(&place, proxies.add(&value));
        }
        Some(proxies)
    }

    fn caps(&self, problems: &mut Problems) -> Option<Caps> {
        let mut caps = Some(Caps::default());
        for limit in Limit::ALL {
            let max = bounded(&self.file.limit(limit.row()), limit.row(), problems);
            let max = max.and_then(|max| u32::try_from(max).ok());
            // All that is wrong is told, so the others are looked at all the same.
            caps = caps.zip(max).map(|(caps, max)| caps.with(limit, max));
        }
        caps
    }

    /// What a variable lists with commas, or else the file.
    fn listed(
        &self,
        name: &'static str,
        file: &Option<Vec<Sourced<String>>>,
    ) -> Option<Vec<Sourced<String>>> {
        let Some(Sourced { value, place }) = self.variable(name) else { return file.clone() };
        let texts = value.split(',').map(str::trim).filter(|text| !text.is_empty());
        Some(texts.map(|text| Sourced { value: text.to_owned(), place: place.clone() }).collect())
    }

    fn demo(&self, problems: &mut Problems) -> Option<Sourced<bool>> {
        if self.args.demo {
            return Some(flag("--demo", true));
        }
        let found = self.variable("PLENARY_DEMO")?;
        let value = match found.value.as_str() {
            "1" | "true" => Ok(true),
            "0" | "false" => Ok(false),
            other => Err(format!("{other:?} is none of 1, true, 0, false")),
        };
        problems.keep(&found.place, value).map(|value| Sourced { value, place: found.place })
    }

    fn text(
        &self,
        flag_name: &'static str,
        given: Option<String>,
        variable: &'static str,
        file: &Option<Sourced<String>>,
    ) -> Option<Sourced<String>> {
        given.map(|value| flag(flag_name, value)).or_else(|| self.variable(variable)).or_else(|| file.clone())
    }

    fn variable(&self, name: &'static str) -> Option<Sourced<String>> {
        assert!(VARIABLES.contains(&name), "{name} is read, so it is listed");
        let value = (self.environment)(name).filter(|value| !value.is_empty())?;
        Some(Sourced { value, place: name.to_owned() })
    }
}

fn flag<T>(name: &str, value: T) -> Sourced<T> {
    Sourced { value, place: name.to_owned() }
}

fn parsed<T>(
    found: Option<Sourced<String>>,
    default: &str,
    problems: &mut Problems,
    parse: impl FnOnce(&str) -> Result<T, String>,
) -> Option<T> {
    let found = found.unwrap_or_else(|| flag("default", default.to_owned()));
    problems.keep(&found.place, parse(&found.value))
}

pub(super) fn bounded(
    found: &Option<Sourced<i64>>,
    limit: &Settable,
    problems: &mut Problems,
) -> Option<i64> {
    let range = i64::from(limit.least)..=i64::from(limit.most);
    match found {
        Some(found) if !range.contains(&found.value) => {
            let message = format!("this must be {} to {}", range.start(), range.end());
            problems.add(found.place.as_str(), message);
            None
        }
        found => Some(found.as_ref().map_or(i64::from(limit.default), |found| found.value)),
    }
}

fn address(text: &str) -> Result<SocketAddr, String> {
    SocketAddr::from_str(text)
        .map_err(|_| format!("{text:?} is not an address and port, such as {LISTEN_DEFAULT} or [::1]:7400"))
}

/// The name stands in signed notes, in which spaces and '+' separate.
fn server_name(text: &str) -> Result<String, String> {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '-');
    if (1..=SERVER_NAME_BYTES_MAX).contains(&text.len()) && text.chars().all(allowed) {
        Ok(text.to_owned())
    } else {
        Err(format!("{text:?} is not a host name of a-z, 0-9, '.' and '-', such as plans.example.org"))
    }
}
