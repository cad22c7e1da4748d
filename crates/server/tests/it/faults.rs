//! What is around a server fails: its clock, its random source, its own code, or there is more at
//! once than it can write.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::thread;

use keystile_core::key::{Random, RandomError};
use keystile_core::model::Timestamp;
use keystile_server::{OsRandom, installation};
use keystile_store::{Clock, WallClock};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::hands::Hands;
use crate::house::{House, operator_key, settings, text};

const HOUR: i64 = 3600 * 1000;
const OPERATION: &str = "GET /v1/data/rows";

/// A random source that does as it is told.
#[derive(Debug, Default)]
struct Moody(AtomicU8);

const GOOD: u8 = 0;
const FAILING: u8 = 1;
const PANICKING: u8 = 2;
const ENDING_THE_WRITER: u8 = 3;

impl Moody {
    fn be(&self, mood: u8) {
        self.0.store(mood, Ordering::Relaxed);
    }
}

impl Random for Moody {
    fn fill(&self, out: &mut [u8]) -> Result<(), RandomError> {
        match self.0.load(Ordering::Relaxed) {
            FAILING => Err(RandomError),
            PANICKING => panic!("this panic is part of a test"),
            ENDING_THE_WRITER if thread::current().name() == Some("keystile-writer") => {
                panic!("this panic is part of a test")
            }
            _ => OsRandom.fill(out),
        }
    }
}

/// A house whose random source can be spoilt, with a key in an environment.
async fn moody() -> (House, Arc<Moody>, String, String) {
    let directory = Arc::new(tempfile::tempdir().unwrap());
    let random = Arc::new(Moody::default());
    let (clock, key) = (Arc::new(WallClock), operator_key());
    let house = House::around(&directory, &key, clock, Arc::clone(&random) as Arc<_>).await;
    house.furnish();
    let customer = house.customer("bkend", "Paperboat");
    let environment = customer.environment("production").to_owned();
    let (_, key) = house.key(&environment, "secret", "Server");
    (house, random, environment, key)
}

