//! The form of keys, without asking anybody.

use keystile_sdk::types::{AdoptKey, Kind};
use keystile_sdk::{Client, Config, Question, Secret, SpendHandle, parse_key};
use serde::Deserialize;

use crate::installation::{ISSUER, shared, vectors};

#[derive(Deserialize)]
struct Vectors {
    valid: Vec<Valid>,
    invalid: Vec<Invalid>,
}

#[derive(Deserialize)]
struct Valid {
    text: Vec<String>,
    kind: String,
    mode: String,
    brand: Option<String>,
    start: String,
    preview: String,
}

#[derive(Deserialize)]
struct Invalid {
    why: String,
    code: String,
    text: Vec<String>,
}

fn sample(kind: &str) -> String {
    let all = vectors::<Vectors>("keys.json").valid.into_iter();
    let mut acme = all.filter(|row| row.brand.as_deref() == Some("acme"));
    acme.find(|row| row.kind == kind).unwrap().text.concat()
}

#[test]
fn vectors_are_read_and_refused() {
    let vectors: Vectors = vectors("keys.json");
    assert!(vectors.valid.len() >= 18 && vectors.invalid.len() >= 39);
    for row in vectors.valid {
        let key = parse_key(&row.text.concat()).unwrap();
        assert_eq!(
            (key.kind.as_str(), key.mode.as_str()),
            (&*row.kind, &*row.mode)
        );
        assert_eq!(key.brand, row.brand);
        assert_eq!((key.start(), key.preview()), (&*row.start, row.preview));
        assert_eq!(key.reveal(), row.text.concat());
    }
    for row in vectors.invalid {
        let error = parse_key(&row.text.concat()).unwrap_err();
        assert_eq!(error.code.as_str(), row.code, "{}", row.why);
    }
}

#[test]
fn every_change_of_one_character_and_every_swap_is_refused() {
    let key = sample("secret").into_bytes();
    let is_refused = |changed: Vec<u8>| parse_key(&String::from_utf8(changed).unwrap()).is_err();
    for at in 0..key.len() {
        let mut changed = key.clone();
        changed[at] = if key[at] == b'0' { b'1' } else { b'0' };
        assert!(is_refused(changed), "at {at}");
        if at + 1 < key.len() && key[at] != key[at + 1] {
            let mut swapped = key.clone();
            swapped.swap(at, at + 1);
            assert!(is_refused(swapped), "at {at}");
        }
    }
}

#[test]
fn what_was_copied_along_with_a_key_is_named() {
    let key = sample("secret");
    let preview = parse_key(&key).unwrap().preview();
    for (text, message) in [
        (
            format!("{key}\n"),
            "there is a line break after the key: remove it",
        ),
        (
            format!("{}\r\n{}", &key[..20], &key[20..]),
            "there is a line break in the key",
        ),
        (
            format!("\"{key}\""),
            "there are quotation marks around the key: remove them",
        ),
        (
            format!("'{key}"),
            "there is a quotation mark before the key",
        ),
        (
            format!("“{key}”"),
            "there are quotation marks around the key",
        ),
        (format!(" {key}"), "there is a space before the key"),
        (format!("{key}\t"), "there is a space after the key"),
        (
            format!("\u{feff}{key}"),
            "there is an invisible character before the key",
        ),
        (
            format!("Bearer {key}"),
            "the word Bearer stands before the key",
        ),
        (preview, "this is the masked preview, not the key"),
    ] {
        let error = parse_key(&text).unwrap_err().to_string();
        assert!(error.contains(message), "{error}");
        assert!(!error.contains(&key[16..]));
    }
}

#[test]
fn configurations_that_cannot_be_right_are_refused() {
    let (secret, publishable) = (sample("secret"), sample("publishable"));
    for (key, message) in [
        (publishable, "operator_key is a publishable key"),
        (secret.clone(), "operator_key is a customer's secret key"),
        ("st_a.b.c".into(), "operator_key is a session token"),
        (format!("\"{secret}\""), "quotation marks around the key"),
        (format!("{secret}\n"), "line break after the key"),
        (String::new(), "operator_key is missing"),
    ] {
        let error = Client::new(Config::new(ISSUER, key)).unwrap_err();
        let error = format!("{error} {error:?}");
        assert!(error.contains(message), "{error}");
        assert!(!error.contains(&secret[16..]));
    }
    for url in [
        "",
        "keys.example.com",
        "ftp://keys.example.com",
        "https://a:b@keys.example.com",
        "https://k.example?x=1",
        "https://k.example#x",
        "https://",
    ] {
        let config = Config::new(url, &shared().operator_key);
        assert!(Client::new(config).is_err(), "{url}");
    }
    let config = || Config::new(ISSUER, &shared().operator_key);
    let none = std::time::Duration::ZERO;
    for config in [
        config().timeout(none),
        config().manage_timeout(none),
        config().max_retries(11),
    ] {
        assert!(Client::new(config).is_err());
    }
    assert!(Client::new(config()).is_ok());
}

#[tokio::test]
async fn nothing_that_holds_a_key_prints_it() {
    let (secret, bound) = (sample("secret"), &shared().bound);
    let client = crate::installation::client();
    let question = Question::scopes(&shared().secret, ["results:read"]);
    let call = client.verify(question.clone());
    let adopted = AdoptKey::new(&secret);
    let printed = [
        format!("{:?}", Secret::new(&secret)),
        format!("{:?} {0}", parse_key(&secret).unwrap()),
        format!("{:?}", Question::operation(&secret, "GET /v1/workspace")),
        format!("{:?}", Config::new(ISSUER, bound)),
        format!(
            "{client:?} {:?} {call:?} {:?}",
            client.keys(),
            keystile_sdk::Protect::new(client.clone())
        ),
        format!("{adopted:?} {adopted:#?}"),
        serde_json::to_string(&Secret::new(&secret)).unwrap(),
        format!("{:?}", call.await.unwrap()),
    ];
    for text in printed {
        for key in [&secret, bound, &shared().secret] {
            assert!(!text.contains(&key[20..]), "{text}");
        }
    }
    assert_eq!(Secret::new(&secret).reveal(), secret);
    // What has to be sent is sent.
    assert!(serde_json::to_string(&adopted).unwrap().contains(&secret));
    assert_eq!(parse_key(&secret).unwrap().kind, Kind::Secret);
    fn is_printable<T: std::fmt::Debug>() {}
    is_printable::<SpendHandle>();
}
