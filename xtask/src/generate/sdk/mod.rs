//! The generated parts of the SDKs: types and operations, from the interface description.
//!
//! `reader.rs` reads the description (by `schema.rs`) into what the four languages have in common,
//! `model.rs`; each of the others writes that down in one language. What is pleasant to use is
//! written by hand beside the generated files.

mod go;
mod model;
mod names;
mod python;
mod reader;
mod rust;
mod schema;
mod typescript;

pub(super) use rust::ROOM as ROOM_OF_RUST;

use super::Generated;

/// Says in each file where it comes from.
const ABOUT: &str = "Code generated from openapi/v1.json by `cargo xtask generate`; DO NOT EDIT.";

/// All generated files of the SDKs.
pub(super) fn files(document: &str) -> Vec<Generated> {
    let document = serde_json::from_str(document).expect("the interface description is JSON");
    let api = model::Api::read(&document);
    let generated = |path: &str, text| Generated {
        path: path.to_owned(),
        text,
    };
    let mut files = vec![
        generated(
            "sdks/typescript/src/generated/types.ts",
            typescript::types(&api),
        ),
        generated(
            "sdks/typescript/src/generated/resources.ts",
            typescript::resources(&api),
        ),
        generated(
            "sdks/python/src/keystile/_generated/types.py",
            python::types(&api),
        ),
        generated(
            "sdks/python/src/keystile/_generated/resources.py",
            python::resources(&api),
        ),
        generated("sdks/go/generated_types.go", go::types(&api)),
        generated("sdks/go/generated_resources.go", go::resources(&api)),
    ];
    files.extend(rust::files(&api));
    files
}
