//! Reads the interface description into the model.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::model::{Api, Body, Caller, Choice, Field, Form, Kind, Operation, Type, Word};
use super::names;
use super::schema::{is_secret, is_type, named_by, non_null, references, text};

/// The answer's names that say nothing, and what they are called instead.
type Renamed = BTreeMap<String, String>;

struct Reader<'a> {
    document: &'a Value,
    renamed: Renamed,
}

impl Api {
    pub(super) fn read(document: &Value) -> Self {
        let renamed = renamed(document);
        let reader = Reader { document, renamed };
        let operations: Vec<_> = reader.operations();
        let sent = reader.reachable(&reader.sent_roots());
        let used = reader.used(&sent);
        let schemas = document["components"]["schemas"].as_object();
        let types = schemas
            .into_iter()
            .flatten()
            .filter(|(name, _)| used.contains(*name))
            .filter_map(|(name, schema)| reader.named(name, schema, sent.contains(name)))
            .collect();
        Self { types, operations }
    }
}

/// `Page2` lists organizations, so it is `OrganizationPage`; `Changed2` answers
/// `changeOrganization`, so it is `ChangedOrganization`.
fn renamed(document: &Value) -> Renamed {
    let mut renamed = Renamed::new();
    for (name, schema) in document["components"]["schemas"]
        .as_object()
        .into_iter()
        .flatten()
    {
        let bare = name.trim_end_matches(|c: char| c.is_ascii_digit());
        if bare == "Page"
            && let Some(item) = named_by(&schema["properties"]["data"]["items"])
        {
            renamed.insert(name.clone(), format!("{item}Page"));
        }
    }
    for (_, methods) in document["paths"].as_object().into_iter().flatten() {
        for (_, operation) in methods.as_object().into_iter().flatten() {
            let id = operation["operationId"].as_str().unwrap_or_default();
            let answer = answer_of(operation).unwrap_or_default();
            let bare = answer.trim_end_matches(|c: char| c.is_ascii_digit());
            if let (true, Some(noun)) = (bare == "Changed", id.strip_prefix("change")) {
                renamed.insert(answer, format!("Changed{noun}"));
            }
        }
    }
    renamed
}

fn answer_of(operation: &Value) -> Option<String> {
    ["200", "201"].iter().find_map(|status| {
        let content = &operation["responses"][status]["content"];
        named_by(&content["application/json"]["schema"])
    })
}

