//! What is known of an operation: enough to route it, authorize it and document it.

use std::future::Future;
use std::pin::Pin;

use http::Method;
use schemars::{JsonSchema, Schema, SchemaGenerator};

use super::{Answer, Call};
use crate::problem::Problem;

type Handled = Pin<Box<dyn Future<Output = Result<Answer, Problem>> + Send>>;
type Handler = Box<dyn Fn(Call) -> Handled + Send + Sync>;
type SchemaOf = fn(&mut SchemaGenerator) -> Schema;

/// One operation of the API.
pub(crate) struct Operation {
    /// Its name in the API description.
    pub(crate) id: &'static str,
    /// Its method.
    pub(crate) method: Method,
    /// Its path, with `{parameters}`.
    pub(crate) path: &'static str,
    /// The scope an operator key needs for it.
    pub(crate) scope: &'static str,
    /// What it does, in a line.
    pub(crate) summary: &'static str,
    /// What else there is to know.
    pub(crate) description: &'static str,
    /// Its query parameters.
    pub(crate) query: Option<SchemaOf>,
    /// Its JSON body.
    pub(crate) body: Option<SchemaOf>,
    /// Whether the body may be left out, because everything in it has a default.
    pub(crate) body_is_optional: bool,
    /// Whether the body may also be TOML.
    pub(crate) takes_toml: bool,
    /// Whether the body may be as large as a manifest's.
    pub(crate) takes_large: bool,
    /// Its answers other than problems.
    pub(crate) answers: Vec<AnswerDoc>,
    /// Whether 200 may also be CSV.
    pub(crate) gives_csv: bool,
    /// Whether it creates something, and so heeds `Idempotency-Key`.
    pub(crate) creates: bool,
    /// Does it.
    pub(crate) handle: Option<Handler>,
}

/// One answer of an operation.
pub(crate) struct AnswerDoc {
    /// Its status.
    pub(crate) status: u16,
    /// When it is given.
    pub(crate) when: &'static str,
    /// Its JSON.
    pub(crate) schema: SchemaOf,
}

impl Operation {
    fn new(method: Method, id: &'static str, path: &'static str) -> Self {
        Self {
            id,
            method,
            path,
            scope: "",
            summary: "",
            description: "",
            query: None,
            body: None,
            body_is_optional: false,
            takes_toml: false,
            takes_large: false,
            answers: Vec::new(),
            gives_csv: false,
            creates: false,
            handle: None,
        }
    }

    pub(crate) fn get(id: &'static str, path: &'static str) -> Self {
        Self::new(Method::GET, id, path)
    }

    pub(crate) fn post(id: &'static str, path: &'static str) -> Self {
        Self::new(Method::POST, id, path)
    }

    pub(crate) fn put(id: &'static str, path: &'static str) -> Self {
        Self::new(Method::PUT, id, path)
    }

    pub(crate) fn patch(id: &'static str, path: &'static str) -> Self {
        Self::new(Method::PATCH, id, path)
    }

    pub(crate) fn delete(id: &'static str, path: &'static str) -> Self {
        Self::new(Method::DELETE, id, path)
    }

    pub(crate) fn needs(self, scope: &'static str) -> Self {
        Self { scope, ..self }
    }

    pub(crate) fn says(self, summary: &'static str, description: &'static str) -> Self {
        Self {
            summary,
            description,
            ..self
        }
    }

    pub(crate) fn query<T: JsonSchema>(self) -> Self {
        Self {
            query: Some(SchemaGenerator::subschema_for::<T>),
            ..self
        }
    }

    pub(crate) fn body<T: JsonSchema>(self) -> Self {
        Self {
            body: Some(SchemaGenerator::subschema_for::<T>),
            ..self
        }
    }

    /// For handlers that read it with [`Call::json_or_default`](super::Call::json_or_default).
    pub(crate) fn body_or_none<T: JsonSchema>(self) -> Self {
        Self {
            body_is_optional: true,
            ..self.body::<T>()
        }
    }

    pub(crate) fn large(self) -> Self {
        Self {
            takes_large: true,
            ..self
        }
    }

    pub(crate) fn or_toml(self) -> Self {
        Self {
            takes_toml: true,
            takes_large: true,
            ..self
        }
    }

    pub(crate) fn or_csv(self) -> Self {
        Self {
            gives_csv: true,
            ..self
        }
    }

    pub(crate) fn creates(self) -> Self {
        Self {
            creates: true,
            ..self
        }
    }

    pub(crate) fn answers<T: JsonSchema>(mut self, status: u16, when: &'static str) -> Self {
        let schema: SchemaOf = |generator| generator.subschema_for::<T>();
        self.answers.push(AnswerDoc {
            status,
            when,
            schema,
        });
        self
    }

    pub(crate) fn handled<F>(self, handle: fn(Call) -> F) -> Self
    where
        F: Future<Output = Result<Answer, Problem>> + Send + 'static,
    {
        Self {
            handle: Some(Box::new(move |call| Box::pin(handle(call)))),
            ..self
        }
    }
}
