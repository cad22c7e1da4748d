//! Operations: a struct for each resource, and a method for each operation.

use std::fmt::Write as _;

use super::super::model::{Api, Caller, Operation};
use super::super::names::{pascal, snake};
use super::{comment, imports};

/// The module of a resource.
pub(super) fn one(resource: &str, operations: &[&Operation]) -> String {
    let mut out = format!(
        "/// Operations about {}.\n#[derive(Debug, Clone)]\npub struct {resource}Resource {{\n\
         pub(crate) api: Arc<Caller>,\n}}\n\nimpl {resource}Resource {{",
        snake(resource).replace('_', " ")
    );
    let mut named = Vec::new();
    for operation in operations {
        method(&mut out, operation);
        named.push(super::answer(operation));
        named.extend(super::body(operation));
        if !operation.query.is_empty() {
            named.push(format!("{}Query", pascal(&operation.id)));
        }
    }
    out.push_str("}\n");
    named.sort();
    named.dedup();
    let own = format!(
        "use crate::call::Operation;\nuse crate::transport::Caller;\nuse crate::types::{{{}}};\n",
        named.join(", ")
    );
    format!("{}{out}", imports(&out, &own))
}

/// How the client leads to its resources.
pub(super) fn client(api: &Api) -> String {
    let mut out = "use std::sync::Arc;\n\nuse crate::client::Client;\n\nimpl Client {".to_owned();
    for (resource, _) in api.resources() {
        let method = snake(resource);
        let _ = writeln!(
            out,
            "\n/// Operations about {}.\n#[must_use]\npub fn {method}(&self) -> {resource}Resource {{\n\
             {resource}Resource {{ api: Arc::clone(&self.api) }}\n}}",
            method.replace('_', " ")
        );
    }
    out.push_str("}\n");
    out
}

fn method(out: &mut String, operation: &Operation) {
    let mut parameters = vec!["&self".to_owned()];
    let mut steps = String::new();
    match operation.caller {
        Caller::Operator => {}
        Caller::Holder => {
            parameters.push("key: &str".into());
            steps.push_str(".holder(key)");
        }
        Caller::Anyone => steps.push_str(".public()"),
    }
    let fields = operation.path_fields.iter();
    parameters.extend(fields.clone().map(|field| format!("{field}: &str")));
    match &operation.body {
        Some(body) if body.takes_toml => {
            parameters.push("manifest: impl Into<String>".into());
            steps.push_str(".manifest(manifest)");
        }
        Some(body) => {
            parameters.push(format!("body: {}", body.name));
            steps.push_str(".body(body)");
        }
        None => {}
    }
    if !operation.query.is_empty() {
        parameters.push(format!("query: {}Query", pascal(&operation.id)));
        steps.push_str(".query(query)");
    }
    if operation.takes_idempotency_key {
        steps.push_str(".with_idempotency_key()");
    }
    let parts: Vec<_> = fields
        .map(|field| format!("(\"{field}\", {field})"))
        .collect();
    let (answer, call) = match &operation.item {
        Some(item) => (format!("Pages<{item}>"), "Pages"),
        None => (format!("Call<{}>", operation.answer), "Call"),
    };
    out.push('\n');
    comment(out, &operation.about, "");
    let _ = writeln!(
        out,
        "pub fn {}({}) -> {answer} {{\nlet operation = Operation::new(Method::{}, \"{}\", &[{}]){steps};\n\
         {call}::of(&self.api, operation)\n}}",
        snake(&operation.method),
        parameters.join(", "),
        operation.verb,
        operation.path,
        parts.join(", "),
    );
}
