//! Compares a manifest with its own JSON Schema, so that all slips of shape are told at once.
//!
//! Deserializing stops at the first slip. The schema is made from the same structs, so the two
//! cannot disagree. Only the words of JSON Schema that those structs produce are understood.

use std::sync::LazyLock;

use serde_json::{Map, Value};

use super::file::Manifest;
use super::grammar;
use super::problem::{Report, join};

static SCHEMA: LazyLock<Value> = LazyLock::new(|| schemars::schema_for!(Manifest).to_value());

/// The JSON Schema (2020-12) of a manifest, for editors.
#[must_use]
pub fn json_schema() -> Value {
    SCHEMA.clone()
}

/// Reports every field that is unknown, missing or of another type than the schema says.
pub(super) fn check(value: &Value, report: &mut Report) {
    walk(&SCHEMA, value, "", report);
}

fn walk(node: &Value, value: &Value, pointer: &str, report: &mut Report) {
    let node = resolve(node, value);
    if let Some(words) = allowed_words(node) {
        return check_word(&words, value, pointer, report);
    }
    let types = types(node);
    if !types.is_empty() && !types.iter().any(|name| is_of_type(value, name)) {
        let expected = types.first().copied().unwrap_or_default();
        let message = format!("expected {}, found {}", article(expected), describe(value));
        return report.add(pointer, message);
    }
    match value {
        Value::Object(fields) => check_fields(node, fields, pointer, report),
        Value::Array(items) => {
            if let Some(child) = node.get("items") {
                for (index, item) in items.iter().enumerate() {
                    walk(child, item, &format!("{pointer}/{index}"), report);
                }
            }
        }
        Value::Number(_) => check_range(node, value, pointer, report),
        _ => {}
    }
}

/// Follows `$ref`, and the one branch of an `anyOf` with null that fits the value.
fn resolve<'a>(node: &'a Value, value: &Value) -> &'a Value {
    if let Some(branches) = node.get("anyOf").and_then(Value::as_array) {
        let fits = |branch: &&Value| types(branch).contains(&"null") == value.is_null();
        return branches
            .iter()
            .find(fits)
            .map_or(node, |branch| resolve(branch, value));
    }
    let target = node
        .get("$ref")
        .and_then(Value::as_str)
        .and_then(|text| text.strip_prefix('#'));
    target
        .and_then(|pointer| SCHEMA.pointer(pointer))
        .unwrap_or(node)
}

fn allowed_words(node: &Value) -> Option<Vec<&str>> {
    if let Some(words) = node.get("enum").and_then(Value::as_array) {
        return Some(words.iter().filter_map(Value::as_str).collect());
    }
    let branches = node.get("oneOf").and_then(Value::as_array)?;
    Some(
        branches
            .iter()
            .filter_map(|branch| branch.get("const")?.as_str())
            .collect(),
    )
}

fn check_word(words: &[&str], value: &Value, pointer: &str, report: &mut Report) {
    if value.as_str().is_some_and(|word| words.contains(&word)) {
        return;
    }
    let hint = value.as_str().map_or_else(String::new, |word| {
        grammar::hint(word, words.iter().copied())
    });
    let choice = words
        .iter()
        .map(|word| format!("`{word}`"))
        .collect::<Vec<_>>()
        .join(" or ");
    report.add(
        pointer,
        format!("expected {choice}, found {}{hint}", describe(value)),
    );
}

fn check_fields(node: &Value, fields: &Map<String, Value>, pointer: &str, report: &mut Report) {
    let Some(known) = node.get("properties").and_then(Value::as_object) else {
        return;
    };
    for (name, value) in fields {
        if let Some(child) = known.get(name) {
            walk(child, value, &join(pointer, name), report);
        } else {
            let hint = grammar::hint(name, known.keys().map(String::as_str));
            let shown: String = name.chars().take(64).collect();
            report.add(
                join(pointer, &shown),
                format!("unknown field `{shown}`{hint}"),
            );
        }
    }
    let required = node.get("required").and_then(Value::as_array);
    for name in required.into_iter().flatten().filter_map(Value::as_str) {
        if !fields.contains_key(name) {
            report.add(join(pointer, name), "is missing and has no default");
        }
    }
}

fn check_range(node: &Value, value: &Value, pointer: &str, report: &mut Report) {
    let bound = |name: &str| node.get(name).and_then(Value::as_u64);
    let widest = match node.get("format").and_then(Value::as_str) {
        Some("uint32") => u64::from(u32::MAX),
        _ => u64::MAX,
    };
    let least = bound("minimum").unwrap_or(0);
    let most = bound("maximum").unwrap_or(widest);
    if value
        .as_u64()
        .is_none_or(|number| number < least || number > most)
    {
        report.add(
            pointer,
            format!("expected a whole number from {least} to {most}, found {value}"),
        );
    }
}

