//! Code that works when it is pasted, with the right key where it is public.

use keystile_core::manifest::Rules;
use keystile_core::model::Kind;
use maud::{Markup, html};

use crate::api::KeyView;
use crate::app::App;
use crate::console::parts::code;

/// Where the service is reached from outside.
fn address(app: &App) -> String {
    app.settings.public_base(app.listening.get().copied())
}

/// The tag for web pages.
pub(super) fn embed(app: &App, rules: &Rules, value: &str) -> Markup {
    let hint = format!(
        "Paste it before the closing body tag of the page that shows {}.",
        rules.name
    );
    let script = format!(
        "<script src=\"{}/embed/v1/loader.js\"\n        data-key=\"",
        address(app)
    );
    code(
        "embed",
        "Embed on your page",
        &hint,
        &[
            (&script, false),
            (value, true),
            ("\" async></script>", false),
        ],
    )
}

/// What fits a key: the tag for a publishable one, calls from a server for a secret one.
pub(super) fn all(app: &App, rules: &Rules, key: &KeyView) -> Markup {
    match (key.kind, &key.value) {
        (Kind::Publishable, Some(value)) => embed(app, rules, value),
        (Kind::Publishable, None) => html! {},
        (Kind::Secret, _) => server(rules, key),
    }
}

/// The variable that holds the secret: it is never written into code.
fn variable(rules: &Rules) -> String {
    let slug = rules.slug.as_str().to_ascii_uppercase().replace('-', "_");
    format!("{slug}_SECRET_KEY")
}

fn server(rules: &Rules, key: &KeyView) -> Markup {
    let variable = variable(rules);
    let known = rules
        .environments
        .iter()
        .find(|one| *one.name == *key.environment.name);
    let base = known.and_then(|known| known.base_urls.first());
    let base = base.map_or_else(|| "https://api.example.com".to_owned(), ToString::to_string);
    let operations = rules.operations.as_slice();
    let is_plain = |text: &str| text.starts_with("GET ") && !text.contains('{');
    let chosen = operations
        .iter()
        .find(|one| is_plain(&one.text))
        .or(operations.first());
    let text = chosen.map_or("GET /", |one| &*one.text);
    let (method, path) = text.split_once(' ').unwrap_or(("GET", "/"));
    let header = rules
        .credential_headers
        .first()
        .map_or("authorization", |name| &**name);
    let (name, lead) = match header {
        "authorization" => ("Authorization", "Bearer "),
        other => (other, ""),
    };
    let url = format!("{base}{path}");
    let hint = format!("Put the secret into {variable} on your server; never into code or a page.");
    let curl = [
        (
            format!("curl -X {method} '{url}' \\\n  -H \"{name}: {lead}$"),
            false,
        ),
        (variable.clone(), true),
        ("\"".to_owned(), false),
    ];
    let typescript = [
        (
            format!(
                "const answer = await fetch(\"{url}\", {{\n  method: \"{method}\",\n  headers: {{ \"{name}\": `{lead}${{process.env."
            ),
            false,
        ),
        (variable.clone(), true),
        (
            "}` },\n});\nif (!answer.ok) throw new Error(await answer.text());".to_owned(),
            false,
        ),
    ];
    let python = [
        (
            format!(
                "import os, urllib.request\n\nrequest = urllib.request.Request(\"{url}\", method=\"{method}\")\nrequest.add_header(\"{name}\", \"{lead}\" + os.environ[\""
            ),
            false,
        ),
        (variable.clone(), true),
        (
            "\"])\nprint(urllib.request.urlopen(request).read().decode())".to_owned(),
            false,
        ),
    ];
    let go = [
        (
            format!(
                "request, err := http.NewRequest(\"{method}\", \"{url}\", nil)\nif err != nil {{\n\treturn err\n}}\nrequest.Header.Set(\"{name}\", \"{lead}\"+os.Getenv(\""
            ),
            false,
        ),
        (variable.clone(), true),
        (
            "\"))\nanswer, err := http.DefaultClient.Do(request)".to_owned(),
            false,
        ),
    ];
    let rust = [
        ("let secret = std::env::var(\"".to_owned(), false),
        (variable.clone(), true),
        (
            format!(
                "\")?;\nlet answer = reqwest::Client::new()\n    .request(reqwest::Method::{method}, \"{url}\")\n    .header(\"{name}\", format!(\"{lead}{{secret}}\"))\n    .send()\n    .await?\n    .error_for_status()?;"
            ),
            false,
        ),
    ];
    let show = |id: &str, title: &str, parts: &[(String, bool)]| {
        let parts: Vec<_> = parts
            .iter()
            .map(|(text, mark)| (text.as_str(), *mark))
            .collect();
        code(id, title, &hint, &parts)
    };
    html! {
        (show("snippet-curl", "curl", &curl))
        (show("snippet-typescript", "TypeScript", &typescript))
        (show("snippet-python", "Python", &python))
        (show("snippet-go", "Go", &go))
        (show("snippet-rust", "Rust", &rust))
    }
}
