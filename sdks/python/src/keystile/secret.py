"""Secrets that are shown once and printed never."""

from __future__ import annotations

import re

_REDACTED = "[redacted]"


class Secret:
    """A secret that was just made.

    `str`, `repr`, formatting and `json` with `default=str` show `[redacted]`. Only `reveal` gives
    the text, so a search for `reveal(` finds every place that does.
    """

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The whole text. Store it where secrets are stored, or show it to its owner once."""
        return self._text

    def __str__(self) -> str:
        return _REDACTED

    def __repr__(self) -> str:
        return f"Secret({_REDACTED})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._text == self._text

    def __hash__(self) -> int:
        return hash(self._text)

    def __reduce__(self) -> str:
        raise TypeError("a secret is not pickled: reveal it where it is stored")


def revealed(text: str | Secret) -> str:
    """The text of a secret, or a text as it is."""
    return text.reveal() if isinstance(text, Secret) else text


_KEY = re.compile(r"((?:pk|sk)_(?:[a-z][a-z0-9]{1,7}_)?(?:live|test)_[0-9A-Za-z]{0,4})[0-9A-Za-z]+")
_TOKEN = re.compile(r"st_[\w-]+\.[\w.-]+", re.ASCII)
_BULLETS = "\u2022" * 8


def masked(text: str) -> str:
    """Hides whatever looks like a key in a text that comes from elsewhere."""
    return _TOKEN.sub(f"st_{_BULLETS}", _KEY.sub(rf"\1{_BULLETS}", text))
