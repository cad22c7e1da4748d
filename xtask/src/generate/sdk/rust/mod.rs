//! Rust: a module for each resource, with what it takes and what it answers.

mod records;
mod resources;

use std::collections::BTreeSet;
use std::io::Write as _;
use std::process::{Command, Stdio};

use super::super::Generated;
use super::ABOUT;
use super::model::{Api, Field, Form, Kind, Operation, Type};
use super::names::{pascal, snake};

/// Where the generated files lie.
pub(in super::super) const ROOM: &str = "sdks/rust/src/generated";

/// What the operations that are written by hand take and answer.
const VERIFY: [&str; 2] = ["VerifyAnswer", "ModeFilter"];

/// A text that is sent and must not be printed.
const SENT_SECRET: (&str, &str) = ("AdoptKey", "key");

/// All files.
pub(super) fn files(api: &Api) -> Vec<Generated> {
    let places = Places::of(api);
    let mut files = vec![generated(
        "mod",
        "The parts that follow from the interface description.",
        "pub(crate) mod bodies;\npub(crate) mod resources;\npub(crate) mod types;\n",
    )];
    let (mut bodies, mut types) = (Vec::new(), Vec::new());
    for place in &places.all {
        for (name, text) in records::bodies(api, place) {
            let about = format!("What `{name}` is.");
            let name = snake(&name);
            files.push(generated(&format!("bodies/{name}"), &about, &text));
            bodies.push(name);
        }
        let text = records::types(place);
        if !text.is_empty() {
            let noun = place.name.replace('_', " ");
            let about = format!("What operations answer that are about {noun}.");
            files.push(generated(&format!("types/{}", place.name), &about, &text));
            types.push(place.name.clone());
        }
    }
    let about = "What operations take.";
    files.push(generated("bodies/mod", about, &told(&bodies, "")));
    let about = "What operations answer.";
    files.push(generated("types/mod", about, &told(&types, "")));
    for (resource, operations) in api.resources() {
        let about = format!("Operations about {}.", snake(resource).replace('_', " "));
        let text = resources::one(resource, &operations);
        let path = format!("resources/{}", snake(resource));
        files.push(generated(&path, &about, &text));
    }
    let names = api.resources().into_iter().map(|(name, _)| snake(name));
    let text = told(&names.collect::<Vec<_>>(), &resources::client(api));
    files.push(generated("resources/mod", "All operations.", &text));
    files
}

/// A module that tells all that its parts have.
fn told(parts: &[String], rest: &str) -> String {
    let mut parts: Vec<_> = parts.iter().map(String::as_str).collect();
    parts.sort_unstable();
    let modules = parts.iter().map(|part| format!("mod {part};\n"));
    let uses = parts.iter().map(|part| format!("pub use {part}::*;\n"));
    let (modules, uses) = (modules.collect::<String>(), uses.collect::<String>());
    format!("{modules}\n{uses}\n{rest}")
}

fn generated(name: &str, about: &str, text: &str) -> Generated {
    Generated {
        path: format!("{ROOM}/{name}.rs"),
        text: formatted(&format!("//! {about}\n//!\n//! {ABOUT}\n\n{text}")),
    }
}

/// As `cargo fmt` leaves it.
fn formatted(text: &str) -> String {
    let arguments = ["--edition", "2024", "--config", "max_width=100"];
    let mut rustfmt = Command::new("rustfmt")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("rustfmt is there, as for `cargo fmt`");
    let mut input = rustfmt.stdin.take().expect("its input was asked for");
    // A text of ours is longer than what a pipe holds, so somebody must read meanwhile.
    let text = text.to_owned();
    let writing = std::thread::spawn(move || input.write_all(text.as_bytes()));
    let output = rustfmt.wait_with_output().expect("rustfmt ends");
    let written = writing.join().expect("the writer ends");
    assert!(written.is_ok() && output.status.success(), "it is Rust");
    String::from_utf8(output.stdout).expect("rustfmt writes UTF-8")
}

/// Which type stands in which module: that of the resource that has it first.
struct Places<'a> {
    all: Vec<Place<'a>>,
}

struct Place<'a> {
    /// In snake case.
    name: String,
    operations: Vec<&'a Operation>,
    /// Sent alone.
    sent: Vec<&'a Type>,
    /// Answered, or answered and sent.
    answered: Vec<(&'a Type, bool)>,
}

