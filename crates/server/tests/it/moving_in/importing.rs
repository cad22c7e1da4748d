//! `POST /v1/keys/import`

use keystile_core::key::ForeignHash;
use keystile_core::model::ForeignDigest;
use serde_json::{Value, json};

use super::{Moving, counts, hex, row, wrong};
use crate::house::text;

fn numbered(number: usize) -> String {
    format!("kp_key-number-{number:06}")
}

#[tokio::test(flavor = "multi_thread")]
async fn imported_keys_work_at_once_and_importing_again_changes_nothing() {
    let moving = Moving::new().await;
    let rows: Vec<_> = (0..300).map(|number| row(&numbered(number))).collect();
    let before = moving.house.get("/v1/audit?limit=1").json()["data"][0]["seq"].clone();
    let first = moving.import_with(&rows, &json!({ "source": "keys.csv" }));
    assert_eq!(counts(&first), [300, 0, 0]);
    for number in [0, 150, 299] {
        assert_eq!(moving.code(&numbered(number)), "ok");
    }
    assert_eq!(moving.code(&numbered(300)), "unknown_key");
    let entry = &moving.house.get("/v1/audit?limit=1").json()["data"][0];
    assert_eq!(entry["action"], "keys.imported");
    assert_eq!(
        entry["details"],
        json!({ "keys": 300, "source": "keys.csv" })
    );
    assert_eq!(entry["product"], "bkend");
    let rows_written = entry["seq"].as_u64().unwrap() - before.as_u64().unwrap();
    assert_eq!(rows_written, 1, "one row for many keys");
    let again = moving.import(&rows);
    assert_eq!(counts(&again), [0, 300, 0]);
    assert_eq!(again["results"][7]["key"], first["results"][7]["key"]);
    let last = moving.house.get("/v1/audit?limit=1").json()["data"][0]["seq"].clone();
    assert_eq!(last, entry["seq"], "nothing was written");
    let moving = Moving {
        house: moving.house.restarted().await,
        customer: moving.customer,
    };
    assert_eq!(moving.code(&numbered(299)), "ok");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_spelling_of_a_digest_is_taken_and_they_may_be_mixed() {
    let moving = Moving::new().await;
    let sha256 = |key: &str| {
        ForeignHash::of(key, ForeignDigest::Sha256)
            .as_bytes()
            .to_vec()
    };
    let wide = "wide.key-of-acme-0001";
    let sha512 = ForeignHash::of(wide, ForeignDigest::Sha512);
    let digests = [
        (numbered(1), hex(&numbered(1)).to_uppercase()),
        (numbered(2), base64(&sha256(&numbered(2)), STANDARD, true)),
        (numbered(3), base64(&sha256(&numbered(3)), URL, false)),
        (numbered(4), base64(&sha256(&numbered(4)), URL, true)),
        (wide.to_owned(), base64(sha512.as_bytes(), STANDARD, true)),
    ];
    let rows = digests.iter().map(
        |(key, digest)| json!({ "digest": digest, "organization": "acme", "start": &key[..4] }),
    );
    let mut rows: Vec<_> = rows.collect();
    rows[4]["start"] = json!("wide.k");
    let answer = moving.import(&rows);
    assert_eq!(counts(&answer), [5, 0, 0], "{answer}");
    for (key, _) in &digests {
        assert_eq!(moving.code(key), "ok", "{key}");
    }
}

const STANDARD: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const URL: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

fn base64(bytes: &[u8], alphabet: &[u8], padded: bool) -> String {
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let mut group = [0; 3];
        group[..chunk.len()].copy_from_slice(chunk);
        let bits = u32::from_be_bytes([0, group[0], group[1], group[2]]);
        for at in 0..=chunk.len() {
            let index = usize::try_from(bits >> (18 - 6 * at) & 63).unwrap();
            out.push(char::from(alphabet[index]));
        }
        out.extend(std::iter::repeat_n(
            '=',
            if padded { 3 - chunk.len() } else { 0 },
        ));
    }
    out
}

