//! The operator's colours.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::manage::field::Fields;
use crate::object::object;

/// The least contrast of text and its ground (WCAG 2.2, success criterion 1.4.3).
const READABLE: f64 = 4.5;

/// Whether pages are light or dark.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "PortalScheme")]
pub(crate) enum Scheme {
    /// As the guest's device is.
    #[default]
    Auto,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

/// How pages of the portal look; what is left out is as in the console.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(rename = "PortalTheme")]
pub(crate) struct Theme {
    /// `auto` follows the guest's device.
    pub(crate) scheme: Scheme,
    /// Colours of light pages.
    #[serde(deserialize_with = "object")]
    pub(crate) light: Colours,
    /// Colours of dark pages.
    #[serde(deserialize_with = "object")]
    pub(crate) dark: Colours,
}

/// Colours, each as `#rrggbb`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(rename = "PortalColours")]
pub(crate) struct Colours {
    /// Links, buttons and what can be done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) accent: Option<String>,
    /// The ground of the page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) background: Option<String>,
    /// The ground of cards and dialogs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) surface: Option<String>,
    /// Text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) text: Option<String>,
}

/// What the console has, by the names that its stylesheet gives.
const CONSOLE: [[&str; 2]; 4] = [
    ["#7d5a10", "#e3bd6a"],
    ["#faf8f4", "#13120e"],
    ["#fffefb", "#1b1915"],
    ["#1e1b15", "#ede9df"],
];

impl Theme {
    /// Notes what is wrong with it.
    pub(super) fn check(&self, fields: &mut Fields) {
        for (at, name, colours) in [(0, "light", &self.light), (1, "dark", &self.dark)] {
            colours.check(at, &format!("/theme/{name}"), fields);
        }
    }

    /// The rules of a stylesheet that replace those of the console; none for a theme that changes
    /// nothing.
    pub(crate) fn css(&self) -> String {
        use std::fmt::Write;
        let mut css = String::new();
        match self.scheme {
            Scheme::Auto => {}
            Scheme::Light => css.push_str(":root{color-scheme:light}"),
            Scheme::Dark => css.push_str(":root{color-scheme:dark}"),
        }
        if self.light == Colours::default() && self.dark == Colours::default() {
            return css;
        }
        let (light, dark) = (self.light.all(0), self.dark.all(1));
        let both = |at: usize| format!("light-dark({},{})", light[at].text(), dark[at].text());
        let on = format!("light-dark({},{})", light[0].on(), dark[0].on());
        // Writing into a text cannot fail.
        let _ = write!(
            css,
            ":root{{--brass:{};--paper:{};--card:{};--ink:{};--on-brass:{on};\
             --brass-wash:color-mix(in srgb,var(--brass) 12%,var(--card));\
             --brass-line:color-mix(in srgb,var(--brass) 45%,var(--card));\
             --wash:color-mix(in srgb,var(--ink) 6%,var(--paper));\
             --line:color-mix(in srgb,var(--ink) 13%,var(--card));\
             --edge:color-mix(in srgb,var(--ink) 55%,var(--card));\
             --soft:color-mix(in srgb,var(--ink) 78%,var(--card))}}",
            both(0),
            both(1),
            both(2),
            both(3),
        );
        css
    }
}

impl Colours {
    fn named(&self) -> [(&'static str, Option<&str>); 4] {
        [
            ("accent", self.accent.as_deref()),
            ("background", self.background.as_deref()),
            ("surface", self.surface.as_deref()),
            ("text", self.text.as_deref()),
        ]
    }

    /// All four, with the console's where there is none.
    fn all(&self, scheme: usize) -> [Colour; 4] {
        let mut at = 0;
        self.named().map(|(_, own)| {
            let usual = CONSOLE[at][scheme];
            at += 1;
            own.and_then(Colour::parse)
                .or_else(|| Colour::parse(usual))
                .unwrap_or_default()
        })
    }

    fn check(&self, scheme: usize, pointer: &str, fields: &mut Fields) {
        let mut all_read = true;
        for (name, own) in self.named() {
            if own.is_some_and(|own| Colour::parse(own).is_none()) {
                let message = "a colour is # and six hexadecimal digits, such as #7d5a10";
                fields.wrong(format!("{pointer}/{name}"), message);
                all_read = false;
            }
        }
        if !all_read || *self == Self::default() {
            return;
        }
        let [accent, background, surface, text] = self.all(scheme);
        let pairs = [
            ("text", text, "background", background),
            ("text", text, "surface", surface),
            ("accent", accent, "surface", surface),
            ("accent", accent, "background", background),
        ];
        for (front, one, ground, other) in pairs {
            let contrast = one.contrast(other);
            if contrast < READABLE {
                let message = format!(
                    "on the {ground} this has a contrast of {contrast:.1} to 1, and people need \
                     {READABLE} to 1 to read it"
                );
                fields.wrong(format!("{pointer}/{front}"), message);
                return;
            }
        }
    }
}

/// A colour of sRGB.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Colour([u8; 3]);

impl Colour {
    fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('#')?.as_bytes();
        let mut parts = [0; 3];
        if digits.len() != 6 || !digits.iter().all(u8::is_ascii_hexdigit) {
            return None;
        }
        for (part, pair) in parts.iter_mut().zip(digits.chunks(2)) {
            *part = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
        }
        Some(Self(parts))
    }

