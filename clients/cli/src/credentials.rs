//! The stored login: one token for each server, in a file that only its owner reads.
//!
//! A token is sent to the server it was given for and to no other.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::failure::Failure;
use crate::state::write_private;

/// The server when none is named.
pub const URL_DEFAULT: &str = "http://127.0.0.1:7400";

/// What is stored.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Stored {
    /// The server of the last login.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// The token for each server.
    #[serde(default)]
    pub tokens: BTreeMap<String, String>,
}

impl Stored {
    /// Keeps the token of a server, which becomes the one that is meant from now on.
    pub fn keep(&mut self, url: &str, token: &str) {
        self.url = Some(url.to_owned());
        self.tokens.insert(url.to_owned(), token.to_owned());
    }

    /// Reads the file; nothing stored when there is none.
    pub fn load(path: &Path) -> Result<Stored, Failure> {
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Stored::default()),
            Err(error) => return Err(Failure::Local(format!("cannot read {}: {error}", path.display()))),
        };
        serde_json::from_str(&text).map_err(|error| {
            Failure::Local(format!(
                "{} is not readable: {error}\nRemove it and log in again with `plenary login`.",
                path.display()
            ))
        })
    }

    /// Writes the file, whole or not at all, for its owner only.
    pub fn save(&self, path: &Path) -> Result<(), Failure> {
        let text = serde_json::to_string_pretty(self)
            .map_err(|error| Failure::Local(format!("cannot write {}: {error}", path.display())))?;
        write_private(path, text.as_bytes())
    }
}

/// Where the login is stored: `plenary/credentials.json` in the folder for configuration.
pub fn path() -> Result<PathBuf, Failure> {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let folder = set("XDG_CONFIG_HOME")
        .or_else(|| set("HOME").map(|home| home.join(".config")))
        .or_else(|| set("APPDATA"))
        .ok_or_else(|| {
            Failure::Local(
                "no folder for the login: set HOME or XDG_CONFIG_HOME, or use PLENARY_TOKEN".into(),
            )
        })?;
    Ok(folder.join("plenary").join("credentials.json"))
}

/// The address in the one form it is stored and compared in: with a scheme, without a slash at its end.
pub fn normal_url(url: &str) -> Result<String, Failure> {
    let url = url.trim().trim_end_matches('/');
    let host = url.strip_prefix("http://").or_else(|| url.strip_prefix("https://"));
    match host {
        Some(host) if !host.is_empty() && !host.contains(['?', '#', '@', ' ']) => Ok(url.to_owned()),
        _ => Err(Failure::Usage(format!(
            "{url:?} is not the address of a server; it looks like https://plenary.example.org or {URL_DEFAULT}"
        ))),
    }
}

/// Whether an address stays on this machine.
pub fn is_this_machine(url: &str) -> bool {
    let host = url.split_once("//").map_or(url, |(_, rest)| rest);
    let host = host.split('/').next().unwrap_or(host);
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or(rest),
        None => host.split(':').next().unwrap_or(host),
    };
    name == "localhost" || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_is_kept_for_its_owner_only() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("plenary").join("credentials.json");
        assert_eq!(Stored::load(&path).unwrap(), Stored::default());
        let mut stored = Stored::default();
        stored.keep("http://a", "one");
        stored.keep("http://b", "two");
        stored.save(&path).unwrap();
        let back = Stored::load(&path).unwrap();
        assert_eq!(back, stored);
        assert_eq!(back.url.as_deref(), Some("http://b"));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }

    #[test]
    fn addresses_have_one_form() {
        assert_eq!(normal_url("http://h:1/").unwrap(), "http://h:1");
        for bad in ["h:1", "ftp://h", "http://", "http://me:secret@h"] {
            assert!(normal_url(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn this_machine_is_told_from_others() {
        for local in ["http://127.0.0.1:7400", "http://localhost", "http://[::1]:7400/plenary"] {
            assert!(is_this_machine(local), "{local}");
        }
        for other in ["http://plans.example.org", "http://localhost.example.org:80", "http://10.0.0.1"] {
            assert!(!is_this_machine(other), "{other}");
        }
    }
}
