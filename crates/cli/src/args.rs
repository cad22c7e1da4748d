//! Everything that can be said on the command line, in one place.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, CommandFactory, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

use crate::commands::credits::Credits;
use crate::commands::import::Import;
use crate::commands::people::People;
use crate::output::Form;

/// API keys: issue, verify, scope, rotate and revoke.
#[derive(Debug, Parser)]
#[command(name = "keystile", version, about, propagate_version = true)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What every command takes.
#[derive(Debug, Clone, Args)]
pub(crate) struct Global {
    /// The data directory. Commands go to the server that holds it, or do their work themselves
    /// when none does.
    #[arg(
        long,
        global = true,
        env = "KEYSTILE_DATA",
        default_value = "keystile-data",
        value_name = "DIR"
    )]
    pub(crate) data: PathBuf,
    /// Whether it was said on the command line, and not by the environment.
    #[arg(skip)]
    pub(crate) said_data: bool,
    /// A server elsewhere, as host:port; the operator key comes from KEYSTILE_KEY.
    #[arg(long, global = true, env = "KEYSTILE_SERVER", value_name = "HOST:PORT")]
    pub(crate) server: Option<String>,
    /// A file with the master key, instead of the one in the data directory.
    #[arg(
        long,
        global = true,
        env = "KEYSTILE_MASTER_KEY_FILE",
        value_name = "FILE"
    )]
    pub(crate) master_key_file: Option<PathBuf>,
    /// Answers as JSON, for programs.
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Answers with ids alone, for scripts.
    #[arg(long, global = true, conflicts_with = "json")]
    pub(crate) id: bool,
}

impl Global {
    pub(crate) const fn form(&self) -> Form {
        match (self.json, self.id) {
            (true, _) => Form::Json,
            (false, true) => Form::Ids,
            (false, false) => Form::Words,
        }
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run the server.
    Serve(Serve),
    /// Write a commented manifest to begin with.
    Init(Init),
    /// Apply a product's manifest; the same again changes nothing.
    Apply(Apply),
    /// Products.
    #[command(subcommand)]
    Products(Products),
    /// Organizations: the customers of a product.
    #[command(subcommand)]
    Organizations(Organizations),
    /// Projects of an organization.
    #[command(subcommand)]
    Projects(Projects),
    /// Environments of a project.
    #[command(subcommand)]
    Environments(Environments),
    /// Keys.
    #[command(subcommand)]
    Keys(Keys),
    /// Credits: what organizations were given, spent, and have left.
    #[command(subcommand)]
    Credits(Credits),
    /// Take over keys of another system by their digests.
    Import(Import),
    /// Ask whether a key is good for a call.
    Verify(Verify),
    /// Make a key offline; nothing is stored.
    Mint(Mint),
    /// Operator keys, with which programs call Keystile.
    #[command(subcommand)]
    OperatorKey(OperatorKey),
    /// The people of the console.
    #[command(subcommand)]
    People(People),
    /// The audit log.
    #[command(subcommand)]
    Audit(Audit),
    /// Copy the whole database to a new file.
    Backup(Backup),
    /// Find real keys in a tree of files, offline.
    Scan(Scan),
    /// The master key, which wraps all key material.
    #[command(subcommand)]
    MasterKey(MasterKey),
    /// The pepper, with which keys are digested.
    #[command(subcommand)]
    Pepper(Pepper),
    /// The keys that seal recoverable secrets.
    #[command(subcommand)]
    SealingKey(SealingKey),
    /// The keys that sign session tokens.
    #[command(subcommand)]
    SigningKey(SigningKey),
    /// Look over the installation and name what wants attention.
    Doctor,
    /// Print the JSON Schema of manifests, for editors.
    Schema,
    /// Print the API description (OpenAPI 3.1).
    Openapi,
    /// Print completions for a shell.
    Completions {
        /// Which shell.
        shell: Shell,
    },
}

#[derive(Debug, Clone, Args)]
pub(crate) struct Serve {
    /// Where to listen [default: 127.0.0.1:5397].
    #[arg(long, env = "KEYSTILE_LISTEN", value_name = "ADDR")]
    pub(crate) listen: Option<SocketAddr>,
    /// Where to serve only what browsers and holders of keys need.
    #[arg(long, env = "KEYSTILE_PUBLIC_LISTEN", value_name = "ADDR")]
    pub(crate) public_listen: Option<SocketAddr>,
    /// The base of every link.
    #[arg(long, env = "KEYSTILE_PUBLIC_URL", value_name = "URL")]
    pub(crate) public_url: Option<String>,
    /// The certificate chain, in PEM.
    #[arg(
        long,
        env = "KEYSTILE_TLS_CERT",
        value_name = "FILE",
        requires = "tls_key"
    )]
    pub(crate) tls_cert: Option<PathBuf>,
    /// The certificate's private key, in PEM.
    #[arg(
        long,
        env = "KEYSTILE_TLS_KEY",
        value_name = "FILE",
        requires = "tls_cert"
    )]
    pub(crate) tls_key: Option<PathBuf>,
    /// A proxy in front speaks TLS.
    #[arg(long, env = "KEYSTILE_BEHIND_PROXY")]
    pub(crate) behind_proxy: bool,
    /// Whose word about clients is taken, as ranges [default: loopback].
    #[arg(
        long,
        env = "KEYSTILE_TRUSTED_PROXIES",
        value_delimiter = ',',
        value_name = "CIDR"
    )]
    pub(crate) trusted_proxies: Vec<ipnet::IpNet>,
    /// How the log is written [default: text on a terminal, else json].
    #[arg(long, env = "KEYSTILE_LOG", value_name = "FORM")]
    pub(crate) log: Option<LogForm>,
    /// Settings in TOML [default: keystile.toml in the data directory, if there].
    #[arg(long, env = "KEYSTILE_CONFIG", value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Try it: four sample products in a directory that is thrown away.
    #[arg(long)]
    pub(crate) demo: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LogForm {
    /// For people.
    Text,
    /// For programs.
    Json,
}

