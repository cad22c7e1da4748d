//! The ledger as people read it.

use std::collections::HashSet;
use std::io::{Read, Write};
use std::net::TcpStream;

use serde_json::{Value, json};

use super::lab::{DAY, Lab, MINUTE};
use crate::house::text;

const SUMS: [&str; 5] = ["granted", "spent", "reserved", "expired", "remaining"];

/// What all entries of an account come to, by adding up: not by the ledger's own code.
fn added_up(entries: &[Value]) -> [i64; 5] {
    SUMS.map(|sum| {
        let changes = entries.iter().map(|one| &one["changes"][sum]);
        changes.map(|change| change.as_i64().unwrap()).sum()
    })
}

/// One of everything that can happen to an account.
async fn busy() -> Lab {
    let (lab, hands) = Lab::with_hands().await;
    let now = keystile_store::Clock::now(&*hands);
    let short = json!({ "mode": "test", "amount": 9, "reason": "short",
                        "expires_at": now.plus_millis(DAY) });
    lab.grant(&short).expect(201);
    let grant = lab.granted("test", 6);
    let of_short = lab.spend("test", 4);
    let settled = lab.reserve("test", 3);
    let released = lab.reserve("test", 2);
    lab.change(&settled, "settle", &json!({ "amount": 1 }))
        .expect(200);
    lab.change(&released, "release", &json!({})).expect(200);
    lab.change(&of_short, "refund", &json!({ "amount": 1 }))
        .expect(200);
    let across = lab.reserve("test", 12);
    let void = format!("/v1/grants/{grant}/void");
    lab.house.post(&void, &json!({})).expect(200);
    hands.move_by(15 * MINUTE);
    assert_eq!(lab.show(&across)["status"], "ran_out");
    lab.spend("test", 3);
    hands.move_by(DAY);
    lab.change(&of_short, "refund", &json!({})).expect(200);
    lab.spend("test", lab.remaining("test"));
    lab
}

#[tokio::test(flavor = "multi_thread")]
async fn all_entries_add_up_to_what_the_account_holds() {
    let lab = busy().await;
    let entries = lab.all("ledger?mode=test", 100);
    let sums = lab.sums("test").map(|sum| i64::try_from(sum).unwrap());
    assert_eq!(added_up(&entries), sums);
    assert_eq!(sums[0], 20 + 9 + 6);
    assert_eq!(sums[4], 0);
    let types: HashSet<_> = entries.iter().map(|one| text(&one["type"])).collect();
    let expected = [
        "granted",
        "expired",
        "voided",
        "spent",
        "reserved",
        "settled",
        "refunded",
        "released",
        "ran_out",
        "credits.low",
        "credits.exhausted",
    ];
    assert_eq!(types, expected.map(str::to_owned).into());
    // Also at every moment in between: nothing is ever below zero, and granted is the rest.
    for from in 0..entries.len() {
        let [granted, spent, reserved, expired, remaining] = added_up(&entries[from..]);
        assert_eq!(granted, spent + reserved + expired + remaining);
        assert!(spent >= 0 && reserved >= 0 && expired >= 0 && remaining >= 0);
    }
    assert_eq!(lab.all("ledger", 100).len(), 0, "live is another account");
}

