//! Settings: which source wins, what is refused, and that everything wrong is said at once.

use std::os::unix::fs::PermissionsExt as _;

use tempfile::TempDir;

use super::*;
use crate::args::DATA_DIR_DEFAULT;
use crate::identity::{IssuerKey, KeySource, LOCAL_ISSUER_NAME};
use crate::limits::{Limit, TRUSTED_PROXIES_DEFAULT};
use plenary_limits::{EXTERNAL_LIFETIME_S_MAX, SETTABLES, holds};

#[test]
fn a_demonstration_needs_nothing_else() {
    let trial = Trial::new("");
    let config = trial.resolve(&ServeArgs { demo: true, ..ServeArgs::default() }, &[]).unwrap();
    assert_eq!(config.listen.to_string(), LISTEN_DEFAULT);
    assert_eq!(config.data_dir, Path::new(DATA_DIR_DEFAULT));
    assert_eq!((config.log, config.server_name.as_str()), (LogFormat::Human, SERVER_NAME_DEFAULT));
    assert_eq!((config.demo, config.local_issuer.as_deref()), (true, Some(LOCAL_ISSUER_NAME)));
    assert_eq!(
        config.limits,
        Limits {
            plan_mailbox: 256,
            plan_idle_s: 600,
            self_check_hours: 24,
            self_check_mib_per_s: 8,
            journal_segment_mib: 64,
            caps: Caps::default()
        }
    );
    assert!(config.origins.0.is_empty() && config.external_issuers.is_empty());
}

#[test]
fn flags_win_over_environment_over_file_over_default() {
    let trial = Trial::new(
        "listen = '10.0.0.3:3'\ndata = 'three'\nlog = 'json'\nserver_name = 'three.example'\n\
         origins = ['https://three.example']\n[issuer]\nlocal = true\n",
    );
    let mut args = trial.args();
    let mut environment = Vec::new();
    let seen = |args: &ServeArgs, environment: &[(&str, &str)]| {
        let config = trial.resolve(args, environment).unwrap();
        let origins: Vec<String> = config.origins.0.iter().map(|origin| origin.as_str().to_owned()).collect();
        (config.listen.to_string(), config.data_dir, config.log, config.server_name, origins.join(" "))
    };
    let expected = |listen: &str, data: PathBuf, log, name: &str, origins: &str| {
        (listen.to_owned(), data, log, name.to_owned(), origins.to_owned())
    };
    let from_file = trial.dir.path().join("three");
    let json = LogFormat::Json;
    let wanted = expected("10.0.0.3:3", from_file, json, "three.example", "https://three.example");
    assert_eq!(seen(&args, &environment), wanted);

    environment.push(("PLENARY_LISTEN", ""));
    assert_eq!(seen(&args, &environment), wanted, "an empty variable says nothing");
    environment = vec![
        ("PLENARY_LISTEN", "10.0.0.2:2"),
        ("PLENARY_DATA", "two"),
        ("PLENARY_LOG", "human"),
        ("PLENARY_SERVER_NAME", "two.example"),
        ("PLENARY_ORIGINS", "https://two.example, http://two.example:81"),
    ];
    let origins = "https://two.example http://two.example:81";
    let wanted = expected("10.0.0.2:2", "two".into(), LogFormat::Human, "two.example", origins);
    assert_eq!(seen(&args, &environment), wanted);

    args.listen = Some("[::1]:1".to_owned());
    args.data = Some("one".into());
    args.log = Some(json);
    args.server_name = Some("one.example".to_owned());
    args.origins = vec!["https://one.example".to_owned()];
    let wanted = expected("[::1]:1", "one".into(), json, "one.example", "https://one.example");
    assert_eq!(seen(&args, &environment), wanted);
}

