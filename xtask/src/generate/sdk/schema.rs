//! What single schemas of the interface description say.

use serde_json::Value;

/// The name of the schema that is referred to.
pub(super) fn named_by(schema: &Value) -> Option<String> {
    let reference = schema["$ref"].as_str()?;
    Some(reference.rsplit('/').next()?.to_owned())
}

/// A text, or nothing.
pub(super) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// Adds the names of all schemas that are referred to.
pub(super) fn references(schema: &Value, found: &mut Vec<String>) {
    found.extend(named_by(schema));
    match schema {
        Value::Object(all) => all.values().for_each(|inner| references(inner, found)),
        Value::Array(all) => all.iter().for_each(|inner| references(inner, found)),
        _ => {}
    }
}

/// A secret is shown once; so is a session's token.
pub(super) fn is_secret(record: &str, name: &str, schema: &Value) -> bool {
    let is_text = is_type(schema, "string");
    is_text
        && (name == "secret" && record != "KindNames"
            || name == "token" && record == "CreatedSession")
}

/// Whether it can be of a type.
pub(super) fn is_type(schema: &Value, name: &str) -> bool {
    let types = &schema["type"];
    types == name
        || types
            .as_array()
            .into_iter()
            .flatten()
            .any(|found| found == name)
}

/// The one that is not `null`.
pub(super) fn non_null(schema: &Value) -> &Value {
    let choices = schema["anyOf"].as_array().map(Vec::as_slice);
    match choices {
        Some([inner, null]) if is_type(null, "null") => inner,
        _ => schema,
    }
}
