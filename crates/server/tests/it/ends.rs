//! The moments at which a key, or a value that was replaced, ends.

use std::sync::Arc;

use keystile_core::model::Timestamp;
use keystile_server::OsRandom;
use keystile_store::Clock;
use serde_json::{Value, json};

use crate::hands::Hands;
use crate::house::{Customer, House, operator_key, text};

const OPERATION: &str = "GET /v1/data/rows";

struct Shop {
    house: House,
    customer: Customer,
    hands: Arc<Hands>,
}

impl Shop {
    async fn new() -> Self {
        let directory = Arc::new(tempfile::tempdir().unwrap());
        let hands = Arc::new(Hands::now());
        let clock = Arc::clone(&hands) as Arc<_>;
        let house = House::around(&directory, &operator_key(), clock, Arc::new(OsRandom)).await;
        house.furnish();
        let customer = house.customer("bkend", "Paperboat");
        Self {
            house,
            customer,
            hands,
        }
    }

    /// A key that expires after so many milliseconds, if it does.
    fn key(&self, name: &str, expires: Option<i64>) -> (String, String) {
        let end = expires.map(|millis| self.hands.now().plus_millis(millis).to_string());
        let body = json!({ "kind": "secret", "name": name, "expires_at": end });
        self.house
            .key_with(self.customer.environment("production"), &body)
    }

    fn verdict(&self, key: &str) -> Value {
        self.house.verify("bkend", key, OPERATION)
    }

    fn code(&self, key: &str) -> String {
        text(&self.verdict(key)["code"])
    }

    /// Gives the key a new value; the one before works for so many seconds more.
    fn rotate(&self, id: &str, grace: u32) -> String {
        let path = format!("/v1/keys/{id}/rotate");
        let body = json!({ "grace_seconds": grace });
        text(&self.house.post(&path, &body).expect(200).json()["secret"])
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn r16_a_key_is_refused_from_the_very_millisecond_at_which_it_expires() {
    let shop = Shop::new().await;
    let (id, key) = shop.key("Short", Some(60_000));
    shop.hands.move_by(59_999);
    assert_eq!(shop.code(&key), "ok");
    shop.hands.move_by(1);
    let refused = shop.verdict(&key);
    assert_eq!(refused["code"], "expired_key");
    let shown = shop.house.get(&format!("/v1/keys/{id}")).expect(200).json();
    assert_eq!(refused["since"], shown["expires_at"]);
    assert_eq!(shown["status"], "expired");
}

#[tokio::test(flavor = "multi_thread")]
async fn r16_r26_a_former_value_is_refused_from_the_end_of_its_grace_on_and_its_use_counted() {
    let shop = Shop::new().await;
    let (id, old) = shop.key("Server", None);
    let new = shop.rotate(&id, 60);
    shop.hands.move_by(59_999);
    assert_eq!([shop.code(&old), shop.code(&new)], ["ok", "ok"]);
    shop.hands.move_by(1);
    let refused = shop.verdict(&old);
    assert_eq!(refused["code"], "revoked_key");
    let since: Timestamp = text(&refused["since"]).parse().unwrap();
    assert_eq!(since, shop.hands.now());
    assert_eq!(shop.code(&new), "ok");
    // That somebody still has the old value can be seen.
    let path = format!("/v1/keys/{id}/usage");
    let usage = shop.house.get(&path).expect(200).json();
    assert_eq!(usage["total"]["revoked_key"], 1, "{usage}");
    assert_eq!(usage["total"]["ok"], 3, "{usage}");
}

#[tokio::test(flavor = "multi_thread")]
async fn r26_a_grace_ends_at_the_latest_with_the_key() {
    let shop = Shop::new().await;
    let (id, old) = shop.key("Short", Some(60_000));
    let new = shop.rotate(&id, 3600);
    shop.hands.move_by(59_999);
    assert_eq!([shop.code(&old), shop.code(&new)], ["ok", "ok"]);
    shop.hands.move_by(1);
    let expired = ["expired_key", "expired_key"];
    assert_eq!([shop.code(&old), shop.code(&new)], expired);
    shop.hands.move_by(3_600_000);
    assert_eq!(shop.code(&new), "expired_key");
    assert_ne!(shop.code(&old), "ok");
}