#[test]
fn the_file_is_named_by_flag_or_environment() {
    let trial = Trial::new("listen = '10.0.0.3:3'\n[issuer]\nlocal = true\nname = 'https://plans.example'\n");
    let path = trial.path().display().to_string();
    let config = trial.resolve(&ServeArgs::default(), &[("PLENARY_CONFIG", &path)]).unwrap();
    assert_eq!(config.listen.port(), 3);
    assert_eq!(config.local_issuer.as_deref(), Some("https://plans.example"));
    assert_eq!(local_issuer_name(Some(&trial.path())).unwrap(), "https://plans.example");
    assert_eq!(local_issuer_name(None).unwrap(), LOCAL_ISSUER_NAME);
    let problems = trial.problems(&ServeArgs { config: Some("/nowhere/x".into()), ..trial.args() }, &[]);
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert!(problems[0].starts_with("--config: can not read /nowhere/x: "), "{problems:?}");
}

#[test]
fn unknown_keys_are_named_with_their_line() {
    let trial =
        Trial::new("listn = 'x'\n\n[issuer]\nlocal = true\nfoo = 1\n[limits]\nplan_idle = 3\n[extra]\n");
    let problems = trial.problems(&trial.args(), &[]);
    let wanted = [
        "plenary.toml line 5: the key \"foo\" is unknown here; known are local, name",
        "plenary.toml line 7: the key \"plan_idle\" is unknown here; known are address_refusals_per_minute,",
        "plenary.toml line 1: the key \"listn\" is unknown here; known are data, issuer, issuers,",
        "plenary.toml line 8: the key \"extra\" is unknown here",
    ];
    assert_all(&problems, &wanted);
}

#[test]
fn all_problems_are_listed_together() {
    let trial = Trial::new(
        "listen = 7400\norigins = ['https://a.example/', 5]\n[[issuers]]\nname = 'https://login.example'\n\
         algorithm = 'HS256'\nkeys = 'none.json'\nlifetime_max_minutes = 61\n[[issuers]]\n\
         name = 'https://login.example'\naudience = 'a b'\nalgorithm = 'ES256'\nkeys = 'bad.json'\n\
         [limits]\nplan_mailbox = 1\nplan_idle_s = 'long'\n",
    );
    std::fs::write(trial.dir.path().join("bad.json"), "{}").unwrap();
    let environment = [("PLENARY_LOG", "xml"), ("PLENARY_DEMO", "yes"), ("PLENARY_SERVER_NAME", "a b")];
    let args = ServeArgs { data: Some(trial.path()), ..trial.args() };
    let problems = trial.problems(&args, &environment);
    let wanted = [
        "plenary.toml line 1 (listen): this must be a text in quotes, not integer",
        "plenary.toml line 2 (origins): this must be a text in quotes, not integer",
        "plenary.toml line 15 (limits.plan_idle_s): this must be a whole number, not string",
        "--data: ",
        "PLENARY_LOG: \"xml\" is none of human, json",
        "PLENARY_SERVER_NAME: \"a b\" is not a host name",
        "plenary.toml line 2 (origins): \"https://a.example/\" is not an origin",
        "PLENARY_DEMO: \"yes\" is none of 1, true, 0, false",
        "plenary.toml line 3 (issuers): the key \"audience\" is missing",
        "plenary.toml line 5 (issuers.algorithm): \"HS256\" is none of \"EdDSA\", \"ES256\"",
        "plenary.toml line 6 (issuers.keys): can not read ",
        "plenary.toml line 7 (issuers.lifetime_max_minutes): this must be 1 to 60 minutes",
        "plenary.toml line 9 (issuers.name): another issuer has the name",
        "plenary.toml line 10 (issuers.audience): this must be 1 to 256 bytes without spaces",
        "plenary.toml line 12 (issuers.keys): ",
        "plenary.toml line 14 (limits.plan_mailbox): this must be 16 to 65536",
    ];
    assert_all(&problems, &wanted);
}

#[test]
fn mistakes_of_syntax_are_said_with_their_line() {
    let trial = Trial::new("log = 'json'\nlisten = \n");
    let problems = trial.problems(&ServeArgs { listen: Some("7400".to_owned()), ..trial.args() }, &[]);
    assert_eq!(problems.len(), 2, "{problems:?}");
    assert!(problems[0].starts_with("plenary.toml line 2: "), "{problems:?}");
    assert!(problems[1].starts_with("--listen: \"7400\" is not an address and port"), "{problems:?}");
}

