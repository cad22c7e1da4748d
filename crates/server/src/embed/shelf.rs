//! The embed's files as they are served.

use base64ct::{Base64, Base64UrlUnpadded, Encoding};
use bytes::Bytes;
use flate2::Compression;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256, Sha384};

use crate::gzip::packed;

/// The newest version of the embed.
const NEWEST: &str = "1.0.0";

const SCRIPT: &str = "text/javascript; charset=utf-8";
const TYPES: &str = "text/plain; charset=utf-8";

const LOADER_TYPES: &str = include_str!("v1.0.0/loader.d.ts");
const FRAME_TYPES: &str = include_str!("v1.0.0/frame.d.ts");

/// One file of a version, as it was released.
struct Released {
    name: &'static str,
    media: &'static str,
    text: &'static str,
    /// Where its types are, from where it lies.
    types: Option<&'static str>,
}

impl Released {
    const fn new(name: &'static str, media: &'static str, text: &'static str) -> Self {
        let types = None;
        Self {
            name,
            media,
            text,
            types,
        }
    }

    const fn with_types(mut self, types: &'static str) -> Self {
        self.types = Some(types);
        self
    }
}

/// Types are there under the name that TypeScript looks for beside a `.mjs`, too.
const RELEASED: [Released; 7] = [
    Released::new("loader.js", SCRIPT, include_str!("v1.0.0/loader.js")),
    Released::new("loader.mjs", SCRIPT, include_str!("v1.0.0/loader.mjs"))
        .with_types("./loader.d.ts"),
    Released::new("frame.mjs", SCRIPT, include_str!("v1.0.0/frame.mjs")).with_types("./frame.d.ts"),
    Released::new("loader.d.ts", TYPES, LOADER_TYPES),
    Released::new("loader.d.mts", TYPES, LOADER_TYPES),
    Released::new("frame.d.ts", TYPES, FRAME_TYPES),
    Released::new("frame.d.mts", TYPES, FRAME_TYPES),
];

/// How the address of the service stands in a file that has none.
const NO_HOME: &str = "HOME=\"\"";

/// For how long others may keep a file.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kept {
    ForMinutes,
    ForEver,
}

/// A file as it is served.
#[derive(Debug)]
pub(super) struct File {
    path: String,
    pub(super) media: &'static str,
    pub(super) types: Option<&'static str>,
    pub(super) kept: Kept,
    pub(super) plain: Bytes,
    pub(super) packed: Bytes,
    mark: String,
}

impl File {
    fn new(path: String, (media, types): (&'static str, Option<&'static str>), text: &str) -> Self {
        let hash = Sha256::digest(text);
        Self {
            path,
            media,
            types,
            kept: Kept::ForMinutes,
            plain: Bytes::copy_from_slice(text.as_bytes()),
            packed: packed(text.as_bytes(), Compression::best()),
            mark: Base64UrlUnpadded::encode_string(&hash[..12]),
        }
    }

    /// Its entity tag; each way of writing it has its own (RFC 9110 §8.8.3).
    pub(super) fn tag(&self, is_packed: bool) -> String {
        let way = if is_packed { "-gzip" } else { "" };
        format!("\"{}{way}\"", self.mark)
    }
}

/// All files.
#[derive(Debug)]
pub(crate) struct Shelf {
    files: Vec<File>,
}

impl Shelf {
    /// With the address that pages shall call, where it is known.
    pub(crate) fn new(home: Option<&str>) -> Self {
        let mut files = Vec::new();
        let mut hashes = Map::new();
        // JSON is JavaScript, and settings allow no sign that would end the script.
        let home = format!("HOME={}", json!(home.unwrap_or_default()));
        for one in &RELEASED {
            let way = (one.media, one.types);
            let newest = one.text.replacen(NO_HOME, &home, 1);
            files.push(File::new(format!("v1/{}", one.name), way, &newest));
            let path = format!("v{NEWEST}/{}", one.name);
            let pinned = File {
                kept: Kept::ForEver,
                ..File::new(path.clone(), way, one.text)
            };
            if one.media == SCRIPT {
                hashes.insert(one.name.to_owned(), described(&path, &pinned));
            }
            files.push(pinned);
        }
        let integrity = json!({ "version": NEWEST, "files": hashes });
        let path = "v1/integrity.json".to_owned();
        let way = ("application/json", None);
        files.push(File::new(path, way, &integrity.to_string()));
        Self { files }
    }

    /// The file of a path below `/embed/`.
    pub(super) fn find(&self, path: &str) -> Option<&File> {
        self.files.iter().find(|file| file.path == path)
    }
}

/// What a page needs to pin a file (Subresource Integrity, W3C).
fn described(path: &str, file: &File) -> Value {
    let hash = Base64::encode_string(&Sha384::digest(&file.plain));
    json!({
        "path": format!("/embed/{path}"),
        "integrity": format!("sha384-{hash}"),
        "bytes": file.plain.len(),
        "gzip_bytes": file.packed.len(),
    })
}