fn types(node: &Value) -> Vec<&str> {
    match node.get("type") {
        Some(Value::String(name)) => vec![name],
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

fn is_of_type(value: &Value, name: &str) -> bool {
    match name {
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        "null" => value.is_null(),
        _ => true,
    }
}

fn article(name: &str) -> &str {
    match name {
        "string" => "text in quotes",
        "boolean" => "true or false",
        "integer" => "a whole number",
        "array" => "a list",
        "object" => "a table",
        other => other,
    }
}

fn describe(value: &Value) -> String {
    match value {
        Value::Null => "nothing (null)".to_owned(),
        Value::Bool(flag) => flag.to_string(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => format!("`{}`", text.chars().take(64).collect::<String>()),
        Value::Array(_) => "a list".to_owned(),
        Value::Object(_) => "a table".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(toml: &str) -> Vec<String> {
        let problems = Manifest::from_toml(toml).unwrap_err().into_vec();
        problems.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a01_every_slip_of_shape_is_reported_at_once() {
        let found = problems(
            r#"
            shoes = 1
            [product]
            slug = "x"
            brnad = "y"
            require_operation = "yes"
            [keys.secret]
            reveal = "onse"
            max_active = 0
            [[scopes]]
            descripton = "no name"
            [[operations]]
            match = "GET /"
            scope = "a"
            cost = -1
            [[plans]]
            name = "free"
            credits = { live = 18446744073709, every = "fortnight" }
            "#,
        );
        let expected = [
            "/shoes: unknown field `shoes`",
            "/product/brnad: unknown field `brnad` (did you mean `brand`?)",
            "/product/require_operation: expected true or false, found `yes`",
            "/product/name: is missing and has no default",
            "/keys/secret/reveal: expected `once` or `recoverable`, found `onse` (did you mean `once`?)",
            "/keys/secret/max_active: expected a whole number from 1 to 4294967295, found 0",
            "/scopes/0/descripton: unknown field `descripton` (did you mean `description`?)",
            "/scopes/0/name: is missing and has no default",
            "/operations/0/cost: expected a whole number from 0 to 4294967295, found -1",
            "/plans/0/credits/live: expected a whole number from 0 to 1000000000000, found 18446744073709",
            "/plans/0/credits/every: expected `day` or `week` or `month` or `year`, found `fortnight`",
        ];
        for line in expected {
            assert!(
                found.iter().any(|found| found.starts_with(line)),
                "{line}\nin {found:#?}"
            );
        }
        assert_eq!(found.len(), expected.len(), "{found:#?}");
    }

    #[test]
    fn r02_a_cost_beyond_32_bits_is_refused_where_it_stands() {
        let json = r#"{"product": {"slug": "a", "name": "A"},
            "operations": [{"match": "GET /", "scope": "a", "cost": 9223372036854775808}]}"#;
        let found = Manifest::from_json(json).unwrap_err();
        assert_eq!(found.as_slice()[0].pointer, "/operations/0/cost");
        assert_eq!(found.as_slice().len(), 1);
    }

    #[test]
    fn r02_the_most_that_may_be_named_is_a_number_of_32_bits_too() {
        for bad in ["-1", "0", "1.5", "4294967296", "\"9\""] {
            let json = format!(
                r#"{{"product": {{"slug": "a", "name": "A"}},
                "operations": [{{"match": "GET /", "scope": "a", "max_cost": {bad}}}]}}"#
            );
            let found = Manifest::from_json(&json).unwrap_err();
            assert_eq!(found.as_slice()[0].pointer, "/operations/0/max_cost");
            assert_eq!(found.as_slice().len(), 1, "{bad}");
        }
    }

    #[test]
    fn the_schema_describes_every_field_and_shows_defaults() {
        fn described(node: &Value, at: &str) {
            let fields = node.get("properties").and_then(Value::as_object);
            for (name, field) in fields.into_iter().flatten() {
                assert!(
                    field.get("description").is_some(),
                    "{at}.{name} has no description"
                );
            }
        }
        let schema = json_schema();
        described(&schema, "manifest");
        for (name, node) in schema["$defs"].as_object().unwrap() {
            described(node, name);
        }
        let secret = &schema["$defs"]["SecretSection"]["properties"];
        assert_eq!(secret["scopes"]["default"], serde_json::json!(["*"]));
        assert_eq!(secret["refuse_in_browser"]["default"], true);
    }

    #[test]
    fn the_walk_refuses_whatever_deserializing_refuses() {
        // Each of these has one slip; were the walk blind to it, serde would answer without a
        // pointer.
        for toml in [
            "product = 1",
            "product = []",
            "[product]\nslug = 1\nname = \"\"",
            "[product]\nslug = \"a\"\nname = \"\"\n[keys]\nsecret = 1",
            "[product]\nslug = \"a\"\nname = \"\"\n[keys.secret]\nscopes = \"*\"",
            "[product]\nslug = \"a\"\nname = \"\"\n[keys.secret]\nscopes = [1]",
            "[product]\nslug = \"a\"\nname = \"\"\n[keys.secret]\nreveal = 1",
            "[product]\nslug = \"a\"\nname = \"\"\n[keys.secret]\nmax_active = 1.5",
            "[product]\nslug = \"a\"\nname = \"\"\n[keys.secret]\nmax_active = 4294967296",
        ] {
            for problem in Manifest::from_toml(toml).unwrap_err().as_slice() {
                assert!(!problem.pointer.is_empty(), "{toml}: {problem}");
            }
        }
    }
}