impl Reader<'_> {
    fn schema(&self, name: &str) -> &Value {
        &self.document["components"]["schemas"][name]
    }

    fn rename(&self, name: &str) -> String {
        self.renamed
            .get(name)
            .cloned()
            .unwrap_or_else(|| name.to_owned())
    }

    fn sent_roots(&self) -> Vec<String> {
        let bodies = self.all().into_iter().filter_map(|(_, _, operation)| {
            named_by(&operation["requestBody"]["content"]["application/json"]["schema"])
        });
        bodies.collect()
    }

    /// Everything these types are made of, themselves included.
    fn reachable(&self, roots: &[String]) -> BTreeSet<String> {
        let mut seen = BTreeSet::new();
        let mut open: Vec<_> = roots.to_vec();
        while let Some(name) = open.pop() {
            if seen.insert(name.clone()) {
                references(self.schema(&name), &mut open);
            }
        }
        seen
    }

    fn used(&self, sent: &BTreeSet<String>) -> BTreeSet<String> {
        let answers = self
            .all()
            .into_iter()
            .filter_map(|(_, _, operation)| answer_of(operation));
        let mut roots: Vec<_> = answers.chain(["Problem".to_owned()]).collect();
        roots.extend(sent.iter().cloned());
        for (_, _, operation) in self.all() {
            references(&operation["parameters"], &mut roots);
        }
        self.reachable(&roots)
    }

    fn all(&self) -> Vec<(&str, &str, &Value)> {
        let mut all = Vec::new();
        for (path, methods) in self.document["paths"].as_object().into_iter().flatten() {
            for (verb, operation) in methods.as_object().into_iter().flatten() {
                all.push((path.as_str(), verb.as_str(), operation));
            }
        }
        all
    }

    fn operations(&self) -> Vec<Operation> {
        let all = self.all().into_iter();
        all.filter_map(|(path, verb, operation)| self.operation(path, verb, operation))
            .collect()
    }

    fn operation(&self, path: &str, verb: &str, operation: &Value) -> Option<Operation> {
        let id = text(&operation["operationId"]);
        let (resource, method) = names::place(&id, operation["tags"][0].as_str()?)?;
        let parameters: Vec<&Value> = operation["parameters"]
            .as_array()
            .into_iter()
            .flatten()
            .collect();
        let of = |place: &'static str| {
            parameters
                .iter()
                .filter(move |parameter| parameter["in"] == place)
        };
        let path_fields: Vec<_> = of("path")
            .map(|parameter| text(&parameter["name"]))
            .collect();
        // What the path says is not asked twice; the ledger's other format is not JSON.
        let query = of("query")
            .map(|parameter| {
                self.field(
                    &text(&parameter["name"]),
                    parameter,
                    parameter["required"] == true,
                )
            })
            .filter(|field| !path_fields.contains(&field.name) && field.name != "format");
        let answer = answer_of(operation)?;
        let item = named_by(&self.schema(&answer)["properties"]["data"]["items"])
            .filter(|_| !self.schema(&answer)["properties"]["next_cursor"].is_null());
        let has_secret = self
            .reachable(std::slice::from_ref(&answer))
            .iter()
            .any(|name| {
                is_secret(name, "secret", &self.schema(name)["properties"]["secret"])
                    || name == "CreatedSession"
            });
        Some(Operation {
            about: about(operation),
            verb: verb.to_uppercase(),
            path: path.to_owned(),
            query: query.collect(),
            body: body(operation),
            answer: self.rename(&answer),
            item: item.map(|item| self.rename(&item)),
            takes_idempotency_key: of("header").any(|header| header["name"] == "Idempotency-Key"),
            caller: caller(operation),
            path_fields,
            has_secret,
            id,
            resource,
            method,
        })
    }

    /// A type that has a name in the languages; texts have none.
    fn named(&self, name: &str, schema: &Value, is_sent: bool) -> Option<Type> {
        let form = if schema["properties"].is_object() {
            Form::Record(self.fields(name, schema))
        } else {
            let choices = schema["oneOf"].as_array()?;
            if choices.iter().all(|choice| choice["const"].is_string()) {
                let word = |choice: &Value| Word {
                    text: text(&choice["const"]),
                    about: text(&choice["description"]),
                };
                Form::Words(choices.iter().map(word).collect())
            } else {
                let one = |choice: &Value| Choice {
                    about: text(&choice["description"]),
                    fields: self.fields(name, choice),
                };
                Form::OneOf(choices.iter().map(one).collect())
            }
        };
        Some(Type {
            name: self.rename(name),
            about: text(&schema["description"]),
            form,
            is_change: is_sent && name.starts_with("Change"),
        })
    }

    fn fields(&self, record: &str, schema: &Value) -> Vec<Field> {
        let required = |name: &str| {
            let mut all = schema["required"].as_array().into_iter().flatten();
            all.any(|required| required == name)
        };
        let properties = schema["properties"].as_object().into_iter().flatten();
        let mut fields: Vec<_> = properties
            .map(|(name, schema)| {
                let mut field = self.field(
                    name,
                    &serde_json::json!({ "schema": schema }),
                    required(name),
                );
                if is_secret(record, name, schema) {
                    field.kind = Kind::Secret;
                }
                field
            })
            .collect();
        fields.sort_by_key(|field| !field.is_required);
        fields
    }

    fn field(&self, name: &str, holder: &Value, is_required: bool) -> Field {
        let schema = &holder["schema"];
        let inner = non_null(schema);
        Field {
            name: name.to_owned(),
            about: [&holder["description"], &schema["description"]]
                .map(text)
                .concat(),
            kind: self.kind(inner),
            is_required,
            is_nullable: !std::ptr::eq(inner, schema) || is_type(schema, "null"),
        }
    }

    fn kind(&self, schema: &Value) -> Kind {
        if let Some(name) = named_by(schema) {
            let named = self.schema(&name);
            let is_record = named["properties"].is_object() || named["oneOf"].is_array();
            return if is_record {
                Kind::Named(self.rename(&name))
            } else {
                self.kind(named)
            };
        }
        if schema["anyOf"].is_array() {
            return Kind::Texts;
        }
        if let Some(word) = schema["const"].as_str() {
            return Kind::Word(word.to_owned());
        }
        let is = |name| is_type(schema, name);
        if is("array") {
            return Kind::List(Box::new(self.kind(&schema["items"])));
        }
        if is("object") {
            let values = &schema["additionalProperties"];
            return if values.is_object() {
                Kind::Map(Box::new(self.kind(values)))
            } else {
                Kind::Object
            };
        }
        if is("integer") {
            let is_signed = schema["minimum"].as_i64().is_none_or(|least| least < 0);
            return Kind::Integer { is_signed };
        }
        if is("boolean") {
            return Kind::Boolean;
        }
        match schema["format"].as_str() {
            Some("date-time") => Kind::Time,
            _ if is("string") => Kind::Text,
            _ => Kind::Any,
        }
    }
}

fn about(operation: &Value) -> String {
    let [summary, description] = [&operation["summary"], &operation["description"]].map(text);
    format!("{summary}.\n\n{description}")
}

fn body(operation: &Value) -> Option<Body> {
    let body = &operation["requestBody"];
    Some(Body {
        name: named_by(&body["content"]["application/json"]["schema"])?,
        is_required: body["required"] == true,
        takes_toml: body["content"]["application/toml"].is_object(),
    })
}

fn caller(operation: &Value) -> Caller {
    match operation["security"].as_array().map(Vec::as_slice) {
        None => Caller::Operator,
        Some([first, ..]) if first["ownKey"].is_array() => Caller::Holder,
        Some([first, ..]) if first["operatorKey"].is_array() => Caller::Operator,
        Some(_) => Caller::Anyone,
    }
}
