//! A proxy in a process of its own.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

/// A running nginx with the shipped files.
pub(crate) struct Nginx {
    child: Child,
    pub(crate) address: SocketAddr,
    _directory: TempDir,
}

impl Drop for Nginx {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn shipped() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../gateways/nginx")
}

/// A port that was free a moment ago.
pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port()
}

impl Nginx {
    /// Starts nginx with the shipped configuration. Only addresses are replaced, and what `change`
    /// does to the example server.
    pub(crate) fn start(
        keystile: SocketAddr,
        application: SocketAddr,
        change: impl Fn(String) -> String,
    ) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let port = free_port();
        for file in std::fs::read_dir(shipped()).unwrap().map(Result::unwrap) {
            let text = std::fs::read_to_string(file.path()).unwrap();
            let text = text
                .replace("127.0.0.1:5397", &keystile.to_string())
                .replace("127.0.0.1:8080", &application.to_string())
                .replace("listen 8000;", &format!("listen 127.0.0.1:{port};"));
            let text = if file.file_name() == "keepem.conf" {
                change(text)
            } else {
                text
            };
            std::fs::write(directory.path().join(file.file_name()), text).unwrap();
        }
        std::fs::write(directory.path().join("nginx.conf"), MAIN).unwrap();
        let child = Command::new("nginx")
            .args(["-c", "nginx.conf", "-e", "stderr", "-p"])
            .arg(directory.path())
            .stdout(Stdio::null())
            .stderr(std::fs::File::create(directory.path().join("errors")).unwrap())
            .spawn()
            .expect("nginx is on the machine; `cargo xtask test --provision` installs it");
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        let mut nginx = Self {
            child,
            address,
            _directory: directory,
        };
        nginx.wait_until_it_listens();
        nginx
    }

    fn wait_until_it_listens(&mut self) {
        while TcpStream::connect(self.address).is_err() {
            if let Some(status) = self.child.try_wait().unwrap() {
                let errors = std::fs::read_to_string(self._directory.path().join("errors"));
                panic!("nginx ended ({status}): {}", errors.unwrap_or_default());
            }
            std::thread::yield_now();
        }
    }
}

const MAIN: &str = "
daemon off;
master_process off;
worker_processes 1;
pid nginx.pid;
events { worker_connections 256; }
http {
    access_log off;
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    include keystile-http.conf;
    include keepem.conf;
}
";
