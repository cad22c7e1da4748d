//! The embed's files as they are served, made of their readable parts.

use super::Generated;
use super::small::small;

const VERSION: &str = "1.0.0";
const FAILURES: &str = include_str!("../../../crates/server/src/embed/failures.js");
const SESSION: &str = include_str!("../../../crates/server/src/embed/session.js");
const FRAME: &str = include_str!("../../../crates/server/src/embed/frame.js");
const EMBED: &str = include_str!("../../../crates/server/src/embed/embed.js");
const PAGE: &str = include_str!("../../../crates/server/src/embed/page.js");
const TAG: &str = include_str!("../../../crates/server/src/embed/tag.js");
const MODULE: &str = include_str!("../../../crates/server/src/embed/module.js");

/// The script for a tag, and the module.
pub(super) fn files() -> [Generated; 2] {
    // The address of the service is written between these quotes when it is served. However many
    // scripts bring this to a page, the first one serves all of them.
    let home = format!("const HOME = \"\", VERSION = \"{VERSION}\";\n");
    let build = "const build = () => {\n";
    let built = "return page;\n};\n\
                 const Keystile = globalThis[Symbol.for(\"keystile.embed.v1\")] ??= build();\n";
    let shared = [&home, build, FAILURES, SESSION, FRAME, EMBED, PAGE, built];
    let banner = format!("/*! Keystile embed {VERSION}, Apache-2.0 */\n");
    let script = small(&[&["(() => {\n"], shared.as_slice(), &[TAG, "})();\n"]].concat());
    let module = small(&[shared.as_slice(), &[MODULE]].concat());
    let generated = |path: &str, text| Generated {
        path: path.to_owned(),
        text: format!("{banner}{text}"),
    };
    [
        generated("crates/server/src/embed/v1.0.0/loader.js", script),
        generated("crates/server/src/embed/v1.0.0/loader.mjs", module),
    ]
}
