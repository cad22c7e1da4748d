//! `keystile import`: files as people have them, and files as they should not be.

use std::path::{Path, PathBuf};

use keystile_core::key::ForeignHash;
use keystile_core::model::ForeignDigest;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::process::{Process, keystile, operator_key, request};

/// A product that takes keys of another system, without a server.
struct Desk {
    directory: TempDir,
}

/// What a command printed, and whether it ended well.
#[derive(Debug)]
struct Said {
    well: bool,
    out: String,
    err: String,
}

impl Desk {
    fn new() -> Self {
        let desk = Self {
            directory: tempfile::tempdir().unwrap(),
        };
        let formats =
            "\n[[foreign_formats]]\nprefix = \"kp_\"\nkind = \"secret\"\nmode = \"live\"\n";
        let system = keystile_core::manifest::System::Bkend;
        let manifest = keystile_core::manifest::starter(Some(system)).to_owned() + formats;
        let file = desk.write("bkend.toml", manifest.as_bytes());
        assert!(desk.run(&["apply", file.to_str().unwrap()]).well);
        let created = [
            "organizations",
            "create",
            "bkend",
            "Acme",
            "--external-id",
            "acme",
        ];
        assert!(desk.run(&created).well);
        let organization = desk.run(&["--id", "organizations", "list"]).out;
        let project = ["projects", "create", organization.trim(), "Main"];
        assert!(desk.run(&project).well);
        desk
    }

    fn data(&self) -> PathBuf {
        self.directory.path().join("data")
    }

