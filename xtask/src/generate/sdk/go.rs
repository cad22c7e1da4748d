//! Go: structs, and a type for each resource.

use std::fmt::Write as _;

use super::ABOUT;
use super::model::{Api, Caller, Field, Form, Kind, Operation, Type};
use super::names::{camel, pascal};

/// Parts of names that Go writes in capitals.
const CAPITALS: [(&str, &str); 4] = [("Id", "ID"), ("Ip", "IP"), ("Ips", "IPs"), ("Url", "URL")];

/// Types that are written by hand beside the generated ones.
const BY_HAND: [&str; 1] = ["FieldError"];

/// `period_seconds` → `PeriodSeconds`, `request_id` → `RequestID`.
fn name(text: &str) -> String {
    let words = text.split('_').map(|word| {
        let word = pascal(word);
        let capital = CAPITALS.iter().find(|(plain, _)| *plain == word);
        capital.map_or(word, |(_, capital)| (*capital).to_owned())
    });
    words.collect()
}

/// `generated_types.go`.
pub(super) fn types(api: &Api) -> String {
    let mut out = format!("// {ABOUT}\n\npackage keystile\n\nimport \"time\"\n");
    let bodies = api
        .operations
        .iter()
        .filter_map(|operation| operation.body.as_ref());
    let bodies: Vec<_> = bodies
        .filter(|body| !body.takes_toml)
        .map(|body| &body.name)
        .collect();
    let shared: Vec<_> = api.shared().iter().map(|shared| &shared.name).collect();
    for named in &api.types {
        let is_wanted = bodies.contains(&&named.name) || shared.contains(&&named.name);
        if is_wanted && !BY_HAND.contains(&named.name.as_str()) {
            declare(&mut out, named);
        }
    }
    for operation in api
        .operations
        .iter()
        .filter(|operation| !operation.query.is_empty())
    {
        let query = pascal(&operation.id);
        let _ = writeln!(
            out,
            "\n// {query}Query is what {query} can be asked for.\ntype {query}Query struct {{"
        );
        for field in &operation.query {
            comment(&mut out, "\t", &field.about);
            let (kind, _) = optional(field, false);
            let _ = writeln!(
                out,
                "\t{} {kind} `query:\"{}\"`",
                name(&field.name),
                field.name
            );
        }
        out.push_str("}\n");
    }
    out
}

fn declare(out: &mut String, named: &Type) {
    let Type {
        name: type_name, ..
    } = named;
    let about = if named.about.trim().is_empty() {
        "is part of an answer."
    } else {
        named.about.trim()
    };
    out.push('\n');
    comment(out, "", &format!("{type_name}: {about}"));
    if let Form::Words(words) = &named.form {
        let _ = writeln!(
            out,
            "type {type_name} string\n\n// What {type_name} can be.\nconst ("
        );
        for word in words {
            let _ = writeln!(
                out,
                "\t{type_name}{} {type_name} = \"{}\"\n",
                name(&word.text),
                word.text
            );
        }
        out.truncate(out.trim_end().len());
        out.push_str("\n)\n");
        return;
    }
    let _ = writeln!(out, "type {type_name} struct {{");
    for (at, field) in named.merged().iter().enumerate() {
        if at > 0 {
            out.push('\n');
        }
        comment(out, "\t", &field.about);
        let (kind, omit) = if field.is_required && !field.is_nullable {
            (written(&field.kind), "")
        } else {
            optional(field, named.is_change)
        };
        let _ = writeln!(
            out,
            "\t{} {kind} `json:\"{}{omit}\"`",
            name(&field.name),
            field.name
        );
    }
    out.push_str("}\n");
}

fn comment(out: &mut String, indent: &str, about: &str) {
    for line in about.trim().lines() {
        let _ = writeln!(out, "{}", format!("{indent}// {line}").trim_end());
    }
}

fn written(kind: &Kind) -> String {
    match kind {
        Kind::Text | Kind::Word(_) => "string".into(),
        Kind::Secret => "Secret".into(),
        Kind::Time => "time.Time".into(),
        Kind::Integer { .. } => "int64".into(),
        Kind::Boolean => "bool".into(),
        Kind::Any => "any".into(),
        Kind::Object => "map[string]any".into(),
        Kind::Texts => "[]string".into(),
        Kind::List(of) => format!("[]{}", written(of)),
        Kind::Map(of) => format!("map[string]{}", written(of)),
        Kind::Named(name) => name.clone(),
    }
}