#[test]
fn without_an_issuer_the_way_out_is_said() {
    let trial = Trial::new("");
    let data = trial.dir.path().join("data");
    let args = ServeArgs { data: Some(data.clone()), ..ServeArgs::default() };
    let text = trial.resolve(&args, &[]).unwrap_err().to_string();
    assert!(
        text.starts_with("the configuration has a problem:\n  - nobody could sign in: no issuer"),
        "{text}"
    );
    for hint in ["--demo", "[issuer]\n        local = true", "[[issuers]]", "keys/issuer.pem does not exist"]
    {
        assert!(text.contains(hint), "{hint}: {text}");
    }
    // A key that an earlier start made is an issuer too, unless it is switched off.
    IssuerKey::open_or_create(&data, [7; 32]).unwrap();
    assert_eq!(trial.resolve(&args, &[]).unwrap().local_issuer.as_deref(), Some(LOCAL_ISSUER_NAME));
    let off = Trial::new("[issuer]\nlocal = false\n");
    let args = ServeArgs { data: Some(data), ..off.args() };
    assert!(off.problems(&args, &[])[0].starts_with("nobody could sign in"));
    let demo = off.problems(&ServeArgs { demo: true, ..args }, &[]);
    assert!(demo[0].starts_with("--demo: the demonstration needs the local issuer, plenary.toml line 2"));
}

