"""Keys without anybody to ask: form and checksum."""

from __future__ import annotations

import re
import zlib
from typing import Literal

from .errors import ConfigurationError, KeyFormatCode, KeyFormatError

KeyKind = Literal["publishable", "secret"]
KeyMode = Literal["live", "test"]

_LONGEST = 55
_TAIL = 38
_CHECKSUM = 6
_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_FORM = re.compile(r"(pk|sk)_(?:([a-z][a-z0-9]{1,7})_)?(live|test)_([0-9A-Za-z]{38})")
_BULLETS = "\u2022" * 8


class ParsedKey:
    """A text that has the form of a key and fits its checksum. Whether it exists is another question."""

    __slots__ = ("_text", "brand", "kind", "mode")

    def __init__(self, text: str, kind: KeyKind, mode: KeyMode, brand: str | None) -> None:
        self._text = text
        self.kind: KeyKind = kind
        self.mode: KeyMode = mode
        self.brand = brand

    @property
    def start(self) -> str:
        """The part that may be shown: prefix and first four characters."""
        return self._text[: 4 - _TAIL]

    @property
    def preview(self) -> str:
        """What lists show: the start and eight bullets."""
        return self.start + _BULLETS

    def reveal(self) -> str:
        """The whole text: a secret unless the kind is publishable."""
        return self._text

    def __str__(self) -> str:
        return self.preview

    def __repr__(self) -> str:
        return f"ParsedKey({self.preview})"


def parse_key(text: str) -> ParsedKey:
    """Reads a key without asking anybody. Nothing is trimmed, decoded or guessed.

    Raises `KeyFormatError`, which says the first thing that is wrong.
    """
    key = _recognise(text)
    if key is None:
        code = _why_not(text)
        raise KeyFormatError(code, _surroundings(text) or _MESSAGES[code])
    return key


def is_key(text: str) -> bool:
    """Whether a text has the form of a key and fits its checksum."""
    return _recognise(text) is not None


def _recognise(text: str) -> ParsedKey | None:
    form = _FORM.fullmatch(text)
    if form is None or form[2] in ("live", "test"):
        return None
    if text[-_CHECKSUM:] != _checksum(text[:-_CHECKSUM]):
        return None
    return ParsedKey(text, "publishable" if form[1] == "pk" else "secret", "live" if form[3] == "live" else "test", form[2])


def _checksum(covered: str) -> str:
    """CRC-32 (IEEE 802.3) as six digits in base62, most significant first."""
    rest = zlib.crc32(covered.encode())
    digits = ""
    for _ in range(_CHECKSUM):
        rest, digit = divmod(rest, 62)
        digits = _BASE62[digit] + digits
    return digits


_MESSAGES: dict[KeyFormatCode, str] = {
    "empty": "the key is empty",
    "too_long": "a key has at most 55 characters, this text has more",
    "masked_preview": "this is the masked preview, not the key",
    "character": "a key has only letters, digits and underscores, this text has something else",
    "prefix": "a key begins with pk_ or sk_",
    "mode": "after pk_ or sk_ and the brand, if any, a key has live_ or test_",
    "brand": "the word between the kind and the mode is not a brand",
    "length": "a key has 38 characters after live_ or test_, so this one was cut or added to",
    "checksum": "the checksum does not fit, so at least one character of the key was changed",
}


def _why_not(text: str) -> KeyFormatCode:
    if text.strip(" ") == "":
        return "empty"
    begins = text.startswith(("pk_", "sk_"))
    if begins and text[-1] in "\u2022*\u2026\u00b7\u25cf" and len(text) <= _LONGEST:
        return "masked_preview"
    if len(text.encode("utf-8", "surrogatepass")) > _LONGEST:
        return "too_long"
    if re.search(r"[^0-9A-Za-z_]", text):
        return "character"
    if not begins:
        return "prefix"
    words = text[3:].split("_")
    modes = ("live", "test")
    if words[0] in modes:
        random = words[1:]
    elif len(words) > 1 and words[1] in modes:
        if not re.fullmatch(r"[a-z][a-z0-9]{1,7}", words[0]):
            return "brand"
        random = words[2:]
    else:
        return "mode"
    return "checksum" if len(random) == 1 and len(random[0]) == _TAIL else "length"


_AROUND = (
    (re.compile(r"[\r\n]"), "line break"),
    (re.compile("[\"'`\u2018\u2019\u201c\u201d\u00ab\u00bb]"), "quotation mark"),
    (re.compile(r"[ \t]"), "space"),
    (re.compile("[\u00a0\u200b-\u200d\u2060\ufeff]"), "invisible character"),
)


def _surroundings(text: str) -> str | None:
    """Says what was copied along with a key, when that is what is wrong."""
    if re.match(r"bearer\s", text, re.IGNORECASE):
        return "the word Bearer stands before the key: leave it out here"
    word = re.search(r"[0-9A-Za-z_]+", text)
    if word is None or not word[0].startswith(("pk_", "sk_")):
        return None
    for pattern, name in _AROUND:
        found = pattern.search(text)
        if found is None:
            continue
        if found.start() == 0 and pattern.match(text[-1]):
            return f"there are {name}s around the key: remove them"
        is_behind = re.fullmatch(r"[^0-9A-Za-z_]*", text[found.start() :])
        where = "before" if found.start() == 0 else "after" if is_behind else "in"
        article = "an" if name[0] in "aeiou" else "a"
        return f"there is {article} {name} {where} the key: remove it"
    return None


def check_operator_key(text: object) -> str:
    """Checks that a text can be an operator key, before anything is sent with it."""
    if not isinstance(text, str) or text == "":
        raise ConfigurationError("operator_key is missing: make one with `keystile operator-key create`")
    if text.startswith("st_"):
        raise _wrong_key("a session token of a visitor")
    try:
        key = parse_key(text)
    except KeyFormatError as error:
        raise ConfigurationError(f"operator_key is not a key: {error}") from None
    if key.kind == "publishable":
        raise _wrong_key("a publishable key")
    if key.brand != "keystile":
        raise _wrong_key("a customer's secret key")
    return text


def _wrong_key(what: str) -> ConfigurationError:
    return ConfigurationError(
        f"operator_key is {what}: an operator key begins with sk_keystile_, make one with `keystile operator-key create`"
    )
