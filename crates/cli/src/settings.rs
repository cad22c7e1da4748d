//! From flags, environment and file to checked settings. This is the only place that reads the
//! environment beside the table of arguments.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};

use ipnet::IpNet;
use keystile_core::key::MasterKey;
use keystile_server::config::{Limits, Settings};
use keystile_server::installation::read_master_key;
use serde::Deserialize;

use crate::args::{Global, LogForm, Serve};
use crate::output::Failed;

const DEFAULT_PORT: u16 = 5397;

/// Every variable that means something.
const VARIABLES: [&str; 17] = [
    "KEYSTILE_DATA",
    "KEYSTILE_SERVER",
    "KEYSTILE_KEY",
    "KEYSTILE_KEY_FILE",
    "KEYSTILE_MASTER_KEY",
    "KEYSTILE_MASTER_KEY_FILE",
    "KEYSTILE_BOOTSTRAP_KEY",
    "KEYSTILE_BOOTSTRAP_KEY_FILE",
    "KEYSTILE_LISTEN",
    "KEYSTILE_PUBLIC_LISTEN",
    "KEYSTILE_PUBLIC_URL",
    "KEYSTILE_TLS_CERT",
    "KEYSTILE_TLS_KEY",
    "KEYSTILE_BEHIND_PROXY",
    "KEYSTILE_TRUSTED_PROXIES",
    "KEYSTILE_LOG",
    "KEYSTILE_CONFIG",
];

/// The settings file, as written.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct SettingsFile {
    listen: Option<SocketAddr>,
    public_listen: Option<SocketAddr>,
    public_url: Option<String>,
    tls_cert: Option<PathBuf>,
    tls_key: Option<PathBuf>,
    behind_proxy: Option<bool>,
    trusted_proxies: Option<Vec<IpNet>>,
    log: Option<LogForm>,
}

/// What `serve` runs with.
#[derive(Debug)]
pub(crate) struct Chosen {
    pub(crate) settings: Settings,
    pub(crate) log: Option<LogForm>,
}

/// Puts flags, environment and file together, in this order, and reports all problems at once.
pub(crate) fn choose(global: &Global, serve: &Serve) -> Result<Chosen, Failed> {
    refuse_unknown_variables()?;
    let file = read_file(global, serve)?;
    let cert = serve.tls_cert.clone().or(file.tls_cert);
    let key = serve.tls_key.clone().or(file.tls_key);
    let ranges = match serve.trusted_proxies.as_slice() {
        [] => file.trusted_proxies.unwrap_or_else(loopback),
        given => given.to_vec(),
    };
    let settings = Settings {
        listen: serve.listen.or(file.listen).unwrap_or_else(default_listen),
        public_listen: serve.public_listen.or(file.public_listen),
        public_url: serve.public_url.clone().or(file.public_url),
        data: global.data.clone(),
        tls: cert.zip(key),
        behind_proxy: serve.behind_proxy || file.behind_proxy.unwrap_or(false),
        trusted_proxies: ranges,
        demo: serve.demo,
        limits: Limits::default(),
    };
    match settings.check() {
        Ok(()) => Ok(Chosen {
            settings,
            log: serve.log.or(file.log),
        }),
        Err(problems) => {
            let lines: Vec<_> = problems.iter().map(ToString::to_string).collect();
            Err(Failed::new(lines.join("\n")))
        }
    }
}

/// Says in one line what is in force, whichever of flag, environment and file it came from, and
/// where secrets come from, never what they are.
pub(crate) fn tell(chosen: &Chosen, global: &Global) {
    let Settings {
        listen,
        public_listen,
        public_url,
        data,
        tls,
        behind_proxy,
        trusted_proxies,
        demo,
        ..
    } = &chosen.settings;
    let ranges: Vec<_> = trusted_proxies.iter().map(ToString::to_string).collect();
    let shown = |path: &Path| path.display().to_string();
    tracing::info!(
        %listen,
        public_listen = public_listen.map(|address| address.to_string()),
        public_url,
        data = shown(data),
        tls_cert = tls.as_ref().map(|(cert, _)| shown(cert)),
        tls_key = tls.as_ref().map(|(_, key)| shown(key)),
        behind_proxy,
        trusted_proxies = ranges.join(","),
        demo,
        master_key = master_key_source(global),
        bootstrap_key = source("KEYSTILE_BOOTSTRAP_KEY").unwrap_or("none"),
        "settings in force"
    );
}