#[derive(Debug, Args)]
pub(crate) struct Init {
    /// Begin with the manifest of a sample system.
    #[arg(long, value_name = "SYSTEM")]
    pub(crate) like: Option<String>,
    /// Where to write it; - prints it.
    #[arg(default_value = "product.toml", value_name = "FILE")]
    pub(crate) file: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct Apply {
    /// The manifest.
    pub(crate) file: PathBuf,
    /// Only show what would change.
    #[arg(long)]
    pub(crate) dry_run: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Products {
    /// List them.
    List,
    /// Print a product's manifest.
    Show {
        /// The product.
        product: String,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Organizations {
    /// List them, newest first.
    List {
        /// Of this product.
        #[arg(long)]
        product: Option<String>,
        /// With this external id.
        #[arg(long)]
        external_id: Option<String>,
    },
    /// Create one, with what the manifest makes automatically.
    Create {
        /// The product.
        product: String,
        /// What people call it.
        name: String,
        /// Your own id for it.
        #[arg(long)]
        external_id: Option<String>,
        /// Its plan.
        #[arg(long)]
        plan: Option<String>,
    },
    /// Show one.
    Show {
        /// Its id.
        organization: String,
    },
    /// Refuse every key below until it is resumed.
    Suspend {
        /// Its id.
        organization: String,
    },
    /// Let its keys work again.
    Resume {
        /// Its id.
        organization: String,
    },
    /// Delete one; every key below is dead.
    Delete {
        /// Its id.
        organization: String,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Projects {
    /// List an organization's projects.
    List {
        /// The organization's id.
        organization: String,
    },
    /// Create one with its environments and automatic keys.
    Create {
        /// The organization's id.
        organization: String,
        /// What people call it.
        name: String,
    },
    /// Show one.
    Show {
        /// Its id.
        project: String,
    },
    /// Delete one; every key below is dead.
    Delete {
        /// Its id.
        project: String,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Environments {
    /// List a project's environments.
    List {
        /// The project's id.
        project: String,
    },
    /// Add one to a project.
    Create {
        /// The project's id.
        project: String,
        /// Its name.
        name: String,
    },
    /// Show one.
    Show {
        /// Its id.
        environment: String,
    },
    /// Refuse every key in it until it is enabled.
    Disable {
        /// Its id.
        environment: String,
    },
    /// Let its keys work again.
    Enable {
        /// Its id.
        environment: String,
    },
    /// Delete one; every key in it is dead.
    Delete {
        /// Its id.
        environment: String,
    },
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Kind {
    /// For web pages and apps.
    Publishable,
    /// For servers only.
    Secret,
}

impl Kind {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Publishable => "publishable",
            Self::Secret => "secret",
        }
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum Keys {
    /// List them, newest first.
    List {
        /// Of this product.
        #[arg(long)]
        product: Option<String>,
        /// Of this organization.
        #[arg(long)]
        organization: Option<String>,
        /// In this environment.
        #[arg(long)]
        environment: Option<String>,
        /// Of this kind.
        #[arg(long)]
        kind: Option<Kind>,
        /// In this state: active, disabled, expired or revoked.
        #[arg(long)]
        status: Option<String>,
    },
    /// Create one; its secret is printed once.
    Create {
        /// The environment: its id, or its project's id, a slash and its name.
        environment: String,
        /// Which kind.
        kind: Kind,
        /// What people call it.
        name: String,
        /// What it may do; left out, it follows the manifest.
        #[arg(long = "scope", value_name = "SCOPE")]
        scopes: Vec<String>,
        /// A web origin it may be used from.
        #[arg(long = "origin", value_name = "ORIGIN")]
        origins: Vec<String>,
        /// An address range it may be used from.
        #[arg(long = "ip", value_name = "CIDR")]
        ips: Vec<String>,
        /// When it ends by itself, such as 2027-01-01T00:00:00Z.
        #[arg(long, value_name = "TIME")]
        expires_at: Option<String>,
        /// For people.
        #[arg(long)]
        note: Option<String>,
    },
    /// Show one, without its secret.
    Show {
        /// Its id.
        key: String,
    },
    /// Give one a new value; the old one is dead when this returns.
    Rotate {
        /// Its id.
        key: String,
        /// Let the old value go on working for so many seconds.
        #[arg(long, default_value_t = 0, value_name = "SECONDS")]
        grace: u32,
    },
    /// Revoke one for good; it is dead when this returns.
    Revoke {
        /// Its id.
        key: String,
        /// Present this value at once, and show that it is refused.
        #[arg(long, value_name = "KEY")]
        then_verify: Option<String>,
    },
    /// Show the secret of one again, where its product allows that; the audit log says so.
    Reveal {
        /// Its id.
        key: String,
    },
    /// Refuse one until it is enabled.
    Disable {
        /// Its id.
        key: String,
    },
    /// Let one work again.
    Enable {
        /// Its id.
        key: String,
    },
    /// Revoke one and remove it from lists.
    Delete {
        /// Its id.
        key: String,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Verify {
    /// The key; - reads it from standard input.
    pub(crate) key: String,
    /// What is to be done, such as "POST /v1/events"; left out, only whose key it is.
    pub(crate) operation: Option<String>,
    /// The product.
    #[arg(long)]
    pub(crate) product: Option<String>,
    /// The environment [default: any].
    #[arg(long)]
    pub(crate) environment: Option<String>,
    /// The scope that is needed, instead of an operation.
    #[arg(long = "scope", value_name = "SCOPE", conflicts_with = "operation")]
    pub(crate) scopes: Vec<String>,
    /// The Origin of the call.
    #[arg(long)]
    pub(crate) origin: Option<String>,
    /// The client's address.
    #[arg(long)]
    pub(crate) ip: Option<String>,
    /// Show each check's own result.
    #[arg(long)]
    pub(crate) explain: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Mint {
    /// Which kind.
    #[arg(long, default_value = "secret")]
    pub(crate) kind: Kind,
    /// live or test.
    #[arg(long, default_value = "live")]
    pub(crate) mode: Mode,
    /// The word in the middle.
    #[arg(long)]
    pub(crate) brand: Option<String>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Mode {
    /// Real data.
    Live,
    /// Everything else.
    Test,
}

impl Mode {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Test => "test",
        }
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum OperatorKey {
    /// Create one; its secret is printed once.
    Create {
        /// What people call it.
        name: String,
        /// Bind it to a product.
        #[arg(long)]
        product: Option<String>,
        /// Bind it to an environment, too.
        #[arg(long, requires = "product")]
        environment: Option<String>,
        /// What it may do, such as keys:verify; left out, everything.
        #[arg(long = "scope", value_name = "SCOPE")]
        scopes: Vec<String>,
    },
    /// List them.
    List,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Audit {
    /// What was done, newest first.
    List {
        /// About this product.
        #[arg(long)]
        product: Option<String>,
        /// About this key.
        #[arg(long)]
        key: Option<String>,
    },
    /// Check that nothing was altered behind Keystile's back.
    Verify,
}

#[derive(Debug, Args)]
pub(crate) struct Backup {
    /// The new file.
    pub(crate) file: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct Scan {
    /// A file or directory.
    pub(crate) path: PathBuf,
}

#[derive(Debug, Subcommand)]
pub(crate) enum MasterKey {
    /// Wrap all key material by a new master key.
    Rotate {
        /// The new one: a file with 64 hexadecimal digits, readable by you alone. Left out, one is
        /// made and replaces the one in the data directory.
        #[arg(long, value_name = "FILE")]
        new: Option<PathBuf>,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Pepper {
    /// Make a new one: for new keys at once, for old ones from their next use.
    Rotate,
}

#[derive(Debug, Subcommand)]
pub(crate) enum SealingKey {
    /// Make a new one, which seals from now on; what older ones sealed stays readable.
    Rotate,
}

#[derive(Debug, Subcommand)]
pub(crate) enum SigningKey {
    /// Make a new one, which signs from now on; what older ones signed is good until it ends.
    Rotate {
        /// Refuse what older ones signed from now on: for a signing key that leaked.
        #[arg(long)]
        at_once: bool,
    },
}

/// Prints completions.
pub(crate) fn completions(shell: Shell) {
    let mut command = Arguments::command();
    clap_complete::generate(shell, &mut command, "keystile", &mut std::io::stdout());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }
}
