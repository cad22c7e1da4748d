//! Datakeen behind nginx: every analysis costs a credit, and one that fails is given back.

use std::sync::atomic::Ordering;

use serde_json::{Value, json};

use crate::house::{Reply, request, text};
use crate::street::Street;

const ANALYSE: &str = "POST /v1/analyses";

/// Its test environment, with the secret key of a customer.
struct Lab {
    street: Street,
    key: String,
    /// What the application holds: bound to the product and its test environment.
    operator: String,
}

impl Lab {
    async fn new() -> Self {
        let street = Street::of("datakeen", |text| {
            text.replace(
                "keystile_product \"keepem\"",
                "keystile_product \"datakeen\"",
            )
            .replace(
                "keystile_query   \"\"",
                "keystile_query   \"?environment=test\"",
            )
        })
        .await;
        let id = text(&street.customer.automatic("test", "secret")["id"]);
        let shown = street
            .house
            .post(&format!("/v1/keys/{id}/reveal"), &json!({}));
        let key = text(&shown.expect(200).json()["secret"]);
        let bound = json!({
            "name": "Analyser", "scopes": ["keys:verify"],
            "product": "datakeen", "environment": "test",
        });
        let made = street.house.post("/v1/operator-keys", &bound);
        let operator = text(&made.expect(201).json()["secret"]);
        Self {
            street,
            key,
            operator,
        }
    }

    fn analyse(&self, more: &[(&str, &str)]) -> Reply {
        let bearer = format!("Bearer {}", self.key);
        let mut headers = vec![("authorization", bearer.as_str())];
        headers.extend_from_slice(more);
        self.street.send_to("lab.internal", ANALYSE, &headers)
    }

    fn credits(&self) -> Value {
        let path = format!(
            "/v1/organizations/{}/credits",
            self.street.customer.organization
        );
        self.street.house.get(&path).expect(200).json()["test"].clone()
    }

    /// What the application does by itself.
    fn refund(&self, spend: &str) -> Reply {
        let bearer = format!("Bearer {}", self.operator);
        let headers = [
            ("authorization", bearer.as_str()),
            ("content-type", "application/json"),
        ];
        let path = format!("/v1/spends/{spend}/refund");
        request(self.street.house.address, "POST", &path, &headers, "{}")
    }
}

/// What reached the application under a header's name.
fn reached(reply: &Reply, name: &str) -> String {
    text(&reply.json()["headers"][name][0])
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs nginx"]
async fn d5_an_application_gives_back_a_failed_analysis_by_the_spend_id_it_was_handed() {
    let lab = Lab::new().await;
    let done = lab.analyse(&[]).expect(200);
    assert_eq!(reached(&done, "x-keystile-credits-remaining"), "19");
    let failed = lab.analyse(&[]).expect(200);
    let spend = reached(&failed, "x-keystile-spend-id");
    assert!(spend.starts_with("spend_"), "{spend}");
    assert_ne!(spend, reached(&done, "x-keystile-spend-id"));
    let refunded = lab.refund(&spend).expect(200).json();
    assert_eq!(refunded["credits"]["remaining"], 19);
    // Told twice, it is given back once.
    lab.refund(&spend).expect(200);
    let credits = lab.credits();
    assert_eq!(
        (&credits["spent"], &credits["remaining"]),
        (&json!(1), &json!(19))
    );
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs nginx"]
async fn d4_d5_the_21st_analysis_is_refused_with_402_and_does_not_arrive() {
    let lab = Lab::new().await;
    (0..20).for_each(|_| drop(lab.analyse(&[]).expect(200)));
    let served = lab.street.application.served.load(Ordering::SeqCst);
    let refused = lab.analyse(&[]).expect(402);
    assert_eq!(refused.code(), "credits_exhausted");
    assert_eq!(lab.street.application.served.load(Ordering::SeqCst), served);
    assert_eq!(lab.credits()["remaining"], 0);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs nginx"]
async fn e10_c01_nothing_a_client_sends_pays_or_saves_a_credit() {
    let lab = Lab::new().await;
    let forged = [
        ("x-keystile-spend-id", "spend_00000000000000000000000000"),
        ("x-keystile-credits-remaining", "1000000"),
        ("idempotency-key", "the same"),
        ("x-request-id", "the-same"),
    ];
    for left in ["19", "18", "17"] {
        let answered = lab.analyse(&forged).expect(200);
        assert_eq!(reached(&answered, "x-keystile-credits-remaining"), left);
        assert_ne!(reached(&answered, "x-keystile-spend-id"), forged[0].1);
    }
    let free = "POST /v1/journeys";
    let bearer = format!("Bearer {}", lab.key);
    let headers = [("authorization", bearer.as_str()), forged[0], forged[1]];
    let answered = lab
        .street
        .send_to("lab.internal", free, &headers)
        .expect(200);
    assert_eq!(
        reached(&answered, "x-keystile-spend-id"),
        "",
        "{}",
        answered.text
    );
    let asked = [
        ("origin", "https://a.example"),
        ("access-control-request-method", "POST"),
    ];
    lab.street
        .send_to("lab.internal", "OPTIONS /v1/analyses", &asked);
    assert_eq!(lab.credits()["spent"], 3);
}
