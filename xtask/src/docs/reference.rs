//! Reference pages, made from what the binary says of itself.

use std::fmt::Write;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

/// Name and text of each.
pub(super) fn pages(program: &Path) -> [(&'static str, String); 3] {
    let said = |words: &[&str]| {
        let output = Command::new(program).args(words).output();
        let text = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
        text.unwrap_or_default()
    };
    let read = |words| serde_json::from_str(&said(words)).unwrap_or_default();
    [
        ("api.md", api(&read(&["openapi"]))),
        ("manifest.md", manifest(&read(&["schema"]))),
        ("command-line.md", command_line(&said)),
    ]
}

/// Every operation, by what it is about.
fn api(document: &Value) -> String {
    let mut text = "# API\n\nWhat `/openapi.json` of your server says, as a page. Operator keys \
        travel as `Authorization: Bearer sk_keystile_…`; errors are problem details (RFC 9457) with \
        a `code`.\n"
        .to_owned();
    let mut tags: Vec<(&str, String)> = Vec::new();
    for (path, methods) in fields(&document["paths"]) {
        for (method, operation) in fields(methods) {
            let tag = operation["tags"][0].as_str().unwrap_or("Others");
            let described = described(document, path, method, operation);
            match tags.iter_mut().find(|(name, _)| *name == tag) {
                Some((_, all)) => all.push_str(&described),
                None => tags.push((tag, described)),
            }
        }
    }
    for (tag, operations) in tags {
        let _ = write!(text, "\n## {tag}\n{operations}");
    }
    text + &types(document, &document["components"]["schemas"])
}

/// What is named in the columns of types: their fields, or the words that they can be.
fn types(document: &Value, schemas: &Value) -> String {
    let mut text = "\n## Types\n".to_owned();
    for (name, schema) in fields(schemas) {
        let _ = write!(
            text,
            "\n### Type {name}\n\n{}\n",
            told(&schema["description"])
        );
        text.push_str(&table(document, schema, "field"));
        for choice in schema["oneOf"].as_array().into_iter().flatten() {
            if let Some(word) = choice["const"].as_str() {
                let _ = write!(text, "\n- `{word}`: {}", cell(&choice["description"]));
            }
            text.push_str(&table(document, choice, "field"));
        }
        text.push('\n');
    }
    text
}

fn described(document: &Value, path: &str, method: &str, operation: &Value) -> String {
    let mut text = format!(
        "\n### {}\n\n`{} {path}`\n\n{}\n",
        told(&operation["summary"]),
        method.to_uppercase(),
        told(&operation["description"])
    );
    let parameters = operation["parameters"].as_array().into_iter().flatten();
    let asked: Vec<_> = parameters.filter(|each| each["in"] != "path").collect();
    if !asked.is_empty() {
        text.push_str("\n| parameter | meaning |\n|---|---|\n");
        for each in asked {
            let _ = writeln!(
                text,
                "| `{}` | {} |",
                told(&each["name"]),
                cell(&each["description"])
            );
        }
    }
    let body = &operation["requestBody"]["content"]["application/json"]["schema"];
    text.push_str(&table(document, body, "field"));
    for (status, answer) in fields(&operation["responses"]) {
        if status.starts_with('2') {
            let _ = writeln!(
                text,
                "\nAnswers {status}: {}.",
                told(&answer["description"])
            );
            let schema = &answer["content"]["application/json"]["schema"];
            text.push_str(&table(document, schema, "answer"));
        }
    }
    text
}

/// The fields of an object; nothing for what has none.
fn table(document: &Value, schema: &Value, head: &str) -> String {
    let schema = resolved(document, schema);
    let mut text = String::new();
    for (name, field) in fields(&schema["properties"]) {
        if text.is_empty() {
            let _ = write!(text, "\n| {head} | type | meaning |\n|---|---|---|\n");
        }
        let about = if field["description"].is_string() {
            &field["description"]
        } else {
            &resolved(document, field)["description"]
        };
        let is_required = schema["required"]
            .as_array()
            .into_iter()
            .flatten()
            .any(|n| n == name);
        let star = if is_required && head != "answer" {
            " (required)"
        } else {
            ""
        };
        let _ = writeln!(
            text,
            "| `{name}`{star} | {} | {} |",
            kind(field),
            cell(about)
        );
    }
    text
}

/// The sections of a manifest and their entries.
fn manifest(schema: &Value) -> String {
    let mut text = "# Manifest\n\nA product's rules in one file, `keystile.toml`. `keystile init` \
        writes a commented one, `keystile apply` checks it, names everything that is wrong with it \
        at once, and takes it over; `keystile schema` prints its JSON Schema for editors.\n"
        .to_owned();
    for (name, section) in fields(&schema["properties"]) {
        let is_list = section["type"] == "array";
        let entry = if is_list { &section["items"] } else { section };
        let title = if is_list {
            format!("[[{name}]]")
        } else {
            format!("[{name}]")
        };
        let _ = write!(
            text,
            "\n## `{title}`\n\n{}\n",
            told(&section["description"])
        );
        text.push_str(&entries(schema, entry));
        // The two kinds of key have sections of their own.
        for (inner, field) in fields(&resolved(schema, entry)["properties"]) {
            let below = table_of(schema, field);
            if name == "keys" && !below.is_empty() {
                let _ = write!(
                    text,
                    "\n### `[{name}.{inner}]`\n\n{}\n{below}",
                    cell(&field["description"])
                );
            }
        }
    }
    text + &types(schema, &schema["$defs"])
}

fn entries(schema: &Value, entry: &Value) -> String {
    let entry = resolved(schema, entry);
    let mut text = String::new();
    for (name, field) in fields(&entry["properties"]) {
        if text.is_empty() {
            text.push_str("\n| entry | type | default | meaning |\n|---|---|---|---|\n");
        }
        let is_required = entry["required"]
            .as_array()
            .into_iter()
            .flatten()
            .any(|n| n == name);
        let default = match &field["default"] {
            _ if is_required => "required".to_owned(),
            Value::Null => String::new(),
            value => format!("`{value}`"),
        };
        let _ = writeln!(
            text,
            "| `{name}` | {} | {default} | {} |",
            kind(field),
            cell(&field["description"])
        );
    }
    text
}

fn table_of(schema: &Value, field: &Value) -> String {
    entries(schema, first(field))
}

/// Every command with its help.
fn command_line(said: &dyn Fn(&[&str]) -> String) -> String {
    let mut text = "# Command line\n\nWhat `--help` says of every command.\n".to_owned();
    let overview = said(&["--help"]);
    for command in commands(&overview) {
        let help = said(&[command, "--help"]);
        let _ = write!(
            text,
            "\n## keystile {command}\n\n```text\n{}\n```\n",
            help.trim_end()
        );
        for inner in commands(&help) {
            let help = said(&[command, inner, "--help"]);
            let _ = write!(
                text,
                "\n### keystile {command} {inner}\n\n```text\n{}\n```\n",
                help.trim_end()
            );
        }
    }
    text
}

/// The names under *Commands:* in a help.
fn commands(help: &str) -> impl Iterator<Item = &str> {
    let (_, listed) = help.split_once("Commands:\n").unwrap_or_default();
    let lines = listed.lines().take_while(|line| !line.is_empty());
    let names = lines.filter_map(|line| line.strip_prefix("  ")?.split(' ').next());
    names.filter(|name| !name.is_empty() && *name != "help")
}

fn fields(object: &Value) -> impl Iterator<Item = (&str, &Value)> {
    let fields = object.as_object().into_iter().flatten();
    fields.map(|(name, value)| (name.as_str(), value))
}

/// What a reference names; a schema that is none stays.
fn resolved<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    let schema = first(schema);
    let path = schema["$ref"]
        .as_str()
        .and_then(|path| path.strip_prefix('#'));
    path.and_then(|path| document.pointer(path))
        .unwrap_or(schema)
}

/// Of several schemas, the one that is not `null`.
fn first(schema: &Value) -> &Value {
    let mut choices = schema["anyOf"].as_array().into_iter().flatten();
    choices
        .find(|choice| choice["type"] != "null")
        .unwrap_or(schema)
}

/// The type in a word.
fn kind(schema: &Value) -> String {
    let schema = first(schema);
    if let Some(name) = schema["$ref"]
        .as_str()
        .and_then(|path| path.rsplit('/').next())
    {
        return format!("[{name}](#type-{})", name.to_lowercase());
    }
    let types = schema["type"]
        .as_array()
        .into_iter()
        .flatten()
        .chain([&schema["type"]]);
    let word = types.filter_map(Value::as_str).find(|word| *word != "null");
    match word {
        Some("array") => format!("list of {}", kind(&schema["items"])),
        Some(word) => word.to_owned(),
        None => String::new(),
    }
}

fn told(text: &Value) -> &str {
    text.as_str().unwrap_or_default()
}

/// A text for a cell of a table.
fn cell(text: &Value) -> String {
    told(text).replace('\n', " ").replace('|', "\\|")
}
