//! One row of an import: what is wrong with it, and what it says.

use keystile_core::key::{ForeignHash, HashTextError};
use keystile_core::manifest::{ForeignFormat, Rules};
use keystile_core::model::Timestamp;
use serde_json::{Map, Value};

use super::place::Ownership;
use crate::manage::field::Fields;
use crate::manage::keys::Rights;
use crate::problem::FieldError;

/// What a key is called that has no name.
const NAMELESS: &str = "Imported key";

/// What is said where the digest is that of a text beside it.
const WHOLE_KEY: &str = "this is the key itself: take it out of the file, in which keys stand by \
                         their digests alone";

/// What another system says of one of its keys.
#[derive(Debug, Clone, Default)]
pub(crate) struct ImportRow {
    /// The plain digest, in hex, base64 or base64url.
    pub(crate) digest: String,
    /// How the key begins, as far as that is known.
    pub(crate) start: Option<String>,
    pub(crate) owner: Ownership,
    pub(crate) name: Option<String>,
    pub(crate) rights: Rights,
    pub(crate) enabled: bool,
    pub(crate) metadata: Option<Map<String, Value>>,
    pub(crate) note: Option<String>,
}

/// A row that can be read, before it is known where its key belongs.
#[derive(Debug)]
pub(super) struct Checked<'r> {
    pub(super) hash: ForeignHash,
    pub(super) format: &'r ForeignFormat,
    pub(super) start: String,
    pub(super) name: String,
    pub(super) rights: Rights,
    pub(super) metadata: Option<String>,
}

impl ImportRow {
    /// Checks all that a row says by itself, and tells everything that is wrong at once.
    pub(super) fn check<'r>(
        &self,
        rules: &'r Rules,
        now: Timestamp,
    ) -> Result<Checked<'r>, Vec<FieldError>> {
        let mut fields = Fields::default();
        let hash = ForeignHash::parse(&self.digest);
        let format = match &hash {
            Ok(hash) => self.format(hash, rules).map_err(|error| {
                fields.wrong(error.pointer, error.message);
            }),
            Err(why) => {
                fields.wrong("/digest", wrong_digest(*why));
                Err(())
            }
        };
        let name = self.name.as_deref().unwrap_or(NAMELESS);
        fields.name("/name", name);
        fields.note("/note", self.note.as_deref());
        let metadata = fields.metadata("/metadata", self.metadata.clone());
        let shown = [
            ("/start", self.start.as_deref()),
            ("/name", self.name.as_deref()),
            ("/note", self.note.as_deref()),
        ];
        for (pointer, text) in shown {
            if let (Some(text), Ok(hash)) = (text, &hash)
                && ForeignHash::of(text, hash.digest()) == *hash
            {
                fields.wrong(pointer, WHOLE_KEY);
            }
        }
        // A key that has expired there is taken over so that its holder is told.
        let ahead = self.rights.expires_at.filter(|end| *end > now);
        let mut rights = Rights {
            expires_at: ahead,
            ..self.rights.clone()
        };
        if let Ok(format) = format {
            if !rules.kind(format.kind).offered {
                let message = format!("the product has no {} keys", format.kind);
                fields.wrong("/start", message);
            }
            rights.check((format.kind, format.mode), rules, now, &mut fields);
        }
        rights.expires_at = self.rights.expires_at;
        match (hash, format, fields.into_errors()) {
            (Ok(hash), Ok(format), errors) if errors.is_empty() => Ok(Checked {
                hash,
                format,
                start: self.start.clone().unwrap_or_default(),
                name: name.to_owned(),
                rights,
                metadata,
            }),
            (_, _, errors) => Err(errors),
        }
    }

    /// The format that the key has: the one that it begins like, or the only one with such digests.
    fn format<'r>(
        &self,
        hash: &ForeignHash,
        rules: &'r Rules,
    ) -> Result<&'r ForeignFormat, FieldError> {
        let wrong = |pointer: &str, message: &str| Err(FieldError::new(pointer, message));
        let kept = hash.digest();
        let Some(start) = self.start.as_deref().filter(|start| !start.is_empty()) else {
            let mut fitting = rules
                .foreign_formats
                .iter()
                .filter(|format| format.digest == kept);
            return match (fitting.next(), fitting.next()) {
                (Some(only), None) => Ok(only),
                (None, _) => wrong(
                    "/digest",
                    "no foreign format of the product has digests of this length: see `digest` \
                     in [[foreign_formats]] of its manifest",
                ),
                (Some(_), Some(_)) => wrong(
                    "/start",
                    "the product has several foreign formats: say how the key begins",
                ),
            };
        };
        let Some(format) = rules.foreign_format(start) else {
            return wrong(
                "/start",
                "no foreign format of the product begins like this: add its prefix to \
                 [[foreign_formats]] in the manifest",
            );
        };
        if format.digest != kept {
            let message = format!(
                "keys that begin with {} have {} digests by the manifest, and this is another one",
                format.prefix,
                format.digest.as_str()
            );
            return wrong("/digest", &message);
        }
        Ok(format)
    }
}

/// Something else than a digest in its place may be the key itself, so it is never repeated.
fn wrong_digest(why: HashTextError) -> String {
    match why {
        HashTextError::Length(_) => format!(
            "{why}; if this is the key itself, take it out of the file: keys are adopted one by \
             one, never imported"
        ),
        why => why.to_string(),
    }
}
