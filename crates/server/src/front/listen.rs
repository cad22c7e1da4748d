//! Opening sockets, accepting, and stopping without losing an answer.

use std::collections::HashMap;
use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::net::{TcpListener, UnixListener};
use tokio::sync::{mpsc, watch};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::Surface;
use super::connection::{Peer, serve};
use crate::app::App;

/// The name of the control socket in the data directory.
pub const CONTROL_SOCKET: &str = "control.sock";

/// Why the server does not listen.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address cannot be had.
    #[error("cannot listen on {address}: {source}")]
    Bind {
        /// The address or path.
        address: String,
        /// What the system says.
        source: std::io::Error,
    },
    /// The certificate or its key cannot be used.
    #[error("{path}: {problem}")]
    Tls {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        problem: String,
    },
}

/// A server that listens.
#[derive(Debug)]
pub struct Running {
    /// Where everything that is not public is served.
    pub address: SocketAddr,
    /// Where only what is public is served.
    pub public_address: Option<SocketAddr>,
    stop: watch::Sender<bool>,
    done: mpsc::Receiver<()>,
    drain: Duration,
    control: PathBuf,
}

impl Running {
    /// Takes no more requests, lets those under way finish, and returns. Whether all of them did.
    pub async fn stop(mut self) -> bool {
        let _ = self.stop.send(true);
        let all = self.done.recv();
        let finished = tokio::time::timeout(self.drain, all).await.is_ok();
        let _ = std::fs::remove_file(&self.control);
        finished
    }
}

/// What every accepted connection shares.
#[derive(Clone)]
pub(super) struct Shared {
    pub(super) app: Arc<App>,
    pub(super) stop: watch::Receiver<bool>,
    /// Dropped by the last connection: then everything is done.
    pub(super) _alive: mpsc::Sender<()>,
    peers: Arc<Mutex<HashMap<IpAddr, usize>>>,
}

/// Resolves when the server stops.
pub(super) async fn stopping(stop: &mut watch::Receiver<bool>) {
    // What it lends must not live across an await of the caller.
    let _ = stop.wait_for(|stop| *stop).await.map(drop);
}

/// Opens all sockets and begins to serve.
///
/// # Errors
/// When an address cannot be had or the certificate cannot be used.
pub async fn start(app: Arc<App>) -> Result<Running, StartError> {
    let settings = app.settings.clone();
    let tls = settings
        .tls
        .as_ref()
        .map(|(cert, key)| tls(cert, key))
        .transpose()?;
    let (stop, stopped) = watch::channel(false);
    let (alive, done) = mpsc::channel(1);
    let peers = Arc::default();
    let shared = Shared {
        app,
        stop: stopped,
        _alive: alive,
        peers,
    };

    let listener = bind(settings.listen).await?;
    let address = local(&listener, settings.listen)?;
    // Links name it.
    let _ = shared.app.listening.set(address);
    let surface = Surface::Whole;
    tokio::spawn(accept(listener, tls.clone(), surface, shared.clone()));
    let public_address = match settings.public_listen {
        None => None,
        Some(wanted) => {
            let listener = bind(wanted).await?;
            let address = local(&listener, wanted)?;
            tokio::spawn(accept(listener, tls, Surface::Public, shared.clone()));
            Some(address)
        }
    };
    let control = settings.data.join(CONTROL_SOCKET);
    tokio::spawn(accept_control(bind_control(&control)?, shared));
    Ok(Running {
        address,
        public_address,
        stop,
        done,
        drain: settings.limits.drain,
        control,
    })
}

async fn bind(address: SocketAddr) -> Result<TcpListener, StartError> {
    let named = |source| StartError::Bind {
        address: address.to_string(),
        source,
    };
    TcpListener::bind(address).await.map_err(named)
}

fn local(listener: &TcpListener, wanted: SocketAddr) -> Result<SocketAddr, StartError> {
    let named = |source| StartError::Bind {
        address: wanted.to_string(),
        source,
    };
    listener.local_addr().map_err(named)
}

