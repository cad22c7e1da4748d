//! TypeScript: interfaces and classes.

use std::fmt::Write as _;

use super::ABOUT;
use super::model::{Api, Caller, Field, Form, Kind, Operation};
use super::names::{camel, pascal};

/// `types.ts`.
pub(super) fn types(api: &Api) -> String {
    let mut out = format!("// {ABOUT}\n\nimport type {{ Secret }} from \"../secret.js\";\n");
    for named in &api.types {
        comment(&mut out, "", &named.about);
        let name = &named.name;
        match &named.form {
            Form::Record(fields) => {
                let _ = writeln!(out, "export interface {name} {{");
                out.push_str(&members(fields, "  "));
                out.push_str("}\n");
            }
            Form::Words(words) => {
                let words: Vec<_> = words
                    .iter()
                    .map(|word| format!("\"{}\"", word.text))
                    .collect();
                let _ = writeln!(out, "export type {name} = {};", words.join(" | "));
            }
            Form::OneOf(choices) => {
                let choices = choices
                    .iter()
                    .map(|one| format!("\n  | {{\n{}    }}", members(&one.fields, "      ")));
                let _ = writeln!(out, "export type {name} ={};", choices.collect::<String>());
            }
        }
    }
    out
}

fn members(fields: &[Field], indent: &str) -> String {
    let mut out = String::new();
    for field in fields {
        if !field.about.is_empty() {
            let _ = writeln!(out, "{indent}/** {} */", one_line(&field.about));
        }
        let optional = if field.is_required { "" } else { "?" };
        let null = if field.is_nullable { " | null" } else { "" };
        let _ = writeln!(
            out,
            "{indent}{}{optional}: {}{null};",
            field.name,
            written(&field.kind)
        );
    }
    out
}

fn written(kind: &Kind) -> String {
    match kind {
        Kind::Text | Kind::Time => "string".into(),
        Kind::Secret => "Secret".into(),
        Kind::Word(word) => format!("\"{word}\""),
        Kind::Integer { .. } => "number".into(),
        Kind::Boolean => "boolean".into(),
        Kind::Any => "unknown".into(),
        Kind::Object => "Record<string, unknown>".into(),
        Kind::Texts => "string | string[]".into(),
        Kind::List(of) => format!("{}[]", written(of)),
        Kind::Map(of) => format!("Record<string, {}>", written(of)),
        Kind::Named(name) => name.clone(),
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn comment(out: &mut String, indent: &str, about: &str) {
    let _ = writeln!(out);
    if about.trim().is_empty() {
        return;
    }
    let _ = writeln!(out, "{indent}/**");
    for line in about.trim().lines() {
        let _ = writeln!(out, "{}", format!("{indent} * {line}").trim_end());
    }
    let _ = writeln!(out, "{indent} */");
}

/// `resources.ts`.
pub(super) fn resources(api: &Api) -> String {
    let mut out = format!(
        "// {ABOUT}\n\nimport {{ segment }} from \"../operation.js\";\n\
         import type {{ Caller, Credential, RequestOptions }} from \"../operation.js\";\n\
         import type {{ Pages }} from \"../pages.js\";\nimport type * as types from \"./types.js\";\n"
    );
    for (_, operations) in api.resources() {
        for operation in operations
            .iter()
            .filter(|operation| !operation.query.is_empty())
        {
            comment(
                &mut out,
                "",
                &format!("What `{}` can be asked for.", operation.id),
            );
            let fields = members(&qualified(&operation.query), "  ");
            let _ = writeln!(
                out,
                "export interface {}Query {{\n{fields}}}",
                pascal(&operation.id)
            );
        }
    }
    for (name, operations) in api.resources() {
        comment(
            &mut out,
            "",
            &format!("The operations of the API that are about {}.", spaced(name)),
        );
        let _ = writeln!(
            out,
            "export class {name}Resource {{\n  readonly #api: Caller;\n"
        );
        let _ = writeln!(
            out,
            "  constructor(api: Caller) {{\n    this.#api = api;\n  }}"
        );
        for operation in operations {
            comment(&mut out, "  ", &operation.about);
            method(&mut out, operation);
        }
        out.push_str("}\n");
    }
    comment(
        &mut out,
        "",
        "All operations of the API, by what they are about.",
    );
    out.push_str("export abstract class Resources {\n");
    for (name, _) in api.resources() {
        let _ = writeln!(
            out,
            "  /** {}. */\n  readonly {}: {name}Resource;",
            spaced(name),
            camel(name)
        );
    }
    out.push_str("\n  protected constructor(api: Caller) {\n");
    for (name, _) in api.resources() {
        let _ = writeln!(out, "    this.{} = new {name}Resource(api);", camel(name));
    }
    out.push_str("  }\n}\n");
    out
}

fn spaced(name: &str) -> String {
    super::names::snake(name).replace('_', " ")
}

/// Types are looked up in the other file.
fn qualified(fields: &[Field]) -> Vec<Field> {
    let qualify = |field: &Field| {
        let kind = match &field.kind {
            Kind::Named(name) => Kind::Named(format!("types.{name}")),
            other => other.clone(),
        };
        Field {
            kind,
            ..field.clone()
        }
    };
    fields.iter().map(qualify).collect()
}

fn method(out: &mut String, operation: &Operation) {
    let mut parameters = Vec::new();
    let mut parts = vec![
        format!("id: \"{}\"", operation.id),
        format!("verb: \"{}\"", operation.verb),
        format!("path: `{}`", path(operation)),
    ];
    match operation.caller {
        Caller::Operator => {}
        Caller::Holder => {
            parameters.push("key: Credential".to_owned());
            parts.push("credential: key".into());
        }
        Caller::Anyone => parts.push("credential: null".into()),
    }
    parameters.extend(
        operation
            .path_fields
            .iter()
            .map(|field| format!("{}: string", camel(field))),
    );
    if let Some(body) = &operation.body {
        let toml = if body.takes_toml { " | string" } else { "" };
        let default = if body.is_required { "" } else { " = {}" };
        parameters.push(format!("body: types.{}{toml}{default}", body.name));
        parts.push("body".into());
    }
    if !operation.query.is_empty() {
        parameters.push(format!("query: {}Query = {{}}", pascal(&operation.id)));
        parts.push("query".into());
    }
    parameters.push("options?: RequestOptions".into());
    if operation.takes_idempotency_key {
        parts.push("takesIdempotencyKey: true".into());
    }
    if operation.has_secret {
        parts.push("hasSecret: true".into());
    }
    let (answer, send) = match &operation.item {
        Some(item) => (format!("Pages<types.{item}>"), "pages"),
        None => (format!("Promise<types.{}>", operation.answer), "send"),
    };
    let _ = writeln!(
        out,
        "  {}({}): {answer} {{",
        operation.method,
        parameters.join(", ")
    );
    let _ = writeln!(
        out,
        "    return this.#api.{send}({{ {} }}, options);\n  }}",
        parts.join(", ")
    );
}

fn path(operation: &Operation) -> String {
    let mut path = operation.path.clone();
    for field in &operation.path_fields {
        let value = format!("${{segment(\"{field}\", {})}}", camel(field));
        path = path.replace(&format!("{{{field}}}"), &value);
    }
    path
}
