//! What a script is made of: words, texts and signs.

const KEYWORDS: [&str; 29] = [
    "async",
    "await",
    "break",
    "catch",
    "const",
    "continue",
    "default",
    "delete",
    "else",
    "export",
    "false",
    "finally",
    "for",
    "get",
    "if",
    "in",
    "let",
    "new",
    "null",
    "of",
    "return",
    "throw",
    "true",
    "try",
    "typeof",
    "undefined",
    "void",
    "while",
    "yield",
];
/// Whether it may stand in a word.
pub(super) fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"_$".contains(&byte)
}

/// Whether it is the name of a variable or a property.
pub(super) fn is_name(token: &str) -> bool {
    let starts = token.bytes().next();
    starts.is_some_and(|byte| is_word(byte) && !byte.is_ascii_digit()) && !KEYWORDS.contains(&token)
}

/// Words, texts and signs, without what stands between them. Of a template, what stands between
/// its texts comes as tokens of its own.
pub(super) fn tokens(script: &str) -> Vec<String> {
    let mut tokens: Vec<String> = Vec::new();
    // For each template that is open, how many braces are open inside it.
    let mut templates: Vec<usize> = Vec::new();
    let mut rest = script;
    while let Some(first) = rest.bytes().next() {
        let length = match first {
            b' ' | b'\n' => {
                rest = &rest[1..];
                continue;
            }
            b'/' if rest.starts_with("//") => {
                rest = rest.find('\n').map_or("", |end| &rest[end..]);
                continue;
            }
            b'/' if may_be_pattern(tokens.last()) => pattern(rest),
            b'"' | b'\'' => text(rest, first),
            b'`' => template(rest, &mut templates),
            b'}' if templates.last() == Some(&0) => {
                templates.pop();
                template(rest, &mut templates)
            }
            byte if is_word(byte) => rest.bytes().take_while(|byte| is_word(*byte)).count(),
            _ => ["...", "?.", "=>", "++", "--"]
                .iter()
                .find(|sign| rest.starts_with(**sign))
                .map_or(1, |sign| sign.len()),
        };
        match (first, templates.last_mut()) {
            (b'{', Some(open)) => *open += 1,
            (b'}', Some(open)) if length == 1 => *open -= 1,
            _ => {}
        }
        tokens.push(rest[..length].to_owned());
        rest = &rest[length..];
    }
    tokens
}

/// Whether a slash after this begins a regular expression rather than divides.
fn may_be_pattern(before: Option<&String>) -> bool {
    let signs = "(,=:[!&|?{};";
    before
        .is_none_or(|token| token.len() == 1 && signs.contains(token.as_str()) || token == "return")
}

/// The length of a regular expression with its flags.
fn pattern(rest: &str) -> usize {
    let (mut escaped, mut in_class) = (false, false);
    for (at, byte) in rest.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'[' => in_class = true,
            b']' => in_class = false,
            b'/' if !in_class => {
                return at
                    + 1
                    + rest[at + 1..]
                        .bytes()
                        .take_while(|byte| is_word(*byte))
                        .count();
            }
            _ => {}
        }
    }
    rest.len()
}

/// The length of a text in quotes; none of ours has a quote in it.
fn text(rest: &str, quote: u8) -> usize {
    let end = rest.bytes().skip(1).position(|byte| byte == quote);
    end.map_or(rest.len(), |end| end + 2)
}

/// The length of a template's next text: up to its end, or to the next `${`.
fn template(rest: &str, templates: &mut Vec<usize>) -> usize {
    let end = rest[1..].find('`').map_or(rest.len(), |end| end + 2);
    match rest.find("${") {
        Some(open) if open < end => {
            templates.push(0);
            open + 2
        }
        _ => end,
    }
}