impl<'a> Places<'a> {
    fn of(api: &'a Api) -> Self {
        let operations = || api.operations.iter();
        let sent = api.made_of(operations().filter_map(body).collect());
        let answers = operations().map(answer);
        let told = answers.chain(operations().flat_map(asked));
        let told = api.made_of(told.chain(VERIFY.map(str::to_owned)).collect());
        let mut seen = BTreeSet::new();
        let mut all = Vec::new();
        let rooms = api.resources().into_iter();
        for (resource, operations) in rooms.chain([("Verify", Vec::new())]) {
            let roots = operations.iter().flat_map(|operation| {
                let own = body(operation).into_iter().chain([answer(operation)]);
                own.chain(asked(operation))
            });
            let roots: Vec<_> = if operations.is_empty() {
                VERIFY.map(str::to_owned).to_vec()
            } else {
                roots.collect()
            };
            let names = api.made_of(roots);
            let types = api
                .types
                .iter()
                .filter(|found| names.contains(&found.name) && seen.insert(found.name.clone()));
            let (answered, only_sent): (Vec<_>, Vec<_>) = types.partition(|found| {
                told.contains(&found.name) || matches!(found.form, Form::Words(_))
            });
            let is_sent = |found: &'a Type| (found, sent.contains(&found.name));
            all.push(Place {
                name: snake(resource),
                operations,
                sent: only_sent,
                answered: answered.into_iter().map(is_sent).collect(),
            });
        }
        Self { all }
    }
}

fn body(operation: &Operation) -> Option<String> {
    let body = operation.body.as_ref().filter(|body| !body.takes_toml)?;
    Some(body.name.clone())
}

fn answer(operation: &Operation) -> String {
    let item = operation.item.as_ref();
    item.unwrap_or(&operation.answer).clone()
}

/// The named types of what an operation can be asked for.
fn asked(operation: &Operation) -> impl Iterator<Item = String> {
    operation.query.iter().filter_map(Field::named)
}

fn written(kind: &Kind) -> String {
    match kind {
        Kind::Text | Kind::Word(_) => "String".into(),
        Kind::Secret => "Secret".into(),
        Kind::Time => "Timestamp".into(),
        Kind::Integer { is_signed: true } => "i64".into(),
        Kind::Integer { is_signed: false } => "u64".into(),
        Kind::Boolean => "bool".into(),
        Kind::Any => "Value".into(),
        Kind::Object => "Map<String, Value>".into(),
        Kind::Texts => "Vec<String>".into(),
        Kind::List(of) => format!("Vec<{}>", written(of)),
        Kind::Map(of) => format!("BTreeMap<String, {}>", written(of)),
        Kind::Named(name) => name.clone(),
    }
}

/// A comment of documentation; what the description leaves open follows from the name.
fn comment(out: &mut String, about: &str, otherwise: &str) {
    let about = about.trim();
    let about = if about.is_empty() { otherwise } else { about };
    for line in about.lines() {
        out.push_str(format!("/// {line}").trim_end());
        out.push('\n');
    }
}

/// What stands of a field that the description does not explain.
fn plainly(name: &str) -> String {
    if name == "at" {
        return "When it happened.".into();
    }
    match name.strip_suffix("_at") {
        Some(done) => format!("When it was {}.", done.replace('_', " ")),
        None => format!("Its {}.", name.replace('_', " ")),
    }
}

/// A name that Rust keeps for itself is written raw.
fn name(text: &str) -> String {
    if ["type", "match", "move", "use"].contains(&text) {
        format!("r#{text}")
    } else {
        text.to_owned()
    }
}

/// What these lines use of other modules.
fn imports(text: &str, own: &str) -> String {
    let words = words_of(text);
    const KNOWN: [(&str, &str); 12] = [
        ("BTreeMap", "std::collections::BTreeMap"),
        ("Arc", "std::sync::Arc"),
        ("Method", "http::Method"),
        ("Timestamp", "jiff::Timestamp"),
        ("Deserialize", "serde::Deserialize"),
        ("Serialize", "serde::Serialize"),
        ("Map", "serde_json::Map"),
        ("Value", "serde_json::Value"),
        ("Call", "crate::call::Call"),
        ("Pages", "crate::pages::Pages"),
        ("Patch", "crate::patch::Patch"),
        ("Secret", "crate::secret::Secret"),
    ];
    let known = KNOWN.iter().filter(|(word, _)| words.contains(word));
    let known = known.map(|(_, path)| format!("use {path};\n"));
    format!("{}{own}\n", known.collect::<String>())
}

/// All words of a text but those of its comments.
fn words_of(text: &str) -> BTreeSet<&str> {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    let code = text
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"));
    code.flat_map(|line| line.split(|c| !is_part(c))).collect()
}

/// `keys:create` → `KeysCreate`.
fn variant(word: &str) -> String {
    pascal(&word.replace(':', "_"))
}
