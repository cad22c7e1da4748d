//! The reference page: the API description as HTML, served by the binary, loading nothing.

use http::{HeaderValue, Response, StatusCode, header};
use maud::{DOCTYPE, Markup, PreEscaped, html};
use serde_json::Value;

use crate::api::Body;
use crate::openapi::document;

const STYLE: &str = include_str!("reference.css");
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; \
                      base-uri 'none'; form-action 'none'";

/// The page.
pub(crate) fn page(request_id: &str) -> Response<Body> {
    let text = render(document()).into_string();
    let mut reply = Response::new(Body::from(text.into_bytes()));
    *reply.status_mut() = StatusCode::OK;
    let headers = reply.headers_mut();
    let fixed = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if let Ok(id) = HeaderValue::from_str(request_id) {
        headers.insert("x-request-id", id);
    }
    reply
}

fn render(document: &Value) -> Markup {
    let tags = document["tags"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { "Keystile API" }
                style { (PreEscaped(STYLE)) }
            }
            body {
                header {
                    h1 { "Keystile API" }
                    p {
                        "The same as "
                        a href="/openapi.json" { "openapi.json" }
                        ", for people. Send an operator key as "
                        code { "Authorization: Bearer <key>" }
                        ". Errors are problem details (RFC 9457) with a stable "
                        code { "code" }
                        "."
                    }
                }
                nav { @for tag in tags { (tag_links(document, tag)) } }
                main { @for tag in tags { (tag_section(document, tag)) } }
            }
        }
    }
}

/// Every operation with that tag: path, method, description.
fn tagged<'a>(document: &'a Value, tag: &Value) -> Vec<(&'a str, &'a str, &'a Value)> {
    let tag = tag["name"].clone();
    let paths = document["paths"].as_object().into_iter().flatten();
    paths
        .flat_map(|(path, methods)| {
            let methods = methods.as_object().into_iter().flatten();
            methods.map(move |(method, operation)| (path.as_str(), method.as_str(), operation))
        })
        .filter(|(_, _, operation)| operation["tags"][0] == tag)
        .collect()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn tag_links(document: &Value, tag: &Value) -> Markup {
    html! {
        h2 { (text(&tag["name"])) }
        ul {
            @for (_, _, operation) in tagged(document, tag) {
                li {
                    a href={ "#" (text(&operation["operationId"])) } { (text(&operation["summary"])) }
                }
            }
        }
    }
}

fn tag_section(document: &Value, tag: &Value) -> Markup {
    html! {
        section {
            h2 { (text(&tag["name"])) " " small { (text(&tag["description"])) } }
            @for (path, method, operation) in tagged(document, tag) {
                (article(document, path, method, operation))
            }
        }
    }
}

fn article(document: &Value, path: &str, method: &str, operation: &Value) -> Markup {
    let body = &operation["requestBody"]["content"]["application/json"]["schema"];
    let parameters = operation["parameters"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    html! {
        article id=(text(&operation["operationId"])) {
            h3 { (text(&operation["summary"])) }
            p.call { b class=(method) { (method.to_uppercase()) } " " code { (path) } }
            @for paragraph in text(&operation["description"]).split("\n\n") {
                p { (paragraph) }
            }
            @if !parameters.is_empty() {
                table {
                    caption { "Parameters" }
                    @for parameter in parameters {
                        tr {
                            th { code { (text(&parameter["name"])) } }
                            td.type { (text(&parameter["in"])) ", " (kind(&parameter["schema"])) }
                            td { (text(&parameter["description"])) }
                        }
                    }
                }
            }
            @if !body.is_null() { (fields("Body", document, body)) }
            @for status in ["200", "201"] {
                @let answer = &operation["responses"][status];
                @if !answer.is_null() {
                    p { b { (status) } " " (text(&answer["description"])) }
                    (fields("Answer", document, &answer["content"]["application/json"]["schema"]))
                }
            }
        }
    }
}

/// What a schema means, in a word or two.
fn kind(schema: &Value) -> String {
    if let Some(name) = text(&schema["$ref"])
        .rsplit('/')
        .next()
        .filter(|name| !name.is_empty())
    {
        return name.to_owned();
    }
    let choices = schema["anyOf"]
        .as_array()
        .or_else(|| schema["oneOf"].as_array());
    if let Some(choices) = choices {
        return choices.iter().map(kind).collect::<Vec<_>>().join(" or ");
    }
    if schema["type"] == "array" {
        return format!("list of {}", kind(&schema["items"]));
    }
    match &schema["type"] {
        Value::String(name) => name.clone(),
        Value::Array(names) => names.iter().map(text).collect::<Vec<_>>().join(" or "),
        _ => "any".to_owned(),
    }
}

fn resolve<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    match text(&schema["$ref"]).strip_prefix('#') {
        Some(pointer) => document.pointer(pointer).unwrap_or(schema),
        None => schema,
    }
}

fn fields(caption: &str, document: &Value, schema: &Value) -> Markup {
    let schema = resolve(document, schema);
    let Some(properties) = schema["properties"].as_object() else {
        return html! {};
    };
    let required = schema["required"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    html! {
        table {
            caption { (caption) }
            @for (name, property) in properties {
                tr {
                    th {
                        code { (name) }
                        @if required.iter().any(|wanted| wanted == name) { span.must { " required" } }
                    }
                    td.type { (kind(property)) }
                    td { (text(&property["description"])) }
                }
            }
        }
    }
}
