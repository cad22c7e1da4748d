//! The interface description as the languages need it: named types and operations.

use std::collections::BTreeSet;

/// All of it.
pub(super) struct Api {
    /// In the order of the description.
    pub(super) types: Vec<Type>,
    /// In the order of the description, with its resource.
    pub(super) operations: Vec<Operation>,
}

/// A named type.
pub(super) struct Type {
    pub(super) name: String,
    pub(super) about: String,
    pub(super) form: Form,
    /// Whether leaving a field out differs from `null`: the body of a change.
    pub(super) is_change: bool,
}

pub(super) enum Form {
    /// Fields.
    Record(Vec<Field>),
    /// One of these words.
    Words(Vec<Word>),
    /// One of these records.
    OneOf(Vec<Choice>),
}

pub(super) struct Word {
    pub(super) text: String,
    pub(super) about: String,
}

/// A record that is told apart from others by a word.
pub(super) struct Choice {
    pub(super) about: String,
    pub(super) fields: Vec<Field>,
}

#[derive(Clone)]
pub(super) struct Field {
    pub(super) name: String,
    pub(super) about: String,
    pub(super) kind: Kind,
    pub(super) is_required: bool,
    pub(super) is_nullable: bool,
}

impl Field {
    /// The named type that it is made of, if it is.
    pub(super) fn named(&self) -> Option<String> {
        let mut kind = &self.kind;
        while let Kind::List(of) | Kind::Map(of) = kind {
            kind = of;
        }
        match kind {
            Kind::Named(name) => Some(name.clone()),
            _ => None,
        }
    }
}

impl Type {
    /// The fields of a record, or of all of its choices.
    pub(super) fn every_field(&self) -> impl Iterator<Item = &Field> {
        let (fields, choices): (&[Field], &[Choice]) = match &self.form {
            Form::Record(fields) => (fields, &[]),
            Form::OneOf(choices) => (&[], choices),
            Form::Words(_) => (&[], &[]),
        };
        let of_choices = choices.iter().flat_map(|choice| &choice.fields);
        fields.iter().chain(of_choices)
    }

    /// All fields of a record, or of all of its choices: what only some have is optional, and a
    /// word that tells them apart is one of several.
    pub(super) fn merged(&self) -> Vec<Field> {
        let choices = match &self.form {
            Form::Record(fields) => return fields.clone(),
            Form::OneOf(choices) => choices,
            Form::Words(_) => return Vec::new(),
        };
        let mut merged: Vec<Field> = Vec::new();
        for field in choices.iter().flat_map(|choice| &choice.fields) {
            match merged.iter_mut().find(|known| known.name == field.name) {
                Some(known) if matches!(known.kind, Kind::Word(_)) => known.kind = Kind::Text,
                Some(_) => {}
                None => merged.push(field.clone()),
            }
        }
        for field in &mut merged {
            let has = |choice: &Choice| choice.fields.iter().any(|other| other.name == field.name);
            field.is_required &= choices.iter().all(has);
        }
        merged.sort_by_key(|field| !field.is_required);
        merged
    }
}

/// What a value is.
#[derive(Clone, PartialEq)]
pub(super) enum Kind {
    Text,
    /// A text that must not be printed.
    Secret,
    /// One certain text.
    Word(String),
    Time,
    Integer {
        is_signed: bool,
    },
    Boolean,
    Any,
    /// An object of any fields.
    Object,
    /// A text or several.
    Texts,
    List(Box<Kind>),
    Map(Box<Kind>),
    Named(String),
}

/// A call of the API.
pub(super) struct Operation {
    pub(super) id: String,
    pub(super) resource: String,
    pub(super) method: String,
    pub(super) about: String,
    pub(super) verb: String,
    pub(super) path: String,
    pub(super) path_fields: Vec<String>,
    pub(super) query: Vec<Field>,
    pub(super) body: Option<Body>,
    pub(super) answer: String,
    /// What a page of the answer lists.
    pub(super) item: Option<String>,
    pub(super) takes_idempotency_key: bool,
    pub(super) caller: Caller,
    pub(super) has_secret: bool,
}

/// Who calls.
#[derive(PartialEq)]
pub(super) enum Caller {
    Operator,
    /// The holder of a key, with that key.
    Holder,
    Anyone,
}

pub(super) struct Body {
    pub(super) name: String,
    pub(super) is_required: bool,
    /// Whether a TOML text is taken too.
    pub(super) takes_toml: bool,
}

impl Api {
    /// Resources in the order in which they are first seen, each with its operations.
    pub(super) fn resources(&self) -> Vec<(&str, Vec<&Operation>)> {
        let mut resources: Vec<(&str, Vec<&Operation>)> = Vec::new();
        for operation in &self.operations {
            match resources
                .iter_mut()
                .find(|(name, _)| *name == operation.resource)
            {
                Some((_, operations)) => operations.push(operation),
                None => resources.push((&operation.resource, vec![operation])),
            }
        }
        resources
    }

    /// What answers and parameters are made of: all types but bodies, manifests and pages, which
    /// some languages write otherwise.
    pub(super) fn shared(&self) -> Vec<&Type> {
        let mut open = vec!["VerifyAnswer".to_owned()];
        let mut add = |fields: &[Field]| open.extend(fields.iter().filter_map(Field::named));
        for operation in &self.operations {
            add(&operation.query);
            let body = operation.body.as_ref().filter(|body| !body.takes_toml);
            add(body.map(|body| self.fields(&body.name)).unwrap_or_default());
        }
        for operation in &self.operations {
            open.push(operation.item.as_ref().unwrap_or(&operation.answer).clone());
        }
        let seen = self.made_of(open);
        let all = self.types.iter();
        all.filter(|found| seen.contains(&found.name)).collect()
    }

    /// The names of these types, and of all that they are made of.
    pub(super) fn made_of(&self, mut open: Vec<String>) -> BTreeSet<String> {
        let mut seen = BTreeSet::new();
        while let Some(name) = open.pop() {
            let found = self.types.iter().find(|found| found.name == name);
            if let Some(found) = found.filter(|_| seen.insert(name)) {
                open.extend(found.every_field().filter_map(Field::named));
            }
        }
        seen
    }

    /// The fields of a record.
    pub(super) fn fields(&self, name: &str) -> &[Field] {
        let found = self.types.iter().find(|found| found.name == name);
        match found.map(|found| &found.form) {
            Some(Form::Record(fields)) => fields,
            _ => &[],
        }
    }
}
