//! Types: structs, enums of words, and enums of structs.

use std::fmt::Write as _;

use super::super::model::{Api, Choice, Field, Form, Kind, Operation, Type, Word};
use super::super::names::pascal;
use super::{Place, SENT_SECRET, comment, imports, name, plainly, variant, words_of, written};

/// What the operations of a resource take, by name.
pub(super) fn bodies(api: &Api, place: &Place<'_>) -> Vec<(String, String)> {
    let asked = place.operations.iter().copied();
    let queries: Vec<_> = asked
        .filter(|asked| !asked.query.is_empty())
        .map(query)
        .collect();
    let all = place.sent.iter().copied().chain(&queries);
    let names: Vec<_> = api.types.iter().map(|found| &found.name).collect();
    let module = |named: &Type| {
        let mut out = String::new();
        record(&mut out, named, "Debug, Clone, Serialize", true);
        let others = names.iter().copied().filter(|name| **name != named.name);
        let others = uses(&out, others);
        (
            named.name.clone(),
            format!("{}{out}", imports(&out, &others)),
        )
    };
    all.map(module).collect()
}

/// What the operations of a resource answer.
pub(super) fn types(place: &Place<'_>) -> String {
    let mut out = String::new();
    for (found, is_sent) in &place.answered {
        match &found.form {
            Form::Words(of) => words(&mut out, found, of),
            Form::OneOf(choices) => one_of(&mut out, found, choices),
            Form::Record(_) => {
                record(
                    &mut out,
                    found,
                    "Debug, Clone, Serialize, Deserialize",
                    *is_sent,
                );
            }
        }
    }
    if out.is_empty() {
        return out;
    }
    let own = |name: &String| place.answered.iter().any(|(own, _)| own.name == *name);
    let fields = place
        .answered
        .iter()
        .flat_map(|(found, _)| found.every_field());
    let mut named: Vec<_> = fields.filter_map(Field::named).collect();
    named.retain(|name| !own(name));
    named.sort();
    named.dedup();
    let mut named = uses(&out, named.iter());
    if out.contains("words! {") {
        named.push_str("use crate::words::words;\n");
    }
    format!("{}{out}", imports(&out, &named))
}

/// Imports of the types that a text names.
fn uses<'a>(text: &str, names: impl Iterator<Item = &'a String>) -> String {
    let words = words_of(text);
    let used = names.filter(|name| words.contains(&name.as_str()));
    let used = used.map(|name| format!("use crate::types::{name};\n"));
    used.collect()
}

fn words(out: &mut String, named: &Type, words: &[Word]) {
    out.push_str("\nwords! {\n");
    comment(out, &named.about, "One of several words.");
    let _ = writeln!(out, "{} {{", named.name);
    for word in words {
        comment(out, &word.about, &plainly(&word.text));
        let _ = writeln!(out, "{} => \"{}\",", variant(&word.text), word.text);
    }
    out.push_str("}\n}\n");
}

fn one_of(out: &mut String, named: &Type, choices: &[Choice]) {
    let first = choices.first().map(|choice| choice.fields.as_slice());
    let tag = first.unwrap_or_default().iter().find(|field| is_tag(field));
    let tag = tag.map(|field| field.name.clone()).unwrap_or_default();
    out.push('\n');
    comment(out, &named.about, "One of several.");
    let _ = writeln!(
        out,
        "#[derive(Debug, Clone, Serialize, Deserialize)]\n#[serde(tag = \"{tag}\")]\n\
         #[non_exhaustive]\npub enum {} {{",
        named.name
    );
    for choice in choices {
        let Some(Kind::Word(word)) = choice.fields.iter().find(|f| is_tag(f)).map(|f| &f.kind)
        else {
            continue;
        };
        comment(out, &choice.about, &plainly(word));
        let _ = writeln!(out, "#[serde(rename = \"{word}\")]");
        let rest: Vec<_> = choice
            .fields
            .iter()
            .filter(|field| !is_tag(field))
            .collect();
        if rest.is_empty() {
            let _ = writeln!(out, "{},", variant(word));
            continue;
        }
        let _ = writeln!(out, "#[non_exhaustive]\n{} {{", variant(word));
        for field in rest {
            let _ = writeln!(out, "{},", declared(field, false, ""));
        }
        out.push_str("},\n");
    }
    out.push_str("/// One that this version does not know.\n#[serde(other)]\nUnknown,\n}\n");
}

fn is_tag(field: &Field) -> bool {
    matches!(field.kind, Kind::Word(_))
}

fn query(operation: &Operation) -> Type {
    Type {
        name: format!("{}Query", pascal(&operation.id)),
        about: format!("What `{}` can be asked for.", operation.id),
        form: Form::Record(operation.query.clone()),
        is_change: false,
    }
}