    fn write(&self, name: &str, text: &[u8]) -> PathBuf {
        let path = self.directory.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    fn run(&self, arguments: &[&str]) -> Said {
        let ended = keystile(&self.data(), arguments);
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Said {
            well: ended.status.success(),
            out: text(ended.stdout),
            err: text(ended.stderr),
        }
    }

    fn import(&self, file: &Path, more: &[&str]) -> Said {
        let file = file.to_str().unwrap();
        let mut arguments = vec!["import", file, "--product", "bkend"];
        arguments.extend_from_slice(more);
        self.run(&arguments)
    }

    fn csv(&self, text: &str) -> Said {
        let file = self.write("keys.csv", text.as_bytes());
        self.import(&file, &["--organization", "acme"])
    }

    fn verify(&self, key: &str) -> Value {
        let asked = ["--json", "verify", key, "--product", "bkend"];
        serde_json::from_str(&self.run(&asked).out).unwrap()
    }

    fn code(&self, key: &str) -> String {
        self.verify(key)["code"].as_str().unwrap().to_owned()
    }
}

fn sha256(key: &str) -> Vec<u8> {
    let hash = ForeignHash::of(key, ForeignDigest::Sha256);
    hash.as_bytes().to_vec()
}

fn hex(key: &str) -> String {
    sha256(key)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// As better-auth keeps it.
fn base64url(key: &str) -> String {
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let bytes = sha256(key);
    let bit = |at: usize| {
        bytes
            .get(at / 8)
            .map_or(0, |byte| usize::from(byte >> (7 - at % 8) & 1))
    };
    let sextet = |at: usize| (0..6).fold(0, |all, next| all << 1 | bit(at * 6 + next));
    (0..43).map(|at| char::from(alphabet[sextet(at)])).collect()
}

fn key(number: usize) -> String {
    format!("kp_key-number-{number:06}")
}

#[test]
fn a_csv_file_is_imported_and_importing_again_changes_nothing() {
    let desk = Desk::new();
    let text = format!(
        "digest,start,name,metadata,enabled,expires_at,rate_limit,spend_caps\n\
         {},kp_keyA,Server,\"{{\"\"team\"\": \"\"a, b\"\"}}\",true,,2/1h,9/day 50/total\n\
         {},,,,0,2031-01-01\u{20}00:00:00+00,,\n",
        hex(&key(1)),
        hex(&key(2))
    );
    let said = desk.csv(&text);
    assert!(said.well, "{said:?}");
    assert_eq!(said.out.trim(), "2 imported, 0 already there, 0 refused");
    let verdict = desk.verify(&key(1));
    assert_eq!(verdict["code"], "ok");
    assert_eq!(verdict["key"]["name"], "Server");
    assert_eq!(verdict["rate_limit"]["limit"], 2);
    assert_eq!(verdict["key"]["metadata"], json!({ "team": "a, b" }));
    let server = verdict["key"]["id"].as_str().unwrap();
    let server = desk.run(&["--json", "keys", "show", server]).out;
    let server: Value = serde_json::from_str(&server).unwrap();
    let caps = json!({ "day": 9, "month": null, "total": 50 });
    assert_eq!(server["spend_caps"], caps, "{server}");
    assert_eq!(desk.code(&key(2)), "disabled_key");
    let keys = desk.run(&["keys", "list"]).out;
    assert!(keys.contains("Imported key 3"), "named by its line: {keys}");
    let again = desk.csv(&text);
    assert_eq!(again.out.trim(), "0 imported, 2 already there, 0 refused");
    let audit = desk.run(&["--json", "audit", "list"]).out;
    assert!(audit.contains("\"source\": \"keys.csv\""), "{audit}");
    assert!(!audit.contains(desk.directory.path().to_str().unwrap()));
}

#[test]
fn byte_order_marks_line_ends_and_mixed_encodings_do_not_matter() {
    let desk = Desk::new();
    let text = format!(
        "\u{feff}digest,name\r\n{},\"two\r\nlines\"\r\n{},\"a \"\"b\"\", c\"\r\n{}=,c\r\n\r\n",
        hex(&key(1)),
        hex(&key(2)).to_uppercase(),
        base64url(&key(3)),
    );
    let said = desk.csv(&text);
    assert!(
        said.out.contains("line 2, name: control characters"),
        "{said:?}"
    );
    assert!(said.out.contains("2 imported, 0 already there, 1 refused"));
    assert!(!said.well, "a refused row is a failure for scripts");
    assert_eq!(desk.verify(&key(2))["key"]["name"], "a \"b\", c");
    assert_eq!(desk.code(&key(3)), "ok");
}

#[test]
fn each_refused_line_is_told_with_its_field_and_what_to_do() {
    let desk = Desk::new();
    let raw = key(9);
    let text = format!(
        "digest,organization,enabled,expires_at,rate_limit,spend_caps\n\
         {good},,,,,\n{good},,,,,\nabc,,,,,\n{raw},,,,,\n{good},nobody,,,,\n{good},,perhaps,,,\n\
         {good},,,soon,,\n{good},,,,often,\n{good},,,,,5/week\n{good},,,,\n{good},,,,,,\n",
        good = hex(&key(1)),
    );
    let said = desk.csv(&text);
    for expected in [
        "line 4, digest: 3 characters are no digest",
        "line 5, digest: ",
        "line 6, organization: the product has no organization",
        "line 7, enabled: write true or false",
        "line 8, expires_at: write a time like",
        "line 9, rate_limit: write how many calls",
        "line 10, spend_caps: write how many credits",
        "line 11: 5 values stand under 6 columns",
        "line 12: 7 values stand under 6 columns",
        "1 imported, 1 already there, 9 refused",
    ] {
        assert!(said.out.contains(expected), "{expected}: {}", said.out);
    }
    assert!(!said.out.contains(&raw) && !said.err.contains(&raw));
    assert!(said.err.contains("9 rows were refused"), "{}", said.err);
}

#[test]
fn files_that_are_none_are_refused_as_a_whole() {
    let desk = Desk::new();
    let cases: [(&[u8], &str); 9] = [
        (b"", "no column `digest`"),
        (b"name\nx\n", "no column `digest`"),
        (b"digest,role\nx,y\n", "`role`, which is none of: digest"),
        (
            b"kp_0f9e8d7c6b5a4938,acme\n",
            "number 1 (is there a header line at all?)",
        ),
        (b"digest,digest\nx,y\n", "stands twice"),
        (b"digest\xff\nx\n", "header line is not UTF-8"),
        (b"[{\"hash\":\"x\"}]", "say --format unkey"),
        (b"{\"keys\":[]}", "say --format unkey"),
        (&endless(), "never closed"),
    ];
    for (text, expected) in cases {
        let file = desk.write("bad.csv", text);
        let said = desk.import(&file, &[]);
        assert!(
            !said.well && said.err.contains(expected) && !said.err.contains("0f9e8d7c"),
            "{expected}: {said:?}"
        );
    }
    let missing = desk.import(Path::new("nothing.csv"), &[]);
    assert!(missing.err.contains("nothing.csv"), "{missing:?}");
    let file = desk.write("bad.csv", b"digest,name\nabc\xff,x\nabc,y\n");
    let said = desk.import(&file, &["--organization", "acme"]);
    assert!(
        said.out.contains("line 2: this line is not UTF-8"),
        "{said:?}"
    );
    assert!(
        said.out.contains("line 3, digest"),
        "the rest is read on: {said:?}"
    );
}

/// A quote that is never closed.
fn endless() -> Vec<u8> {
    let mut text = b"digest\n\"".to_vec();
    text.extend(std::iter::repeat_n(b'a', 3 << 20));
    text
}

#[test]
fn a_better_auth_table_is_imported_from_json_and_from_csv() {
    let desk = Desk::new();
    let rows = json!([
        {
            "id": "1", "name": "Mine", "start": "kp_key", "prefix": "kp_",
            "key": base64url(&key(1)), "userId": "user-1", "enabled": true,
            "expiresAt": "2031-01-01T00:00:00.000Z", "metadata": "{\"plan\":\"pro\"}",
            "remaining": null, "permissions": null, "createdAt": "2025-01-01T00:00:00.000Z",
        },
        { "key": base64url(&key(2)), "userId": 4711, "prefix": "kp_", "enabled": 0,
          "expiresAt": null, "metadata": null, "name": null, "start": null },
        { "start": "kp_", "userId": "user-3" },
    ]);
    let file = desk.write("apikey.json", rows.to_string().as_bytes());
    let more = ["--format", "better-auth", "--create-organizations"];
    let said = desk.import(&file, &more);
    assert!(
        said.out.contains("line 3, key: there is no `key`"),
        "{said:?}"
    );
    assert!(
        said.out.contains("2 imported, 0 already there, 1 refused"),
        "{said:?}"
    );
    let verdict = desk.verify(&key(1));
    assert_eq!(verdict["organization"]["external_id"], "user-1");
    assert_eq!(verdict["key"]["metadata"], json!({ "plan": "pro" }));
    assert_eq!(verdict["key"]["expires_at"], "2031-01-01T00:00:00.000Z");
    let verdict = desk.verify(&key(2));
    assert_eq!(verdict["code"], "disabled_key");
    assert_eq!(verdict["organization"]["external_id"], "4711");
    let text = format!(
        "id,name,start,prefix,key,user_id,enabled,expires_at,metadata,rate_limit_max\n\
         1,Mine,kp_key,kp_,{},user-1,t,2031-01-01 00:00:00,,10\n\
         4,Fourth,kp_key,kp_,{},user-4,t,1924992000000,null,10\n",
        base64url(&key(1)),
        base64url(&key(4))
    );
    let file = desk.write("apikey.csv", text.as_bytes());
    let said = desk.import(&file, &more);
    assert_eq!(
        said.out.trim(),
        "1 imported, 1 already there, 0 refused",
        "{said:?}"
    );
    assert_eq!(desk.code(&key(4)), "ok");
}

#[test]
fn keys_of_unkey_are_imported_in_each_shape_that_it_has() {
    let desk = Desk::new();
    let standard = base64url(&key(1)).replace('-', "+").replace('_', "/") + "=";
    let wrapped = json!({ "apiId": "api_1", "keys": [
        { "hash": { "value": standard, "variant": "sha256_base64" }, "start": "kp_keyX",
          "ownerId": "acme", "meta": { "a": 1 }, "expires": 1_924_992_000_000_i64 },
        { "hash": base64url(&key(2)), "start": "kp_keyX", "externalId": "acme",
          "deletedAt": "2026-01-01 00:00:00.000" },
        7,
    ] });
    let file = desk.write("keys.json", wrapped.to_string().as_bytes());
    let said = desk.import(&file, &["--format", "unkey"]);
    assert!(said.out.contains("line 2, deleted_at: "), "{said:?}");
    assert!(said.out.contains("line 3: this is no object"), "{said:?}");
    assert!(
        said.out.contains("1 imported, 0 already there, 2 refused"),
        "{said:?}"
    );
    assert_eq!(desk.verify(&key(1))["key"]["metadata"], json!({ "a": 1 }));
    let one = |number| {
        json!({ "hash": base64url(&key(number)), "start": "kp_keyX",
                "identity": { "externalId": "acme" }, "enabled": true })
    };
    let lines = format!("{}\n{}\n\n", one(3), one(4));
    let file = desk.write("keys.jsonl", lines.as_bytes());
    let said = desk.import(&file, &["--format", "unkey"]);
    assert_eq!(
        said.out.trim(),
        "2 imported, 0 already there, 0 refused",
        "{said:?}"
    );
    for broken in ["[{\"hash\":", "[1,", "{\"keys\":7}", "[]]"] {
        let file = desk.write("broken.json", broken.as_bytes());
        let said = desk.import(&file, &["--format", "unkey"]);
        assert!(
            !said.well && said.err.contains("broken.json"),
            "{broken}: {said:?}"
        );
    }
}

#[test]
fn a_dry_run_tells_what_would_be_and_changes_nothing() {
    let desk = Desk::new();
    let text = format!("digest,organization\n{},new\nabc,acme\n", hex(&key(1)));
    let file = desk.write("keys.csv", text.as_bytes());
    let said = desk.import(&file, &["--dry-run", "--create-organizations"]);
    let expected = "1 would be imported, 0 already there, 1 refused";
    assert!(said.out.contains(expected), "{said:?}");
    assert_eq!(desk.code(&key(1)), "unknown_key");
    let listed = desk.run(&["organizations", "list"]).out;
    assert!(!listed.contains("new"), "{listed}");
    let said = desk.import(&file, &["--dry-run", "--json"]);
    let lines: Vec<Value> = said
        .out
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines[0]["line"], 2);
    assert_eq!(lines[2]["refused"], 2, "{said:?}");
}

#[test]
fn a05_a_row_that_is_too_long_is_refused_alone() {
    let desk = Desk::new();
    let long = "x".repeat(200_000);
    let text = format!("digest,note\n{},{long}\n{},\n", hex(&key(1)), hex(&key(2)));
    let said = desk.csv(&text);
    assert!(
        said.out.contains("line 2: it has more than 100000 bytes"),
        "{:.200}",
        said.out
    );
    assert!(
        said.out.contains("1 imported, 0 already there, 1 refused"),
        "{:.200}",
        said.out
    );
}

#[test]
fn the_example_of_the_documents_is_imported_as_written() {
    let desk = Desk::new();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let file = root.join("examples/moving-in/keys.csv");
    let said = desk.import(&file, &["--create-organizations"]);
    assert_eq!(
        said.out.trim(),
        "2 imported, 0 already there, 0 refused",
        "{said:?}"
    );
    let listed = desk.run(&["keys", "list"]).out;
    assert!(
        listed.contains("kp_4f1d") && listed.contains("Nightly report"),
        "{listed}"
    );
}

#[test]
fn thousands_of_rows_go_to_a_running_server_while_it_answers() {
    let desk = Desk::new();
    let mut text = "digest,start\n".to_owned();
    for number in 0..2_500 {
        text.push_str(&format!("{},kp_keyX\n", hex(&key(number))));
    }
    // In another call than the first of them.
    text.push_str(&format!("{},kp_keyX\n", hex(&key(7))));
    let file = desk.write("keys.csv", text.as_bytes());
    let operator = operator_key();
    let server = Process::start(&desk.data(), &operator);
    let said = desk.import(&file, &["--organization", "acme"]);
    assert_eq!(
        said.out.trim(),
        "2500 imported, 1 already there, 0 refused",
        "{said:?}"
    );
    let asked = json!({ "key": key(2_499), "product": "bkend", "mode": "any",
                        "authenticate_only": true });
    let (path, body) = ("/v1/keys/verify", asked.to_string());
    let reply = request(server.address, &operator, "POST", path, &body).unwrap();
    assert_eq!(reply.json()["code"], "ok", "{}", reply.text);
    assert!(server.terminate());
    let checked = desk.run(&["audit", "verify"]);
    assert!(checked.well, "{checked:?}");
}
