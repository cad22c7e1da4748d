//! Settings in their checked form. Where they come from is the command line's business.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use ipnet::IpNet;

/// Everything a server needs to know before it starts, checked.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where everything is served, or, with `public_listen`, everything that is not public.
    pub listen: SocketAddr,
    /// Where only what browsers need is served.
    pub public_listen: Option<SocketAddr>,
    /// The base of every link, without a slash at its end; never taken from the Host header.
    pub public_url: Option<String>,
    /// The data directory; the control socket lies in it.
    pub data: PathBuf,
    /// Certificate chain and private key in PEM.
    pub tls: Option<(PathBuf, PathBuf)>,
    /// Plain HTTP off loopback is wanted, because a proxy in front speaks TLS.
    pub behind_proxy: bool,
    /// The peers whose word about clients is taken.
    pub trusted_proxies: Vec<IpNet>,
    /// A sample installation that is thrown away.
    pub demo: bool,
    /// How large and how slow a request may be.
    pub limits: Limits,
}

/// How large and how slow a request may be.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// The request line and all headers together, in bytes.
    pub head_bytes: usize,
    /// The body, in bytes; a manifest may be larger.
    pub body_bytes: usize,
    /// The body of a manifest or a batch, in bytes.
    pub large_body_bytes: usize,
    /// For the headers, and again for the body, to arrive.
    pub arrival: Duration,
    /// Open connections in all.
    pub connections: usize,
    /// Open connections from one address that is not a trusted proxy.
    pub connections_per_peer: usize,
    /// For answers under way to finish when the server stops.
    pub drain: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            head_bytes: 16 << 10,
            body_bytes: 64 << 10,
            large_body_bytes: 1 << 20,
            arrival: Duration::from_secs(10),
            connections: 10_000,
            connections_per_peer: 512,
            drain: Duration::from_secs(20),
        }
    }
}

/// Why settings do not go together. Each names the setting and the remedy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// Plain HTTP to the outside.
    #[error(
        "{setting} {address} is reachable from other machines without TLS: \
         give --tls-cert and --tls-key, or --behind-proxy when a proxy in front speaks TLS"
    )]
    PlainOffLoopback {
        /// `--listen` or `--public-listen`.
        setting: &'static str,
        /// Its value.
        address: SocketAddr,
    },
    /// The sample installation must not be reachable.
    #[error("--demo serves sample keys, so it listens on this machine only: leave out {setting}")]
    DemoOffLoopback {
        /// `--listen` or `--public-listen`.
        setting: &'static str,
    },
    /// Everybody is trusted to say who the client is.
    #[error(
        "--trusted-proxies {0} trusts every machine to say who the client is: name your proxies"
    )]
    EverybodyTrusted(IpNet),
    /// Not a base for links.
    #[error("--public-url {0} is not like https://keys.example.com: http or https, no path")]
    PublicUrl(String),
}

impl Settings {
    /// The address that session tokens name as their issuer: the public one, or, for trying things
    /// out on this machine, the one it listens on. It is never taken from a request.
    #[must_use]
    pub fn issuer(&self) -> Option<String> {
        let listen = self.public_listen.unwrap_or(self.listen);
        let scheme = if self.tls.is_some() { "https" } else { "http" };
        let local = || format!("{scheme}://{listen}");
        let is_local = listen.ip().is_loopback() && !self.behind_proxy;
        self.public_url.clone().or_else(|| is_local.then(local))
    }

    /// The base of what pages of other sites show: as [`base`](Self::base), but where the public
    /// listener is, if there is one.
    #[must_use]
    pub fn public_base(&self, listening: Option<SocketAddr>) -> String {
        let public = Self {
            listen: self.public_listen.unwrap_or(self.listen),
            ..self.clone()
        };
        public.base(listening.filter(|_| self.public_listen.is_none()))
    }

    /// The base of links to the console. Without a public address it is where it listens, which
    /// may have been left to the system.
    #[must_use]
    pub fn base(&self, listening: Option<SocketAddr>) -> String {
        if let Some(public) = &self.public_url {
            return public.clone();
        }
        let mut address = listening.unwrap_or(self.listen);
        if address.ip().is_unspecified() {
            // No browser goes there; on this machine, this is the same.
            address.set_ip(match address {
                SocketAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
                SocketAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
            });
        }
        let scheme = if self.tls.is_some() { "https" } else { "http" };
        format!("{scheme}://{address}")
    }

    /// The address that the embed calls unless its tag says otherwise: the public one, or, for trying
    /// things out on this machine, the one it listens on. It is never taken from a request.
    #[must_use]
    pub fn embed_home(&self, listening: Option<SocketAddr>) -> Option<String> {
        self.issuer().map(|_| self.base(listening))
    }

    /// Checks what one setting alone cannot tell, and reports everything at once.
    ///
    /// # Errors
    /// Every problem that was found.
    pub fn check(&self) -> Result<(), Vec<SettingsError>> {
        let mut problems = Vec::new();
        let listeners = [
            ("--listen", Some(self.listen)),
            ("--public-listen", self.public_listen),
        ];
        for (setting, address) in listeners {
            let Some(address) = address.filter(|address| !address.ip().is_loopback()) else {
                continue;
            };
            if self.demo {
                problems.push(SettingsError::DemoOffLoopback { setting });
            } else if self.tls.is_none() && !self.behind_proxy {
                problems.push(SettingsError::PlainOffLoopback { setting, address });
            }
        }
        let everybody = self
            .trusted_proxies
            .iter()
            .filter(|range| range.prefix_len() == 0);
        problems.extend(everybody.map(|range| SettingsError::EverybodyTrusted(*range)));
        if let Some(url) = self.public_url.as_ref().filter(|url| !is_base(url)) {
            problems.push(SettingsError::PublicUrl(url.clone()));
        }
        if problems.is_empty() {
            Ok(())
        } else {
            Err(problems)
        }
    }
}

fn is_base(url: &str) -> bool {
    let rest = url
        .strip_prefix("https://")
        .or_else(|| url.strip_prefix("http://"));
    rest.is_some_and(|host| {
        !host.is_empty()
            && host
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"-.:[]".contains(&b))
    })
}
