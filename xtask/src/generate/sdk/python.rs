//! Python: frozen dataclasses, and each resource twice, for both clients.

use std::fmt::Write as _;

use super::ABOUT;
use super::model::{Api, Caller, Field, Form, Kind, Operation};
use super::names::snake;

/// Words that Python keeps for itself.
const KEPT: [&str; 2] = ["from", "import"];

fn name(text: &str) -> String {
    let text = snake(text);
    if KEPT.contains(&text.as_str()) {
        format!("{text}_")
    } else {
        text
    }
}

/// `types.py`.
pub(super) fn types(api: &Api) -> String {
    let mut out = format!(
        "# {ABOUT}\n\"\"\"The types of the API.\"\"\"\n\nfrom __future__ import annotations\n\n\
         from dataclasses import dataclass\nfrom datetime import datetime\nfrom typing import Any, Literal\n\n\
         from ..secret import Secret\n"
    );
    for named in api.shared() {
        if let Form::Words(words) = &named.form {
            let words: Vec<_> = words
                .iter()
                .map(|word| format!("\"{}\"", word.text))
                .collect();
            let _ = writeln!(out, "\n{} = Literal[{}]", named.name, words.join(", "));
            docstring(&mut out, "", &named.about);
        }
    }
    for named in api.shared() {
        if matches!(named.form, Form::Words(_)) {
            continue;
        }
        let _ = writeln!(
            out,
            "\n\n@dataclass(frozen=True, kw_only=True)\nclass {}:",
            named.name
        );
        docstring(&mut out, "    ", &named.about);
        out.push('\n');
        for field in named.merged() {
            let optional = field.is_nullable || !field.is_required;
            let none = if optional { " | None" } else { "" };
            let default = if optional { " = None" } else { "" };
            let _ = writeln!(
                out,
                "    {}: {}{none}{default}",
                name(&field.name),
                written(&field.kind, "", "list")
            );
            docstring(&mut out, "    ", &field.about);
        }
    }
    out
}

fn docstring(out: &mut String, indent: &str, about: &str) {
    let about = about.trim().replace('\\', "\\\\");
    let lines: Vec<_> = about
        .lines()
        .map(|line| format!("{indent}{line}").trim_end().to_owned())
        .collect();
    match lines.as_slice() {
        [] => {}
        [only] => {
            let _ = writeln!(out, "{indent}\"\"\"{}\"\"\"", only.trim_start());
        }
        many => {
            let _ = writeln!(
                out,
                "{indent}\"\"\"{}\n{indent}\"\"\"",
                many.join("\n").trim_start()
            );
        }
    }
}

fn written(kind: &Kind, room: &str, list: &str) -> String {
    match kind {
        Kind::Text => "str".into(),
        Kind::Secret => "Secret".into(),
        Kind::Word(word) => format!("Literal[\"{word}\"]"),
        Kind::Time => "datetime".into(),
        Kind::Integer { .. } => "int".into(),
        Kind::Boolean => "bool".into(),
        Kind::Any => "Any".into(),
        Kind::Object => "dict[str, Any]".into(),
        Kind::Texts => format!("str | {list}[str]"),
        Kind::List(of) => format!("{list}[{}]", written(of, room, list)),
        Kind::Map(of) => format!("dict[str, {}]", written(of, room, list)),
        Kind::Named(name) => format!("{room}{name}"),
    }
}

/// `resources.py`.
pub(super) fn resources(api: &Api) -> String {
    let mut out = format!(
        "# {ABOUT}\n\"\"\"The operations of the API, by what they are about.\"\"\"\n\n\
         from __future__ import annotations\n\nfrom collections.abc import Sequence\n\
         from datetime import datetime\nfrom typing import Any\n\n\
         from ..operation import NOT_GIVEN, AsyncCaller, Caller, Credential, NotGiven, Operation, Options, given, segment\n\
         from ..pages import AsyncPages, Pages\nfrom . import types\n"
    );
    for is_async in [false, true] {
        for (resource, operations) in api.resources() {
            let prefix = prefix(is_async);
            let about = snake(resource).replace('_', " ");
            let _ = write!(
                out,
                "\n\nclass {prefix}{resource}Resource:\n    \"\"\"The operations of the API that are about {about}.\"\"\"\n\n\
                 \x20   def __init__(self, api: {prefix}Caller) -> None:\n        self._api = api\n"
            );
            for operation in operations {
                method(&mut out, api, operation, is_async);
            }
        }
        let prefix = prefix(is_async);
        let _ = write!(
            out,
            "\n\nclass {prefix}Resources:\n    \"\"\"All operations of the API.\"\"\"\n\n    def __init__(self, api: {prefix}Caller) -> None:\n"
        );
        for (resource, _) in api.resources() {
            let _ = writeln!(
                out,
                "        self.{} = {prefix}{resource}Resource(api)",
                name(resource)
            );
        }
    }
    out
}