fn master_key_source(global: &Global) -> String {
    match &global.master_key_file {
        Some(path) => path.display().to_string(),
        None => source("KEYSTILE_MASTER_KEY")
            .unwrap_or("in the data directory")
            .to_owned(),
    }
}

/// Where a secret is given, if it is.
#[expect(
    clippy::disallowed_methods,
    reason = "this is the one place that reads the environment"
)]
fn source(name: &str) -> Option<&'static str> {
    let is_set = |name: &str| std::env::var_os(name).is_some_and(|text| !text.is_empty());
    if is_set(name) {
        return Some("from the environment, masked");
    }
    is_set(&format!("{name}_FILE")).then_some("from a file, masked")
}

/// Settings for a command that has the data directory to itself.
pub(crate) fn offline(data: &Path) -> Settings {
    Settings {
        listen: default_listen(),
        public_listen: None,
        public_url: None,
        data: data.to_owned(),
        tls: None,
        behind_proxy: false,
        trusted_proxies: loopback(),
        demo: false,
        limits: Limits::default(),
    }
}

fn default_listen() -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, DEFAULT_PORT))
}

fn loopback() -> Vec<IpNet> {
    let v4 = ipnet::Ipv4Net::new_assert(Ipv4Addr::new(127, 0, 0, 0), 8);
    vec![IpNet::V4(v4), IpNet::from(IpAddr::V6(Ipv6Addr::LOCALHOST))]
}

fn read_file(global: &Global, serve: &Serve) -> Result<SettingsFile, Failed> {
    let default = global.data.join("keystile.toml");
    let path = match &serve.config {
        Some(path) => path,
        None if default.exists() => &default,
        None => return Ok(SettingsFile::default()),
    };
    let text = std::fs::read_to_string(path)
        .map_err(|why| Failed::new(format!("{}: {why}", path.display())))?;
    toml::from_str(&text).map_err(|why| Failed::new(format!("{}: {why}", path.display())))
}

#[expect(
    clippy::disallowed_methods,
    reason = "this is the one place that reads the environment"
)]
fn refuse_unknown_variables() -> Result<(), Failed> {
    let names = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
    let unknown: Vec<String> = names
        .filter(|name| name.starts_with("KEYSTILE_") && !VARIABLES.contains(&name.as_str()))
        .collect();
    if unknown.is_empty() {
        return Ok(());
    }
    let known = VARIABLES.join(", ");
    Err(Failed::new(format!(
        "unknown setting {}; there are {known}",
        unknown.join(", ")
    )))
}

/// A secret from the variable `name`, or from the file that `name_FILE` names.
#[expect(
    clippy::disallowed_methods,
    reason = "this is the one place that reads the environment"
)]
fn secret(name: &str) -> Result<Option<String>, Failed> {
    let given = std::env::var(name).ok().filter(|text| !text.is_empty());
    let file = std::env::var_os(format!("{name}_FILE"));
    match (given, file) {
        (Some(_), Some(_)) => Err(Failed::new(format!(
            "{name} and {name}_FILE are both set: keep one"
        ))),
        (Some(text), None) => Ok(Some(text)),
        (None, Some(path)) => {
            let path = PathBuf::from(path);
            let text = std::fs::read_to_string(&path)
                .map_err(|why| Failed::new(format!("{name}_FILE {}: {why}", path.display())))?;
            Ok(Some(text.trim_ascii().to_owned()))
        }
        (None, None) => Ok(None),
    }
}

/// The operator key for a server elsewhere.
pub(crate) fn operator_key() -> Result<String, Failed> {
    secret("KEYSTILE_KEY")?.ok_or_else(|| {
        Failed::new("--server needs an operator key in KEYSTILE_KEY or KEYSTILE_KEY_FILE")
    })
}

/// The first operator key.
pub(crate) fn bootstrap_key() -> Result<Option<String>, Failed> {
    secret("KEYSTILE_BOOTSTRAP_KEY")
}

/// A master key that is kept elsewhere than in the data directory.
pub(crate) fn master_key(global: &Global) -> Result<Option<MasterKey>, Failed> {
    if let Some(path) = &global.master_key_file {
        let read = read_master_key(path);
        return read
            .map(Some)
            .map_err(|why| Failed::new(format!("{}: {why}", path.display())));
    }
    let Some(text) = secret("KEYSTILE_MASTER_KEY")? else {
        return Ok(None);
    };
    let key = MasterKey::parse(&text);
    key.map(Some)
        .map_err(|why| Failed::new(format!("KEYSTILE_MASTER_KEY: {why}")))
}
