//! The operations of the API description, and how credentials are written.

use serde_json::{Map, Value};

use super::text;

/// An operation of the API description.
pub(super) struct Operation {
    pub(super) id: String,
    pub(super) method: String,
    pub(super) path: String,
    pub(super) fields: Vec<String>,
}

/// All of them.
pub(super) fn operations(document: &Value) -> Vec<Operation> {
    let mut all = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, described) in methods.as_object().unwrap() {
            let schema = &described["requestBody"]["content"]["application/json"]["schema"];
            let name = text(&schema["$ref"]);
            let name = name.rsplit('/').next().unwrap_or_default();
            let fields = &document["components"]["schemas"][name]["properties"];
            all.push(Operation {
                id: text(&described["operationId"]),
                method: method.to_uppercase(),
                path: path.clone(),
                fields: fields
                    .as_object()
                    .into_iter()
                    .flat_map(Map::keys)
                    .cloned()
                    .collect(),
            });
        }
    }
    all
}

/// RFC 4648 §4, as Basic credentials are sent.
pub(super) fn base64(text: &str) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for three in text.as_bytes().chunks(3) {
        let byte = |at: usize| u32::from(three.get(at).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for at in 0..4 {
            let digit = DIGITS[(bits >> (18 - 6 * at) & 63) as usize];
            out.push(if at <= three.len() {
                char::from(digit)
            } else {
                '='
            });
        }
    }
    out
}