/// A field that may be left out. In a change, leaving it out differs from `null`. Of texts and
/// lists the zero value stands for nothing; of all else, a pointer does.
fn optional(field: &Field, is_change: bool) -> (String, &'static str) {
    let kind = written(&field.kind);
    if is_change {
        return (format!("Patch[{kind}]"), ",omitzero");
    }
    let is_plain = matches!(
        field.kind,
        Kind::Text
            | Kind::Texts
            | Kind::Secret
            | Kind::Any
            | Kind::Object
            | Kind::List(_)
            | Kind::Map(_)
            | Kind::Word(_)
    );
    if is_plain {
        (kind, ",omitzero")
    } else {
        (format!("*{kind}"), ",omitzero")
    }
}

/// `generated_resources.go`.
pub(super) fn resources(api: &Api) -> String {
    let mut out = format!("// {ABOUT}\n\npackage keystile\n\nimport \"context\"\n");
    out.push_str("\n// Resources has all operations of the API, by what they are about.\ntype Resources struct {\n");
    for (resource, _) in api.resources() {
        let _ = writeln!(
            out,
            "\t// {resource} is about {}.\n\t{resource} *{resource}Resource\n",
            spaced(resource)
        );
    }
    out.truncate(out.trim_end().len());
    out.push_str("\n}\n\nfunc newResources(api *caller) Resources {\n\treturn Resources{\n");
    let widest = api
        .resources()
        .iter()
        .map(|(resource, _)| resource.len())
        .max()
        .unwrap_or(0);
    for (resource, _) in api.resources() {
        let gap = " ".repeat(widest - resource.len());
        let _ = writeln!(out, "\t\t{resource}: {gap}&{resource}Resource{{api}},");
    }
    out.push_str("\t}\n}\n");
    for (resource, operations) in api.resources() {
        let _ = writeln!(
            out,
            "\n// {resource}Resource has the operations of the API that are about {}.\ntype {resource}Resource struct{{ api *caller }}",
            spaced(resource)
        );
        for operation in operations {
            method(&mut out, resource, operation);
        }
    }
    out
}

fn spaced(resource: &str) -> String {
    super::names::snake(resource).replace('_', " ")
}

fn method(out: &mut String, resource: &str, operation: &Operation) {
    let method = pascal(&operation.method);
    let mut parameters = vec!["ctx context.Context".to_owned()];
    let mut parts = vec![
        format!("id: \"{}\"", operation.id),
        format!("verb: \"{}\"", operation.verb),
    ];
    match operation.caller {
        Caller::Operator => {}
        Caller::Holder => {
            parameters.push("key string".into());
            parts.push("holder: &key".into());
        }
        Caller::Anyone => parts.push("isPublic: true".into()),
    }
    parameters.extend(
        operation
            .path_fields
            .iter()
            .map(|field| format!("{} string", camel(field))),
    );
    match &operation.body {
        Some(body) if body.takes_toml => {
            parameters.push("manifest string".into());
            parts.push("manifest: manifest".into());
        }
        Some(body) => {
            parameters.push(format!("body {}", body.name));
            parts.push("body: body".into());
        }
        None => {}
    }
    if !operation.query.is_empty() {
        parameters.push(format!("query {}Query", pascal(&operation.id)));
        parts.push("query: query".into());
    }
    parameters.push("options ...Option".into());
    let fields = operation
        .path_fields
        .iter()
        .map(|field| format!(", \"{field}\", {}", camel(field)));
    parts.push(format!(
        "path: path(\"{}\"{})",
        operation.path,
        fields.collect::<String>()
    ));
    if operation.takes_idempotency_key {
        parts.push("takesIdempotencyKey: true".into());
    }
    let (answer, send) = match &operation.item {
        Some(item) => (format!("*Pages[{item}]"), format!("pages[{item}]")),
        None => (
            format!("(*{}, error)", operation.answer),
            format!("send[{}]", operation.answer),
        ),
    };
    out.push('\n');
    comment(out, "", &format!("{method}: {}", operation.about.trim()));
    let _ = writeln!(
        out,
        "func (r *{resource}Resource) {method}({}) {answer} {{",
        parameters.join(", ")
    );
    let _ = writeln!(
        out,
        "\treturn {send}(ctx, r.api, operation{{{}}}, options)\n}}",
        parts.join(", ")
    );
}
