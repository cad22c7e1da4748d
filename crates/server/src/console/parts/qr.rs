//! A text as a QR code (ISO/IEC 18004), for a phone to read from the screen.

use maud::{Markup, html};
use qrcodegen::{QrCode, QrCodeEcc};

/// The white margin that readers need, in modules.
const QUIET: i32 = 4;

/// The code, or nothing for a text that is too long for one.
pub(in crate::console) fn qr(text: &str, what: &str) -> Markup {
    let Ok(code) = QrCode::encode_text(text, QrCodeEcc::Medium) else {
        return html! {};
    };
    let size = code.size();
    let whole = size + 2 * QUIET;
    html! {
        // Black on white in every scheme: phones read nothing else for sure.
        svg.qr viewBox={ "0 0 " (whole) " " (whole) } role="img" aria-label=(what) {
            rect width=(whole) height=(whole) fill="#fff" {}
            path d=(path(&code, size)) fill="#000" {}
        }
    }
}

/// All dark modules, each run in a line as one rectangle.
fn path(code: &QrCode, size: i32) -> String {
    use std::fmt::Write;
    let mut path = String::new();
    for y in 0..size {
        let mut x = 0;
        while x < size {
            let begin = x;
            while x < size && code.get_module(x, y) {
                x += 1;
            }
            if x > begin {
                let (left, top) = (begin + QUIET, y + QUIET);
                // Writing into a text cannot fail.
                let _ = write!(path, "M{left} {top}h{}v1H{left}z", x - begin);
            }
            x += 1;
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_dark_module_is_drawn_once() {
        let text = "otpauth://totp/Keystile:ada?secret=JBSWY3DPEHPK3PXP&issuer=Keystile";
        let code = QrCode::encode_text(text, QrCodeEcc::Medium).unwrap();
        let size = code.size();
        let dark = (0..size)
            .flat_map(|y| (0..size).map(move |x| (x, y)))
            .filter(|(x, y)| code.get_module(*x, *y));
        let drawn = path(&code, size);
        let runs = drawn.split('M').skip(1);
        let lengths = runs.map(|run| {
            let length = run.split(['h', 'v']).nth(1).unwrap();
            length.parse::<usize>().unwrap()
        });
        assert_eq!(lengths.sum::<usize>(), dark.count());
        // The corner of the first finder pattern.
        assert!(drawn.starts_with("M4 4h7v1H4z"), "{drawn}");
    }

    #[test]
    fn a_text_that_is_too_long_has_none() {
        assert_eq!(qr(&"x".repeat(4000), "").into_string(), "");
    }
}