fn prefix(is_async: bool) -> &'static str {
    if is_async { "Async" } else { "" }
}

fn method(out: &mut String, api: &Api, operation: &Operation, is_async: bool) {
    let mut parameters = vec!["self".to_owned()];
    let mut parts = vec![
        format!("id=\"{}\"", operation.id),
        format!("verb=\"{}\"", operation.verb),
        format!("path=f\"{}\"", path(operation)),
    ];
    match operation.caller {
        Caller::Operator => {}
        Caller::Holder => {
            parameters.push("key: Credential".into());
            parts.push("credential=key".into());
        }
        Caller::Anyone => parts.push("credential=None".into()),
    }
    parameters.extend(
        operation
            .path_fields
            .iter()
            .map(|field| format!("{}: str", name(field))),
    );
    let body = operation.body.as_ref();
    if body.is_some_and(|body| body.takes_toml) {
        parameters.push("manifest: str | dict[str, Any]".into());
        parts.push("body=manifest".into());
    }
    parameters.push("*".into());
    let fields = body
        .filter(|body| !body.takes_toml)
        .map(|body| api.fields(&body.name));
    if let Some(fields) = fields {
        parameters.extend(fields.iter().map(parameter));
        parts.push(format!("body=given({})", passed(fields)));
    }
    if !operation.query.is_empty() {
        parameters.extend(operation.query.iter().map(parameter));
        parts.push(format!("query=given({})", passed(&operation.query)));
    }
    let mut options = vec!["timeout=timeout"];
    if operation.takes_idempotency_key {
        parts.push("takes_idempotency_key=True".into());
        parameters.push("idempotency_key: str | None = None".into());
        options.push("idempotency_key=idempotency_key");
    }
    if operation.id == "createSession" {
        parameters.push("origin: str | None = None".into());
        options.push("origin=origin");
    }
    parameters.push("timeout: float | None = None".into());
    let (answer, read, send) = match &operation.item {
        Some(item) => (
            format!("{}Pages[types.{item}]", prefix(is_async)),
            item,
            "pages",
        ),
        None => (
            format!("types.{}", operation.answer),
            &operation.answer,
            "send",
        ),
    };
    let is_awaited = is_async && operation.item.is_none();
    let (define, wait) = if is_awaited {
        ("async def", "await ")
    } else {
        ("def", "")
    };
    let _ = writeln!(
        out,
        "\n    {define} {}(\n        {},\n    ) -> {answer}:",
        name(&operation.method),
        parameters.join(",\n        ")
    );
    docstring(out, "        ", &operation.about);
    let _ = writeln!(
        out,
        "        return {wait}self._api.{send}(\n            Operation(\n                {},\n            ),\n            types.{read},\n            Options({}),\n        )",
        parts.join(",\n                "),
        options.join(", ")
    );
}

fn parameter(field: &Field) -> String {
    let none = if field.is_nullable { " | None" } else { "" };
    let given = if field.is_required {
        ""
    } else {
        " | NotGiven = NOT_GIVEN"
    };
    format!(
        "{}: {}{none}{given}",
        name(&field.name),
        written(&field.kind, "types.", "Sequence")
    )
}

fn passed(fields: &[Field]) -> String {
    let names = fields.iter().map(|field| name(&field.name));
    names
        .map(|name| format!("{name}={name}"))
        .collect::<Vec<_>>()
        .join(", ")
}

fn path(operation: &Operation) -> String {
    let mut path = operation.path.clone();
    for field in &operation.path_fields {
        let value = format!("{{segment('{field}', {})}}", name(field));
        path = path.replace(&format!("{{{field}}}"), &value);
    }
    path
}
