//! What becomes of charges.

use serde_json::{Value, json};

use super::lab::{Lab, MINUTE};
use crate::house::{request, text};

fn none() -> Value {
    json!({})
}

fn amount(amount: u64) -> Value {
    json!({ "amount": amount })
}

fn status(lab: &Lab, spend: &str) -> (String, u64) {
    let shown = lab.show(spend);
    (text(&shown["status"]), shown["net"].as_u64().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_spend_is_shown_and_refunded_never_beyond_what_it_was() {
    let lab = Lab::new().await;
    let grant = lab.granted("live", 100);
    let spend = lab.spend("live", 30);
    let shown = lab.show(&spend);
    assert_eq!(shown["id"], spend.as_str());
    assert_eq!(shown["organization"], lab.organization.as_str());
    assert_eq!(
        (&shown["mode"], &shown["status"]),
        (&json!("live"), &json!("spent"))
    );
    assert_eq!(shown["operation"], "POST /v1/analyses");
    assert_eq!(shown["grants"], json!([{ "id": grant, "amount": 30 }]));
    assert!(text(&shown["key"]).starts_with("key_") && shown["at"].is_string());
    let numbers =
        |shown: &Value| ["amount", "settled", "refunded", "net"].map(|name| shown[name].clone());
    assert_eq!(
        numbers(&shown),
        [json!(30), Value::Null, json!(0), json!(30)]
    );

    let part = lab.change(&spend, "refund", &amount(12)).expect(200).json();
    assert_eq!(part["credits"], json!({ "remaining": 82 }));
    assert_eq!(part["spend"]["status"], "partly_refunded");
    assert_eq!(part["spend"], lab.show(&spend));
    assert_eq!(numbers(&part["spend"])[2..], [json!(12), json!(18)]);

    let beyond = lab.change(&spend, "refund", &amount(19)).expect(409);
    assert_eq!(beyond.code(), "refund_exceeds_spend");
    assert!(beyond.text.contains("18"), "{}", beyond.text);

    let rest = lab.change(&spend, "refund", &none()).expect(200).json();
    assert_eq!(numbers(&rest["spend"])[2..], [json!(30), json!(0)]);
    assert_eq!(rest["spend"]["status"], "refunded");
    // Whoever is not sure whether it was done asks again.
    for _ in 0..2 {
        let again = lab.change(&spend, "refund", &none()).expect(200).json();
        assert_eq!(again, rest);
    }
    lab.change(&spend, "refund", &amount(1)).expect(409);
    assert_eq!(lab.sums("live"), [100, 0, 0, 0, 100]);
    // No body at all is everything that is left, too.
    let other = lab.spend("live", 4);
    let path = format!("/v1/spends/{other}/refund");
    lab.house.send("POST", &path, &[], "").expect(200);
    assert_eq!(lab.remaining("live"), 100);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reservation_is_settled_or_released_or_runs_out() {
    let (lab, hands) = Lab::with_hands().await;
    lab.granted("live", 100);
    let [settled, free, released, late] = [10, 10, 20, 30].map(|cost| lab.reserve("live", cost));
    assert_eq!(lab.sums("live"), [100, 0, 70, 0, 30]);
    assert_eq!(status(&lab, &settled), ("reserved".into(), 10));
    assert!(lab.show(&settled)["reserved_until"].is_string());
    let early = lab.change(&settled, "refund", &none()).expect(409);
    assert_eq!(early.code(), "reservation_open");

    let beyond = lab.change(&settled, "settle", &amount(11)).expect(409);
    assert_eq!(beyond.code(), "settle_exceeds_reservation");
    assert!(beyond.text.contains("10"), "{}", beyond.text);
    for _ in 0..2 {
        let done = lab
            .change(&settled, "settle", &amount(4))
            .expect(200)
            .json();
        assert_eq!(done["spend"]["settled"], 4);
        assert_eq!(done["credits"], json!({ "remaining": 36 }));
    }
    assert_eq!(status(&lab, &settled), ("settled".into(), 4));
    for (what, body) in [("settle", amount(5)), ("release", none())] {
        let ended = lab.change(&settled, what, &body).expect(409);
        assert_eq!(ended.code(), "reservation_ended", "{what}");
    }
    lab.change(&free, "settle", &amount(0)).expect(200);
    assert_eq!(status(&lab, &free), ("settled".into(), 0));

    for _ in 0..2 {
        lab.change(&released, "release", &none()).expect(200);
    }
    assert_eq!(status(&lab, &released), ("released".into(), 0));
    let ended = lab.change(&released, "settle", &amount(1)).expect(409);
    assert_eq!(ended.code(), "reservation_ended");

    hands.move_by(15 * MINUTE);
    assert_eq!(lab.sums("live"), [100, 4, 0, 0, 96]);
    assert_eq!(status(&lab, &late), ("ran_out".into(), 0));
    let ended = lab.change(&late, "settle", &amount(1)).expect(409);
    assert_eq!(ended.code(), "reservation_ended");
    assert_eq!(
        status(&lab, &released).0,
        "released",
        "it was before its time"
    );
    lab.change(&late, "release", &none()).expect(200);
    assert_eq!(status(&lab, &late), ("ran_out".into(), 0));

    lab.change(&settled, "refund", &none()).expect(200);
    assert_eq!(status(&lab, &settled), ("refunded".into(), 0));
    assert_eq!(lab.sums("live"), [100, 0, 0, 0, 100]);
    let spent = lab.spend("live", 1);
    for (what, body) in [("settle", amount(1)), ("release", none())] {
        let never = lab.change(&spent, what, &body).expect(409);
        assert_eq!(never.code(), "not_reserved", "{what}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn r02_amounts_of_refunds_and_settlements_are_whole_numbers() {
    let lab = Lab::new().await;
    lab.granted("live", 100);
    let (spent, reserved) = (lab.spend("live", 5), lab.reserve("live", 5));
    let before = lab.sums("live");
    let bad = [
        json!(-1),
        json!(0.5),
        json!("1"),
        json!(9_007_199_254_740_992_u64),
        json!(9_223_372_036_854_775_808_u64),
        json!(1e30),
    ];
    for amount in bad {
        let body = json!({ "amount": amount });
        for (spend, what) in [(&spent, "refund"), (&reserved, "settle")] {
            let refused = lab.change(spend, what, &body).expect(422).json();
            assert_eq!(
                refused["errors"][0]["pointer"], "/amount",
                "{what} {amount}"
            );
        }
    }
    let nothing = lab.change(&spent, "refund", &amount(0)).expect(422);
    assert_eq!(nothing.json()["errors"][0]["pointer"], "/amount");
    let missing = lab.change(&reserved, "settle", &none()).expect(422);
    assert!(missing.text.contains("amount"));
    lab.change(&reserved, "release", &amount(1)).expect(422);
    assert_eq!(lab.sums("live"), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refunded_part_cannot_be_named_so_an_idempotency_key_is_refused() {
    let lab = Lab::new().await;
    let spend = lab.spend("test", 5);
    let path = format!("/v1/spends/{spend}/refund");
    let headers = [
        ("content-type", "application/json"),
        ("idempotency-key", "one"),
    ];
    let part = amount(1).to_string();
    lab.house.send("POST", &path, &headers, &part).expect(400);
    assert_eq!(status(&lab, &spend), ("spent".into(), 5));
    lab.house.send("POST", &path, &headers, "{}").expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a11_r21_spends_of_others_and_of_the_other_mode_are_as_if_they_were_not() {
    let lab = Lab::new().await;
    lab.granted("live", 10);
    let (live, test) = (lab.spend("live", 2), lab.spend("test", 3));
    let bound = |environment: &str| {
        let body = json!({ "name": environment, "product": "datakeen",
                           "environment": environment });
        lab.operator(&body)
    };
    let (production, pipeline) = (bound("production"), bound("test"));
    let foreign = lab.operator(&json!({ "name": "keepem", "product": "keepem" }));
    let send = |key: &str, method: &str, spend: &str, what: &str| {
        let bearer = format!("Bearer {key}");
        let headers = [("authorization", bearer.as_str())];
        let path = format!("/v1/spends/{spend}{what}");
        request(lab.house.address, method, &path, &headers, "")
    };
    let unknown = "spend_01h2xcejqtf2nbrexx3vqjhp41";
    for (key, spend) in [
        (&pipeline, &live),
        (&production, &test),
        (&foreign, &live),
        (&foreign, &test),
        (&lab.house.operator, &unknown.to_owned()),
        (&lab.house.operator, &"spend_x".to_owned()),
        (&lab.house.operator, &live.replace("spend_", "entry_")),
    ] {
        for (method, what) in [("GET", ""), ("POST", "/refund"), ("POST", "/release")] {
            let missing = send(key, method, spend, what).expect(404);
            let mut told = missing.json();
            told["request_id"] = Value::Null;
            let mut same = send(&lab.house.operator, "GET", unknown, "").json();
            same["request_id"] = Value::Null;
            assert_eq!(told, same, "{method} {what}");
        }
    }
    assert_eq!((lab.sums("live")[1], lab.sums("test")[1]), (2, 3));
    send(&pipeline, "POST", &test, "/refund").expect(200);
    assert_eq!((lab.sums("live")[1], lab.sums("test")[1]), (2, 0));
    send(&production, "POST", &live, "/refund").expect(200);
    assert_eq!((lab.remaining("live"), lab.remaining("test")), (10, 20));
}

#[tokio::test(flavor = "multi_thread")]
async fn many_refunds_of_one_spend_at_once_give_back_what_it_was() {
    let lab = Lab::new().await;
    lab.granted("live", 50);
    let spend = lab.spend("live", 40);
    let lab = &lab;
    let spend = &spend;
    let done: u64 = std::thread::scope(|scope| {
        let refunding: Vec<_> = (0..16)
            .map(|_| scope.spawn(|| lab.change(spend, "refund", &amount(3)).status))
            .collect();
        let done = refunding.into_iter().map(|one| one.join().unwrap());
        done.map(|status| u64::from(status == 200)).sum()
    });
    assert_eq!(done, 13, "13 times 3 is the most below 40");
    assert_eq!(lab.sums("live"), [50, 1, 0, 0, 49]);
}