/// The socket is made under a directory that only its owner can enter, so nobody can connect
/// before its mode is set.
fn bind_control(path: &Path) -> Result<UnixListener, StartError> {
    use std::os::unix::fs::PermissionsExt;
    let named = |source| StartError::Bind {
        address: path.display().to_string(),
        source,
    };
    // The data directory's lock is held, so a socket that is there belongs to nobody.
    if path.exists() {
        std::fs::remove_file(path).map_err(named)?;
    }
    let listener = UnixListener::bind(path).map_err(named)?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).map_err(named)?;
    Ok(listener)
}

fn tls(cert: &Path, key: &Path) -> Result<TlsAcceptor, StartError> {
    let wrong = |path: &Path, problem: String| StartError::Tls {
        path: path.into(),
        problem,
    };
    let chain: Result<Vec<_>, _> = CertificateDer::pem_file_iter(cert)
        .map_err(|why| wrong(cert, why.to_string()))?
        .collect();
    let chain = chain.map_err(|why| wrong(cert, why.to_string()))?;
    let key_der = PrivateKeyDer::from_pem_file(key).map_err(|why| wrong(key, why.to_string()))?;
    let config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(chain, key_der)
        .map_err(|why| wrong(cert, why.to_string()))?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}

type Handshake = Pin<Box<dyn Future<Output = ()> + Send>>;

async fn accept(listener: TcpListener, tls: Option<TlsAcceptor>, surface: Surface, shared: Shared) {
    let mut stop = shared.stop.clone();
    loop {
        let accepted = tokio::select! {
            () = stopping(&mut stop) => return,
            accepted = listener.accept() => accepted,
        };
        let Ok((stream, address)) = accepted else {
            // Out of file handles, most likely: connections that are open go on.
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        let Some(place) = shared.admit(address.ip()) else {
            continue;
        };
        let _ = stream.set_nodelay(true);
        let peer = Peer {
            address: Some(address),
            surface,
        };
        let shared = shared.clone();
        let tls = tls.clone();
        let task: Handshake = Box::pin(async move {
            let _place = place;
            match tls {
                None => serve(stream, peer, shared).await,
                Some(tls) => {
                    let limit = shared.app.settings.limits.arrival;
                    let shaken = tokio::time::timeout(limit, tls.accept(stream)).await;
                    if let Ok(Ok(stream)) = shaken {
                        serve(stream, peer, shared).await;
                    }
                }
            }
        });
        tokio::spawn(task);
    }
}

async fn accept_control(listener: UnixListener, shared: Shared) {
    let mut stop = shared.stop.clone();
    loop {
        let accepted = tokio::select! {
            () = stopping(&mut stop) => return,
            accepted = listener.accept() => accepted,
        };
        if let Ok((stream, _)) = accepted {
            let peer = Peer {
                address: None,
                surface: Surface::Control,
            };
            tokio::spawn(serve(stream, peer, shared.clone()));
        } else {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

/// A connection's place among those that may be open.
pub(super) struct Place {
    shared: Shared,
    ip: IpAddr,
}

impl Shared {
    /// A place for one more connection from there, if there is one.
    fn admit(&self, ip: IpAddr) -> Option<Place> {
        let ip = ip.to_canonical();
        let limits = &self.app.settings.limits;
        let trusted = self
            .app
            .settings
            .trusted_proxies
            .iter()
            .any(|range| range.contains(&ip));
        let most = if trusted {
            limits.connections
        } else {
            limits.connections_per_peer
        };
        let mut peers = self.peers.lock().unwrap_or_else(PoisonError::into_inner);
        let all: usize = usize::try_from(self.app.metrics.connections.get()).unwrap_or(0);
        let own = peers.entry(ip).or_default();
        if *own >= most || all >= limits.connections {
            return None;
        }
        *own += 1;
        self.app.metrics.connections.inc();
        drop(peers);
        Some(Place {
            shared: self.clone(),
            ip,
        })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.shared.app.metrics.connections.dec();
        let mut peers = self
            .shared
            .peers
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(own) = peers.get_mut(&self.ip) {
            *own -= 1;
            if *own == 0 {
                peers.remove(&self.ip);
            }
        }
    }
}
