//! Who may issue tokens: the local issuer, external ones, and at least one of them.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use super::error::Problems;
use super::file::{FileSettings, IssuerSettings};
use super::reader::Sourced;
use crate::identity::{
    IssuerKey, JwksUrl, KEY_FILE, KeySet, KeySource, LOCAL_ISSUER_NAME, TokenAlgorithm, TrustedIssuer,
    error_chain,
};
use plenary_limits::{EXTERNAL_LIFETIME_S_MAX, ISSUER_NAME_BYTES_MAX};

/// The local issuer's name as the file has it, or the default.
pub(super) fn local_name(file: &FileSettings, problems: &mut Problems) -> Option<String> {
    match &file.local_name {
        Some(name) => problems.keep(&name.place, check_text(&name.value)),
        None => Some(LOCAL_ISSUER_NAME.to_owned()),
    }
}

/// Whether the local issuer is on: said so, asked for by `--demo`, or on since an earlier start.
pub(super) fn local_is_on(
    file: &FileSettings,
    demo: Option<&Sourced<bool>>,
    data_dir: &Path,
    problems: &mut Problems,
) -> bool {
    let demo = demo.filter(|demo| demo.value);
    match (demo, &file.local) {
        (Some(demo), Some(local)) if !local.value => {
            let message = format!("the demonstration needs the local issuer, {} has it off", local.place);
            problems.add(demo.place.as_str(), message);
            false
        }
        (Some(_), _) => true,
        (None, Some(local)) => local.value,
        (None, None) => IssuerKey::exists(data_dir),
    }
}

/// The external issuers whose settings are right.
pub(super) fn external(
    file: &FileSettings,
    local_name: Option<&str>,
    problems: &mut Problems,
) -> Vec<TrustedIssuer> {
    let mut names: BTreeSet<&str> = local_name.into_iter().collect();
    let mut trusted = Vec::new();
    for settings in &file.issuers {
        if let Some(name) = &settings.name
            && !names.insert(&name.value)
        {
            problems.add(name.place.as_str(), format!("another issuer has the name {:?} too", name.value));
        }
        trusted.extend(one(file, settings, problems));
    }
    trusted
}

/// What to say when nobody could sign in.
pub(super) fn nobody(data_dir: &Path) -> String {
    let mut text = format!(
        "nobody could sign in: no issuer of tokens is configured, and {} does not exist\n",
        data_dir.join(KEY_FILE).display()
    );
    let written = text.write_str(NOBODY_HINTS);
    debug_assert!(written.is_ok(), "a string takes all that is written to it");
    text
}

const NOBODY_HINTS: &str = r#"
    To try the server out, start it with --demo.

    To let it issue tokens itself (plenaryd token), put this into the file given with --config:

        [issuer]
        local = true

    To accept the tokens of an identity provider, put this there:

        [[issuers]]
        name = "https://login.example.org"   # the "iss" of its tokens
        audience = "plenary"                 # the "aud" of its tokens
        algorithm = "EdDSA"                  # or "ES256"
        jwks_url = "https://login.example.org/jwks.json" # its public keys; or `keys`, a file"#;

fn one(file: &FileSettings, settings: &IssuerSettings, problems: &mut Problems) -> Option<TrustedIssuer> {
    let name = required(settings, "name", &settings.name, problems, check_text);
    let audience = required(settings, "audience", &settings.audience, problems, check_text);
    let algorithm = required(settings, "algorithm", &settings.algorithm, problems, algorithm);
    let keys = match (&settings.keys, &settings.jwks_url) {
        (Some(_), Some(url)) => {
            problems.add(url.place.as_str(), "\"keys\" says where the keys are already; keep one of the two");
            None
        }
        (None, Some(url)) => {
            let url = problems.keep(&url.place, url.value.parse::<JwksUrl>());
            url.zip(algorithm).map(|(url, algorithm)| KeySource::Url(url, algorithm))
        }
        (Some(path), None) => keys_of_file(file.path(&path.value), algorithm, &path.place, problems),
        (None, None) => {
            let message = "the key \"jwks_url\" or \"keys\" is missing: where its public keys are";
            problems.add(settings.place.as_str(), message);
            None
        }
    };
    let lifetime_max_s = lifetime_max_s(settings, problems);
    Some(TrustedIssuer { name: name?, audience: audience?, keys: keys?, lifetime_max_s: lifetime_max_s? })
}

/// Reads the file for either algorithm when that is not known, so that a wrong path is said at once too.
fn keys_of_file(
    path: PathBuf,
    algorithm: Option<TokenAlgorithm>,
    place: &str,
    problems: &mut Problems,
) -> Option<KeySource> {
    let Some(algorithm) = algorithm else {
        let seen = std::fs::metadata(&path);
        problems.keep(place, seen.map_err(|error| format!("can not read {}: {error}", path.display())));
        return None;
    };
    let keys = problems.keep(place, KeySet::read(&path, algorithm).map_err(|error| error_chain(&error)))?;
    Some(KeySource::File(path, keys))
}

fn required<T>(
    settings: &IssuerSettings,
    key: &str,
    given: &Option<Sourced<String>>,
    problems: &mut Problems,
    read: impl FnOnce(&str) -> Result<T, String>,
) -> Option<T> {
    match given {
        Some(given) => problems.keep(&given.place, read(&given.value)),
        None => {
            problems.add(settings.place.as_str(), format!("the key \"{key}\" is missing"));
            None
        }
    }
}

fn lifetime_max_s(settings: &IssuerSettings, problems: &mut Problems) -> Option<i64> {
    let Some(minutes) = &settings.lifetime_max_minutes else { return Some(EXTERNAL_LIFETIME_S_MAX) };
    let minutes_max = EXTERNAL_LIFETIME_S_MAX / 60;
    if (1..=minutes_max).contains(&minutes.value) {
        return Some(minutes.value * 60);
    }
    problems.add(minutes.place.as_str(), format!("this must be 1 to {minutes_max} minutes"));
    None
}

fn check_text(text: &str) -> Result<String, String> {
    let readable = !text.is_empty() && !text.contains(|c: char| c.is_control() || c.is_whitespace());
    if readable && text.len() <= ISSUER_NAME_BYTES_MAX {
        Ok(text.to_owned())
    } else {
        Err(format!("this must be 1 to {ISSUER_NAME_BYTES_MAX} bytes without spaces"))
    }
}

fn algorithm(text: &str) -> Result<TokenAlgorithm, String> {
    [TokenAlgorithm::EdDsa, TokenAlgorithm::Es256]
        .into_iter()
        .find(|algorithm| algorithm.as_str() == text)
        .ok_or_else(|| format!("{text:?} is none of \"EdDSA\", \"ES256\""))
}