    fn text(self) -> String {
        format!("#{}", crate::hexadecimal::hexadecimal(&self.0))
    }

    /// Black or white, whichever is read better on it.
    fn on(self) -> &'static str {
        let white = self.contrast(Self([255; 3]));
        if white >= self.contrast(Self([0; 3])) {
            "#ffffff"
        } else {
            "#000000"
        }
    }

    /// Relative luminance (WCAG 2.2, "relative luminance").
    fn luminance(self) -> f64 {
        let [red, green, blue] = self.0.map(|part| {
            let part = f64::from(part) / 255.0;
            if part <= 0.04045 {
                part / 12.92
            } else {
                ((part + 0.055) / 1.055).powf(2.4)
            }
        });
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }

    /// Contrast ratio (WCAG 2.2, "contrast ratio").
    fn contrast(self, other: Self) -> f64 {
        let (one, other) = (self.luminance(), other.luminance());
        (one.max(other) + 0.05) / (one.min(other) + 0.05)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_colours_of_the_console_are_those_of_its_stylesheet_and_readable() {
        let sheet = include_str!("../../console/static/console.css");
        for (name, [light, dark]) in ["brass", "paper", "card", "ink"].iter().zip(CONSOLE) {
            let token = format!("--{name}: light-dark({light}, {dark})");
            assert!(sheet.contains(&token), "{token}");
        }
        let mut fields = Fields::default();
        Theme::default().check(&mut fields);
        assert!(fields.finish().is_ok());
    }

    #[test]
    fn contrast_is_that_of_wcag() {
        let colour = |text| Colour::parse(text).unwrap();
        let black_on_white = colour("#000000").contrast(colour("#ffffff"));
        assert!((black_on_white - 21.0).abs() < 0.01);
        // The lightest grey that is readable on white.
        assert!(colour("#767676").contrast(colour("#ffffff")) >= READABLE);
        assert!(colour("#777777").contrast(colour("#ffffff")) < READABLE);
    }

    #[test]
    fn what_is_no_colour_or_cannot_be_read_is_named() {
        let theme = |light| Theme {
            light,
            ..Theme::default()
        };
        let accent = |text: &str| Colours {
            accent: Some(text.into()),
            ..Colours::default()
        };
        let wrong = |theme: &Theme| {
            let mut fields = Fields::default();
            theme.check(&mut fields);
            fields
                .finish()
                .err()
                .map(|problem| problem.errors[0].clone())
        };
        for broken in ["red", "#fff", "#12345g", "#1234567", "#é2345", "}*{x:y"] {
            let error = wrong(&theme(accent(broken))).unwrap();
            assert_eq!(error.pointer, "/theme/light/accent", "{broken}");
        }
        let pale = wrong(&theme(accent("#ffee00"))).unwrap();
        assert!(pale.message.contains("contrast"), "{}", pale.message);
        assert!(wrong(&theme(accent("#1a4fd6"))).is_none());
    }

    #[test]
    fn only_what_differs_is_written() {
        assert_eq!(Theme::default().css(), "");
        let dark = Theme {
            scheme: Scheme::Dark,
            ..Theme::default()
        };
        assert_eq!(dark.css(), ":root{color-scheme:dark}");
        let blue = Theme {
            light: Colours {
                accent: Some("#1A4FD6".into()),
                ..Colours::default()
            },
            ..Theme::default()
        };
        let css = blue.css();
        assert!(css.contains("--brass:light-dark(#1a4fd6,#e3bd6a)"), "{css}");
        assert!(
            css.contains("--on-brass:light-dark(#ffffff,#000000)"),
            "{css}"
        );
    }
}
