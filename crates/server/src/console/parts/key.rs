//! Keys as they are shown and copied.

use maud::{Markup, html};

/// A value that anyone may see: whole, and copied by a click.
pub(in crate::console) fn key_value(value: &str) -> Markup {
    html! {
        button.key type="button" data-copy=(value) data-copied="Key copied"
            title="Copy this key" { (value) }
    }
}

/// What may be shown of a secret. It is not the key, and copying it says so.
pub(in crate::console) fn preview_value(preview: &str) -> Markup {
    html! {
        button.key type="button" data-copy=(preview)
            data-copied="The preview was copied. It is not the key: that is shown once, when it is made."
            title="Copy the preview (this is not the key)" { (preview) }
    }
}

/// A secret while it is shown. It stands in one place, in no field and no attribute, so that taking
/// it away takes away all of it.
pub(in crate::console) fn secret(value: &str) -> Markup {
    html! {
        div.secret data-secret="" {
            code #secret-value { (value) }
            button.btn.main type="button" data-copy-from="#secret-value" data-copied="Secret copied"
                autofocus { "Copy" }
        }
    }
}