#[tokio::test(flavor = "multi_thread")]
async fn entries_say_what_they_are_about() {
    let lab = busy().await;
    let entries = lab.all("ledger?mode=test", 100);
    let first = |kind: &str| {
        let found = entries.iter().rev().find(|one| one["type"] == kind);
        found.unwrap_or_else(|| panic!("no {kind}"))
    };
    let spent = first("spent");
    assert_eq!(spent["id"], spent["spend_id"]);
    assert_eq!(spent["amount"], 4);
    assert_eq!(spent["operation"], "POST /v1/analyses");
    assert!(text(&spent["key"]).starts_with("key_"));
    assert_eq!(spent["changes"]["remaining"], -4);
    assert_eq!(lab.show(&text(&spent["id"]))["grants"], spent["grants"]);
    let refunded = first("refunded");
    assert_eq!(refunded["spend_id"], spent["id"]);
    assert_eq!(
        (&refunded["key"], &refunded["amount"]),
        (&spent["key"], &json!(1))
    );
    let reserved = first("reserved");
    assert!(reserved["reserved_until"].is_string());
    let settled = first("settled");
    assert_eq!(settled["spend_id"], reserved["id"]);
    assert_eq!(
        (&settled["amount"], &settled["changes"]["reserved"]),
        (&json!(1), &json!(-3))
    );
    let short = entries
        .iter()
        .find(|one| one["expires_at"].is_string())
        .unwrap();
    assert_eq!(
        (&short["type"], &short["amount"]),
        (&json!("granted"), &json!(9))
    );
    assert_eq!(
        first("expired")["grants"][0]["id"],
        short["grants"][0]["id"]
    );
    let low = first("credits.low");
    assert_eq!(low["threshold"], 10);
    assert!(low["remaining"].as_u64().unwrap() <= 10);
    assert_eq!(low.get("amount"), None);
    for entry in &entries {
        let id = text(&entry["id"]);
        let is_charge = ["spent", "reserved"].contains(&entry["type"].as_str().unwrap());
        assert_eq!(id.starts_with("spend_"), is_charge, "{entry}");
        assert!(is_charge || id.starts_with("entry_"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a16_the_ledger_pages_through_everything_once_newest_first() {
    let lab = busy().await;
    let whole = lab.all("ledger?mode=test", 100);
    for limit in [1, 3] {
        assert_eq!(lab.all("ledger?mode=test", limit), whole, "{limit}");
    }
    let ids: HashSet<_> = whole.iter().map(|one| text(&one["id"])).collect();
    assert_eq!(ids.len(), whole.len());
    let times: Vec<_> = whole.iter().map(|one| text(&one["at"])).collect();
    assert!(times.windows(2).all(|two| two[0] >= two[1]));
    for (query, status) in [
        ("cursor=x", 400),
        ("cursor=org_01h2xcejqtf2nbrexx3vqjhp41", 400),
        ("cursor=spend_01h2xcejqtf2nbrexx3vqjhp41", 400),
        ("limit=0", 422),
        ("limit=101", 422),
        ("limit=-1", 422),
        ("mode=any", 422),
        ("format=xlsx", 422),
        ("format=csv&limit=5", 422),
        ("sort=at", 422),
        ("mode=live&mode=test", 400),
    ] {
        let path = lab.path(&format!("ledger?{query}"));
        lab.house.get(&path).expect(status);
    }
    // A cursor of the other account leads nowhere.
    let path = lab.path(&format!(
        "ledger?mode=live&cursor={}",
        text(&whole[2]["id"])
    ));
    assert_eq!(lab.house.get(&path).expect(200).json()["data"], json!([]));
}

/// Rows of a table without quotes in it.
fn rows(csv: &str) -> Vec<Vec<String>> {
    assert!(csv.ends_with("\r\n") && !csv.contains('"'));
    let lines = csv.split_terminator("\r\n");
    lines
        .map(|line| line.split(',').map(str::to_owned).collect())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn p01_p02_the_ledger_as_csv_says_the_same() {
    let lab = busy().await;
    let path = lab.path("ledger?mode=test&format=csv");
    let reply = lab.house.get(&path).expect(200);
    let kind = reply.header("content-type").unwrap();
    assert_eq!(kind, "text/csv; charset=utf-8; header=present");
    let name = format!(
        "attachment; filename=\"ledger-{}-test.csv\"",
        lab.organization
    );
    assert_eq!(reply.header("content-disposition"), Some(name.as_str()));
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    let table = rows(&reply.text);
    let entries = lab.all("ledger?mode=test", 100);
    assert_eq!(table.len(), entries.len() + 1);
    let column = |name: &str| table[0].iter().position(|known| known == name).unwrap();
    for (row, entry) in table[1..].iter().zip(&entries) {
        assert_eq!(row.len(), table[0].len());
        for name in [
            "id",
            "at",
            "mode",
            "type",
            "amount",
            "spend_id",
            "key",
            "operation",
            "expires_at",
            "reserved_until",
            "threshold",
            "remaining",
        ] {
            let told = entry.get(name).cloned().unwrap_or(json!(""));
            let told = told
                .as_str()
                .map_or_else(|| told.to_string(), str::to_owned);
            assert_eq!(row[column(name)], told, "{name}");
        }
        for sum in SUMS {
            let change = &row[column(&format!("change_{sum}"))];
            assert_eq!(*change, entry["changes"][sum].to_string(), "{sum}");
        }
        let grants = entry["grants"].as_array().unwrap().iter();
        let grants = grants.map(|part| format!("{}={}", text(&part["id"]), part["amount"]));
        assert_eq!(row[column("grants")], grants.collect::<Vec<_>>().join(" "));
    }
    // What is asked for in the head is the same; what a browser asks for is JSON.
    let path = lab.path("ledger?mode=test");
    for (accept, is_csv) in [
        ("text/csv", true),
        ("Text/CSV; q=0.9, text/plain", true),
        ("application/json, text/csv", false),
        ("*/*", false),
    ] {
        let reply = lab.house.send("GET", &path, &[("accept", accept)], "");
        assert_eq!(
            reply.expect(200).text.starts_with("id,at,"),
            is_csv,
            "{accept}"
        );
    }
    let json = lab.path("ledger?mode=test&format=json");
    let reply = lab.house.send("GET", &json, &[("accept", "text/csv")], "");
    assert!(reply.expect(200).json()["data"].is_array());
}

#[tokio::test(flavor = "multi_thread")]
async fn p03_a_long_ledger_comes_piece_by_piece() {
    let lab = Lab::new().await;
    lab.granted("test", 2000);
    let spends = 1300;
    let asked = json!({
        "key": lab.key("test"), "product": "datakeen", "environment": "test",
        "operation": "POST /v1/analyses",
    });
    for _ in 0..spends / 100 {
        let requests = vec![asked.clone(); 100];
        let batch = json!({ "requests": requests });
        lab.house.post("/v1/keys/verify_batch", &batch).expect(200);
    }
    let path = lab.path("ledger?mode=test&format=csv");
    let reply = lab.house.get(&path).expect(200);
    assert_eq!(reply.header("transfer-encoding"), Some("chunked"));
    let text = unchunked(&reply.text);
    let table = rows(&text);
    assert_eq!(table.len(), 1 + 2 + spends);
    let ids: HashSet<_> = table.iter().map(|row| row[0].clone()).collect();
    assert_eq!(ids.len(), table.len());

    // Whoever goes away in the middle stops nothing but their own answer.
    for _ in 0..20 {
        let mut stream = TcpStream::connect(lab.house.address).unwrap();
        let message = format!(
            "GET {path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\n\r\n",
            lab.house.operator
        );
        stream.write_all(message.as_bytes()).unwrap();
        let mut some = [0; 100];
        stream.read_exact(&mut some).unwrap();
    }
    assert_eq!(lab.remaining("test"), 2020 - spends as u64);
}

/// What a chunked body says (RFC 9112 §7.1); it must have its end.
fn unchunked(body: &str) -> String {
    let (mut whole, mut rest) = (String::new(), body);
    loop {
        let (size, after) = rest.split_once("\r\n").unwrap();
        let size = usize::from_str_radix(size, 16).unwrap();
        if size == 0 {
            return whole;
        }
        whole.push_str(&after[..size]);
        rest = after[size..].strip_prefix("\r\n").unwrap();
    }
}
