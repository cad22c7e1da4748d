//! Commands that ask nobody.

use std::io::Write;
use std::path::Path;

use keystile_core::key::{Brand, mint as mint_key};
use keystile_core::manifest::{System, json_schema, starter};
use keystile_core::model;
use keystile_server::{OsRandom, openapi_document};

use crate::args::{Init, Kind, Mint, Mode};
use crate::output::{Failed, json, line};

/// Prints one key that is stored nowhere.
pub(crate) fn mint(mint: &Mint) -> Result<(), Failed> {
    let brand: Option<Brand> = mint
        .brand
        .as_deref()
        .map(|text| {
            text.parse()
                .map_err(|why| Failed::new(format!("--brand {text}: {why}")))
        })
        .transpose()?;
    let kind = match mint.kind {
        Kind::Publishable => model::Kind::Publishable,
        Kind::Secret => model::Kind::Secret,
    };
    let mode = match mint.mode {
        Mode::Live => model::Mode::Live,
        Mode::Test => model::Mode::Test,
    };
    let key = mint_key(kind, brand.as_ref(), mode, &OsRandom);
    let key = key.map_err(|why| Failed::new(why.to_string()))?;
    line(key.reveal());
    Ok(())
}

/// Writes a manifest to begin with.
pub(crate) fn init(init: &Init) -> Result<(), Failed> {
    let like = init
        .like
        .as_deref()
        .map(|name| {
            System::from_name(name).ok_or_else(|| {
                let known: Vec<_> = System::ALL.iter().map(|system| system.as_str()).collect();
                Failed::new(format!("--like {name}: there are {}", known.join(", ")))
            })
        })
        .transpose()?;
    let text = starter(like);
    if init.file == Path::new("-") {
        line(text.trim_end());
        return Ok(());
    }
    let refused = |why: std::io::Error| {
        let hint = match why.kind() {
            std::io::ErrorKind::AlreadyExists => ": it is left as it is; name another file",
            _ => "",
        };
        Failed::new(format!("{}: {why}{hint}", init.file.display()))
    };
    let mut file = std::fs::File::create_new(&init.file).map_err(refused)?;
    file.write_all(text.as_bytes()).map_err(refused)?;
    line(&format!(
        "wrote {0}; change it, then `keystile apply {0}`",
        init.file.display()
    ));
    Ok(())
}

/// Prints the JSON Schema of manifests.
pub(crate) fn schema() -> Result<(), Failed> {
    json(&json_schema());
    Ok(())
}

/// Prints the API description.
pub(crate) fn openapi() -> Result<(), Failed> {
    json(openapi_document());
    Ok(())
}