#[tokio::test(flavor = "multi_thread")]
async fn a01_a14_each_bad_row_is_refused_alone_and_told_why() {
    let moving = Moving::new().await;
    let secret = numbered(1);
    let with = |name: &str, value: Value| {
        let mut row = row(&numbered(2));
        row[name] = value;
        row
    };
    let cut = &hex(&secret)[1..];
    let cases = [
        (with("digest", json!(cut)), "/digest", "63 characters"),
        (with("digest", json!("")), "/digest", "empty"),
        (with("digest", json!(secret)), "/digest", "key itself"),
        (with("digest", json!("z".repeat(64))), "/digest", "hex"),
        (with("digest", json!("+-".repeat(22))), "/digest", "base64"),
        (with("digest", json!("a".repeat(128))), "/digest", "sha256"),
        (with("digest", json!(7)), "/digest", "expected"),
        (with("start", json!("zz_12")), "/start", "foreign_formats"),
        (with("start", Value::Null), "/start", "several"),
        (
            with("organization", json!("nobody")),
            "/organization",
            "create it",
        ),
        (
            with("organization", Value::Null),
            "/organization",
            "whose key",
        ),
        (
            with("organization", json!("a\nb")),
            "/organization",
            "printable",
        ),
        (
            with("environment", json!("moon")),
            "/environment",
            "no environment",
        ),
        (
            with("environment", json!("staging")),
            "/environment",
            "test",
        ),
        (with("name", json!("")), "/name", "1 to 100"),
        (with("name", json!("x".repeat(101))), "/name", "1 to 100"),
        (with("scopes", json!(["nothing"])), "/scopes/0", "no scope"),
        (
            with("allowed_ips", json!(["0.0.0.0/0"])),
            "/allowed_ips/0",
            "",
        ),
        (with("expires_at", json!("tomorrow")), "/expires_at", ""),
        (
            with("expires_at", json!("9999-01-01T00:00:00Z")),
            "/expires_at",
            "ten years",
        ),
        (with("metadata", json!([])), "/metadata", "expected"),
        (
            with("rate_limit", json!({ "limit": 1, "period_seconds": 0 })),
            "/rate_limit/period_seconds",
            "1 to",
        ),
        (
            with("spend_caps", json!({ "day": 1_u64 << 53 })),
            "/spend_caps/day",
            "at most 9007199254740991",
        ),
        (
            with("spend_caps", json!({})),
            "/spend_caps",
            "no cap is set",
        ),
        (with("role", json!("admin")), "/role", "unknown field"),
        (with("start", json!(numbered(2))), "/start", "key itself"),
        (with("name", json!(numbered(2))), "/name", "key itself"),
        (json!(["a"]), "", "object"),
    ];
    let mut rows: Vec<_> = cases.iter().map(|(row, _, _)| row.clone()).collect();
    rows.push(row(&numbered(3)));
    let answer = moving.import(&rows);
    assert_eq!(counts(&answer), [1, 0, cases.len() as u64], "{answer:#}");
    for (index, (_, pointer, word)) in cases.iter().enumerate() {
        let (at, message) = wrong(&answer, index);
        assert_eq!(at, format!("/rows/{index}{pointer}"), "{message}");
        assert!(message.contains(word), "{message}");
    }
    assert!(
        [&secret, &numbered(2)]
            .iter()
            .all(|key| !answer.to_string().contains(*key)),
        "a key in place of its digest"
    );
    assert_eq!(
        moving.code(&numbered(3)),
        "ok",
        "the good row is not kept back"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a05_a_call_has_1_to_1000_rows() {
    let moving = Moving::new().await;
    for rows in [0, 1001] {
        let rows: Vec<_> = (0..rows).map(|number| row(&numbered(number))).collect();
        let body = json!({ "product": "bkend", "rows": rows });
        let reply = moving.house.post("/v1/keys/import", &body).expect(422);
        assert_eq!(reply.json()["errors"][0]["pointer"], "/rows");
    }
    let rows: Vec<_> = (0..1000).map(|number| row(&numbered(number))).collect();
    assert_eq!(counts(&moving.import(&rows)), [1000, 0, 0]);
    assert_eq!(moving.code(&numbered(999)), "ok");
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_that_repeat_are_one_key_and_names_that_repeat_are_numbered() {
    let moving = Moving::new().await;
    let named = |number: usize, name: &str| {
        let mut row = row(&numbered(number));
        row["name"] = json!(name);
        row
    };
    let nameless = row(&numbered(5));
    let rows = [
        named(1, "ci"),
        named(2, "ci"),
        named(1, "again"),
        named(3, "ci (2)"),
        named(4, "ci"),
        nameless,
        row(&numbered(6)),
    ];
    let answer = moving.import(&rows);
    assert_eq!(counts(&answer), [6, 1, 0], "{answer:#}");
    let name = |answer: &Value, index: usize| text(&answer["results"][index]["name"]);
    let names = [0, 1, 3, 4, 5, 6].map(|index| name(&answer, index));
    assert_eq!(
        names,
        [
            "ci",
            "ci (2)",
            "ci (2) (2)",
            "ci (3)",
            "Imported key",
            "Imported key (2)"
        ]
    );
    let more: Vec<_> = (10..40).map(|number| named(number, "ci")).collect();
    let answer = moving.import(&more);
    assert_eq!(name(&answer, 0), "ci (4)");
    assert_eq!(name(&answer, 29), "ci (33)");
    let elsewhere = moving.house.customer("bkend", "Other");
    let mut other = row(&numbered(1));
    other["organization"] = json!(elsewhere.organization);
    let answer = moving.import(&[other]);
    assert!(wrong(&answer, 0).1.contains("belongs to one key"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a11_a_bound_operator_is_not_told_of_keys_beyond_its_reach() {
    let moving = Moving::new().await;
    let key = "kpt_key-of-dev-000001";
    let place = |environment: &str| {
        json!({ "digest": hex(key), "start": "kpt_", "organization": "acme",
                "environment": environment })
    };
    assert_eq!(counts(&moving.import(&[place("dev")])), [1, 0, 0]);
    let made = json!({ "name": "staging", "product": "bkend", "environment": "staging",
                       "scopes": ["keys:write"] });
    let made = moving.house.post("/v1/operator-keys", &made).expect(201);
    let bearer = format!("Bearer {}", text(&made.json()["secret"]));
    let headers = [
        ("authorization", bearer.as_str()),
        ("content-type", "application/json"),
    ];
    let body = json!({ "rows": [place("staging")] }).to_string();
    let address = moving.house.address;
    let answer = crate::house::request(address, "POST", "/v1/keys/import", &headers, &body);
    let (pointer, message) = wrong(&answer.expect(200).json(), 0);
    assert_eq!(pointer, "/rows/0/digest");
    assert!(!message.contains("key_"), "{message}");
    let (_, told) = wrong(&moving.import(&[place("staging")]), 0);
    assert!(told.contains("key_"), "whoever may know is told: {told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_tells_everything_and_writes_nothing() {
    let moving = Moving::new().await;
    let mut unknown = row(&numbered(2));
    unknown["organization"] = json!("new-customer");
    let rows = [row(&numbered(1)), unknown, json!({ "digest": "x" })];
    let seq = || moving.house.get("/v1/audit?limit=1").json()["data"][0]["seq"].clone();
    let before = seq();
    let dry = json!({ "dry_run": true, "create_organizations": true });
    let answer = moving.import_with(&rows, &dry);
    assert_eq!(counts(&answer), [2, 0, 1]);
    assert_eq!(answer["results"][0]["key"], Value::Null);
    assert_eq!(seq(), before);
    assert_eq!(moving.code(&numbered(1)), "unknown_key");
    let answer = moving.import_with(&rows, &json!({ "dry_run": true }));
    assert_eq!(counts(&answer), [1, 0, 2]);
}

#[tokio::test(flavor = "multi_thread")]
async fn organizations_are_created_where_that_is_wanted() {
    let moving = Moving::new().await;
    let owned = |number: usize, organization: &str| {
        let mut row = row(&numbered(number));
        row["organization"] = json!(organization);
        row
    };
    let rows = [
        owned(1, "new-1"),
        owned(2, "new-2"),
        owned(3, "new-1"),
        owned(4, "acme"),
    ];
    let create = json!({ "create_organizations": true });
    let answer = moving.import_with(&rows, &create);
    assert_eq!(counts(&answer), [4, 0, 0], "{answer:#}");
    let body = json!({ "key": numbered(3), "product": "bkend", "environment": "production",
                       "authenticate_only": true });
    let verdict = moving.house.post("/v1/keys/verify", &body).json();
    assert_eq!(verdict["organization"]["external_id"], "new-1");
    let found = moving
        .house
        .get("/v1/organizations?product=bkend&external_id=new-1");
    assert_eq!(found.json()["data"].as_array().unwrap().len(), 1);
    assert_eq!(counts(&moving.import_with(&rows, &create)), [0, 4, 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_beyond_the_limit_of_keys_are_refused_alone() {
    let moving = Moving::new().await;
    let manifest = keystile_core::manifest::starter(Some(keystile_core::manifest::System::Bkend));
    let manifest = manifest.replacen("[keys.secret]", "[keys.secret]\nmax_active = 3", 1);
    let manifest = manifest + super::FORMATS;
    moving.house.apply("bkend", &manifest).expect(200);
    let other = moving.house.customer("bkend", "Other");
    let mut rows: Vec<_> = (0..5).map(|number| row(&numbered(number))).collect();
    let mut elsewhere = row(&numbered(9));
    elsewhere["organization"] = json!(other.organization);
    rows.push(elsewhere);
    let answer = moving.import(&rows);
    assert_eq!(counts(&answer), [4, 0, 2], "{answer:#}");
    assert!(wrong(&answer, 4).1.contains("at most 3"));
    assert_eq!(moving.code(&numbered(9)), "ok");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_other_system_says_of_a_key_comes_along() {
    let moving = Moving::new().await;
    let mut off = row(&numbered(1));
    off["enabled"] = json!(false);
    let mut over = row(&numbered(2));
    over["expires_at"] = json!("2020-01-01T00:00:00Z");
    let mut full = row(&numbered(3));
    full["start"] = json!("kp_keyABCDEF");
    full["metadata"] = json!({ "team": "\u{1f511}" });
    full["rate_limit"] = json!({ "limit": 2, "period_seconds": 3600 });
    full["spend_caps"] = json!({ "total": 90 });
    full["environment"] = json!(moving.customer.environment("production"));
    let answer = moving.import(&[off, over, full]);
    assert_eq!(counts(&answer), [3, 0, 0], "{answer:#}");
    assert_eq!(moving.code(&numbered(1)), "disabled_key");
    assert_eq!(moving.code(&numbered(2)), "expired_key");
    let key = text(&answer["results"][2]["key"]);
    let key = moving.house.get(&format!("/v1/keys/{key}")).json();
    assert_eq!(key["metadata"], json!({ "team": "\u{1f511}" }));
    assert_eq!(key["rate_limit"]["limit"], 2);
    assert_eq!(key["spend_caps"]["total"], 90);
    let codes = [(); 3].map(|()| moving.code(&numbered(3)));
    assert_eq!(codes, ["ok", "ok", "rate_limited"]);
    assert!(
        text(&key["preview"]).starts_with("kp_keyA\u{2022}"),
        "{key}"
    );
    let key = text(&answer["results"][0]["key"]);
    let key = moving.house.get(&format!("/v1/keys/{key}")).json();
    assert!(text(&key["preview"]).starts_with("kp_\u{2022}"), "{key}");
}

#[tokio::test(flavor = "multi_thread")]
async fn r12_a_revoke_during_an_import_is_in_force_when_it_returns() {
    let moving = Moving::new().await;
    let (id, victim) = moving.house.key(
        moving.customer.environment("production"),
        "secret",
        "Victim",
    );
    std::thread::scope(|scope| {
        let importing = scope.spawn(|| {
            for batch in 0..4 {
                let rows: Vec<_> = (0..500)
                    .map(|number| row(&numbered(batch * 500 + number)))
                    .collect();
                assert_eq!(counts(&moving.import(&rows)), [500, 0, 0]);
            }
        });
        let path = format!("/v1/keys/{id}/revoke");
        moving.house.post(&path, &json!({})).expect(200);
        assert_eq!(moving.code(&victim), "revoked_key");
        importing.join().unwrap();
    });
    assert_eq!(moving.code(&numbered(1999)), "ok");
}
