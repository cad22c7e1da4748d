//! A machine that has no more: no space on the disk, no handles for files.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};

use rustix::process::Resource;
use serde_json::{Value, json};

use crate::process::{KEYSTILE, Process, Reply, keystile, operator_key, request};

struct Shop {
    server: Process,
    operator: String,
    environment: String,
    secret: String,
}

/// Lives on when a write is refused for the size of a file.
const ANYWHERE: &str =
    "trap '' XFSZ; exec \"$0\" serve --listen 127.0.0.1:0 --log json --data \"$1/data\"";

/// The same on a disk of 4 MiB, which fills up and is freed again when told so. Tells the data
/// directory's own commands from inside, where alone the disk is seen.
const SMALL_DISK: &str = r#"
mount -t tmpfs -o size=4m,mode=700 tmpfs "$1" || exit 9
"$0" serve --listen 127.0.0.1:0 --log json --data "$1/data" </dev/null & server=$!
while read -r word; do
    case $word in
        fill) cat /dev/zero >"$1/ballast" 2>/dev/null; echo filled ;;
        free) rm "$1/ballast"; echo freed ;;
        stop) kill $server; wait $server; "$0" --data "$1/data" audit verify; exit $? ;;
    esac
done
"#;

impl Shop {
    fn open(directory: &Path) -> Self {
        let mut command = Command::new("sh");
        command.args(["-c", ANYWHERE, KEYSTILE]).arg(directory);
        Self::of(&mut command)
    }

    /// On a disk of its own, where the system lets us have one.
    fn on_small_disk(directory: &Path) -> Option<Self> {
        let alone = [
            "--mount",
            "--pid",
            "--fork",
            "--kill-child",
            "--map-root-user",
        ];
        let mut probe = Command::new("unshare");
        probe.args(alone).args(["mount", "-t", "tmpfs", "tmpfs"]);
        let may = probe.arg(directory).stderr(Stdio::null()).status();
        if !may.is_ok_and(|may| may.success()) {
            return None;
        }
        let mut command = Command::new("unshare");
        command.args(alone).args(["sh", "-c", SMALL_DISK, KEYSTILE]);
        command.arg(directory).stdin(Stdio::piped());
        Some(Self::of(&mut command))
    }

    fn of(command: &mut Command) -> Self {
        let operator = operator_key();
        command
            .env("KEYSTILE_BOOTSTRAP_KEY", &operator)
            .stderr(Stdio::null());
        let server = Process::of(command);
        let mut shop = Self {
            server,
            operator,
            environment: String::new(),
            secret: String::new(),
        };
        let bkend = keystile_core::manifest::System::Bkend;
        let manifest = keystile_core::manifest::starter(Some(bkend));
        shop.good("PUT", "/v1/products/bkend", manifest);
        let body = json!({ "product": "bkend", "name": "Paperboat" }).to_string();
        let made = shop.good("POST", "/v1/organizations", &body);
        let path = format!(
            "/v1/organizations/{}/projects",
            text(&made["organization"]["id"])
        );
        let made = shop.good("POST", &path, &json!({ "name": "Main" }).to_string());
        shop.environment = text(&made["environments"][0]["id"]);
        shop.secret = text(&shop.create("First").json()["secret"]);
        shop
    }

    fn send(&self, method: &str, path: &str, body: &str) -> Reply {
        request(self.server.address, &self.operator, method, path, body).unwrap()
    }

    fn good(&self, method: &str, path: &str, body: &str) -> Value {
        let reply = self.send(method, path, body);
        assert!(reply.status < 300, "{}", reply.text);
        reply.json()
    }

    fn keys(&self) -> String {
        format!("/v1/environments/{}/keys", self.environment)
    }

    fn create(&self, name: &str) -> Reply {
        let body = json!({ "kind": "secret", "name": name }).to_string();
        self.send("POST", &self.keys(), &body)
    }

    fn names(&self) -> Vec<String> {
        let listed = self.good("GET", &format!("{}?limit=100", self.keys()), "");
        let keys = listed["data"].as_array().unwrap();
        keys.iter().map(|key| text(&key["name"])).collect()
    }