/// What is sent is made by `new` and refined by a method for each field that may be left out, so
/// that more fields can come.
fn record(out: &mut String, named: &Type, derived: &str, is_sent: bool) {
    let fields: Vec<Field> = named
        .merged()
        .into_iter()
        .map(|field| guarded(named, field))
        .collect();
    let is_required = |field: &&Field| field.is_required && !field.is_nullable;
    let required: Vec<_> = fields.iter().filter(is_required).collect();
    let derived = if is_sent && required.is_empty() {
        format!("{derived}, Default")
    } else {
        derived.to_owned()
    };
    out.push('\n');
    comment(out, &named.about, "A part of an answer.");
    let _ = writeln!(
        out,
        "#[derive({derived})]\n#[non_exhaustive]\npub struct {} {{",
        named.name
    );
    for field in &fields {
        let is_change = named.is_change && !is_required(&field);
        let _ = writeln!(out, "{},", declared(field, is_change, "pub "));
    }
    out.push_str("}\n");
    if !is_sent {
        return;
    }
    let _ = writeln!(out, "\nimpl {} {{", named.name);
    made(out, &fields, &required, named.is_change);
    for field in fields.iter().filter(|field| !is_required(field)) {
        setter(out, field, named.is_change);
    }
    out.push_str("}\n");
}

/// A field that must not be printed, whatever the description says of it.
fn guarded(named: &Type, mut field: Field) -> Field {
    if (named.name.as_str(), field.name.as_str()) == SENT_SECRET {
        field.kind = Kind::Secret;
    }
    field
}

/// A field with its documentation and what serde must know of it.
fn declared(field: &Field, is_change: bool, visible: &str) -> String {
    let mut out = String::new();
    comment(&mut out, &field.about, &plainly(&field.name));
    let (kind, serde) = match (is_change, field.is_required, field.is_nullable) {
        (true, _, _) => (
            format!("Patch<{}>", written(&field.kind)),
            "skip_serializing_if = \"Patch::is_keep\"",
        ),
        (_, true, false) => (written(&field.kind), ""),
        (_, true, true) => (format!("Option<{}>", written(&field.kind)), ""),
        (_, false, _) => (
            format!("Option<{}>", written(&field.kind)),
            "skip_serializing_if = \"Option::is_none\"",
        ),
    };
    if !serde.is_empty() {
        let _ = writeln!(out, "#[serde({serde})]");
    }
    if field.name == SENT_SECRET.1 && field.kind == Kind::Secret {
        let _ = writeln!(out, "#[serde(serialize_with = \"crate::secret::sent\")]");
    }
    let _ = write!(out, "{visible}{}: {kind}", name(&field.name));
    out
}

fn made(out: &mut String, fields: &[Field], required: &[&Field], is_change: bool) {
    if required.is_empty() {
        out.push_str(
            "/// With nothing said.\n#[must_use]\npub fn new() -> Self {\nSelf::default()\n}\n",
        );
        return;
    }
    let parameters: Vec<_> = required.iter().map(|field| parameter(field)).collect();
    let _ = writeln!(
        out,
        "/// With what must be said.\n#[must_use]\npub fn new({}) -> Self {{\nSelf {{",
        parameters.join(", ")
    );
    for field in fields {
        if field.is_required && !field.is_nullable {
            let _ = writeln!(out, "{}: {},", name(&field.name), taken(field));
        } else {
            let empty = if is_change { "Patch::Keep" } else { "None" };
            let _ = writeln!(out, "{}: {empty},", name(&field.name));
        }
    }
    out.push_str("}\n}\n");
}

fn setter(out: &mut String, field: &Field, is_change: bool) {
    let (kind, name) = (written(&field.kind), name(&field.name));
    let (parameter, value) = if is_change {
        let parameter = format!("{name}: impl Into<Patch<{kind}>>");
        (parameter, format!("{name}.into()"))
    } else {
        (parameter(field), format!("Some({})", taken(field)))
    };
    out.push('\n');
    comment(out, &field.about, &plainly(&field.name));
    let _ = writeln!(
        out,
        "#[must_use]\npub fn {name}(mut self, {parameter}) -> Self {{\nself.{name} = {value};\nself\n}}"
    );
}

/// A parameter for a field: whatever becomes its type.
fn parameter(field: &Field) -> String {
    let (kind, name) = (written(&field.kind), name(&field.name));
    match &field.kind {
        Kind::Text | Kind::Secret => format!("{name}: impl Into<{kind}>"),
        Kind::List(of) => {
            let of = written(of);
            format!("{name}: impl IntoIterator<Item = impl Into<{of}>>")
        }
        _ => format!("{name}: {kind}"),
    }
}

/// The value of a field, made of its parameter.
fn taken(field: &Field) -> String {
    let name = name(&field.name);
    match &field.kind {
        Kind::Text | Kind::Secret => format!("{name}.into()"),
        Kind::List(_) => format!("{name}.into_iter().map(Into::into).collect()"),
        _ => name,
    }
}