fn last_row(house: &House) -> Value {
    house.get("/v1/audit?limit=1").json()["data"][0]["seq"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn x12_t25_without_randomness_nothing_is_made_and_verifying_goes_on() {
    let (house, random, environment, key) = moody().await;
    let before = last_row(&house);
    random.be(FAILING);
    let keys = format!("/v1/environments/{environment}/keys");
    let creating = [
        (keys.as_str(), json!({ "kind": "secret", "name": "Weak" })),
        ("/v1/operator-keys", json!({ "name": "Weak" })),
        (
            "/v1/organizations",
            json!({ "product": "datakeen", "name": "Weak" }),
        ),
    ];
    for (path, body) in &creating {
        let refused = house.post(path, body).expect(503);
        assert_eq!(refused.code(), "no_randomness", "{path}");
        assert!(refused.header("retry-after").is_some(), "{path}");
    }
    assert_eq!(last_row(&house), before, "nothing may be written");
    assert_eq!(house.verify("bkend", &key, OPERATION)["valid"], true);
    random.be(GOOD);
    for (path, body) in &creating {
        house.post(path, body).expect(201);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn x08_p13_a_panic_in_a_handler_ends_that_request_alone() {
    let (house, random, environment, key) = moody().await;
    let keys = format!("/v1/environments/{environment}/keys");
    for round in 0..3 {
        random.be(PANICKING);
        let body = json!({ "kind": "secret", "name": format!("Key {round}") });
        let broken = house.post(&keys, &body).expect(500);
        assert_eq!(broken.code(), "internal_error");
        assert!(!broken.text.contains("part of a test"), "{}", broken.text);
        assert_eq!(house.verify("bkend", &key, OPERATION)["valid"], true);
        random.be(GOOD);
        house.post(&keys, &body).expect(201);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_key_was_used_for_is_shown_without_anything_being_written() {
    let (house, random, environment, key) = moody().await;
    random.be(ENDING_THE_WRITER);
    let body = json!({ "kind": "secret", "name": "Nobody can write it" });
    let keys = format!("/v1/environments/{environment}/keys");
    house.post(&keys, &body).expect(503);
    assert_eq!(house.verify("bkend", &key, OPERATION)["valid"], true);
    let listed = house.get(&keys).expect(200).json()["data"][0].clone();
    let operation = &listed["last_used"]["operation"];
    assert_eq!(operation, "GET /v1/data/{table}", "{listed}");
    let path = format!("/v1/keys/{}", text(&listed["id"]));
    let shown = house.get(&path).expect(200).json();
    assert_eq!(shown["last_used"], listed["last_used"]);
}

/// What one start of a server sees, in a runtime of its own that ends with it.
fn during<T>(
    directory: &Arc<TempDir>,
    key: &keystile_core::key::PlainKey,
    clock: &Arc<Hands>,
    see: impl FnOnce(&House) -> T,
) -> T {
    let runtime = Runtime::new().unwrap();
    runtime.block_on(async {
        let clock = Arc::clone(clock) as Arc<dyn Clock>;
        let house = House::around(directory, key, clock, Arc::new(OsRandom)).await;
        let seen = see(&house);
        assert!(house.stop().await);
        seen
    })
}

#[test]
fn t19_a_clock_that_jumps_back_revives_nothing() {
    let directory = Arc::new(tempfile::tempdir().unwrap());
    let (operator, clock) = (operator_key(), Arc::new(Hands::now()));
    let code = |house: &House, key: &str| text(&house.verify("bkend", key, OPERATION)["code"]);
    let key = during(&directory, &operator, &clock, |house| {
        house.furnish();
        let customer = house.customer("bkend", "Paperboat");
        let end = Timestamp::from_millis(clock.now().millis() + HOUR);
        let body = json!({ "kind": "secret", "name": "Short", "expires_at": end.to_string() });
        let (_, key) = house.key_with(customer.environment("production"), &body);
        assert_eq!(code(house, &key), "ok");
        clock.move_by(2 * HOUR);
        assert_eq!(code(house, &key), "expired_key");
        house.customer("bkend", "Somebody, so that the time is written down");
        clock.move_by(-24 * HOUR);
        assert_eq!(code(house, &key), "expired_key", "while it runs");
        key
    });
    during(&directory, &operator, &clock, |house| {
        assert_eq!(code(house, &key), "expired_key", "after a restart");
    });
}

#[tokio::test]
async fn g14_a_clock_before_the_build_is_refused_and_nothing_is_made() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    let clock = Arc::new(Hands::at(0));
    let opened = installation::open_with(settings(&data), None, clock, Arc::new(OsRandom)).await;
    let told = opened.unwrap_err().to_string();
    assert!(
        told.contains("1970") && told.contains("set it right"),
        "{told}"
    );
    assert!(!data.exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn t21_sixty_four_writers_at_once_are_all_served_or_told_to_come_again() {
    let house = House::furnished().await;
    let customer = house.customer("bkend", "Paperboat");
    let path = format!("/v1/environments/{}/keys", customer.environment("dev"));
    let create = &|number: usize| {
        let body = json!({ "kind": "secret", "name": format!("Key {number}") });
        let reply = house.post(&path, &body);
        assert!([201, 503].contains(&reply.status), "{}", reply.text);
        (reply.status == 201).then(|| text(&reply.json()["key"]["id"]))
    };
    let created: Vec<_> = thread::scope(|scope| {
        let all: Vec<_> = (0..64)
            .map(|number| scope.spawn(move || create(number)))
            .collect();
        all.into_iter()
            .filter_map(|one| one.join().unwrap())
            .collect()
    });
    assert!(!created.is_empty());
    let listed = house.get(&format!("{path}?limit=100")).expect(200).json();
    let mut listed: Vec<_> = listed["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|key| text(&key["id"]))
        .collect();
    let mut created = created;
    listed.sort_unstable();
    created.sort_unstable();
    assert_eq!(
        listed, created,
        "what was acknowledged is there, and nothing else"
    );
}
