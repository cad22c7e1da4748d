//! Floods of keys that nobody has, at the doors that anybody can reach.

use keystile_core::key::mint;
use keystile_core::model::{Kind, Mode};
use keystile_server::OsRandom;

use crate::house::{Reply, request};
use crate::sessions::{Inn, PAGE, bare};

/// What an address may present in a minute.
const MOST: usize = 600;

/// A well-formed key that nobody has.
fn unknown() -> String {
    let key = mint(Kind::Publishable, None, Mode::Live, &OsRandom).unwrap();
    key.reveal().to_owned()
}

/// A token with a good header and a signature that is not.
fn forged(token: &str, number: usize) -> String {
    let (signed, _) = token.rsplit_once('.').unwrap();
    let (header, _) = signed.split_once('.').unwrap();
    format!("{header}.{number:08}.{}", "A".repeat(86))
}

#[derive(Debug, Clone, Copy)]
enum Door {
    Nginx,
    Own,
    Sessions,
}

impl Inn {
    fn present(&self, door: Door, key: &str, client: &str) -> Reply {
        let bearer = format!("Bearer {key}");
        let mut headers = vec![("authorization", bearer.as_str()), ("origin", PAGE)];
        let (method, path) = match door {
            Door::Nginx => ("GET", "/gateway/nginx/innkept?environment=production"),
            Door::Own => ("GET", "/v1/keys/self"),
            Door::Sessions => ("POST", "/v1/sessions"),
        };
        match door {
            Door::Nginx => headers.extend([
                ("x-keystile-method", "GET"),
                ("x-keystile-uri", "/v1/widget/config"),
                ("x-keystile-host", "inn.internal"),
                ("x-keystile-client-ip", client),
            ]),
            Door::Own | Door::Sessions => headers.push(("x-forwarded-for", client)),
        }
        request(self.house.address, method, path, &headers, "")
    }

    /// Presents what nobody has until that is too much; after how many times it was.
    fn flood(&self, door: Door, client: &str, what: impl Fn(usize) -> String) -> (usize, Reply) {
        for number in 0..=MOST {
            let reply = self.present(door, &what(number), client);
            if is_limited(&reply) {
                return (number, reply);
            }
            assert_eq!(reply.status, 401, "{door:?}: {}", reply.text);
        }
        panic!("{door:?}: nothing was too much");
    }

    fn checked(&self) -> String {
        let metrics = self.house.get("/metrics").text;
        let name = "keystile_session_signatures_checked ";
        let mut lines = metrics.lines();
        lines
            .find(|line| line.starts_with(name))
            .unwrap()
            .to_owned()
    }
}

/// Whether it is 429, as the door says that.
fn is_limited(reply: &Reply) -> bool {
    reply.status == 429 || reply.header("x-keystile-status") == Some("429")
}

#[tokio::test(flavor = "multi_thread")]
async fn k21_who_presents_too_many_unknown_keys_gets_429_and_nobody_else_does() {
    let inn = Inn::new().await;
    for (door, good) in [(Door::Nginx, 200), (Door::Own, 200), (Door::Sessions, 201)] {
        // Of IPv6, a network counts as one.
        let client = format!("2001:db8:1:{}::7", door as u8);
        let neighbour = format!("2001:db8:1:{}::8", door as u8);
        let other = format!("2001:db8:2:{}::7", door as u8);
        let (after, reply) = inn.flood(door, &client, |_| unknown());
        assert_eq!(after, MOST, "{door:?}");
        let wait: u32 = reply.header("retry-after").unwrap().parse().unwrap();
        assert!((1..=62).contains(&wait), "{door:?}: {wait}");
        match door {
            Door::Nginx => assert_eq!(reply.status, 403),
            Door::Own => assert_eq!(reply.code(), "rate_limited"),
            Door::Sessions => bare(&reply, 429, "rate_limited"),
        }
        assert!(is_limited(&inn.present(door, &unknown(), &neighbour)));
        assert!(is_limited(&inn.present(door, "pk_live_garbled", &client)));
        inn.present(door, &unknown(), &other).expect(401);
        // A good key from the same address, which many people may share, goes through.
        inn.present(door, &inn.key, &client).expect(good);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn k21_forged_tokens_beyond_the_limit_cost_no_signature_check() {
    let inn = Inn::new().await;
    let (token, later) = (inn.token(), inn.token());
    for (door, client) in [(Door::Nginx, "192.0.2.7"), (Door::Own, "192.0.2.8")] {
        inn.present(door, &token, client).expect(200);
        inn.flood(door, client, |number| forged(&token, number));
        let before = inn.checked();
        for number in 0..20 {
            let reply = inn.present(door, &forged(&token, number), client);
            assert!(is_limited(&reply), "{}", reply.text);
        }
        assert_eq!(inn.checked(), before);
        // A session that was seen before goes on; a new one from there has to wait.
        inn.present(door, &token, client).expect(200);
        inn.present(door, &inn.key, client).expect(200);
    }
    assert!(is_limited(&inn.present(Door::Own, &later, "192.0.2.8")));
    inn.present(Door::Own, &later, "192.0.2.9").expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn k21_sessions_that_have_ended_and_dead_keys_are_no_flood() {
    let inn = Inn::new().await;
    let path = format!("/v1/keys/{}/revoke", inn.id);
    let (token, client) = (inn.token(), "192.0.2.7");
    inn.house.post(&path, &serde_json::json!({})).expect(200);
    for _ in 0..=MOST / 2 {
        inn.present(Door::Own, &inn.key, client).expect(401);
        inn.present(Door::Own, &token, client).expect(401);
    }
    let (after, _) = inn.flood(Door::Own, client, |_| unknown());
    assert_eq!(after, MOST);
}