#[test]
fn an_external_issuer_is_enough() {
    let trial = Trial::new(
        "[[issuers]]\nname = 'https://login.example'\naudience = 'urn:plans'\nalgorithm = 'EdDSA'\n\
         keys = 'jwks.json'\nlifetime_max_minutes = 15\n",
    );
    // The example key of RFC 8037, A.2.
    let x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
    let jwks = format!(r#"{{"keys":[{{"kty":"OKP","crv":"Ed25519","kid":"a","x":"{x}"}}]}}"#);
    std::fs::write(trial.dir.path().join("jwks.json"), jwks).unwrap();
    let args = ServeArgs { data: Some(trial.dir.path().join("data")), ..trial.args() };
    let config = trial.resolve(&args, &[]).unwrap();
    assert_eq!(config.local_issuer, None);
    let issuer = &config.external_issuers[0];
    assert_eq!((issuer.name.as_str(), issuer.audience.as_str()), ("https://login.example", "urn:plans"));
    assert_eq!(issuer.lifetime_max_s, 15 * 60);
    assert!(
        issuer.lifetime_max_s < EXTERNAL_LIFETIME_S_MAX
            && matches!(&issuer.keys, KeySource::File(_, keys) if keys.get("a").is_some())
    );
}

#[test]
fn keys_may_come_from_an_address_of_https_or_of_this_machine() {
    let issuer = |keys: &str| {
        format!(
            "[[issuers]]\nname = 'https://login.example'\naudience = 'plans'\nalgorithm = 'ES256'\n{keys}\n"
        )
    };
    let good = [
        "https://login.example/jwks.json",
        "https://login.example:8443/a/b?c=d",
        "http://127.0.0.1:8080/jwks",
        "http://[::1]:8080/jwks",
    ];
    for url in good {
        let trial = Trial::new(&issuer(&format!("jwks_url = '{url}'")));
        let config = trial.resolve(&trial.args(), &[]).unwrap();
        assert!(
            matches!(&config.external_issuers[0].keys, KeySource::Url(kept, _) if kept.to_string() == url)
        );
    }
    let bad = [
        "http://login.example/jwks.json",
        "http://localhost:8080/jwks",
        "http://127.0.0.1.example.org/jwks",
        "http://10.0.0.1/jwks",
        "http://[::ffff:1.2.3.4]/jwks",
        "https://user:secret@login.example/jwks",
        "https://login.example/jwks#keys",
        "https:///jwks",
        "ftp://login.example/jwks",
        "file:///etc/jwks.json",
        "/jwks.json",
        "login.example",
        "",
    ];
    for url in bad {
        let trial = Trial::new(&issuer(&format!("jwks_url = '{url}'")));
        let wanted = "plenary.toml line 5 (issuers.jwks_url): this must be an address such as https://";
        assert_all(&trial.problems(&trial.args(), &[]), &[wanted]);
    }
    let both = Trial::new(&issuer("jwks_url = 'https://login.example/jwks'\nkeys = 'jwks.json'"));
    let wanted = "plenary.toml line 5 (issuers.jwks_url): \"keys\" says where the keys are already";
    assert_all(&both.problems(&both.args(), &[]), &[wanted]);
    let none = Trial::new(&issuer(""));
    let wanted = "plenary.toml line 1 (issuers): the key \"jwks_url\" or \"keys\" is missing";
    assert_all(&none.problems(&none.args(), &[]), &[wanted]);
}

#[test]
fn an_unreadable_file_is_a_problem_not_a_default() {
    let trial = Trial::new("[issuer]\nlocal = true\n");
    std::fs::write(trial.path(), [0xff, 0xfe]).unwrap();
    std::fs::set_permissions(trial.path(), std::fs::Permissions::from_mode(0o600)).unwrap();
    assert_eq!(trial.problems(&trial.args(), &[]).len(), 1);
}

#[test]
fn origins_are_exact() {
    for text in
        ["https://plans.example.org", "http://localhost:5173", "http://127.0.0.1:1", "https://[::1]:8443"]
    {
        assert!(text.parse::<Origin>().is_ok(), "{text}");
    }
    let wrong = [
        "",
        "null",
        "*",
        "https://*.example.org",
        "plans.example.org",
        "https://plans.example.org/",
        "https://Plans.example.org",
        "HTTPS://plans.example.org",
        "https://plans.example.org:443",
        "http://a:80",
        "http://a:0080",
        "http://a:65536",
        "http://a:",
        "https://u@a",
        "http://",
        "ftp://a",
        "https://[::1",
        "https://[0:0::1]",
        "https://a?b",
        "https://a b",
    ];
    for text in wrong {
        assert!(text.parse::<Origin>().is_err(), "{text}");
    }
    let origins = Origins(vec!["https://good.example".parse().unwrap()]);
    let own = Some("plans.example.org");
    assert!(origins.allow(None, own), "no page sent this");
    assert!(origins.allow(Some("https://good.example"), own));
    assert!(origins.allow(Some("https://plans.example.org"), own));
    let foreign = [
        "null",
        "",
        "https://good.example.evil",
        "http://good.example",
        "https://good.example:8443",
        "https://GOOD.example",
        "https://good.example/",
        "https://plans.example.org.evil",
        "https://plans.example.org:8443",
        "evil://plans.example.org",
    ];
    for origin in foreign {
        assert!(!origins.allow(Some(origin), own), "{origin}");
        assert!(!origins.allow(Some(origin), None), "{origin}");
    }
}

/// A directory with a configuration file in it.
struct Trial {
    dir: TempDir,
}

impl Trial {
    fn new(content: &str) -> Self {
        let trial = Self { dir: TempDir::new().unwrap() };
        std::fs::write(trial.path(), content).unwrap();
        trial
    }

    fn path(&self) -> PathBuf {
        self.dir.path().join("plenary.toml")
    }

    fn args(&self) -> ServeArgs {
        ServeArgs { config: Some(self.path()), ..ServeArgs::default() }
    }

    fn resolve(&self, args: &ServeArgs, environment: &[(&str, &str)]) -> Result<Config, ConfigError> {
        let look_up = |name: &str| {
            environment.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        };
        Config::resolve(args, &look_up)
    }

    /// The problems, the directory of the file left out.
    fn problems(&self, args: &ServeArgs, environment: &[(&str, &str)]) -> Vec<String> {
        let directory = format!("{}/", self.dir.path().display());
        let error = self.resolve(args, environment).unwrap_err();
        error.problems.iter().map(|problem| problem.to_string().replace(&directory, "")).collect()
    }
}

fn assert_all(problems: &[String], wanted: &[&str]) {
    let list = problems.join("\n");
    for start in wanted {
        assert!(problems.iter().any(|problem| problem.starts_with(start)), "{start}\nis not in\n{list}");
    }
    assert_eq!(problems.len(), wanted.len(), "{list}");
}

#[test]
fn rates_connections_and_proxies_are_set_in_the_file() {
    let trial = Trial::new(
        "trusted_proxies = ['10.0.0.0/8']\n[issuer]\nlocal = true\n[limits]\nsubject_sockets = 1\nsockets = 60000\n",
    );
    let config = trial.resolve(&trial.args(), &[]).unwrap();
    let wanted = Caps::default().with(Limit::SubjectSockets, 1).with(Limit::Sockets, 60_000);
    assert_eq!(config.limits.caps, wanted, "the least and the most");
    assert_eq!(config.trusted_proxies, proxies(&["10.0.0.0/8"]));
    let config = trial.resolve(&trial.args(), &[("PLENARY_TRUSTED_PROXIES", "192.0.2.1, ::1")]).unwrap();
    assert_eq!(config.trusted_proxies, proxies(&["192.0.2.1", "::1"]));
    let plain = Trial::new("[issuer]\nlocal = true\n");
    let config = plain.resolve(&plain.args(), &[]).unwrap();
    assert_eq!(config.trusted_proxies, proxies(&TRUSTED_PROXIES_DEFAULT));

    let trial = Trial::new(
        "trusted_proxies = ['proxy.example']\n[issuer]\nlocal = true\n[limits]\nsubject_sockets = 0\nsockets = 60001\n",
    );
    let wanted = [
        "plenary.toml line 1 (trusted_proxies): \"proxy.example\" is not an address or network",
        "plenary.toml line 5 (limits.subject_sockets): this must be 1 to 10000",
        "plenary.toml line 6 (limits.sockets): this must be 1 to 60000",
    ];
    assert_all(&trial.problems(&trial.args(), &[]), &wanted);
}

fn proxies(texts: &[&str]) -> TrustedProxies {
    let mut proxies = TrustedProxies::default();
    texts.iter().for_each(|text| proxies.add(text).unwrap());
    proxies
}

#[test]
fn every_limit_that_can_be_set_has_its_range() {
    for limit in SETTABLES {
        let set = |value: u32| {
            let trial = Trial::new(&format!("[issuer]\nlocal = true\n[limits]\n{} = {value}\n", limit.key));
            let shown = limits_set(Some(&trial.path()));
            let resolved = trial.resolve(&trial.args(), &[]);
            assert_eq!(shown.is_ok(), resolved.is_ok(), "what is shown is what is taken");
            let Ok(shown) = shown else { return false };
            shown
                .iter()
                .all(|(at, set)| *set == i64::from(if at.key == limit.key { value } else { at.default }))
        };
        for (value, taken) in [
            (limit.least - 1, false),
            (limit.least, true),
            (limit.least + 1, true),
            (limit.most - 1, true),
            (limit.most, true),
            (limit.most + 1, false),
        ] {
            assert_eq!(set(value), taken, "{} = {value}", limit.key);
        }
    }
    assert!(limits_set(None).unwrap().iter().all(|(limit, set)| *set == i64::from(limit.default)));
}

#[test]
fn names_and_lists_of_the_file_hold_to_the_one() {
    let taken = |text: &str| {
        let trial = Trial::new(text);
        trial.resolve(&trial.args(), &[])
    };
    holds!(SERVER_NAME_BYTES_MAX, |bytes| {
        taken(&format!("server_name = '{}'\n[issuer]\nlocal = true\n", "n".repeat(bytes))).is_ok()
    });
    holds!(TRUSTED_PROXIES_MAX, |count| {
        let list = vec!["'10.0.0.1'"; count].join(", ");
        taken(&format!("trusted_proxies = [{list}]\n[issuer]\nlocal = true\n")).is_ok()
    });
    holds!(ISSUER_NAME_BYTES_MAX, |bytes| {
        taken(&format!("[issuer]\nlocal = true\nname = '{}'\n", "n".repeat(bytes))).is_ok()
    });
}

#[test]
fn the_sample_says_every_limit_as_it_is_by_default() {
    let sample = include_str!("../../../../deploy/plenary.toml");
    for limit in Limit::ALL {
        let line = format!("\n{} = {}\n", limit.key(), limit.default());
        assert!(sample.contains(&line), "{line} is not in the sample");
    }
    let proxies = TRUSTED_PROXIES_DEFAULT.map(|text| format!("{text:?}")).join(", ");
    assert!(sample.contains(&format!("\ntrusted_proxies = [{proxies}]\n")));
}