    fn verify(&self) -> Value {
        let body = json!({ "key": self.secret, "product": "bkend", "mode": "live",
                           "authenticate_only": true });
        self.good("POST", "/v1/keys/verify", &body.to_string())
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

#[test]
#[ignore = "needs the right to mount a small disk"]
fn t01_a_full_disk_refuses_changes_whole_verifies_on_and_heals() {
    let directory = tempfile::tempdir().unwrap();
    let mut shop = Shop::on_small_disk(directory.path())
        .expect("the right to mount: run it as root, or where user namespaces are allowed");
    shop.server.tell("fill", "filled");
    // Until what the database had set aside is used up.
    let mut created = vec!["First".to_owned()];
    let refused = loop {
        let name = format!("Key {}", created.len());
        let reply = shop.create(&name);
        if reply.status != 201 {
            break reply;
        }
        created.insert(0, name);
    };
    assert_eq!(refused.status, 503, "{}", refused.text);
    assert_eq!(refused.json()["code"], "not_written");
    for _ in 0..3 {
        assert_eq!(shop.create("Last").status, 503);
        assert_eq!(shop.verify()["valid"], true);
    }
    assert_eq!(
        shop.names(),
        created[..created.len().min(100)],
        "nothing partial"
    );
    shop.server.tell("free", "freed");
    let last = shop.create("Last");
    assert_eq!(last.status, 201, "{}", last.text);
    shop.server.tell("stop", "stopped");
    assert!(shop.server.ended_well(), "the audit finds something");
}

#[test]
fn t04_after_a_write_that_may_have_failed_nothing_is_written_and_a_restart_heals() {
    let directory = tempfile::tempdir().unwrap();
    let shop = Shop::open(directory.path());
    shop.server.limit(Resource::Fsize, Some(4096));
    let refused = shop.create("Second");
    assert_eq!(refused.status, 503, "{}", refused.text);
    assert_eq!(refused.json()["code"], "outcome_unknown");
    shop.server.limit(Resource::Fsize, None);
    let refused = shop.create("Third");
    assert_eq!(refused.status, 503, "{}", refused.text);
    assert_eq!(refused.json()["code"], "not_written");
    assert_eq!(shop.verify()["valid"], true);
    let Shop {
        server, operator, ..
    } = shop;
    assert!(server.terminate());
    let data = directory.path().join("data");
    let server = Process::start(&data, &operator);
    let keys = request(
        server.address,
        &operator,
        "GET",
        "/v1/keys?product=bkend",
        "",
    )
    .unwrap();
    let keys = keys.json()["data"].as_array().unwrap().len();
    assert_eq!(keys, 1, "this one was not written, and now it is known");
    assert!(server.terminate());
    let verified = keystile(&data, &["audit", "verify"]);
    assert!(
        verified.status.success(),
        "{}",
        String::from_utf8_lossy(&verified.stdout)
    );
}

/// A connection that is kept open.
struct Kept(TcpStream);

impl Kept {
    fn new(address: SocketAddr) -> Self {
        Self(TcpStream::connect(address).unwrap())
    }

    /// Whether it is answered.
    fn is_live(&mut self) -> bool {
        let asked = self.0.write_all(b"GET /livez HTTP/1.1\r\nhost: h\r\n\r\n");
        let mut head = [0_u8; 12];
        asked.is_ok() && self.0.read_exact(&mut head).is_ok() && self.rest()
    }

    /// Reads on to the end of the answer.
    fn rest(&mut self) -> bool {
        let mut seen = Vec::new();
        let mut byte = [0_u8; 1];
        while !seen.ends_with(b"\r\n\r\nlive") {
            match self.0.read(&mut byte) {
                Ok(1) => seen.push(byte[0]),
                _ => return false,
            }
        }
        true
    }
}

#[test]
fn t23_without_file_handles_open_connections_live_and_new_ones_wait() {
    let directory = tempfile::tempdir().unwrap();
    let shop = Shop::open(directory.path());
    let address = shop.server.address;
    let mut early = Kept::new(address);
    assert!(early.is_live());
    shop.server.limit(Resource::Nofile, Some(64));
    // More than there are handles: the system takes them for us, and they wait to be accepted.
    let mut crowd: Vec<_> = (0..100).map(|_| Kept::new(address)).collect();
    for _ in 0..5 {
        assert!(early.is_live(), "an open connection is answered on");
    }
    let first = crowd.remove(0);
    let mut last = crowd.pop().unwrap();
    drop((first, crowd));
    assert!(
        last.is_live(),
        "it waited, and is answered once there are handles again"
    );
    assert_eq!(shop.verify()["valid"], true);
    assert_eq!(shop.create("Afterwards").status, 201);
}
