//! The vectors that every implementation reads: `conformance/keys.json`.

use std::collections::BTreeSet;

use keystile_core::key::{ForeignHash, KeyFormatError, ParsedKey, Pepper, SecretBytes, preview};
use keystile_core::model::{EnvironmentId, ForeignDigest, KeyId, OrganizationId, ProjectId};
use serde_json::Value;

fn vectors(section: &str) -> Vec<Value> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../conformance/keys.json");
    let file = std::fs::read_to_string(path).expect("the vectors are there");
    let file: Value = serde_json::from_str(&file).expect("the vectors are JSON");
    let cases = file[section]
        .as_array()
        .expect("a section of cases")
        .clone();
    assert!(!cases.is_empty(), "{section} has no case");
    cases
}

/// Texts stand in parts, so that no whole key is in the tree.
fn text(case: &Value) -> String {
    let parts = case["text"].as_array().expect("parts").iter();
    parts.map(|part| part.as_str().expect("a text")).collect()
}

fn bytes(hex: &Value) -> [u8; 32] {
    let hex = hex.as_str().expect("hexadecimal digits");
    assert_eq!(hex.len(), 64);
    std::array::from_fn(|at| u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).expect("a byte"))
}

#[test]
fn valid_keys_say_what_they_are() {
    for case in vectors("valid") {
        let text = text(&case);
        let key = ParsedKey::parse(&text).expect("a valid key");
        assert_eq!(case["kind"], key.kind.as_str());
        assert_eq!(case["mode"], key.mode.as_str());
        assert_eq!(case["brand"].as_str(), key.brand);
        assert_eq!(case["start"], key.start());
        assert_eq!(case["preview"], preview(key.start()));
    }
}

#[test]
fn k09_k10_invalid_texts_are_refused_with_their_code() {
    for case in vectors("invalid") {
        let code = ParsedKey::parse(&text(&case))
            .map_err(KeyFormatError::code)
            .err();
        assert_eq!(case["code"].as_str(), code, "{}", case["why"]);
    }
}

#[test]
fn every_code_of_refusal_has_a_vector() {
    use KeyFormatError as E;
    let all = [
        (E::Empty, E::TooLong, E::MaskedPreview),
        (E::Character, E::Prefix, E::Mode),
        (E::Brand, E::Length, E::Checksum),
    ];
    let wanted: BTreeSet<_> = all
        .iter()
        .flat_map(|(a, b, c)| [a, b, c])
        .map(|e| e.code())
        .collect();
    let cases = vectors("invalid");
    let covered: BTreeSet<_> = cases
        .iter()
        .filter_map(|case| case["code"].as_str())
        .collect();
    assert_eq!(covered, wanted);
}

#[test]
fn digests_are_the_hmac_under_the_pepper() {
    for case in vectors("digests") {
        let pepper = Pepper::new(1, &SecretBytes::new(bytes(&case["pepper"])));
        assert_eq!(
            pepper.digest(&text(&case)).as_bytes(),
            &bytes(&case["digest"])
        );
    }
}

#[test]
fn foreign_digests_need_only_the_sha_256_of_the_text() {
    for case in vectors("foreign_digests") {
        let pepper = Pepper::new(1, &SecretBytes::new(bytes(&case["pepper"])));
        let digest = bytes(&case["digest"]);
        let known = ForeignHash::Sha256(bytes(&case["sha256"]));
        assert_eq!(pepper.digest_foreign(&known).as_bytes(), &digest);
        assert_eq!(ForeignHash::of(&text(&case), ForeignDigest::Sha256), known);
    }
}

#[test]
fn ids_read_and_write_as_typeids() {
    for case in vectors("ids") {
        let uuid = case["uuid"].as_str().expect("a UUID").replace('-', "");
        let raw = u128::from_str_radix(&uuid, 16).expect("128 bits");
        let text = case["text"].as_str().expect("an id");
        let (written, read) = match case["prefix"].as_str().expect("a prefix") {
            "org" => (
                OrganizationId::from_u128(raw).to_string(),
                raw_of::<OrganizationId>(text),
            ),
            "prj" => (
                ProjectId::from_u128(raw).to_string(),
                raw_of::<ProjectId>(text),
            ),
            "env" => (
                EnvironmentId::from_u128(raw).to_string(),
                raw_of::<EnvironmentId>(text),
            ),
            _ => (KeyId::from_u128(raw).to_string(), raw_of::<KeyId>(text)),
        };
        assert_eq!((written.as_str(), read), (text, Some(raw)));
    }
}

#[test]
fn texts_that_are_no_ids_are_refused() {
    for case in vectors("invalid_ids") {
        let text = case["text"].as_str().expect("a text");
        assert!(text.parse::<KeyId>().is_err(), "{}", case["why"]);
    }
}

fn raw_of<T: std::str::FromStr + Raw>(text: &str) -> Option<u128> {
    text.parse::<T>().ok().map(Raw::raw)
}

trait Raw {
    fn raw(self) -> u128;
}

macro_rules! raw {
    ($($id:ty),*) => { $(impl Raw for $id { fn raw(self) -> u128 { self.as_u128() } })* };
}
raw!(OrganizationId, ProjectId, EnvironmentId, KeyId);
